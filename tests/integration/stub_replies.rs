//! What stubs answer, in WireMock's words; and the stubs of a WireMock root.

use std::time::Duration;

use serde_json::{Value, json};

use crate::desk::{MIDNIGHT, desk, each};
use crate::support::{Answer, Server};

/// A server with the WireMock root, at a frozen midnight.
fn root() -> Server {
    let clock = format!("frozen@{MIDNIGHT}");
    Server::with(&["--stubs", "tests/packs/wiremock", "--clock", &clock])
}

/// Answers a call of `POST /reply/7?q=a%20b` with this response.
fn reply(server: &Server, response: &Value) -> Answer {
    let stub = json!({ "request": { "urlPathTemplate": "/reply/{id}" }, "response": response });
    server.post("/__admin/mappings", &stub).expect(201);
    let headers = [("X-Name", "Ada"), ("X-Name", "Grace")];
    server.request(
        "POST",
        "/reply/7?q=a%20b",
        &headers,
        Some(r#"{"n":{"m":[1,2]}}"#),
    )
}

#[track_caller]
fn check(server: &Server, response: &Value, status: u16, body: &str) {
    let answer = reply(server, response);
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (status, body),
        "{response}"
    );
}

#[test]
fn status_body_and_headers() {
    let server = desk();
    check(&server, &json!({}), 200, "");
    check(&server, &json!({ "status": 418 }), 418, "");
    check(
        &server,
        &json!({ "status": 503, "body": "später" }),
        503,
        "später",
    );
    let document = json!({ "b": 1.50, "a": [null, "x"] });
    check(
        &server,
        &json!({ "jsonBody": document }),
        200,
        &document.to_string(),
    );
    let headers =
        json!({ "headers": { "X-One": "1", "X-Two": ["a", "b"], "content-type": "text/csv" } });
    let answer = reply(&server, &headers);
    assert_eq!(answer.header("x-one"), Some("1"));
    assert_eq!(answer.header("content-type"), Some("text/csv"));
    let twice: Vec<&str> = answer
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("x-two"))
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(twice, ["a", "b"]);
}

#[test]
fn templates_only_by_the_transformer() {
    let server = desk();
    let plain = json!({ "body": "{{request.path}}" });
    check(&server, &plain, 200, "{{request.path}}");
    let templated = |body: &str| json!({ "body": body, "transformers": ["response-template"] });
    for (body, expected) in [
        ("{{request.method}} {{request.path}}", "POST /reply/7"),
        ("{{request.url}}", "/reply/7?q=a%20b"),
        ("{{request.pathSegments.[1]}}", "7"),
        ("{{request.path.id}}", "7"),
        ("{{request.query.q}}", "a b"),
        ("{{request.headers.X-Name}}", "Ada"),
        ("{{request.headers.x-name}}", "Ada"),
        ("{{jsonPath request.body '$.n.m[1]'}}", "2"),
        ("{{now}}", MIDNIGHT),
        ("{{#if request.query.none}}yes{{else}}no{{/if}}", "no"),
        ("{{request.nothing}}.", "."),
        // What never changes is not served as it is written either.
        ("a{{! note }}b", "ab"),
        // A backslash is no escape.
        ("\\{{x}}", "\\"),
    ] {
        check(&server, &templated(body), 200, expected);
    }
    let answer = reply(
        &server,
        &json!({
            "headers": { "X-Path": "{{request.path}}" },
            "jsonBody": { "name": "{{request.headers.X-Name}}" },
            "transformers": ["response-template"],
        }),
    );
    assert_eq!(answer.header("x-path"), Some("/reply/7"));
    assert_eq!(answer.expect(200), json!({ "name": "Ada" }));
}

#[test]
fn a_fixed_delay_is_wall_time_and_not_the_sandboxs() {
    let server = desk();
    let delay = json!({ "fixedDelayMilliseconds": 120, "body": "late" });
    let stub = json!({ "request": { "urlPath": "/late" }, "response": delay });
    server.post("/__admin/mappings", &stub).expect(201);
    // A reader that gives up before the delay is over has nothing.
    let request = b"GET /late HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n\r\n";
    assert_eq!(server.raw(request, Duration::from_millis(20)), "");
    let answer = server.raw(request, Duration::from_secs(20));
    assert!(answer.ends_with("late"), "{answer}");
    assert_eq!(server.get("/__admin/clock").expect(200)["now"], MIDNIGHT);
}

#[test]
fn a_root_is_served_with_its_files() {
    let server = root();
    let hello = server.get("/hello");
    assert_eq!(
        (hello.status, hello.text.as_str()),
        (200, "Hello from a file.\n")
    );
    assert_eq!(hello.header("content-type"), Some("text/plain"));
    for (path, body) in [
        ("/page", "<p>A page.</p>\n"),
        ("/greet/Ada", "Dear Ada"),
        // Without the transformer the file is what it is.
        ("/greeting", "Dear {{request.path.who}}"),
        ("/ranked", "high"),
        ("/ranked?x=1", "high"),
    ] {
        assert_eq!(server.get(path).text, body, "{path}");
    }
    assert_eq!(server.post("/hello", &json!({})).status, 404);
    let urgent = server.post("/notes", &json!({ "title": "an urgent one" }));
    assert_eq!(urgent.status, 201);
    // A number keeps its text.
    assert_eq!(urgent.text, r#"{"noted":true,"number":1.50}"#);
    assert_eq!(
        server.post("/notes", &json!({ "title": "another" })).status,
        202
    );
    // A tester's stub has the same files.
    let own = json!({ "request": { "urlPath": "/own" }, "response": { "bodyFileName": "pages/page.html" } });
    server.post("/__admin/mappings", &own).expect(201);
    assert_eq!(server.get("/own").text, "<p>A page.</p>\n");
}

#[test]
fn a_roots_stubs_are_mappings_and_a_packs_are_not() {
    let server = Server::with(&["--stubs", "tests/packs/wiremock", "tests/packs/pair"]);
    let listed = server.get("/__admin/mappings").expect(200);
    assert_eq!(listed["meta"]["total"], 8);
    let names = each(&listed["mappings"], "name");
    assert!(names.contains(&"ranked high".to_owned()), "{names:?}");
    assert!(!names.contains(&"motd".to_owned()), "{names:?}");
    let id = "11111111-2222-4333-8444-555555555555";
    let page = server.get(&format!("/__admin/mappings/{id}")).expect(200);
    assert_eq!((&page["id"], &page["uuid"]), (&json!(id), &json!(id)));
    server
        .delete(&format!("/__admin/mappings/{id}"))
        .expect(200);
    assert_eq!(server.get("/page").status, 404);
    // Dropping all of them leaves the pack as it is.
    server.delete("/__admin/mappings").expect(200);
    assert_eq!(server.get("/hello").status, 404);
    assert_eq!(server.get("/motd").text, "Good morning");
    server
        .send("POST", "/__admin/mappings/reset", None)
        .expect_empty(200);
    assert_eq!(server.get("/page").status, 200);
    // Each sandbox has the root's stubs, and may lose them without the others' knowing.
    server.delete("/s/x1/__admin/mappings").expect(200);
    assert_eq!(server.get("/s/x1/hello").status, 404);
    assert_eq!(server.get("/hello").status, 200);
}

#[test]
fn stubs_without_an_id_have_the_same_one_each_time() {
    let ids = |server: &Server| {
        let mut ids = each(
            &server.get("/__admin/mappings").expect(200)["mappings"],
            "id",
        );
        ids.sort();
        ids
    };
    let (one, other) = (root(), root());
    assert_eq!(ids(&one), ids(&other));
    assert_eq!(ids(&one).len(), 8);
}

#[test]
fn the_log_says_which_stub_answered() {
    let server = root();
    server.get("/page");
    server.get("/nowhere");
    let log = server.get("/__admin/calls").expect(200);
    let stub = json!({ "id": "11111111-2222-4333-8444-555555555555", "name": "a body from a folder of files" });
    assert_eq!(log["calls"][0]["stub"], stub);
    assert_eq!(log["calls"][0]["matched"], true);
    assert_eq!(log["calls"][1]["stub"], Value::Null);
    assert_eq!(log["calls"][1]["matched"], false);
}
