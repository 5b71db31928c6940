//! Keys and slots that are in flight: the only tests here that need the wall's clock.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::desk::MIDNIGHT;
use crate::support::{Answer, Server};

/// How many callers race.
const CALLERS: usize = 16;

fn till() -> Server {
    let clock = format!("frozen@{MIDNIGHT}");
    Server::with(&["--stubs", "tests/packs/till", "--clock", &clock])
}

fn pay(server: &Server, path: &str, key: &str) -> Answer {
    let headers = [("Idempotency-Key", key)];
    let body = json!({ "agent": "ann", "amount": "5.00" }).to_string();
    server.request("POST", path, &headers, Some(&body))
}

/// All callers make the same call at once.
fn race(call: impl Fn() -> Answer + Sync) -> Vec<Answer> {
    let start = Barrier::new(CALLERS);
    thread::scope(|scope| {
        let calls: Vec<_> = (0..CALLERS)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    call()
                })
            })
            .collect();
        let answers = calls.into_iter().map(|call| call.join());
        answers.map(|answer| answer.expect("an answer")).collect()
    })
}

fn made(server: &Server) -> u64 {
    let listed = server.get("/__admin/collections/payments").expect(200);
    listed["total"].as_u64().expect("a number")
}

/// Waits until `done`; the patience is long, for nothing waits for it where all is well.
#[expect(
    clippy::disallowed_methods,
    reason = "it watches a reply that is under way in wall time"
)]
fn until(done: impl Fn() -> bool) {
    let mut tries = 0;
    while !done() {
        tries += 1;
        assert!(tries < 4_000, "it never happens");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn of_sixteen_with_one_key_exactly_one_is_done() {
    let server = till();
    for round in 0..8 {
        let answers = race(|| pay(&server, "/till/pay", &format!("k{round}")));
        let again = answers
            .iter()
            .filter(|answer| answer.header("replayed").is_some());
        assert_eq!(again.count(), CALLERS - 1);
        for answer in &answers {
            assert_eq!((answer.status, &answer.text), (201, &answers[0].text));
        }
        assert_eq!(made(&server), round + 1);
    }
    let wallet = server.get("/__admin/wallets/ann").expect(200);
    assert_eq!(wallet["balance"], "60.00");
}

#[test]
fn while_the_answer_is_under_way_others_are_refused_and_then_get_the_same() {
    let server = till();
    let answers = race(|| pay(&server, "/till/slow", "k"));
    let with = |status| answers.iter().filter(move |answer| answer.status == status);
    let done: Vec<&Answer> = with(201)
        .filter(|answer| answer.header("replayed").is_none())
        .collect();
    assert_eq!(done.len(), 1);
    // Whoever comes once the answer has left gets it again: on a slow machine some may be so late.
    assert_eq!(with(201).count() + with(409).count(), CALLERS);
    assert!(with(409).count() > 0);
    assert!(with(409).all(|answer| answer.json()["error"] == "idempotency_in_flight"));
    // Whoever has the answer finds the key free: there is no moment between.
    let again = pay(&server, "/till/slow", "k");
    assert_eq!((again.status, &again.text), (201, &done[0].text));
    assert_eq!(made(&server), 1);
}

#[test]
fn a_client_that_hangs_up_changes_nothing() {
    let server = till();
    let body = r#"{"agent":"ann","amount":"5.00"}"#;
    let request = format!(
        "POST /till/slow HTTP/1.1\r\nHost: till\r\nIdempotency-Key: k\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    // It reads nothing for a moment, and goes.
    let answer = server.raw(request.as_bytes(), Duration::from_millis(20));
    assert_eq!(answer, "");
    until(|| made(&server) == 1);
    until(|| pay(&server, "/till/slow", "k").status == 201);
    assert_eq!(made(&server), 1);
}

#[test]
fn a_reply_that_is_not_saved_keeps_its_key_only_while_it_is_under_way() {
    let server = till();
    let answers = race(|| pay(&server, "/till/slow_success", "k"));
    let with = |status: u16| {
        answers
            .iter()
            .filter(|answer| answer.status == status)
            .count()
    };
    assert!(with(500) >= 1 && with(409) >= 1, "{answers:?}");
    assert_eq!(with(500) + with(409), CALLERS);
    let again = pay(&server, "/till/slow_success", "k");
    assert_eq!((again.status, again.header("replayed")), (500, None));
}

#[test]
fn a_reset_frees_what_was_in_flight() {
    let server = till();
    thread::scope(|scope| {
        let slow = scope.spawn(|| pay(&server, "/till/slow", "k"));
        until(|| made(&server) == 1);
        server.send("POST", "/__admin/reset", None).expect(200);
        // It is a new universe, in which the key has never been used.
        let second = pay(&server, "/till/slow", "k");
        assert_eq!((second.status, second.header("replayed")), (201, None));
        assert_eq!(slow.join().expect("an answer").status, 201);
    });
    assert_eq!(made(&server), 1);
    assert_eq!(
        pay(&server, "/till/slow", "k").header("replayed"),
        Some("true")
    );
}

#[test]
fn a_slot_is_free_once_its_reply_has_left() {
    let server = till();
    for _ in 0..5 {
        server.post("/till/two_quick", &json!({})).expect(200);
    }
    let used = || {
        let limits = server.get("/__admin/limits").expect(200)["limits"].clone();
        let limits = limits.as_array().expect("a list").clone();
        let two = limits.iter().find(|limit| limit["limit"] == "till.two");
        let counters = two.expect("the limit")["counters"].clone();
        counters[0]["used"].as_u64().unwrap_or(0)
    };
    let answers = race(|| server.post("/till/two_at_once", &json!({})));
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    let with = |status: u16| statuses.iter().filter(|known| **known == status).count();
    assert!(with(200) >= 2 && with(429) >= 1, "{statuses:?}");
    assert_eq!(with(200) + with(429), CALLERS, "{statuses:?}");
    assert_eq!(used(), 0);
    server.post("/till/two_at_once", &json!({})).expect(200);
}
