//! Finding the one order in which everything can have happened: is a history linearizable?
//!
//! A call takes effect at one instant between its first byte sent and its last byte received. So an
//! order is sound when a call that ended before another began stands before it, when the calls that
//! wrote the journal stand in the order of their entries, and when the model, run in this order,
//! answers every call as the server did. The search is exact (Wing and Gong's, with Lowe's cache):
//!
//! - Only the next call of each connection can be next, and only if no other waiting call had ended
//!   before it began.
//! - A call that changes nothing and is answered rightly now is taken at once: it can stand in no
//!   other call's way.
//! - Of calls that write the journal, only the one with the next entry can be next.
//! - What changes something without an entry (a dispute, a cap) leaves a choice; the search comes
//!   back to it when the road chosen ends.

use std::collections::HashSet;

use imbl::OrdMap;
use serde_json::Value;

use super::books::{Books, Currency, Op, Reply, Wallet};

/// How many ways may be tried: an honest history of thousands of calls needs a few per call.
const STEPS_MAX: usize = 200_000;

/// One call of a history.
#[derive(Debug)]
pub(super) struct Past {
    pub(super) op: Op,
    /// The number of what it made.
    pub(super) made: Option<usize>,
    /// When it was sent and when it was answered, on one count for all connections.
    pub(super) sent: u64,
    pub(super) answered: u64,
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) change: Change,
}

/// What a call changed, as the log tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Change {
    /// Nothing, but for the count of calls.
    Nothing,
    /// Something without an entry in the journal.
    Unnumbered,
    /// Entries of the journal, of which this is the first.
    Entry(u64),
}

/// The calls that a road has taken, and where it has led. Two roads that have taken the same calls can
/// differ only in caps that were set in another order.
type Place = (Vec<usize>, OrdMap<(usize, Currency), Wallet>);

/// How far an order has come.
#[derive(Clone)]
struct Road {
    /// How many calls of each connection have happened.
    taken: Vec<usize>,
    books: Books,
}

impl Past {
    /// The books after this call, if it can happen now.
    fn happen(&self, books: &Books) -> Result<Books, Reply> {
        let (reply, after) = books.decide(&self.op, self.made);
        let entries = after.entries != books.entries;
        let fits = self.is(&reply)
            && match self.change {
                Change::Nothing => !entries,
                Change::Unnumbered => !entries && self.status == 200,
                Change::Entry(first) => entries && first == books.entries + 1,
            };
        if fits { Ok(after) } else { Err(reply) }
    }

    fn is(&self, reply: &Reply) -> bool {
        let shown = |pointer: &str| self.body.pointer(pointer).unwrap_or(&Value::Null);
        let cause = shown("/code").as_str().unwrap_or_default();
        self.status == reply.status
            && (reply.causes.is_empty() || reply.causes.contains(&cause))
            && reply
                .shows
                .iter()
                .all(|(pointer, value)| shown(pointer) == value)
    }
}

/// The books after all calls, in an order that explains every answer; or where no order leads on.
pub(super) fn explain(connections: &[Vec<Past>]) -> Result<Books, String> {
    let mut roads = vec![Road {
        taken: vec![0; connections.len()],
        books: Books::default(),
    }];
    let mut tried: HashSet<Place> = HashSet::new();
    let mut furthest = (0, String::new());
    let mut steps = 0;
    while let Some(mut road) = roads.pop() {
        loop {
            steps += 1;
            if steps > STEPS_MAX {
                return Err(format!("too many ways; the furthest {}", furthest.1));
            }
            take_what_changes_nothing(&mut road, connections);
            let waiting = waiting(&road, connections);
            if waiting.is_empty() {
                return Ok(road.books);
            }
            let mut ways = waiting.iter().filter_map(|(connection, past)| {
                Some((*connection, past.happen(&road.books).ok()?))
            });
            let first = ways.next();
            for (connection, books) in ways {
                let mut other = road.clone();
                other.taken[connection] += 1;
                other.books = books;
                if tried.insert((other.taken.clone(), other.books.wallets.clone())) {
                    roads.push(other);
                }
            }
            let Some((connection, books)) = first else {
                let taken = road.taken.iter().sum();
                if taken >= furthest.0 {
                    furthest = (taken, stuck(taken, &road, &waiting));
                }
                break;
            };
            road.taken[connection] += 1;
            road.books = books;
        }
    }
    Err(furthest.1)
}

/// The calls that can be next.
fn waiting<'a>(road: &Road, connections: &'a [Vec<Past>]) -> Vec<(usize, &'a Past)> {
    let next = || {
        let calls = connections.iter().zip(&road.taken).enumerate();
        calls.filter_map(|(connection, (calls, taken))| Some((connection, calls.get(*taken)?)))
    };
    let earliest_end = next().map(|(_, past)| past.answered).min();
    let earliest_end = earliest_end.unwrap_or(u64::MAX);
    next()
        .filter(|(_, past)| past.sent < earliest_end)
        .collect()
}

fn take_what_changes_nothing(road: &mut Road, connections: &[Vec<Past>]) {
    loop {
        let waiting = waiting(road, connections);
        let mut taken = false;
        for (connection, past) in waiting {
            if past.change == Change::Nothing && past.happen(&road.books).is_ok() {
                road.taken[connection] += 1;
                taken = true;
            }
        }
        if !taken {
            return;
        }
    }
}

fn stuck(taken: usize, road: &Road, waiting: &[(usize, &Past)]) -> String {
    let mut text = format!("leads {taken} calls far; then none of these can be next:\n");
    for (connection, past) in waiting {
        text.push_str(&format!("connection {connection}: {past:?}\n"));
        if let Err(reply) = past.happen(&road.books) {
            text.push_str(&format!("  the model answers {reply:?}\n"));
        }
    }
    text.push_str(&format!("wallets: {:?}", road.books.wallets));
    text
}

/// The checker is no use if it finds an order for everything.
mod tests {
    use serde_json::json;

    use super::super::books::Cap;
    use super::*;

    const BALANCE: Op = Op::Balance(0, Currency::Usd);
    const DEPOSIT: Op = Op::Deposit(0, Currency::Usd, 100);

    /// A call that was sent and answered at these times.
    fn call(sent: u64, answered: u64, op: Op, body: Value, change: Change) -> Past {
        Past {
            op,
            made: None,
            sent,
            answered,
            status: 200,
            body,
            change,
        }
    }

    fn opened() -> Past {
        call(
            0,
            1,
            BALANCE,
            json!({ "balance": "500.00" }),
            Change::Entry(1),
        )
    }

    /// A deposit of 1.00 from 2 to 9, after which its caller had this balance.
    fn deposit(entry: u64, balance: &str) -> Past {
        let body = json!({ "deposited": "1.00", "balance": balance });
        call(2, 9, DEPOSIT, body, Change::Entry(entry))
    }

    fn read(sent: u64, balance: &str) -> Past {
        let body = json!({ "balance": balance });
        call(sent, sent + 1, BALANCE, body, Change::Nothing)
    }

    /// A cap per transaction, set from 2 to 9.
    fn capped(cents: i64, change: Change) -> Past {
        let op = Op::SetCaps(0, Currency::Usd, [Cap::At(cents), Cap::Kept, Cap::Kept]);
        let body = json!({ "per_transaction_limit": super::super::books::money(cents) });
        call(2, 9, op, body, change)
    }

    fn read_cap(sent: u64, cap: &str) -> Past {
        let body = json!({
            "per_transaction_limit": cap, "daily_spent": "0.00", "monthly_spent": "0.00",
        });
        let op = Op::Budget(0, Currency::Usd);
        call(sent, sent + 1, op, body, Change::Nothing)
    }

    fn check(sound: bool, connections: &[Vec<Past>]) {
        let explained = explain(connections);
        assert_eq!(explained.is_ok(), sound, "{connections:#?}\n{explained:?}");
    }

    #[test]
    fn an_order_is_found_only_where_there_is_one() {
        let one = || vec![opened(), deposit(2, "501.00")];
        // While a deposit is on its way, a reader may see it or not, but nothing in between.
        check(true, &[one(), vec![read(3, "500.00")]]);
        check(true, &[one(), vec![read(3, "501.00")]]);
        check(false, &[one(), vec![read(3, "500.50")]]);
        // What one reader has seen, a later one sees too, on whatever connection.
        let seen = |first, later| vec![one(), vec![read(3, first)], vec![read(5, later)]];
        check(true, &seen("500.00", "501.00"));
        check(false, &seen("501.00", "500.00"));
        // What has ended is seen by what begins after it.
        check(false, &[one(), vec![read(10, "500.00")]]);
        // The order of the journal is the order, even of two that overlap.
        let two = |one, other| vec![vec![opened(), deposit(2, one)], vec![deposit(3, other)]];
        check(true, &two("501.00", "502.00"));
        check(false, &two("502.00", "501.00"));
    }

    #[test]
    fn what_has_no_entry_is_placed_by_what_was_seen_of_it() {
        let caps = || {
            let low = vec![opened(), capped(100, Change::Unnumbered)];
            [low, vec![capped(200, Change::Unnumbered)]]
        };
        for (first, last) in [("1.00", "2.00"), ("2.00", "1.00")] {
            let readers = vec![read_cap(4, first), read_cap(6, last)];
            let [low, high] = caps();
            check(true, &[low, high, readers, vec![read_cap(10, last)]]);
            let [low, high] = caps();
            let readers = vec![read_cap(4, first), read_cap(6, last)];
            check(false, &[low, high, readers, vec![read_cap(10, first)]]);
        }
        let claims_an_entry = vec![opened(), capped(100, Change::Entry(2))];
        check(false, &[claims_an_entry]);
        let claims_nothing = vec![call(
            0,
            1,
            BALANCE,
            json!({ "balance": "500.00" }),
            Change::Nothing,
        )];
        check(false, &[claims_nothing]);
    }
}
