//! `/mappings` beyond one stub: import, metadata, what no call matched. The expected values are those
//! that WireMock 3.13.2 answers.

use serde_json::{Value, json};

use crate::desk::{desk, each};
use crate::support::{Answer, Server};

const ONE: &str = "11111111-2222-4333-8444-555555555555";
const TWO: &str = "21111111-2222-4333-8444-555555555555";
const THREE: &str = "31111111-2222-4333-8444-555555555555";

fn names(server: &Server) -> Vec<String> {
    each(
        &server.get("/__admin/mappings").expect(200)["mappings"],
        "name",
    )
}

fn stub(id: &str, name: &str) -> Value {
    json!({ "id": id, "name": name, "request": { "url": format!("/{name}") } })
}

fn import(server: &Server, stubs: &[Value], options: &Value) -> Answer {
    let mut body = json!({ "mappings": stubs });
    if !options.is_null() {
        body["importOptions"] = options.clone();
    }
    server.post("/__admin/mappings/import", &body)
}

#[track_caller]
fn pointers(answer: &Answer) -> Vec<String> {
    let errors = answer.expect(422);
    let errors = errors["errors"].as_array().expect("errors").clone();
    let pointer = |error: &Value| error["source"]["pointer"].as_str().map(str::to_owned);
    errors
        .iter()
        .map(|error| pointer(error).unwrap_or_default())
        .collect()
}

#[test]
fn an_import_keeps_its_order_and_replaces_or_not() {
    let server = desk();
    let unnamed = json!({ "name": "c" });
    import(
        &server,
        &[stub(ONE, "a"), stub(TWO, "b"), unnamed],
        &Value::Null,
    )
    .expect_empty(200);
    assert_eq!(names(&server), ["a", "b", "c"]);
    let keep = json!({ "duplicatePolicy": "IGNORE", "deleteAllNotInImport": false });
    import(&server, &[stub(ONE, "a2"), stub(THREE, "d")], &keep).expect_empty(200);
    assert_eq!(names(&server), ["d", "a", "b", "c"]);
    let all = json!({ "duplicatePolicy": "OVERWRITE", "deleteAllNotInImport": true });
    import(&server, &[stub(ONE, "a3"), stub(THREE, "d3")], &all).expect_empty(200);
    assert_eq!(names(&server), ["d3", "a3"]);
    for (path, status) in [("/a", 404), ("/b", 404), ("/a3", 200), ("/d3", 200)] {
        assert_eq!(server.get(path).status, status, "{path}");
    }
    // Of two with one id the first stays; with options that leave the policy out, the last.
    import(&server, &[stub(TWO, "x1"), stub(TWO, "x2")], &Value::Null).expect_empty(200);
    assert_eq!(names(&server), ["x1", "d3", "a3"]);
    let only = json!({ "deleteAllNotInImport": true });
    import(&server, &[stub(TWO, "x3"), stub(ONE, "x4")], &only).expect_empty(200);
    assert_eq!(names(&server), ["x1", "a3"]);
    import(&server, &[], &only).expect_empty(200);
    assert_eq!(names(&server), [""; 0]);
}

#[test]
fn one_bad_stub_refuses_the_whole_import() {
    let server = desk();
    import(&server, &[stub(ONE, "a")], &Value::Null).expect_empty(200);
    let mut bad = stub(TWO, "b");
    bad["foo"] = json!(1);
    let wipe = json!({ "duplicatePolicy": "OVERWRITE", "deleteAllNotInImport": true });
    let answer = import(&server, &[stub(THREE, "c"), bad, stub("abc", "d")], &wipe);
    assert_eq!(pointers(&answer)[0], "/mappings/1/foo");
    let answer = import(&server, &[stub(THREE, "c"), stub("abc", "d")], &wipe);
    assert_eq!(pointers(&answer), ["/mappings/1/id"]);
    let policy = json!({ "duplicatePolicy": "FOO" });
    let answer = import(&server, &[], &policy);
    assert_eq!(pointers(&answer), ["/importOptions/duplicatePolicy"]);
    assert_eq!(
        pointers(&import(&server, &[], &json!({ "x": 1 }))),
        ["/importOptions/x"]
    );
    for body in ["", "[]", "{}", "{"] {
        let answer = server.request("POST", "/__admin/mappings/import", &[], Some(body));
        assert_eq!(answer.expect(422)["errors"][0]["code"], 10, "{body}");
    }
    assert_eq!(names(&server), ["a"]);
    // Other members of an import mean nothing.
    let answer = server.post(
        "/__admin/mappings/import",
        &json!({ "mappings": [], "meta": { "total": 0 }, "foo": 1 }),
    );
    answer.expect_empty(200);
}

#[test]
fn many_stubs_are_imported_at_once() {
    let server = desk();
    let many: Vec<Value> = (0..2000)
        .map(|at| json!({ "name": at.to_string(), "request": { "urlPath": format!("/many/{at}") }, "response": { "body": at.to_string() } }))
        .collect();
    import(&server, &many, &Value::Null).expect_empty(200);
    let listed = server.get("/__admin/mappings?limit=1").expect(200);
    assert_eq!(listed["meta"]["total"], 2000);
    for at in [0, 999, 1999] {
        assert_eq!(server.get(&format!("/many/{at}")).text, at.to_string());
    }
}

#[test]
fn stubs_are_found_and_dropped_by_their_metadata() {
    let server = desk();
    for (id, name, metadata) in [
        (ONE, "a", json!({ "x": 1, "y": { "z": "q" } })),
        (TWO, "b", json!({ "x": 2 })),
        (THREE, "c", Value::Null),
    ] {
        let mut stub = stub(id, name);
        stub["metadata"] = metadata;
        server.post("/__admin/mappings", &stub).expect(201);
    }
    let find = |pattern: &Value| {
        let found = server
            .post("/__admin/mappings/find-by-metadata", pattern)
            .expect(200);
        let names = each(&found["mappings"], "name");
        assert_eq!(found["meta"]["total"], names.len());
        names
    };
    assert_eq!(find(&json!({ "matchesJsonPath": "$..x" })), ["b", "a"]);
    assert_eq!(find(&json!({ "equalToJson": { "x": 2 } })), ["b"]);
    let first = json!({ "matchesJsonPath": { "expression": "$.x", "equalTo": "1" } });
    assert_eq!(find(&first), ["a"]);
    assert_eq!(find(&json!({ "contains": "q" })), ["a"]);
    assert_eq!(find(&json!({ "equalTo": "q" })), [""; 0]);
    assert_eq!(find(&json!({ "matches": ".*" })), ["c", "b", "a"]);
    for route in ["find", "remove"] {
        for body in ["", "{}", "[]", "{", "{\"foo\":1}", "{\"matches\":\"[\"}"] {
            let path = format!("/__admin/mappings/{route}-by-metadata");
            let answer = server.request("POST", &path, &[], Some(body));
            assert_eq!(
                answer.expect(422)["errors"][0]["code"],
                10,
                "{route} {body}"
            );
        }
    }
    let removed = server.post(
        "/__admin/mappings/remove-by-metadata",
        &json!({ "equalToJson": { "x": 2 } }),
    );
    assert_eq!(removed.expect(200), json!({}));
    assert_eq!(names(&server), ["c", "a"]);
}

#[test]
fn what_no_call_matched_is_listed_and_dropped() {
    let server = desk();
    for (id, name) in [(ONE, "a"), (TWO, "b"), (THREE, "c")] {
        server
            .post("/__admin/mappings", &stub(id, name))
            .expect(201);
    }
    let unmatched = || {
        let found = server.get("/__admin/mappings/unmatched").expect(200);
        assert_eq!(
            found["meta"]["total"],
            found["mappings"].as_array().map_or(0, Vec::len)
        );
        each(&found["mappings"], "name")
    };
    assert_eq!(unmatched(), ["c", "b", "a"]);
    assert_eq!(
        (server.get("/b").status, server.get("/nothing").status),
        (200, 404)
    );
    assert_eq!(unmatched(), ["c", "a"]);
    assert_eq!(
        server.delete("/__admin/mappings/unmatched").expect(200),
        json!({})
    );
    assert_eq!(names(&server), ["b"]);
}

#[test]
fn a_stub_is_dropped_by_its_document() {
    let server = desk();
    let remove = |stub: &Value| {
        server
            .post("/__admin/mappings/remove", stub)
            .expect_empty(200);
        names(&server)
    };
    for (id, name) in [(ONE, "a"), (TWO, "b"), (THREE, "a")] {
        server
            .post("/__admin/mappings", &stub(id, name))
            .expect(201);
    }
    assert_eq!(
        remove(&json!({ "request": { "url": "/zz" } })),
        ["a", "b", "a"]
    );
    assert_eq!(
        remove(&json!({ "id": THREE, "request": { "url": "/b" } })),
        ["b", "a"]
    );
    // Without such an id, the request says which.
    assert_eq!(
        remove(&json!({ "id": THREE, "request": { "url": "/b", "method": "ANY" } })),
        ["a"]
    );
    for body in ["{bad", "{\"foo\":1}"] {
        let answer = server.request("POST", "/__admin/mappings/remove", &[], Some(body));
        assert_eq!(answer.expect(422)["errors"][0]["code"], 10);
    }
    assert_eq!(names(&server), ["a"]);
}

/// A WireMock root with a file of one stub without an id, and a file of two.
fn root(name: &str) -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // Nothing is left there, unless a run was broken off.
    let _ = std::fs::remove_dir_all(&folder);
    let mappings = folder.join("mappings");
    std::fs::create_dir_all(&mappings).expect("a folder");
    let one = json!({ "name": "alone", "request": { "url": "/alone" } });
    let two = json!({ "mappings": [{ "name": "x", "request": { "url": "/x" } }, stub(TWO, "y")] });
    for (file, content) in [("alone.json", one), ("two.json", two)] {
        std::fs::write(mappings.join(file), content.to_string()).expect("a file");
    }
    folder
}

fn serve(folder: &std::path::Path) -> Server {
    Server::with(&["--stubs", folder.to_str().expect("a path")])
}

fn files(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join("mappings")).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn stubs_are_saved_to_the_root_and_are_there_again() {
    let folder = root("mappings-saved");
    let server = serve(&folder);
    server
        .post("/__admin/mappings", &stub(ONE, "My stub!"))
        .expect(201);
    server
        .send("POST", "/__admin/mappings/save", None)
        .expect_empty(200);
    let saved = format!("my-stub-{ONE}.json");
    assert_eq!(files(&folder), ["alone.json", &saved, "two.json"]);
    let text = std::fs::read_to_string(folder.join("mappings").join(&saved)).expect("a file");
    let written: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        (&written["id"], &written["persistent"]),
        (&json!(ONE), &json!(true))
    );
    server
        .send("POST", "/__admin/mappings/reset", None)
        .expect_empty(200);
    let mut there = names(&server);
    there.sort();
    assert_eq!(there, ["My stub!", "alone", "x", "y"]);
    drop(server);
    let mut again = names(&serve(&folder));
    again.sort();
    assert_eq!(again, there);
    // Another sandbox has nothing to save to.
    let server = serve(&folder);
    let refused = server.send("POST", "/s/other/__admin/mappings/save", None);
    assert!(
        refused.expect(500)["errors"][0]["title"]
            .as_str()
            .is_some_and(|title| title.contains("default"))
    );
}

#[test]
fn a_persistent_stub_is_written_and_deleted_with_its_file() {
    let folder = root("mappings-persistent");
    let server = serve(&folder);
    let mut kept = stub(ONE, "kept");
    kept["persistent"] = json!(true);
    server.post("/s/other/__admin/mappings", &kept).expect(201);
    assert_eq!(files(&folder), ["alone.json", "two.json"]);
    server.post("/__admin/mappings", &kept).expect(201);
    let file = format!("kept-{ONE}.json");
    assert_eq!(files(&folder), ["alone.json", &file, "two.json"]);
    kept["response"] = json!({ "body": "second" });
    server
        .put(&format!("/__admin/mappings/{ONE}"), &kept)
        .expect(200);
    server.send("POST", "/__admin/reset", None).expect(200);
    assert_eq!(server.get("/kept").text, "second");
    server
        .delete(&format!("/__admin/mappings/{ONE}"))
        .expect(200);
    assert_eq!(files(&folder), ["alone.json", "two.json"]);
    // What people wrote by hand stays.
    server.post("/__admin/mappings", &kept).expect(201);
    server.delete("/__admin/mappings").expect(200);
    assert_eq!(files(&folder), ["alone.json", "two.json"]);
    assert_eq!(names(&server), [""; 0]);
}

#[test]
fn a_stub_of_a_file_has_the_same_id_at_each_start() {
    let folder = root("mappings-ids");
    let ids = || {
        let listed = serve(&folder).get("/__admin/mappings").expect(200);
        let mappings = &listed["mappings"];
        each(mappings, "name")
            .into_iter()
            .zip(each(mappings, "id"))
            .collect::<Vec<_>>()
    };
    let first = ids();
    assert_eq!(first.len(), 3);
    assert_eq!(ids(), first);
}
