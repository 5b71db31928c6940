//! Faults at stubs: of scenarios, with listeners, and of calls that are sent on; and at entries of cassettes.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::cassettes::{Taped, missed, played};
use crate::support::Server;
use crate::webhooks::deliveries;

/// A scenario of two steps, which tells a listener of each call, and with it this rule; nothing else.
fn scenario(server: &Server, rule: &Value, more: &Value) {
    server.post("/__admin/reset", &json!({})).expect(200);
    for (from, to) in [("Started", "Paid"), ("Paid", "Shipped")] {
        let mut stub = json!({
            "name": from, "scenarioName": "order", "requiredScenarioState": from, "newScenarioState": to,
            "request": { "method": "POST", "url": "/next" },
            "response": { "jsonBody": { "was": from } },
            "serveEventListeners": [
                { "name": "webhook", "parameters": { "method": "POST", "url": "http://127.0.0.1:9/", "body": from } }
            ],
        });
        for (key, value) in more.as_object().expect("an object") {
            stub[key] = value.clone();
        }
        server.post("/__admin/mappings", &stub).expect(201);
    }
    server.post("/__admin/faults", rule).expect(201);
}

#[test]
fn a_call_that_is_not_done_leaves_the_scenario_where_it_is() {
    #[track_caller]
    fn check(server: &Server, mode: &str, with: &Value, more: &Value, done: bool) {
        let rule = json!({ "mode": mode, "stubs": ["Started"], "times": 1, "with": with });
        scenario(server, &rule, more);
        let call =
            "POST /next HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
        server.raw(call.as_bytes(), Duration::from_secs(20));
        let fired = server.get("/__admin/faults").expect(200)["faults"][0]["fired"].clone();
        assert_eq!(fired, 1, "{mode} {with}");
        assert_eq!(
            deliveries(server).len(),
            usize::from(done),
            "{mode} {with}: what listeners are told"
        );
        let next = server.post("/next", &json!({})).expect(200);
        let expected = if done { "Paid" } else { "Started" };
        assert_eq!(next, json!({ "was": expected }), "{mode} {with} {more}");
    }
    let server = Server::start();
    let key = json!({ "idempotency": { "header": "Idempotency-Key" } });
    for more in [json!({}), key] {
        for mode in [
            "lost_request",
            "wrong_status",
            "rate_limited",
            "error_in_ok",
            "empty_reply",
        ] {
            check(&server, mode, &json!({}), &more, false);
        }
        check(
            &server,
            "timeout",
            &json!({ "milliseconds": 1 }),
            &more,
            false,
        );
        check(&server, "lost_reply", &json!({}), &more, true);
        check(&server, "null_field", &json!({}), &more, true);
        check(
            &server,
            "wrong_status",
            &json!({ "committed": true }),
            &more,
            true,
        );
    }
}

/// A server to which calls are sent on: it answers the first ones only when so many have come.
fn together(calls: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        let mut waiting: Vec<Sender<()>> = Vec::new();
        for (at, stream) in listener.incoming().enumerate() {
            let mut stream = stream.expect("a connection");
            let (all_here, here) = channel::<()>();
            if at < calls {
                waiting.push(all_here);
            }
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                // Nobody sends anything: it ends when the last one has come.
                let _ = here.recv();
                let body = r#"{"a":1}"#;
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
            });
            if waiting.len() == calls {
                waiting.clear();
            }
        }
    });
    url
}

#[test]
fn calls_that_are_sent_on_at_once_meet_a_fault_as_often_as_it_may_happen() {
    const CALLS: usize = 6;
    let server = Server::start();
    let proxy = json!({
        "name": "far", "request": { "url": "/far" }, "response": { "proxyBaseUrl": together(CALLS) }
    });
    server.post("/__admin/mappings", &proxy).expect(201);
    let rule = json!({ "id": "twice", "mode": "null_field", "stubs": ["far"], "times": 2 });
    server.post("/__admin/faults", &rule).expect(201);
    let nulls = std::thread::scope(|scope| {
        let ask = || server.get("/far").expect(200)["a"].is_null();
        let calls: Vec<_> = (0..CALLS).map(|_| scope.spawn(ask)).collect();
        let answers = calls
            .into_iter()
            .map(|call| call.join().expect("an answer"));
        answers.filter(|null| *null).count()
    });
    assert_eq!(nulls, 2);
    let fired =
        |id: &str| server.get(&format!("/__admin/faults/{id}")).expect(200)["fired"].clone();
    assert_eq!(fired("twice"), 2);
    // What had nothing to change does not count: the next call may meet it.
    let rule = json!({ "id": "once", "mode": "empty_list", "stubs": ["far"], "times": 1 });
    server.post("/__admin/faults", &rule).expect(201);
    server.get("/far").expect(200);
    assert_eq!(fired("once"), 0);
    let rule = json!({ "mode": "null_field", "stubs": ["far"], "times": 1 });
    server.put("/__admin/faults/once", &rule).expect(200);
    assert_eq!(server.get("/far").expect(200), json!({ "a": null }));
    assert_eq!(server.get("/far").expect(200), json!({ "a": 1 }));
}

#[test]
fn calls_of_a_stub_are_counted_while_rules_are_paused() {
    let server = Server::start();
    let stub =
        json!({ "name": "till", "request": { "url": "/till" }, "response": { "status": 200 } });
    server.post("/__admin/mappings", &stub).expect(201);
    let rule = json!({
        "mode": "wrong_status", "stubs": ["till"], "when": { "calls": [4] }, "with": { "status": 503 }
    });
    server.post("/__admin/faults", &rule).expect(201);
    let call = || server.get("/till").status;
    assert_eq!(call(), 200);
    server.post("/__admin/faults/pause", &json!({})).expect(200);
    assert_eq!([call(), call()], [200, 200]);
    server
        .post("/__admin/faults/resume", &json!({}))
        .expect(200);
    assert_eq!([call(), call()], [503, 200], "the fourth");
}

#[test]
fn a_fault_that_leaves_nothing_done_uses_no_entry_of_a_cassette_up() {
    let taped = Taped::new("undone");
    taped.put("one", &[("/x", "x")]);
    let server = &taped.server;
    let check = |mode: &str, expected: (u16, String)| {
        taped.started("one", &json!({ "mode": "playback" }));
        let rule = json!({ "id": "it", "mode": mode, "stubs": ["GET /x"], "times": 1 });
        server.post("/__admin/faults", &rule).expect(201);
        let call = "GET /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        server.raw(call.as_bytes(), Duration::from_secs(20));
        let fired = server.get("/__admin/faults/it").expect(200)["fired"].clone();
        assert_eq!(fired, 1, "{mode}");
        assert_eq!(
            taped.get_all(&["/x"]),
            std::slice::from_ref(&expected),
            "{mode}"
        );
        let report = taped.stopped("one");
        assert_eq!(report["matched"], 1, "{mode}: {report}");
        assert_eq!(
            report["passed"],
            expected == played("x"),
            "{mode}: {report}"
        );
        server.delete("/__admin/faults").expect(200);
    };
    check("lost_request", played("x"));
    check("wrong_status", played("x"));
    check("rate_limited", played("x"));
    // It was answered, and the answer is gone.
    check("lost_reply", missed());
}
