//! Refusals in a tool's own words.

use serde_json::{Value, json};

use crate::support::Server;

#[test]
fn a_tool_refuses_in_its_own_words() {
    let server = Server::with(&["--stubs", "tests/packs/refusals"]);
    let check = |path: &str, input: Value, status: u16, why: Option<&str>, body: Value| {
        let answer = server.post(path, &input);
        assert_eq!(answer.expect(status), body, "{path} {input}");
        assert_eq!(answer.header("x-why"), why, "{path} {input}");
    };
    let closed = json!({ "id": "shop" });
    let said = json!({ "error": "closed" });
    check("/plain", closed.clone(), 409, Some("closed"), said);
    // What the tool does not say is as the pack says it.
    let said = json!({ "closed": "shop" });
    check("/own", closed, 409, Some("shop"), said);
    let said = json!({ "error": "invalid_input" });
    check("/plain", json!({}), 400, None, said);
    // A cause that is a case of another is said as that.
    check("/own", json!({}), 400, None, json!({ "wrong": "id" }));
    let said = json!({ "wrong": "id" });
    check("/own", json!({ "id": 5 }), 418, None, said);
}
