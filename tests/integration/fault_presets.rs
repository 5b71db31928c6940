//! Fault plans that ship, and plans of one's own: loaded over the admin API, and at the start.

use serde_json::{Value, json};

use crate::launch::{Folder, run};
use crate::support::Server;

const PRESETS: &str = "/__admin/faults/presets";

fn ids(rules: &Value) -> Vec<String> {
    let rules = rules["faults"].as_array().expect("rules").iter();
    rules
        .map(|rule| rule["id"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn every_preset_loads_and_says_what_it_does() {
    let server = Server::start();
    let listed = server.get(PRESETS).expect(200);
    let presets = listed["presets"].as_array().expect("presets");
    assert_eq!(presets.len(), 11);
    for preset in presets {
        let name = preset["name"].as_str().expect("a name");
        assert!(
            preset["description"]
                .as_str()
                .is_some_and(|text| text.contains("good")),
            "{preset}"
        );
        let made = server
            .post(&format!("{PRESETS}/{name}"), &json!({}))
            .expect(201);
        assert_eq!(made["total"], preset["rules"], "{made}");
        assert_eq!(ids(&made), [name], "{made}");
        // All tools that the plans name are served, and fit.
        assert!(!made.to_string().contains("warnings"), "{made}");
    }
    // Once more is the same again.
    server
        .post(&format!("{PRESETS}/flaky-30"), &json!({}))
        .expect(201);
    assert_eq!(server.get("/__admin/faults").expect(200)["total"], 11);
    let unknown = server
        .post(&format!("{PRESETS}/flaky-40"), &json!({}))
        .expect(404);
    assert!(
        unknown["detail"]
            .as_str()
            .is_some_and(|text| text.contains("did you mean flaky-30?")),
        "{unknown}"
    );
}

#[test]
fn a_preset_whose_tools_nobody_serves_does_what_it_does_elsewhere() {
    let server = Server::with(&["--stubs", "stubs/crm", "--faults", "lost-confirmation"]);
    let listed = server.get("/__admin/faults").expect(200);
    let rule = &listed["faults"][0];
    assert_eq!(rule["id"], "lost-confirmation");
    assert!(rule["tools"].is_null(), "{rule}");
    assert!(
        rule["warnings"][0]
            .as_str()
            .is_some_and(|text| text.contains("none of the tools")),
        "{rule}"
    );
}

#[test]
fn plans_of_the_start_are_in_every_sandbox_and_come_back() {
    let folder = Folder::new("plans");
    folder.write(
        "mine.yaml",
        "faults:\n  - mode: latency\n    tools: [get_balance]\n  - id: own\n    mode: garbage\n",
    );
    let file = folder.path.join("mine.yaml").display().to_string();
    let server = Server::with(&["--faults", "flaky-30", &file]);
    for sandbox in ["", "/s/other"] {
        let path = format!("{sandbox}/__admin/faults");
        let expected = ["flaky-30", "mine.1", "own"];
        assert_eq!(ids(&server.get(&path).expect(200)), expected);
        server.delete(&path).expect(200);
        server
            .post(&format!("{sandbox}/__admin/reset"), &json!({}))
            .expect(200);
        assert_eq!(ids(&server.get(&path).expect(200)), expected);
    }
}

/// What the server says that does not start with this plan.
#[track_caller]
fn refused(arguments: &[&str], words: &[&str]) {
    let said = run(
        &[&["serve", "--listen", "127.0.0.1:0"], arguments].concat(),
        &[],
    );
    assert!(!said.status.success(), "{arguments:?}");
    for word in words {
        assert!(
            said.stderr.contains(word),
            "{arguments:?} lacks {word:?}: {}",
            said.stderr
        );
    }
}

#[test]
fn a_plan_that_is_none_is_refused_at_the_start() {
    let folder = Folder::new("no-plans");
    let file = |name: &str, text: &str| {
        folder.write(name, text);
        folder.path.join(name).display().to_string()
    };
    refused(
        &["--faults", "flaky30"],
        &["no fault plan \"flaky30\"", "did you mean flaky-30?"],
    );
    refused(
        &["--faults", "nothing-like-it"],
        &["expected a file, or one of ", "webhook-double-delivery"],
    );
    refused(&["--faults", "./none.yaml"], &["./none.yaml"]);
    refused(
        &["--faults", &file("empty.yaml", "")],
        &["empty.yaml", "no fault plan"],
    );
    let mistake = file("bad.yaml", "faults:\n  - mode: latncy\n");
    refused(
        &["--faults", &mistake],
        &["bad.yaml:2:11", "did you mean `latency`"],
    );
    let mistake = file(
        "tool.yaml",
        "faults:\n  - mode: latency\n    tools: [get_balnce]\n",
    );
    refused(
        &["--faults", &mistake],
        &["tool.yaml:3:13", "unknown tool `get_balnce`", "get_balance"],
    );
    let twice = file(
        "twice.yaml",
        "faults:\n  - { id: a, mode: latency }\n  - { id: a, mode: garbage }\n",
    );
    refused(&["--faults", &twice], &["`a` is declared twice"]);
}

/// A server with one preset, at a frozen clock.
fn with(preset: &str) -> Server {
    Server::with(&["--clock", "frozen@2026-01-01T00:00:00Z", "--faults", preset])
}

fn escrow(server: &Server) -> Value {
    let input = json!({"payer": "alice", "payee": "bob", "amount": "25.00"});
    server.tool("create_escrow", &input).expect(200)["escrow_id"].clone()
}

fn available(server: &Server) -> String {
    let wallet = server.get("/__admin/wallets/alice").expect(200);
    wallet.to_string()
}

/// Whether a call gets no whole answer.
fn breaks(server: &Server, path: &str, body: &Value) -> bool {
    let body = body.to_string();
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    server
        .raw(request.as_bytes(), std::time::Duration::from_secs(5))
        .is_empty()
}

#[test]
fn agent_dies_mid_escrow_leaves_the_escrow_pending() {
    let server = with("agent-dies-mid-escrow");
    let id = escrow(&server);
    let input = json!({"escrow_id": id, "agent_id": "alice"});
    assert!(breaks(&server, "/v1/release_escrow", &input));
    assert!(breaks(&server, "/v1/cancel_escrow", &input));
    let now = server
        .tool("get_escrow", &json!({"escrow_id": id, "agent_id": "alice"}))
        .expect(200);
    assert_eq!(now["status"], "pending");
    server.delete("/__admin/faults").expect(200);
    server.tool("release_escrow", &input).expect(200);
}

#[test]
fn schema_drift_renames_the_status_and_says_so() {
    let server = with("schema-drift-between-versions");
    let id = escrow(&server);
    let now = server
        .tool("get_escrow", &json!({"escrow_id": id, "agent_id": "alice"}))
        .expect(200);
    assert_eq!(
        (&now["state"], &now["status"]),
        (&json!("pending"), &Value::Null)
    );
    assert_eq!(
        (&now["api_version"], &now["deprecated_fields"]),
        (&json!("2.0"), &json!(["status"]))
    );
}

#[test]
fn a_rate_limit_comes_after_three_and_goes_after_three() {
    let server = with("rate-limit-mid-sequence");
    let call = || server.tool("get_balance", &json!({"agent_id": "alice"}));
    let seen: Vec<(u16, bool)> = (0..8)
        .map(|_| call())
        .map(|it| (it.status, it.header("retry-after") == Some("1")))
        .collect();
    let (well, limited) = ((200, false), (429, true));
    assert_eq!(
        seen,
        [well, well, well, limited, limited, limited, well, well]
    );
}

#[test]
fn the_token_of_the_second_page_has_expired_once() {
    let server = with("expired-token-on-page-2");
    let page = |cursor: Option<&str>| {
        let mut path = "/crm/v1/contacts".to_owned();
        if let Some(cursor) = cursor {
            path.push_str(&format!("?after={cursor}"));
        }
        server.get(&path)
    };
    let first = page(None).expect(200);
    let cursor = first["paging"]["next"]["after"].as_str().map(str::to_owned);
    let cursor = cursor.expect("a cursor");
    let second = page(Some(&cursor));
    assert!((400..500).contains(&second.status), "{}", second.text);
    page(Some(&cursor)).expect(200);
}

#[test]
fn every_third_item_of_a_batch_fails() {
    let server = Server::with(&["--stubs", "tests/packs/batch", "--faults", "partial-batch"]);
    let items: Vec<Value> = (1..=7).map(|n| json!({"email": format!("n{n}")})).collect();
    let answer = server.post("/multi-status", &json!({"items": items}));
    let failed = server.get("/__admin/faults/events").expect(200);
    let items: Vec<&Value> = failed["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| &event["detail"]["item"])
        .collect();
    assert_eq!(items, [3, 6], "{} {failed}", answer.text);
}

#[test]
fn about_three_of_ten_fail_and_always_the_same_ones() {
    let run = || {
        let server = with("flaky-30");
        (0..100)
            .map(|_| server.tool("get_balance", &json!({"agent_id": "a"})).status)
            .collect::<Vec<u16>>()
    };
    let seen = run();
    let failed = seen.iter().filter(|status| **status != 200).count();
    assert!((20..=40).contains(&failed), "{seen:?}");
    for status in [500, 502, 503, 504] {
        assert!(seen.contains(&status), "{seen:?}");
    }
    assert_eq!(seen, run());
}

#[test]
fn an_outage_ends_with_its_time() {
    let server = with("provider-outage");
    let call = || server.tool("get_balance", &json!({"agent_id": "a"})).status;
    let advance = |by: &str| {
        server
            .post("/__admin/clock/advance", &json!({"by": by}))
            .expect(200)
    };
    let begun = call();
    advance("PT4M59S");
    let still = call();
    advance("PT1S");
    assert_eq!((begun, still, call()), (503, 503, 200));
}

#[test]
fn a_confirmation_is_lost_and_the_payment_made() {
    let server = with("lost-confirmation");
    let input = json!({"payer": "alice", "payee": "bob", "amount": "25.00"});
    assert!(breaks(&server, "/v1/create_escrow", &input));
    let listed = server
        .tool("list_escrows", &json!({"agent_id": "alice"}))
        .expect(200);
    assert_eq!(
        listed["escrows"].as_array().map(Vec::len),
        Some(1),
        "{listed}"
    );
    assert!(
        available(&server).contains("475.00"),
        "{}",
        available(&server)
    );
    escrow(&server);
}

#[test]
fn a_balance_is_that_before_the_previous_call() {
    let server = with("stale-balance");
    let balance = || {
        server
            .tool("get_balance", &json!({"agent_id": "alice"}))
            .expect(200)["balance"]
            .clone()
    };
    balance();
    server
        .tool("deposit", &json!({"agent_id": "alice", "amount": "1.00"}))
        .expect(200);
    let (stale, fresh) = (balance(), balance());
    assert_eq!((stale, fresh), (json!("500.00"), json!("501.00")));
}

#[test]
fn half_of_the_payments_are_late() {
    let server = with("latency-spike-during-payment");
    // Nobody waits for five seconds here: what was drawn is in the log.
    let path = "/__admin/faults/latency-spike-during-payment";
    let mut rule = server.get(path).expect(200);
    rule["with"]["milliseconds"] = json!(1);
    let rule = json!({"mode": rule["mode"], "tools": rule["tools"], "when": rule["when"], "with": rule["with"]});
    server.put(path, &rule).expect(200);
    for _ in 0..40 {
        server
            .tool("deposit", &json!({"agent_id": "a", "amount": "1.00"}))
            .expect(200);
        server
            .tool("get_balance", &json!({"agent_id": "a"}))
            .expect(200);
    }
    let fired = server.get(path).expect(200)["fired"].as_u64().unwrap_or(0);
    assert!((10..=30).contains(&fired), "{fired}");
}
