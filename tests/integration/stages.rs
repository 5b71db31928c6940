//! One-line stages: a sandbox that is funded, fails, limits or times out, by one word.

use serde_json::{Value, json};

use crate::support::{Answer, Server};

/// Creates a sandbox `x`.
fn create(server: &Server, members: &Value) -> Answer {
    let mut new = members.clone();
    new["id"] = json!("x");
    server.post("/__admin/sandboxes", &new)
}

fn balance(server: &Server, agent: &str) -> Answer {
    server.post("/s/x/v1/get_balance", &json!({ "agent_id": agent }))
}

#[test]
fn a_funded_sandbox_has_a_wallet_with_money_on_it() {
    let server = Server::start();
    let stage = json!({"stage": "funded", "parameters": {"agent": "alice"}});
    create(&server, &stage).expect(201);
    assert_eq!(balance(&server, "alice").expect(200)["balance"], "100.00");
    server
        .post(
            "/s/x/v1/deposit",
            &json!({"agent_id": "alice", "amount": "5.00"}),
        )
        .expect(200);
    server.post("/s/x/__admin/reset", &json!({})).expect(200);
    assert_eq!(balance(&server, "alice").expect(200)["balance"], "100.00");
}

#[test]
fn a_failing_sandbox_fails_so_often_and_then_no_more() {
    let server = Server::start();
    let stage = json!({"stage": "failing", "parameters": {"failures": 2, "status": 503}});
    create(&server, &stage).expect(201);
    let seen: Vec<u16> = (0..4).map(|_| balance(&server, "alice").status).collect();
    assert_eq!(seen, [503, 503, 200, 200]);
    server.post("/s/x/__admin/reset", &json!({})).expect(200);
    assert_eq!(balance(&server, "alice").status, 503);
}

#[test]
fn a_rate_limited_sandbox_refuses_after_the_burst_whatever_is_called() {
    let server = Server::start();
    let stage = json!({"stage": "rate_limited", "parameters": {"burst": 2}});
    create(&server, &stage).expect(201);
    assert_eq!(balance(&server, "alice").status, 200);
    let search = server.post("/s/x/v1/create_wallet", &json!({"agent_id": "bob"}));
    assert!(search.status < 300, "{}", search.text);
    for _ in 0..3 {
        let refused = balance(&server, "alice");
        assert_eq!(refused.status, 429);
        assert_eq!(refused.header("retry-after"), Some("60"));
        assert_eq!(refused.json()["status"], 429);
    }
}

#[test]
fn a_sandbox_times_out_at_the_tools_that_are_named() {
    let server = Server::start();
    let stage = json!({"stage": "timing_out", "parameters": {"tools": ["get_balance"], "milliseconds": 30}});
    create(&server, &stage).expect(201);
    assert_eq!(balance(&server, "alice").status, 504);
    let other = server.post("/s/x/v1/create_wallet", &json!({"agent_id": "bob"}));
    assert!(other.status < 300, "{}", other.text);
}

#[test]
fn several_stages_and_rules_come_together() {
    let server = Server::start();
    let new = json!({
        "stage": ["funded", "failing"],
        "parameters": {"agent_id": "alice", "balance": "7.00", "failure_count": 1},
        "faults": ["stale-balance", {"mode": "latency", "tools": ["deposit"], "with": {"milliseconds": 1}}],
    });
    create(&server, &new).expect(201);
    assert_eq!(balance(&server, "alice").status, 500);
    assert_eq!(balance(&server, "alice").expect(200)["balance"], "7.00");
    let rules = server.get("/s/x/__admin/faults").expect(200);
    let ids: Vec<&Value> = rules["faults"]
        .as_array()
        .expect("rules")
        .iter()
        .map(|rule| &rule["id"])
        .collect();
    assert_eq!(ids, ["stale-balance", "r1"]);
    server.delete("/s/x/__admin/faults").expect(200);
    server
        .post("/s/x/__admin/faults", &json!({"mode": "garbage"}))
        .expect(201);
    server.post("/s/x/__admin/reset", &json!({})).expect(200);
    let rules = server.get("/s/x/__admin/faults").expect(200);
    assert_eq!(rules["total"], 2, "{rules}");
}

/// A sandbox that cannot be: the member at fault, and what is said of it.
#[track_caller]
fn refused(server: &Server, new: &Value, field: &str, words: &str) {
    let problem = create(server, new).expect(422);
    let error = &problem["errors"][0];
    assert_eq!(error["field"], field, "{new}: {problem}");
    let message = error["message"].as_str().unwrap_or_default();
    assert!(
        message.contains(words),
        "{new}: {message:?} lacks {words:?}"
    );
}

#[test]
fn what_is_no_stage_is_refused_and_makes_no_sandbox() {
    let server = Server::start();
    let check = |new: Value, field: &str, words: &str| refused(&server, &new, field, words);
    check(json!({"stage": "fundd"}), "stage", "did you mean funded?");
    check(json!({"stage": 5}), "stage", "expected funded, failing");
    check(
        json!({"stage": "funded"}),
        "parameters.agent",
        "whose wallet",
    );
    check(
        json!({"stage": "failing", "parameters": {"burst": 1}}),
        "parameters.burst",
        "for the stage rate_limited",
    );
    check(
        json!({"stage": "failing", "parameters": {"brst": 1}}),
        "parameters.brst",
        "unknown field",
    );
    check(
        json!({"stage": "failing", "parameters": {"failures": 0}}),
        "parameters.failures",
        "at least 1",
    );
    check(
        json!({"stage": "failing", "parameters": {"status": 700}}),
        "parameters.status",
        "200 to 599",
    );
    check(
        json!({"stage": "timing_out", "parameters": {"tools": ["get_balnce"]}}),
        "parameters.tools[0]",
        "did you mean `get_balance`",
    );
    check(
        json!({"stage": "funded", "parameters": {"agent": "a", "balance": "x"}}),
        "wallets.a.balance",
        "",
    );
    check(
        json!({"faults": ["flaky-31"]}),
        "faults[0]",
        "did you mean flaky-30?",
    );
    check(
        json!({"faults": [{"mode": "latency"}, {"mode": "latency", "when": {"page": 0}}]}),
        "faults[1].when.page",
        "at least 1",
    );
    server.get("/__admin/sandboxes/x").expect(404);
}
