//! All request keys and operators of WireMock: which calls a stub claims, and which stubs are refused.
//! Every expectation is what WireMock 3.13.2 itself does.

use serde_json::{Value, json};

use crate::desk::desk;
use crate::support::Server;

/// A call: method, path, headers, body.
struct Call<'a>(&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);

/// `GET` of a path.
fn get(path: &str) -> Call<'_> {
    Call("GET", path, &[], "")
}

/// `GET /a` with headers.
fn with<'a>(headers: &'a [(&'a str, &'a str)]) -> Call<'a> {
    Call("GET", "/a", headers, "")
}

/// `POST /a` with a body.
fn post(body: &str) -> Call<'_> {
    Call("POST", "/a", &[], body)
}

/// A server on which each request pattern is tried alone.
struct Trial(Server);

impl Trial {
    fn new() -> Self {
        Self(desk())
    }

    /// A stub with this request claims the first calls, and none of the others.
    #[track_caller]
    fn check(&self, request: &Value, claims: &[Call<'_>], others: &[Call<'_>]) {
        self.0.delete("/__admin/mappings").expect(200);
        let stub = json!({ "request": request, "response": { "status": 218 } });
        self.0.post("/__admin/mappings", &stub).expect(201);
        for (calls, status) in [(claims, 218), (others, 404)] {
            for Call(method, path, headers, body) in calls {
                let answer = self.0.request(method, path, headers, Some(body));
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
    fn body(&self, pattern: &Value, claims: &[&str], others: &[&str]) {
        let claims: Vec<_> = claims.iter().map(|body| post(body)).collect();
        let others: Vec<_> = others.iter().map(|body| post(body)).collect();
        self.check(&json!({ "bodyPatterns": [pattern] }), &claims, &others);
    }

    /// The same for one pattern of the header `X`, each call with some values of it.
    #[track_caller]
    fn header(&self, pattern: &Value, claims: &[&[&str]], others: &[&[&str]]) {
        let request = json!({ "headers": { "X": pattern } });
        for (calls, claimed) in [(claims, true), (others, false)] {
            for values in calls {
                let headers: Vec<_> = values.iter().map(|value| ("X", *value)).collect();
                let call = [with(&headers)];
                match claimed {
                    true => self.check(&request, &call, &[]),
                    false => self.check(&request, &[], &call),
                }
            }
        }
    }

    /// A stub with this request is refused, and its one error points here and says this.
    #[track_caller]
    fn refused(&self, request: &Value, pointer: &str, detail: &str) {
        let stub = json!({ "request": request, "response": {} });
        let errors = self.0.post("/__admin/mappings", &stub).expect(422);
        let error = &errors["errors"][0];
        assert_eq!(error["code"], 10, "{errors}");
        assert_eq!(error["title"], "Error parsing JSON", "{errors}");
        assert_eq!(error["source"]["pointer"], pointer, "{errors}");
        let found = error["detail"].as_str().unwrap_or_default();
        assert!(found.contains(detail), "{errors}");
        assert_eq!(
            errors["errors"].as_array().map(Vec::len),
            Some(1),
            "{errors}"
        );
    }
}

#[test]
fn where_a_call_comes_from_and_goes_to() {
    let trial = Trial::new();
    trial.check(&json!({ "scheme": "http" }), &[get("/a")], &[]);
    trial.check(&json!({ "scheme": "https" }), &[], &[get("/a")]);
    trial.check(
        &json!({ "host": { "equalTo": "a.example" } }),
        &[
            with(&[("Host", "a.example")]),
            with(&[("Host", "a.example:81")]),
        ],
        &[with(&[("Host", "b.example")])],
    );
    trial.check(
        &json!({ "host": { "equalTo": "[::1]" } }),
        &[with(&[("Host", "[::1]:81")])],
        &[],
    );
    trial.check(
        &json!({ "port": 80 }),
        &[
            with(&[("Host", "a.example")]),
            with(&[("Host", "a.example:80")]),
        ],
        &[with(&[("Host", "a.example:81")])],
    );
    let forwarded = [("X-Forwarded-For", "10.0.0.1")];
    trial.check(
        &json!({ "clientIp": { "equalTo": "127.0.0.1" } }),
        &[get("/a")],
        &[with(&forwarded)],
    );
    trial.check(
        &json!({ "clientIp": { "equalTo": "10.0.0.1" } }),
        &[with(&forwarded)],
        &[get("/a")],
    );
}

#[test]
fn methods_and_urls() {
    let trial = Trial::new();
    let method = |name: &'static str| Call(name, "/a", &[], "");
    trial.check(
        &json!({ "method": "GET_OR_HEAD" }),
        &[method("GET"), method("HEAD")],
        &[method("POST")],
    );
    trial.check(
        &json!({ "method": "GET" }),
        &[method("GET")],
        &[method("HEAD")],
    );
    trial.check(
        &json!({ "method": "FOO" }),
        &[method("FOO")],
        &[method("BAR")],
    );
    trial.check(
        &json!({ "url": "/a" }),
        &[get("/a"), get("/a?")],
        &[get("/a?x")],
    );
    trial.check(&json!({ "url": "/a?" }), &[], &[get("/a"), get("/a?")]);
    trial.check(
        &json!({ "urlPathPattern": "/a/(?!admin).*" }),
        &[get("/a/b")],
        &[get("/a/admin")],
    );
    trial.check(
        &json!({ "urlPattern": r"/a/\d+\?x=[\w-.]+" }),
        &[get("/a/1?x=a-b.c")],
        &[get("/a/1")],
    );
    // What is left out may as well be null.
    trial.check(
        &json!({ "method": null, "headers": null, "bodyPatterns": null, "cookies": null }),
        &[get("/a")],
        &[],
    );
}

#[test]
fn path_templates_and_their_variables() {
    let trial = Trial::new();
    let check = |template: &str, claims: &[&str], others: &[&str]| {
        let claims: Vec<_> = claims.iter().map(|path| get(path)).collect();
        let others: Vec<_> = others.iter().map(|path| get(path)).collect();
        trial.check(&json!({ "urlPathTemplate": template }), &claims, &others);
    };
    check(
        "/a/{b}.json",
        &["/a/x.json", "/a/x.y.json?q"],
        &["/a/.json", "/a/x"],
    );
    check("/a/{b:[0-9]+}", &["/a/12", "/a/xy"], &["/a/1/2"]);
    check("/a/{b}-{c}", &["/a/x-y", "/a/x-y-z"], &["/a/xy"]);
    check("/a/**", &["/a/", "/a/b", "/a/b/c"], &["/a"]);
    check("/**/c", &["/x/c", "/x/y/c", "//c"], &["/c"]);
    check("/a/{b}/{b}", &["/a/1/2"], &["/a/1"]);
    check("/a/{}", &["/a/{}"], &["/a/1"]);
    check("/a/*", &["/a/*"], &["/a/1"]);
    let variable = |template: &str, name: &str, pattern: Value, claims: &str, other: &str| {
        let request = json!({ "urlPathTemplate": template, "pathParameters": { name: pattern } });
        trial.check(&request, &[get(claims)], &[get(other)]);
    };
    variable("/a/{b}", "b", json!({ "equalTo": "x" }), "/a/x?b=1", "/a/y");
    variable(
        "/a/{b}",
        "b",
        json!({ "equalTo": "x%20y" }),
        "/a/x%20y",
        "/a/x+y",
    );
    variable(
        "/a/{b}/{b}",
        "b",
        json!({ "equalTo": "2" }),
        "/a/1/2",
        "/a/2/1",
    );
    variable("/a/**", "0", json!({ "equalTo": "x/y" }), "/a/x/y", "/a/x");
    variable("/a/{;b*}", "b", json!({ "equalTo": "x" }), "/a/x", "/a/y");
    variable("/a/{b}", "c", json!({ "absent": true }), "/a/x", "/a");
    let other_url = json!({ "urlPath": "/a", "pathParameters": { "b": { "equalTo": "x" } } });
    trial.check(&other_url, &[get("/a")], &[]);
}

#[test]
fn several_values_of_one_name() {
    let trial = Trial::new();
    let (a, b) = (json!({ "equalTo": "a" }), json!({ "equalTo": "b" }));
    trial.header(
        &json!({ "hasExactly": [a, b] }),
        &[&["a", "b"], &["b", "a"]],
        &[&["a"], &["a", "a"], &["a", "b", "c"], &[]],
    );
    trial.header(
        &json!({ "includes": [a, b] }),
        &[&["a", "b"], &["c", "b", "a"]],
        &[&["a"], &[]],
    );
    trial.header(&json!({ "hasExactly": [] }), &[], &[&["a"], &[]]);
    trial.header(&json!({ "includes": [] }), &[&["a"]], &[&[]]);
    trial.header(
        &json!({ "not": a }),
        &[&["b"], &["a", "b"], &[]],
        &[&["a"], &["a", "a"]],
    );
    trial.header(&json!({ "and": [a, b] }), &[], &[&["a", "b"]]);
    let query = |pattern: Value, claims: &[&str], others: &[&str]| {
        let claims: Vec<_> = claims.iter().map(|path| get(path)).collect();
        let others: Vec<_> = others.iter().map(|path| get(path)).collect();
        let request = json!({ "urlPath": "/a", "queryParameters": { "x": pattern } });
        trial.check(&request, &claims, &others);
    };
    query(
        json!({ "hasExactly": [a, b] }),
        &["/a?x=a&x=b", "/a?x=b&y=1&x=a"],
        &["/a?x=a", "/a?x=a&x=b&x=c", "/a"],
    );
    query(
        json!({ "equalTo": "2024-01-01T00:00:00+01:00" }),
        &[
            "/a?x=2024-01-01T00:00:00+01:00",
            "/a?x=2024-01-01T00:00:00%2B01:00",
        ],
        &["/a?x=2024-01-01T00:00:00"],
    );
    query(json!({ "equalTo": "" }), &["/a?x", "/a?x="], &["/a"]);
}

#[test]
fn forms_cookies_and_credentials() {
    let trial = Trial::new();
    let kind = [(
        "Content-Type",
        "application/x-www-form-urlencoded; charset=utf-8",
    )];
    let form = |body: &'static str| Call("POST", "/a", &kind, body);
    let request = json!({ "formParameters": { "x": { "equalTo": "a b" } } });
    trial.check(
        &request,
        &[form("x=a+b"), form("y=1&x=a%20b"), form("x=c&x=a+b")],
        &[
            form("x=a"),
            form(""),
            post("x=a+b"),
            Call("POST", "/a?x=a+b", &kind, ""),
        ],
    );
    let absent = json!({ "formParameters": { "x": { "absent": true } } });
    trial.check(&absent, &[form("y=1"), post("x=1")], &[form("x=1")]);
    let odd = json!({ "formParameters": { "{\"a\":1}": { "equalTo": "" } } });
    trial.check(&odd, &[form("{\"a\":1}")], &[]);

    let cookie = |pattern: Value| json!({ "cookies": { "c": pattern } });
    trial.check(
        &cookie(json!({ "equalTo": "1" })),
        &[
            with(&[("Cookie", "c=1")]),
            with(&[("Cookie", "b=2; c=1")]),
            with(&[("Cookie", "c=2;c=1")]),
            with(&[("Cookie", "c=\"1\"")]),
        ],
        &[
            with(&[("Cookie", "C=1")]),
            with(&[("Cookie", "c=2")]),
            with(&[("Cookie", "b=2,c=1")]),
            get("/a"),
        ],
    );
    trial.check(
        &cookie(json!({ "absent": true })),
        &[get("/a"), with(&[("Cookie", "d=1")])],
        &[with(&[("Cookie", "c=1")])],
    );
    // Of a cookie that is not there nothing can be said but that it is absent.
    trial.check(
        &cookie(json!({ "not": { "equalTo": "1" } })),
        &[with(&[("Cookie", "c=2")])],
        &[get("/a")],
    );

    let mut request = json!({ "basicAuth": { "username": "u", "password": "p" } });
    for authorization in [None, Some(json!({ "equalTo": "x" }))] {
        if let Some(pattern) = authorization {
            request["headers"] = json!({ "Authorization": pattern });
        }
        trial.check(
            &request,
            &[
                with(&[("Authorization", "Basic dTpw")]),
                with(&[("Authorization", "BASIC dTpw")]),
            ],
            &[
                with(&[("Authorization", "Basic dTpx")]),
                with(&[("Authorization", "x")]),
                get("/a"),
            ],
        );
    }
}

#[test]
fn bodies_as_text_bytes_and_json() {
    let trial = Trial::new();
    trial.body(&json!({ "binaryEqualTo": "YQ==" }), &["a"], &["b", ""]);
    trial.body(&json!({ "binaryEqualTo": "" }), &[""], &["a"]);
    trial.body(&json!({ "equalTo": "" }), &[], &["", "a"]);
    trial.body(&json!({ "anything": "x" }), &["", "a"], &[]);
    trial.body(&json!({ "doesNotContain": "x" }), &["", "a"], &["axa"]);
    trial.body(
        &json!({ "or": [{ "absent": true }, { "matches": "(a|b)\\1" }] }),
        &["", "aa"],
        &["ab"],
    );
    trial.body(&json!({ "equalToJson": null }), &["null"], &["x", ""]);
    trial.body(
        &json!({ "equalToJson": "{\"a\":1} x" }),
        &["{\"a\":1}", "{\"a\":1} y"],
        &["{}"],
    );
    let path = |operator: Value| {
        let mut path = operator;
        path["expression"] = "$.a".into();
        json!({ "matchesJsonPath": path })
    };
    trial.body(
        &path(json!({ "not": { "equalTo": "1" } })),
        &["{\"a\":2}"],
        &["{\"a\":1}", "{}", "{\"a\":null}", "{\"a\":[]}", "x", ""],
    );
    trial.body(
        &path(json!({ "equalTo": "1000.0" })),
        &["{\"a\":1e3}"],
        &["{\"a\":1000}"],
    );
    trial.body(
        &path(json!({ "contains": "\"b\" : 1" })),
        &["{\"a\":{\"b\":1}}"],
        &["{\"a\":[{\"b\":1}]}"],
    );
    trial.body(
        &path(json!({ "matchesJsonPath": { "expression": "$.b", "equalTo": "1" } })),
        &["{\"a\":{\"b\":1}}"],
        &["{\"a\":{\"b\":2}}"],
    );
    trial.body(
        &path(json!({ "absent": true })),
        &["{}", "{\"a\":[]}", "x", ""],
        &["{\"a\":1}", "{\"a\":{}}"],
    );
    let schema = json!({ "type": "object", "required": ["a"], "properties": { "a": { "type": "integer" } } });
    trial.body(
        &json!({ "matchesJsonSchema": schema }),
        &["{\"a\":1}"],
        &["{\"a\":\"x\"}", "{}", "", "x"],
    );
    trial.body(
        &json!({ "matchesJsonSchema": schema.to_string(), "schemaVersion": "V4" }),
        &["{\"a\":1}"],
        &["{}"],
    );
    trial.body(
        &json!({ "matchesJsonSchema": { "type": "string" } }),
        &["\"x\"", "x", "5", "null"],
        &["{}", ""],
    );
    let latin = [("Content-Type", "text/plain; charset=iso-8859-1")];
    let request = json!({ "bodyPatterns": [{ "equalTo": "Ã©" }] });
    trial.check(&request, &[Call("POST", "/a", &latin, "é")], &[post("é")]);
}

#[test]
fn xml_and_times() {
    let trial = Trial::new();
    trial.body(
        &json!({ "equalToXml": "<a><b>1</b></a>" }),
        &["<a> <b>1</b></a>"],
        &["<a/>", "x", ""],
    );
    trial.body(
        &json!({ "equalToXml": "<a>[[xmlunit.ignore]]</a>", "enablePlaceholders": true, "placeholderOpeningDelimiterRegex": "\\[\\[", "placeholderClosingDelimiterRegex": "]]" }),
        &["<a>x</a>"],
        &["<b>x</b>"],
    );
    trial.body(
        &json!({ "equalToXml": "<a x='1'/>", "exemptedComparisons": ["ATTR_VALUE"] }),
        &["<a x='2'/>"],
        &["<a y='2'/>"],
    );
    trial.body(
        &json!({ "equalToXml": "<a><b>1</b><b>2</b></a>", "ignoreOrderOfSameNode": true }),
        &["<a><b>2</b><b>1</b></a>"],
        &["<a><b>2</b></a>"],
    );
    trial.body(
        &json!({ "equalToXml": "<a xmlns='u'/>", "namespaceAwareness": "NONE" }),
        &["<a xmlns='u'/>"],
        &["<a/>"],
    );
    trial.body(
        &json!({ "matchesXPath": "//a[text()='1']" }),
        &["<x><a>1</a></x>"],
        &["<x><a>2</a></x>", "x", ""],
    );
    let path = json!({ "expression": "//p:a/text()", "equalTo": "1" });
    let spaces = json!({ "p": "urn:x" });
    trial.body(
        &json!({ "matchesXPath": path, "xPathNamespaces": spaces }),
        &["<x xmlns='urn:x'><a>1</a></x>"],
        &["<x xmlns='urn:x'><a>2</a></x>", "<x><a>1</a></x>"],
    );
    let absent = json!({ "expression": "//a", "absent": true });
    trial.body(
        &json!({ "matchesXPath": absent }),
        &[],
        &["<x/>", "<x><a/></x>", "x", ""],
    );

    let header = |pattern: Value, claims: &str, other: &str| {
        trial.header(&pattern, &[&[claims]], &[&[other], &[]]);
    };
    let (old, new) = ("2001-01-01T00:00:00Z", "2099-01-01T00:00:00Z");
    header(json!({ "before": "now" }), old, new);
    header(json!({ "after": "now +3 days" }), new, old);
    header(
        json!({ "before": "now", "expectedOffset": 3, "expectedOffsetUnit": "days" }),
        old,
        new,
    );
    header(
        json!({ "equalToDateTime": "2020-01-02T00:00:00Z", "actualFormat": "dd/MM/yyyy" }),
        "02/01/2020",
        "03/01/2020",
    );
    header(
        json!({ "and": [{ "after": old }, { "before": new }] }),
        "2020-01-01T00:00:00Z",
        old,
    );
}

#[test]
fn relative_times_count_from_the_sandboxs_clock() {
    let trial = Trial::new();
    let server = &trial.0;
    let frozen = json!({ "mode": "frozen", "now": "2050-01-01T00:00:00Z" });
    server.put("/__admin/clock", &frozen).expect(200);
    let inside = json!({ "and": [{ "after": "now -1 days" }, { "before": "now +1 days" }] });
    trial.header(
        &inside,
        &[&["2050-01-01T12:00:00Z"]],
        &[&["2049-12-30T00:00:00Z"], &["2050-01-03T00:00:00Z"]],
    );
}

#[test]
fn parts_of_a_form() {
    let trial = Trial::new();
    let kind = [("Content-Type", "multipart/form-data; boundary=\"X\"")];
    let one = "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n";
    let two = "--X\r\nContent-Disposition: form-data; name=\"b\"; filename=\"f.txt\"\r\nX-H: 1\r\nX-H: 2\r\n\r\ntwo\r\n";
    let both = format!("{one}{two}--X--\r\n");
    let (one, two) = (format!("{one}--X--\r\n"), format!("{two}--X--\r\n"));
    let none = "--X--\r\n".to_owned();
    let nameless = "--X\r\nContent-Disposition: form-data\r\n\r\none\r\n--X--\r\n".to_owned();
    let check = |patterns: Value, claims: &[&String], others: &[&String]| {
        let claims: Vec<_> = claims
            .iter()
            .map(|body| Call("POST", "/a", &kind, body))
            .collect();
        let others: Vec<_> = others
            .iter()
            .map(|body| Call("POST", "/a", &kind, body))
            .collect();
        trial.check(&json!({ "multipartPatterns": patterns }), &claims, &others);
    };
    check(json!([]), &[&both, &none], &[]);
    check(json!([{}]), &[&both, &one], &[&none, &nameless]);
    check(json!([{ "name": "other" }]), &[&both], &[&none]);
    check(
        json!([{ "bodyPatterns": [{ "equalTo": "two" }] }]),
        &[&both, &two],
        &[&one, &none],
    );
    check(
        json!([{ "matchingType": "ALL", "bodyPatterns": [{ "equalTo": "two" }] }]),
        &[&two],
        &[&both, &none],
    );
    check(
        json!([{ "bodyPatterns": [{ "equalTo": "one" }] }, { "bodyPatterns": [{ "binaryEqualTo": "dHdv" }] }]),
        &[&both],
        &[&one, &two],
    );
    check(
        json!([{ "fileName": "f.txt", "headers": {} }]),
        &[&both, &two],
        &[&one],
    );
    check(json!([{ "fileName": "other" }]), &[&one], &[&none]);
    check(
        json!([{ "headers": { "x-h": { "hasExactly": [{ "equalTo": "2" }, { "equalTo": "1" }] } } }]),
        &[&two],
        &[&one],
    );
    check(
        json!([{ "headers": { "Content-Disposition": { "contains": "name=\"b\"" } } }]),
        &[&both],
        &[&one],
    );
    trial.check(&json!({ "multipartPatterns": [{}] }), &[], &[post(&both)]);
}

#[test]
fn what_wiremock_refuses_is_refused() {
    let trial = Trial::new();
    let header = |pattern: Value, pointer: &str, detail: &str| {
        let pointer = format!("/request/headers/X{pointer}");
        trial.refused(&json!({ "headers": { "X": pattern } }), &pointer, detail);
    };
    header(json!({}), "", "no operator");
    header(json!("a"), "", "expected an object");
    header(json!({ "equalTo": 5 }), "/equalTo", "expected a string");
    header(
        json!({ "anything": true }),
        "/anything",
        "expected a string",
    );
    header(
        json!({ "and": [{ "equalTo": "a" }] }),
        "/and",
        "too few operators",
    );
    header(
        json!({ "and": { "equalTo": "a" } }),
        "/and",
        "expected a list",
    );
    header(
        json!({ "binaryEqualTo": "YQ==" }),
        "/binaryEqualTo",
        "cannot stand here",
    );
    header(
        json!({ "and": [{ "absent": true }, { "includes": [] }] }),
        "/and/1/includes",
        "cannot stand here",
    );
    header(
        json!({ "hasExactly": [{ "includes": [] }] }),
        "/hasExactly/0/includes",
        "cannot stand here",
    );
    header(
        json!({ "hasExactly": ["a"] }),
        "/hasExactly/0",
        "expected an object",
    );
    header(json!({ "matches": "a(" }), "/matches", "unclosed group");
    header(json!({ "matches": "a)(b" }), "/matches", "unopened group");
    header(
        json!({ "before": "now", "expectedOffset": 1, "expectedOffsetUnit": "nopes" }),
        "/expectedOffsetUnit",
        "unknown unit `nopes`",
    );
    header(
        json!({ "before": "now", "truncateActual": "nope" }),
        "/truncateActual",
        "unknown truncation `nope`",
    );
    let body = |pattern: Value, pointer: &str, detail: &str| {
        let pointer = format!("/request/bodyPatterns/0{pointer}");
        trial.refused(&json!({ "bodyPatterns": [pattern] }), &pointer, detail);
    };
    body(
        json!({ "hasExactly": [] }),
        "/hasExactly",
        "cannot stand here",
    );
    body(
        json!({ "binaryEqualTo": "%%" }),
        "/binaryEqualTo",
        "not base64",
    );
    body(
        json!({ "equalToJson": "{\"a\":" }),
        "/equalToJson",
        "not JSON",
    );
    body(
        json!({ "equalToJson": "" }),
        "/equalToJson",
        "the text is empty",
    );
    body(
        json!({ "matchesJsonPath": "$.." }),
        "/matchesJsonPath",
        "not a JSONPath",
    );
    body(
        json!({ "matchesJsonPath": { "equalTo": "a" } }),
        "/matchesJsonPath",
        "no `expression`",
    );
    body(
        json!({ "matchesJsonPath": { "expression": "$.a" } }),
        "/matchesJsonPath",
        "no operator",
    );
    body(
        json!({ "matchesJsonSchema": {}, "schemaVersion": "V8" }),
        "/schemaVersion",
        "expected one of V4",
    );
    body(json!({ "equalToXml": "<a>" }), "/equalToXml", "");
    body(
        json!({ "equalToXml": "<a/>", "exemptedComparisons": ["NOPE"] }),
        "/exemptedComparisons/0",
        "unknown comparison `NOPE`",
    );
    trial.refused(
        &json!({ "cookies": { "c": { "includes": [] } } }),
        "/request/cookies/c/includes",
        "cannot stand here",
    );
    trial.refused(
        &json!({ "multipartPatterns": [{ "matchingType": "any" }] }),
        "/request/multipartPatterns/0/matchingType",
        "expected one of ALL, ANY",
    );
    trial.refused(&json!({ "bogus": 1 }), "/request/bogus", "unknown key");
}

#[test]
fn what_could_only_fail_at_each_request_is_refused_at_once() {
    let trial = Trial::new();
    let body = |pattern: Value, pointer: &str, detail: &str| {
        let pointer = format!("/request/bodyPatterns/0{pointer}");
        trial.refused(&json!({ "bodyPatterns": [pattern] }), &pointer, detail);
    };
    body(
        json!({ "equalTo": "a", "contains": "b" }),
        "/contains",
        "one operator",
    );
    body(
        json!({ "matches": "a{1000}{1000}{1000}" }),
        "/matches",
        "too large",
    );
    body(
        json!({ "matchesJsonSchema": { "type": "nonsense" } }),
        "/matchesJsonSchema",
        "not a JSON Schema",
    );
    body(
        json!({ "matchesJsonSchema": { "$ref": "#" } }),
        "/matchesJsonSchema",
        "without end",
    );
    body(json!({ "before": "nope" }), "/before", "no date");
    let matcher = json!({ "customMatcher": { "name": "mine", "parameters": {} } });
    trial.refused(&matcher, "/request/customMatcher", "unknown matcher `mine`");
    trial.refused(
        &json!({ "url": "/a", "urlPath": "/a" }),
        "/request/urlPath",
        "one URL",
    );
}

#[test]
fn rough_input_is_no_match() {
    let trial = Trial::new();
    let deep = "[".repeat(100_000);
    trial.body(
        &json!({ "matchesJsonPath": "$..a" }),
        &["[{\"a\":1}]"],
        &[&deep, "[1"],
    );
    trial.body(&json!({ "equalToJson": [] }), &["[]"], &[&deep]);
    let many = "a".repeat(100_000);
    trial.body(&json!({ "matches": "(a+)+(?=b)" }), &[], &[&many]);
    trial.body(&json!({ "matches": "(a+)+b" }), &["ab"], &[&many]);
    let kind = [("Content-Type", "multipart/form-data; boundary=X")];
    let parts = "--X\r\n\r\n".repeat(10_000);
    trial.check(
        &json!({ "multipartPatterns": [{}] }),
        &[],
        &[Call("POST", "/a", &kind, &parts)],
    );
}
