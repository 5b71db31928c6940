//! An input that does not fit: what a pack can say of it, by what is wrong.

use serde_json::{Value, json};

use crate::check_command::{check, mistake};
use crate::support::{Answer, Server};

fn serve() -> Server {
    Server::with(&["--stubs", "tests/packs/members"])
}

fn charge(server: &Server, input: &Value) -> Answer {
    server.post("/charges", input)
}

#[test]
fn each_kind_of_mistake_is_said_in_its_own_way() {
    let server = serve();
    let check = |input: &Value, status: u16, bad: &str, body: &Value| {
        let answer = charge(&server, input);
        assert_eq!(&answer.expect(status), body, "{input}");
        assert_eq!(answer.header("x-bad"), Some(bad), "{input}");
    };
    // What a case does not say of itself, `invalid_input` says: here the status and the title.
    check(
        &json!({}),
        400,
        "yes",
        &json!({ "code": "parameter_missing", "title": "Bad", "message": "Missing required param: amount." }),
    );
    check(
        &json!({ "amount": 50, "items": [{ "price": "abc" }, {}] }),
        400,
        "yes",
        &json!({ "code": "parameter_missing", "title": "Bad", "message": "Missing required param: items[1][price]." }),
    );
    check(
        &json!({ "amount": 50, "one": 1, "two": 2 }),
        400,
        "unknown",
        &json!({ "code": "parameter_unknown", "unknown": 2, "message": "Received unknown parameter: one" }),
    );
    check(
        &json!({ "amount": true }),
        422,
        "yes",
        &json!({ "code": "wrong", "value": true, "message": "Invalid integer: true (boolean)" }),
    );
    check(
        &json!({ "amount": 49 }),
        400,
        "yes",
        &json!({ "title": "Range", "message": "This value must be greater than or equal to 50.", "param": "amount" }),
    );
    check(
        &json!({ "amount": 50, "items": [{ "price": "a" }] }),
        400,
        "yes",
        &json!({ "title": "Range", "message": "This value must be greater than or equal to 3.", "param": "items[0][price]" }),
    );
}

#[test]
fn a_cause_that_the_pack_does_not_declare_is_invalid_input() {
    let server = serve();
    let answer = charge(&server, &json!({ "amount": 50, "mode": "lvie" }));
    let error = &answer.expect(400)["error"];
    assert_eq!(error["code"], "invalid_input");
    assert_eq!(error["param"], "mode");
    let message = "mode: \"lvie\" is not one of \"live\", \"test\"; did you mean \"live\"?";
    assert_eq!(error["message"], message);
    assert_eq!(answer.header("x-kind"), Some("enum"));
    charge(&server, &json!({ "amount": 50, "mode": "test" })).expect(200);
}

#[test]
fn a_tool_refuses_in_words_of_its_own() {
    let server = serve();
    let refund = |input: Value| server.post("/refunds", &input);
    // The status is the pack's, where the tool says none.
    let typed = refund(json!({ "charge": "c", "items": [1, "x"] })).expect(422);
    assert_eq!(typed, json!({ "place": "items[1]", "instead": "\"x\"" }));
    // A case of `invalid_input` that the tool alone declares.
    let mode = refund(json!({ "charge": "c", "mode": "b", "items": ["x"] }));
    let all = ["[ERROR] mode: enum", "[ERROR] items[0]: type"];
    // Names of the shape and of the cause; one that fails is left out.
    let body = json!({ "none": "mode", "all": all, "first": all[0] });
    assert_eq!(mode.expect(409), body);
    assert_eq!(mode.header("x-bad"), Some("yes"));
    let gone = refund(json!({ "charge": "gone" })).expect(404);
    assert_eq!(gone, json!({ "gone": "gone" }));
    let missing = refund(json!({})).expect(400);
    assert_eq!(missing["code"], "parameter_missing");
    let other = charge(&server, &json!({ "amount": 50, "mode": "b" })).expect(400);
    assert_eq!(other["error"]["code"], "invalid_input");
}

#[test]
fn mistakes_of_a_tools_refusals_are_told() {
    check(
        "tool_refusals",
        &[
            mistake("pack.yaml:9:9", "unknown cause `wrong_typ`", "`wrong_type`"),
            mistake("pack.yaml:10:29", "unknown name `erors`", "`errors`"),
            mistake("pack.yaml:11:36", "unknown variable `mesage`", "`message`"),
        ],
    );
}
