//! The modes that change replies, and those that put others in their place.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::Injected;
use super::super::alter::alter;
use super::super::replace::{Shape, replace};
use super::{chance, rule, settings};
use crate::domain::reply::{Body, Chunk, Fault, Kept, Reply};

const CLEAN: &str = r#"{"id":"a","open":true}"#;

/// A clean reply with headers that a change of its body makes wrong.
fn clean() -> Reply {
    let mut reply = Reply::empty(StatusCode::OK);
    reply.set_header("content-type", "application/vnd.api+json");
    reply.set_header("content-length", "22");
    reply.set_header("etag", "\"v1\"");
    reply.set_header("x-kept", "yes");
    reply.body = Body::Bytes(CLEAN.into());
    reply.kept = Some(Kept::new(CLEAN.into()));
    reply.delay = Duration::from_millis(5);
    reply
}

fn altered(mode: &str, with: &str, reply: &Reply) -> Option<Injected> {
    alter(&rule(mode, &settings(with)), reply, &chance(1))
}

fn header<'r>(reply: &'r Reply, name: &str) -> Option<&'r str> {
    reply.headers.get(name)?.to_str().ok()
}

fn text(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.body.to_bytes()).into_owned()
}

#[test]
fn a_changed_body_keeps_its_type_and_loses_what_would_lie() {
    let Injected { reply, detail } = altered("corrupt_field", "{}", &clean()).expect("a change");
    assert_eq!(text(&reply), r#"{"id":"a","open":false}"#);
    assert_eq!(detail, json!({ "fields": ["open"] }));
    assert_eq!(
        header(&reply, "content-type"),
        Some("application/vnd.api+json")
    );
    assert_eq!(header(&reply, "x-kept"), Some("yes"));
    assert_eq!(header(&reply, "content-length"), None);
    assert_eq!(header(&reply, "etag"), None);
    assert_eq!((reply.kept, reply.delay), (None, Duration::from_millis(5)));
}

#[test]
fn a_changed_body_dribbles_on() {
    let mut clean = clean();
    let total = Duration::from_millis(20);
    clean.body = Body::dribbled(CLEAN.into(), 2, total);
    let Injected { reply, .. } = altered("corrupt_field", "{}", &clean).expect("a change");
    let expected = Body::dribbled(r#"{"id":"a","open":false}"#.into(), 2, total);
    assert_eq!(reply.body, expected);
}

#[test]
fn what_is_no_document_stays_as_it_is() {
    let unchanged = |change: &dyn Fn(&mut Reply)| {
        let mut reply = clean();
        change(&mut reply);
        assert!(altered("added_field", "{}", &reply).is_none(), "{reply:?}");
    };
    unchanged(&|reply| reply.status = StatusCode::NOT_FOUND);
    unchanged(&|reply| reply.status = StatusCode::BAD_GATEWAY);
    unchanged(&|reply| reply.set_header("content-encoding", "gzip"));
    unchanged(&|reply| reply.fault = Some(Fault::EmptyResponse));
    for body in ["", "text", "12", "{\"a\":", "{\"a\":1,\"a\":2}", "{} {}"] {
        unchanged(&|reply| reply.body = Body::Bytes(body.into()));
    }
    assert!(altered("added_field", "{}", &clean()).is_some());
}

#[test]
fn a_reply_is_late() {
    let check = |with: &str, expected: Option<u64>| {
        let found = altered("latency", with, &clean()).map(|found| {
            let told = found.detail["milliseconds"].as_u64().expect("a length");
            assert_eq!(found.reply.delay, Duration::from_millis(told + 5), "{with}");
            told
        });
        assert_eq!(found, expected, "{with}");
    };
    check("{}", Some(1000));
    check(r#"{"milliseconds":20}"#, Some(20));
    check(
        r#"{"distribution":{"type":"fixed","milliseconds":30}}"#,
        Some(30),
    );
    check(
        r#"{"milliseconds":20,"distribution":{"type":"fixed","milliseconds":30}}"#,
        Some(50),
    );
    check(r#"{"milliseconds":0}"#, None);
    // What is drawn has no end; what is waited has one.
    check(
        r#"{"distribution":{"type":"lognormal","median":9e9,"sigma":0}}"#,
        Some(3_600_000),
    );
    let endless = altered(
        "latency",
        r#"{"milliseconds":18446744073709551615}"#,
        &clean(),
    );
    assert!(endless.expect("a change").reply.delay > Duration::from_secs(1 << 40));
}

#[test]
fn nothing_comes() {
    let check = |mode: &str, with: &str, fault: Fault, delay: u64| {
        let Injected { reply, .. } = altered(mode, with, &clean()).expect("a change");
        let delay = Duration::from_millis(delay);
        assert_eq!(
            (reply.fault, reply.delay),
            (Some(fault), delay),
            "{mode} {with}"
        );
    };
    check("connection_reset", "{}", Fault::ConnectionResetByPeer, 5);
    check("empty_reply", "{}", Fault::EmptyResponse, 5);
    check("timeout", "{}", Fault::EmptyResponse, 30_000);
    check(
        "timeout",
        r#"{"milliseconds":70}"#,
        Fault::EmptyResponse,
        70,
    );
    check(
        "garbage",
        r#"{"garbage":"chunk"}"#,
        Fault::MalformedResponseChunk,
        5,
    );
    check(
        "garbage",
        r#"{"garbage":"wire"}"#,
        Fault::RandomDataThenClose,
        5,
    );
    for mode in ["lost_reply", "lost_request"] {
        check(mode, "{}", Fault::ConnectionResetByPeer, 5);
        check(mode, r#"{"as":"reset"}"#, Fault::ConnectionResetByPeer, 5);
        check(mode, r#"{"as":"close"}"#, Fault::EmptyResponse, 5);
        check(mode, r#"{"as":"timeout"}"#, Fault::EmptyResponse, 30_000);
        let short = r#"{"as":"timeout","milliseconds":70}"#;
        check(mode, short, Fault::EmptyResponse, 70);
    }
}

#[test]
fn a_time_out_may_end_with_a_status() {
    let with = r#"{"milliseconds":70,"status":504}"#;
    let Injected { reply, detail } = altered("timeout", with, &clean()).expect("a change");
    assert_eq!(detail, json!({ "milliseconds": 70, "status": 504 }));
    assert_eq!(
        (reply.status, reply.fault),
        (StatusCode::GATEWAY_TIMEOUT, None)
    );
    assert_eq!(reply.delay, Duration::from_millis(70));
    let body: Value = serde_json::from_str(&text(&reply)).expect("a problem");
    assert_eq!(
        (&body["status"], &body["title"]),
        (&json!(504), &json!("Gateway Timeout"))
    );
    let with = r#"{"status":504,"body":"late"}"#;
    let Injected { reply, .. } = altered("timeout", with, &clean()).expect("a change");
    assert_eq!(
        (&*text(&reply), header(&reply, "content-type")),
        ("late", Some("text/plain"))
    );
}

fn cut(text: &str, length: Option<u64>) -> Body {
    let chunk = Chunk {
        after: Duration::ZERO,
        bytes: Bytes::copy_from_slice(text.as_bytes()),
    };
    let begun = if text.is_empty() {
        Vec::new()
    } else {
        vec![chunk]
    };
    Body::Cut { begun, length }
}

#[test]
fn a_body_ends_too_early() {
    let check = |body: &'static str, with: &str, expected: Option<Body>| {
        let mut clean = clean();
        clean.body = Body::Bytes(body.into());
        let found = altered("truncated_body", with, &clean).map(|found| found.reply.body);
        assert_eq!(found, expected, "{body} {with}");
    };
    check("abcdef", "{}", Some(cut("abc", Some(6))));
    check("abcdef", r#"{"share":0.9}"#, Some(cut("abcde", Some(6))));
    check("abcdef", r#"{"share":1.0}"#, Some(cut("abcde", Some(6))));
    check("abcdef", r#"{"bytes":2}"#, Some(cut("ab", Some(6))));
    check("abcdef", r#"{"bytes":0}"#, Some(cut("", Some(6))));
    check("abcdef", r#"{"bytes":99}"#, Some(cut("abcde", Some(6))));
    check("a", "{}", Some(cut("", Some(1))));
    check("", "{}", None);
    let framed = r#"{"framed":true,"bytes":4}"#;
    check("abcdef", framed, Some(Body::Bytes("abcd".into())));

    let Injected { reply, detail } = altered("truncated_body", framed, &clean()).expect("a change");
    assert_eq!(detail, json!({ "bytes": 4, "of": 22, "framed": true }));
    assert_eq!(header(&reply, "content-length"), None);
    assert_eq!(reply.kept, None, "it must not be packed as the whole");
}

#[test]
fn a_dribble_is_cut_in_its_pace() {
    let mut clean = clean();
    clean.body = Body::dribbled("abcdef".into(), 3, Duration::from_millis(30));
    let Injected { reply, .. } =
        altered("truncated_body", r#"{"bytes":3}"#, &clean).expect("a change");
    let chunk = |text: &'static str| Chunk {
        after: Duration::from_millis(10),
        bytes: text.into(),
    };
    let begun = vec![chunk("ab"), chunk("c")];
    let expected = Body::Cut {
        begun: begun.clone(),
        length: None,
    };
    assert_eq!(reply.body, expected);
    let Injected { reply, .. } =
        altered("truncated_body", r#"{"bytes":3,"framed":true}"#, &clean).expect("a change");
    assert_eq!(reply.body, Body::Chunks(begun));
}

#[test]
fn a_cut_body_drips_and_stays_cut() {
    let Injected { reply, .. } =
        altered("truncated_body", r#"{"bytes":4}"#, &clean()).expect("a change");
    let slow = r#"{"milliseconds":20,"chunks":2}"#;
    let Injected { reply, .. } = altered("slow_drip", slow, &reply).expect("a change");
    let chunk = |text: &'static str| Chunk {
        after: Duration::from_millis(10),
        bytes: text.into(),
    };
    let begun = vec![chunk("{\""), chunk("id")];
    assert_eq!(
        reply.body,
        Body::Cut {
            begun,
            length: Some(22)
        }
    );
}

#[test]
fn a_body_drips() {
    let check = |with: &str, chunks: usize, total: u64| {
        let Injected { reply, .. } = altered("slow_drip", with, &clean()).expect("a change");
        let expected = Body::dribbled(CLEAN.into(), chunks, Duration::from_millis(total));
        assert_eq!(reply.body, expected, "{with}");
    };
    check("{}", 10, 5000);
    check(r#"{"milliseconds":60,"chunks":3}"#, 3, 60);
    let empty = Reply::empty(StatusCode::OK);
    assert!(altered("slow_drip", "{}", &empty).is_none());
}

#[test]
fn garbage_is_no_text() {
    let Injected { reply, .. } = altered("garbage", "{}", &clean()).expect("a change");
    let bytes = reply.body.to_bytes();
    assert!(std::str::from_utf8(&bytes).is_err() && bytes.len() == 32);
    assert!(serde_json::from_slice::<Value>(&bytes).is_err());
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(
        header(&reply, "content-type"),
        Some("application/vnd.api+json")
    );
    let again = altered("garbage", "{}", &clean()).expect("a change").reply;
    assert_eq!(again, reply, "the same chance");
    let rule = rule("garbage", &settings("{}"));
    let other = alter(&rule, &clean(), &chance(2)).expect("a change").reply;
    assert_ne!(other.body, reply.body);

    let html = r#"{"garbage":"html"}"#;
    let Injected { reply, .. } = altered("garbage", html, &clean()).expect("a change");
    assert_eq!(header(&reply, "content-type"), Some("text/html"));
    assert!(text(&reply).starts_with("<html>"));
    let none = Reply::empty(StatusCode::NO_CONTENT);
    assert!(altered("garbage", "{}", &none).is_none());
    assert!(altered("garbage", html, &none).is_none());
}

/// An API that words its errors in its own way, and says what it was asked for.
fn shape(shape: Shape<'_>) -> Reply {
    let refusal = shape.refusal(Timestamp::UNIX_EPOCH);
    let own = match shape {
        Shape::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::CONFLICT,
    };
    let status = shape.status().unwrap_or(own);
    let mut body = json!({ "cause": &*refusal.cause, "says": refusal.message });
    if let Some(limit) = refusal.details.get("limit") {
        body["retry_after"] = limit["retryAfter"].clone();
        body["detail"] = json!({ "retryDelay": "x", "reset": limit["reset"] });
    }
    let mut reply = Reply::json(status, &body);
    if shape.status().is_some() {
        reply.set_header("content-type", "application/problem+json");
    }
    reply
}

fn replaced(mode: &str, with: &str, clean: &Reply) -> Option<Reply> {
    let rule = rule(mode, &settings(with));
    let found = replace(&rule, clean, &mut shape, &chance(1))?;
    assert_eq!(found.reply.delay, clean.delay);
    assert_eq!(found.detail["status"], found.reply.status.as_u16());
    Some(found.reply)
}

#[track_caller]
fn check_replaced(mode: &str, with: &str, status: u16, body: &str) -> Reply {
    let reply = replaced(mode, with, &clean()).expect("another reply");
    let found = (reply.status.as_u16(), &*text(&reply));
    assert_eq!(found, (status, body), "{mode} {with}");
    reply
}

#[test]
fn the_status_is_wrong() {
    let mode = "wrong_status";
    check_replaced(
        mode,
        r#"{"status":503}"#,
        503,
        r#"{"cause":"injected","says":"Service Unavailable"}"#,
    );
    check_replaced(
        mode,
        r#"{"status":418,"message":"short"}"#,
        418,
        r#"{"cause":"injected","says":"short"}"#,
    );
    check_replaced(
        mode,
        r#"{"cause":"not_permitted"}"#,
        409,
        r#"{"cause":"not_permitted","says":"Not permitted"}"#,
    );
    check_replaced(
        mode,
        r#"{"cause":"not_permitted","status":403}"#,
        403,
        r#"{"cause":"not_permitted","says":"Not permitted"}"#,
    );
    check_replaced(
        mode,
        r#"{"status":500,"body":{"a":1.50}}"#,
        500,
        r#"{"a":1.50}"#,
    );
    check_replaced(mode, r#"{"status":500,"body":"down"}"#, 500, "down");
    let kept = check_replaced(mode, r#"{"status":500,"committed":true}"#, 500, CLEAN);
    assert_eq!(header(&kept, "x-kept"), Some("yes"));
    let drawn = |with: &str| {
        let rule = rule(mode, &settings(with));
        let mut drawn: Vec<u16> = (0..64)
            .filter_map(|nth| replace(&rule, &clean(), &mut shape, &chance(nth)))
            .map(|found| found.reply.status.as_u16())
            .collect();
        drawn.sort_unstable();
        drawn.dedup();
        drawn
    };
    assert_eq!(drawn("{}"), [500, 502, 503, 504]);
    assert_eq!(drawn(r#"{"statuses":[429,404]}"#), [404, 429]);
}

#[test]
fn a_success_carries_an_error() {
    let mode = "error_in_ok";
    let worded = r#"{"cause":"injected","says":"Internal Server Error"}"#;
    let reply = check_replaced(mode, "{}", 200, worded);
    assert_eq!(header(&reply, "content-type"), Some("application/json"));
    check_replaced(
        mode,
        r#"{"cause":"unavailable","status":202,"message":"no"}"#,
        202,
        r#"{"cause":"unavailable","says":"no"}"#,
    );
    check_replaced(mode, r#"{"body":{"ok":false}}"#, 200, r#"{"ok":false}"#);
    let beside = r#"{"beside":true,"message":"half of it"}"#;
    let reply = check_replaced(
        mode,
        beside,
        200,
        r#"{"id":"a","open":true,"errors":[{"code":"internal_error","message":"half of it"}]}"#,
    );
    assert_eq!(header(&reply, "etag"), None);
    let mut other = clean();
    other.body = Body::Bytes(r#"{"errors":[1]}"#.into());
    let found = replaced(mode, beside, &other).expect("another reply");
    assert!(text(&found).starts_with(r#"{"errors":[1,{"code":"#));
    for body in ["[1]", "text", r#"{"errors":"none"}"#] {
        other.body = Body::Bytes(body.into());
        assert!(replaced(mode, beside, &other).is_none(), "{body}");
    }
}

#[test]
fn a_caller_is_told_to_slow_down() {
    let mode = "rate_limited";
    let reply = check_replaced(
        mode,
        "{}",
        429,
        r#"{"cause":"rate_limited","says":"too many requests; try again in 30 seconds","retry_after":30,"detail":{"retryDelay":"x","reset":30}}"#,
    );
    assert_eq!(header(&reply, "retry-after"), Some("30"));
    let reply = check_replaced(
        mode,
        r#"{"retryAfter":false,"message":"slow"}"#,
        429,
        r#"{"cause":"rate_limited","says":"slow","detail":{"reset":60}}"#,
    );
    assert_eq!(header(&reply, "retry-after"), None);
    let reply = check_replaced(
        mode,
        r#"{"retryAfter":7,"status":503,"body":"slow"}"#,
        503,
        "slow",
    );
    assert_eq!(header(&reply, "retry-after"), Some("7"));
    let body = r#"{"retryAfter":false,"body":{"retry_after":1}}"#;
    check_replaced(mode, body, 429, r#"{"retry_after":1}"#);
}

#[test]
fn a_success_has_changed_nothing() {
    let mode = "silent_no_op";
    let reply = check_replaced(mode, "{}", 200, CLEAN);
    assert_eq!(reply, clean());
    let reply = check_replaced(mode, r#"{"body":{"done":true}}"#, 200, r#"{"done":true}"#);
    assert_eq!(header(&reply, "content-type"), Some("application/json"));
    assert_eq!(
        (header(&reply, "etag"), header(&reply, "x-kept")),
        (None, Some("yes"))
    );
    let mut refused = clean();
    refused.status = StatusCode::CONFLICT;
    assert!(replaced(mode, "{}", &refused).is_none());
}

#[test]
fn a_mode_is_carried_out_in_its_phase_alone() {
    assert!(altered("wrong_status", "{}", &clean()).is_none());
    assert!(altered("stale_read", "{}", &clean()).is_none());
    assert!(replaced("latency", "{}", &clean()).is_none());
}
