//! Real concurrency: what only one can have, only one gets.
//!
//! Every race is run many times. The callers of a round have each sent all of their request but its
//! last byte; then they meet at a barrier and send that byte. So the requests are complete, and
//! decided about, as nearly at once as the machine can make it, and not in the order of connecting.

use std::collections::BTreeMap;
use std::sync::Barrier;

use serde_json::{Value, json};

use crate::support::{Answer, Server};
use crate::wire::{Wire, post};

/// How many callers race.
const CALLERS: usize = 8;

/// How often each race is run.
const ROUNDS: usize = 24;

/// One call of a race: the path and its body.
type Call = (String, Value);

/// A server on which nothing but the agents' money is in the books.
fn server() -> Server {
    let clock = "frozen@2026-01-01T00:00:00Z";
    Server::with(&["--stubs", "stubs/greenhelix", "--clock", clock])
}

fn tool(name: &str, input: Value) -> Call {
    (format!("/v1/{name}"), input)
}

/// Runs all rounds, each on all connections at once; the answers by round and caller.
fn race(server: &Server, rounds: &[Vec<Call>]) -> Vec<Vec<Answer>> {
    let callers = rounds.first().map_or(0, Vec::len);
    let start = Barrier::new(callers);
    let by_caller: Vec<Vec<Answer>> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..callers)
            .map(|caller| {
                let start = &start;
                scope.spawn(move || {
                    let mut wire = Wire::connect(server);
                    // Nobody may fail between two barriers, or the others would wait for ever.
                    let shoot = |round: &Vec<Call>| {
                        let (path, body) = &round[caller];
                        let request = post(path, &[], body);
                        let (most, last) = request.split_at(request.len() - 1);
                        let sent = wire.send(most);
                        start.wait();
                        sent.and_then(|()| wire.exchange(last))
                    };
                    let answers: Vec<_> = rounds.iter().map(shoot).collect();
                    answers
                        .into_iter()
                        .map(|answer| answer.expect("an answer"))
                        .collect()
                })
            })
            .collect();
        let answers = running.into_iter().map(|caller| caller.join());
        answers.map(|answers| answers.expect("a caller")).collect()
    });
    let mut by_round: Vec<Vec<Answer>> = rounds.iter().map(|_| Vec::new()).collect();
    for answers in by_caller {
        for (round, answer) in by_round.iter_mut().zip(answers) {
            round.push(answer);
        }
    }
    by_round
}

/// Which callers got a 200, where `winners` may; all others must have been answered `refused`.
#[track_caller]
fn won(answers: &[Answer], winners: usize, refused: u16) -> Vec<usize> {
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    let won: Vec<usize> = (0..statuses.len())
        .filter(|caller| statuses[*caller] == 200)
        .collect();
    assert_eq!(won.len(), winners, "{statuses:?}");
    let lost = statuses.iter().filter(|status| **status == refused).count();
    assert_eq!(lost, statuses.len() - winners, "{statuses:?}");
    won
}

fn make_escrow(server: &Server, conditions: Value) -> String {
    let mut input = json!({ "payer": "payer", "payee": "payee", "amount": "5.00" });
    if !conditions.is_null() {
        input["conditions"] = conditions;
    }
    let made = server.tool("create_escrow", &input).expect(200);
    made["escrow_id"].as_str().expect("an id").to_owned()
}

fn balance(server: &Server, agent: &str) -> Value {
    let input = json!({ "agent_id": agent });
    server.tool("get_balance", &input).expect(200)["balance"].clone()
}

fn state(server: &Server, escrow: &str) -> Value {
    let input = json!({ "escrow_id": escrow });
    server.tool("get_escrow", &input).expect(200)["status"].clone()
}

/// The books are right, and nothing is held any more.
#[track_caller]
fn audited(server: &Server) {
    let audit = server.get("/__admin/ledger/audit").expect(200);
    assert_eq!(audit["ok"], true, "{audit}");
    let wallets = server.get("/__admin/wallets").expect(200);
    for wallet in wallets["wallets"].as_array().expect("a list") {
        assert_eq!(wallet["pending"], "0.00", "{wallet}");
    }
}

/// How many entries of this phase the journal has.
fn entries(server: &Server, phase: &Value) -> usize {
    let listed = server
        .get("/__admin/ledger/transfers?limit=1000")
        .expect(200);
    let transfers = listed["transfers"].as_array().expect("a list");
    assert_eq!(listed["next"], Value::Null, "a page holds them all");
    transfers
        .iter()
        .filter(|entry| entry["phase"] == *phase)
        .count()
}

fn cents(amount: &Value) -> i64 {
    let text = amount.as_str().expect("an amount");
    text.replace('.', "").parse().expect("two decimals")
}

#[test]
fn of_many_releases_of_one_escrow_one_pays() {
    let server = server();
    let rounds: Vec<Vec<Call>> = (0..ROUNDS)
        .map(|_| {
            let release =
                json!({ "escrow_id": make_escrow(&server, Value::Null), "agent_id": "payer" });
            vec![tool("release_escrow", release); CALLERS]
        })
        .collect();
    for answers in race(&server, &rounds) {
        won(&answers, 1, 409);
    }
    // Each of the 24 escrows of 5.00 is paid once.
    assert_eq!(balance(&server, "payer"), "380.00");
    assert_eq!(balance(&server, "payee"), "620.00");
    assert_eq!(entries(&server, &json!("postPending")), ROUNDS);
    audited(&server);
}

/// Races ways to end one escrow, of which each leads to the state named beside it.
#[track_caller]
fn check_ends(disputed: bool, ways: &[(&str, Value, &str)]) {
    let server = server();
    let mut escrows = Vec::new();
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let escrow = make_escrow(&server, Value::Null);
        if disputed {
            let input = json!({ "escrow_id": escrow, "agent_id": "payee", "reason": "late" });
            server.tool("open_dispute", &input).expect(200);
        }
        let calls = (0..CALLERS).map(|caller| {
            // Each way stands in each place in turn: the first connection has no advantage.
            let (name, input, _) = &ways[(caller + round) % ways.len()];
            let mut input = input.clone();
            input["escrow_id"] = escrow.as_str().into();
            tool(name, input)
        });
        rounds.push(calls.collect::<Vec<_>>());
        escrows.push(escrow);
    }
    let mut ends = BTreeMap::new();
    for (round, answers) in race(&server, &rounds).iter().enumerate() {
        let winner = won(answers, 1, 409)[0];
        let end = ways[(winner + round) % ways.len()].2;
        assert_eq!(answers[winner].json()["status"], end);
        assert_eq!(state(&server, &escrows[round]), end);
        *ends.entry(end).or_insert(0) += 1;
    }
    let paid = 500 * ends.get("released").copied().unwrap_or(0);
    assert_eq!(cents(&balance(&server, "payer")), 50_000 - paid, "{ends:?}");
    assert_eq!(cents(&balance(&server, "payee")), 50_000 + paid, "{ends:?}");
    audited(&server);
}

#[test]
fn a_release_that_races_cancellations_ends_the_escrow_one_way() {
    let ways = [
        ("release_escrow", json!({ "agent_id": "payer" }), "released"),
        ("cancel_escrow", json!({ "agent_id": "payer" }), "cancelled"),
        ("release_escrow", json!({ "agent_id": "payer" }), "released"),
        ("cancel_escrow", json!({ "agent_id": "payee" }), "cancelled"),
    ];
    check_ends(false, &ways);
}

#[test]
fn a_dispute_is_resolved_one_way() {
    let ways = [
        (
            "resolve_dispute",
            json!({ "resolution": "release" }),
            "released",
        ),
        (
            "resolve_dispute",
            json!({ "resolution": "refund" }),
            "cancelled",
        ),
    ];
    check_ends(true, &ways);
}

#[test]
fn a_deadline_that_races_releases_ends_the_escrow_one_way() {
    let server = server();
    let mut escrows = Vec::new();
    let mut rounds = Vec::new();
    for round in 1..=ROUNDS {
        // Each round advances the clock by an hour, which reaches the deadline of its escrow alone.
        let (day, hour) = (1 + round / 24, round % 24);
        let deadline = json!({ "delivery_by": format!("2026-01-{day:02}T{hour:02}:00:00Z") });
        let escrow = make_escrow(&server, deadline);
        let release = json!({ "escrow_id": escrow, "agent_id": "payer" });
        let mut calls = vec![tool("release_escrow", release); CALLERS];
        let advance = ("/__admin/clock/advance".to_owned(), json!({ "by": "PT1H" }));
        calls[round % CALLERS] = advance;
        rounds.push(calls);
        escrows.push(escrow);
    }
    let mut released = 0;
    for (round, mut answers) in race(&server, &rounds).into_iter().enumerate() {
        answers.remove((round + 1) % CALLERS).expect(200);
        let end = state(&server, &escrows[round]);
        let paid = usize::from(end == "released");
        assert!(paid == 1 || end == "expired", "{end}");
        won(&answers, paid, 409);
        released += paid;
    }
    assert_eq!(entries(&server, &json!("postPending")), released);
    let expired = json!({ "voidPending": { "expired": true } });
    assert_eq!(entries(&server, &expired), ROUNDS - released);
    audited(&server);
}

#[test]
fn of_many_takers_of_one_listing_one_has_it() {
    let server = server();
    let mut listings = Vec::new();
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let offer = json!({ "agent_id": "seller", "title": "a translation", "price": "5.00" });
        let made = server.tool("create_listing", &offer).expect(200);
        let listing = made["listing_id"].as_str().expect("an id").to_owned();
        let accept = |taker| {
            let input = json!({ "listing_id": listing, "agent_id": format!("taker-{taker}") });
            tool("accept_listing", input)
        };
        rounds.push((0..CALLERS).map(accept).collect::<Vec<_>>());
        listings.push(listing);
    }
    for (listing, answers) in listings.iter().zip(race(&server, &rounds)) {
        let winner = format!("taker-{}", won(&answers, 1, 409)[0]);
        let record = format!("/__admin/collections/listings/{listing}");
        let record = server.get(&record).expect(200);
        assert_eq!(record["status"], "accepted", "{record}");
        assert_eq!(record["accepted_by"], winner, "{record}");
    }
    audited(&server);
}

/// Races calls that each take 5.00 out of a purse, which has enough for so many of them.
#[track_caller]
fn check_last_credit(name: &str, enough_for: usize, input: impl Fn(&str, usize) -> Value) {
    let server = server();
    let mut purses = Vec::new();
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let purse = format!("purse-{round}");
        // What is left is too little for one more.
        let balance = json!({ "balance": format!("{}.99", enough_for * 5 + 3) });
        server
            .put(&format!("/__admin/wallets/{purse}"), &balance)
            .expect(200);
        let calls = (0..CALLERS).map(|caller| tool(name, input(&purse, caller)));
        rounds.push(calls.collect::<Vec<_>>());
        purses.push(purse);
    }
    for (purse, answers) in purses.iter().zip(race(&server, &rounds)) {
        won(&answers, enough_for, 402);
        assert_eq!(balance(&server, purse), "3.99");
    }
    let audit = server.get("/__admin/ledger/audit").expect(200);
    assert_eq!(audit["ok"], true, "{audit}");
}

#[test]
fn withdrawals_that_race_for_the_last_credit_do_not_overdraw() {
    let withdraw = |purse: &str, _: usize| json!({ "agent_id": purse, "amount": "5.00" });
    check_last_credit("withdraw", 1, withdraw);
    check_last_credit("withdraw", 3, withdraw);
}

#[test]
fn escrows_that_race_for_the_last_credit_do_not_overdraw() {
    let escrow = |purse: &str, caller: usize| json!({ "payer": purse, "payee": format!("payee-{caller}"), "amount": "5.00" });
    check_last_credit("create_escrow", 1, escrow);
    check_last_credit("create_intent", 2, escrow);
}

#[test]
fn spending_that_races_for_the_rest_of_a_budget_does_not_exceed_it() {
    let server = server();
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let spender = format!("spender-{round}");
        let cap = json!({ "agent_id": spender, "daily_limit": "14.99" });
        server.tool("set_budget_cap", &cap).expect(200);
        let withdraw = tool("withdraw", json!({ "agent_id": spender, "amount": "5.00" }));
        let escrow = tool(
            "create_escrow",
            json!({ "payer": spender, "payee": "payee", "amount": "5.00" }),
        );
        let calls = (0..CALLERS).map(|caller| [&withdraw, &escrow][caller % 2].clone());
        rounds.push(calls.collect::<Vec<_>>());
    }
    for (round, answers) in race(&server, &rounds).iter().enumerate() {
        won(answers, 2, 402);
        let agent = json!({ "agent_id": format!("spender-{round}") });
        let budget = server.tool("get_budget_status", &agent).expect(200);
        assert_eq!(budget["daily_spent"], "10.00", "{budget}");
        assert_eq!(budget["daily_remaining"], "4.99", "{budget}");
    }
    let audit = server.get("/__admin/ledger/audit").expect(200);
    assert_eq!(audit["ok"], true, "{audit}");
}

#[test]
fn a_wallet_that_many_open_at_once_has_the_free_credits_once() {
    let server = server();
    let rounds: Vec<Vec<Call>> = (0..ROUNDS)
        .map(|round| {
            let agent = json!({ "agent_id": format!("agent-{round}") });
            let mut calls = vec![tool("create_wallet", agent.clone()); CALLERS / 2];
            calls.resize(CALLERS, tool("get_balance", agent));
            calls
        })
        .collect();
    for answers in race(&server, &rounds) {
        for answer in answers {
            assert_eq!(answer.expect(200)["balance"], "500.00");
        }
    }
    assert_eq!(entries(&server, &json!("posted")), ROUNDS);
    audited(&server);
}
