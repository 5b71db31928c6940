//! The error queue: what a tester puts in line for the next calls.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::desk::{Universe, desk, each};
use crate::support::Server;

/// Queues answers in a sandbox of their own; then each call is answered with its status. A call
/// is a tool, or a path.
#[track_caller]
fn check(server: &Server, id: &str, queue: &[Value], calls: &[(&str, u16)]) {
    let sandbox = server.sandbox(id);
    let stub = json!({ "request": { "urlPath": "/stub" }, "response": { "status": 218 } });
    sandbox.post("/__admin/mappings", &stub).expect(201);
    for error in queue {
        sandbox.post("/__admin/errors", error).expect(201);
    }
    for (at, (call, status)) in calls.iter().enumerate() {
        let path = if call.starts_with('/') {
            (*call).to_owned()
        } else {
            format!("/desk/{call}")
        };
        let answer = sandbox.post(&path, &json!({}));
        assert_eq!(
            answer.status, *status,
            "{id}, call {at} of {call}: {}",
            answer.text
        );
    }
}

#[test]
fn the_next_matching_calls_are_answered_first_in_first_out() {
    let server = desk();
    let check = |id: &str, queue: &[Value], calls: &[(&str, u16)]| check(&server, id, queue, calls);
    let (list, open) = ("list_contacts", "open_ticket");
    check(
        "once",
        &[json!({ "status": 503 })],
        &[(list, 503), (list, 200)],
    );
    check(
        "count",
        &[json!({ "status": 503, "count": 2 })],
        &[(list, 503), (open, 503), (list, 200), (open, 201)],
    );
    check(
        "in-line",
        &[
            json!({ "status": 500 }),
            json!({ "status": 429, "count": 2 }),
            json!({ "status": 418 }),
        ],
        &[
            (list, 500),
            (list, 429),
            (open, 429),
            (list, 418),
            (list, 200),
        ],
    );
    check(
        "named",
        &[json!({ "status": 503, "tool": open })],
        &[(list, 200), (list, 200), (open, 503), (open, 201)],
    );
    check(
        "named-with-its-pack",
        &[json!({ "status": 503, "tool": "desk.open_ticket" })],
        &[(list, 200), (open, 503), (open, 201)],
    );
    check(
        "each-its-own",
        &[
            json!({ "status": 503, "tool": open }),
            json!({ "status": 502, "tool": list }),
        ],
        &[(list, 502), (list, 200), (open, 503), (open, 201)],
    );
    check(
        "named-first-any-second",
        &[
            json!({ "status": 503, "tool": open }),
            json!({ "status": 502 }),
        ],
        &[(list, 502), (list, 200), (open, 503), (open, 201)],
    );
    check(
        "after",
        &[json!({ "status": 503, "after": 2 })],
        &[(list, 200), (open, 201), (list, 503), (list, 200)],
    );
    check(
        "after-counts-matching-calls",
        &[json!({ "status": 503, "tool": open, "after": 1, "count": 2 })],
        &[
            (list, 200),
            (open, 201),
            (list, 200),
            (open, 503),
            (open, 503),
            (open, 201),
        ],
    );
    check(
        "unmatched-calls-take-none",
        &[json!({ "status": 503, "after": 1 })],
        &[
            ("/nowhere", 404),
            ("/nowhere", 404),
            (list, 200),
            ("/nowhere", 404),
            (list, 503),
            (list, 200),
        ],
    );
    check(
        "stubs-are-matched-too",
        &[
            json!({ "status": 503 }),
            json!({ "status": 502, "tool": list }),
        ],
        &[("/stub", 503), ("/stub", 218), (list, 502), ("/stub", 218)],
    );
    // A call that would be refused is a call all the same, and the tester's hand comes first.
    check(
        "refused-calls-too",
        &[json!({ "status": 503 })],
        &[("add_contact", 503), ("add_contact", 422)],
    );
}

#[test]
fn without_a_body_the_pack_speaks_and_with_one_the_tester_does() {
    let server = desk();
    let sandbox = server.universe();
    let answer = |error: Value| {
        sandbox.post("/__admin/errors", &error).expect(201);
        sandbox.call("list_contacts", &json!({}))
    };
    let own = answer(json!({ "status": 503 }));
    let shape = own.expect(503);
    assert_eq!(own.header("x-desk"), Some("refused"));
    assert_eq!(own.header("content-type"), Some("application/json"));
    let members: Vec<&String> = shape.as_object().expect("an object").keys().collect();
    assert_eq!(members, ["error", "title", "status"]);
    assert_eq!(shape["status"], 503);

    // A number keeps its text.
    let number: Value = serde_json::from_str("2.50").expect("a number");
    let given = answer(json!({
        "status": 429,
        "body": { "retry": [1, number], "after": null },
        "headers": { "Retry-After": "7", "X-Number": 8 },
    }));
    assert_eq!(given.status, 429);
    assert_eq!(given.text, r#"{"retry":[1,2.50],"after":null}"#);
    assert_eq!(given.header("retry-after"), Some("7"));
    assert_eq!(given.header("x-number"), Some("8"));
    assert_eq!(given.header("x-desk"), None);
    let empty = answer(json!({ "status": 500, "body": {} }));
    assert_eq!((empty.status, empty.text.as_str()), (500, "{}"));
    let text = answer(
        json!({ "status": 502, "body": "<h1>Bad gateway</h1>", "headers": { "Content-Type": "text/html" } }),
    );
    assert_eq!(
        (text.status, text.text.as_str()),
        (502, "<h1>Bad gateway</h1>")
    );
    assert_eq!(text.header("content-type"), Some("text/html"));
    let shaped = answer(json!({ "status": 503, "headers": { "Retry-After": "9" } }));
    assert_eq!(
        (shaped.header("retry-after"), shaped.header("x-desk")),
        (Some("9"), Some("refused"))
    );
}

#[test]
fn the_shape_of_the_shipped_pack_is_its_documents() {
    let server = Server::with(&["--stubs", "stubs/greenhelix"]);
    server
        .post("/__admin/errors", &json!({ "status": 503 }))
        .expect(201);
    let answer = server.tool("get_balance", &json!({ "agent_id": "ann" }));
    let error = answer.expect(503);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(
        (&error["type"], &error["status"]),
        (&json!("error"), &json!(503))
    );
    assert!(
        error["title"]
            .as_str()
            .is_some_and(|title| !title.is_empty()),
        "{error}"
    );
}

#[test]
fn an_answer_in_line_leaves_the_state_alone() {
    let server = desk();
    let sandbox = server.universe();
    let fake = json!({ "status": 200, "body": { "balance": "1000000.00" }, "count": 2 });
    sandbox.post("/__admin/errors", &fake).expect(201);
    let pay = json!({ "agent": "ann", "to": "bob", "amount": "2.50" });
    let answer = sandbox.call("pay", &pay);
    assert_eq!(answer.expect(200), json!({ "balance": "1000000.00" }));
    sandbox
        .call("add_contact", &json!({ "name": "Grace" }))
        .expect(200);
    assert_eq!(sandbox.balance("ann"), None);
    assert_eq!(each(&sandbox.records("contacts"), "name"), ["Ada"]);
    assert_eq!(
        sandbox.get("/__admin/ledger/transfers").expect(200)["total"],
        0
    );
    // The next call is the first that happens.
    assert_eq!(
        sandbox.call("pay", &pay).expect(200),
        json!({ "balance": "7.50" })
    );
    let log = sandbox.get("/__admin/calls").expect(200);
    assert_eq!(each(&log["calls"], "status"), ["200", "200", "200"]);
    let trace = log["calls"][0]["trace"].to_string();
    assert!(
        trace.contains("errorQueue") && !trace.contains("pay"),
        "{trace}"
    );
}

#[test]
fn what_is_in_line_can_be_read_and_taken_out() {
    let server = desk();
    let sandbox = server.universe();
    let queued =
        |sandbox: &Universe<'_>| sandbox.get("/__admin/errors").expect(200)["errors"].clone();
    assert_eq!(queued(&sandbox), json!([]));
    let all = json!({
        "status": 503, "count": 2, "tool": "open_ticket", "after": 3, "headers": { "Retry-After": "1" },
        "body": { "a": 1 }, "delayMilliseconds": 4,
    });
    let first = sandbox.post("/__admin/errors", &all).expect(201);
    let second = sandbox
        .post(
            "/__admin/errors",
            &json!({ "status": 500, "tool": "add_contact" }),
        )
        .expect(201);
    for (name, value) in all.as_object().expect("an object") {
        let expected = if name == "tool" {
            &json!("desk.open_ticket")
        } else {
            value
        };
        assert_eq!(&first[name], expected, "{name}");
    }
    assert_eq!(queued(&sandbox), json!([first, second]));
    assert_eq!((&second["count"], &second["after"]), (&json!(1), &json!(0)));
    // What is left of it is shown.
    for (tool, after, count) in [
        ("open_ticket", 2, 2),
        ("list_contacts", 2, 2),
        ("open_ticket", 1, 2),
        ("open_ticket", 0, 2),
        ("open_ticket", 0, 1),
    ] {
        sandbox.call(tool, &json!({ "agent": "ann" }));
        let mut left = first.clone();
        left["after"] = json!(after);
        left["count"] = json!(count);
        assert_eq!(queued(&sandbox), json!([left, second]));
    }
    sandbox
        .call("add_contact", &json!({ "name": "Grace" }))
        .expect(500);
    assert_eq!(each(&queued(&sandbox), "status"), ["503"]);
    let path = format!("/__admin/errors/{}", first["id"]);
    sandbox.delete(&path).expect(200);
    assert_eq!(sandbox.delete(&path).status, 404);
    assert_eq!(queued(&sandbox), json!([]));
    sandbox.call("open_ticket", &json!({})).expect(201);
    for _ in 0..3 {
        sandbox
            .post("/__admin/errors", &json!({ "status": 500 }))
            .expect(201);
    }
    sandbox.delete("/__admin/errors").expect(200);
    sandbox.call("open_ticket", &json!({})).expect(201);
    assert_eq!(sandbox.delete("/__admin/errors/nothing").status, 404);
}

#[test]
fn a_delay_is_wall_time() {
    let server = desk();
    let late = json!({ "status": 503, "delayMilliseconds": 150, "count": 2 });
    server.post("/__admin/errors", &late).expect(201);
    let request = b"POST /desk/list_contacts HTTP/1.1\r\nHost: desk\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
    assert_eq!(server.raw(request, Duration::from_millis(20)), "");
    let answer = server.raw(request, Duration::from_secs(20));
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    let now = &server.get("/__admin/clock").expect(200)["now"];
    assert_eq!(now, crate::desk::MIDNIGHT);
}

#[test]
fn of_calls_at_once_exactly_the_queued_number_is_answered() {
    let server = desk();
    server
        .post(
            "/__admin/errors",
            &json!({ "status": 503, "count": 5, "after": 3 }),
        )
        .expect(201);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let calls: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| server.universe().call("list_contacts", &json!({})).status))
            .collect();
        calls
            .into_iter()
            .map(|call| call.join().expect("an answer"))
            .collect()
    });
    let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(503), count(200)), (5, 11));
}

#[test]
fn a_reset_empties_the_line_and_a_reset_of_mappings_does_not() {
    let server = desk();
    let sandbox = server.universe();
    let queue = || {
        sandbox
            .post("/__admin/errors", &json!({ "status": 503 }))
            .expect(201)
    };
    queue();
    sandbox
        .send("POST", "/__admin/mappings/reset", None)
        .expect_empty(200);
    assert_eq!(sandbox.call("list_contacts", &json!({})).status, 503);
    queue();
    sandbox.send("POST", "/__admin/reset", None).expect(200);
    assert_eq!(sandbox.call("list_contacts", &json!({})).status, 200);
}

#[test]
fn what_cannot_be_queued_is_refused_by_its_member() {
    let server = desk();
    for (body, field) in [
        (json!({}), "status"),
        (json!({ "status": "503" }), "status"),
        (json!({ "status": 99 }), "status"),
        (json!({ "status": 600 }), "status"),
        (json!({ "status": 100_000 }), "status"),
        (json!({ "status": 50.5 }), "status"),
        (json!({ "status": 503, "count": 0 }), "count"),
        (json!({ "status": 503, "count": -1 }), "count"),
        (json!({ "status": 503, "count": "2" }), "count"),
        (json!({ "status": 503, "after": -1 }), "after"),
        (json!({ "status": 503, "tool": "open_tikcet" }), "tool"),
        (json!({ "status": 503, "tool": 5 }), "tool"),
        (json!({ "status": 503, "headers": [] }), "headers"),
        (
            json!({ "status": 503, "headers": { "a b": "c" } }),
            "headers.a b",
        ),
        (
            json!({ "status": 503, "headers": { "A": "b\nc" } }),
            "headers.A",
        ),
        (
            json!({ "status": 503, "headers": { "A": {} } }),
            "headers.A",
        ),
        (
            json!({ "status": 503, "delayMilliseconds": -1 }),
            "delayMilliseconds",
        ),
        (
            json!({ "status": 503, "delayMilliseconds": 1e12 }),
            "delayMilliseconds",
        ),
        (json!({ "status": 503, "delay": 1 }), "delay"),
    ] {
        let answer = server.post("/__admin/errors", &body);
        assert!(
            (400..500).contains(&answer.status),
            "{body}: {}",
            answer.status
        );
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{body}"
        );
        let problem = answer.json();
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
    }
    assert_eq!(
        server.get("/__admin/errors").expect(200)["errors"],
        json!([])
    );
}
