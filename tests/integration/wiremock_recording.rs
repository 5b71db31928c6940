//! Recordings, as WireMock's clients make them. What is expected was asked of WireMock 3.13.2.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::Server;
use crate::upstream::Upstream;

fn start(server: &Server, spec: &Value) {
    let started = server.post("/__admin/recordings/start", spec);
    assert_eq!(started.expect(200), json!({}));
}

fn stop(server: &Server) -> Vec<Value> {
    let stopped = server.post("/__admin/recordings/stop", &Value::Null);
    let mut stopped = stopped.expect(200);
    serde_json::from_value(stopped["mappings"].take()).expect("a list")
}

/// The bytes of an answer that may be no text.
fn raw(server: &Server, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    server.raw(request.as_bytes(), Duration::from_secs(20))
}

fn status(server: &Server) -> Value {
    server.get("/__admin/recordings/status").expect(200)["status"].take()
}

fn total(server: &Server) -> Value {
    server.get("/__admin/mappings").expect(200)["meta"]["total"].take()
}

#[test]
fn what_is_recorded_is_answered_again_without_the_other_server() {
    let (server, upstream) = (Server::start(), Upstream::start());
    assert_eq!(status(&server), "NeverStarted");
    start(&server, &json!({ "targetBaseUrl": upstream.url }));
    assert_eq!(status(&server), "Recording");
    let before = server.request(
        "POST",
        "/v1/things",
        &[("Content-Type", "application/json")],
        Some(r#"{"a":1}"#),
    );
    before.expect(200);
    raw(&server, "/packed");
    let mappings = stop(&server);
    assert_eq!(status(&server), "Stopped");
    assert_eq!(mappings.len(), 2);
    assert_eq!(total(&server), 2);
    let mapping = &mappings[1];
    assert_eq!(mapping["name"], "v1_things");
    assert_eq!(mapping["persistent"], true);
    assert_eq!(mapping["id"], mapping["uuid"]);
    assert_eq!(
        mapping["request"],
        json!({ "url": "/v1/things", "method": "POST", "bodyPatterns": [
            { "equalToJson": r#"{"a":1}"#, "ignoreArrayOrder": true, "ignoreExtraElements": true },
        ] })
    );
    assert_eq!(mapping["response"]["body"], before.text);
    assert_eq!(
        mapping["response"]["headers"],
        json!({ "Content-Type": "application/json", "X-Upstream": "yes" })
    );
    assert_eq!(mappings[0]["response"]["body"], r#"{"packed":true}"#);
    let accepted = upstream.accepted();
    drop(upstream);
    let again = server.request(
        "POST",
        "/v1/things",
        &[("Content-Type", "application/json")],
        Some(r#"{ "a": 1 }"#),
    );
    assert_eq!((again.status, again.text), (200, before.text));
    let unpacked = raw(&server, "/packed");
    assert!(unpacked.ends_with(r#"{"packed":true}"#), "{unpacked}");
    assert_eq!(accepted, 1);
    assert_eq!(server.get("/other").status, 404);
}

#[test]
fn calls_that_repeat_are_answered_in_their_order() {
    let (server, upstream) = (Server::start(), Upstream::start());
    start(&server, &json!({ "targetBaseUrl": upstream.url }));
    let bodies = ["1", "2", "3"].map(|agent| {
        server
            .request("GET", "/step", &[("X-Step", agent)], None)
            .text
    });
    let mappings = stop(&server);
    assert_eq!(mappings.len(), 3);
    assert_eq!(mappings[2]["scenarioName"], "scenario-1-step");
    assert_eq!(mappings[2]["requiredScenarioState"], "Started");
    for body in bodies.iter().chain([&bodies[2]]) {
        assert_eq!(server.get("/step").text, *body);
    }
}

#[test]
fn one_recording_is_under_way_at_a_time() {
    let (server, upstream) = (Server::start(), Upstream::start());
    let refused = server.post("/__admin/recordings/stop", &Value::Null);
    let expected = json!({ "errors": [{ "code": 30, "title": "Not currently recording." }] });
    assert_eq!(refused.expect(400), expected);
    start(&server, &json!({ "targetBaseUrl": upstream.url }));
    start(&server, &json!({ "targetBaseUrl": "http://localhost:1" }));
    assert_eq!(total(&server), 1);
    assert_eq!(server.get("/text").text, "hello");
    assert_eq!(stop(&server).len(), 1);
    server
        .post("/__admin/recordings/stop", &Value::Null)
        .expect(400);
    // What was recorded before counts no more.
    start(&server, &json!({ "targetBaseUrl": upstream.url }));
    assert_eq!(stop(&server).len(), 0);
}

#[test]
fn each_sandbox_records_for_itself() {
    let (server, upstream) = (Server::start(), Upstream::start());
    let spec = json!({ "targetBaseUrl": upstream.url });
    server
        .post("/s/team-a/__admin/recordings/start", &spec)
        .expect(200);
    assert_eq!(status(&server), "NeverStarted");
    assert_eq!(server.get("/text").status, 404);
    assert_eq!(server.get("/s/team-a/text").text, "hello");
    let stopped = server
        .post("/s/team-a/__admin/recordings/stop", &Value::Null)
        .expect(200);
    assert_eq!(stopped["mappings"][0]["request"]["url"], "/text");
}

/// A server with a stub that is proxied and one that is not, after calls of both.
fn called() -> (Server, Upstream) {
    let (server, upstream) = (Server::start(), Upstream::start());
    for mapping in [
        json!({ "request": { "urlPathPattern": "/q/.*" }, "response": { "proxyBaseUrl": upstream.url } }),
        json!({ "request": { "urlPath": "/local" }, "response": { "body": "here", "headers": { "Content-Type": "text/plain" } } }),
    ] {
        server.post("/__admin/mappings", &mapping).expect(201);
    }
    server.request("GET", "/q/text", &[("X-One", "Abc")], None);
    for path in ["/local", "/nowhere", "/q/text"] {
        server.get(path);
    }
    raw(&server, "/q/binary");
    (server, upstream)
}

fn snapshot(server: &Server, spec: &Value) -> Value {
    server
        .post("/__admin/recordings/snapshot", spec)
        .expect(200)
}

/// The names of the stubs of a snapshot.
fn names(snapshot: &Value) -> Vec<&str> {
    let mappings = snapshot["mappings"].as_array().expect("a list").iter();
    mappings
        .map(|mapping| mapping["name"].as_str().expect("a name"))
        .collect()
}

#[test]
fn a_snapshot_has_the_calls_that_are_wanted() {
    let (server, _upstream) = called();
    let all = server
        .request("POST", "/__admin/recordings/snapshot", &[], None)
        .expect(200);
    assert_eq!(names(&all), ["q_binary", "q_text", "q_text"]);
    assert_eq!(all["mappings"][0]["response"]["base64Body"], "AP8B");
    for (spec, expected) in [
        (
            json!({ "repeatsAsScenarios": false }),
            vec!["q_binary", "q_text"],
        ),
        (
            json!({ "filters": { "urlPathPattern": "/q/t.*" }, "repeatsAsScenarios": false }),
            vec!["q_text"],
        ),
        (
            json!({ "filters": { "allowNonProxied": true, "urlPathPattern": "/local|/nowhere" } }),
            vec!["nowhere", "local"],
        ),
        (json!({ "filters": { "method": "POST" } }), vec![]),
        (
            json!({ "filters": { "ids": ["00000000-0000-0000-0000-000000000000"] } }),
            vec![],
        ),
        (
            json!({ "captureHeaders": { "X-One": {} }, "repeatsAsScenarios": false }),
            vec!["q_binary", "q_text", "q_text"],
        ),
    ] {
        assert_eq!(names(&snapshot(&server, &spec)), expected, "{spec}");
    }
    let events = server.get("/__admin/requests").expect(200);
    let id = &events["requests"][0]["id"];
    let one = snapshot(
        &server,
        &json!({ "filters": { "ids": [id] }, "persist": false }),
    );
    assert_eq!(names(&one), ["q_binary"]);
    assert_eq!(one["mappings"][0].get("persistent"), None);
    let before = total(&server).as_u64().expect("a number");
    let ids = snapshot(&server, &json!({ "outputFormat": "ids" }));
    assert_eq!(ids["ids"].as_array().expect("ids").len(), 3);
    assert_eq!(total(&server), before + 3);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let server = Server::start();
    for (body, pointer) in [
        (r#"{"nonsense":5}"#, "/nonsense"),
        (r#"{"outputFormat":"x"}"#, "/outputFormat"),
        (r#"{"filters":{"urlPattern":"("}}"#, "/filters"),
        (r#"{"transformers":["mine"]}"#, "/transformers"),
        ("[]", "/"),
        ("{", "/"),
        ("null", "/"),
    ] {
        for route in ["start", "snapshot"] {
            let path = format!("/__admin/recordings/{route}");
            let refused = server.request("POST", &path, &[], Some(body)).expect(422);
            let error = &refused["errors"][0];
            assert_eq!(
                error["source"]["pointer"], pointer,
                "{route} {body}: {error}"
            );
            assert_eq!(
                (&error["code"], &error["title"]),
                (&json!(10), &json!("Error parsing JSON"))
            );
        }
    }
    server
        .request("POST", "/__admin/recordings/start", &[], None)
        .expect(422);
    assert_eq!(status(&server), "NeverStarted");
}
