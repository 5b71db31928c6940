//! Faults that need to know what a call does: stale reads, lost replies, double effects, flaws of pages,
//! webhooks, items of batches, the list of tools.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, Server};
use crate::webhooks::deliveries;

const FROZEN: &[&str] = &["--clock", "frozen@2026-01-01T00:00:00Z"];

/// A server on which alice has 100.00, and with it this rule.
fn server(rule: &Value) -> Server {
    let server = Server::with(FROZEN);
    fund(&server, "alice", "100.00");
    let made = server.post("/__admin/faults", rule).expect(201);
    assert_eq!(made.get("warnings"), None, "{made}");
    server
}

fn fund(server: &Server, agent: &str, amount: &str) {
    let money = json!({ "balance": amount });
    server
        .put(&format!("/__admin/wallets/{agent}"), &money)
        .expect(200);
}

fn balance(server: &Server, agent: &str) -> Value {
    let answer = server.tool("get_balance", &json!({ "agent_id": agent }));
    answer.expect(200)["balance"].clone()
}

/// What is really there, which no fault touches.
fn really(server: &Server, agent: &str) -> Value {
    server.get(&format!("/__admin/wallets/{agent}")).expect(200)["balance"].clone()
}

fn deposit(server: &Server, agent: &str, amount: &str) -> Answer {
    server.tool("deposit", &json!({ "agent_id": agent, "amount": amount }))
}

fn events(server: &Server) -> Vec<Value> {
    let events = server.get("/__admin/faults/events").expect(200);
    events["events"].as_array().expect("events").clone()
}

/// What the log of the last call says of its only fault.
fn logged(server: &Server) -> Value {
    let calls = server.get("/__admin/calls?limit=1000").expect(200);
    let last = calls["calls"].as_array().and_then(|calls| calls.last());
    let faults = last.expect("a call")["faults"]
        .as_array()
        .expect("faults")
        .clone();
    assert_eq!(faults.len(), 1, "{calls}");
    faults[0].clone()
}

#[test]
fn a_read_is_stale() {
    let server = server(&json!({ "mode": "stale_read", "tools": ["get_balance"] }));
    deposit(&server, "alice", "5.00").expect(200);
    assert_eq!(
        balance(&server, "alice"),
        "100.00",
        "before the previous call"
    );
    let fault = logged(&server);
    assert_eq!(fault["mode"], "stale_read");
    assert_eq!(fault["clean"]["body"]["balance"], "105.00");
    assert_eq!(
        balance(&server, "alice"),
        "105.00",
        "the previous call has changed nothing"
    );
    assert_eq!(
        events(&server).len(),
        1,
        "what is told is true, so nothing went wrong"
    );
}

#[test]
fn a_read_is_of_some_seconds_ago() {
    let server = server(&json!({
        "mode": "stale_read", "tools": ["get_balance"], "with": { "seconds": 30 }
    }));
    deposit(&server, "alice", "5.00").expect(200);
    server
        .post("/__admin/clock/advance", &json!({ "by": "PT20S" }))
        .expect(200);
    deposit(&server, "alice", "7.00").expect(200);
    assert_eq!(balance(&server, "alice"), "100.00");
    server
        .post("/__admin/clock/advance", &json!({ "by": "PT20S" }))
        .expect(200);
    assert_eq!(balance(&server, "alice"), "105.00");
    server
        .post("/__admin/clock/advance", &json!({ "by": "PT20S" }))
        .expect(200);
    assert_eq!(balance(&server, "alice"), "112.00");
}

/// A deposit of 5.00 under this rule: what the caller gets, and what there is afterwards.
#[track_caller]
fn check_deposit(server: &Server, mode: &str, with: &Value, expected: Option<u16>, left: &str) {
    server.post("/__admin/reset", &json!({})).expect(200);
    fund(server, "alice", "100.00");
    let rule = json!({ "mode": mode, "tools": ["deposit"], "with": with });
    server.post("/__admin/faults", &rule).expect(201);
    let body = json!({ "agent_id": "alice", "amount": "5.00" }).to_string();
    let request = format!(
        "POST /v1/deposit HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let text = server.raw(request.as_bytes(), std::time::Duration::from_secs(20));
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    assert_eq!(status, expected, "{mode} {with}: {text}");
    assert_eq!(really(server, "alice"), left, "{mode} {with}");
    let fault = logged(server);
    assert_eq!(fault["clean"]["status"], 200, "{fault}");
    assert_eq!(fault["clean"]["body"]["balance"], "105.00", "{fault}");
    assert_eq!(fault["committed"], left != "100.00", "{fault}");
}

#[test]
fn a_reply_is_lost_after_the_deed_and_a_request_before() {
    let server = Server::with(FROZEN);
    for with in [
        json!({}),
        json!({ "as": "close" }),
        json!({ "as": "reset" }),
    ] {
        check_deposit(&server, "lost_reply", &with, None, "105.00");
        check_deposit(&server, "lost_request", &with, None, "100.00");
    }
    for mode in ["connection_reset", "empty_reply"] {
        check_deposit(&server, mode, &json!({}), None, "100.00");
        check_deposit(&server, mode, &json!({ "committed": true }), None, "105.00");
    }
    check_deposit(
        &server,
        "timeout",
        &json!({ "milliseconds": 1 }),
        None,
        "100.00",
    );
    check_deposit(
        &server,
        "timeout",
        &json!({ "milliseconds": 1, "status": 504 }),
        Some(504),
        "100.00",
    );
}

#[test]
fn an_error_leaves_nothing_done_unless_it_says_so() {
    let server = Server::with(FROZEN);
    check_deposit(
        &server,
        "wrong_status",
        &json!({ "status": 503 }),
        Some(503),
        "100.00",
    );
    let after = json!({ "status": 503, "committed": true });
    check_deposit(&server, "wrong_status", &after, Some(503), "105.00");
    check_deposit(&server, "error_in_ok", &json!({}), Some(200), "100.00");
    check_deposit(
        &server,
        "error_in_ok",
        &json!({ "beside": true }),
        Some(200),
        "105.00",
    );
    check_deposit(&server, "rate_limited", &json!({}), Some(429), "100.00");
    check_deposit(&server, "silent_no_op", &json!({}), Some(200), "100.00");
    check_deposit(
        &server,
        "latency",
        &json!({ "milliseconds": 1 }),
        Some(200),
        "105.00",
    );
    check_deposit(&server, "truncated_body", &json!({}), Some(200), "105.00");
}

#[test]
fn a_request_takes_effect_twice() {
    let server = Server::with(FROZEN);
    check_deposit(
        &server,
        "duplicate_delivery",
        &json!({}),
        Some(200),
        "110.00",
    );
    assert_eq!(events(&server)[0]["detail"]["secondStatus"], 200);
}

#[test]
fn a_key_protects_from_a_lost_reply() {
    let server = Server::with(FROZEN);
    let rule = json!({ "mode": "lost_reply", "stubs": ["charge"], "times": 1 });
    let stub = json!({
        "name": "charge", "request": { "method": "POST", "url": "/charge" },
        "response": { "jsonBody": { "id": "{{randomValue type='UUID'}}" }, "transformers": ["response-template"] },
        "idempotency": "stripe",
    });
    server.post("/__admin/mappings", &stub).expect(201);
    server.post("/__admin/faults", &rule).expect(201);
    let headers = "POST /charge HTTP/1.1\r\nhost: a\r\nconnection: close\r\nidempotency-key: k1\r\ncontent-length: 0\r\n\r\n";
    let wait = std::time::Duration::from_secs(20);
    assert_eq!(server.raw(headers.as_bytes(), wait), "");
    let clean = logged(&server)["clean"]["body"]["id"].clone();
    let again = server.raw(headers.as_bytes(), wait);
    assert!(again.starts_with("HTTP/1.1 200"), "{again}");
    assert!(
        again.contains(clean.as_str().expect("an id")),
        "{again} {clean}"
    );
}

#[test]
fn a_reply_is_about_another() {
    let server = server(&json!({ "mode": "wrong_entity", "tools": ["get_balance"] }));
    fund(&server, "bob", "7.00");
    assert_eq!(balance(&server, "alice"), "7.00");
    let fault = logged(&server);
    assert_eq!(fault["detail"], json!({ "asked": "alice", "told": "bob" }));
    assert_eq!(really(&server, "alice"), "100.00");
}

/// A page of the contacts that ship, 5 a page.
fn page(server: &Server, after: Option<&Value>) -> Answer {
    let after = after.and_then(Value::as_str);
    let after = after.map_or_else(String::new, |after| format!("&after={after}"));
    server.get(&format!("/crm/v1/contacts?limit=5{after}"))
}

#[test]
fn pages_are_flawed() {
    let paged = |mode: &str, when: Value, with: Value| {
        let server = Server::with(FROZEN);
        let rule = json!({ "mode": mode, "tools": ["list_contacts"], "when": when, "with": with });
        let made = server.post("/__admin/faults", &rule).expect(201);
        assert_eq!(made.get("warnings"), None, "{made}");
        server
    };
    let clean = page(&Server::with(FROZEN), None).expect(200);
    let (list, _) = clean
        .as_object()
        .expect("an object")
        .iter()
        .find(|(_, member)| member.is_array())
        .expect("a list");
    let next = |body: &Value| body.pointer("/paging/next/after").cloned();
    let rows = |body: &Value| body[list].as_array().expect("rows").len();
    let server = paged("short_page", json!({}), json!({}));
    assert_eq!(rows(&page(&server, None).expect(200)), 3);
    let server = paged("short_page", json!({}), json!({ "rows": 4 }));
    assert_eq!(rows(&page(&server, None).expect(200)), 1);
    let server = paged("missing_has_more", json!({ "page": 2 }), json!({}));
    let first = page(&server, None).expect(200);
    assert_eq!(
        first["results"], clean["results"],
        "the first page is as it was"
    );
    let second = page(&server, next(&first).as_ref()).expect(200);
    assert_eq!(next(&second), None, "{second}");
    assert_eq!(events(&server).len(), 1);
    let server = paged("expired_token", json!({}), json!({}));
    let first = page(&server, None).expect(200);
    assert_eq!(page(&server, next(&first).as_ref()).status / 100, 4);
    let server = paged("looping_cursor", json!({}), json!({}));
    assert_eq!(page(&server, None).expect(200)["results"], clean["results"]);
    assert_eq!(
        events(&server),
        [] as [Value; 0],
        "only the last page can lead back"
    );
}

#[test]
fn items_fail_and_the_others_are_done() {
    let server = Server::with(FROZEN);
    let rule = json!({
        "mode": "wrong_status", "surface": "items", "tools": ["create_contacts"], "when": { "calls": [2] },
    });
    let made = server.post("/__admin/faults", &rule).expect(201);
    assert_eq!(made.get("warnings"), None, "{made}");
    let contact = |name: &str| json!({ "email": format!("{name}@example.com"), "name": name });
    let items: Vec<Value> = ["a1", "b2", "c3"].into_iter().map(contact).collect();
    let answer = server.post("/crm/v1/contacts/batch", &json!({ "items": items }));
    let body = answer.json();
    assert_eq!(
        (&body["created"], &body["failed"]),
        (&json!(2), &json!(1)),
        "{body}"
    );
    assert_eq!(events(&server)[0]["detail"], json!({ "item": 2 }));
}

#[test]
fn an_event_is_told_twice_or_never() {
    for (mode, expected) in [("duplicate_delivery", 2), ("lost_reply", 0)] {
        let rule =
            json!({ "mode": mode, "surface": "webhooks", "tools": ["create_escrow"], "times": 1 });
        let server = server(&rule);
        fund(&server, "bob", "1.00");
        let hook = json!({ "agent_id": "bob", "url": "http://127.0.0.1:9/hook", "event_types": ["escrow.*"] });
        server.tool("register_webhook", &hook).expect(200);
        let escrow =
            json!({ "payer": "alice", "payee": "bob", "amount": "5.00", "currency": "USD" });
        server.tool("create_escrow", &escrow).expect(200);
        let sent = deliveries(&server)
            .iter()
            .filter(|delivery| delivery["status"] != "dropped")
            .count();
        assert_eq!(sent, expected, "{mode}");
        assert_eq!(events(&server).len(), 1, "{mode}");
        assert_eq!(logged(&server)["mode"], mode);
    }
}

#[test]
fn the_list_of_tools_is_wrong() {
    let schema = |server: &Server| {
        let told = server.get("/__admin/tools").expect(200);
        let tools = told["tools"].as_array().expect("tools").clone();
        let tool = tools.into_iter().find(|tool| tool["name"] == "deposit");
        tool.expect("the tool")["inputSchema"].clone()
    };
    let rule = |flaw: &str| {
        json!({
            "mode": "broken_tool_schema", "tools": ["deposit"], "with": { "flaw": flaw, "fields": ["agent_id"] }
        })
    };
    let clean = schema(&Server::with(FROZEN));
    let server = server(&rule("nullType"));
    let told = schema(&server);
    assert_eq!(told["properties"]["agent_id"]["type"], Value::Null);
    assert_eq!(told["required"], clean["required"]);
    deposit(&server, "alice", "1.00").expect(200);
    server
        .put("/__admin/faults/r1", &rule("renamedParameter"))
        .expect(200);
    let told = schema(&server);
    assert_eq!(told["properties"].get("agent_id"), None);
    assert_eq!(
        told["properties"]["agentId"],
        clean["properties"]["agent_id"]
    );
    assert_eq!(told["required"][0], "agentId");
    assert_eq!(events(&server).len(), 2);
}

#[test]
fn while_a_machine_is_in_a_state() {
    let rule = json!({
        "mode": "wrong_status", "tools": ["get_escrow"],
        "when": { "machine": { "name": "escrow", "state": "released" } },
    });
    let server = server(&rule);
    fund(&server, "bob", "1.00");
    let escrow = json!({ "payer": "alice", "payee": "bob", "amount": "5.00", "currency": "USD" });
    let made = server.tool("create_escrow", &escrow).expect(200);
    let id = json!({ "escrow_id": made["escrow_id"] });
    server.tool("get_escrow", &id).expect(200);
    let release = json!({ "escrow_id": made["escrow_id"], "agent_id": "alice" });
    server.tool("release_escrow", &release).expect(200);
    assert_eq!(server.tool("get_escrow", &id).status / 100, 5);
}

#[test]
fn what_is_told_is_wrong() {
    let rule = json!({
        "mode": "renamed_field", "surface": "webhooks", "tools": ["create_escrow"],
        "with": { "rename": { "escrow_id": "escrowId" } },
    });
    let server = server(&rule);
    fund(&server, "bob", "1.00");
    let receiver = crate::receiver::Receiver::start();
    let hook = json!({ "agent_id": "bob", "url": receiver.url, "event_types": ["escrow.*"] });
    server.tool("register_webhook", &hook).expect(200);
    let escrow = json!({ "payer": "alice", "payee": "bob", "amount": "5.00", "currency": "USD" });
    let made = server.tool("create_escrow", &escrow).expect(200);
    let told = receiver.next().text();
    let id = made["escrow_id"].as_str().expect("an id");
    assert!(told.contains(&format!("\"escrowId\":\"{id}\"")), "{told}");
    assert!(!told.contains("escrow_id"), "{told}");
    assert_eq!(logged(&server)["detail"]["events"], 1);
}

#[test]
fn a_stub_that_failed_has_done_nothing() {
    let receiver = crate::receiver::Receiver::start();
    let stub = |required: &str, next: &str, body: &str| {
        json!({
            "name": body, "request": { "url": "/next" }, "response": { "body": body },
            "scenarioName": "story", "requiredScenarioState": required, "newScenarioState": next,
            "serveEventListeners": [{ "name": "webhook", "parameters": {
                "method": "POST", "url": receiver.url, "body": body,
            } }],
        })
    };
    let server = Server::with(FROZEN);
    for stub in [stub("Started", "Two", "one"), stub("Two", "Started", "two")] {
        server.post("/__admin/mappings", &stub).expect(201);
    }
    let rule =
        json!({ "mode": "wrong_status", "stubs": ["one"], "times": 1, "with": { "status": 503 } });
    server.post("/__admin/faults", &rule).expect(201);
    assert_eq!(server.get("/next").status, 503);
    assert_eq!(deliveries(&server), [] as [Value; 0]);
    for expected in ["one", "two"] {
        assert_eq!(server.get("/next").text, expected);
        assert_eq!(receiver.next().text(), expected);
    }
}

#[test]
fn faults_of_what_endpoints_are_told_leave_reads_reads() {
    let server = server(&json!({ "mode": "stale_read", "tools": ["get_balance"], "times": 1 }));
    let rule = json!({ "mode": "out_of_order" });
    server.post("/__admin/faults", &rule).expect(201);
    deposit(&server, "alice", "5.00").expect(200);
    assert_eq!(balance(&server, "alice"), "100.00");
}

#[test]
fn of_what_is_not_done_nothing_else_has_gone_wrong() {
    let fired = |server: &Server, id: &str| {
        server.get(&format!("/__admin/faults/{id}")).expect(200)["fired"].clone()
    };
    let lost = |tool: &str| json!({ "mode": "wrong_status", "tools": [tool], "times": 1 });
    // What an endpoint would have been told.
    let server = server(&lost("create_escrow"));
    let hook = json!({
        "agent_id": "alice", "url": "http://127.0.0.1:9/", "event_types": ["escrow.created"]
    });
    server.tool("register_webhook", &hook).expect(200);
    let twice = json!({
        "id": "twice", "mode": "duplicate_delivery", "tools": ["create_escrow"], "surface": "webhooks"
    });
    server.post("/__admin/faults", &twice).expect(201);
    let escrow = json!({ "payer": "alice", "payee": "bob", "amount": "5.00" });
    assert!(server.tool("create_escrow", &escrow).status >= 500);
    assert_eq!(
        (deliveries(&server).len(), fired(&server, "twice")),
        (0, json!(0))
    );
    assert_eq!(events(&server).len(), 1);
    server.tool("create_escrow", &escrow).expect(200);
    assert_eq!(
        (deliveries(&server).len(), fired(&server, "twice")),
        (2, json!(1))
    );
    // Items of a batch.
    let server = Server::with(FROZEN);
    server
        .post("/__admin/faults", &lost("create_contacts"))
        .expect(201);
    let items = json!({
        "id": "items", "mode": "wrong_status", "tools": ["create_contacts"], "surface": "items"
    });
    server.post("/__admin/faults", &items).expect(201);
    let batch = json!({ "items": [{ "email": "ada@example.com", "name": "Ada" }] });
    assert!(server.post("/crm/v1/contacts/batch", &batch).status >= 500);
    assert_eq!(fired(&server, "items"), 0);
    assert_eq!(logged(&server)["event"], events(&server)[0]["number"]);
}

#[test]
fn a_call_whose_reply_is_kept_back_is_under_way_until_then() {
    const PAY: &str = "/gallery/idempotency/stripe/payments";
    let body = json!({ "amount": "5.00" }).to_string();
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", "k"),
    ];
    for (mode, with) in [
        ("latency", json!({ "milliseconds": 1500 })),
        (
            "timeout",
            json!({ "milliseconds": 1500, "committed": true }),
        ),
        (
            "lost_reply",
            json!({ "as": "timeout", "milliseconds": 1500 }),
        ),
    ] {
        let server = Server::with(FROZEN);
        let rule = json!({ "mode": mode, "tools": ["pay_stripe"], "times": 1, "with": with });
        server.post("/__admin/faults", &rule).expect(201);
        let pay = || server.request("POST", PAY, &headers, Some(&body)).status;
        let seconds = Duration::from_secs(20);
        let request = format!(
            "POST {PAY} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\nidempotency-key: k\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        std::thread::scope(|scope| {
            let first = scope.spawn(|| server.raw(request.as_bytes(), seconds));
            while events(&server).is_empty() {
                std::thread::yield_now();
            }
            assert_eq!(pay(), 409, "{mode}: the first is under way");
            first.join().expect("an end");
        });
        assert_eq!(pay(), 201, "{mode}: it is done, and told again");
    }
}
