//! Secrets are taken out, and nothing else is.

use bytes::Bytes;

use crate::cassette::{Redaction, RedactionSettings, Request, Response};

/// What becomes of a body.
fn body(redaction: &Redaction, kind: &str, text: &str) -> String {
    let mut response = Response {
        headers: vec![("content-type".to_owned(), kind.to_owned())],
        body: Bytes::from(text.to_owned()),
        ..Response::default()
    };
    redaction.response(&mut response);
    String::from_utf8(response.body.to_vec()).expect("a text")
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_123";

#[test]
fn secrets_of_bodies_are_taken_out_and_all_else_stays_as_it_is() {
    let redaction = Redaction::default();
    for (kind, text, expected) in [
        (
            JSON,
            "{ \"api_key\" : \"abc\",\n\t\"amount\": 1.50, \"n\": null }",
            "{ \"api_key\" : \"[redacted]\",\n\t\"amount\": 1.50, \"n\": null }",
        ),
        (
            JSON,
            r#"{"clientSecret":"x","Access-Token":"y","password":7}"#,
            r#"{"clientSecret":"[redacted]","Access-Token":"[redacted]","password":"[redacted]"}"#,
        ),
        (
            JSON,
            r#"{"credentials":{"user":"a","list":["b",1,true]}}"#,
            r#"{"credentials":{"user":"[redacted]","list":["[redacted]","[redacted]",true]}}"#,
        ),
        (
            JSON,
            r#"{"a":[{"note":"use sk_live_abcdefgh12 now"}]}"#,
            r#"{"a":[{"note":"use [redacted] now"}]}"#,
        ),
        // What pages, counts or is no secret stays.
        (
            JSON,
            r#"{"next_page_token":"abc","pageToken":"d","max_tokens":5,"tokens":12,"isSecret":true,"secret":""}"#,
            r#"{"next_page_token":"abc","pageToken":"d","max_tokens":5,"tokens":12,"isSecret":true,"secret":""}"#,
        ),
        (JSON, "no \u{e9} secret", "no \u{e9} secret"),
        // Escapes stay where nothing is taken out, and are understood where something is.
        (
            JSON,
            r#"{"t\u006fken":"a","x":"\u0041"}"#,
            r#"{"t\u006fken":"[redacted]","x":"\u0041"}"#,
        ),
        (
            JSON,
            r#"{"x":"gh\u0070_abcdefghijklmnop12"}"#,
            r#"{"x":"[redacted]"}"#,
        ),
        // What is cut off, comes in lines, or says a name twice is looked through as text.
        (
            JSON,
            r#"{"password": "hunter2", "x": "#,
            r#"{"password": "[redacted]", "x": "#,
        ),
        (JSON, r#"{"password": "hun"#, r#"{"password": "[redacted]""#),
        (
            JSON,
            r#"{"token":"a","token":"b"}"#,
            r#"{"token":"[redacted]","token":"[redacted]"}"#,
        ),
        (
            "text/event-stream",
            "data: {\"token\": \"abc\"}\n\ndata: 1\n\n",
            "data: {\"token\": \"[redacted]\"}\n\ndata: 1\n\n",
        ),
        (
            FORM,
            "grant=x&client_secret=a%20b&q=1+2",
            "grant=x&client_secret=[redacted]&q=1+2",
        ),
        (FORM, "q=sk_live_abcdefgh12", "q=[redacted]"),
        (
            "multipart/form-data; boundary=z",
            "--z\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nabc\r\n--z\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\nabc\r\n--z--",
            "--z\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n[redacted]\r\n--z\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\nabc\r\n--z--",
        ),
        ("text/plain", &format!("a {JWT} b"), "a [redacted] b"),
        (
            "text/plain",
            "-----BEGIN RSA PRIVATE KEY-----\nabc=\n-----END RSA PRIVATE KEY-----\n",
            "[redacted]\n",
        ),
        (
            "text/plain",
            "Bearer abcdefgh.x and ghp_0123456789abcdefXYZ",
            "[redacted] and [redacted]",
        ),
    ] {
        let found = body(&redaction, kind, text);
        assert_eq!(found, expected);
        assert_eq!(body(&redaction, kind, &found), expected, "once more");
    }
}

#[test]
fn headers_and_queries_are_looked_through_too() {
    let mut request = Request {
        method: "GET".to_owned(),
        target: format!("/a/sk_live_abcdefgh12?api_key=abc&page=2&x={JWT}&token"),
        headers: [
            ("authorization", "Bearer abc"),
            ("cookie", "a=b"),
            ("x-api-key", "k"),
            ("x-auth-token", "k"),
            ("proxy-authorization", "k"),
            ("accept", "*/*"),
            ("idempotency-key", "abc"),
            ("x-other", "Basic YWJjOmRlZmdoaWprbA=="),
            // Of a vendor's own, and one with which one pages.
            ("x-acme-shop-access-token", "k"),
            ("x-next-page-token", "abc"),
            ("referer", "http://ada:hunter2@example.com/a?b=c:d@e"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec(),
        ..Request::default()
    };
    Redaction::default().request(&mut request);
    assert_eq!(
        request.target,
        "/a/[redacted]?api_key=[redacted]&page=2&x=[redacted]&token"
    );
    let values: Vec<&str> = request
        .headers
        .iter()
        .map(|(_, value)| value.as_str())
        .collect();
    const GONE: &str = "[redacted]";
    assert_eq!(
        values,
        [
            GONE,
            GONE,
            GONE,
            GONE,
            GONE,
            "*/*",
            "abc",
            GONE,
            GONE,
            "abc",
            "http:[redacted]example.com/a?b=c:d@e"
        ]
    );
}

#[test]
fn settings_add_keep_and_switch_off() {
    let settings = |text: &str| -> RedactionSettings { serde_json::from_str(text).expect(text) };
    let of = |text: &str| Redaction::new(&settings(text)).expect(text);
    let text = r#"{"token":"a","x_pin":"b","note":"id-77"}"#;
    for (given, expected) in [
        ("{}", r#"{"token":"[redacted]","x_pin":"b","note":"id-77"}"#),
        (
            r#"{"names":["*Pin"]}"#,
            r#"{"token":"[redacted]","x_pin":"[redacted]","note":"id-77"}"#,
        ),
        (
            r#"{"patterns":["id-[0-9]+"]}"#,
            r#"{"token":"[redacted]","x_pin":"b","note":"[redacted]"}"#,
        ),
        (r#"{"keep":["token"]}"#, text),
        (r#"{"enabled":false}"#, text),
    ] {
        assert_eq!(body(&of(given), JSON, text), expected, "{given}");
    }
    for (given, says) in [
        (r#"{"patterns":["("]}"#, "the pattern `(`"),
        (r#"{"patterns":["a*"]}"#, "fits an empty text"),
        (r#"{"patterns":["(a{999}){999}"]}"#, "the pattern"),
    ] {
        let error = Redaction::new(&settings(given)).expect_err(given);
        assert!(error.contains(says), "{error}");
    }
    assert!(serde_json::from_str::<RedactionSettings>(r#"{"name":[]}"#).is_err());
}

#[test]
fn bytes_that_are_no_text_keep_theirs() {
    let mut response = Response {
        body: Bytes::from_static(b"\xff\x00\"token\": \"abc\"\xfe"),
        ..Response::default()
    };
    Redaction::default().response(&mut response);
    assert_eq!(&response.body[..], b"\xff\x00\"token\": \"[redacted]\"\xfe");
}
