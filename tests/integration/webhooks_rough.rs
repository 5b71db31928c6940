//! Webhooks under rough conditions: receivers that hang, records that are no endpoints, and targets
//! that are nobody's.

use serde_json::{Value, json};

use crate::receiver::{Does, Receiver};
use crate::support::Server;
use crate::webhooks::{SECRET, deliveries, hooks, listen, settled, told, write};

/// A stub that sends this to so many, each by a request of its own.
fn telling(path: &str, id: &str, url: &str, count: usize) -> Value {
    let parameters = json!({ "url": url, "body": "{{randomValue length=24}}" });
    let listener = json!({ "name": "webhook", "parameters": parameters });
    json!({
        "id": id,
        "request": { "method": "POST", "urlPath": path },
        "response": { "status": 202 },
        "serveEventListeners": vec![listener; count]
    })
}

const ONE: &str = "6f1ed002-ab5d-4a5c-9a68-000000000001";
const TWO: &str = "6f1ed002-ab5d-4a5c-9a68-000000000002";

#[test]
fn endpoints_that_hang_stop_no_other_sandbox() {
    let (server, receiver) = hooks(&["*"]);
    let hanging = Receiver::start();
    hanging.then(&[Does::Hang; 700]);
    let stub = telling("/hang", ONE, &hanging.url, 700);
    server.post("/s/other/__admin/mappings", &stub).expect(201);
    assert_eq!(server.post("/s/other/hang", &json!({})).status, 202);
    hanging.next();
    write(&server, "a");
    assert_eq!(told(&receiver, 1), ["note.written a"]);
}

#[test]
fn an_answer_counts_from_its_head_on() {
    let (server, receiver) = hooks(&["*"]);
    receiver.then(&[Does::Begin(200)]);
    write(&server, "a");
    receiver.next();
    let delivered = settled(&server, "dlv_1", "delivered");
    assert_eq!(
        delivered["attempts"][0]["outcome"],
        json!({ "status": 200 })
    );
}

#[test]
fn a_tester_takes_over_an_attempt_that_is_under_way() {
    let (server, receiver) = hooks(&["none"]);
    server
        .post(
            "/__admin/mappings",
            &telling("/tell", ONE, &receiver.url, 1),
        )
        .expect(201);
    // What a stub sends is given 15 seconds.
    receiver.then(&[Does::Hang]);
    server.post("/tell", &json!({}));
    receiver.next();
    assert_eq!(deliveries(&server)[0]["status"], "inFlight");
    let path = "/__admin/webhooks/deliveries/dlv_1/redeliver";
    server.send("POST", path, None).expect(202);
    receiver.next();
    let delivered = settled(&server, "dlv_1", "delivered");
    let attempts = &delivered["attempts"];
    assert_eq!(
        attempts[0]["outcome"]["failed"], "it was sent again meanwhile",
        "{attempts}"
    );
    assert_eq!(attempts[1]["outcome"], json!({ "status": 200 }));
}

#[test]
fn a_record_that_is_no_endpoint_is_passed_over() {
    let (server, receiver) = hooks(&["*"]);
    let bad = json!({ "id": "bad", "url": receiver.url, "off": "perhaps" });
    server
        .put("/__admin/collections/listeners/bad", &bad)
        .expect(200);
    write(&server, "a");
    assert_eq!(told(&receiver, 1), ["note.written a"]);
    receiver.nothing();
    let calls = server.get("/__admin/calls").expect(200).to_string();
    assert!(calls.contains("hooks/listeners/bad"), "{calls}");
    // Time tells, too.
    let soon = json!({ "id": "b", "until": "2026-01-01T01:00:00Z" });
    server.post("/hooks/write", &soon).expect(200);
    receiver.next();
    server
        .post("/__admin/clock/advance", &json!({ "by": "PT2H" }))
        .expect(200);
    assert_eq!(told(&receiver, 1), ["note.stale b"]);
}

#[test]
fn what_a_stub_sends_is_drawn_by_how_often_it_was_called() {
    let (server, receiver) = hooks(&["none"]);
    let draw = |before: usize| {
        for (path, id) in [("/one", ONE), ("/two", TWO)] {
            server
                .post(
                    "/s/team/__admin/mappings",
                    &telling(path, id, &receiver.url, 1),
                )
                .expect(201);
        }
        for _ in 0..before {
            server.post("/s/team/two", &json!({}));
            receiver.next();
        }
        server.post("/s/team/one", &json!({}));
        let first = receiver.next().text();
        server.post("/s/team/one", &json!({}));
        let second = receiver.next().text();
        server.delete("/__admin/sandboxes/team").expect(200);
        assert_ne!(first, second);
        (first, second)
    };
    assert_eq!(draw(0), draw(3));
}

/// A server and a receiver whose one endpoint has said that it wants nothing more.
fn gone() -> (Server, Receiver, String) {
    let (server, receiver) = hooks(&["none"]);
    let input = json!({ "url": receiver.url, "secret": SECRET });
    let listener = server.post("/hooks/listen", &input).expect(200);
    receiver.then(&[Does::Answer(410)]);
    write(&server, "a");
    receiver.next();
    settled(&server, "dlv_1", "disabled");
    write(&server, "b");
    receiver.nothing();
    let key = listener["id"].as_str().expect("a key").to_owned();
    (server, receiver, key)
}

#[test]
fn an_endpoint_that_was_gone_comes_back_with_another_url() {
    let (server, receiver, key) = gone();
    let path = format!("/__admin/collections/listeners/{key}");
    let moved = json!({ "id": key, "url": format!("{}/new", receiver.url), "secret": SECRET });
    server.put(&path, &moved).expect(200);
    write(&server, "c");
    assert_eq!(receiver.next().path, "/new");
}

#[test]
fn an_endpoint_that_was_gone_comes_back_when_its_record_is_made_anew() {
    let (server, receiver, key) = gone();
    let path = format!("/__admin/collections/listeners/{key}");
    assert!(server.delete(&path).status < 300);
    let again = json!({ "id": key, "url": receiver.url, "secret": SECRET });
    server.put(&path, &again);
    write(&server, "c");
    assert_eq!(told(&receiver, 1), ["note.written c"]);
}

#[test]
fn an_endpoint_that_was_gone_comes_back_when_a_tester_says_so() {
    let (server, receiver, key) = gone();
    let path = |endpoint: &str| format!("/__admin/webhooks/disabled?endpoint={endpoint}");
    assert_eq!(server.delete(&path("hooks/listeners/none")).status, 404);
    server
        .delete(&path(&format!("hooks/listeners/{key}")))
        .expect(200);
    write(&server, "c");
    assert_eq!(told(&receiver, 1), ["note.written c"]);
    assert_eq!(
        server.get("/__admin/webhooks/deliveries").expect(200)["disabledEndpoints"],
        json!([])
    );
    server.delete("/__admin/webhooks/disabled").expect(200);
}

#[test]
fn a_pattern_that_fits_no_event_is_refused() {
    let (server, _receiver) = hooks(&["none"]);
    for pattern in ["*.released", "order.*.paid", "", "order paid", "**"] {
        let fault = json!({ "mode": "drop", "events": [pattern] });
        let said = server.post("/__admin/webhooks/faults", &fault);
        assert_eq!(said.status, 422, "{pattern}: {}", said.text);
        assert!(said.text.contains("events"), "{}", said.text);
    }
    assert_eq!(
        server
            .get("/__admin/webhooks/deliveries?event=*.paid")
            .status,
        422
    );
}

#[test]
fn a_server_does_not_call_itself() {
    let (server, receiver) = hooks(&["none"]);
    let own = format!("{}/__admin/sandboxes/default", server.base);
    server
        .post("/__admin/mappings", &telling("/self", ONE, &own, 1))
        .expect(201);
    server.post("/self", &json!({}));
    let failed = settled(&server, "dlv_1", "failed");
    let reason = failed["attempts"][0]["outcome"]["failed"].to_string();
    assert!(reason.contains("own address"), "{reason}");
    let named = own.replace("127.0.0.1", "localhost");
    listen(&server, &named, &["note.written"]);
    listen(&server, &receiver.url, &["note.written"]);
    write(&server, "a");
    receiver.next();
    let failed = settled(&server, "dlv_2", "pending");
    let reason = failed["attempts"][0]["outcome"]["failed"].to_string();
    assert!(reason.contains("own address"), "{reason}");
}
