//! The journal as WireMock's clients read it. What is expected was asked of WireMock 3.13.2.

use serde_json::{Value, json};

use crate::desk::{Universe, desk, desk_with, each};
use crate::support::Server;

/// The stub that the calls of these tests meet.
const STUB: &str = "11111111-2222-4333-8444-555555555551";

/// A stub for `POST /a`, and one for everything else of a GET.
fn with_stubs(sandbox: &Universe<'_>) {
    for mapping in [
        json!({
            "id": STUB, "name": "one", "request": { "method": "POST", "urlPath": "/a" },
            "response": { "status": 201, "body": "{{request.method}}", "transformers": ["response-template"], "headers": { "Content-Type": "text/plain" } },
            "metadata": { "team": "x" },
        }),
        json!({ "request": { "method": "GET" }, "response": { "status": 200 }, "priority": 9 }),
    ] {
        sandbox.post("/__admin/mappings", &mapping).expect(201);
    }
}

fn requests(sandbox: &Universe<'_>, query: &str) -> Value {
    sandbox
        .get(&format!("/__admin/requests{query}"))
        .expect(200)
}

/// Where the logged calls went, in the order of the answer.
fn targets(found: &Value) -> Vec<String> {
    let events = found["requests"].as_array().expect("a list");
    let target = |event: &Value| {
        let request = event.get("request").unwrap_or(event);
        request["url"].as_str().expect("a text").to_owned()
    };
    events.iter().map(target).collect()
}

fn count(sandbox: &Universe<'_>, pattern: &Value) -> Value {
    let counted = sandbox.post("/__admin/requests/count", pattern).expect(200);
    assert_eq!(counted["requestJournalDisabled"], false);
    counted["count"].clone()
}

#[test]
fn an_event_tells_the_request_and_what_answered() {
    let server = desk();
    with_stubs(&server.universe());
    server.request(
        "POST",
        "/a?q=1&q=2&r=a%20b",
        &[
            ("Host", "api.example.com:8443"),
            ("X-Foo", "1"),
            ("X-Foo", "2"),
            ("Cookie", "a=1; b=2; a=3"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ],
        Some("a=1&a=2&b"),
    );
    let found = requests(&server.universe(), "");
    assert_eq!(found["meta"], json!({ "total": 1 }));
    assert_eq!(found["requestJournalDisabled"], false);
    let event = &found["requests"][0];
    let request = &event["request"];
    for (member, expected) in [
        ("url", json!("/a?q=1&q=2&r=a%20b")),
        (
            "absoluteUrl",
            json!("http://api.example.com:8443/a?q=1&q=2&r=a%20b"),
        ),
        ("method", json!("POST")),
        ("clientIp", json!("127.0.0.1")),
        ("cookies", json!({ "a": ["1", "3"], "b": "2" })),
        ("browserProxyRequest", json!(false)),
        ("loggedDate", json!(1_767_225_600_000_u64)),
        ("loggedDateString", json!("2026-01-01T00:00:00Z")),
        ("bodyAsBase64", json!("YT0xJmE9MiZi")),
        ("body", json!("a=1&a=2&b")),
        ("protocol", json!("HTTP/1.1")),
        ("scheme", json!("http")),
        ("host", json!("api.example.com")),
        ("port", json!(8443)),
        (
            "queryParams",
            json!({ "q": { "key": "q", "values": ["1", "2"] }, "r": { "key": "r", "values": ["a b"] } }),
        ),
        (
            "formParams",
            json!({ "a": { "key": "a", "values": ["1", "2"] }, "b": { "key": "b", "values": [""] } }),
        ),
    ] {
        assert_eq!(request[member], expected, "{member}");
    }
    assert_eq!(request["headers"]["X-Foo"], json!(["1", "2"]));
    assert_eq!(request["headers"]["Host"], "api.example.com:8443");
    assert_eq!(event["wasMatched"], true);
    assert_eq!(event["stubMapping"]["id"], STUB);
    assert_eq!(event["stubMapping"]["metadata"], json!({ "team": "x" }));
    assert_eq!(
        event["stubMapping"]["response"]["body"],
        "{{request.method}}"
    );
    assert_eq!(event["responseDefinition"]["body"], "POST");
    assert_eq!(event["response"]["status"], 201);
    assert_eq!(event["response"]["body"], "POST");
    assert_eq!(event["response"]["bodyAsBase64"], "UE9TVA==");
    assert_eq!(event["response"]["headers"]["Content-Type"], "text/plain");
    assert_eq!(event["subEvents"], json!([]));
    assert_eq!(event["timing"]["addedDelay"], 0);
}

#[test]
fn a_list_is_the_newest_first_and_can_be_narrowed() {
    let server = desk();
    let sandbox = server.sandbox("team-a");
    with_stubs(&sandbox);
    sandbox.post("/a", &json!({}));
    sandbox.advance("PT1M");
    sandbox.get("/b");
    sandbox.advance("PT1M");
    sandbox.delete("/c");
    for (query, expected, total) in [
        ("", &["/c", "/b", "/a"][..], 3),
        ("?limit=2", &["/c", "/b"], 3),
        ("?limit=0", &[], 3),
        ("?since=2026-01-01T00:01:00Z", &["/c"], 3),
        ("?since=2026-01-01T01:00:59%2B01:00", &["/c", "/b"], 3),
        ("?unmatched=true", &["/c"], 1),
        ("?unmatched=false", &["/c", "/b", "/a"], 3),
        (&format!("?matchingStub={STUB}"), &["/a"], 1),
        (&format!("?matchingStub={}", STUB.replace('1', "2")), &[], 0),
        ("?nobody=knows", &["/c", "/b", "/a"], 3),
    ] {
        let found = requests(&sandbox, query);
        assert_eq!(targets(&found), expected, "{query}");
        assert_eq!(found["meta"]["total"], total, "{query}");
    }
    let unmatched = sandbox.get("/__admin/requests/unmatched").expect(200);
    assert_eq!(targets(&unmatched), ["/c"]);
    assert_eq!(requests(&server.universe(), "")["meta"]["total"], 0);
}

#[test]
fn parameters_that_say_nothing_are_refused_in_wiremocks_shape() {
    let server = desk();
    for (path, error) in [
        (
            "?since=yesterday",
            json!({ "code": 10, "source": { "pointer": "since" }, "title": "yesterday is not a valid ISO8601 date" }),
        ),
        (
            "?matchingStub=abc",
            json!({ "code": 15, "title": "Query parameter matchingStub value 'abc' is not a valid UUID" }),
        ),
        (
            "?limit=-1",
            json!({ "code": 10, "source": { "pointer": "limit" }, "title": "limit must be 0 or greater, not -1" }),
        ),
        (
            "/abc",
            json!({ "code": 10, "title": "abc is not a valid UUID" }),
        ),
    ] {
        let answer = server.get(&format!("/__admin/requests{path}"));
        assert_eq!(answer.expect(400), json!({ "errors": [error] }), "{path}");
    }
}

#[test]
fn verification_counts_finds_and_removes_what_fits() {
    let server = desk();
    let sandbox = server.universe();
    with_stubs(&sandbox);
    sandbox.post("/a?x=1", &json!({ "n": 1 }));
    sandbox.post("/a?x=2", &json!({ "n": 2 }));
    sandbox.get("/b");
    for (pattern, expected) in [
        (json!({}), &["/a?x=1", "/a?x=2", "/b"][..]),
        (json!({ "method": "ANY" }), &["/a?x=1", "/a?x=2", "/b"]),
        (json!({ "method": "GET" }), &["/b"]),
        (json!({ "method": "PUT" }), &[]),
        (json!({ "url": "/a?x=1" }), &["/a?x=1"]),
        (
            json!({ "urlPath": "/a", "queryParameters": { "x": { "matches": "[0-9]" } } }),
            &["/a?x=1", "/a?x=2"],
        ),
        (
            json!({ "bodyPatterns": [{ "equalToJson": { "n": 2 } }] }),
            &["/a?x=2"],
        ),
    ] {
        assert_eq!(count(&sandbox, &pattern), expected.len(), "{pattern}");
        let found = sandbox.post("/__admin/requests/find", &pattern).expect(200);
        assert_eq!(targets(&found), expected, "{pattern}");
    }
    let gone = sandbox
        .post("/__admin/requests/remove", &json!({ "urlPath": "/a" }))
        .expect(200);
    let gone = json!({ "requests": gone["serveEvents"] });
    assert_eq!(targets(&gone), ["/a?x=2", "/a?x=1"]);
    assert_eq!(count(&sandbox, &json!({})), 1);
    let nothing = sandbox
        .post("/__admin/requests/remove", &json!({ "urlPath": "/a" }))
        .expect(200);
    assert_eq!(nothing, json!({ "serveEvents": [] }));
}

#[test]
fn calls_are_removed_by_the_metadata_of_their_stub() {
    let server = desk();
    let sandbox = server.universe();
    with_stubs(&sandbox);
    sandbox.post("/a", &json!({}));
    sandbox.get("/b");
    sandbox.delete("/c");
    for (pattern, gone) in [
        (json!({ "matchesJsonPath": "$.none" }), &[][..]),
        (json!({ "equalToJson": { "team": "x" } }), &["/a"]),
    ] {
        let answer = sandbox.post("/__admin/requests/remove-by-metadata", &pattern);
        let removed = json!({ "requests": answer.expect(200)["serveEvents"] });
        assert_eq!(targets(&removed), gone, "{pattern}");
    }
    assert_eq!(targets(&requests(&sandbox, "")), ["/c", "/b"]);
    for body in ["{}", "", "[]", "{\"bogus\":1}", "xx"] {
        let answer = sandbox.post("/__admin/requests/remove-by-metadata", &json!(body));
        assert_eq!(answer.expect(422)["errors"][0]["code"], 10, "{body}");
    }
}

#[test]
fn patterns_that_are_none_are_refused() {
    let server = desk();
    for route in ["count", "find", "remove"] {
        for body in ["", "xx", "[]", "null", "{\"bogus\":1}", "{\"url\":{}}"] {
            let answer = server.post(&format!("/__admin/requests/{route}"), &json!(body));
            let errors = &answer.expect(422)["errors"];
            assert_eq!(errors[0]["code"], 10, "{route} {body}");
            assert_eq!(errors[0]["title"], "Error parsing JSON", "{route} {body}");
        }
    }
}

#[test]
fn one_call_is_had_and_forgotten_by_its_id() {
    let server = desk();
    let (sandbox, other) = (server.sandbox("one"), server.sandbox("other"));
    sandbox.get("/x");
    sandbox.get("/y");
    other.get("/z");
    let ids = each(&requests(&sandbox, "")["requests"], "id");
    let path = format!("/__admin/requests/{}", ids[1]);
    assert_eq!(sandbox.get(&path).expect(200)["request"]["url"], "/x");
    let shown = sandbox.get("/__admin/calls/1").expect(200);
    assert_eq!(shown["requestId"], ids[1].as_str());
    // An id of another sandbox is nobody's here.
    assert_eq!(other.get(&path).status, 404);
    assert_eq!(other.delete(&path).expect(200), json!({}));
    assert_eq!(requests(&other, "")["meta"]["total"], 1);
    for _ in 0..2 {
        assert_eq!(sandbox.delete(&path).expect(200), json!({}));
        let gone = sandbox.get(&path);
        assert_eq!((gone.status, gone.text.as_str()), (404, ""));
    }
    assert_eq!(targets(&requests(&sandbox, "")), ["/y"]);
}

#[test]
fn both_views_of_the_log_are_emptied_by_either() {
    let server = desk();
    let sandbox = server.universe();
    for (method, path) in [
        ("DELETE", "/__admin/requests"),
        ("POST", "/__admin/requests/reset"),
        ("DELETE", "/__admin/calls"),
        ("POST", "/__admin/mappings/reset"),
    ] {
        sandbox.get("/x");
        assert_eq!(requests(&sandbox, "")["meta"]["total"], 1, "{path}");
        assert_eq!(sandbox.get("/__admin/calls").expect(200)["total"], 1);
        assert_eq!(server.send(method, path, None).status, 200);
        assert_eq!(requests(&sandbox, "")["meta"]["total"], 0, "{path}");
        assert_eq!(sandbox.get("/__admin/calls").expect(200)["total"], 0);
    }
    sandbox.get("/x");
    sandbox.delete("/__admin/mappings").expect(200);
    assert_eq!(requests(&sandbox, "")["meta"]["total"], 1);
}

#[test]
fn answers_say_when_older_calls_were_dropped() {
    const DROPPED: &str = "sparring-dropped-calls";
    let server = desk_with(&["--log-calls", "2"]);
    let sandbox = server.universe();
    let ask = || {
        let posted = ["count", "find", "remove"].map(|route| {
            let pattern = json!({ "method": "PUT" });
            sandbox.post(&format!("/__admin/requests/{route}"), &pattern)
        });
        let got = ["", "/unmatched"].map(|route| sandbox.get(&format!("/__admin/requests{route}")));
        posted.into_iter().chain(got)
    };
    sandbox.get("/x");
    sandbox.get("/x");
    assert!(ask().all(|answer| answer.header(DROPPED).is_none()));
    sandbox.get("/x");
    sandbox.get("/x");
    assert!(ask().all(|answer| answer.header(DROPPED) == Some("2")));
    sandbox.delete("/__admin/requests").expect(200);
    assert!(ask().all(|answer| answer.header(DROPPED).is_none()));
}

#[test]
fn what_a_pack_answers_has_a_mapping_that_names_it() {
    let server = desk();
    let sandbox = server.universe();
    sandbox.call("list_contacts", &json!({}));
    let event = &requests(&sandbox, "")["requests"][0];
    assert_eq!(event["wasMatched"], true);
    let mapping = &event["stubMapping"];
    assert_eq!(mapping["name"], "desk.list_contacts");
    assert_eq!(
        mapping["metadata"],
        json!({ "pack": "desk", "tool": "list_contacts" })
    );
    assert_eq!(mapping["id"], mapping["uuid"]);
    let found = format!("?matchingStub={}", mapping["id"].as_str().expect("an id"));
    assert_eq!(requests(&sandbox, &found)["meta"]["total"], 1);
    let pattern = json!({ "matchesJsonPath": "$[?(@.tool == 'list_contacts')]" });
    let gone = sandbox.post("/__admin/requests/remove-by-metadata", &pattern);
    assert_eq!(gone.expect(200)["serveEvents"][0]["id"], event["id"]);
}

#[test]
fn an_unmatched_call_has_the_stand_in_that_wiremock_gives_it() {
    let server: Server = desk();
    server.delete("/nothing");
    let event = &requests(&server.universe(), "")["requests"][0];
    assert_eq!(event["wasMatched"], false);
    assert_eq!(
        event["responseDefinition"],
        json!({ "status": 404, "fromConfiguredStub": false })
    );
    assert_eq!(event["stubMapping"]["request"], json!({ "method": "ANY" }));
    assert_eq!(event["response"]["status"], 404);
}
