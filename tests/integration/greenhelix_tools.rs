//! The 27 tools and the doors to them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::greenhelix_script::{holds_to_the_wire, run, serve};
use crate::support::Server;

/// What the pack offers, at least.
const TOOLS: [&str; 27] = [
    "accept_listing",
    "cancel_escrow",
    "capture_intent",
    "create_escrow",
    "create_intent",
    "create_listing",
    "create_wallet",
    "deposit",
    "get_agent_identity",
    "get_agent_metrics",
    "get_balance",
    "get_budget_status",
    "get_escrow",
    "get_transactions",
    "get_trust_score",
    "list_escrows",
    "list_webhooks",
    "open_dispute",
    "refund_intent",
    "register_service",
    "register_webhook",
    "release_escrow",
    "resolve_dispute",
    "search_services",
    "set_budget_cap",
    "submit_metrics",
    "withdraw",
];

#[test]
fn every_tool_is_listed_with_what_it_takes_and_gives() {
    let server = serve();
    let listed = server.get("/__admin/tools").expect(200);
    let tools = listed["tools"].as_array().expect("tools");
    let names: BTreeSet<&str> = tools
        .iter()
        .filter_map(|tool| tool["name"].as_str())
        .collect();
    for tool in TOOLS {
        assert!(names.contains(tool), "{tool} is not listed");
    }
    for tool in tools {
        let name = &tool["name"];
        let description = tool["description"].as_str().expect("a description");
        assert!(description.len() > 10, "{name}");
        assert_eq!(tool["inputSchema"]["type"], "object", "{name}");
        let properties = tool["inputSchema"]["properties"].as_object();
        assert!(!properties.expect("properties").is_empty(), "{name}");
        assert_eq!(tool["outputSchema"]["type"], "object", "{name}");
        // A schema that refers to something else would not stand alone.
        for schema in ["inputSchema", "outputSchema"] {
            assert!(!tool[schema].to_string().contains("#/schemas/"), "{name}");
        }
    }
}

/// A working day of two agents: every tool does its work once, and the log has it.
#[test]
fn every_tool_has_its_happy_path() {
    let server = serve();
    run(
        &server,
        r#"
        create_wallet agent_id=buyer => 200 balance=500.00
        get_balance agent_id=seller => 200 balance=500.00
        deposit agent_id=buyer amount=50.00 => 200 balance=550.00
        withdraw agent_id=buyer amount=25.00 => 200 balance=525.00
        set_budget_cap agent_id=buyer daily_limit=200.00 => 200 daily_limit=200.00
        register_service agent_id=seller name=maps price=9.00 => 200
        search_services query=maps => 200 services.0.agent_id=seller services.0.price=9.00
        create_escrow payer=buyer payee=seller amount=9.00 => 200 status=pending -> E
        get_escrow escrow_id=$E => 200 status=pending
        release_escrow escrow_id=$E agent_id=buyer => 200 status=released
        create_escrow payer=buyer payee=seller amount=9.00 => 200 -> F
        cancel_escrow escrow_id=$F agent_id=seller => 200 status=cancelled
        create_escrow payer=buyer payee=seller amount=9.00 => 200 -> G
        open_dispute escrow_id=$G agent_id=buyer reason=late => 200 status=disputed
        resolve_dispute escrow_id=$G agent_id=seller resolution=refund => 200 status=cancelled
        list_escrows agent_id=seller => 200 total=3
        create_intent payer=buyer payee=seller amount=30.00 => 200 status=pending -> I
        capture_intent intent_id=$I agent_id=seller amount=10.00 => 200 status=captured
        refund_intent intent_id=$I agent_id=seller => 200 status=refunded
        get_budget_status agent_id=buyer => 200 daily_spent=44.00
        get_transactions agent_id=buyer => 200 transactions.0.type=refund transactions.0.amount=10.00
        create_listing agent_id=buyer title=errand price=3.00 => 200 status=open -> L
        accept_listing listing_id=$L agent_id=seller => 200 status=accepted
        get_agent_identity agent_id=seller => 200 services.0.name=maps
        get_trust_score agent_id=seller => 200 completed=1 lost_disputes=1
        submit_metrics agent_id=seller request_count:=10 error_count:=1 mean_latency_ms:=12 => 200
        get_agent_metrics agent_id=seller window=5m => 200 request_count=10 error_rate=0.1 mean_latency_ms=12.0
        register_webhook url=http://127.0.0.1:9/ event_types:=["escrow.*"] => 200 active=true
        list_webhooks => 200 total=1
        wallet buyer 516.00
        wallet seller 509.00
        "#,
    );
    for tool in TOOLS {
        let log = server
            .get(&format!("/__admin/calls?tool={tool}&status=200"))
            .expect(200);
        assert_ne!(log["total"], 0, "{tool} was not called");
    }
}

/// One tool call through one door.
#[track_caller]
fn enter(server: &Server, path: &str, body: &Value, status: u16) -> Value {
    let answer = server.post(path, body);
    assert_eq!(answer.status, status, "{path} {body}: {}", answer.text);
    holds_to_the_wire(path, &answer)
}

#[test]
fn every_door_leads_to_the_same_tools() {
    let server = serve();
    let input = json!({ "agent_id": "alice", "amount": "1.00" });
    let envelope = json!({ "tool": "deposit", "input": input });
    let doors = [
        ("/v1/deposit", &input),
        ("/v1/deposit", &envelope),
        ("/v1", &envelope),
        ("/v1/v1", &envelope),
    ];
    for (deposits, (path, body)) in (1..).zip(doors) {
        let reply = enter(&server, path, body, 200);
        assert_eq!(reply["balance"], format!("50{deposits}.00"), "{path}");
        assert_eq!(reply["deposited"], "1.00", "{path}");
    }
    let log = server.get("/__admin/calls?tool=deposit&agent=alice");
    assert_eq!(log.expect(200)["total"], 4);
}

#[test]
fn a_door_says_what_is_wrong_with_what_comes_through() {
    let server = serve();
    let input = json!({ "agent_id": "alice" });
    let cases = [
        // Path and envelope name different tools.
        (
            "/v1/get_balance",
            json!({ "tool": "create_wallet", "input": input }),
            422,
            "tool",
        ),
        // No envelope where there must be one.
        ("/v1", input.clone(), 422, "tool"),
        ("/v1/v1", input.clone(), 422, "tool"),
        ("/v1", json!({}), 422, "tool"),
        ("/v1", json!({ "tool": 5, "input": input }), 422, "tool"),
        ("/v1", json!({ "tool": null, "input": input }), 422, "tool"),
        ("/v1", json!([]), 422, "body"),
        // An input that is none.
        (
            "/v1",
            json!({ "tool": "get_balance", "input": 5 }),
            422,
            "input",
        ),
        (
            "/v1",
            json!({ "tool": "get_balance", "input": [] }),
            422,
            "input",
        ),
        (
            "/v1",
            json!({ "tool": "get_balance", "input": null }),
            422,
            "input",
        ),
        ("/v1/get_balance", json!([input]), 422, "input"),
        ("/v1/get_balance", json!(null), 422, "input"),
        // No input at all is an empty one.
        ("/v1", json!({ "tool": "get_balance" }), 422, "agent_id"),
        ("/v1/get_balance", json!({}), 422, "agent_id"),
    ];
    for (path, body, status, field) in cases {
        let reply = enter(&server, path, &body, status);
        assert_eq!(reply["errors"][0]["field"], field, "{path} {body}");
    }
    let unknown = [
        (
            "/v1/teleport",
            json!({ "agent_id": "alice" }),
            "Unknown tool: teleport",
        ),
        (
            "/v1",
            json!({ "tool": "teleport", "input": {} }),
            "Unknown tool: teleport",
        ),
        ("/v1/v1", json!({ "tool": "v1" }), "Unknown tool: v1"),
        ("/v1", json!({ "tool": "" }), "Unknown tool: "),
    ];
    for (path, body, title) in unknown {
        assert_eq!(enter(&server, path, &body, 404)["title"], title, "{body}");
    }
    let wallets = server.get("/__admin/wallets").expect(200);
    assert_eq!(wallets["total"], 0, "{wallets:#}");
}

#[test]
fn every_failing_field_is_named() {
    let server = serve();
    let body = json!({ "payer": "", "amount": 5, "currency": "ZZZ", "conditions": { "delivery_by": "soon" } });
    let reply = enter(&server, "/v1/create_escrow", &body, 422);
    let fields: BTreeSet<&str> = reply["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .filter_map(|error| error["field"].as_str())
        .collect();
    let expected = [
        "amount",
        "conditions.delivery_by",
        "currency",
        "payee",
        "payer",
    ];
    assert_eq!(fields, BTreeSet::from(expected));
}
