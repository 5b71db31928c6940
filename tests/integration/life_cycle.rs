//! The main job: an escrow's whole life over the wire, and what the call log says of it.

use serde_json::json;

use crate::support::Server;

#[test]
fn an_escrow_is_made_released_and_explained() {
    let server = Server::start();
    let made = server
        .tool(
            "create_escrow",
            &json!({ "payer": "alice", "payee": "bob", "amount": "25.00", "currency": "USD" }),
        )
        .expect(200);
    assert_eq!(made["status"], "pending");
    let id = made["escrow_id"].as_str().expect("an id");
    let digits = id.strip_prefix("esc_").expect("its prefix");
    assert!(digits.len() == 12 && digits.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')));
    let balance = |agent: &str| {
        server
            .tool("get_balance", &json!({ "agent_id": agent }))
            .expect(200)["balance"]
            .clone()
    };
    assert_eq!(
        (balance("alice"), balance("bob")),
        (json!("475.00"), json!("500.00"))
    );
    let release = json!({ "escrow_id": id, "agent_id": "alice" });
    assert_eq!(
        server.tool("release_escrow", &release).expect(200)["status"],
        "released"
    );
    assert_eq!(
        (balance("alice"), balance("bob")),
        (json!("475.00"), json!("525.00"))
    );
    let refused = server.tool("release_escrow", &release).expect(409);
    assert_eq!(
        refused["title"],
        "Cannot release escrow in state 'released'"
    );
    let log = server.get("/__admin/calls?tool=release_escrow").expect(200);
    assert_eq!(log["total"], 2);
    let effects = log["calls"][0]["effects"].to_string();
    assert!(effects.contains("holdPosted"), "{effects}");
    let trace = log["calls"][1]["trace"].to_string();
    assert!(trace.contains("illegal_transition"), "{trace}");
    assert_eq!(server.get("/__admin/ledger/audit").expect(200)["ok"], true);
}
