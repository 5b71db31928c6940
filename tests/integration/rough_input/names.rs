//! Names of tools that no tool could have.

use serde_json::json;

use super::{books, goes_on, server};

#[test]
fn a_tool_with_a_long_name_is_refused_in_few_words() {
    let server = server();
    let before = books(&server);
    for name in ["a", "create_escrow", "ä", "\u{1f600}"] {
        let name = name.repeat(8_000_000 / name.len());
        let call = json!({ "tool": name, "input": {} });
        let answer = server.post("/v1", &call);
        assert_eq!(answer.status, 404, "{:.1000}", answer.text);
        assert!(answer.text.len() < 2_000, "{} bytes", answer.text.len());
    }
    // What is merely misspelled is still recognised.
    let answer = server.post("/v1", &json!({ "tool": "create_escro", "input": {} }));
    assert!(answer.text.contains("create_escrow"), "{}", answer.text);
    goes_on(&server, "long names", &before);
}
