//! Anything at all as a body: never a 5xx, never a dropped connection, and the books stay right.

use std::sync::OnceLock;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRng, TestRunner};
use serde_json::{Map, Number, Value};

use super::{raw, server};
use crate::support::Server;
use crate::wire::Wire;

/// How many bodies of each kind are tried.
const CASES: u32 = 500;

/// Names of members that tools know; with others, a body would hardly get past the schema.
const NAMES: [&str; 29] = [
    "agent_id",
    "payer",
    "payee",
    "amount",
    "currency",
    "conditions",
    "delivery_by",
    "description",
    "escrow_id",
    "intent_id",
    "listing_id",
    "resolution",
    "reason",
    "status",
    "limit",
    "name",
    "title",
    "price",
    "tags",
    "query",
    "metrics",
    "request_count",
    "error_rate",
    "mean_latency_ms",
    "window",
    "daily_limit",
    "per_transaction_limit",
    "tool",
    "input",
];

/// Texts that mean something somewhere, and some that nearly do.
const TEXTS: [&str; 30] = [
    "alice",
    "bob",
    "test-agent",
    "@outside",
    "{{input}}",
    "{{#each",
    "${x}",
    "0.00",
    "0.01",
    "1.00",
    "-5",
    "1.005",
    "1e3",
    "NaN",
    "9999999999999.99",
    "99999999999999999999999999.99",
    "USD",
    "EUR",
    "JPY",
    "release",
    "refund",
    "pending",
    "2026-01-02T00:00:00Z",
    "9999-12-31T23:59:60Z",
    "-009999-01-01T00:00:00Z",
    "5m",
    "999999d",
    "\0",
    "\u{202e}é😀",
    "",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(&TEXTS[..]).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    let number = select(
        &[
            "0",
            "1",
            "-1",
            "1.5",
            "1e400",
            "-0.0",
            "18446744073709551616",
        ][..],
    );
    prop_oneof![
        6 => text().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => number.prop_map(|text| Value::Number(text.parse::<Number>().expect("a number"))),
    ]
}

fn document() -> impl Strategy<Value = Value> {
    let value = leaf().prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            object(inner, 0..5),
        ]
    });
    prop_oneof![
        8 => object(value.clone(), 0..9),
        1 => value,
    ]
}

fn object(
    value: impl Strategy<Value = Value>,
    size: std::ops::Range<usize>,
) -> impl Strategy<Value = Value> {
    let name = prop_oneof![9 => select(&NAMES[..]).prop_map(str::to_owned), 1 => text()];
    btree_map(name, value, size)
        .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()))
}

/// Sends bodies to tools until one is answered badly; that one is then made as small as it goes.
#[track_caller]
fn check(bodies: &impl Strategy<Value = Vec<u8>>) {
    let server = server();
    let listed = server.get("/__admin/tools").expect(200);
    let tools = listed["tools"].as_array().expect("a list").iter();
    let tools: Vec<String> = tools
        .map(|tool| tool["name"].as_str().expect("a name").to_owned())
        .collect();
    let call = (select(tools), any::<bool>(), bodies);
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(config.rng_algorithm);
    let mut runner = TestRunner::new_with_rng(config, rng);
    runner
        .run(&call, |(tool, envelope, body)| {
            let request = if envelope {
                let body = [
                    format!(r#"{{"tool":"{tool}","input":"#).as_bytes(),
                    &body,
                    b"}",
                ]
                .concat();
                raw(b"/v1", b"", &body)
            } else {
                raw(format!("/v1/{tool}").as_bytes(), b"", &body)
            };
            answered(&server, &request)
        })
        .unwrap_or_else(|error| panic!("{error}"));
    let audit = server.get("/__admin/ledger/audit").expect(200);
    assert_eq!(audit["ok"], true, "{audit}");
}

/// Answered, by a success or a refusal, on a connection that goes on.
fn answered(server: &Server, request: &[u8]) -> Result<(), TestCaseError> {
    let fail = |said: String| {
        let request = String::from_utf8_lossy(request).into_owned();
        Err(TestCaseError::fail(format!("{said} to {request}")))
    };
    let mut wire = Wire::connect(server);
    match wire.exchange(request) {
        Ok(answer) if answer.status < 500 => {}
        Ok(answer) => return fail(format!("{} {}", answer.status, answer.text)),
        Err(error) => return fail(format!("no answer: {error}")),
    }
    match wire.exchange(b"GET /__admin/health HTTP/1.1\r\nhost: test\r\n\r\n") {
        Ok(answer) if answer.status == 200 => Ok(()),
        other => fail(format!("{other:?} after the answer")),
    }
}

#[test]
fn random_bytes_are_refused_and_the_connection_goes_on() {
    let open = select(
        &[
            "",
            "{",
            "[",
            "{\"agent_id\":",
            "\"",
            "nul",
            "1e",
            "{\"a\":\"\\u",
        ][..],
    );
    let bytes = (open, vec(any::<u8>(), 0..200));
    check(&bytes.prop_map(|(open, bytes)| [open.as_bytes(), &bytes].concat()));
}

#[test]
fn random_json_is_answered_and_never_fails_the_server() {
    check(&document().prop_map(|document| document.to_string().into_bytes()));
}

/// Bodies that are right but for one member: they get furthest.
#[test]
fn right_input_with_one_odd_member_never_fails_the_server() {
    static RIGHT: OnceLock<Value> = OnceLock::new();
    let right = RIGHT.get_or_init(|| {
        serde_json::json!({
            "agent_id": "alice", "payer": "alice", "payee": "bob", "amount": "0.01", "currency": "USD",
            "escrow_id": "esc_000000000000", "intent_id": "int_0", "listing_id": "lst_0",
            "resolution": "refund", "title": "a", "name": "a", "limit": 1, "window": "5m", "query": "a",
            "per_transaction_limit": "9.00",
        })
    });
    let odd = (select(&NAMES[..]), document()).prop_map(|(name, value)| {
        let mut input = right.clone();
        input[name] = value;
        input.to_string().into_bytes()
    });
    check(&odd);
}
