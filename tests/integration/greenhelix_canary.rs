//! How the document watches over a deployment: its rollback check, its comparison of canary and
//! stable, the draining of escrows in flight, and the budget of a test.

use serde_json::{Value, json};

use crate::greenhelix_harness::{AgentTestHarness, Mode};
use crate::greenhelix_script::serve;

/// `check_rollback_criteria`: why to roll back, if at all.
fn check_rollback_criteria(
    harness: &mut AgentTestHarness<'_>,
    agent: &str,
) -> Option<&'static str> {
    let mut execute = |tool: &str, input: Value| {
        let reply = harness.execute(tool, input);
        if reply.status_code == 200 {
            reply.body
        } else {
            json!({ "error": reply.status_code })
        }
    };
    let identity = execute("get_agent_identity", json!({ "agent_id": agent }));
    if identity.get("error").is_some() {
        return Some("identity");
    }
    let trust = execute("get_trust_score", json!({ "agent_id": agent }));
    if trust["score"].as_f64().unwrap_or(0.0) < 0.5 {
        return Some("trust");
    }
    let metrics = execute(
        "get_agent_metrics",
        json!({ "agent_id": agent, "window": "5m" }),
    );
    if metrics["error_rate"].as_f64().unwrap_or(0.0) > 0.05 {
        return Some("error rate");
    }
    let balance = execute("get_balance", json!({ "agent_id": agent }));
    let balance = balance["balance"].as_str().unwrap_or("0");
    if balance.parse::<f64>().expect("a number") < 10.0 {
        return Some("balance");
    }
    None
}

#[test]
fn the_rollback_check_finds_each_of_its_reasons() {
    let server = serve();
    let mut harness = AgentTestHarness::new(&server, "", Mode::Passthrough);
    assert_eq!(
        check_rollback_criteria(&mut harness, "worker"),
        Some("identity")
    );
    // A healthy agent. Its clock has moved on, so that the refusal above is out of the window.
    let later = json!({ "by": "PT1H" });
    server.post("/__admin/clock/advance", &later).expect(200);
    harness.execute("create_wallet", json!({ "agent_id": "worker" }));
    assert_eq!(check_rollback_criteria(&mut harness, "worker"), None);
    // Its balance drains.
    let drain = json!({ "agent_id": "worker", "amount": "490.01" });
    harness.execute("withdraw", drain);
    assert_eq!(
        check_rollback_criteria(&mut harness, "worker"),
        Some("balance")
    );
    // Errors come up, and go down again with time.
    let errors = json!({ "agent_id": "worker", "request_count": 100, "error_count": 6 });
    harness.execute("submit_metrics", errors);
    assert_eq!(
        check_rollback_criteria(&mut harness, "worker"),
        Some("error rate")
    );
    server.post("/__admin/clock/advance", &later).expect(200);
    assert_eq!(
        check_rollback_criteria(&mut harness, "worker"),
        Some("balance")
    );
    // It lets three deadlines pass.
    for _ in 0..3 {
        let deadline = json!({ "payer": "buyer", "payee": "worker", "amount": "1.00", "conditions": { "delivery_by": "2026-01-01T03:00:00Z" } });
        harness.execute("create_escrow", deadline);
    }
    server.post("/__admin/clock/advance", &later).expect(200);
    assert_eq!(
        check_rollback_criteria(&mut harness, "worker"),
        Some("trust")
    );
}

/// `monitor_canary_via_greenhelix`: whether the canary is about as good as the stable version.
fn canary_healthy(harness: &mut AgentTestHarness<'_>) -> (Value, Value, bool) {
    let mut get_metrics = |agent: &str| {
        let input = json!({ "agent_id": agent, "window": "5m" });
        let reply = harness.execute("get_agent_metrics", input);
        let metrics = if reply.status_code == 200 {
            reply.body
        } else {
            json!({})
        };
        json!({
            "error_rate": metrics.get("error_rate").cloned().unwrap_or(0.into()),
            "mean_latency_ms": metrics.get("mean_latency_ms").cloned().unwrap_or(0.into()),
            "requests": metrics.get("request_count").cloned().unwrap_or(0.into()),
        })
    };
    let (stable, canary) = (get_metrics("my-agent"), get_metrics("my-agent-canary"));
    let error_rate = |metrics: &Value| metrics["error_rate"].as_f64().expect("a number");
    let healthy = error_rate(&canary) <= f64::max(error_rate(&stable) * 2.0, 0.05);
    (stable, canary, healthy)
}

#[test]
fn canary_and_stable_are_compared_by_what_they_submitted() {
    let server = serve();
    let mut harness = AgentTestHarness::new(&server, "", Mode::Passthrough);
    let (stable, canary, healthy) = canary_healthy(&mut harness);
    assert_eq!((stable["requests"].clone(), healthy), (json!(0), true));
    assert_eq!(canary["requests"], 0);
    for agent in ["my-agent", "my-agent-canary"] {
        harness.execute("create_wallet", json!({ "agent_id": agent }));
    }
    let mut submit = |agent: &str, requests: u32, errors: u32, latency: f64| {
        let metrics = json!({ "agent_id": agent, "request_count": requests, "error_count": errors, "mean_latency_ms": latency });
        let reply = harness.execute("submit_metrics", metrics);
        harness.assert_success(&reply);
    };
    submit("my-agent", 950, 38, 80.0);
    submit("my-agent-canary", 50, 4, 95.5);
    let (stable, canary, healthy) = canary_healthy(&mut harness);
    let expected = json!({ "error_rate": 0.04, "mean_latency_ms": 80.0, "requests": 950 });
    assert_eq!(stable, expected);
    let expected = json!({ "error_rate": 0.08, "mean_latency_ms": 95.5, "requests": 50 });
    assert_eq!(canary, expected);
    assert!(healthy, "twice the stable rate is still healthy");
    let worse = json!({ "agent_id": "my-agent-canary", "request_count": 50, "error_count": 5 });
    harness.execute("submit_metrics", worse);
    assert!(!canary_healthy(&mut harness).2);
}

/// `graceful_rollback`: the canary's escrows in flight drain before it is shut down.
#[test]
fn escrows_in_flight_are_listed_until_they_are_drained() {
    let server = serve();
    let mut harness = AgentTestHarness::new(&server, "", Mode::Passthrough);
    let pending = |harness: &mut AgentTestHarness<'_>| {
        let input = json!({ "agent_id": "my-agent-canary", "status": "pending" });
        let reply = harness.execute("list_escrows", input);
        harness.assert_success(&reply);
        reply.body["escrows"].as_array().expect("escrows").clone()
    };
    assert_eq!(pending(&mut harness), Vec::<Value>::new());
    let mut make = |delivery_by: &str| {
        let input = json!({ "payer": "my-agent-canary", "payee": "shop", "amount": "2.00", "conditions": { "delivery_by": delivery_by } });
        harness.execute("create_escrow", input).body["escrow_id"].clone()
    };
    let (released, cancelled) = (make("2026-02-01T00:00:00Z"), make("2026-02-01T00:00:00Z"));
    let expiring = make("2026-01-01T00:00:30Z");
    let in_flight = pending(&mut harness);
    let ids: Vec<&Value> = in_flight
        .iter()
        .map(|escrow| &escrow["escrow_id"])
        .collect();
    assert_eq!(ids, [&released, &cancelled, &expiring]);
    let settle = |tool: &str, id: &Value, agent: &str| {
        (
            tool.to_owned(),
            json!({ "escrow_id": id, "agent_id": agent }),
        )
    };
    for (tool, input) in [
        settle("release_escrow", &released, "my-agent-canary"),
        settle("cancel_escrow", &cancelled, "shop"),
    ] {
        let reply = harness.execute(&tool, input);
        harness.assert_success(&reply);
    }
    assert_eq!(pending(&mut harness).len(), 1);
    // Where the document sleeps 30 seconds, the sandbox clock advances by as much.
    let by = json!({ "by": "PT30S" });
    server.post("/__admin/clock/advance", &by).expect(200);
    assert_eq!(pending(&mut harness), Vec::<Value>::new());
    harness.assert_passed(9, 6);
}

/// `configure_test_budget`: a runaway test cannot spend more than $5 a day.
#[test]
fn the_test_budget_stops_a_runaway_test() {
    let server = serve();
    let mut harness = AgentTestHarness::new(&server, "", Mode::Passthrough);
    let caps = json!({
        "agent_id": "test-runaway",
        "daily_limit": "5.00",
        "monthly_limit": "50.00",
        "per_transaction_limit": "1.00",
        "currency": "USD",
    });
    let set = harness.execute("set_budget_cap", caps.clone());
    harness.assert_success(&set);
    assert_eq!(set.body, caps);
    let mut spent = 0;
    for _ in 0..20 {
        let escrow = json!({ "payer": "test-runaway", "payee": "shop", "amount": "1.00" });
        let reply = harness.execute("create_escrow", escrow);
        spent += i32::from(reply.status_code == 200);
    }
    assert_eq!(spent, 5);
    let left = harness.execute("get_balance", json!({ "agent_id": "test-runaway" }));
    assert_eq!(left.body["balance"], "495.00");
}
