//! Foreign formats: what they carry goes there and back.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::round_trips::cassettes;
use crate::cassette::{Bounds, Cassette, Entry, Format, Lost, read, write};

const HAR: &str = include_str!("../../../tests/integration/cassettes/browser.har");
const VCR: &str = include_str!("../../../tests/integration/cassettes/requests.yaml");
const DOCUMENT: &str = include_str!("../../../tests/integration/cassettes/harness.json");
const WIREMOCK: &str = include_str!("../../../tests/integration/cassettes/mappings.json");
const OWN: &str = include_str!("../../../tests/integration/cassettes/pay.yaml");

fn read_as(text: &str, format: Format) -> Cassette {
    let read = read("a", text.as_bytes(), Bounds::default());
    let (cassette, found) = read.unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(found, format, "{text}");
    cassette
}

fn there_and_back(cassette: &Cassette, format: Format) -> Cassette {
    read_as(&write(cassette, format).text, format)
}

#[test]
fn a_foreign_file_is_the_same_after_both_forms_of_the_own_format() {
    for (text, format) in [
        (HAR, Format::Har),
        (VCR, Format::Vcr),
        (DOCUMENT, Format::Document),
        (WIREMOCK, Format::WireMock),
        (OWN, Format::Yaml),
    ] {
        let cassette = read_as(text, format);
        assert!(cassette.entries.len() > 1);
        for own in [Format::Yaml, Format::Json] {
            let ours = there_and_back(&cassette, own);
            assert_eq!(ours, cassette);
            let again = write(&ours, format);
            assert_eq!(again.notes, Vec::<String>::new());
            assert_eq!(read_as(&again.text, format), cassette, "{}", again.text);
        }
    }
}

/// An entry in a few words.
fn told(entry: &Entry) -> String {
    let Entry {
        request, response, ..
    } = entry;
    let body = |body: &Bytes| match std::str::from_utf8(body) {
        Ok(text) => text.to_owned(),
        Err(_) => format!("{body:x?}"),
    };
    let headers = |headers: &[(String, String)]| {
        let headers = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}"));
        headers.collect::<Vec<_>>().join(", ")
    };
    format!(
        "{} {}{} [{}] {} -> {} {:?} {:?} [{}] {}",
        request.method,
        request.origin.as_deref().unwrap_or_default(),
        request.target,
        headers(&request.headers),
        body(&request.body),
        response.status,
        response.reason,
        response.lost,
        headers(&response.headers),
        body(&response.body),
    )
}

#[test]
fn samples_are_read_as_they_are_meant() {
    for (text, format, upstream, entries) in [
        (
            HAR,
            Format::Har,
            Some("https://api.shop.test"),
            &[
                "GET /v1/items?limit=2&q=caf%C3%A9 [accept: */*, cookie: session=abc]  -> 200 None None [content-type: application/json; charset=utf-8, set-cookie: a=1, set-cookie: b=2] {\"items\": [{\"id\": 1, \"price\": 1.50}], \"é\": 1}\n",
                "POST /v1/orders [content-type: application/x-www-form-urlencoded] item=a%20b&n=1 -> 201 None None [content-type: image/png] b\"\\x89PN\\xff\"",
                "GET https://cdn.shop.test/lost.js []  -> 0 None Some(Reset) [] ",
            ][..],
        ),
        (
            VCR,
            Format::Vcr,
            Some("https://pay.test"),
            &[
                "GET /v1/gzip?a=1&b=x%20y [accept: */*, accept-encoding: gzip, deflate, connection: keep-alive, user-agent: python-requests/2.31.0]  -> 200 None None [content-encoding: gzip, content-type: application/json, date: Thu, 01 Jan 2026 00:00:00 GMT, set-cookie: a=1; Path=/, set-cookie: b=2; Path=/] ",
                "POST /v1/transfers [content-type: application/json] {\"amount\": \"10.00\", \"to\": \"it's b\"} -> 201 None None [content-type: application/json] {\n  \"id\": \"tr_1\",\n  \"note\": \"a long text that the writer of the file has folded\"\n}\n",
                "PUT http://files.test:8080/blob [content-length: 4] b\"\\xff\\0\\x01\\x02\" -> 204 Some(\"Stored\") None [] ",
            ],
        ),
        (
            DOCUMENT,
            Format::Document,
            None,
            &[
                "POST /v1 [content-type: application/json] {\"tool\":\"get_balance\",\"input\":{\"agent_id\":\"test-agent-1\"}} -> 200 None None [content-type: application/json, content-length: 59, x-request-id: req_1] {\"balance\":\"100.00\",\"limits\":[1.50,2e+3,null]}",
                "POST /v1 [content-type: application/json] {\"tool\":\"transfer\",\"input\":{\"to\":\"b\",\"amount\":\"10.00\"}} -> 502 None None [content-type: text/html] {}",
            ],
        ),
        (
            WIREMOCK,
            Format::WireMock,
            None,
            &[
                "GET /v1/jobs/7 []  -> 200 None None [content-type: application/json] {\"status\":\"running\",\"share\":0.50}",
                "GET /v1/jobs/7 []  -> 200 None None [content-type: application/json, set-cookie: a=1, set-cookie: b=2] {\"status\":\"done\"}",
                "POST /v1/jobs?dry%20run=a%26b [content-type: application/json] {\"kind\":\"export\",\"n\":1.0} -> 202 Some(\"Queued\") None [] b\"\\xff\\0\\x01\\x02\"",
                "DELETE /v1/ping []  -> 0 None Some(Reset) [] ",
            ],
        ),
    ] {
        let cassette = read_as(text, format);
        assert_eq!(cassette.upstream(), upstream);
        assert_eq!(cassette.entries.len(), entries.len());
        for (entry, expected) in cassette.entries.iter().zip(entries) {
            let told = told(entry);
            // A packed body is long.
            let told = told.split("b\"\\x1f\\x8b").next().unwrap_or_default();
            assert_eq!(told, *expected);
        }
    }
    let har = read_as(HAR, Format::Har);
    assert_eq!(har.entries[0].latency.as_nanos(), 12_345_000);
    assert_eq!(
        har.entries[1].at,
        "2026-01-01T00:00:01Z".parse::<Timestamp>().ok()
    );
    let document = read_as(DOCUMENT, Format::Document);
    assert_eq!(
        document.entries[0].at,
        "2026-01-01T00:00:00.25Z".parse::<Timestamp>().ok()
    );
    assert_eq!(document.entries[0].latency.as_nanos(), 41_527_987);
    let tools: Vec<_> = document
        .entries
        .iter()
        .map(|entry| entry.tool.as_deref())
        .collect();
    assert_eq!(tools, [Some("get_balance"), Some("transfer")]);
    let vcr = read_as(VCR, Format::Vcr);
    assert_eq!(&vcr.entries[0].response.body[..4], b"\x1f\x8b\x08\x00");
}

#[test]
fn calls_of_tools_through_any_door_become_the_documents() {
    let yaml = r#"
sparring: cassette/1
name: doors
entries:
- {request: {method: POST, target: /v1/pay, body: '{"to": "b", "n": 1.50}'}, response: {status: 200, body: '{"a": [1]}'}}
- {tool: list, request: {method: GET, target: /v1/list?limit=2}, response: {status: 200, headers: {content-type: text/plain}, body: 'x'}}
- {request: {method: GET, target: /v1/list}, response: {status: 200}}
- {tool: pay, request: {method: POST, target: /v1/pay}, response: {lost: closed}}
"#;
    let written = write(&read_as(yaml, Format::Yaml), Format::Document);
    let found: Value = serde_json::from_str(&written.text).expect("JSON");
    assert_eq!(
        found,
        json!({"name": "doors", "metadata": {}, "entries": [
            {"request_tool": "pay", "request_input": {"to": "b", "n": serde_json::from_str::<Value>("1.50").expect("a number")},
             "response_status": 200, "response_body": {"a": [1]}, "response_headers": {}, "timestamp": null, "latency_ms": 0},
            {"request_tool": "list", "request_input": {"limit": "2"}, "response_status": 200, "response_body": "x",
             "response_headers": {"content-type": "text/plain"}, "timestamp": null, "latency_ms": 0},
        ]})
    );
    assert_eq!(
        written.notes,
        [
            "entry 3 (GET /v1/list) is left out: it is no call of a tool",
            "entry 4 (POST /v1/pay) is left out: it got no reply, which the format cannot say",
        ]
    );
}

#[test]
fn what_no_cassette_can_hold_is_refused_with_its_place() {
    for (text, told) in [
        (
            r#"{"mappings": [{"request": {"urlPattern": "/a.*", "method": "GET"}, "response": {}}]}"#,
            "a:1:42: `urlPattern` fits many calls; a cassette has calls",
        ),
        (
            r#"{"mappings": [{"request": {"url": "/a"}, "response": {}}]}"#,
            "`ANY` fits many calls",
        ),
        (
            r#"{"mappings": [{"request": {"url": "/a", "method": "GET", "headers": {"A": {"contains": "x"}}}}]}"#,
            "`contains` fits many calls",
        ),
        (
            r#"{"mappings": [{"request": {"url": "/a", "method": "GET"}, "response": {"bodyFileName": "a"}}]}"#,
            "`bodyFileName`",
        ),
        (
            r#"{"mappings": [{"request": {"url": "/a", "method": "GET"}, "response": {"transformers": ["response-template"]}}]}"#,
            "`transformers`",
        ),
        (
            r#"{"request": {"url": "/a", "method": "GET"}, "response": {"fault": "MALFORMED"}}"#,
            "expected one of CONNECTION_RESET_BY_PEER, EMPTY_RESPONSE",
        ),
        (
            r#"{"log": {"entries": [{}]}}"#,
            "a:1:22: `startedDateTime` is missing",
        ),
        (
            r#"{"log": {"entries": [{"startedDateTime": "2026-01-01T00:00:00Z", "request": {"url": "a", "method": "GET"}, "response": {"status": 200}}]}}"#,
            "`a` is no absolute URL",
        ),
        (r#"{"log": {}}"#, ""),
        (
            "interactions:\n- request: {method: GET, uri: ftp://a}\n  response: {}\n",
            "a:2:31: `ftp://a` is no absolute URL",
        ),
        ("interactions: []\nversion: 2\n", "a:2:10: only version 1"),
        (
            "interactions:\n- request: {method: GET, uri: 'http://a'}\n  response: {status: {code: 200}, body: {string: !!binary '?'}}\n",
            "this is no base64",
        ),
        (
            r#"{"name": "x", "entries": [{"request_tool": "a", "request_input": [], "response_status": 200, "response_body": {}}]}"#,
            "`request_input` must be an object, found a list",
        ),
        (
            r#"{"name": "x", "entries": [{"request_tool": "a", "request_input": {}, "response_status": 200}]}"#,
            "`response_body` is missing",
        ),
        (
            r#"{"name": "x", "entries": [{"request_tool": "a", "request_inptu": {}}]}"#,
            "did you mean `request_input`?",
        ),
        (
            r#"{"name": "x", "entries": [{"request_tool": "a", "request_input": {}, "response_status": 200, "response_body": 1, "timestamp": 1e300}]}"#,
            "is no number of seconds",
        ),
    ] {
        match read("a", text.as_bytes(), Bounds::default()) {
            Ok(_) => assert_eq!(told, "", "{text}"),
            Err(error) => {
                let error = error.to_string();
                assert!(!told.is_empty() && error.contains(told), "{error}\n{text}");
            }
        }
    }
}

/// The cassette with what a format does not carry taken away.
fn carried(mut cassette: Cassette, format: Format) -> Cassette {
    let upstream = cassette.metadata.shift_remove("upstream");
    let upstream = upstream.and_then(|upstream| upstream.as_str().map(str::to_owned));
    for entry in &mut cassette.entries {
        let entry = Arc::make_mut(entry);
        let origin = entry.request.origin.take().or_else(|| upstream.clone());
        entry.request.origin = origin.filter(|_| format != Format::WireMock);
        // Several values of one name are in their order, and names are in none.
        entry
            .response
            .headers
            .sort_by(|one, other| one.0.cmp(&other.0));
        if format == Format::Vcr {
            entry
                .request
                .headers
                .sort_by(|one, other| one.0.cmp(&other.0));
            entry.tool = None;
            entry.at = None;
            entry.latency = std::time::Duration::ZERO;
            entry.response.schema = None;
        }
    }
    if format == Format::Vcr {
        cassette.name.clear();
        cassette.metadata = Map::new();
        cassette
            .entries
            .retain(|entry| entry.response.lost.is_none());
    }
    cassette
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_foreign_format_carries_comes_back(mut cassette in cassettes()) {
        for entry in &mut cassette.entries {
            let entry = Arc::make_mut(entry);
            // A target is sent without a fragment, and a reason is one or none.
            entry.request.target = entry.request.target.replace('#', "");
            entry.response.reason = entry.response.reason.take().filter(|reason| !reason.is_empty());
            if entry.response.lost.is_some() && entry.response.lost != Some(Lost::TimedOut) {
                entry.response.status = 0;
            }
        }
        prop_assume!(!cassette.entries.is_empty());
        for format in [Format::Har, Format::Vcr, Format::WireMock] {
            let written = write(&cassette, format).text;
            let back = read_as(&written, format);
            prop_assert_eq!(carried(back, format), carried(cassette.clone(), format), "{}", written);
        }
    }
}
