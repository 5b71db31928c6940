//! Collections as resources: what each operation takes, does and answers.

use serde_json::{Value, json};

use crate::desk::each;
use crate::support::{Answer, Server};

/// A server with the todo list, the notes and the tickets.
pub(crate) fn server() -> Server {
    let clock = "frozen@2026-01-01T00:00:00Z";
    Server::with(&["--stubs", "tests/packs/resources", "--clock", clock])
}

impl Server {
    pub(crate) fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send("PATCH", path, Some(body))
    }
}

/// The members that a refusal names, with what it says of each.
fn errors(answer: &Answer) -> Vec<(String, String)> {
    let refusal = answer.expect(422);
    let errors = refusal["errors"].as_array().expect("errors");
    let text = |error: &Value, member: &str| error[member].as_str().unwrap_or_default().to_owned();
    errors
        .iter()
        .map(|error| (text(error, "field"), text(error, "message")))
        .collect()
}

#[track_caller]
fn refused(answer: &Answer, expected: &[(&str, &str)]) {
    let found = errors(answer);
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(field, message)| (field.as_str(), message.as_str()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_list_is_filtered_sorted_and_cut_to_fields() {
    let server = server();
    let list = |query: &str, ids: &[&str]| {
        let found = server.get(&format!("/todos?{query}")).expect(200);
        assert_eq!(each(&found["items"], "id"), ids, "{query}");
        assert_eq!(found["total"], ids.len(), "{query}");
    };
    list("", &["t1", "t2", "t3"]);
    list("done=false", &["t2", "t3"]);
    list("priority=3", &["t1"]);
    list("tags=home", &["t1", "t2"]);
    list("tags=home&done=false", &["t2"]);
    list("place.city=London", &["t3"]);
    list("done=true&priority=1", &[]);
    list("sort=created_at", &["t1", "t3", "t2"]);
    list("sort=-priority", &["t1", "t3", "t2"]);
    list("sort=-created_at&tags=home", &["t2", "t1"]);
    // What no filter is named after is no business of the list's, as on most real APIs.
    list("title=Wake+up", &["t1", "t2", "t3"]);

    let found = server.get("/todos?fields=id,%20title,nothing").expect(200);
    assert_eq!(found["items"][0], json!({ "id": "t1", "title": "Wake up" }));
    let all = server.get("/todos?fields=").expect(200);
    assert_eq!(all["items"][0]["priority"], 3);

    let unsorted = server.get("/todos?sort=craeted_at").expect(400);
    let said = "`sort` must be one of created_at, priority";
    assert_eq!(unsorted["detail"], said);
    let wrong = server.get("/todos?done=maybe");
    assert_eq!(errors(&wrong)[0].0, "done");
}

#[test]
fn a_list_comes_in_pages() {
    let server = server();
    // By numbers of rows, where the resource does not say.
    let first = server.get("/todos?limit=2&sort=-created_at").expect(200);
    assert_eq!(each(&first["items"], "id"), ["t2", "t3"]);
    assert_eq!(
        (&first["total"], &first["has_more"]),
        (&json!(3), &json!(true))
    );
    let path = "/todos?limit=2&sort=-created_at&offset=2";
    let second = server.get(path).expect(200);
    assert_eq!(each(&second["items"], "id"), ["t1"]);
    assert_eq!(second["has_more"], false);

    // As a profile does, with filters and fields all the same.
    for slug in ["a", "b", "c", "d"] {
        let pinned = slug != "b";
        let note = json!({ "slug": slug, "text": "x", "pinned": pinned });
        server.post("/notes", &note).expect(201);
    }
    let page = server
        .get("/notes?pinned=true&limit=2&only=slug")
        .expect(200);
    assert_eq!(page["data"], json!([{ "slug": "a" }, { "slug": "c" }]));
    assert_eq!(page["has_more"], true);
    let path = "/notes?pinned=true&limit=2&only=slug&starting_after=c";
    let page = server.get(path).expect(200);
    assert_eq!(page["data"], json!([{ "slug": "d" }]));
    assert_eq!(page["has_more"], false);
}

#[test]
fn a_record_is_got_whole_or_in_part() {
    let server = server();
    let whole = server.get("/todos/t3").expect(200);
    assert_eq!(whole["place"], json!({ "city": "London" }));
    let part = server.get("/todos/t3?fields=place,done").expect(200);
    assert_eq!(
        part,
        json!({ "done": false, "place": { "city": "London" } })
    );
    let none = server.get("/todos/t4").expect(404);
    assert_eq!(none["detail"], "there is no todo \"t4\"");
}

#[test]
fn what_is_created_is_found_where_the_reply_says() {
    let server = server();
    // A parameter of the query is no member of what is stored.
    let made = server.post("/todos?trace=1", &json!({ "title": "Sleep" }));
    let record = made.expect(201);
    let id = record["id"].as_str().expect("a key");
    assert_eq!(
        record,
        json!({ "id": id, "title": "Sleep", "done": false, "created_at": "2026-01-01T00:00:00Z" })
    );
    let location = made.header("location").expect("a location").to_owned();
    assert_eq!(location, format!("{}/todos/{id}", server.base));
    let path = location.strip_prefix(&server.base).expect("a path");
    assert_eq!(server.get(path).expect(200), record);

    let odd = json!({ "slug": "a b/c+ü", "text": "x" });
    let made = server.post("/notes", &odd);
    made.expect(201);
    let location = made.header("location").expect("a location").to_owned();
    assert!(
        location.ends_with("/notes/a%20b%2Fc%2B%C3%BC"),
        "{location}"
    );
    let path = location.strip_prefix(&server.base).expect("a path");
    assert_eq!(server.get(path).expect(200), odd);
    server.post("/notes", &odd).expect(409);
}

#[test]
fn a_sandbox_tells_its_own_address() {
    let server = server();
    server.get("/s/team/__admin/clock").expect(200);
    let made = server.post("/s/team/todos", &json!({ "title": "Sleep" }));
    let id = made.expect(201)["id"].as_str().expect("a key").to_owned();
    let expected = format!("{}/s/team/todos/{id}", server.base);
    assert_eq!(made.header("location"), Some(expected.as_str()));
}

#[test]
fn what_does_not_fit_is_refused_member_by_member() {
    let server = server();
    let wrong = json!({ "id": "mine", "title": "", "created_at": "2026-01-01T00:00:00Z" });
    refused(
        &server.post("/todos", &wrong),
        &[
            ("id", "cannot be given"),
            ("title", "\"\" is shorter than 1 character"),
            ("created_at", "cannot be given"),
        ],
    );
    let missing = [("title", "\"title\" is a required property")];
    refused(&server.post("/todos", &json!({})), &missing);
    refused(&server.put("/todos/t1", &json!({})), &missing);
    refused(
        &server.patch("/todos/t1", &json!({ "title": null, "updated_at": null })),
        &[
            ("title", "null is not of type \"string\""),
            ("updated_at", "cannot be given"),
        ],
    );
    refused(
        &server.patch("/todos/t1", &json!({ "place": { "city": null } })),
        &[("place.city", "null is not of type \"string\"")],
    );
    refused(
        &server.post("/notes", &json!({ "text": "x" })),
        &[("slug", "\"slug\" is a required property")],
    );
    let empty = server.post("/notes", &json!({ "slug": "", "text": "x" }));
    refused(&empty, &[("slug", "\"\" is shorter than 1 character")]);
    server.post("/todos", &json!([])).expect(422);
    let all = server.get("/todos").expect(200);
    assert_eq!(all["total"], 3, "nothing was made");
}

#[test]
fn a_patch_is_merged_and_a_put_replaces() {
    let server = server();
    let patch = json!({ "place": { "street": "Baker" }, "priority": null, "done": true });
    let patched = server.patch("/todos/t3", &patch).expect(200);
    assert_eq!(
        patched,
        json!({
            "id": "t3", "title": "Call Ada", "done": true,
            "place": { "city": "London", "street": "Baker" },
            "created_at": "2025-12-02T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        })
    );
    // The key is the path's, whatever the body says, and what the API has set stays.
    let put = server.put("/todos/t3", &json!({ "id": "t1", "title": "Call Bob" }));
    let put = put.expect(200);
    assert_eq!(
        put,
        json!({
            "id": "t3", "title": "Call Bob", "done": false,
            "created_at": "2025-12-02T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        })
    );
    assert_eq!(server.get("/todos/t3").expect(200), put);
    server
        .put("/todos/t9", &json!({ "title": "x" }))
        .expect(404);
    server.patch("/todos/t9", &json!({})).expect(404);
}

#[test]
fn what_is_deleted_is_gone() {
    let server = server();
    let gone = server.delete("/todos/t1");
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    server.get("/todos/t1").expect(404);
    server.delete("/todos/t1").expect(404);
    assert_eq!(server.get("/todos").expect(200)["total"], 2);
}

#[test]
fn the_state_of_a_record_is_moved_by_its_machine_alone() {
    let server = server();
    let made = server.post("/tickets", &json!({ "subject": "s" }));
    let id = made.expect(201)["id"].as_str().expect("a key").to_owned();
    let path = format!("/tickets/{id}");
    refused(
        &server.patch(&path, &json!({ "state": "closed" })),
        &[("state", "cannot be given")],
    );
    let moved = server
        .post(&format!("{path}/close"), &json!({}))
        .expect(200);
    assert_eq!(moved, json!({ "was": "open", "is": "closed" }));
    let patched = server.patch(&path, &json!({ "subject": "t" })).expect(200);
    assert_eq!(patched["state"], "closed");
    // Operations that are not declared are not there.
    assert_eq!(server.delete(&path).status, 404);
}

#[test]
fn an_operation_is_a_tool_like_any_other() {
    let server = server();
    let tools = server.get("/__admin/tools").expect(200);
    let names = each(&tools["tools"], "name").join(" ");
    for name in [
        "list_todos",
        "get_todo",
        "create_todo",
        "replace_todo",
        "update_todo",
        "delete_todo",
        "add_note",
    ] {
        assert!(names.contains(name), "{name}: {names}");
    }
    assert!(!names.contains("create_note"), "{names}");
    let made = server.post("/tools/create_todo", &json!({ "title": "Sleep" }));
    let id = made.expect(201)["id"].clone();
    let changed = json!({ "id": id, "title": "Sleep well" });
    server.post("/tools/update_todo", &changed).expect(200);
    let got = server.post("/tools/get_todo", &json!({ "id": id }));
    assert_eq!(got.expect(200)["title"], "Sleep well");
    server
        .post("/tools/get_todo", &json!({ "id": "t9" }))
        .expect(404);
}

#[test]
fn what_a_patch_makes_of_a_record_fits_the_schema() {
    let server = server();
    let street = json!({ "place": { "street": "Baker" } });
    refused(
        &server.patch("/todos/t1", &street),
        &[("place.city", "\"city\" is a required property")],
    );
    let untouched = server.get("/todos/t1").expect(200);
    assert!(untouched.get("place").is_none(), "{untouched}");
    let city = json!({ "place": { "street": "Baker", "city": "London" } });
    server.patch("/todos/t1", &city).expect(200);
    server.patch("/todos/t1", &street).expect(200);
    // What the API itself sets is none of the caller's business.
    let ticket = server.post("/tickets", &json!({ "subject": "x" }));
    let path = format!(
        "/tickets/{}",
        ticket.expect(201)["id"].as_str().expect("a key")
    );
    server.patch(&path, &json!({ "subject": "y" })).expect(200);
}
