//! The sandbox clock: how it runs, what happens when it is advanced, and that it may go back.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::desk::{MIDNIGHT, Universe, desk, each};

fn clock(sandbox: &Universe<'_>) -> (String, Timestamp) {
    read(&sandbox.get("/__admin/clock").expect(200))
}

fn read(clock: &Value) -> (String, Timestamp) {
    let text = |member: &str| clock[member].as_str().expect("a text").to_owned();
    (text("mode"), text("now").parse().expect("an instant"))
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// Opens a ticket that goes stale by itself.
fn open(sandbox: &Universe<'_>, id: &str, due: &str) {
    sandbox
        .call("open_ticket", &json!({ "id": id, "due": due }))
        .expect(201);
}

/// Tickets in the order in which they went stale, and when.
fn stale(sandbox: &Universe<'_>) -> Vec<(String, String)> {
    let records = sandbox.records("stale");
    each(&records, "id")
        .into_iter()
        .zip(each(&records, "at"))
        .collect()
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(id, at)| ((*id).to_owned(), (*at).to_owned()))
        .collect()
}

#[test]
fn it_is_frozen_or_runs_with_the_machines_or_beside_it() {
    let server = desk();
    let sandbox = server.universe();
    assert_eq!(clock(&sandbox), ("frozen".into(), at(MIDNIGHT)));
    let set = |body: Value| read(&sandbox.put("/__admin/clock", &body).expect(200));
    let later = "2031-07-08T09:10:11.5Z";
    assert_eq!(
        set(json!({ "mode": "frozen", "now": later })),
        ("frozen".into(), at(later))
    );
    // It stands still, for calls as well.
    for _ in 0..2 {
        sandbox.call("list_contacts", &json!({})).expect(200);
    }
    let log = sandbox.get("/__admin/calls").expect(200);
    for instant in each(&log["calls"], "at") {
        assert_eq!(at(&instant), at(later));
    }
    // Another offset is the same instant.
    let east = json!({ "mode": "frozen", "now": "2031-07-08T11:10:11.5+02:00" });
    assert_eq!(set(east).1, at(later));

    let (mode, now) = set(json!({ "mode": "offset", "now": later }));
    assert_eq!(mode, "offset");
    let near = |now: Timestamp, expected: Timestamp| {
        let seconds = now.duration_since(expected).as_secs();
        (0..60).contains(&seconds)
    };
    assert!(near(now, at(later)), "{now}");
    let (_, again) = clock(&sandbox);
    assert!(again >= now && near(again, at(later)), "{again}");

    let (mode, system) = set(json!({ "mode": "system" }));
    assert_eq!(mode, "system");
    // What has been shown before has happened: time does not go back behind it by itself.
    assert!(
        system < at("2031-01-01T00:00:00Z") || system >= at(later),
        "{system}"
    );
    // Without `now`, the clock stops at what it shows.
    let (mode, frozen) = set(json!({ "mode": "frozen" }));
    assert_eq!((mode.as_str(), clock(&sandbox).1), ("frozen", frozen));
    assert!(near(frozen, system), "{system} {frozen}");
}

#[test]
fn a_running_clock_can_be_advanced() {
    let server = desk();
    let opening = json!({ "id": "x1", "clock": { "mode": "system" } });
    server.post("/__admin/sandboxes", &opening).expect(201);
    let sandbox = server.sandbox("x1");
    let (_, before) = clock(&sandbox);
    let (_, after) = read(&sandbox.advance("P2D"));
    let ahead = after.duration_since(before).as_secs() - 2 * 86_400;
    assert!((0..60).contains(&ahead), "{before} {after}");
    let (_, later) = read(&sandbox.advance("PT1H"));
    assert!(
        later.duration_since(after).as_secs() >= 3_600,
        "{after} {later}"
    );
    let (_, shown) = clock(&sandbox);
    assert!(shown >= later);
}

#[test]
fn durations_are_iso_8601_with_fractions() {
    let server = desk();
    for (number, (by, expected)) in [
        ("PT1H", "2026-01-01T01:00:00Z"),
        ("PT90M", "2026-01-01T01:30:00Z"),
        ("PT1H30M15S", "2026-01-01T01:30:15Z"),
        ("PT0.5S", "2026-01-01T00:00:00.5Z"),
        ("PT0.001S", "2026-01-01T00:00:00.001Z"),
        ("PT1.25S", "2026-01-01T00:00:01.25Z"),
        ("PT0.5H", "2026-01-01T00:30:00Z"),
        ("P1D", "2026-01-02T00:00:00Z"),
        ("P1DT12H", "2026-01-02T12:00:00Z"),
        ("P2W", "2026-01-15T00:00:00Z"),
        ("PT0S", MIDNIGHT),
    ]
    .into_iter()
    .enumerate()
    {
        let sandbox = server.sandbox(&format!("x{number}"));
        let (mode, now) = read(&sandbox.advance(by));
        assert_eq!((mode.as_str(), now), ("frozen", at(expected)), "{by}");
        assert_eq!(clock(&sandbox).1, at(expected), "{by}");
    }
}

#[test]
fn what_is_due_happens_in_order_each_at_its_own_time() {
    let server = desk();
    let sandbox = server.universe();
    open(&sandbox, "third", "2026-01-01T03:00:00Z");
    open(&sandbox, "first", "2026-01-01T01:00:00Z");
    open(&sandbox, "never", "2026-01-01T09:00:00Z");
    open(&sandbox, "second", "2026-01-01T02:00:00Z");
    sandbox
        .call("open_ticket", &json!({ "id": "without" }))
        .expect(201);
    let due = &sandbox.get("/__admin/clock").expect(200)["nextDue"];
    assert_eq!(
        at(due.as_str().expect("an instant")),
        at("2026-01-01T01:00:00Z")
    );
    sandbox.advance("PT30M");
    assert_eq!(stale(&sandbox), []);
    sandbox.advance("PT7H30M");
    let expected = owned(&[
        ("first", "2026-01-01T01:00:00Z"),
        ("second", "2026-01-01T02:00:00Z"),
        ("third", "2026-01-01T03:00:00Z"),
    ]);
    assert_eq!(stale(&sandbox), expected);
    for (id, state) in [("first", "stale"), ("never", "open"), ("without", "open")] {
        let ticket = sandbox
            .get(&format!("/__admin/collections/tickets/{id}"))
            .expect(200);
        assert_eq!(ticket["state"], state, "{id}");
    }
    // What has gone stale cannot be closed any more, and what was closed does not go stale.
    assert_eq!(
        sandbox
            .call("close_ticket", &json!({ "id": "first" }))
            .status,
        409
    );
    sandbox
        .call("close_ticket", &json!({ "id": "never" }))
        .expect(200);
    sandbox.advance("P1D");
    assert_eq!(stale(&sandbox), expected);
}

#[test]
fn it_happens_at_its_instant_and_not_a_moment_before() {
    let server = desk();
    let sandbox = server.universe();
    open(&sandbox, "t1", "2026-01-01T00:00:00.25Z");
    sandbox.advance("PT0.249S");
    assert_eq!(stale(&sandbox), []);
    sandbox.advance("PT0.001S");
    assert_eq!(each(&sandbox.records("stale"), "id"), ["t1"]);
}

#[test]
fn setting_it_forward_fires_and_setting_it_back_undoes_nothing() {
    let server = desk();
    let sandbox = server.universe();
    open(&sandbox, "t1", "2026-01-01T01:00:00Z");
    open(&sandbox, "t2", "2026-01-01T05:00:00Z");
    let set = |now: &str| {
        let clock = json!({ "mode": "frozen", "now": now });
        read(&sandbox.put("/__admin/clock", &clock).expect(200)).1
    };
    assert_eq!(set("2026-01-01T02:00:00Z"), at("2026-01-01T02:00:00Z"));
    let fired = owned(&[("t1", "2026-01-01T01:00:00Z")]);
    assert_eq!(stale(&sandbox), fired);
    assert_eq!(set("2025-12-31T00:00:00Z"), at("2025-12-31T00:00:00Z"));
    assert_eq!(clock(&sandbox).1, at("2025-12-31T00:00:00Z"));
    // Calls see the earlier time, and what fired stays fired.
    let list = sandbox.call("list_contacts", &json!({})).expect(200);
    assert_eq!(list["now"], "2025-12-31T00:00:00Z");
    let log = sandbox.get("/__admin/calls?tool=list_contacts").expect(200);
    assert_eq!(log["calls"][0]["at"], "2025-12-31T00:00:00Z");
    assert_eq!(stale(&sandbox), fired);
    // The same hour passes again: nothing fires twice, and what is new fires.
    open(&sandbox, "t3", "2026-01-01T00:30:00Z");
    set("2026-01-01T02:00:00Z");
    let ids: Vec<String> = stale(&sandbox).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["t1", "t3"]);
    set("2026-01-01T06:00:00Z");
    let ids: Vec<String> = stale(&sandbox).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["t1", "t3", "t2"]);
}

#[test]
fn a_call_meets_what_is_due_before_it() {
    let server = desk();
    let opening = json!({ "id": "x1", "clock": { "mode": "offset", "now": MIDNIGHT } });
    server.post("/__admin/sandboxes", &opening).expect(201);
    let sandbox = server.sandbox("x1");
    // It is past midnight by now, so this is due as soon as it is there.
    open(&sandbox, "t1", MIDNIGHT);
    assert_eq!(
        sandbox.call("close_ticket", &json!({ "id": "t1" })).status,
        409
    );
}

#[test]
fn what_is_no_clock_is_refused_by_its_member() {
    let server = desk();
    let put = |body: &Value| server.put("/__admin/clock", body);
    let advance = |body: &Value| server.post("/__admin/clock/advance", body);
    for (answer, field) in [
        (put(&json!({})), "mode"),
        (put(&json!({ "mode": "stopped" })), "mode"),
        (put(&json!({ "mode": 1 })), "mode"),
        (put(&json!({ "mode": "frozen", "now": "noon" })), "now"),
        (
            put(&json!({ "mode": "frozen", "now": "2026-01-01" })),
            "now",
        ),
        (
            put(&json!({ "mode": "frozen", "now": "2026-02-30T00:00:00Z" })),
            "now",
        ),
        (put(&json!({ "mode": "frozen", "now": 5 })), "now"),
        (put(&json!({ "mode": "system", "now": MIDNIGHT })), "now"),
        (put(&json!({ "mode": "frozen", "at": MIDNIGHT })), "at"),
        (advance(&json!({})), "by"),
        (advance(&json!({ "by": "" })), "by"),
        (advance(&json!({ "by": "1h" })), "by"),
        (advance(&json!({ "by": "PT" })), "by"),
        (advance(&json!({ "by": "P1M" })), "by"),
        (advance(&json!({ "by": "-PT1H" })), "by"),
        (advance(&json!({ "by": 3600 })), "by"),
        (advance(&json!({ "by": "PT1H", "to": "x" })), "to"),
    ] {
        assert!(
            (400..500).contains(&answer.status),
            "{field}: {}",
            answer.text
        );
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(
            answer.json()["errors"][0]["field"],
            field,
            "{}",
            answer.text
        );
    }
    assert_eq!(clock(&server.universe()), ("frozen".into(), at(MIDNIGHT)));
}
