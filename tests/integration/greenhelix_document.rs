//! What the document's own client does against its API: the escrow life cycle, live and from a
//! cassette, the errors that its mock words and injects, and the contract of a consumer.

use regex::Regex;
use serde_json::{Map, Value, json};

use crate::greenhelix_harness::{AgentTestHarness, Mode, Reply};
use crate::greenhelix_script::{books_are_right, serve};

/// `test_escrow_lifecycle`, with the balances around it.
fn test_escrow_lifecycle(harness: &mut AgentTestHarness<'_>) {
    let balance = |harness: &mut AgentTestHarness<'_>, agent: &str| {
        harness.execute("get_balance", json!({ "agent_id": agent }))
    };
    let before = balance(harness, "test-qa-agent");
    let theirs_before = balance(harness, "test-counterparty");
    let create_result = harness.execute(
        "create_escrow",
        json!({
            "payer": "test-qa-agent",
            "payee": "test-counterparty",
            "amount": "10.00",
            "currency": "USD",
            "conditions": { "delivery_by": "2026-12-31T00:00:00Z" },
        }),
    );
    harness.assert_success(&create_result);
    harness.assert_field(&create_result, "escrow_id");
    harness.assert_escrow_state(&create_result, "pending");
    let held = balance(harness, "test-qa-agent");
    harness.assert_balance_changed(&before, &held, -1000);

    let release_result = harness.execute(
        "release_escrow",
        json!({ "escrow_id": create_result.body["escrow_id"], "agent_id": "test-qa-agent" }),
    );
    harness.assert_success(&release_result);
    harness.assert_escrow_state(&release_result, "released");
    let after = balance(harness, "test-qa-agent");
    harness.assert_balance_changed(&held, &after, 0);
    let theirs_after = balance(harness, "test-counterparty");
    harness.assert_balance_changed(&theirs_before, &theirs_after, 1000);
}

#[test]
fn the_harness_lives_through_its_life_cycle() {
    let server = serve();
    let sandbox =
        json!({ "id": "qa", "clock": { "mode": "frozen", "now": "2026-04-01T00:00:00Z" } });
    server.post("/__admin/sandboxes", &sandbox).expect(201);
    for prefix in ["", "/s/qa"] {
        let mut harness = AgentTestHarness::new(&server, prefix, Mode::Passthrough);
        test_escrow_lifecycle(&mut harness);
        harness.assert_passed(7, 8);
    }
    books_are_right(&server);
}

#[test]
fn a_cassette_plays_back_what_was_recorded() {
    let server = serve();
    let mut harness = AgentTestHarness::new(&server, "", Mode::Record);
    test_escrow_lifecycle(&mut harness);
    harness.assert_passed(7, 8);
    let released = &harness.cassette[4];
    assert_eq!(released.request_tool, "release_escrow");
    assert_eq!(released.request_input["agent_id"], "test-qa-agent");

    let recorded = server.get("/__admin/calls").expect(200)["total"].clone();
    harness.mode = Mode::Playback;
    test_escrow_lifecycle(&mut harness);
    harness.assert_passed(14, 16);
    let log = server.get("/__admin/calls").expect(200);
    assert_eq!(log["total"], recorded, "a playback calls nobody");

    // Recorded again from the same opening state, the cassette is the same, ids included.
    server.post("/__admin/reset", &json!({})).expect(200);
    let mut again = AgentTestHarness::new(&server, "", Mode::Record);
    test_escrow_lifecycle(&mut again);
    for (one, other) in harness.cassette.iter().zip(&again.cassette) {
        assert_eq!(one.response.body, other.response.body);
    }
}

/// What `GreenHelixMock` answers, the server answers: a client cannot tell them apart.
#[test]
fn errors_are_worded_as_the_mock_words_them() {
    let server = serve();
    let mut harness = AgentTestHarness::new(&server, "", Mode::Passthrough);
    let made = harness.execute(
        "create_escrow",
        json!({ "payer": "test-agent-a", "payee": "test-agent-b", "amount": "25.00" }),
    );
    assert_eq!(made.body["currency"], "USD");
    let id = &made.body["escrow_id"];
    let by_payer = json!({ "escrow_id": id, "agent_id": "test-agent-a" });
    harness.execute("release_escrow", by_payer.clone());
    let unknown = json!({ "escrow_id": "esc_abc123", "agent_id": "test-agent-a" });
    let cases = [
        (
            "release_escrow",
            &by_payer,
            409,
            "Cannot release escrow in state 'released'",
        ),
        (
            "cancel_escrow",
            &by_payer,
            409,
            "Cannot cancel escrow in state 'released'",
        ),
        ("release_escrow", &unknown, 404, "Escrow not found"),
        ("cancel_escrow", &unknown, 404, "Escrow not found"),
        ("negotiate", &unknown, 404, "Unknown tool: negotiate"),
    ];
    for (tool, input, status, title) in cases {
        let refused = harness.execute(tool, input.clone());
        harness.assert_status(&refused, status);
        assert_eq!(refused.body["type"], "error", "{tool}");
        assert_eq!(refused.body["title"], title, "{tool}");
        assert_eq!(refused.body["status"], status, "{tool}");
    }
    let deposited = harness.execute(
        "deposit",
        json!({ "agent_id": "test-agent-a", "amount": "10.00" }),
    );
    let expected = json!({ "agent_id": "test-agent-a", "deposited": "10.00", "balance": "485.00", "currency": "USD" });
    assert_eq!(deposited.body, expected);
    harness.assert_passed(8, 5);
}

/// `create_failing_mock` and `test_retry_logic_with_backoff`, and `create_rate_limited_mock`.
#[test]
fn staged_errors_are_met_as_the_mocks_inject_them() {
    let server = serve();
    let mut harness = AgentTestHarness::new(&server, "", Mode::Passthrough);
    let wallet = json!({ "balance": "50.00", "currency": "USD" });
    server
        .put("/__admin/wallets/test-agent", &wallet)
        .expect(200);
    let failing = json!({ "status": 500, "count": 2 });
    server.post("/__admin/errors", &failing).expect(201);
    let mut balances = Vec::new();
    for _ in 0..3 {
        let result = harness.execute("get_balance", json!({ "agent_id": "test-agent" }));
        if result.status_code == 200 {
            balances.push(result.body["balance"].clone());
        } else {
            assert_eq!(result.body["type"], "error");
            assert_eq!(result.body["status"], 500);
        }
    }
    assert_eq!(balances, ["50.00"], "two failures, then success");
    let calls = server.get("/__admin/calls?tool=get_balance").expect(200);
    assert_eq!(calls["total"], 3);

    let limited = json!({
        "status": 429, "count": 10, "after": 5, "headers": { "retry-after": "60" },
        "body": { "type": "error", "title": "Rate limit exceeded", "status": 429, "retry_after": 60 },
    });
    server.post("/__admin/errors", &limited).expect(201);
    for call in 1..=7 {
        let result = harness.execute("get_balance", json!({ "agent_id": "test-agent" }));
        assert_eq!(result.status_code, if call > 5 { 429 } else { 200 });
        if call > 5 {
            assert_eq!(result.body["retry_after"], 60);
            let header = ("retry-after".to_owned(), "60".to_owned());
            assert!(result.headers.contains(&header));
        }
    }
}

/// `buyer-agent-v2.contract.json`, as the document has it.
const CONTRACT: &str = r#"{
  "tool_name": "create_escrow",
  "input_schema": {
    "required": ["payer", "payee", "amount", "currency"],
    "properties": {
      "payer": {"type": "string"},
      "payee": {"type": "string"},
      "amount": {"type": "string", "pattern": "^\\d+\\.\\d{2}$"},
      "currency": {"type": "string", "enum": ["USD"]}
    }
  },
  "output_schema": {
    "escrow_id": {"type": "string", "pattern": "^esc_"},
    "status": {"type": "string", "enum": ["pending", "released", "cancelled", "expired"]},
    "amount": {"type": "string"},
    "currency": {"type": "string"}
  },
  "required_output_fields": ["escrow_id", "status", "amount"],
  "status_codes": [200],
  "constraints": [
    {"type": "field_equals", "field": "status", "value": "pending", "severity": "error",
     "message": "New escrows must have status 'pending'"}
  ]
}"#;

/// `ContractValidator._validate_tool_response`: what violates the contract.
fn violations(contract: &Value, response: &Reply) -> Vec<String> {
    let body = &response.body;
    let listed = |name: &str| contract[name].as_array().cloned().unwrap_or_default();
    let mut violations = Vec::new();
    if !listed("status_codes").contains(&response.status_code.into()) {
        violations.push(format!("status_code {}", response.status_code));
    }
    for field in listed("required_output_fields") {
        if body.get(field.as_str().expect("a name")).is_none() {
            violations.push(format!("{field} is missing"));
        }
    }
    let nothing = Map::new();
    let fields = contract["output_schema"].as_object().unwrap_or(&nothing);
    for (field, schema) in fields {
        if let Some(value) = body.get(field) {
            violations.extend(check_type(field, value, schema));
        }
    }
    for constraint in listed("constraints") {
        let field = constraint["field"].as_str().expect("a name");
        if constraint["type"] == "field_equals" && body.get(field) != constraint.get("value") {
            violations.push(constraint["message"].to_string());
        }
    }
    violations
}

/// `ContractValidator._check_type`.
fn check_type(field: &str, value: &Value, schema: &Value) -> Option<String> {
    let fits = match schema["type"].as_str()? {
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    };
    if !fits {
        return Some(format!("{field}: {value} is not of its type"));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        return Some(format!("{field}: {value} is not allowed"));
    }
    let pattern = Regex::new(schema["pattern"].as_str()?).expect("a pattern");
    let matches = value.as_str().is_some_and(|text| pattern.is_match(text));
    (!matches).then(|| format!("{field}: {value} does not match"))
}

#[test]
fn create_escrow_keeps_the_contract_of_its_consumer() {
    let server = serve();
    let contract: Value = serde_json::from_str(CONTRACT).expect("a contract");
    let mut harness = AgentTestHarness::new(&server, "", Mode::Passthrough);
    let input = json!({
        "payer": "test-buyer",
        "payee": "test-seller",
        "amount": "50.00",
        "currency": "USD",
        "conditions": { "delivery_by": "2026-12-31T00:00:00Z" },
    });
    let result = harness.execute("create_escrow", input.clone());
    assert_eq!(violations(&contract, &result), Vec::<String>::new());
    // The validator bites: the same reply after a drift, and a refusal, violate the contract.
    let mut drifted = result.clone();
    let members = drifted.body.as_object_mut().expect("a record");
    let status = members.remove("status").expect("a status");
    members.insert("state".into(), status);
    assert!(!violations(&contract, &drifted).is_empty());
    // What the consumer may leave out by its own contract, the gateway requires as well.
    let required = contract["input_schema"]["required"].as_array();
    for field in required
        .expect("names")
        .iter()
        .filter(|name| *name != "currency")
    {
        let field = field.as_str().expect("a name");
        let mut without = input.clone();
        without.as_object_mut().expect("members").remove(field);
        let refused = harness.execute("create_escrow", without);
        assert_eq!(refused.body["errors"][0]["field"], field);
        assert!(!violations(&contract, &refused).is_empty());
    }
}
