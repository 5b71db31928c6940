//! Steps for each of several records: what they see, what they leave, and how they are bounded.

use serde_json::{Value, json};

use crate::desk::each;
use crate::launch::{Folder, run};
use crate::support::Server;

const PACK: &str = "tests/packs/rounds";

fn serve() -> Server {
    Server::with(&["--stubs", PACK, "--clock", "frozen@2026-01-01T00:00:00Z"])
}

fn call(server: &Server, tool: &str, input: &Value) -> Value {
    server.post(&format!("/rounds/{tool}"), input).expect(200)
}

fn records(server: &Server, collection: &str) -> Value {
    let path = format!("/__admin/collections/{collection}");
    server.get(&path).expect(200)["records"].clone()
}

#[test]
fn afterwards_record_and_names_are_what_they_were() {
    let server = serve();
    let counted = call(&server, "count", &json!({ "box": "red" }));
    // The record at hand is the box again, with what the rounds have made of it.
    assert_eq!(counted["box"], json!({ "id": "red", "things": 3 }));
    assert_eq!(counted["mark"], "outside");
    let things = records(&server, "things");
    assert_eq!(
        each(&things, "mark"),
        ["marked one", "marked two", "marked three", "null"]
    );
    assert_eq!(each(&records(&server, "boxes"), "things"), ["3", "0"]);
}

#[test]
fn nothing_to_go_over_is_no_mistake() {
    let server = serve();
    server.delete("/__admin/collections/things").expect(200);
    let counted = call(&server, "count", &json!({ "box": "red" }));
    assert_eq!(counted["box"]["things"], 0);
}

#[test]
fn a_record_that_is_gone_before_its_turn_is_passed_over() {
    let server = serve();
    let left = call(&server, "drop_followers", &json!({}));
    // `one` drops `two`, which therefore does not drop `three`.
    assert_eq!(each(&left["left"], "id"), ["one", "three", "four"]);
}

#[test]
fn rounds_nest() {
    let server = serve();
    let counted = call(&server, "count_in_all", &json!({}));
    assert_eq!(each(&counted["boxes"], "id"), ["red", "blue"]);
    assert_eq!(each(&counted["boxes"], "things"), ["3", "1"]);
}

#[test]
fn a_refusal_in_the_middle_undoes_the_rounds_before() {
    let server = serve();
    let before = records(&server, "things");
    let refused = server.post("/rounds/stop", &json!({})).expect(409);
    assert_eq!(refused["detail"], "stopped at three");
    assert_eq!(records(&server, "things"), before);
}

#[test]
fn a_call_goes_over_so_many_records_and_no_more() {
    let server = serve();
    let many: Vec<Value> = (0..96)
        .map(|at| json!({ "id": format!("t{at}"), "box": "blue" }))
        .collect();
    server
        .post("/__admin/collections/things", &Value::Array(many))
        .expect(201);
    // 100 turns, and in each of them 100 more.
    let refused = server.post("/rounds/square", &json!({})).expect(500);
    let detail = refused["detail"].as_str().expect("a text");
    assert!(detail.contains("10000 rounds"), "{detail}");
    assert_eq!(each(&records(&server, "boxes"), "things"), ["0", "0"]);

    server.delete("/__admin/collections/things/t0").expect(200);
    let answer = server.post("/rounds/square", &json!({}));
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(each(&records(&server, "boxes"), "things"), ["1", "0"]);
}

/// The pack with one text replaced is refused, with a mistake of this kind in this line.
#[track_caller]
fn check_mistake(name: &str, from: &str, to: &str, expected: &str, marked: &str) {
    let folder = Folder::copied(&format!("each-{name}"), PACK);
    folder.edit("pack.yaml", from, to);
    let said = run(&["check", folder.argument()], &[]);
    assert!(!said.status.success(), "{name}: {}", said.stdout);
    assert!(said.stderr.contains(expected), "{name}: {}", said.stderr);
    assert!(said.stderr.contains(marked), "{name}: {}", said.stderr);
    assert!(
        said.stderr.contains("\n1 mistake\n"),
        "{name}: {}",
        said.stderr
    );
}

#[test]
fn mistakes_in_a_round_are_found_when_it_is_loaded() {
    check_mistake(
        "collection",
        "in: things\n          where",
        "in: thing\n          where",
        "unknown collection `thing`",
        "did you mean `things`",
    );
    check_mistake(
        "where",
        "where: record.box == input.box",
        "where: recrod.box == input.box",
        "recrod",
        "where: recrod.box",
    );
    check_mistake(
        "name",
        "let: { left: { list: things } }",
        "let: { left: \"next\" }",
        "next",
        "left: \"next\"",
    );
    check_mistake(
        "leak",
        "let: { boxes: { list: boxes } }",
        "let: { boxes: box.id }",
        "box",
        "boxes: box.id",
    );
    check_mistake(
        "key",
        "in: things\n          where: record.box == input.box",
        "in: things\n          only: record.box == input.box",
        "only",
        "only: record.box",
    );
    check_mistake(
        "verb",
        "update: { set: { mark: touched } }",
        "void: { hold: deposit }",
        "the pack has no ledger",
        "void: { hold",
    );
}

#[test]
fn values_are_gone_over_in_an_order_and_leave_lists() {
    let server = serve();
    let entry = |name: &str, price: i64| json!({ "name": name, "price": price });
    let entries = json!([
        entry("x", 1),
        entry("free", 0),
        entry("y", 3),
        entry("z", 2)
    ]);
    let packed = call(&server, "pack_boxes", &json!({ "entries": entries }));
    assert_eq!(packed["made"], json!(["y-0", "z-1", "x-2"]));
    assert_eq!(packed["places"][1], json!({ "at": 1, "label": "z-1" }));
    let more = json!({ "entries": [entry("v", 5), entry("w", 6)], "most": 1 });
    let packed = call(&server, "pack_boxes", &more);
    assert_eq!(packed["made"], json!(["w-0"]));
    let boxes = records(&server, "boxes");
    assert_eq!(
        each(&boxes, "id"),
        ["red", "blue", "y-0", "z-1", "x-2", "w-0"]
    );
    // No list, no rounds; and what is no list is no list.
    let packed = call(&server, "pack_boxes", &json!({}));
    assert_eq!(packed["made"], json!([]));
    let map = json!({ "entries": { "a": 1 } });
    server.post("/rounds/perhaps", &map).expect(500);
}

#[test]
fn a_round_over_values_leaves_the_record_at_hand_as_it_made_it() {
    let server = serve();
    let sums = call(&server, "add_up", &json!({ "numbers": [1, 2, 3] }));
    assert_eq!(sums["sums"], json!([1, 3, 6]));
    assert_eq!(sums["box"]["things"], json!(6));
    let dropped = server.post("/rounds/drop_box", &json!({})).expect(500);
    let detail = dropped["detail"].as_str().expect("a text");
    assert!(detail.contains("no step has found"), "{detail}");
}

#[test]
fn rounds_over_values_nest_and_collect_lists_of_lists() {
    let server = serve();
    let paired = call(&server, "pairs", &json!({}));
    assert_eq!(paired["all"], json!([["bluea", "blueb"]]));
    assert_eq!(call(&server, "perhaps", &json!({}))["names"], json!([]));
}

#[test]
fn a_call_collects_so_much_and_no_more() {
    let server = serve();
    let entries: Vec<u32> = (0..1_001).collect();
    let refused = server.post("/rounds/copy_much", &json!({ "entries": entries }));
    let refused = refused.expect(500);
    let detail = refused["detail"].as_str().expect("a text");
    assert!(detail.contains("1000000 values"), "{detail}");
    let entries: Vec<u32> = (0..10_001).collect();
    let refused = server.post("/rounds/perhaps", &json!({ "entries": entries }));
    let refused = refused.expect(500);
    let detail = refused["detail"].as_str().expect("a text");
    assert!(detail.contains("10000 rounds"), "{detail}");
}
