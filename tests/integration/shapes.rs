//! What is shown of records: facts of the rows of a list, and documents that get a name.

use serde_json::{Value, json};

use crate::check_command::{check, mistake};
use crate::support::Server;

fn serve() -> Server {
    Server::with(&["--stubs", "tests/packs/shapes"])
}

#[test]
fn rows_show_what_is_made_of_their_records() {
    let server = serve();
    let label =
        |name: &str| json!({ "name": name, "url": format!("https://x.test/api/labels/{name}") });
    let rows = json!([
        {
            "id": "one",
            "labels": [label("bug"), label("urgent")],
            "count": 2,
            "owner": { "id": "ann", "name": "Ann" },
            "url": "https://x.test/api/issues/one",
        },
        // What names nothing is left out, and so is what fails on a record: no row has that of another.
        { "id": "two", "labels": [], "count": 0, "url": "https://x.test/api/issues/two" },
        { "id": "three", "owner": { "id": "ann", "name": "Ann" }, "url": "https://x.test/api/issues/three" },
    ]);
    let page = server.post("/issues", &json!({})).expect(200);
    assert_eq!(page, json!({ "items": rows }));
}

#[test]
fn documents_have_the_members_that_name_something() {
    let server = serve();
    let show = |input: &Value| server.post("/show", input).expect(200);
    let bare = json!({
        "plain": { "id": "one", "owner": "ann", "kept": { "b": 1, "n": null } },
        "whole": { "id": "one", "labels": ["bug", "urgent"], "owner": "ann", "of": "one" },
        "alone": {},
        "list": ["one!"],
    });
    assert_eq!(show(&json!({ "id": "one" })), bare);
    let given =
        json!({ "id": "two", "note": 5, "a": [1], "labels": null, "over": { "x": 1, "y": 2 } });
    let full = json!({
        "plain": { "id": "two", "note": 5, "kept": { "a": [1], "b": 1, "n": null } },
        "whole": { "id": "two", "labels": null, "by": "bea", "note": 5, "of": "two" },
        "alone": { "x": 5, "y": 2 },
        "list": [5, "two!"],
    });
    assert_eq!(show(&given), full);
    let refused = server
        .post("/show", &json!({ "id": "one", "over": [] }))
        .expect(500);
    assert_eq!(refused["message"], "`input.over`: this gives no object");
}

#[test]
fn mistakes_of_facts_and_documents_are_told() {
    check(
        "shapes",
        &[
            mistake("pack.yaml:9:16", "unknown variable `recrod`", "`record`"),
            mistake("pack.yaml:10:17", "unknown variable `third`", "first"),
            mistake("pack.yaml:12:9", "`record` has a meaning", "another name"),
            mistake("pack.yaml:13:19", "unknown name `frist`", "`first`"),
            mistake("pack.yaml:16:28", "nothing shows `unseen`", "an `item`"),
            mistake("pack.yaml:20:36", "unknown name `inptu`", "`input`"),
            mistake("pack.yaml:21:31", "only an object", "expected an object"),
            mistake("pack.yaml:22:21", "laid over", "there is none"),
            mistake("pack.yaml:22:19", "looks for one thing", "document"),
            mistake("pack.yaml:23:19", "looks for one thing", "document"),
        ],
    );
}
