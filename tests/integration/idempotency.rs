//! Idempotency keys over the wire: what is done once, what is answered again, and what is refused.

use serde_json::{Value, json};

use crate::desk::MIDNIGHT;
use crate::support::{Answer, Server};

/// A server with the till at a frozen midnight.
fn till() -> Server {
    let clock = format!("frozen@{MIDNIGHT}");
    Server::with(&["--stubs", "tests/packs/till", "--clock", &clock])
}

/// A payment of ann's.
fn payment(amount: &str) -> Value {
    json!({ "agent": "ann", "amount": amount })
}

/// Sends a payment under a key.
fn pay(server: &Server, path: &str, key: &str, body: &Value) -> Answer {
    with(server, path, &[("Idempotency-Key", key)], body)
}

fn with(server: &Server, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    server.request("POST", path, headers, Some(&body.to_string()))
}

/// How many payments a sandbox, by its base path, has seen.
fn made(server: &Server, base: &str) -> u64 {
    let path = format!("{base}/__admin/collections/payments");
    let total = server.get(&path).expect(200)["total"].clone();
    total.as_u64().expect("a number")
}

/// Everything of an answer that is the same when it is given again.
fn lasting(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let others = ["date", "x-left", "replayed", "idempotent-replayed"];
    let headers = answer.headers.iter();
    let headers = headers.filter(|(name, _)| !others.contains(&name.as_str()));
    (
        answer.status,
        headers.cloned().collect(),
        answer.text.clone(),
    )
}

#[test]
fn what_comes_again_is_answered_as_the_first_time_byte_by_byte() {
    let server = till();
    let first = pay(&server, "/till/pay", "k1", &payment("5.00"));
    first.expect(201);
    assert_eq!(first.header("replayed"), None);
    server
        .post("/__admin/clock/advance", &json!({ "by": "PT1H" }))
        .expect(200);
    // The members stand in another order, and the amount is written with another escape.
    let headers = [("Idempotency-Key", "k1")];
    let same = r#"{ "amount": "5\u002e00",  "agent": "ann" }"#;
    let again = server.request("POST", "/till/pay", &headers, Some(same));
    assert_eq!(lasting(&again), lasting(&first));
    assert_eq!(again.header("replayed"), Some("true"));
    assert_eq!(made(&server, ""), 1);
    let wallet = server.get("/__admin/wallets/ann").expect(200);
    assert_eq!(wallet["balance"], "95.00");
    // Answers that are given again count against the limits, and tell how these stand now.
    let left = |answer: &Answer| answer.header("x-left").map(str::to_owned);
    assert_eq!(left(&first).as_deref(), Some("999"));
    assert_eq!(left(&again).as_deref(), Some("999"), "another hour");
    let third = pay(&server, "/till/pay", "k1", &payment("5.00"));
    assert_eq!(left(&third).as_deref(), Some("998"));
    // The log explains both.
    let calls = server.get("/__admin/calls").expect(200)["calls"].clone();
    let traces: Vec<String> = calls
        .as_array()
        .expect("a list")
        .iter()
        .map(|call| call["trace"].to_string())
        .collect();
    let explained = |outcome: &str| {
        let outcome = format!(r#""step":"idempotency","outcome":"{outcome}""#);
        traces
            .iter()
            .filter(|trace| trace.contains(&outcome))
            .count()
    };
    assert_eq!(
        (explained("first"), explained("saved")),
        (1, 1),
        "{traces:?}"
    );
    assert_eq!(explained("replayed"), 2, "{traces:?}");
}

#[test]
fn a_key_counts_for_one_tool_and_one_sandbox_until_its_time_is_over() {
    let server = till();
    let other = server.sandbox("other").base;
    for path in ["/till/pay", "/till/refund", "/till/pay", "/till/refund"] {
        pay(&server, path, "k1", &payment("1.00")).expect(201);
    }
    assert_eq!(made(&server, ""), 2);
    pay(
        &server,
        &format!("{other}/till/pay"),
        "k1",
        &payment("1.00"),
    )
    .expect(201);
    assert_eq!((made(&server, ""), made(&server, &other)), (2, 1));
    // A millisecond before its time is over it is known, then it is new.
    let advance = |by: &str| {
        server
            .post("/__admin/clock/advance", &json!({ "by": by }))
            .expect(200)
    };
    advance("PT23H59M59.999S");
    pay(&server, "/till/pay", "k1", &payment("1.00")).expect(201);
    assert_eq!(made(&server, ""), 2);
    advance("PT0.001S");
    pay(&server, "/till/pay", "k1", &payment("2.00")).expect(201);
    assert_eq!(made(&server, ""), 3);
    // After a reset nothing is known.
    server.send("POST", "/__admin/reset", None).expect(200);
    pay(&server, "/till/pay", "k1", &payment("3.00")).expect(201);
    assert_eq!(made(&server, ""), 1);
}

#[test]
fn what_the_pack_says_counts_for_posts_and_doors() {
    let server = till();
    let put = |key| {
        let headers = [("Idempotency-Key", key)];
        let body = payment("1.00").to_string();
        server.request("PUT", "/till/pay", &headers, Some(&body))
    };
    put("k1").expect(201);
    put("k1").expect(201);
    assert_eq!(made(&server, ""), 2);
    pay(&server, "/till/door/pay", "k2", &payment("1.00")).expect(201);
    let again = pay(&server, "/till/door/pay", "k2", &payment("1.00"));
    assert_eq!(again.header("replayed"), Some("true"));
    assert_eq!(made(&server, ""), 3);
    // What a tool says itself goes before it, key by key: this one has kept the pack's header.
    pay(&server, "/till/by_agent", "k3", &payment("1.00")).expect(201);
    let again = pay(&server, "/till/by_agent", "k3", &payment("1.00"));
    assert_eq!(again.header("replayed"), Some("true"));
}

#[test]
fn a_key_is_bound_to_a_credential_or_an_agent() {
    let server = till();
    let keyed = |path: &str, credential: &str, agent: &str| {
        let headers = [("Idempotency-Key", "k"), ("Authorization", credential)];
        let body = json!({ "agent": agent, "amount": "1.00" });
        let answer = with(&server, path, &headers, &body);
        (answer.status, answer.header("replayed").is_some())
    };
    for (path, credential, agent, expected) in [
        ("/till/by_key", "Bearer one", "ann", (201, false)),
        ("/till/by_key", "Bearer two", "ann", (201, false)),
        ("/till/by_key", "Bearer one", "ann", (201, true)),
        ("/till/by_key", "Basic b25lOg==", "ann", (201, true)),
        ("/till/by_key", "Bearer one", "bob", (422, false)),
        ("/till/by_agent", "Bearer one", "ann", (201, false)),
        ("/till/by_agent", "Bearer one", "bob", (201, false)),
        ("/till/by_agent", "Bearer two", "ann", (201, true)),
        ("/till/pay", "Bearer one", "ann", (201, false)),
        ("/till/pay", "Bearer two", "ann", (201, true)),
        ("/till/pay", "Bearer two", "bob", (422, false)),
    ] {
        assert_eq!(
            keyed(path, credential, agent),
            expected,
            "{path} {credential} {agent}"
        );
    }
}

#[test]
fn a_stub_is_answered_again_too() {
    let server = till();
    let first = pay(&server, "/till/stub", "k", &json!({ "a": 1 }));
    let again = pay(&server, "/till/stub", "k", &json!({ "a": 1 }));
    assert_eq!(first.status, 202);
    assert_eq!(lasting(&again), lasting(&first));
    let other = pay(&server, "/till/stub", "other", &json!({ "a": 1 }));
    assert_ne!(other.text, first.text);
    assert_eq!(
        pay(&server, "/till/stub", "k", &json!({ "a": 2 })).status,
        422
    );
}

#[test]
fn queued_errors_are_never_saved() {
    let server = till();
    server
        .post("/__admin/errors", &json!({ "status": 503 }))
        .expect(201);
    pay(&server, "/till/stripe", "k", &payment("1.00")).expect(503);
    let first = pay(&server, "/till/stripe", "k", &payment("1.00"));
    first.expect(201);
    assert_eq!(first.header("idempotent-replayed"), None);
    server
        .post("/__admin/errors", &json!({ "status": 503 }))
        .expect(201);
    pay(&server, "/till/stripe", "k", &payment("1.00")).expect(503);
    let again = pay(&server, "/till/stripe", "k", &payment("1.00"));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(made(&server, ""), 1);
}

/// Sends payments one after the other to a route of a profile, and compares statuses and how many
/// payments there are then. `again` is a 201 that makes none.
fn check(path: &str, calls: &[(&str, &str, u16, u64)]) {
    let server = till();
    let path = format!("/till/{path}");
    for (at, (key, amount, status, total)) in calls.iter().enumerate() {
        let headers = [("Idempotency-Key", *key)];
        let headers = if key.is_empty() { &[][..] } else { &headers };
        let answer = with(&server, &path, headers, &payment(amount));
        assert_eq!(answer.status, *status, "{path} call {at}: {}", answer.text);
        assert_eq!(made(&server, ""), *total, "{path} call {at}");
    }
}

#[test]
fn each_profile_saves_and_tells_apart_in_its_own_way() {
    // Executed: a refusal of the steps is saved, one of the input is not.
    check(
        "stripe",
        &[
            ("a", "5.00", 201, 1),
            ("a", "5.00", 201, 1),
            ("a", "6.00", 400, 1),
            ("b", "500.00", 402, 1),
            ("b", "5.00", 400, 1),
            ("c", "no amount", 422, 1),
            ("c", "5.00", 201, 2),
            ("", "5.00", 201, 3),
            ("", "5.00", 201, 4),
        ],
    );
    check(
        "ietf",
        &[
            ("", "5.00", 400, 0),
            ("a", "5.00", 400, 0),
            ("\"a\"", "5.00", 201, 1),
            ("\"a\"", "5.00", 201, 1),
            ("\"a\";n=1", "5.00", 201, 1),
            ("\"a\"", "6.00", 422, 1),
            ("\"a", "5.00", 400, 1),
            ("\"a\\b\"", "5.00", 400, 1),
            ("\"a\\\\b\"", "5.00", 201, 2),
        ],
    );
    check(
        "only-2xx",
        &[
            ("a", "500.00", 402, 0),
            ("a", "5.00", 201, 1),
            ("a", "5.00", 201, 1),
            ("a", "6.00", 422, 1),
        ],
    );
    check(
        "replay-any",
        &[
            ("a", "5.00", 201, 1),
            ("a", "6.00", 201, 1),
            ("b", "500.00", 402, 1),
            ("b", "5.00", 201, 2),
        ],
    );
    check(
        "ignore-on-mismatch",
        &[
            ("a", "5.00", 201, 1),
            ("a", "5.00", 201, 1),
            ("a", "6.00", 201, 2),
            ("a", "5.00", 201, 2),
        ],
    );
    check(
        "all",
        &[
            ("a", "no amount", 422, 0),
            ("a", "no amount", 422, 0),
            ("a", "5.00", 422, 0),
            ("0123456789", "5.00", 201, 1),
            ("01234567890", "5.00", 400, 1),
        ],
    );
}

#[test]
fn a_key_in_the_body_is_a_key() {
    let server = till();
    let send = |body: Value| server.post("/till/square", &body);
    let keyed = |key: &str, amount: &str| json!({ "agent": "ann", "amount": amount, "idempotency_key": key });
    let first = send(keyed("k", "5.00"));
    first.expect(201);
    assert_eq!(send(keyed("k", "5.00")).text, first.text);
    let reused = send(keyed("k", "6.00")).expect(400);
    assert_eq!(reused["errors"][0]["code"], "IDEMPOTENCY_KEY_REUSED");
    let missing = send(payment("5.00")).expect(400);
    assert_eq!(missing["errors"][0]["field"], "idempotency_key");
    let long = send(keyed(&"x".repeat(46), "5.00")).expect(400);
    assert_eq!(long["errors"][0]["code"], "VALUE_TOO_LONG");
    send(keyed("a\u{0}b", "5.00")).expect(400);
    assert_eq!(made(&server, ""), 1);
}

#[test]
fn refusals_are_worded_as_the_profile_words_them() {
    let server = till();
    pay(&server, "/till/stripe", "k1", &payment("5.00")).expect(201);
    let error = pay(&server, "/till/stripe", "k1", &payment("6.00")).expect(400);
    assert_eq!(
        error,
        json!({ "error": {
            "message": "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than 'k1' if you meant to execute a different request.",
            "type": "idempotency_error",
        } })
    );
    let missing = server.post("/till/ietf", &payment("5.00"));
    assert_eq!(
        missing.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(missing.expect(400)["title"], "Idempotency-Key is missing");
    // A profile that says nothing leaves it to the pack.
    pay(&server, "/till/only-2xx", "k1", &payment("5.00")).expect(201);
    let error = pay(&server, "/till/only-2xx", "k1", &payment("6.00")).expect(422);
    assert_eq!(error["error"], "idempotency_mismatch");
    pay(&server, "/till/adyen", "k1", &payment("5.00")).expect(201);
    let again = pay(&server, "/till/adyen", "k1", &payment("5.00"));
    assert_eq!(again.header("idempotency-key"), Some("k1"));
}

#[test]
fn keys_that_are_none_are_refused_and_nothing_is_done() {
    let server = till();
    let long = "x".repeat(10_000);
    for headers in [
        &[("Idempotency-Key", long.as_str())][..],
        &[("Idempotency-Key", "")],
        &[("Idempotency-Key", "  ")],
        &[("Idempotency-Key", "clé")],
        &[("Idempotency-Key", "a\tb")],
        &[("Idempotency-Key", "a"), ("Idempotency-Key", "b")],
        &[("Idempotency-Key", "a"), ("idempotency-key", "a")],
    ] {
        let answer = with(&server, "/till/pay", headers, &payment("5.00"));
        let error = answer.expect(400);
        assert_eq!(error["error"], "idempotency_key_invalid", "{headers:?}");
    }
    // A control character does not get past the edge.
    let request = "POST /till/pay HTTP/1.1\r\nHost: till\r\nConnection: close\r\nIdempotency-Key: a\u{1}b\r\nContent-Length: 2\r\n\r\n{}";
    let answer = server.raw(request.as_bytes(), std::time::Duration::from_secs(20));
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(made(&server, ""), 0);
    let most = "x".repeat(255);
    pay(&server, "/till/pay", &most, &payment("5.00")).expect(201);
    pay(&server, "/till/pay", &most, &payment("5.00")).expect(201);
    assert_eq!(made(&server, ""), 1);
}

#[test]
fn what_is_wrong_with_a_key_is_told() {
    let server = till();
    let long = "x".repeat(10_000);
    let quoted = format!("\"{long}\"");
    let too_long = "at most 255";
    for (profile, key, part, said) in [
        ("stripe", long.as_str(), "/error/message", too_long),
        ("stripe", "", "/error/message", "empty"),
        ("stripe", "clé", "/error/message", "not visible ASCII"),
        ("ietf", quoted.as_str(), "/detail", too_long),
        ("ietf", "a", "/detail", "not a quoted string"),
        ("ietf", "\"\"", "/detail", "empty"),
    ] {
        let answer = pay(&server, &format!("/till/{profile}"), key, &payment("5.00"));
        let body = answer.expect(400);
        let found = body.pointer(part).and_then(Value::as_str);
        let found = found.unwrap_or_default();
        assert!(found.contains(said), "{profile} {key:.20}: {body}");
        if profile == "stripe" {
            assert_eq!(
                found.contains("characters long"),
                said == too_long,
                "{body}"
            );
        } else {
            assert_eq!(body["title"], "Idempotency-Key is not valid");
        }
    }
    let square = json!({ "agent": "ann", "amount": "5.00", "idempotency_key": "a\u{1}b" });
    let body = server.post("/till/square", &square).expect(400);
    assert_eq!(body["errors"][0]["code"], "INVALID_VALUE", "{body}");
    assert_eq!(made(&server, ""), 0);
}
