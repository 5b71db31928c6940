//! Scenarios: stubs that answer in the state that a story is in, and take it on.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::desk::desk;
use crate::support::Server;
use crate::wire::{Wire, post};

/// A stub of the scenario `story`: it answers in one state with its name, and leads to another.
fn step(path: &str, required: Option<&str>, next: Option<&str>, body: &str) -> Value {
    let mut stub = json!({
        "scenarioName": "story",
        "request": { "urlPath": path },
        "response": { "body": body },
    });
    if let Some(required) = required {
        stub["requiredScenarioState"] = required.into();
    }
    if let Some(next) = next {
        stub["newScenarioState"] = next.into();
    }
    stub
}

fn add(server: &Server, stub: &Value) -> String {
    let made = server.post("/__admin/mappings", stub).expect(201);
    made["id"].as_str().expect("an id").to_owned()
}

/// What calls of these paths are answered with, one after the other.
#[track_caller]
fn check(server: &Server, calls: &[(&str, &str)]) {
    for (at, (path, expected)) in calls.iter().enumerate() {
        let answer = server.get(path);
        let found = match answer.status {
            200 => answer.text.as_str(),
            404 => "(none)",
            _ => panic!("{path}: {}", answer.text),
        };
        assert_eq!(found, *expected, "call {at} of {path}");
    }
}

#[test]
fn a_story_goes_from_state_to_state() {
    let server = desk();
    add(&server, &step("/a", Some("Started"), Some("two"), "one"));
    add(&server, &step("/a", Some("two"), Some("three"), "two"));
    add(&server, &step("/a", Some("three"), None, "three"));
    add(&server, &step("/back", None, Some("Started"), "back"));
    check(
        &server,
        &[
            ("/a", "one"),
            ("/a", "two"),
            ("/a", "three"),
            ("/a", "three"),
            ("/back", "back"),
            ("/a", "one"),
        ],
    );
}

#[test]
fn where_no_stub_is_in_its_state_nothing_or_the_next_one_answers() {
    let server = desk();
    let conditional = add(&server, &step("/b", Some("later"), None, "later"));
    check(&server, &[("/b", "(none)")]);
    let fallback =
        json!({ "priority": 9, "request": { "urlPath": "/b" }, "response": { "body": "any" } });
    add(&server, &fallback);
    add(&server, &step("/on", None, Some("later"), "on"));
    check(
        &server,
        &[
            ("/b", "any"),
            ("/on", "on"),
            ("/b", "later"),
            ("/b", "later"),
        ],
    );
    server
        .delete(&format!("/__admin/mappings/{conditional}"))
        .expect(200);
    check(&server, &[("/b", "any")]);
}

#[test]
fn an_error_of_the_tester_does_not_take_the_story_on() {
    let server = desk();
    add(&server, &step("/c", Some("Started"), Some("over"), "once"));
    server
        .post("/__admin/errors", &json!({ "status": 503 }))
        .expect(201);
    assert_eq!(server.get("/c").status, 503);
    check(&server, &[("/c", "once"), ("/c", "(none)")]);
}

#[test]
fn a_scenario_ends_with_its_last_stub_and_begins_again() {
    let server = desk();
    let stub = step("/d", Some("Started"), Some("over"), "once");
    let id = add(&server, &stub);
    check(&server, &[("/d", "once"), ("/d", "(none)")]);
    server
        .delete(&format!("/__admin/mappings/{id}"))
        .expect(200);
    add(&server, &stub);
    check(&server, &[("/d", "once"), ("/d", "(none)")]);
    server
        .post("/__admin/mappings/reset", &json!({}))
        .expect_empty(200);
    add(&server, &stub);
    check(&server, &[("/d", "once")]);
}

#[test]
fn sandboxes_have_stories_of_their_own() {
    let server = desk();
    for sandbox in ["/s/one", "/s/two"] {
        let path = format!("{sandbox}/__admin/mappings");
        let stub = step("/e", Some("Started"), Some("over"), "once");
        server.post(&path, &stub).expect(201);
    }
    check(
        &server,
        &[
            ("/s/one/e", "once"),
            ("/s/one/e", "(none)"),
            ("/s/two/e", "once"),
        ],
    );
}

/// One scenario flips between two states under 64 connections: every call sees exactly one of them,
/// and the two answers differ in number by no more than the flip that is open.
#[test]
fn no_call_is_lost_while_a_scenario_flips() {
    const CONNECTIONS: usize = 64;
    const CALLS: usize = 40;
    let server = desk();
    add(&server, &step("/flip", Some("Started"), Some("on"), "off"));
    add(&server, &step("/flip", Some("on"), Some("Started"), "on"));
    let answers: Vec<String> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                scope.spawn(|| {
                    let mut wire = Wire::connect(&server);
                    let mut call = || {
                        wire.exchange(&post("/flip", &[], &json!({})))
                            .expect("an answer")
                    };
                    (0..CALLS)
                        .map(|_| {
                            let answer = call();
                            format!("{} {}", answer.status, answer.text)
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        let done = callers
            .into_iter()
            .map(|caller| caller.join().expect("it ends"));
        done.flatten().collect()
    });
    let mut counts = BTreeMap::new();
    for answer in &answers {
        *counts.entry(answer.as_str()).or_insert(0) += 1;
    }
    let half = CONNECTIONS * CALLS / 2;
    assert_eq!(
        counts,
        BTreeMap::from([("200 off", half), ("200 on", half)])
    );
}
