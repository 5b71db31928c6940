//! Fault rules over the admin API: made, listed, replaced, dropped, and refused.

use serde_json::{Value, json};

use crate::support::Server;

const FAULTS: &str = "/__admin/faults";

#[test]
fn a_rule_needs_only_a_mode_and_gets_an_id() {
    let server = Server::start();
    let first = server.post(FAULTS, &json!({"mode": "latency"})).expect(201);
    assert_eq!(first, json!({"id": "r1", "mode": "latency", "fired": 0}));
    let named = json!({
        "id": "slow", "mode": "wrong_status", "tools": ["get_balance"], "agents": ["a"],
        "when": {"probability": 0.3, "calls": [2, 5]}, "times": 1, "with": {"status": 503},
    });
    let mut expected = named.clone();
    expected["fired"] = json!(0);
    assert_eq!(server.post(FAULTS, &named).expect(201), expected);
    let third = server.post(FAULTS, &json!({"mode": "garbage"})).expect(201);
    assert_eq!(third["id"], "r2");
    let listed = server.get(FAULTS).expect(200);
    assert_eq!(
        listed,
        json!({"paused": false, "total": 3, "faults": [first, expected, third]})
    );
    assert_eq!(server.get("/__admin/faults/slow").expect(200), expected);
}

#[test]
fn rules_are_replaced_dropped_and_cleared() {
    let server = Server::start();
    let put = |id: &str, rule: Value| server.put(&format!("{FAULTS}/{id}"), &rule);
    let made = put("a", json!({"mode": "latency"})).expect(200);
    assert_eq!(made, json!({"id": "a", "mode": "latency", "fired": 0}));
    let again = put("a", json!({"id": "a", "mode": "garbage"})).expect(200);
    assert_eq!(again["mode"], "garbage");
    let other = put("a", json!({"id": "b", "mode": "garbage"})).expect(422);
    assert_eq!(other["errors"][0]["field"], "id");
    let taken = server.post(FAULTS, &json!({"id": "a", "mode": "latency"}));
    assert_eq!(taken.expect(409)["errors"][0]["field"], "id");
    server.delete("/__admin/faults/a").expect(200);
    server.delete("/__admin/faults/a").expect(404);
    server.get("/__admin/faults/a").expect(404);
    server.post(FAULTS, &json!({"mode": "latency"})).expect(201);
    server.delete(FAULTS).expect(200);
    assert_eq!(server.get(FAULTS).expect(200)["total"], 0);
    // An id is never used again.
    let next = server.post(FAULTS, &json!({"mode": "latency"})).expect(201);
    assert_eq!(next["id"], "r2");
}

#[test]
fn a_list_or_a_plan_is_taken_whole_or_not_at_all() {
    let server = Server::start();
    let two = json!([{"mode": "latency"}, {"mode": "garbage"}]);
    let made = server.post(FAULTS, &two).expect(201);
    assert_eq!(made["total"], 2);
    assert_eq!(made["faults"][1]["id"], "r2");
    let plan = json!({"title": "Three", "faults": [{"mode": "latency"}]});
    assert_eq!(server.post(FAULTS, &plan).expect(201)["total"], 1);
    let wrong = json!({"faults": [{"mode": "latency"}, {"mode": "latency", "when": {"page": 0}}]});
    let refused = server.post(FAULTS, &wrong).expect(422);
    assert_eq!(refused["errors"][0]["field"], "faults[1].when.page");
    let taken = json!([{"id": "x", "mode": "latency"}, {"id": "x", "mode": "latency"}]);
    server.post(FAULTS, &taken).expect(409);
    assert_eq!(server.get(FAULTS).expect(200)["total"], 3);
}

#[test]
fn a_sandbox_has_its_own_rules_and_a_reset_drops_them() {
    let server = Server::start();
    let path = "/s/team/__admin/faults";
    server.post(path, &json!({"mode": "latency"})).expect(201);
    assert_eq!(server.get(path).expect(200)["total"], 1);
    assert_eq!(server.get(FAULTS).expect(200)["total"], 0);
    server
        .post("/s/team/__admin/faults/pause", &json!({}))
        .expect(200);
    assert_eq!(server.get(path).expect(200)["paused"], true);
    server
        .post("/s/team/__admin/faults/resume", &json!({}))
        .expect(200);
    assert_eq!(server.get(path).expect(200)["paused"], false);
    server.post("/s/team/__admin/reset", &json!({})).expect(200);
    assert_eq!(server.get(path).expect(200)["total"], 0);
}

/// Posts a rule that is refused, at a member and with words.
#[track_caller]
fn refused(server: &Server, rule: &Value, field: &str, words: &[&str]) {
    let problem = server.post(FAULTS, rule).expect(422);
    let error = &problem["errors"][0];
    assert_eq!(error["field"], field, "{rule}: {problem}");
    let message = error["message"].as_str().unwrap_or_default();
    for said in words {
        assert!(message.contains(said), "{rule}: {message:?} lacks {said:?}");
    }
}

#[test]
fn what_is_no_rule_is_refused_with_the_member_and_the_reason() {
    let server = Server::start();
    let check = |rule: Value, field: &str, words: &[&str]| refused(&server, &rule, field, words);
    let when = |when: Value| json!({"mode": "latency", "when": when});
    let with = |mode: &str, with: Value| json!({"mode": mode, "with": with});
    check(json!({}), "body", &["mode"]);
    check(
        json!({"mode": "latncy"}),
        "mode",
        &["latncy", "did you mean `latency`"],
    );
    check(
        json!({"mode": "latency", "tool": ["x"]}),
        "tool",
        &["did you mean `tools`"],
    );
    check(
        json!({"mode": "latency", "tools": ["get_balnce"]}),
        "tools[0]",
        &["did you mean `get_balance`"],
    );
    check(
        json!({"mode": "latency", "stubs": ["none"]}),
        "stubs[0]",
        &["unknown stub `none`"],
    );
    check(
        with("stale_read", json!({"calls": 257})),
        "with.calls",
        &["257", "at most 256"],
    );
    check(json!({"mode": "latency", "id": "a b"}), "id", &["1 to 64"]);
    check(json!({"mode": "latency", "id": "events"}), "id", &["route"]);
    check(
        json!({"mode": "latency", "times": 0}),
        "times",
        &["at least 1"],
    );
    check(json!({"mode": "latency", "times": -1}), "times", &["-1"]);
    check(
        json!({"mode": "latency", "surface": "tools"}),
        "surface",
        &["expected reply"],
    );
    check(
        json!({"mode": "latency", "surface": "nowhere"}),
        "surface",
        &["nowhere"],
    );
    check(
        json!({"mode": "broken_tool_schema", "surface": "reply"}),
        "surface",
        &["expected tools"],
    );
    check(
        when(json!({"probability": 1.5})),
        "when.probability",
        &["1.5", "0 to 1"],
    );
    check(
        when(json!({"probability": -0.1})),
        "when.probability",
        &["0 to 1"],
    );
    check(
        when(json!({"probability": 1e9})),
        "when.probability",
        &["0 to 1"],
    );
    check(
        when(json!({"probabilty": 1})),
        "when.probabilty",
        &["did you mean `probability`"],
    );
    check(
        when(json!({"calls": [1, 0]})),
        "when.calls[1]",
        &["at least 1"],
    );
    check(when(json!({"every": 0})), "when.every", &["at least 1"]);
    check(when(json!({"page": 0})), "when.page", &["at least 1"]);
    check(
        when(json!({"burst": {"calls": 3, "every": 2}})),
        "when.burst.calls",
        &["round of 2"],
    );
    check(
        when(json!({"burst": {"calls": 0, "every": 2}})),
        "when.burst.calls",
        &["at least 1"],
    );
    check(
        when(json!({"ramp": {"to": 2, "calls": 5}})),
        "when.ramp.to",
        &["0 to 1"],
    );
    check(
        when(json!({"ramp": {"calls": 0}})),
        "when.ramp.calls",
        &["at least 1"],
    );
    check(
        when(json!({"from": "soon"})),
        "when.from",
        &["soon", "RFC 3339"],
    );
    check(when(json!({"from": "-5m"})), "when.from", &["RFC 3339"]);
    check(
        when(json!({"from": "5m", "until": "30s"})),
        "when.until",
        &["later"],
    );
    let (from, until) = ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z");
    check(
        when(json!({"from": from, "until": until})),
        "when.until",
        &["later"],
    );
    check(
        when(json!({"from": from, "until": "30s"})),
        "when.until",
        &["later"],
    );
    check(when(json!({"condition": "input.("})), "when.condition", &[]);
    check(
        when(json!({"condition": "inptu.a == 1"})),
        "when.condition",
        &["inptu", "the names here are input"],
    );
    let machine =
        |name: &str, state: &str| when(json!({"machine": {"name": name, "state": state}}));
    check(
        machine("escrw", "released"),
        "when.machine.name",
        &["did you mean `escrow`"],
    );
    check(
        machine("escrow", "relesed"),
        "when.machine.state",
        &["did you mean `released`"],
    );
    check(
        with("latency", json!({"calls": 1})),
        "with.calls",
        &["`calls` is no setting of `latency`; it has milliseconds, distribution"],
    );
    check(
        json!({"mode": "latency", "surface": "items"}),
        "surface",
        &["does not show in items; expected reply or webhooks"],
    );
    check(
        with("latency", json!({"millis": 1})),
        "with.millis",
        &["unknown key `millis`"],
    );
    check(
        with("looping_cursor", json!({"rows": 1})),
        "with.rows",
        &["it has none"],
    );
    check(
        with("latency", json!({"committed": true})),
        "with.committed",
        &["no setting of `latency`"],
    );
    check(
        with("latency", json!({"milliseconds": 3_600_001})),
        "with.milliseconds",
        &["at most 3600000"],
    );
    check(
        with(
            "latency",
            json!({"distribution": {"type": "lognormal", "median": 5, "sigma": 1, "maxValue": 3_600_001}}),
        ),
        "with.distribution.maxValue",
        &["more than an hour"],
    );
    check(
        with("wrong_status", json!({"status": 99})),
        "with.status",
        &["200 to 599"],
    );
    check(
        with("wrong_status", json!({"statuses": [500, 600]})),
        "with.statuses[1]",
        &["200 to 599"],
    );
    check(
        with("partial_response", json!({"share": 2})),
        "with.share",
        &["0 to 1"],
    );
    check(
        with("stale_read", json!({"calls": 0})),
        "with.calls",
        &["at least 1"],
    );
    check(
        with("stale_read", json!({"calls": 1, "seconds": 1})),
        "with.seconds",
        &["two ways"],
    );
    check(
        with("type_change", json!({"to": "text"})),
        "with.to",
        &["text"],
    );
    check(
        with("rate_limited", json!({"retryAfter": true})),
        "with.retryAfter",
        &[],
    );
    check(
        with("wrong_status", json!({"cause": "not_fond"})),
        "with.cause",
        &["did you mean `not_found`"],
    );
    assert_eq!(server.post(FAULTS, &Value::String("{".into())).status, 400);
    assert_eq!(
        server.post(FAULTS, &Value::String(String::new())).status,
        400
    );
    check(json!(5), "body", &[]);
    assert_eq!(server.get(FAULTS).expect(200)["total"], 0);
}

#[test]
fn moments_are_counted_from_when_the_rule_is_made() {
    let server = Server::start();
    let rule = json!({"mode": "wrong_status", "tools": ["get_balance"], "when": {"from": "30s", "until": "PT1M"}, "with": {"status": 500}});
    server.post(FAULTS, &rule).expect(201);
    let call = || server.tool("get_balance", &json!({"agent_id": "a"})).status;
    let advance = |by: &str| {
        server
            .post("/__admin/clock/advance", &json!({"by": by}))
            .expect(200)
    };
    let before = call();
    advance("PT30S");
    let begun = call();
    advance("PT29S");
    let still = call();
    advance("PT1S");
    assert_eq!((before, begun, still, call()), (200, 500, 500, 200));
    // The same words mean another time for a rule that is made now.
    server.put("/__admin/faults/r1", &rule).expect(200);
    assert_eq!(call(), 200);
    advance("PT30S");
    assert_eq!(call(), 500);
}

#[test]
fn what_has_happened_is_listed_filtered_and_forgotten() {
    let server = Server::start();
    let rules = json!([
        {"id": "late", "mode": "latency", "with": {"milliseconds": 1}},
        {"id": "wrong", "mode": "wrong_status", "tools": ["deposit"], "with": {"status": 500}},
    ]);
    server.post(FAULTS, &rules).expect(201);
    server
        .tool("get_balance", &json!({"agent_id": "a"}))
        .expect(200);
    server
        .tool("deposit", &json!({"agent_id": "a", "amount": "1.00"}))
        .expect(500);
    let events = |query: &str| {
        let listed = server
            .get(&format!("/__admin/faults/events{query}"))
            .expect(200);
        let events = listed["events"].as_array().expect("events").clone();
        let said = |event: &Value| format!("{} {}", event["rule"], event["tool"]).replace('"', "");
        (
            listed["total"].clone(),
            events.iter().map(said).collect::<Vec<_>>(),
        )
    };
    let (read, paid) = ("late greenhelix.get_balance", "late greenhelix.deposit");
    let wrong = "wrong greenhelix.deposit";
    let check = |query: &str, total: u64, expected: &[&str]| {
        let (counted, mut found) = events(query);
        found.sort();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(
            (counted, found),
            (
                json!(total),
                expected.iter().map(|it| (*it).to_owned()).collect()
            ),
            "{query}"
        );
    };
    check("", 3, &[read, paid, wrong]);
    check("?rule=late", 2, &[read, paid]);
    check("?mode=wrong_status", 1, &[wrong]);
    check("?tool=get_balance", 1, &[read]);
    check("?tool=greenhelix.deposit&rule=late", 1, &[paid]);
    check("?rule=late&limit=1", 2, &[paid]);
    server.get("/__admin/faults/events?limit=0").expect(422);
    server.get("/__admin/faults/events?mode=lat").expect(422);
    assert_eq!(server.get("/__admin/faults/late").expect(200)["fired"], 2);
    server.delete("/__admin/faults/events").expect(200);
    check("", 0, &[]);
    assert_eq!(server.get("/__admin/faults/late").expect(200)["fired"], 2);
}

#[test]
fn paused_rules_do_nothing_and_calls_are_counted_all_the_same() {
    let server = Server::start();
    let rule = json!({"mode": "wrong_status", "tools": ["get_balance"], "when": {"calls": [2, 3]}, "with": {"status": 500}});
    server.post(FAULTS, &rule).expect(201);
    let call = || server.tool("get_balance", &json!({"agent_id": "a"})).status;
    let first = call();
    server.post("/__admin/faults/pause", &json!({})).expect(200);
    let paused = call();
    server
        .post("/__admin/faults/resume", &json!({}))
        .expect(200);
    assert_eq!((first, paused, call(), call()), (200, 200, 500, 200));
}

#[test]
fn a_sandbox_has_at_most_a_thousand_rules() {
    let server = Server::start();
    let rules: Vec<Value> = (0..1000).map(|_| json!({"mode": "latency"})).collect();
    server.post(FAULTS, &Value::Array(rules)).expect(201);
    let more = server.post(FAULTS, &json!({"mode": "latency"})).expect(422);
    assert!(
        more["detail"]
            .as_str()
            .is_some_and(|text| text.contains("at most 1000")),
        "{more}"
    );
    server
        .put("/__admin/faults/r7", &json!({"mode": "garbage"}))
        .expect(200);
}

#[test]
fn a_made_up_number_harms_no_rule_that_comes_after_it() {
    let server = Server::start();
    for id in ["r18446744073709551615", "r18446744073709551614", "r7"] {
        let rule = json!({ "id": id, "mode": "latency", "tools": ["get_balance"] });
        server.post("/__admin/faults", &rule).expect(201);
    }
    let rule = json!({ "mode": "latency", "tools": ["get_balance"] });
    let made = server.post("/__admin/faults", &rule).expect(201);
    assert_eq!(made["id"], "r8");
}
