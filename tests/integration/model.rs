//! Thousands of random operations from many connections, checked against a sequential model.
//!
//! Sixteen connections ask for what they like, from a seed: deposits, withdrawals, escrows, disputes,
//! intents with captures of a part, refunds, caps, and reads of all that, on few agents, so that they
//! meet. Then the call log is read, and the question is: did all this happen in one order, one after
//! the other?
//!
//! The numbers of calls are not that order: a call takes its number before it is decided about, so two
//! that race may be decided about the other way round. What is known of the order is this:
//!
//! - A call that was answered before another was sent stands before it. The client counts both on one
//!   counter.
//! - The entries of the journal are numbered by the decision itself, and a call's entries stand among
//!   its effects in the log. So all calls that move money have an exact place among each other.
//! - What moves none (reads, refusals, a dispute, a cap) has a place between them, which is searched
//!   for: [`order`] says how, and why the search is exact.
//!
//! The model in [`books`] is run in the order found, and has to give every answer: each status, cause,
//! balance and state. Afterwards every wallet, every escrow and the journal's length are those of the
//! model, and the server's own audit agrees. If the server could show a refused call's half-done work,
//! a balance from between two steps, or two orders to two clients, there would be no such order.

mod books;
mod order;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value, json};

use crate::support::Server;
use crate::wire::{Wire, post};
use books::{Books, Cap, Cents, Currency, Kind, Op, money};
use order::{Change, Past};

/// What all chance comes from.
const SEED: u64 = 20_260_101;

const CONNECTIONS: u64 = 16;
const CALLS_EACH: u64 = 250;

/// Few, so that they meet; none has a wallet yet.
const AGENTS: u64 = 7;

/// How many escrows or intents back a call reaches: most have not ended yet.
const REACH: u64 = 24;

/// SplitMix64: small, and good enough to choose by.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn agent(&mut self) -> usize {
        usize::try_from(self.below(AGENTS)).expect("a small number")
    }

    fn currency(&mut self) -> Currency {
        if self.below(8) == 0 {
            Currency::Eur
        } else {
            Currency::Usd
        }
    }

    fn cents(&mut self, max: u64) -> Cents {
        Cents::try_from(1 + self.below(max)).expect("a small number")
    }

    fn cap(&mut self, max: u64) -> Cap {
        match self.below(3) {
            0 => Cap::Kept,
            1 => Cap::Lifted,
            _ => Cap::At(self.cents(max)),
        }
    }
}

/// What was made so far, in the order in which its makers heard of it.
#[derive(Default)]
struct Made {
    all: Vec<(Kind, String, [usize; 2])>,
}

impl Made {
    /// One of the latest, and someone who mostly may act on it; sometimes one that does not exist.
    fn any(&self, kind: Kind, chance: &mut Chance) -> (Option<usize>, usize) {
        let of_kind = self.all.iter().enumerate().rev();
        let mut of_kind = of_kind.filter(|(_, (found, ..))| *found == kind);
        let back = usize::try_from(chance.below(REACH)).expect("a small number");
        let found = of_kind.nth(back).filter(|_| chance.below(40) > 0);
        let by = match (found, chance.below(8)) {
            (Some((_, (_, _, [payer, _]))), 0..=4) => *payer,
            (Some((_, (_, _, [_, payee]))), 5..=6) => *payee,
            _ => chance.agent(),
        };
        (found.map(|(number, _)| number), by)
    }

    fn id(&self, number: Option<usize>) -> &str {
        number.map_or("esc_000000000000", |number| &self.all[number].1)
    }
}

/// What a connection asks for next.
fn next(chance: &mut Chance, made: &Made) -> Op {
    let (agent, currency) = (chance.agent(), chance.currency());
    match chance.below(100) {
        0..12 => Op::Deposit(agent, currency, chance.cents(6_000)),
        12..24 => Op::Withdraw(agent, currency, chance.cents(12_000)),
        24..46 => Op::Make {
            kind: if chance.below(3) == 0 {
                Kind::Intent
            } else {
                Kind::Escrow
            },
            payer: agent,
            payee: chance.agent(),
            currency,
            cents: chance.cents(9_000),
        },
        46..54 => {
            let (escrow, by) = made.any(Kind::Escrow, chance);
            Op::Release(escrow, by)
        }
        54..60 => {
            let (escrow, by) = made.any(Kind::Escrow, chance);
            Op::Cancel(escrow, by)
        }
        60..66 => {
            let (escrow, by) = made.any(Kind::Escrow, chance);
            Op::Dispute(escrow, by)
        }
        66..72 => {
            let (escrow, by) = made.any(Kind::Escrow, chance);
            Op::Resolve {
                escrow,
                by: (chance.below(2) == 0).then_some(by),
                release: chance.below(2) == 0,
            }
        }
        72..79 => {
            let (intent, by) = made.any(Kind::Intent, chance);
            Op::Capture {
                intent,
                by: (chance.below(2) == 0).then_some(by),
                cents: (chance.below(3) > 0).then(|| chance.cents(6_000)),
            }
        }
        79..86 => {
            let (intent, by) = made.any(Kind::Intent, chance);
            Op::Refund {
                intent,
                by: (chance.below(2) == 0).then_some(by),
            }
        }
        86..88 => {
            // At least one cap has to be named.
            let once = Cap::At(chance.cents(15_000));
            let caps = [once, chance.cap(200_000), chance.cap(400_000)];
            Op::SetCaps(agent, currency, caps)
        }
        88..91 => Op::Budget(agent, currency),
        91..96 => Op::Balance(agent, currency),
        96..99 => Op::Look(made.any(Kind::Escrow, chance).0),
        _ => Op::Count(agent),
    }
}

fn name(agent: usize) -> String {
    format!("agent-{agent}")
}

/// The tool and the input that ask for it.
fn asked(op: &Op, made: &Made) -> (&'static str, Value) {
    let of =
        |agent, currency: Currency| json!({ "agent_id": name(agent), "currency": currency.code() });
    let on = |field: &str, number, by: Option<usize>| {
        let mut input = Map::new();
        input.insert(field.into(), made.id(number).into());
        input.extend(by.map(|by| ("agent_id".into(), name(by).into())));
        Value::Object(input)
    };
    let amount = |mut input: Value, cents| {
        input["amount"] = money(cents).into();
        input
    };
    match *op {
        Op::Deposit(agent, currency, cents) => ("deposit", amount(of(agent, currency), cents)),
        Op::Withdraw(agent, currency, cents) => ("withdraw", amount(of(agent, currency), cents)),
        Op::Make {
            kind,
            payer,
            payee,
            currency,
            cents,
        } => {
            let input =
                json!({ "payer": name(payer), "payee": name(payee), "currency": currency.code() });
            let tool = match kind {
                Kind::Escrow => "create_escrow",
                Kind::Intent => "create_intent",
            };
            (tool, amount(input, cents))
        }
        Op::Release(escrow, by) => ("release_escrow", on("escrow_id", escrow, Some(by))),
        Op::Cancel(escrow, by) => ("cancel_escrow", on("escrow_id", escrow, Some(by))),
        Op::Dispute(escrow, by) => ("open_dispute", on("escrow_id", escrow, Some(by))),
        Op::Resolve {
            escrow,
            by,
            release,
        } => {
            let mut input = on("escrow_id", escrow, by);
            input["resolution"] = if release { "release" } else { "refund" }.into();
            ("resolve_dispute", input)
        }
        Op::Capture { intent, by, cents } => {
            let input = on("intent_id", intent, by);
            let input = match cents {
                Some(cents) => amount(input, cents),
                None => input,
            };
            ("capture_intent", input)
        }
        Op::Refund { intent, by } => ("refund_intent", on("intent_id", intent, by)),
        Op::SetCaps(agent, currency, caps) => {
            let mut input = of(agent, currency);
            let names = ["per_transaction_limit", "daily_limit", "monthly_limit"];
            for (name, cap) in names.into_iter().zip(caps) {
                match cap {
                    Cap::Kept => {}
                    Cap::Lifted => input[name] = Value::Null,
                    Cap::At(cents) => input[name] = money(cents).into(),
                }
            }
            ("set_budget_cap", input)
        }
        Op::Budget(agent, currency) => ("get_budget_status", of(agent, currency)),
        Op::Balance(agent, currency) => ("get_balance", of(agent, currency)),
        Op::Look(escrow) => ("get_escrow", on("escrow_id", escrow, None)),
        Op::Count(agent) => {
            let input = json!({ "agent_id": name(agent), "status": "pending", "limit": 1 });
            ("list_escrows", input)
        }
    }
}

/// One connection's calls, one after the other.
fn calls(server: &Server, connection: u64, made: &Mutex<Made>, time: &AtomicU64) -> Vec<Past> {
    let mut chance = Chance(SEED ^ (connection << 32));
    let mut wire = Wire::connect(server);
    let call = |call| {
        let (op, tool, input) = {
            let made = made.lock().expect("no caller has failed");
            let op = next(&mut chance, &made);
            let (tool, input) = asked(&op, &made);
            (op, tool, input)
        };
        let label = format!("{connection}-{call}");
        let request = post(&format!("/v1/{tool}"), &[("x-label", &label)], &input);
        let sent = time.fetch_add(1, Ordering::SeqCst);
        let answer = wire.exchange(&request).expect("an answer");
        let answered = time.fetch_add(1, Ordering::SeqCst);
        let body = answer.json();
        let number = match op {
            Op::Make {
                kind, payer, payee, ..
            } if answer.status == 200 => {
                let id = body["escrow_id"].as_str().or(body["intent_id"].as_str());
                let id = id.expect("an id").to_owned();
                let mut made = made.lock().expect("no caller has failed");
                made.all.push((kind, id, [payer, payee]));
                Some(made.all.len() - 1)
            }
            _ => None,
        };
        Past {
            op,
            made: number,
            sent,
            answered,
            status: answer.status,
            body,
            change: Change::Nothing,
        }
    };
    (0..CALLS_EACH).map(call).collect()
}

/// The whole call log by label, read in pages.
fn read_log(server: &Server) -> BTreeMap<String, Value> {
    let mut log = BTreeMap::new();
    let mut last = 0;
    let mut cursor = String::new();
    loop {
        let page = server
            .get(&format!("/__admin/calls?wall=false&limit=1000{cursor}"))
            .expect(200);
        assert_eq!(page["dropped"], 0);
        assert_eq!(page["total"], CONNECTIONS * CALLS_EACH);
        for call in page["calls"].as_array().expect("a list") {
            let number = call["id"].as_u64().expect("a number");
            assert!(number > last, "{number} after {last}");
            last = number;
            let label = call["request"]["headers"]["x-label"].as_str();
            let label = label.expect("a label").to_owned();
            let before = log.insert(label, call.clone());
            assert!(before.is_none(), "logged twice: {before:?}");
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return log,
        }
    }
}

/// What a call changed, and the entries that it wrote.
fn change(logged: &Value) -> (Change, Vec<u64>) {
    let effects = logged["effects"].as_array().expect("a list");
    let entries: Vec<u64> = effects
        .iter()
        .filter_map(|effect| effect["ledger"].as_object()?.values().next())
        .filter_map(|effect| effect["transfer"]["number"].as_u64())
        .collect();
    let quiet = effects
        .iter()
        .all(|effect| effect["toolCalled"].is_object());
    let change = match entries.first() {
        Some(first) => Change::Entry(*first),
        None if quiet => Change::Nothing,
        None => Change::Unnumbered,
    };
    (change, entries)
}

#[test]
fn thousands_of_racing_calls_happen_in_one_order_that_a_sequential_model_explains() {
    let server = Server::with(&[
        "--stubs",
        "stubs/greenhelix",
        "--clock",
        "frozen@2026-01-01T00:00:00Z",
        "--log-calls",
        "20000",
        "--log-bytes",
        "1000000000",
    ]);
    let (made, time) = (Mutex::new(Made::default()), AtomicU64::new(0));
    let mut connections: Vec<Vec<Past>> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..CONNECTIONS)
            .map(|connection| {
                let (server, made, time) = (&server, &made, &time);
                scope.spawn(move || calls(server, connection, made, time))
            })
            .collect();
        let calls = running.into_iter().map(|connection| connection.join());
        calls.map(|calls| calls.expect("a connection")).collect()
    });
    let log = read_log(&server);
    let mut entries = Vec::new();
    for (connection, calls) in connections.iter_mut().enumerate() {
        for (call, past) in calls.iter_mut().enumerate() {
            let logged = &log[&format!("{connection}-{call}")];
            assert_eq!(logged["status"], past.status, "{logged}");
            assert_eq!(logged["reply"]["body"], past.body, "{logged}");
            let (change, written) = change(logged);
            past.change = change;
            entries.extend(written);
            assert!(
                past.status == 200 || change == Change::Nothing,
                "a refusal that changed something: {logged}"
            );
        }
    }
    entries.sort_unstable();
    let length = u64::try_from(entries.len()).expect("a small number");
    assert!(
        entries.iter().copied().eq(1..=length),
        "each entry has one call"
    );
    let books = order::explain(&connections).unwrap_or_else(|error| panic!("no order: {error}"));
    assert_eq!(books.entries, length);
    check_wallets(&server, &books);
    let made = made.into_inner().expect("no caller has failed");
    check_records(&server, &books, &made);
    check_variety(&connections);
    let audit = server.get("/__admin/ledger/audit").expect(200);
    assert_eq!(audit["ok"], true, "{audit}");
}

/// Every wallet has what the model's has, and what is held equals what is expected.
fn check_wallets(server: &Server, books: &Books) {
    let listed = server.get("/__admin/wallets").expect(200);
    let mut found = BTreeMap::new();
    for wallet in listed["wallets"].as_array().expect("a list") {
        for balance in wallet["balances"].as_array().expect("a list") {
            let figures = ["balance", "debitsPending", "creditsPending"]
                .map(|figure| balance[figure].as_str().expect("an amount").to_owned());
            let owner = (
                wallet["agent"].clone().to_string(),
                balance["currency"].to_string(),
            );
            found.insert(owner, figures);
        }
    }
    let mut expected = BTreeMap::new();
    for ((agent, currency), wallet) in &books.wallets {
        let figures = [wallet.available, wallet.held, wallet.expected].map(money);
        let owner = (
            json!(name(*agent)).to_string(),
            json!(currency.code()).to_string(),
        );
        expected.insert(owner, figures);
    }
    assert_eq!(found, expected);
    let held: Cents = books.wallets.values().map(|wallet| wallet.held).sum();
    let coming: Cents = books.wallets.values().map(|wallet| wallet.expected).sum();
    assert_eq!(held, coming);
}

/// Every escrow and intent is in the state in which the model's is, and there are no others.
fn check_records(server: &Server, books: &Books, made: &Made) {
    let mut found = BTreeMap::new();
    for (collection, key) in [("escrows", "escrow_id"), ("intents", "intent_id")] {
        let listed = server
            .get(&format!("/__admin/collections/{collection}?limit=1000"))
            .expect(200);
        let records = listed["records"].as_array().expect("a list");
        assert_eq!(listed["total"], records.len(), "a page holds them all");
        for record in records {
            let id = record[key].as_str().expect("an id").to_owned();
            found.insert(id, record["status"].as_str().expect("a state").to_owned());
        }
    }
    let expected = books
        .held
        .iter()
        .map(|(number, held)| (made.all[*number].1.clone(), held.state.to_owned()));
    assert_eq!(found, expected.collect::<BTreeMap<_, _>>());
}

/// The calls were worth making: each kind of refusal and each end of an escrow or intent occurred.
fn check_variety(connections: &[Vec<Past>]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for past in connections.iter().flatten() {
        let shown = past.body["code"].as_str().or(past.body["status"].as_str());
        *seen
            .entry(shown.unwrap_or_default().to_owned())
            .or_default() += 1;
    }
    let wanted = [
        "insufficient_funds",
        "over_limit",
        "not_permitted",
        "illegal_transition",
        "exceeds_hold",
        "not_found",
        "same_party",
        "pending",
        "released",
        "cancelled",
        "disputed",
        "captured",
        "refunded",
    ];
    for wanted in wanted {
        let times = seen.get(wanted).copied().unwrap_or(0);
        assert!(times >= 5, "{wanted} occurred {times} times: {seen:?}");
    }
}
