//! Stubs in WireMock's words: which calls they claim, by every key and operator.

use serde_json::{Value, json};

use crate::desk::desk;
use crate::support::Server;

/// A call: method, path, headers, body.
type Call<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);

const fn get(path: &str) -> Call<'_> {
    ("GET", path, &[], "")
}

const fn with<'a>(headers: &'a [(&'a str, &'a str)]) -> Call<'a> {
    ("GET", "/a", headers, "")
}

/// A server on which each pattern is tried alone.
struct Trial {
    server: Server,
}

impl Trial {
    fn new() -> Self {
        Self { server: desk() }
    }

    /// A stub with this pattern claims the first calls, and none of the others.
    #[track_caller]
    fn check(&self, request: &Value, claims: &[Call<'_>], others: &[Call<'_>]) {
        self.server.delete("/__admin/mappings").expect(200);
        let stub = json!({ "request": request, "response": { "status": 218 } });
        self.server.post("/__admin/mappings", &stub).expect(201);
        for (calls, status) in [(claims, 218), (others, 404)] {
            for (method, path, headers, body) in calls {
                let answer = self.server.request(method, path, headers, Some(body));
                let call = format!("{method} {path} {headers:?} {body}");
                assert_eq!(
                    answer.status, status,
                    "{request} on {call}: {}",
                    answer.text
                );
            }
        }
    }

    /// The same for one pattern of a body.
    #[track_caller]
    fn check_body(&self, pattern: &Value, claims: &[&str], others: &[&str]) {
        let request = json!({ "bodyPatterns": [pattern] });
        self.check(&request, &posts(claims), &posts(others));
    }
}

fn posts<'a>(bodies: &[&'a str]) -> Vec<Call<'a>> {
    bodies
        .iter()
        .map(|body| ("POST", "/a", &[][..], *body))
        .collect()
}

#[test]
fn methods_and_urls() {
    let trial = Trial::new();
    let check = |request: Value, claims: &[Call<'_>], others: &[Call<'_>]| {
        trial.check(&request, claims, others);
    };
    let delete = ("DELETE", "/a", &[][..], "");
    let patch = ("PATCH", "/a", &[][..], "x");
    check(
        json!({ "method": "GET" }),
        &[get("/a"), get("/b?c=d")],
        &[delete, patch],
    );
    check(
        json!({ "method": "ANY", "urlPath": "/a" }),
        &[get("/a"), delete, patch],
        &[get("/b")],
    );
    check(json!({ "urlPath": "/a" }), &[get("/a"), delete, patch], &[]);
    check(json!({}), &[get("/"), get("/a"), delete, patch], &[]);
    check(
        json!({ "url": "/a?x=1" }),
        &[get("/a?x=1")],
        &[get("/a"), get("/a?x=2"), get("/a?x=1&y=2"), get("/a/?x=1")],
    );
    check(
        json!({ "url": "/a" }),
        &[get("/a")],
        &[get("/a?x=1"), get("/A"), get("/a/")],
    );
    check(
        json!({ "urlPath": "/a" }),
        &[get("/a"), get("/a?x=1"), get("/a?")],
        &[get("/a/"), get("/a/b"), get("/b/a"), get("/")],
    );
    check(
        json!({ "urlPattern": "/a\\?x=[0-9]+" }),
        &[get("/a?x=1"), get("/a?x=42")],
        &[get("/a"), get("/a?x="), get("/a?x=1b"), get("/b/a?x=1")],
    );
    check(
        json!({ "urlPathPattern": "/a/[0-9]+" }),
        &[get("/a/1"), get("/a/42?x=y")],
        &[get("/a/"), get("/a/1/b"), get("/a/b"), get("/z/a/1")],
    );
    check(
        json!({ "urlPathPattern": "/a|/b" }),
        &[get("/a"), get("/b")],
        &[get("/ab"), get("/a/b")],
    );
    check(
        json!({ "urlPathTemplate": "/c/{id}/t/{number}" }),
        &[get("/c/1/t/2"), get("/c/x%20y/t/2?z=1")],
        &[
            get("/c/1/t"),
            get("/c/1/t/2/3"),
            get("/c/1/u/2"),
            get("/d/1/t/2"),
        ],
    );
}

#[test]
fn headers_and_query_parameters() {
    let trial = Trial::new();
    let header = |operator: Value, claims: &[&[(&str, &str)]], others: &[&[(&str, &str)]]| {
        let claims: Vec<Call<'_>> = claims.iter().map(|headers| with(headers)).collect();
        let others: Vec<Call<'_>> = others.iter().map(|headers| with(headers)).collect();
        trial.check(
            &json!({ "headers": { "X-Kind": operator } }),
            &claims,
            &others,
        );
    };
    header(
        json!({ "equalTo": "a" }),
        &[
            &[("X-Kind", "a")],
            &[("x-kind", "a")],
            &[("X-Kind", "b"), ("X-Kind", "a")],
        ],
        &[
            &[("X-Kind", "A")],
            &[("X-Kind", "ab")],
            &[("X-Other", "a")],
            &[],
        ],
    );
    header(
        json!({ "equalTo": "Abc", "caseInsensitive": true }),
        &[&[("X-Kind", "aBC")]],
        &[&[("X-Kind", "abcd")]],
    );
    header(
        json!({ "contains": "json" }),
        &[&[("X-Kind", "a/json;b")]],
        &[&[("X-Kind", "xml")], &[]],
    );
    header(
        json!({ "absent": true }),
        &[&[]],
        &[&[("X-Kind", "a")], &[("X-Kind", "")]],
    );
    header(
        json!({ "doesNotMatch": "a.*" }),
        &[&[("X-Kind", "ba")]],
        &[&[("X-Kind", "ab")]],
    );

    let query = |parameters: Value, claims: &[&str], others: &[&str]| {
        let calls = |queries: &[&str]| -> Vec<String> {
            queries.iter().map(|query| format!("/a{query}")).collect()
        };
        let (claims, others) = (calls(claims), calls(others));
        let claims: Vec<Call<'_>> = claims.iter().map(|path| get(path)).collect();
        let others: Vec<Call<'_>> = others.iter().map(|path| get(path)).collect();
        trial.check(
            &json!({ "urlPath": "/a", "queryParameters": parameters }),
            &claims,
            &others,
        );
    };
    query(
        json!({ "q": { "equalTo": "a b" } }),
        &["?q=a%20b", "?q=a+b", "?x=1&q=a+b", "?q=z&q=a+b"],
        &["", "?q=a", "?Q=a+b", "?p=a+b"],
    );
    query(
        json!({ "q": { "absent": true } }),
        &["", "?p=1"],
        &["?q=1", "?q="],
    );
    query(
        json!({ "q": { "matches": "[0-9]+" } }),
        &["?q=12"],
        &["?q=1b", "?q=", ""],
    );
    // All must hold.
    query(
        json!({ "q": { "equalTo": "1" }, "p": { "contains": "x" } }),
        &["?q=1&p=axb", "?p=x&q=1"],
        &["?q=1", "?p=x", "?q=2&p=x"],
    );
}

#[test]
fn operators_on_texts() {
    let trial = Trial::new();
    let check = |pattern: Value, claims: &[&str], others: &[&str]| {
        trial.check_body(&pattern, claims, others);
    };
    check(
        json!({ "equalTo": "abc" }),
        &["abc"],
        &["ab", "abcd", "ABC", ""],
    );
    check(
        json!({ "equalTo": "abc", "caseInsensitive": true }),
        &["abc", "aBc"],
        &["abcd"],
    );
    check(json!({ "contains": "b" }), &["b", "abc"], &["ac", "B", ""]);
    check(
        json!({ "matches": "a.c" }),
        &["abc", "azc"],
        &["abcd", "zabc", ""],
    );
    check(json!({ "matches": "a|b" }), &["a", "b"], &["ab", "c"]);
    check(json!({ "doesNotMatch": "a.c" }), &["abcd", "x"], &["abc"]);
    check(json!({ "absent": true }), &[""], &["a"]);
    let both = json!({ "bodyPatterns": [{ "contains": "a" }, { "contains": "b" }] });
    trial.check(&both, &posts(&["ab", "b a"]), &posts(&["a", "b"]));
}

#[test]
fn operators_on_json() {
    let trial = Trial::new();
    let check = |pattern: Value, claims: &[&str], others: &[&str]| {
        trial.check_body(&pattern, claims, others);
    };
    check(
        json!({ "equalToJson": { "a": 1, "b": [1, 2] } }),
        &[r#"{"a":1,"b":[1,2]}"#, "{ \"b\": [1, 2],\n \"a\": 1.0 }"],
        &[
            r#"{"a":1,"b":[2,1]}"#,
            r#"{"a":1}"#,
            r#"{"a":1,"b":[1,2],"c":3}"#,
            r#"{"a":"1","b":[1,2]}"#,
            "a",
            "",
        ],
    );
    check(
        json!({ "equalToJson": "{\"a\": 1}" }),
        &[r#"{"a":1}"#],
        &[r#"{"a":2}"#],
    );
    check(
        json!({ "equalToJson": [1, 2], "ignoreArrayOrder": true }),
        &["[1,2]", "[2,1]"],
        &["[1]", "[1,2,2]", "[1,3]"],
    );
    check(
        json!({ "equalToJson": { "a": { "b": 1 } }, "ignoreExtraElements": true }),
        &[r#"{"a":{"b":1}}"#, r#"{"a":{"b":1,"c":2},"d":3}"#],
        &[r#"{"a":{"c":2}}"#, "{}"],
    );
    check(
        json!({ "equalToJson": { "id": "${json-unit.any-string}", "at": "${json-unit.ignore}" } }),
        &[r#"{"id":"x","at":1}"#, r#"{"id":"","at":{"y":[]}}"#],
        &[r#"{"id":1,"at":1}"#, r#"{"at":1}"#],
    );
    check(
        json!({ "matchesJsonPath": "$.a.b" }),
        &[r#"{"a":{"b":1}}"#, r#"{"a":{"b":"x"}}"#],
        &[r#"{"a":{}}"#, r#"{"b":1}"#, "[]", "not json"],
    );
    check(
        json!({ "matchesJsonPath": "$.list[?(@.price > 10)]" }),
        &[r#"{"list":[{"price":5},{"price":11}]}"#],
        &[r#"{"list":[{"price":10}]}"#, r#"{"list":[]}"#],
    );
    check(
        json!({ "matchesJsonPath": { "expression": "$.a", "equalTo": "x" } }),
        &[r#"{"a":"x"}"#],
        &[r#"{"a":"y"}"#, r#"{"b":"x"}"#],
    );
    check(
        json!({ "matchesJsonPath": { "expression": "$.list[*].id", "contains": "b" } }),
        &[r#"{"list":[{"id":"a"},{"id":"abc"}]}"#],
        &[r#"{"list":[{"id":"a"}]}"#],
    );
    check(
        json!({ "matchesJsonPath": { "expression": "$.a", "absent": true } }),
        &[r#"{"b":1}"#],
        &[r#"{"a":1}"#],
    );
    check(
        json!({ "matchesJsonPath": { "expression": "$.a", "equalToJson": { "b": [1] } } }),
        &[r#"{"a":{"b":[1]},"c":2}"#],
        &[r#"{"a":{"b":[2]}}"#],
    );
}

#[test]
fn the_highest_priority_answers_and_the_newest_among_equals() {
    let server = desk();
    let add = |body: &str, priority: Option<u32>| {
        let mut stub =
            json!({ "request": { "urlPathPattern": "/r.*" }, "response": { "body": body } });
        if let Some(priority) = priority {
            stub["priority"] = priority.into();
        }
        let made = server.post("/__admin/mappings", &stub).expect(201);
        made["id"].as_str().expect("an id").to_owned()
    };
    let answers = |body: &str| assert_eq!(server.get("/r").text, body);
    add("first", None);
    answers("first");
    let second = add("second", None);
    answers("second");
    add("late", Some(6));
    answers("second");
    // 5 is the default: a stub that says so is no better than one that says nothing.
    let five = add("five", Some(5));
    answers("five");
    let high = add("high", Some(1));
    answers("high");
    add("higher than five", Some(2));
    answers("high");
    // An exact URL is no better than a pattern.
    let exact = json!({ "request": { "url": "/r" }, "response": { "body": "exact" } });
    server.post("/__admin/mappings", &exact).expect(201);
    answers("high");
    for id in [high, five, second] {
        server
            .delete(&format!("/__admin/mappings/{id}"))
            .expect(200);
    }
    answers("higher than five");
}

#[test]
fn a_sandboxs_stub_lies_over_the_packs() {
    let server = desk();
    let list = || server.post("/desk/list_contacts", &json!({}));
    assert_eq!(list().expect(200)["total"], 1);
    let stub =
        json!({ "request": { "urlPath": "/desk/list_contacts" }, "response": { "body": "mine" } });
    let made = server.post("/__admin/mappings", &stub).expect(201);
    assert_eq!(list().text, "mine");
    let id = made["id"].as_str().expect("an id");
    server
        .delete(&format!("/__admin/mappings/{id}"))
        .expect(200);
    assert_eq!(list().expect(200)["total"], 1);
}
