//! Recording, against what WireMock 3.13.2 makes of the same calls.

use http::{HeaderName, HeaderValue, Method};

use super::*;
use crate::definition::compiled::BodyPattern;
use crate::definition::load::record_spec;

fn headers(lines: &[&str]) -> HeaderMap {
    let pair = |line: &&str| {
        let (name, value) = line.split_once(": ").expect("a header");
        let name: HeaderName = name.parse().expect("a name");
        (name, HeaderValue::from_str(value).expect("a value"))
    };
    lines.iter().map(pair).collect()
}

/// A call as `METHOD /target`, its headers and body, and the headers and body of its answer.
fn seen(line: &str, asked: (&[&str], &str), answered: (&[&str], &[u8])) -> Seen {
    let (method, target) = line.split_once(' ').expect("method and target");
    let call = Call::new(
        1,
        method.parse::<Method>().expect("a method"),
        target.to_owned(),
        headers(asked.0),
        Bytes::copy_from_slice(asked.1.as_bytes()),
        String::new(),
        "".into(),
    );
    Seen {
        call,
        matched: true,
        status: 200,
        headers: headers(answered.0),
        body: Bytes::copy_from_slice(answered.1),
    }
}

fn spec(json: &str) -> RecordSpec {
    let document = serde_json::from_str(json).expect("JSON");
    record_spec(document).expect("a spec")
}

fn get(target: &str) -> Seen {
    seen(&format!("GET {target}"), (&[], ""), (&[], b""))
}

#[test]
fn a_stub_is_called_as_its_path_is() {
    for (target, name) in [
        ("/a/b%20c/d.json?x=1", "a_b-c_d.json"),
        ("/q/%c3%a9%20x", "q_e-x"),
        ("/", ""),
        ("/_x_/", "x"),
        ("/Up*Down", "updown"),
    ] {
        let made = stubs(&spec("{}"), &[get(target)]);
        assert_eq!(made[0].mapping["name"], name, "{target}");
    }
    let long = stubs(&spec("{}"), &[get(&format!("/{}", "a".repeat(300)))]);
    assert_eq!(long[0].mapping["name"], "a".repeat(200));
}

#[track_caller]
fn check_request(settings: &str, seen: Seen, expected: &Value) {
    let made = stubs(&spec(settings), &[seen]);
    assert_eq!(made[0].mapping["request"], *expected);
}

#[test]
fn a_request_is_wanted_as_it_came() {
    check_request("{}", get("/a"), &json!({ "url": "/a", "method": "GET" }));
    check_request("{}", get("/a?"), &json!({ "url": "/a", "method": "GET" }));
    let exactly = |values: &[&str]| {
        let values = values.iter().map(|value| json!({ "equalTo": value }));
        json!({ "hasExactly": values.collect::<Vec<_>>() })
    };
    let query = json!({ "x": exactly(&["1", "3"]), "flag": exactly(&[""]) });
    check_request(
        "{}",
        get("/a%20b?x=1&flag&x=3"),
        &json!({ "urlPath": "/a%20b", "method": "GET", "queryParameters": query }),
    );
    let asked = seen("GET /h", (&["x-one: Abc", "accept: */*"], ""), (&[], b""));
    check_request(
        r#"{"captureHeaders":{"X-One":{"caseInsensitive":true},"Accept":{},"X-None":{}}}"#,
        asked,
        &json!({ "url": "/h", "method": "GET", "headers": {
            "X-One": { "equalTo": "Abc", "caseInsensitive": true },
            "Accept": { "equalTo": "*/*" },
        } }),
    );
}

#[test]
fn a_body_is_wanted_as_its_type_or_the_spec_asks_for() {
    let json = "content-type: application/json; charset=utf-8";
    for (settings, kind, body, expected) in [
        (
            r#"{}"#,
            json,
            r#"{"a":1}"#,
            json!({ "equalToJson": r#"{"a":1}"#, "ignoreArrayOrder": true, "ignoreExtraElements": true }),
        ),
        (
            r#"{}"#,
            json,
            "{",
            json!({ "equalTo": "{", "caseInsensitive": false }),
        ),
        (
            r#"{}"#,
            "content-type: text/xml",
            "<a/>",
            json!({ "equalToXml": "<a/>" }),
        ),
        (
            r#"{}"#,
            "content-type: image/png",
            "abc",
            json!({ "binaryEqualTo": "YWJj" }),
        ),
        (
            r#"{}"#,
            "content-type: multipart/form-data; boundary=b",
            "x",
            json!({ "anything": "(always)" }),
        ),
        (
            r#"{}"#,
            "content-type: application/x-www-form-urlencoded",
            "a=b",
            json!({ "equalTo": "a=b", "caseInsensitive": false }),
        ),
        (
            r#"{}"#,
            "x-no: type",
            "abc",
            json!({ "equalTo": "abc", "caseInsensitive": false }),
        ),
        (
            r#"{"requestBodyPattern":{"ignoreExtraElements":false}}"#,
            json,
            "1",
            json!({ "equalToJson": "1", "ignoreArrayOrder": true, "ignoreExtraElements": false }),
        ),
        (
            r#"{"requestBodyPattern":{"matcher":"equalToJson","ignoreArrayOrder":false}}"#,
            json,
            "1",
            json!({ "equalToJson": "1", "ignoreArrayOrder": false }),
        ),
        (
            r#"{"requestBodyPattern":{"matcher":"equalTo"}}"#,
            json,
            "1",
            json!({ "equalTo": "1" }),
        ),
        (
            r#"{"requestBodyPattern":{"matcher":"equalTo","caseInsensitive":true}}"#,
            json,
            "1",
            json!({ "equalTo": "1", "caseInsensitive": true }),
        ),
        (
            r#"{"requestBodyPattern":{"matcher":"equalToXml"}}"#,
            json,
            "<a/>",
            json!({ "equalToXml": "<a/>" }),
        ),
    ] {
        let made = stubs(
            &spec(settings),
            &[seen("POST /b", (&[kind], body), (&[], b""))],
        );
        let pattern = &made[0].mapping["request"]["bodyPatterns"];
        assert_eq!(*pattern, json!([expected]), "{settings} {kind} {body}");
    }
}

#[test]
fn an_answer_is_kept_but_for_how_it_was_sent() {
    let sent = [
        "content-type: application/json",
        "content-length: 9",
        "content-encoding: gzip",
        "x-a: 1",
        "x-a: 2",
    ];
    let made = stubs(&spec("{}"), &[seen("GET /a", (&[], ""), (&sent, b"[1]"))]);
    let expected = json!({
        "status": 200, "body": "[1]",
        "headers": { "Content-Type": "application/json", "X-A": ["1", "2"] },
    });
    assert_eq!(made[0].mapping["response"], expected);
    assert_eq!(made[0].mapping["persistent"], true);
    let binary = [seen(
        "GET /a",
        (&[], ""),
        (&["content-type: image/png"], b"\x00\xff\x01"),
    )];
    let made = stubs(&spec(r#"{"persist":false}"#), &binary);
    assert_eq!(made[0].mapping["response"]["base64Body"], "AP8B");
    assert_eq!(made[0].mapping.get("persistent"), None);
    let mut unclaimed = seen("GET /a", (&[], ""), (&["x-a: 1"], b"misses"));
    (unclaimed.matched, unclaimed.status) = (false, 404);
    let made = stubs(&spec("{}"), &[unclaimed]);
    assert_eq!(made[0].mapping["response"], json!({ "status": 404 }));
}

/// The scenario, what it wants and where it goes of each stub, the last call first.
fn story(made: &[Made]) -> Vec<[String; 3]> {
    let of = |made: &Made| {
        ["scenarioName", "requiredScenarioState", "newScenarioState"].map(|key| {
            let value = made.mapping.get(key).and_then(Value::as_str);
            value.unwrap_or("-").to_owned()
        })
    };
    made.iter().map(of).collect()
}

#[test]
fn equal_calls_become_a_scenario_or_the_last_of_them_counts() {
    let calls = ["/t/x?a=1", "/u", "/t/x?a=1", "/v", "/v", "/t/x?a=1"].map(get);
    let made = stubs(&spec("{}"), &calls);
    let expected = [
        ["scenario-1-t-x", "scenario-1-t-x-3", "-"],
        ["scenario-2-v", "scenario-2-v-2", "-"],
        ["scenario-2-v", "Started", "scenario-2-v-2"],
        ["scenario-1-t-x", "scenario-1-t-x-2", "scenario-1-t-x-3"],
        ["-", "-", "-"],
        ["scenario-1-t-x", "Started", "scenario-1-t-x-2"],
    ];
    assert_eq!(story(&made), expected);
    let made = stubs(&spec(r#"{"repeatsAsScenarios":false}"#), &calls);
    assert_eq!(made.len(), 3);
    assert!(story(&made).iter().flatten().all(|word| word == "-"));
}

#[test]
fn a_large_body_stands_in_a_file() {
    let check = |settings: &str, target: &str, kind: &str, body: &[u8], expected: Option<&str>| {
        let made = stubs(
            &spec(settings),
            &[seen(&format!("GET {target}"), (&[], ""), (&[kind], body))],
        );
        let file = made[0].file.as_ref().map(|(ending, kept)| {
            assert_eq!(kept, body);
            file_name(&made[0].mapping, "ID-1", ending)
        });
        assert_eq!(file.as_deref(), expected, "{settings} {target} {kind}");
        let response = &made[0].mapping["response"];
        assert_eq!(
            file.is_none(),
            response
                .get("body")
                .or(response.get("base64Body"))
                .is_some()
        );
    };
    let (text, json, binary) = (
        "content-type: text/plain",
        "content-type: application/json",
        "content-type: application/octet-stream",
    );
    let four = r#"{"extractBodyCriteria":{"textSizeThreshold":"4","binarySizeThreshold":"2"}}"#;
    check(four, "/q/text", text, b"hello", Some("q_text-id-1.txt"));
    check(four, "/q/text", text, b"four", None);
    check(four, "/", json, b"[1,2]", Some("get--id-1.json"));
    check(
        four,
        "/a.bin",
        binary,
        b"\x00\xff\x01",
        Some("a.bin-id-1.bin"),
    );
    check(four, "/a", binary, b"\x00\xff\x01", Some("a-id-1.txt"));
    check(
        four,
        "/a",
        "content-type: image/png",
        b"\x00\xff\x01",
        Some("a-id-1.png"),
    );
    check(four, "/a", "x-no: type", b"[1]", Some("a-id-1.json"));
    check(r#"{"extractBodyCriteria":{}}"#, "/a", text, b"hello", None);
    check("{}", "/a", text, b"hello", None);
    assert_eq!(
        spec("{}").body,
        BodyPattern::Auto {
            ignore_array_order: true,
            ignore_extra_elements: true,
            case_insensitive: false
        }
    );
}
