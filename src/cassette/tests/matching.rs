//! Which entry a call is for.

use std::sync::Arc;

use bytes::Bytes;

use crate::cassette::{
    Cassette, Entry, Index, MatchingSettings, Normaliser, Redaction, Request, Response,
};

/// A request of one line: method, target, and the body.
fn request(line: &str) -> Request {
    let mut words = line.splitn(3, ' ');
    let mut next = || words.next().unwrap_or_default().to_owned();
    let (method, target, body) = (next(), next(), next());
    let kind = match body.starts_with(['{', '[']) {
        true => "application/json",
        false => "application/x-www-form-urlencoded",
    };
    Request {
        method,
        target,
        headers: vec![("content-type".to_owned(), kind.to_owned())],
        body: Bytes::from(body),
        ..Request::default()
    }
}

fn index(tool: Option<&str>, lines: &[&str]) -> Index {
    let entries = lines.iter().map(|line| {
        Arc::new(Entry {
            tool: tool.map(str::to_owned),
            request: request(line),
            response: Response::default(),
            at: None,
            latency: std::time::Duration::ZERO,
        })
    });
    let cassette = Cassette {
        entries: entries.collect(),
        ..Cassette::default()
    };
    Index::new(Arc::new(cassette), Normaliser::default())
}

#[test]
fn what_does_not_count_makes_no_difference_and_all_else_does() {
    let key = |line: &str| Normaliser::default().key(&request(line));
    for (one, other) in [
        (
            r#"POST /a {"a":1,"b":[1.50,{"c":null}]}"#,
            r#"POST /a { "b": [15e-1, {"c": null}], "a": 1.0 }"#,
        ),
        (
            r#"POST /a {"a":1,"timestamp":1,"x":{"request_id":"a","nonce":2}}"#,
            r#"POST /a {"a":1,"x":{"requestId":"b"}}"#,
        ),
        (r#"POST /a {"api_key":"a"}"#, r#"POST /a {"api_key":"b"}"#),
        (
            r#"POST /a {"note":"sk_live_abcdefgh1"}"#,
            r#"POST /a {"note":"sk_live_abcdefgh2"}"#,
        ),
        ("GET /a?x=1&y=2", "GET /a?y=2&x=1"),
        ("GET /a?x=1&nonce=2", "GET /a?x=1"),
        ("GET /a?api_key=1", "GET /a?api_key=2"),
        ("GET /%61%20b", "GET /a%20b"),
        ("POST /a x=1&y=a%20b", "POST /a y=a+b&x=1"),
        (r#"POST /a {"n":0.0}"#, r#"POST /a {"n":-0}"#),
        (r#"POST /a {"n":1200}"#, r#"POST /a {"n":1.2e3}"#),
    ] {
        assert_eq!(key(one), key(other), "{one}\n{other}");
    }
    for (one, other) in [
        ("GET /a", "POST /a"),
        ("GET /a", "GET /b"),
        ("GET /a?x=1", "GET /a"),
        ("GET /a?x=1&x=2", "GET /a?x=2"),
        ("GET /a?x=1&y=2", "GET /a?x=1%26y=2"),
        ("GET /a%2Fb", "GET /a/b"),
        (r#"POST /a {"a":1}"#, r#"POST /a {"a":1,"b":null}"#),
        (r#"POST /a {"a":"1"}"#, r#"POST /a {"a":1}"#),
        (r#"POST /a {"a":[1,2]}"#, r#"POST /a {"a":[2,1]}"#),
        (
            r#"POST /a {"n":12345678901234567890.1}"#,
            r#"POST /a {"n":12345678901234567890.2}"#,
        ),
        (r#"POST /a {"n":10}"#, r#"POST /a {"n":-10}"#),
        (r#"POST /a {"n":10}"#, r#"POST /a {"n":1}"#),
        (r#"POST /a {"n":0.01}"#, r#"POST /a {"n":0.1}"#),
        ("POST /a x=1", "POST /a x=2"),
    ] {
        assert_ne!(key(one), key(other), "{one}\n{other}");
    }
}

#[test]
fn settings_say_what_counts() {
    let with = |settings: &str| {
        let settings: MatchingSettings = serde_json::from_str(settings).expect(settings);
        Normaliser::new(&settings, Redaction::default())
    };
    let same = |settings: &str, one: &str, other: &str| {
        let normaliser = with(settings).expect(settings);
        normaliser.key(&request(one)) == normaliser.key(&request(other))
    };
    let items = (
        r#"POST /a {"items":[{"id":1,"n":2}]}"#,
        r#"POST /a {"items":[{"id":9,"n":2}]}"#,
    );
    assert!(same(r#"{"ignoredBody":["items.*.id"]}"#, items.0, items.1));
    assert!(same(r#"{"ignoredBody":["**.id"]}"#, items.0, items.1));
    assert!(!same(
        r#"{"ignoredBody":["id","items.*.n"]}"#,
        items.0,
        items.1
    ));
    assert!(same(
        r#"{"ignoredQuery":["x"]}"#,
        "GET /a?x=1",
        "GET /a?x=2"
    ));
    assert!(!same(
        r#"{"volatile":true}"#,
        "GET /a?nonce=1",
        "GET /a?nonce=2"
    ));
    let json = "POST /a {}";
    let mut other = request(json);
    other.headers[0].1 = "application/x+json".to_owned();
    for (settings, expected) in [("{}", true), (r#"{"headers":["Content-Type"]}"#, false)] {
        let normaliser = with(settings).expect(settings);
        assert_eq!(
            normaliser.key(&request(json)) == normaliser.key(&other),
            expected
        );
    }
    for wrong in ["", "a..b", "**."] {
        let settings = MatchingSettings {
            ignored_body: vec![wrong.to_owned()],
            ..MatchingSettings::default()
        };
        assert!(
            Normaliser::new(&settings, Redaction::none()).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn entries_that_answer_the_same_are_found_in_their_order() {
    let index = index(None, &["GET /a", "GET /b", "GET /a", "GET /c"]);
    let find = |line: &str, used: usize| {
        let hit = index.find(&request(line), |_| used);
        hit.map(|hit| (hit.entry, hit.entries))
    };
    assert_eq!(find("GET /a", 0), Some((Some(0), 2)));
    assert_eq!(find("GET /a", 1), Some((Some(2), 2)));
    assert_eq!(find("GET /a", 2), Some((None, 2)));
    assert_eq!(find("GET /b", 0), Some((Some(1), 1)));
    assert_eq!(find("GET /d", 0), None);
    assert!(index.fits(2, &request("GET /a")) && !index.fits(1, &request("GET /a")));
    assert!(!index.fits(9, &request("GET /a")));
}

#[test]
fn a_call_of_a_tool_is_found_through_any_door() {
    let recorded = r#"POST /v1/pay {"to":"b","amount":10.0}"#;
    let index = index(
        Some("pay"),
        &[
            recorded,
            r#"POST /v1 {"tool":"pay","input":{"to":"b","amount":10}}"#,
        ],
    );
    let mut groups = Vec::new();
    for line in [
        recorded,
        r#"POST /v1 {"tool":"pay","input":{"amount":10,"to":"b"}}"#,
        r#"POST /other/pay {"amount":10,"to":"b","timestamp":5}"#,
    ] {
        let hit = index.find(&request(line), |_| 1).expect(line);
        assert_eq!(hit.entry, Some(1), "{line}");
        groups.push(hit.group);
    }
    groups.dedup();
    assert_eq!(groups.len(), 1, "what was used is counted together");
    for line in [
        r#"POST /v1 {"tool":"pay","input":{"to":"c","amount":10}}"#,
        r#"POST /v1 {"tool":"refund","input":{"to":"b","amount":10}}"#,
        r#"GET /v1/pay"#,
    ] {
        assert_eq!(index.find(&request(line), |_| 0), None, "{line}");
    }
}

#[test]
fn what_fits_nothing_is_told_with_the_nearest_entry_and_the_difference() {
    let index = index(
        Some("pay"),
        &[
            r#"POST /v1/pay {"to":"b","amount":10.0,"x":{"y":[1,2]}}"#,
            r#"POST /v1/pay {"to":"c","amount":12}"#,
        ],
    );
    let nearest = |line: &str| {
        let nearest = index.nearest(&request(line)).expect(line);
        let told: Vec<String> = nearest
            .differences
            .iter()
            .map(ToString::to_string)
            .collect();
        (nearest.entry, told.join("; "))
    };
    for (line, entry, told) in [
        (
            r#"POST /v1/pay {"to":"c","amount":13}"#,
            1,
            "input.amount: recorded 12, asked 13",
        ),
        (
            r#"POST /v1 {"tool":"pay","input":{"to":"b","amount":10,"x":{"y":[1,3]}}}"#,
            0,
            "input.x.y[1]: recorded 2, asked 3",
        ),
        (
            r#"POST /v1/pay {"to":"c"}"#,
            1,
            "input.amount: recorded 12, not asked",
        ),
        (
            r#"POST /v1/pay {"to":"c","amount":12,"secret":"s3"}"#,
            1,
            r#"input.secret: not recorded, asked "[redacted]""#,
        ),
        (
            "PUT /v1/pay?x=1 a=1",
            0,
            r#"method: recorded POST, asked PUT; query.x: not recorded, asked 1; body: recorded {"to":"b","amount":10.0,"x":{"y":[1,2]}}, asked a=1"#,
        ),
    ] {
        assert_eq!(nearest(line), (entry, told.to_owned()), "{line}");
    }
    assert_eq!(self::index(None, &[]).nearest(&request("GET /a")), None);
}
