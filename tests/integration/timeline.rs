//! A sandbox in time: snapshots, going back, going on twice, what is different, and how long it lives.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::desk::{Universe, desk, desk_with, each};
use crate::support::Server;

/// How long a sandbox whose time is over may still be there.
const PATIENCE: Duration = Duration::from_secs(20);

fn pay(universe: &Universe<'_>, amount: &str) {
    let input = json!({ "agent": "ann", "to": "bob", "amount": amount });
    universe.call("pay", &input).expect(200);
}

fn fork(universe: &Universe<'_>, fork: &Value) {
    let made = universe.post("/__admin/fork", fork).expect(201);
    // It stands at the root, wherever it was asked for.
    let base = made["baseUrl"].as_str().expect("its base URL");
    assert_eq!(base.matches("/s/").count(), 1, "{base}");
}

/// The number of the latest call in the log.
fn latest_call(universe: &Universe<'_>) -> u64 {
    let listed = universe.get("/__admin/calls").expect(200);
    let numbers = listed["calls"].as_array().expect("calls").iter();
    let numbers = numbers.map(|call| call["id"].as_u64().expect("a number"));
    numbers.max().unwrap_or(0)
}

fn diff(universe: &Universe<'_>, query: &str) -> Value {
    universe.get(&format!("/__admin/diff?{query}")).expect(200)
}

/// Waits until a sandbox is gone.
#[expect(clippy::disallowed_methods, reason = "how long the machine's time takes")]
#[track_caller]
fn gone(server: &Server, id: &str) {
    let begun = Instant::now();
    while server.get(&format!("/__admin/sandboxes/{id}")).status != 404 {
        assert!(begun.elapsed() < PATIENCE, "{id} is still there");
        std::thread::yield_now();
    }
}

#[test]
fn a_fork_goes_on_from_a_call_and_each_goes_its_own_way() {
    let server = desk();
    let first = server.sandbox("first");
    pay(&first, "1.00");
    let ticket = json!({ "id": "t1", "due": "2026-01-01T01:00:00Z" });
    first.call("open_ticket", &ticket).expect(201);
    pay(&first, "2.00");
    fork(&first, &json!({ "to": "second", "at": 2 }));
    let second = server.sandbox("second");
    assert_eq!(
        (first.balance("ann"), second.balance("ann")),
        (Some("7.00".into()), Some("9.00".into()))
    );
    // Its calls are numbered on from there.
    second
        .call("add_contact", &json!({ "name": "Grace" }))
        .expect(201);
    assert_eq!((latest_call(&first), latest_call(&second)), (3, 3));
    assert_eq!(each(&second.records("contacts"), "name"), ["Ada", "Grace"]);
    assert_eq!(each(&first.records("contacts"), "name"), ["Ada"]);
    // What was to happen by itself happens in each by itself.
    second.advance("PT2H");
    assert_eq!(each(&second.records("tickets"), "state"), ["stale"]);
    assert_eq!(each(&first.records("tickets"), "state"), ["open"]);
    // And when one is gone, the other goes on.
    server.delete("/__admin/sandboxes/first").expect(200);
    pay(&second, "3.00");
    assert_eq!(second.balance("ann").as_deref(), Some("6.00"));
    assert_eq!(second.get("/__admin/ledger/audit").expect(200)["ok"], true);
}

#[test]
fn the_same_future_is_the_same_in_both() {
    let server = desk();
    let first = server.sandbox("first");
    first
        .call("add_contact", &json!({ "name": "Grace" }))
        .expect(201);
    let forked = json!({ "to": "second" });
    let made = server.post("/__admin/sandboxes/first/fork", &forked);
    assert_eq!(made.expect(201)["id"], "second");
    let second = server.sandbox("second");
    for universe in [&first, &second] {
        universe
            .call("add_contact", &json!({ "name": "Alan" }))
            .expect(201);
        pay(universe, "1.00");
    }
    let found = diff(&second, "from=sandbox:first");
    for kind in [
        "calls", "added", "removed", "changed", "refilled", "machines", "wallets",
    ] {
        assert_eq!(found[kind]["total"], 0, "{kind}: {found}");
    }
    let told = |universe: &Universe<'_>| {
        let told = universe.call("list_contacts", &json!({})).expect(200);
        told.to_string()
    };
    assert_eq!(told(&first), told(&second));
}

#[test]
fn what_a_tester_has_laid_over_a_sandbox_goes_along() {
    let server = desk();
    let first = server.sandbox("first");
    let stub = json!({
        "request": { "url": "/step" }, "scenarioName": "steps", "requiredScenarioState": "Started",
        "newScenarioState": "second", "response": { "body": "one" },
    });
    let next = json!({
        "request": { "url": "/step" }, "scenarioName": "steps", "requiredScenarioState": "second",
        "response": { "bodyFileName": "two.txt" },
    });
    assert_eq!(
        first.put("/__admin/files/two.txt", &json!("two")).status,
        200
    );
    for stub in [&stub, &next] {
        first.post("/__admin/mappings", stub).expect(201);
    }
    let fault =
        json!({ "mode": "wrong_status", "tools": ["pay"], "times": 1, "with": { "status": 503 } });
    first.post("/__admin/faults", &fault).expect(201);
    assert_eq!(first.get("/step").text, "one");
    fork(&first, &json!({ "to": "second" }));
    // A call of a stub is a moment to go back to, too.
    fork(&first, &json!({ "to": "third", "at": 0 }));
    let (second, third) = (server.sandbox("second"), server.sandbox("third"));
    assert_eq!(second.get("/step").text, "two");
    assert_eq!(third.get("/step").status, 404);
    let one = json!({ "agent": "ann", "to": "bob", "amount": "1.00" });
    assert_eq!(second.call("pay", &one).status, 503);
    second.call("pay", &one).expect(200);
    // The original's is still to come.
    assert_eq!(first.call("pay", &one).status, 503);
}

#[test]
fn a_sandbox_is_set_back_and_forward() {
    let server = desk();
    let here = server.sandbox("here");
    pay(&here, "1.00");
    let taken = here.post(
        "/__admin/snapshots",
        &json!({ "id": "early", "note": "one payment" }),
    );
    let taken = taken.expect(201);
    assert_eq!(
        (&taken["call"], &taken["note"], &taken["wallets"]),
        (&json!(1), &json!("one payment"), &json!(2))
    );
    let stub = json!({ "request": { "url": "/late" }, "response": { "status": 204 } });
    here.post("/__admin/mappings", &stub).expect(201);
    pay(&here, "2.00");
    here.advance("PT1H");
    here.post("/__admin/restore", &json!({ "snapshot": "early" }))
        .expect(200);
    assert_eq!(here.balance("ann").as_deref(), Some("9.00"));
    assert_eq!(here.get("/late").status, 404);
    assert_eq!(
        here.get("/__admin/clock").expect(200)["now"],
        "2026-01-01T00:00:00Z"
    );
    // The log stays, and numbers go on.
    pay(&here, "4.00");
    assert_eq!(latest_call(&here), 4);
    assert_eq!(here.balance("ann").as_deref(), Some("5.00"));
    // What was undone can be gone back to, with the stub that came before it.
    let root = "/__admin/sandboxes/here";
    server
        .post(&format!("{root}/restore"), &json!({ "call": 2 }))
        .expect(200);
    assert_eq!(here.balance("ann").as_deref(), Some("7.00"));
    assert_eq!(here.get("/late").status, 204);
    // And the payment after the first way back, too.
    here.post("/__admin/restore", &json!({ "call": 4 }))
        .expect(200);
    assert_eq!(here.balance("ann").as_deref(), Some("5.00"));
    assert_eq!(here.get("/__admin/ledger/audit").expect(200)["ok"], true);
}

#[test]
fn snapshots_are_kept_listed_and_dropped() {
    let server = desk();
    let here = server.sandbox("here");
    for _ in 0..2 {
        here.send("POST", "/__admin/snapshots", None).expect(201);
    }
    let named = json!({ "id": "before-payment" });
    here.post("/__admin/snapshots", &named).expect(201);
    here.post("/__admin/snapshots", &named).expect(409);
    for wrong in ["now", "17", "", "a b", "../x"] {
        here.post("/__admin/snapshots", &json!({ "id": wrong }))
            .expect(422);
    }
    let root = "/__admin/sandboxes/here/snapshots";
    let listed = server.get(root).expect(200);
    assert_eq!(
        each(&listed["snapshots"], "id"),
        ["s1", "s2", "before-payment"]
    );
    server.delete(&format!("{root}/s1")).expect(200);
    server.delete(&format!("{root}/s1")).expect(404);
    assert_eq!(here.get("/__admin/snapshots/s2").expect(200)["id"], "s2");
    here.get("/__admin/snapshots/s1").expect(404);
    // One more is named by the first name that is free, and there is an end.
    let again = here.send("POST", "/__admin/snapshots", None).expect(201);
    assert_eq!(again["id"], "s1");
    for _ in 3..100 {
        here.send("POST", "/__admin/snapshots", None).expect(201);
    }
    here.send("POST", "/__admin/snapshots", None).expect(409);
    // They are the sandbox's own.
    assert_eq!(server.get("/__admin/snapshots").expect(200)["total"], 0);
}

#[test]
fn what_is_different_is_told() {
    let server = desk();
    let here = server.sandbox("here");
    here.call("open_ticket", &json!({ "id": "t1" })).expect(201);
    here.post("/__admin/snapshots", &json!({ "id": "before" }))
        .expect(201);
    here.call("close_ticket", &json!({ "id": "t1" }))
        .expect(200);
    here.call("close_ticket", &json!({ "id": "t1" }))
        .expect(409);
    here.call("add_contact", &json!({ "name": "Grace" }))
        .expect(201);
    here.delete("/__admin/collections/contacts/ada").expect(200);
    pay(&here, "2.50");
    let error = json!({ "status": 500, "tool": "pay" });
    here.post("/__admin/errors", &error).expect(201);
    here.advance("PT1H");
    let found = diff(&here, "from=before");
    assert_eq!(found["added"]["items"][0]["record"]["name"], "Grace");
    assert_eq!(found["added"]["items"][0]["collection"], "desk.contacts");
    assert_eq!(each(&found["removed"]["items"], "key"), ["ada"]);
    let closed = json!([{ "op": "replace", "path": "/state", "from": "open", "value": "closed" }]);
    assert_eq!(found["changed"]["items"][0]["changes"], closed);
    let moved = json!([{ "machine": "desk.ticket", "key": "t1", "from": "open", "to": "closed" }]);
    assert_eq!(found["machines"]["items"], moved);
    assert_eq!(
        each(&found["wallets"]["items"], "account"),
        ["@outside", "ann", "bob"]
    );
    let bob = json!({ "available": "12.50", "pending": "0.00" });
    assert_eq!(found["wallets"]["items"][2]["to"], bob);
    let close = json!({
        "tool": "desk.close_ticket", "from": 0, "to": 2, "refused": { "from": 0, "to": 1 },
    });
    assert_eq!(found["calls"]["items"][1], close);
    assert_eq!(
        found["counts"],
        json!({ "queuedErrors": { "from": 0, "to": 1 } })
    );
    let shows = ["/clock/from/now", "/clock/to/now"].map(|at| found.pointer(at).cloned());
    assert_eq!(
        shows,
        [
            Some(json!("2026-01-01T00:00:00Z")),
            Some(json!("2026-01-01T01:00:00Z"))
        ]
    );
    // Between calls, and the other way round.
    let found = diff(&here, "from=now&to=1&limit=1");
    assert_eq!(each(&found["added"]["items"], "key"), ["ada"]);
    assert_eq!(
        (&found["wallets"]["total"], &found["wallets"]["leftOut"]),
        (&json!(3), &json!(2))
    );
    let found = diff(&here, "from=1&to=2");
    assert_eq!(found["machines"]["items"], moved);
    assert_eq!(found["wallets"]["total"], 0);
    // A reset empties what nobody declares.
    here.post("/__admin/reset", &json!({})).expect(200);
    let found = diff(&here, "from=before");
    assert_eq!(each(&found["removed"]["items"], "key"), ["t1"]);
    assert_eq!(found["changed"]["total"], 0);
}

#[test]
fn what_is_too_long_ago_is_gone_and_the_oldest_is_told() {
    let server = desk_with(&["--history-calls", "8"]);
    let here = server.universe();
    for _ in 0..20 {
        here.call("add_contact", &json!({ "name": "Grace" }))
            .expect(201);
    }
    let refused = here.post("/__admin/fork", &json!({ "to": "early", "at": 3 }));
    let refused = refused.expect(410)["detail"].as_str().map(str::to_owned);
    let detail = refused.expect("a detail");
    let oldest: u64 = detail
        .rsplit(' ')
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("no number: {detail}"));
    assert!((12..=19).contains(&oldest), "{detail}");
    here.post("/__admin/restore", &json!({ "call": oldest - 1 }))
        .expect(410);
    here.get("/__admin/diff?from=3").expect(410);
    fork(&here, &json!({ "to": "early", "at": oldest }));
    let early = server.sandbox("early").records("contacts");
    // The shipped one, and one a call.
    assert_eq!(
        early.as_array().map(Vec::len),
        usize::try_from(oldest + 1).ok()
    );
}

#[test]
fn what_cannot_be_is_refused() {
    let server = desk();
    let here = server.sandbox("here");
    pay(&here, "1.00");
    for (path, body, status) in [
        ("fork", json!({ "to": "here" }), 409),
        ("fork", json!({ "to": "default" }), 409),
        ("fork", json!({ "to": "a b" }), 422),
        ("fork", json!({}), 422),
        ("fork", json!({ "to": "x", "at": 2 }), 404),
        ("fork", json!({ "to": "x", "snapshot": "none" }), 404),
        (
            "fork",
            json!({ "to": "x", "at": 1, "snapshot": "none" }),
            422,
        ),
        ("fork", json!({ "to": "x", "at": -1 }), 422),
        ("fork", json!({ "to": "x", "expiresAfter": "soon" }), 422),
        ("restore", json!({}), 422),
        ("restore", json!({ "call": 2 }), 404),
        ("restore", json!({ "snapshot": "none" }), 404),
        ("restore", json!({ "call": 1, "snapshot": "none" }), 422),
    ] {
        let answer = here.post(&format!("/__admin/{path}"), &body);
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.text);
    }
    assert!(server.get("/__admin/sandboxes/x").status == 404);
    for (query, status) in [
        ("", 422),
        ("from=2", 404),
        ("from=none", 404),
        ("from=sandbox:none", 404),
        ("from=1&limit=0", 422),
        ("from=99999999999999999999", 422),
        ("from=1&on=2", 422),
    ] {
        let answer = here.get(&format!("/__admin/diff?{query}"));
        assert_eq!(answer.status, status, "{query}: {}", answer.text);
    }
    server.get("/__admin/sandboxes/none/snapshots").expect(404);
    server
        .get("/__admin/sandboxes/none/diff?from=1")
        .expect(404);
    // What is being recorded is written into a file, which does not go back in time.
    let target = json!({ "targetBaseUrl": server.base });
    here.post("/__admin/recordings/start", &target);
    here.post("/__admin/restore", &json!({ "call": 1 }))
        .expect(409);
    fork(&here, &json!({ "to": "quiet" }));
    let quiet = server
        .sandbox("quiet")
        .get("/__admin/recordings/status")
        .expect(200);
    assert_eq!(quiet["status"], "Stopped");
}

#[test]
fn a_sandbox_lives_as_long_as_it_is_said() {
    let server = desk();
    let create = |id: &str, after: Value| {
        let body = json!({ "id": id, "expiresAfter": after });
        server.post("/__admin/sandboxes", &body).expect(201)
    };
    let prolong = |id: &str, after: Value| {
        let path = format!("/__admin/sandboxes/{id}");
        server.send("PATCH", &path, Some(&json!({ "expiresAfter": after })))
    };
    assert_eq!(create("for-ever", Value::Null)["expiresAt"], Value::Null);
    assert!(create("long", json!("PT1H"))["expiresAt"].is_string());
    create("spared", json!("PT1.5S"));
    assert_eq!(
        prolong("spared", Value::Null).expect(200)["expiresAt"],
        Value::Null
    );
    // Its own clock stands still, a reset does not prolong it, and no call does.
    create("short", json!("PT1.5S"));
    let short = server.sandbox("short");
    short.post("/__admin/reset", &json!({})).expect(200);
    pay(&short, "1.00");
    fork(
        &short,
        &json!({ "to": "shorter", "expiresAfter": "PT0.01S" }),
    );
    fork(&short, &json!({ "to": "longer" }));
    gone(&server, "shorter");
    gone(&server, "short");
    for id in ["for-ever", "long", "spared", "longer"] {
        server.get(&format!("/__admin/sandboxes/{id}")).expect(200);
    }
    // What is cut short ends, and can be made again.
    prolong("long", json!("PT0.01S")).expect(200);
    gone(&server, "long");
    assert_eq!(create("long", Value::Null)["expiresAt"], Value::Null);
    prolong("default", json!("PT1H")).expect(409);
    prolong("none", json!("PT1H")).expect(404);
    prolong("long", json!("now")).expect(422);
    server
        .send("PATCH", "/__admin/sandboxes/long", Some(&json!({})))
        .expect(422);
}
