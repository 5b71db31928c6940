//! Near misses and the diff, as WireMock's clients read them. What is expected was asked of
//! WireMock 3.13.2.

use serde_json::{Value, json};

use crate::desk::desk;
use crate::launch::Folder;
use crate::support::Server;

/// A server that has nothing but what is given to it: a WireMock to its callers.
fn bare(name: &str) -> (Folder, Server) {
    let folder = Folder::new(name);
    std::fs::create_dir_all(folder.path.join("mappings")).expect("a folder");
    let server = Server::with(&["--stubs", &folder.path.to_string_lossy()]);
    (folder, server)
}

fn put_stub(server: &Server, mapping: &Value) {
    server.post("/__admin/mappings", mapping).expect(201);
}

/// The middle of a diff: the rows between its head and its foot.
fn rows(text: &str) -> Vec<&str> {
    let rows = text.lines().skip(7);
    rows.take_while(|row| !row.starts_with("---")).collect()
}

fn distances(found: &Value) -> Vec<f64> {
    let misses = found["nearMisses"].as_array().expect("a list");
    let distance = |miss: &Value| miss["matchResult"]["distance"].as_f64().expect("a number");
    misses.iter().map(distance).collect()
}

#[test]
fn a_server_without_packs_answers_wiremocks_text() {
    let (_folder, server) = bare("near-misses-text");
    let nothing = server.get("/x");
    assert_eq!(nothing.status, 404);
    assert_eq!(
        nothing.text,
        "No response could be served as there are no stub mappings in this WireMock instance."
    );
    put_stub(
        &server,
        &json!({
            "name": "a stub",
            "request": {
                "method": "POST", "urlPath": "/a",
                "headers": { "X-Foo": { "equalTo": "bar" }, "X-Bar": { "matches": "b.*" } },
                "queryParameters": { "q": { "matches": "[0-9]+" } },
                "bodyPatterns": [{ "equalToJson": { "a": 1, "b": [1, {}] } }, { "contains": "a" }],
            },
            "response": {},
        }),
    );
    let headers = [("X-Foo", "bar"), ("X-Bar", "c"), ("X-Bar", "d")];
    let answer = server.request("PUT", "/ab?q=1", &headers, Some("{\"a\":2}"));
    assert_eq!(answer.status, 404);
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain;charset=UTF-8")
    );
    let row = |left: &str, right: &str| format!("{left:59}|{right}");
    let wrong = |left: &str, right: &str, complaint: &str| {
        row(left, &format!(" {right:52}<<<<< {complaint}"))
    };
    assert_eq!(
        rows(&answer.text),
        [
            row("", ""),
            row("a stub", ""),
            row("", ""),
            wrong("POST", "PUT", "HTTP method does not match"),
            wrong("[path] /a", "/ab?q=1", "URL does not match"),
            row("", ""),
            row("X-Foo: bar", " X-Foo: bar"),
            wrong("X-Bar [matches] : b.*", "X-Bar: c", "Header does not match"),
            row("", " X-Bar: d"),
            row("", ""),
            row("Query: q [matches] [0-9]+", " q: 1"),
            row("", ""),
            wrong("[equalToJson]", "", "Body does not match"),
            row("{", " {"),
            row("  \"a\" : 1,", "   \"a\" : 2"),
            row("  \"b\" : [ 1, { } ]", " }"),
            row("}", ""),
            row("", ""),
        ]
    );
    // The journal tells it as WireMock's does: in an event below the call.
    let event = &server.get("/__admin/requests?limit=1").expect(200)["requests"][0];
    assert_eq!(event["subEvents"][0]["type"], "REQUEST_NOT_MATCHED");
    assert_eq!(event["subEvents"][0]["data"]["report"], answer.text);
    assert_eq!(
        event["response"],
        json!({ "status": 404, "bodyAsBase64": "", "body": "" })
    );
}

#[test]
fn long_texts_are_wrapped_and_the_width_is_the_callers() {
    let (_folder, server) = bare("near-misses-width");
    let wanted =
        "some long text that goes on and on beyond the width of a column of this table, and more";
    put_stub(
        &server,
        &json!({ "request": { "method": "POST", "bodyPatterns": [{ "equalTo": wanted }] } }),
    );
    let answer = server.request("POST", "/x", &[], Some("short"));
    let row = |left: &str, right: &str| format!("{left:59}|{right}");
    assert_eq!(
        rows(&answer.text)[4..7],
        [
            row("[equalTo]", &format!(" {:52}<<<<< Body does not match", "")),
            row("some long text that goes on and on beyond the", " short"),
            row("width of a column of this table, and more", ""),
        ]
    );
    let width = |text: &str| {
        let headers = [("X-WireMock-Console-Width", text)];
        let answer = server.request("POST", "/x", &headers, Some("short"));
        let rule = answer.text.lines().find(|line| line.starts_with("---"));
        rule.map(str::len)
    };
    assert_eq!(width("69"), Some(69));
    for bad in ["0", "-1", "x", "99999999999999999999"] {
        assert!(width(bad).is_some_and(|width| (40..=500).contains(&width)));
    }
    assert_eq!(width("4000000000"), Some(500));
}

#[test]
fn urls_that_cannot_match_get_a_hint() {
    let (_folder, server) = bare("near-misses-hints");
    for (request, complaint) in [
        (
            json!({ "urlPattern": "/a?x=1" }),
            "URL does not match. When using a regex, \"?\" should be \"\\?\"",
        ),
        (json!({ "urlPattern": "/a\\?x=2" }), "URL does not match"),
        (
            json!({ "urlPath": "a" }),
            "URL does not match. URLs must start with a /",
        ),
    ] {
        server.delete("/__admin/mappings");
        put_stub(&server, &json!({ "request": request }));
        let text = server.get("/a?x=1").text;
        assert!(text.contains(&format!("<<<<< {complaint}\n")), "{text}");
    }
}

#[test]
fn a_scenario_in_another_state_is_shown() {
    let (_folder, server) = bare("near-misses-scenario");
    put_stub(
        &server,
        &json!({ "scenarioName": "s", "requiredScenarioState": "two", "request": { "url": "/x" } }),
    );
    let text = server.get("/x").text;
    let row = format!(
        "{:59}| {:52}<<<<< Scenario does not match",
        "[Scenario 's' state: two]", "[Scenario 's' state: Started]"
    );
    assert!(rows(&text).contains(&row.as_str()), "{text}");
}

#[test]
fn a_server_with_packs_answers_a_problem_with_the_text_in_it() {
    let server = desk();
    let answer = server.delete("/desk/nothing");
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    let problem = answer.expect(404);
    let text = problem["diff"].as_str().expect("a text");
    assert!(text.contains("<<<<< "), "{text}");
    assert_eq!(problem["nearMisses"].as_array().map(Vec::len), Some(2));
    let event = &server.get("/__admin/requests").expect(200)["requests"][0];
    assert_eq!(event["subEvents"][0]["data"]["report"], text);
}

#[test]
fn the_nearest_stubs_of_a_described_request_are_found() {
    let (_folder, server) = bare("near-misses-request");
    for request in [
        json!({ "method": "POST", "urlPath": "/a" }),
        json!({ "method": "GET", "url": "/abc" }),
        json!({ "method": "ANY", "urlPathTemplate": "/things/{id}" }),
        json!({ "method": "PUT", "urlPattern": "/r.*" }),
    ] {
        put_stub(&server, &json!({ "request": request }));
    }
    let request = json!({
        "url": "/aa?x=1", "absoluteUrl": "http://api.example.com/aa?x=1", "method": "GET",
        "headers": { "X-Foo": ["1", "2"] }, "bodyAsBase64": "eyJhIjoxfQ==", "unknown": 1,
    });
    let found = server
        .post("/__admin/near-misses/request", &request)
        .expect(200);
    let near = &found["nearMisses"][0];
    assert_eq!(
        near["request"],
        json!({
            "url": "/aa?x=1", "absoluteUrl": "http://api.example.com/aa?x=1", "method": "GET",
            "headers": { "X-Foo": ["1", "2"] }, "browserProxyRequest": false,
            "bodyAsBase64": "eyJhIjoxfQ==", "body": "{\"a\":1}",
            "scheme": "http", "host": "api.example.com", "port": 80,
            "queryParams": { "x": { "key": "x", "values": ["1"] } }, "formParams": {},
        })
    );
    assert_eq!(near["stubMapping"]["request"]["urlPath"], "/a");
    assert_eq!(near["matchResult"]["subEvents"], json!([]));
    assert_eq!(near["matchResult"]["diffDescriptions"], json!([]));
    let expected = [19.0 / 3.0 / 39.0, 50.0 / 7.0 / 39.0, 80.0 / 9.0 / 39.0];
    let found = distances(&found);
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }
    let fits = json!({ "url": "/things/7", "method": "PATCH" });
    let fits = server.post("/__admin/near-misses/request", &fits);
    assert_eq!(distances(&fits.expect(200))[0], 0.0);
}

#[test]
fn described_requests_that_are_none_are_refused() {
    let server = desk();
    for body in [
        "",
        "xx",
        "[]",
        "\"a\"",
        "{\"method\":1}",
        "{\"method\":\"a b\"}",
        "{\"bodyAsBase64\":\"$\"}",
        "{\"headers\":{\"a b\":\"c\"}}",
    ] {
        let answer = server.post("/__admin/near-misses/request", &json!(body));
        let errors = &answer.expect(422)["errors"];
        assert_eq!(errors[0]["title"], "Error parsing JSON", "{body}");
    }
}

#[test]
fn the_nearest_calls_of_a_pattern_are_found() {
    let server = desk();
    let ask = |pattern: &Value| {
        let answer = server.post("/__admin/near-misses/request-pattern", pattern);
        answer.expect(200)["nearMisses"].clone()
    };
    assert_eq!(ask(&json!({ "url": "/ab" })), json!([]));
    for path in ["/ab", "/abc", "/zzzzzz", "/xy", "/abc"] {
        server.get(path);
    }
    let found = ask(&json!({ "url": "/abd" }));
    let found = found.as_array().expect("a list");
    let urls: Vec<&Value> = found.iter().map(|miss| &miss["request"]["url"]).collect();
    assert_eq!(urls, ["/abc", "/abc", "/ab"]);
    assert_eq!(
        found[0]["requestPattern"],
        json!({ "url": "/abd", "method": "ANY" })
    );
    for body in ["", "xx", "[]", "{\"bogus\":1}"] {
        let answer = server.post("/__admin/near-misses/request-pattern", &json!(body));
        assert_eq!(answer.expect(422)["errors"][0]["code"], 10, "{body}");
    }
}

#[test]
fn every_unmatched_call_has_its_near_misses() {
    let server = desk();
    let near = |sandbox: &str| {
        let path = format!("{sandbox}/__admin/requests/unmatched/near-misses");
        server.get(&path).expect(200)["nearMisses"].clone()
    };
    assert_eq!(near(""), json!([]));
    put_stub(
        &server,
        &json!({ "request": { "method": "GET", "urlPath": "/quite/alone" } }),
    );
    server.get("/quite/alone");
    server.get("/quite/alon");
    server.post("/quite/alone", &json!({}));
    let found = near("");
    let found = found.as_array().expect("a list");
    assert_eq!(found.len(), 6);
    for (at, url) in [(0, "/quite/alone"), (3, "/quite/alon")] {
        assert_eq!(found[at]["request"]["url"], url);
        let mapping = &found[at]["stubMapping"];
        assert_eq!(mapping["request"]["urlPath"], "/quite/alone");
    }
    // What belongs to a pack is shown as a mapping that names it.
    assert_eq!(found[1]["stubMapping"]["metadata"]["pack"], "desk");
    assert_eq!(near("/s/other"), json!([]));
}

#[test]
fn a_long_body_is_not_shown_to_the_caller_again() {
    let (_folder, server) = bare("near-misses-long");
    for member in 0..50 {
        let wanted = json!({ "equalToJson": { "a": member } });
        let request = json!({ "urlPath": "/a", "bodyPatterns": [wanted] });
        put_stub(&server, &json!({ "request": request, "response": {} }));
    }
    let long = json!({ "a": "x".repeat(300_000) }).to_string();
    let answer = server.request("POST", "/a", &[], Some(&long));
    assert_eq!(answer.status, 404);
    assert!(answer.text.contains("bytes, too many to show"));
    assert!(answer.text.len() < 10_000, "{}", answer.text.len());
}
