//! Events: what happens in a sandbox, told while it happens.

use std::time::Duration;

use serde_json::{Value, json};

use crate::desk::desk;
use crate::event_stream::{Event, Stream, names};
use crate::support::Server;
use crate::webhooks::{fault, hooks, write};

/// Some members of what an event tells.
#[track_caller]
fn check(event: &Event, name: &str, expected: &Value) {
    assert_eq!(event.name, name, "{event:?}");
    assert!(event.id.is_some(), "{event:?}");
    for (member, value) in expected.as_object().expect("members") {
        assert_eq!(&event.data[member], value, "{member} of {event:?}");
    }
}

/// What a stream tells next, which is this.
#[track_caller]
fn next(stream: &mut Stream, name: &str, expected: &Value) -> Event {
    let event = stream.next().expect("an event");
    check(&event, name, expected);
    event
}

#[test]
fn calls_and_transitions_are_told_in_their_order() {
    let server = desk();
    let sandbox = server.sandbox("watched");
    sandbox.call("list_contacts", &json!({}));
    let (mut stream, open) = Stream::open(&server, "/s/watched", "", None);
    check(
        &open,
        "open",
        &json!({ "sandbox": "watched", "lastCall": 1 }),
    );
    let due = json!({ "id": "t1", "agent": "ann", "due": "2026-01-01T00:01:00Z" });
    sandbox.call("open_ticket", &due);
    let moved = json!({
        "pack": "desk", "machine": "ticket", "collection": "tickets", "key": "t1",
        "from": null, "to": "open", "by": "call", "call": 2, "at": "2026-01-01T00:00:00Z",
    });
    next(&mut stream, "transition", &moved);
    let called = json!({
        "call": 2, "sandbox": "watched", "method": "POST", "path": "/desk/open_ticket",
        "pack": "desk", "tool": "open_ticket", "agent": "ann", "status": 201, "matched": true,
        "answered": true, "traceId": null,
    });
    let event = next(&mut stream, "call", &called);
    assert!(event.data["durationMicros"].is_u64());
    // What is told of can be looked up.
    sandbox.get("/__admin/calls/2").expect(200);
    // What is refused moves nothing.
    sandbox.call("close_ticket", &json!({ "id": "t2" }));
    next(&mut stream, "call", &json!({ "call": 3, "status": 404 }));
    sandbox.advance("PT2M");
    let moved = json!({ "from": "open", "to": "stale", "call": null });
    let event = next(&mut stream, "transition", &moved);
    assert_ne!(event.data["by"], "call");
    sandbox.get("/nowhere");
    let called = json!({ "call": 4, "matched": false, "status": 404, "tool": null });
    next(&mut stream, "call", &called);
    sandbox.post("/__admin/reset", &json!({})).expect(200);
    next(&mut stream, "reset", &json!({ "by": "admin" }));
    let early = json!({ "snapshot": "early" });
    sandbox
        .post("/__admin/snapshots", &json!({ "id": "early" }))
        .expect(201);
    let taken = json!({ "stage": "taken", "snapshot": "early" });
    next(&mut stream, "snapshot", &taken);
    sandbox.post("/__admin/restore", &early).expect(200);
    let restored = json!({ "stage": "restored", "snapshot": "early", "call": null });
    next(&mut stream, "snapshot", &restored);
    // Other sandboxes are not heard of.
    server.universe().call("list_contacts", &json!({}));
    server.sandbox("other").call("list_contacts", &json!({}));
    sandbox.call("list_contacts", &json!({}));
    next(
        &mut stream,
        "call",
        &json!({ "call": 5, "sandbox": "watched" }),
    );
}

#[test]
fn faults_and_webhooks_are_told_and_can_be_asked_for_alone() {
    let (server, receiver) = hooks(&["note.written"]);
    let (mut stream, _) = Stream::open(&server, "", "?types=webhooks,faults", None);
    write(&server, "n1");
    receiver.next();
    for stage in ["queued", "sent", "delivered"] {
        let event = json!({ "stage": stage, "delivery": "dlv_1", "event": "note.written" });
        next(&mut stream, "webhook", &event);
    }
    fault(&server, &json!({ "mode": "drop" }));
    write(&server, "n2");
    next(
        &mut stream,
        "webhook",
        &json!({ "stage": "dropped", "by": "call", "call": 3 }),
    );
    let rule = json!({ "mode": "wrong_status", "tools": ["read"], "when": { "calls": [1] } });
    let made = server.post("/__admin/faults", &rule).expect(201);
    server.post("/hooks/read", &json!({ "id": "n1" }));
    let expected = json!({
        "mode": "wrong_status", "rule": made["id"], "pack": "hooks", "tool": "read", "call": 4,
    });
    next(&mut stream, "fault", &expected);
}

#[test]
fn who_comes_back_has_missed_nothing() {
    let server = desk();
    let sandbox = server.sandbox("resumed");
    let call = |count: usize| {
        for _ in 0..count {
            sandbox.get("/nowhere");
        }
    };
    let base = "/s/resumed";
    let (mut first, open) = Stream::open(&server, base, "", None);
    call(3);
    let heard = first.take(3);
    drop(first);
    call(2);
    let told = |events: &[Event]| -> Vec<u64> {
        let calls = events.iter().map(|event| event.data["call"].as_u64());
        calls.map(|call| call.expect("a call")).collect()
    };
    assert_eq!(told(&heard), [1, 2, 3]);
    let last = heard[1].id.as_deref();
    let (mut again, _) = Stream::open(&server, base, "", last);
    assert_eq!(told(&again.take(3)), [3, 4, 5]);
    // The header goes before the query, which a browser repeats as it was.
    let query = format!("?lastEventId={}", open.id.as_deref().expect("an id"));
    let (mut again, _) = Stream::open(&server, base, &query, last);
    assert_eq!(told(&again.take(3)), [3, 4, 5]);
    let (mut again, _) = Stream::open(&server, base, &query, None);
    assert_eq!(told(&again.take(5)), [1, 2, 3, 4, 5]);
    // More than is kept.
    call(1_000);
    let (mut late, _) = Stream::open(&server, base, "", last);
    let events = late.take(2);
    assert_eq!(names(&events), ["gap", "call"]);
    assert_eq!(events[0].data, json!({ "lost": 3 }));
    assert_eq!(events[1].data["call"], 6);
    // A filter does not hide a gap, and an id of another server is one.
    let (mut late, _) = Stream::open(&server, base, "?types=resets", Some("1-77"));
    next(&mut late, "gap", &json!({ "lost": null }));
}

#[test]
fn a_stream_ends_with_its_sandbox() {
    let server = desk();
    let sandbox = server.sandbox("short-lived");
    let (mut stream, _) = Stream::open(&server, "/s/short-lived", "", None);
    sandbox.get("/nowhere");
    server.delete("/__admin/sandboxes/short-lived").expect(200);
    let events = stream.take(2);
    assert_eq!(names(&events), ["call", "end"]);
    assert_eq!(
        events[1].data,
        json!({ "because": "the sandbox is deleted" })
    );
    assert!(stream.next().is_none());
}

#[test]
fn a_server_that_stops_ends_its_streams() {
    let mut server = desk();
    let (mut stream, _) = Stream::open(&server, "", "", None);
    server.send("POST", "/__admin/shutdown", None);
    let end = stream.next().expect("an end");
    assert_eq!(end.name, "end");
    assert_eq!(end.data, json!({ "because": "the server stops" }));
    assert!(stream.next().is_none());
    assert!(server.wait());
}

#[test]
fn what_cannot_be_read_is_refused() {
    let server = desk();
    for (query, header, field) in [
        ("?types=call", None, "types"),
        ("?types=", None, "types"),
        ("?types=calls,,faults", None, "types"),
        ("?lastEventId=x", None, "lastEventId"),
        ("", Some("12"), "Last-Event-ID"),
        ("?since=1", None, "since"),
    ] {
        let headers: Vec<(&str, &str)> =
            header.map(|id| ("Last-Event-ID", id)).into_iter().collect();
        let path = format!("/__admin/events{query}");
        let problem = server.request("GET", &path, &headers, None).expect(422);
        assert_eq!(problem["errors"][0]["field"], field, "{query}");
    }
}

#[test]
fn only_so_many_streams_are_open_at_a_time() {
    let server = desk();
    let streams: Vec<Stream> = (0..64)
        .map(|_| Stream::open(&server, "/s/busy", "", None).0)
        .collect();
    assert_eq!(Stream::ask(&server, "/s/busy", "", None).0, 503);
    Stream::open(&server, "/s/free", "", None);
    drop(streams);
    crate::launch::eventually("there is room again", || {
        Stream::ask(&server, "/s/busy", "", None).0 == 200
    });
}

/// A reader that does not read holds up nobody, and reads of a gap when it goes on.
#[test]
#[ignore = "it fills the buffers of a connection with some 15 MB: six seconds"]
fn a_slow_reader_holds_up_nobody() {
    const CALLS: u64 = 15_000;
    let server = Server::start();
    let stub = json!({ "request": { "urlPathPattern": "/x+" }, "response": {} });
    server.post("/__admin/mappings", &stub).expect(201);
    let (mut slow, _) = Stream::open(&server, "", "", None);
    let request = format!("GET /{} HTTP/1.1\r\nhost: a\r\n", "x".repeat(1000));
    for _ in 0..CALLS / 500 {
        let mut batch = format!("{request}\r\n").repeat(499);
        batch.push_str(&format!("{request}connection: close\r\n\r\n"));
        server.raw(batch.as_bytes(), Duration::from_secs(60));
    }
    let told = server.get("/__admin/calls?limit=1").expect(200);
    assert_eq!(told["total"], 10_000, "all that the log keeps");
    let (mut seen, mut lost) = (0, 0);
    while seen + lost < CALLS {
        let event = slow.next().expect("an event");
        match event.name.as_str() {
            "gap" => lost += event.data["lost"].as_u64().expect("how many"),
            _ => seen += 1,
        }
    }
    assert_eq!(seen + lost, CALLS);
    assert!(lost > 0, "the reader was not slow enough");
}
