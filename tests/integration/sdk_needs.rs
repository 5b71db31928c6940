//! What the vendors' SDKs need of the server, without the SDKs: forms, paths below a mount, limits of
//! stubs. `tests/sdk.rs` has the SDKs themselves.

use serde_json::json;

use crate::support::Server;

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const TOKEN: (&str, &str) = ("Authorization", "Bearer xoxb-sparring");

/// A server with one pack.
fn serving(pack: &str) -> Server {
    Server::with(&["--stubs", pack, "--clock", "frozen@2026-01-01T00:00:00Z"])
}

#[test]
fn a_body_may_be_a_form() {
    let server = serving("stubs/slack");
    let list = |kind: (&str, &str), body: &str| {
        let answer = server.request("POST", "/slack/api/users.list", &[kind, TOKEN], Some(body));
        serde_json::from_str::<serde_json::Value>(&answer.text).expect("JSON")
    };
    let first = list(FORM, "limit=20");
    assert_eq!(first["members"].as_array().map(Vec::len), Some(20));
    let cursor = first["response_metadata"]["next_cursor"].as_str();
    let cursor = cursor.expect("a cursor");
    let second = list(FORM, &format!("cursor={cursor}&limit=20"));
    assert!(second["members"][0]["id"].as_str() > first["members"][19]["id"].as_str());
    // A client that calls its JSON a form is understood, as curl does with -d.
    let again = list(FORM, &json!({ "cursor": cursor, "limit": 20 }).to_string());
    assert_eq!(again["members"], second["members"]);
    // The path's and the query's members go before those of a form.
    let path = "/slack/api/users.list?limit=1";
    let answer = server.request("POST", path, &[FORM, TOKEN], Some("limit=2"));
    assert_eq!(
        answer.expect(200)["members"].as_array().map(Vec::len),
        Some(1)
    );
    // What is no form and no JSON is refused.
    let refused = list(("Content-Type", "text/plain"), "limit=2");
    assert_eq!(refused["error"], "invalid_json", "{refused}");
}

#[test]
fn a_list_tells_its_path_below_the_mount() {
    let server = serving("stubs/stripe");
    let made = server.send("POST", "/__admin/sandboxes", Some(&json!({ "id": "a" })));
    assert_eq!(made.status, 201, "{}", made.text);
    for base in ["/stripe", "/s/a/stripe"] {
        let page = server.get(&format!("{base}/v1/customers?limit=3"));
        assert_eq!(page.expect(200)["url"], "/v1/customers", "{base}");
    }
}

#[test]
fn a_limit_that_only_a_stub_has_can_be_set() {
    let server = serving("tests/packs/slices/dynamodb");
    let scan = || {
        let target = ("X-Amz-Target", "DynamoDB_20120810.Scan");
        let body = r#"{"TableName":"users","Limit":1}"#;
        server.request("POST", "/dynamodb/", &[target], Some(body))
    };
    scan().expect(200);
    let limits = server.get("/__admin/limits").expect(200);
    let limits = limits["limits"].as_array().expect("limits");
    let aws = limits.iter().find(|limit| limit["limit"] == "dynamodb.aws");
    let aws = aws.expect("the limit of the stub");
    assert_eq!(aws["counters"][0]["used"], 1);
    let left = json!({ "limit": "aws", "remaining": 1 });
    server
        .send("PUT", "/__admin/limits", Some(&left))
        .expect(200);
    scan().expect(200);
    let refused = scan();
    assert_eq!(refused.status, 400);
    assert!(
        refused.text.contains("ThrottlingException"),
        "{}",
        refused.text
    );
}
