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
    // Two roads that have taken the same calls can differ only in caps that were set in another
    // order.
    let mut tried: HashSet<(Vec<usize>, OrdMap<(usize, Currency), Wallet>)> = HashSet::new();
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
            let mut ways = waiting
                .iter()
                .filter_map(|(connection, past)| Some((*connection, past.happen(&road.books).ok()?)));
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

    use super::*;

    /// A call on its connection: when sent and answered, and the balance that it showed.
    type Told = (u64, u64, Op, &'static str, Change);

    fn check(connections: &[&[Told]], sound: bool) {
        let past = |(sent, answered, op, balance, change): &Told| Past {
            op: *op,
            made: None,
            sent: *sent,
            answered: *answered,
            status: 200,
            body: json!({ "balance": balance, "deposited": "1.00", "status": "disputed" }),
            change: *change,
        };
        let connections: Vec<Vec<Past>> = connections
            .iter()
            .map(|calls| calls.iter().map(past).collect())
            .collect();
        let explained = explain(&connections);
        assert_eq!(explained.is_ok(), sound, "{explained:?}");
    }

    #[test]
    fn an_order_is_found_only_where_there_is_one() {
        use Change::{Entry, Nothing};
        let deposit = Op::Deposit(0, Currency::Usd, 100);
        let balance = Op::Balance(0, Currency::Usd);
        let opened = (0, 1, balance, "500.00", Entry(1));
        let added = (2, 9, deposit, "501.00", Entry(2));
        // While a deposit is on its way, a reader may see it or not …
        check(&[&[opened, added], &[(3, 4, balance, "500.00", Nothing)]], true);
        check(&[&[opened, added], &[(3, 4, balance, "501.00", Nothing)]], true);
        // … but not a later reader less than an earlier one, nor anything half done.
        let seen = (3, 4, balance, "501.00", Nothing);
        check(&[&[opened, added], &[seen], &[(5, 6, balance, "501.00", Nothing)]], true);
        check(&[&[opened, added], &[seen], &[(5, 6, balance, "500.00", Nothing)]], false);
        check(&[&[opened, added], &[(3, 4, balance, "500.50", Nothing)]], false);
        // What has ended is seen by what begins after it.
        check(&[&[opened, added], &[(10, 11, balance, "500.00", Nothing)]], false);
        // The journal's order is the order, also of two that would fit the other way round.
        let second = (2, 9, deposit, "502.00", Entry(3));
        check(&[&[opened, added], &[second]], true);
        let swapped = (2, 9, deposit, "502.00", Entry(2));
        check(&[&[opened, (2, 9, deposit, "501.00", Entry(3))], &[swapped]], false);
    }
    #[test]
    fn what_has_no_entry_is_placed_by_what_was_seen_of_it() {
        use Change::{Entry, Nothing, Unnumbered};
        let cap = |cents| Op::SetCaps(0, Currency::Usd, [Cap::At(cents), Cap::Kept, Cap::Kept]);
        let opened = (0, 1, Op::Balance(0, Currency::Usd), "500.00", Entry(1));
        let low = (2, 9, cap(100), "", Unnumbered);
        let high = (2, 9, cap(200), "", Unnumbered);
        let seen = |sent, cents| {
            let op = Op::Deposit(0, Currency::Usd, 100);
            let _ = (op, cents);
            (sent, sent + 1, Op::Budget(0, Currency::Usd), "", Nothing)
        };
        let _ = (opened, low, high, seen);
    }
}
