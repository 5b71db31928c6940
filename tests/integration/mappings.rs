//! `/mappings`: a sandbox's own stubs as WireMock's clients handle them, errors in WireMock's shape.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::desk::{desk, each};
use crate::support::{Answer, Server};

const ID: &str = "11111111-2222-4333-8444-555555555555";

fn add(server: &Server, stub: &Value) -> Answer {
    server.post("/__admin/mappings", stub)
}

/// One stub a path.
fn named(path: &str) -> Value {
    json!({ "name": path, "request": { "urlPath": path }, "response": { "body": path } })
}

fn names(server: &Server, query: &str) -> Vec<String> {
    let listed = server.get(&format!("/__admin/mappings{query}")).expect(200);
    each(&listed["mappings"], "name")
}

/// WireMock's shape of an error: a list of codes, titles, and where it lies.
#[track_caller]
fn errors(answer: &Answer, status: u16) -> Vec<Value> {
    let body = answer.expect(status);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let members: Vec<&String> = body.as_object().expect("an object").keys().collect();
    assert_eq!(members, ["errors"], "{body}");
    let errors = body["errors"].as_array().expect("a list").clone();
    assert!(!errors.is_empty());
    for error in &errors {
        assert!(error["code"].is_u64(), "{error}");
        assert!(
            error["title"]
                .as_str()
                .is_some_and(|title| !title.is_empty()),
            "{error}"
        );
    }
    errors
}

#[test]
fn a_stub_is_made_read_replaced_and_dropped() {
    let server = desk();
    let made = add(&server, &named("/a")).expect(201);
    let id = made["id"].as_str().expect("an id").to_owned();
    assert_eq!(made["uuid"], id.as_str());
    assert_eq!(made["request"], json!({ "urlPath": "/a" }));
    let path = format!("/__admin/mappings/{id}");
    assert_eq!(server.get(&path).expect(200), made);
    assert_eq!(server.get("/a").text, "/a");
    let replaced = server.put(&path, &named("/b")).expect(200);
    assert_eq!(
        (&replaced["id"], &replaced["name"]),
        (&json!(id), &json!("/b"))
    );
    assert_eq!(server.get("/a").status, 404);
    assert_eq!(server.get("/b").text, "/b");
    assert_eq!(server.delete(&path).expect(200), json!({}));
    assert_eq!(server.get("/b").status, 404);
    for answer in [
        server.get(&path),
        server.delete(&path),
        server.put(&path, &named("/b")),
    ] {
        errors(&answer, 404);
    }
    assert_eq!(names(&server, ""), [""; 0]);
}

#[test]
fn an_id_may_be_given_and_every_key_comes_back() {
    let server = desk();
    for key in ["id", "uuid"] {
        let mut stub = named("/own");
        stub[key] = ID.into();
        stub["metadata"] = json!({ "by": "a test" });
        stub["persistent"] = json!(false);
        stub["priority"] = json!(3);
        let made = add(&server, &stub).expect(201);
        assert_eq!(
            (&made["id"], &made["uuid"]),
            (&json!(ID), &json!(ID)),
            "{key}"
        );
        for (name, value) in stub.as_object().expect("an object") {
            assert_eq!(&made[name], value, "{name}");
        }
    }
    // The same id is the same stub.
    assert_eq!(names(&server, "").len(), 1);
}

#[test]
fn an_id_in_capital_letters_is_the_same_id() {
    let server = desk();
    let capital = "ABCDEF01-2222-4333-8444-55555555ABCD";
    let small = capital.to_lowercase();
    let mut stub = named("/own");
    stub["id"] = capital.into();
    let made = add(&server, &stub).expect(201);
    assert_eq!(made["id"], small.as_str());
    for id in [capital, &small] {
        let path = format!("/__admin/mappings/{id}");
        assert_eq!(server.get(&path).expect(200), made);
        assert_eq!(server.put(&path, &stub).expect(200), made);
    }
    assert_eq!(names(&server, "").len(), 1);
    server
        .delete(&format!("/__admin/mappings/{capital}"))
        .expect(200);
    assert_eq!(names(&server, ""), [""; 0]);
}

/// The folder of a WireMock root with these stubs, by their names.
fn root(name: &str, stubs: &[Value]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // Nothing is left there, unless a run was broken off.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("mappings")).expect("a folder");
    for stub in stubs {
        let file = format!("mappings{}.json", stub["name"].as_str().expect("a name"));
        std::fs::write(folder.join(file), stub.to_string()).expect("a file");
    }
    folder
}

/// The id of the listed stub of this name.
fn id_of(server: &Server, name: &str) -> String {
    let listed = server.get("/__admin/mappings").expect(200);
    let at = each(&listed["mappings"], "name")
        .iter()
        .position(|found| found == name);
    each(&listed["mappings"], "id")[at.expect("a stub of this name")].clone()
}

#[test]
fn the_first_of_the_list_answers_after_a_reset_too() {
    let on_x = |name: &str| json!({ "name": name, "request": { "urlPath": "/x" }, "response": { "body": name } });
    let folder = root("mappings-order", &[on_x("/a"), on_x("/b")]);
    let server = Server::with(&["--stubs", folder.to_str().expect("a path")]);
    let answers = || {
        let listed = names(&server, "");
        assert_eq!(server.get("/x").text, listed[0], "{listed:?}");
        listed
    };
    assert_eq!(answers(), ["/b", "/a"]);
    for reset in ["/__admin/reset", "/__admin/mappings/reset"] {
        server
            .delete(&format!("/__admin/mappings/{}", id_of(&server, "/a")))
            .expect(200);
        assert_eq!(answers(), ["/b"]);
        add(&server, &on_x("own")).expect(201);
        assert_eq!(answers(), ["own", "/b"]);
        server.send("POST", reset, None).expect(200);
        assert_eq!(answers(), ["/b", "/a"], "{reset}");
    }
}

#[test]
fn a_reload_leaves_alone_what_a_tester_changed_and_the_files_did_not() {
    let folder = root(
        "mappings-reload",
        &[named("/dropped"), named("/kept"), named("/replaced")],
    );
    let server = Server::with(&["--stubs", folder.to_str().expect("a path")]);
    let path = |name: &str| format!("/__admin/mappings/{}", id_of(&server, name));
    server.delete(&path("/dropped")).expect(200);
    let mut mine = named("/replaced");
    mine["response"]["body"] = "mine".into();
    server.put(&path("/replaced"), &mine).expect(200);
    let before = names(&server, "");
    server
        .send("POST", "/__admin/definitions/reload", None)
        .expect(200);
    assert_eq!(names(&server, ""), before);
    assert_eq!(server.get("/dropped").status, 404);
    assert_eq!(server.get("/replaced").text, "mine");
    assert_eq!(server.get("/kept").text, "/kept");
    server
        .send("POST", "/__admin/mappings/reset", None)
        .expect(200);
    assert_eq!(server.get("/dropped").text, "/dropped");
    assert_eq!(server.get("/replaced").text, "/replaced");
}

#[test]
fn they_are_listed_newest_first_and_in_pages() {
    let server = desk();
    for path in ["/a", "/b", "/c", "/d"] {
        add(&server, &named(path)).expect(201);
    }
    assert_eq!(names(&server, ""), ["/d", "/c", "/b", "/a"]);
    assert_eq!(names(&server, "?limit=2"), ["/d", "/c"]);
    assert_eq!(names(&server, "?offset=1&limit=2"), ["/c", "/b"]);
    assert_eq!(names(&server, "?offset=9"), [""; 0]);
    let listed = server.get("/__admin/mappings?limit=1").expect(200);
    assert_eq!(listed["meta"]["total"], 4);
    server.delete("/__admin/mappings").expect(200);
    let listed = server.get("/__admin/mappings").expect(200);
    assert_eq!(listed, json!({ "mappings": [], "meta": { "total": 0 } }));
    for query in ["limit=x", "offset=-1", "page=1"] {
        let answer = server.get(&format!("/__admin/mappings?{query}"));
        let error = &errors(&answer, 400)[0];
        let name = query.split('=').next().expect("a name");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn a_mistake_is_told_in_wiremocks_shape_with_its_place() {
    let server = desk();
    for (stub, pointer, says) in [
        (
            json!({ "request": { "urll": "/a" } }),
            "/request/urll",
            "url",
        ),
        (json!({ "requst": {} }), "/requst", "request"),
        (
            json!({ "request": { "urlPathPattern": "/a[" } }),
            "/request/urlPathPattern",
            "regular expression",
        ),
        (
            json!({ "request": { "headers": { "A": { "equalTo": 5 } } } }),
            "/request/headers/A",
            "string",
        ),
        (
            json!({ "request": { "bodyPatterns": [{ "matchesJsonPath": "$[" }] } }),
            "/request/bodyPatterns/0",
            "JSONPath",
        ),
        (
            json!({ "response": { "status": true } }),
            "/response/status",
            "number",
        ),
        (
            json!({ "response": { "bodyFileName": "nowhere.txt" } }),
            "/response/bodyFileName",
            "nowhere.txt",
        ),
        (
            json!({ "response": { "body": "{{#if}}", "transformers": ["response-template"] } }),
            "/response/body",
            "template",
        ),
        (json!({ "priority": -1 }), "/priority", ""),
    ] {
        let errors = errors(&add(&server, &stub), 422);
        let error = &errors[0];
        assert_eq!(error["code"], 10, "{error}");
        // WireMock points at the whole of a pattern; at its operator is nearer.
        let found = error["source"]["pointer"].as_str().unwrap_or_default();
        let below = found.strip_prefix(pointer);
        assert!(
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            "{stub}: {error}"
        );
        assert_eq!(error["title"], "Error parsing JSON");
        let detail = error["detail"].as_str().expect("a text");
        assert!(detail.contains(says), "{stub}: {detail}");
    }
    // All mistakes at once.
    let two = json!({ "request": { "urll": "/a" }, "response": { "statsu": 200 } });
    assert_eq!(errors(&add(&server, &two), 422).len(), 2);
    assert_eq!(
        server.get("/__admin/mappings").expect(200)["meta"]["total"],
        0
    );
}

#[test]
fn what_is_no_stub_at_all_is_told_so() {
    let server = desk();
    for body in [
        "",
        "{",
        "nonsense",
        "[]",
        "5",
        "{\"request\":{},\"request\":{}}",
    ] {
        let answer = server.request("POST", "/__admin/mappings", &[], Some(body));
        assert_eq!(errors(&answer, 422)[0]["code"], 10, "{body}");
    }
    let deep = "[".repeat(10_000);
    errors(
        &server.request("POST", "/__admin/mappings", &[], Some(&deep)),
        422,
    );
    for id in [json!("a-name"), json!(5)] {
        let mut stub = named("/a");
        stub["id"] = id;
        assert_eq!(errors(&add(&server, &stub), 422)[0]["code"], 10);
    }
    for answer in [
        server.get("/__admin/mappings/a-name"),
        server.delete("/__admin/mappings/a-name"),
        server.put("/__admin/mappings/a-name", &named("/a")),
    ] {
        assert_eq!(errors(&answer, 400)[0]["code"], 10);
    }
    // A stub that was there stays as it was, if its replacement is none.
    let made = add(&server, &named("/kept")).expect(201);
    let path = format!("/__admin/mappings/{}", made["id"].as_str().expect("an id"));
    errors(
        &server.put(&path, &json!({ "request": { "urll": "/b" } })),
        422,
    );
    assert_eq!(server.get("/kept").text, "/kept");
}

#[test]
fn a_reset_of_mappings_takes_stubs_and_log_and_nothing_else() {
    let server = desk();
    let sandbox = server.universe();
    let stage = || {
        add(&server, &named("/a")).expect(201);
        sandbox
            .call("add_contact", &json!({ "name": "Grace" }))
            .expect(201);
        sandbox
            .call(
                "pay",
                &json!({ "agent": "ann", "to": "bob", "amount": "1.00" }),
            )
            .expect(200);
        sandbox
            .post(
                "/__admin/errors",
                &json!({ "status": 503, "tool": "open_ticket" }),
            )
            .expect(201);
        sandbox.advance("PT1H");
    };
    let seen = || {
        let read = |path: &str| sandbox.get(path).expect(200);
        let clock = read("/__admin/clock")["now"].clone();
        let queue = read("/__admin/errors")["errors"].as_array().map(Vec::len);
        let total = |path: &str| read(path)["total"].clone();
        json!({
            "stubs": read("/__admin/mappings")["meta"]["total"], "calls": total("/__admin/calls"),
            "contacts": total("/__admin/collections/contacts"), "wallets": total("/__admin/wallets"),
            "queue": queue, "clock": clock,
        })
    };
    let opening = seen();
    stage();
    let staged = json!({
        "stubs": 1, "calls": 2, "contacts": 2, "wallets": 2, "queue": 1, "clock": "2026-01-01T01:00:00Z",
    });
    assert_eq!(seen(), staged);
    sandbox
        .send("POST", "/__admin/mappings/reset", None)
        .expect(200);
    let mut left = staged.clone();
    left["stubs"] = json!(0);
    left["calls"] = json!(0);
    assert_eq!(seen(), left);
    sandbox.send("POST", "/__admin/reset", None).expect(200);
    assert_eq!(seen(), opening);
    // Dropping the stubs keeps the log.
    add(&server, &named("/a")).expect(201);
    server.get("/a");
    server.delete("/__admin/mappings").expect(200);
    assert_eq!(seen()["calls"], 1);
}
