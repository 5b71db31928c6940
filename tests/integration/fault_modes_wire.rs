//! Faults as a client meets them: each mode that changes, replaces or loses a reply, seen on a socket.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::support::Server;
use crate::wiremock_wire::{End, connect, read, since, stopwatch};

/// The mapping that rules are for.
const STUB: &str = "11111111-1111-4111-8111-111111111111";

const CALL: &str = "GET /t HTTP/1.1\r\nHost: h\r\n\r\n";
const HEAD: &str = "HEAD /t HTTP/1.1\r\nHost: h\r\n\r\n";
const GOOD: &str = "GET /good HTTP/1.1\r\nHost: h\r\n\r\n";
const PACKED: &str = "GET /t HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n";

/// What `/t` is answered with: amounts keep their digits, and members their order.
const CLEAN: &str = r#"{"z_id":"a1","price":12.50,"status":"closed","rows":[{"n":1},{"n":2}]}"#;

/// A server with a document at `/t`, and something at `/good` that no rule is for.
fn server() -> Server {
    let server = Server::start();
    map(
        &server,
        &json!({ "body": CLEAN, "headers": { "Content-Type": "application/json" } }),
    );
    let good = json!({ "request": { "url": "/good" }, "response": { "body": "good" } });
    server.post("/__admin/mappings", &good).expect(201);
    server
}

/// Maps `/t` to a response.
fn map(server: &Server, response: &Value) {
    server.delete(&format!("/__admin/mappings/{STUB}"));
    let mapping = json!({ "id": STUB, "request": { "url": "/t" }, "response": response });
    server.post("/__admin/mappings", &mapping).expect(201);
}

/// The only rule from now on.
fn rule(server: &Server, mode: &str, with: &Value) {
    let rule = json!({ "mode": mode, "stubs": [STUB], "with": with });
    server.put("/__admin/faults/r", &rule).expect(200);
}

/// How often the rule has happened.
fn fired(server: &Server) -> Value {
    server.get("/__admin/faults/r").expect(200)["fired"].clone()
}

/// Sends bytes, and reads until the connection ends.
fn call(server: &Server, bytes: &str) -> (String, End) {
    let mut stream = connect(server);
    stream.write_all(bytes.as_bytes()).expect("it is sent");
    read(&mut stream, "")
}

/// What one call is answered with, head and body, the connection staying open: what comes after it on the
/// same connection is whole.
#[track_caller]
fn answer(server: &Server, bytes: &str) -> (String, String) {
    let mut stream = connect(server);
    let both = format!("{bytes}{GOOD}");
    stream.write_all(both.as_bytes()).expect("it is sent");
    let (text, end) = read(&mut stream, "good");
    assert_eq!(end, End::Open, "{text}");
    let (head, rest) = text.split_once("\r\n\r\n").expect("a head");
    let (body, _) = rest
        .rsplit_once("HTTP/1.1 200 OK\r\n")
        .expect("both answers");
    (head.to_owned(), body.to_owned())
}

fn has_line(head: &str, line: &str) -> bool {
    head.split("\r\n").any(|found| found == line)
}

#[test]
fn a_connection_ends_without_an_answer() {
    let server = server();
    let check = |mode: &str, with: Value, end: End| {
        rule(&server, mode, &with);
        for bytes in [CALL, HEAD] {
            let found = call(&server, bytes);
            assert_eq!((&*found.0, &found.1), ("", &end), "{mode} {with}: alone");
        }
        let mut stream = connect(&server);
        stream.write_all(GOOD.as_bytes()).expect("it is sent");
        read(&mut stream, "good");
        stream.write_all(CALL.as_bytes()).expect("it is sent");
        let found = read(&mut stream, "");
        assert_eq!((&*found.0, &found.1), ("", &end), "{mode} {with}: later");
        assert_eq!(fired(&server), 3, "{mode} {with}");
    };
    check("connection_reset", json!({}), End::Reset);
    check("empty_reply", json!({}), End::Closed);
    check("timeout", json!({ "milliseconds": 20 }), End::Closed);
    for mode in ["lost_reply", "lost_request"] {
        check(mode, json!({}), End::Reset);
        check(mode, json!({ "as": "close" }), End::Closed);
        let timeout = json!({ "as": "timeout", "milliseconds": 20 });
        check(mode, timeout, End::Closed);
    }
}

#[test]
fn what_is_late_is_late() {
    let server = server();
    let check = |mode: &str, with: Value, least: u64| {
        rule(&server, mode, &with);
        let started = stopwatch();
        let call = CALL.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        let (text, end) = self::call(&server, &call);
        assert_eq!(end, End::Closed);
        assert!(
            since(started) >= Duration::from_millis(least),
            "{mode} {with}"
        );
        text
    };
    let late = check("latency", json!({ "milliseconds": 60 }), 60);
    assert!(late.ends_with(CLEAN), "{late}");
    let drawn = json!({ "type": "uniform", "lower": 70, "upper": 80 });
    let late = check("latency", json!({ "distribution": drawn }), 70);
    assert!(late.ends_with(CLEAN), "{late}");
    let drawn = json!({ "type": "lognormal", "median": 60, "sigma": 0 });
    let late = check("latency", json!({ "distribution": drawn }), 60);
    assert!(late.ends_with(CLEAN), "{late}");
    assert_eq!(check("timeout", json!({ "milliseconds": 60 }), 60), "");
    assert_eq!(
        check(
            "lost_reply",
            json!({ "as": "timeout", "milliseconds": 60 }),
            60
        ),
        ""
    );
    let after_all = check("timeout", json!({ "milliseconds": 60, "status": 504 }), 60);
    assert!(
        after_all.starts_with("HTTP/1.1 504 Gateway Timeout\r\n"),
        "{after_all}"
    );
    assert!(after_all.contains("\"status\":504"), "{after_all}");
}

#[test]
fn a_body_breaks_off_in_the_middle() {
    let server = server();
    rule(&server, "truncated_body", &json!({ "bytes": 10 }));
    let length = format!("content-length: {}", CLEAN.len());
    // The same for those who would have it packed.
    for bytes in [CALL, PACKED] {
        let (text, end) = call(&server, bytes);
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        assert_eq!((body, &end), (&CLEAN[..10], &End::Closed));
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(has_line(head, &length), "{head}");
        assert!(!head.contains("content-encoding"), "{head}");
    }
    // What came before arrives, and what comes after is never answered.
    let (text, end) = call(&server, &format!("{GOOD}{CALL}{GOOD}"));
    assert_eq!(end, End::Closed);
    let (_, rest) = text.split_once("\r\n\r\ngood").expect("the first answer");
    assert!(
        rest.ends_with(&format!("\r\n\r\n{}", &CLEAN[..10])),
        "{rest}"
    );
    // Half, where nothing is said; and a head alone.
    rule(&server, "truncated_body", &json!({}));
    assert!(
        call(&server, CALL)
            .0
            .ends_with(&format!("\r\n\r\n{}", &CLEAN[..CLEAN.len() / 2]))
    );
    rule(&server, "truncated_body", &json!({ "bytes": 0 }));
    let (text, end) = call(&server, CALL);
    assert!(
        text.ends_with("\r\n\r\n") && has_line(&text, &length),
        "{text}"
    );
    assert_eq!(end, End::Closed);
    // A head has no body that could be cut.
    let (head, body) = answer(&server, HEAD);
    assert!(has_line(&head, &length) && body.is_empty(), "{head} {body}");
}

#[test]
fn a_large_body_breaks_off_after_all_that_is_sent_of_it() {
    let server = server();
    map(&server, &json!({ "body": "x".repeat(3 << 20) }));
    rule(&server, "truncated_body", &json!({ "bytes": 2 << 20 }));
    let (text, end) = call(&server, CALL);
    let (_, body) = text.split_once("\r\n\r\n").expect("a head");
    assert_eq!((body.len(), end), (2 << 20, End::Closed));
}

#[test]
fn a_body_may_be_cut_within_its_frame() {
    let server = server();
    rule(
        &server,
        "truncated_body",
        &json!({ "bytes": 40, "framed": true }),
    );
    let (head, body) = answer(&server, CALL);
    assert!(has_line(&head, "content-length: 40"), "{head}");
    assert_eq!(body, &CLEAN[..40]);
    let mut stream = connect(&server);
    let close = PACKED.replace("Host", "Connection: close\r\nHost");
    assert_eq!(unpacked(&mut stream, &close), &CLEAN[..40]);
}

#[test]
fn a_dribble_breaks_off_without_its_last_chunk() {
    let server = server();
    let dribble = json!({ "numberOfChunks": 4, "totalDuration": 20 });
    map(
        &server,
        &json!({ "body": "abcdefgh", "chunkedDribbleDelay": dribble }),
    );
    rule(&server, "truncated_body", &json!({ "bytes": 5 }));
    let (text, end) = call(&server, CALL);
    assert!(has_line(&text, "transfer-encoding: chunked"), "{text}");
    assert!(text.ends_with("2\r\nab\r\n2\r\ncd\r\n1\r\ne\r\n"), "{text}");
    assert_eq!(end, End::Closed);
}

/// What a call that asks for gzip is answered with, unpacked.
fn unpacked(stream: &mut TcpStream, bytes: &str) -> String {
    stream.write_all(bytes.as_bytes()).expect("it is sent");
    let mut all = Vec::new();
    stream.read_to_end(&mut all).expect("an answer");
    let end = all.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let (head, body) = all.split_at(end.expect("a head") + 4);
    let head = String::from_utf8_lossy(head);
    assert!(has_line(&head, "content-encoding: gzip"), "{head}");
    let mut text = String::new();
    let read = GzDecoder::new(body).read_to_string(&mut text);
    read.expect("a text");
    text
}

#[test]
fn garbage_comes_in_many_ways() {
    let server = server();
    rule(&server, "garbage", &json!({}));
    let mut stream = connect(&server);
    let close = CALL.replace("Host", "Connection: close\r\nHost");
    stream.write_all(close.as_bytes()).expect("it is sent");
    let mut all = Vec::new();
    stream.read_to_end(&mut all).expect("an answer");
    let end = all.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let (head, body) = all.split_at(end.expect("a head") + 4);
    let head = String::from_utf8_lossy(head);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(has_line(&head, "content-type: application/json"), "{head}");
    assert!(
        has_line(&head, &format!("content-length: {}", body.len())),
        "{head}"
    );
    assert!(std::str::from_utf8(body).is_err());

    rule(&server, "garbage", &json!({ "garbage": "html" }));
    let (head, body) = answer(&server, CALL);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(has_line(&head, "content-type: text/html"), "{head}");
    assert!(body.starts_with("<html>"), "{body}");

    rule(&server, "garbage", &json!({ "garbage": "chunk" }));
    let (text, end) = call(&server, CALL);
    assert!(text.starts_with("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
    assert!(!text.ends_with("0\r\n\r\n") && end == End::Closed, "{text}");

    rule(&server, "garbage", &json!({ "garbage": "wire" }));
    let (text, end) = call(&server, CALL);
    assert!(!text.is_empty() && !text.contains("HTTP/"), "{text}");
    assert_eq!(end, End::Closed);
}

#[test]
fn a_body_drips_and_is_whole() {
    let server = server();
    rule(
        &server,
        "slow_drip",
        &json!({ "milliseconds": 80, "chunks": 4 }),
    );
    let mut stream = connect(&server);
    let started = stopwatch();
    stream.write_all(CALL.as_bytes()).expect("it is sent");
    let (text, _) = read(&mut stream, "\r\n0\r\n\r\n");
    assert!(since(started) >= Duration::from_millis(80));
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    assert!(has_line(head, "transfer-encoding: chunked"), "{head}");
    let pieces: Vec<&str> = body.split("\r\n").skip(1).step_by(2).collect();
    assert_eq!(pieces.concat(), CLEAN);
    assert_eq!(pieces.iter().filter(|piece| !piece.is_empty()).count(), 4);
    stream
        .write_all(GOOD.as_bytes())
        .expect("the connection is kept");
    assert!(read(&mut stream, "good").0.starts_with("HTTP/1.1 200 OK"));
}

#[test]
fn a_changed_document_arrives_whole() {
    let server = server();
    let check = |mode: &str, with: Value, expected: &str| {
        rule(&server, mode, &with);
        let (head, body) = answer(&server, CALL);
        assert_eq!(body, expected, "{mode} {with}");
        assert!(has_line(&head, "content-type: application/json"), "{head}");
        let length = format!("content-length: {}", body.len());
        assert!(has_line(&head, &length), "{head}");
        let (head, nothing) = answer(&server, HEAD);
        assert!(
            has_line(&head, &length) && nothing.is_empty(),
            "{mode}: {head}"
        );
        assert_eq!(fired(&server), 2, "{mode}");
    };
    check(
        "partial_response",
        json!({ "fields": ["price", "rows.n"] }),
        r#"{"z_id":"a1","status":"closed","rows":[{},{}]}"#,
    );
    check(
        "corrupt_field",
        json!({ "fields": ["price", "status"] }),
        r#"{"z_id":"a1","price":-12.50,"status":"open","rows":[{"n":1},{"n":2}]}"#,
    );
    check(
        "null_field",
        json!({ "fields": ["n"] }),
        r#"{"z_id":"a1","price":12.50,"status":"closed","rows":[{"n":null},{"n":null}]}"#,
    );
    check(
        "type_change",
        json!({ "fields": ["price"] }),
        r#"{"z_id":"a1","price":"12.50","status":"closed","rows":[{"n":1},{"n":2}]}"#,
    );
    check(
        "renamed_field",
        json!({}),
        r#"{"zId":"a1","price":12.50,"status":"closed","rows":[{"n":1},{"n":2}]}"#,
    );
    check(
        "added_field",
        json!({ "add": { "rate": 1.10 } }),
        r#"{"z_id":"a1","price":12.50,"status":"closed","rows":[{"n":1},{"n":2}],"rate":1.1}"#,
    );
    check(
        "schema_drift",
        json!({}),
        r#"{"z_id":"a1","price":12.50,"state":"closed","rows":[{"n":1},{"n":2}],"api_version":"2.0"}"#,
    );
    check(
        "empty_list",
        json!({}),
        r#"{"z_id":"a1","price":12.50,"status":"closed","rows":[]}"#,
    );
}

#[test]
fn a_changed_document_is_packed_for_those_who_ask() {
    let server = server();
    // Packed once as it is, so that this is at hand.
    let close = PACKED.replace("Host", "Connection: close\r\nHost");
    assert_eq!(unpacked(&mut connect(&server), &close), CLEAN);
    rule(&server, "empty_list", &json!({}));
    let expected = CLEAN.replace(r#"[{"n":1},{"n":2}]"#, "[]");
    assert_eq!(unpacked(&mut connect(&server), &close), expected);
}

#[test]
fn what_cannot_be_changed_comes_as_it_is_and_is_not_counted() {
    let server = server();
    let check = |response: Value, body: &str| {
        map(&server, &response);
        for mode in ["null_field", "added_field", "empty_list", "schema_drift"] {
            rule(&server, mode, &json!({}));
            assert_eq!(answer(&server, CALL).1, body, "{mode}");
            assert_eq!(fired(&server), 0, "{mode} {response}");
        }
    };
    check(json!({ "body": "text" }), "text");
    check(json!({ "body": "" }), "");
    check(
        json!({ "status": 404, "jsonBody": { "a": [1] } }),
        r#"{"a":[1]}"#,
    );
    check(
        json!({ "body": "[1]", "headers": { "Content-Encoding": "br" } }),
        "[1]",
    );
}

#[test]
fn another_reply_takes_the_place_of_the_clean_one() {
    let server = server();
    let check = |mode: &str, with: Value, line: &str, expected: &[&str]| {
        rule(&server, mode, &with);
        let (head, body) = answer(&server, CALL);
        let (first, _) = head.split_once("\r\n").expect("a line");
        assert_eq!(first, line, "{mode} {with}");
        for part in expected {
            assert!(
                body.contains(part),
                "{mode} {with}: {part} is not in {body}"
            );
        }
        assert_eq!(fired(&server), 1);
        head
    };
    let head = check(
        "wrong_status",
        json!({ "status": 503 }),
        "HTTP/1.1 503 Service Unavailable",
        &["\"status\":503"],
    );
    assert!(
        has_line(&head, "content-type: application/problem+json"),
        "{head}"
    );
    check(
        "wrong_status",
        json!({ "status": 500, "committed": true }),
        "HTTP/1.1 500 Internal Server Error",
        &[CLEAN],
    );
    check(
        "wrong_status",
        json!({ "statuses": [502], "body": "down" }),
        "HTTP/1.1 502 Bad Gateway",
        &["down"],
    );
    let head = check(
        "error_in_ok",
        json!({}),
        "HTTP/1.1 200 OK",
        &["Internal Server Error"],
    );
    assert!(has_line(&head, "content-type: application/json"), "{head}");
    check(
        "error_in_ok",
        json!({ "body": { "error": "no" } }),
        "HTTP/1.1 200 OK",
        &[r#"{"error":"no"}"#],
    );
    check(
        "error_in_ok",
        json!({ "beside": true }),
        "HTTP/1.1 200 OK",
        &[&CLEAN[..CLEAN.len() - 1], r#","errors":[{"code":"#],
    );
    let head = check(
        "rate_limited",
        json!({}),
        "HTTP/1.1 429 Too Many Requests",
        &["\"status\":429"],
    );
    assert!(has_line(&head, "retry-after: 30"), "{head}");
    let head = check(
        "rate_limited",
        json!({ "retryAfter": false, "status": 503 }),
        "HTTP/1.1 503 Service Unavailable",
        &[],
    );
    assert!(!head.contains("retry-after"), "{head}");
}

/// Deposits 10.00 of 500.00 while a rule is there: what comes holds all these parts, the connection ends
/// so, and the money is there, or is not.
#[test]
fn what_is_done_is_not_what_is_told() {
    let server = Server::start();
    let check = |mode: &str, with: Value, expected: &[&str], end: End, done: bool| {
        server.post("/__admin/reset", &json!({})).expect(200);
        let rule = json!({ "mode": mode, "tools": ["deposit"], "with": with });
        server.put("/__admin/faults/r", &rule).expect(200);
        let body = r#"{"agent_id":"alice","amount":"10.00"}"#;
        let head = "POST /v1/deposit HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";
        let length = format!("Content-Length: {}\r\n\r\n", body.len());
        let (text, found) = call(&server, &format!("{head}{length}{body}"));
        assert_eq!(found, end, "{mode} {with}: {text}");
        assert_eq!(
            text.is_empty(),
            expected.is_empty(),
            "{mode} {with}: {text}"
        );
        for part in expected {
            assert!(
                text.contains(part),
                "{mode} {with}: {part} is not in {text}"
            );
        }
        let balance = server.tool("get_balance", &json!({ "agent_id": "alice" }));
        let balance = balance.expect(200)["balance"].clone();
        let expected = if done { "510.00" } else { "500.00" };
        assert_eq!(balance, expected, "{mode} {with}");
        assert_eq!(fired(&server), 1, "{mode} {with}");
    };
    let clean = r#""deposited":"10.00""#;
    check("lost_reply", json!({}), &[], End::Reset, true);
    check("lost_request", json!({}), &[], End::Reset, false);
    let late = |committed: bool| json!({ "milliseconds": 20, "committed": committed });
    check("timeout", late(false), &[], End::Closed, false);
    check("timeout", late(true), &[], End::Closed, true);
    check("connection_reset", json!({}), &[], End::Reset, false);
    check(
        "empty_reply",
        json!({ "committed": true }),
        &[],
        End::Closed,
        true,
    );
    check(
        "silent_no_op",
        json!({}),
        &["HTTP/1.1 200 OK", clean],
        End::Closed,
        false,
    );
    let done = json!({ "body": { "done": true } });
    let parts = ["HTTP/1.1 200 OK", r#"{"done":true}"#];
    check("silent_no_op", done, &parts, End::Closed, false);
    let worded = r#""type":"error""#;
    let parts = [
        "HTTP/1.1 503 ",
        worded,
        r#""code":"service_unavailable""#,
        "Busy.",
    ];
    let busy = json!({ "status": 503, "message": "Busy." });
    check("wrong_status", busy, &parts, End::Closed, false);
    let parts = ["HTTP/1.1 503 ", clean];
    let after = json!({ "status": 503, "committed": true });
    check("wrong_status", after, &parts, End::Closed, true);
    let parts = ["HTTP/1.1 200 OK", worded, r#""status":500"#];
    check("error_in_ok", json!({}), &parts, End::Closed, false);
    let parts = ["HTTP/1.1 200 OK", worded, r#""code":"insufficient_funds""#];
    let cause = json!({ "cause": "insufficient_funds" });
    check("error_in_ok", cause, &parts, End::Closed, false);
    let parts = ["HTTP/1.1 200 OK", clean, r#""errors":[{"code":"#];
    check(
        "error_in_ok",
        json!({ "beside": true }),
        &parts,
        End::Closed,
        true,
    );
    let parts = ["HTTP/1.1 429 ", worded, "retry-after: 7\r\n"];
    check(
        "rate_limited",
        json!({ "retryAfter": 7 }),
        &parts,
        End::Closed,
        false,
    );
    let parts = ["HTTP/1.1 200 OK", r#""balance":null"#];
    let field = json!({ "fields": ["balance"] });
    check("null_field", field, &parts, End::Closed, true);
    check(
        "truncated_body",
        json!({}),
        &["HTTP/1.1 200 OK"],
        End::Closed,
        true,
    );
    check(
        "garbage",
        json!({}),
        &["HTTP/1.1 200 OK"],
        End::Closed,
        true,
    );
    let drip = json!({ "milliseconds": 20 });
    check("slow_drip", drip, &["HTTP/1.1 200 OK"], End::Closed, true);
    let latency = json!({ "milliseconds": 20 });
    check(
        "latency",
        latency,
        &["HTTP/1.1 200 OK", clean],
        End::Closed,
        true,
    );
}

#[test]
fn clients_that_go_away_or_wait_hinder_nobody() {
    let server = server();
    let mut waiting = Vec::new();
    let started = stopwatch();
    for (mode, with) in [
        ("latency", json!({ "milliseconds": 10_000 })),
        ("timeout", json!({ "milliseconds": 10_000 })),
        ("slow_drip", json!({ "milliseconds": 10_000 })),
        ("truncated_body", json!({})),
        ("garbage", json!({ "garbage": "wire" })),
        ("lost_reply", json!({})),
    ] {
        rule(&server, mode, &with);
        for stays in [true, false].repeat(8) {
            let mut stream = connect(&server);
            stream.write_all(CALL.as_bytes()).expect("it is sent");
            waiting.extend(stays.then_some(stream));
        }
        assert_eq!(server.get("/good").text, "good", "{mode}");
    }
    server.delete("/__admin/faults").expect(200);
    assert_eq!(server.get("/t").text, CLEAN);
    assert!(
        since(started) < Duration::from_secs(10),
        "somebody had to wait"
    );
}

/// The frames that come on a stream of an HTTP/2 connection in answer to a GET, until it ends: their
/// types, and what their data is together.
fn frames(stream: &mut TcpStream, number: u8, path: &str) -> (Vec<u8>, String) {
    let length = u8::try_from(path.len()).expect("a short path");
    let mut block = vec![0x82, 0x86, 0x04, length];
    block.extend_from_slice(path.as_bytes());
    block.extend_from_slice(b"\x01\x01h");
    let size = u8::try_from(block.len()).expect("a short block");
    // A whole head, and no body.
    let mut frame = vec![0, 0, size, 0x01, 0x05, 0, 0, 0, number];
    frame.extend_from_slice(&block);
    stream.write_all(&frame).expect("it is sent");
    let (mut types, mut data) = (Vec::new(), Vec::new());
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).expect("a frame");
        let length = usize::from(head[1]) << 8 | usize::from(head[2]);
        let mut payload = vec![0; length];
        stream.read_exact(&mut payload).expect("its payload");
        if head[8] != number {
            continue;
        }
        types.push(head[3]);
        if head[3] == DATA {
            data.extend(payload);
        }
        if head[3] == RST_STREAM || head[4] & 1 == 1 {
            return (types, String::from_utf8_lossy(&data).into_owned());
        }
    }
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;

#[test]
fn over_http_2_a_fault_is_of_its_stream_alone() {
    let server = server();
    let check = |mode: &str, with: Value, types: &[u8], data: &str| {
        rule(&server, mode, &with);
        let mut stream = connect(&server);
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
        stream.write_all(preface).expect("it is sent");
        let (mut found, body) = frames(&mut stream, 1, "/t");
        found.dedup();
        assert_eq!((&*found, &*body), (types, data), "{mode} {with}");
        let (_, good) = frames(&mut stream, 3, "/good");
        assert_eq!(good, "good", "{mode} {with}");
    };
    let reset = &[RST_STREAM];
    check("connection_reset", json!({}), reset, "");
    check("empty_reply", json!({}), reset, "");
    check("timeout", json!({ "milliseconds": 20 }), reset, "");
    check("lost_reply", json!({ "as": "close" }), reset, "");
    check("lost_request", json!({}), reset, "");
    check("garbage", json!({ "garbage": "chunk" }), reset, "");
    check("garbage", json!({ "garbage": "wire" }), reset, "");
    let cut = &[HEADERS, DATA, RST_STREAM];
    check("truncated_body", json!({ "bytes": 10 }), cut, &CLEAN[..10]);
    check(
        "truncated_body",
        json!({ "bytes": 0 }),
        &[HEADERS, RST_STREAM],
        "",
    );
    let whole = &[HEADERS, DATA];
    let framed = json!({ "bytes": 10, "framed": true });
    check("truncated_body", framed, whole, &CLEAN[..10]);
    check(
        "slow_drip",
        json!({ "milliseconds": 40, "chunks": 4 }),
        whole,
        CLEAN,
    );
    check("latency", json!({ "milliseconds": 20 }), whole, CLEAN);
    let null = CLEAN.replace("12.50", "null");
    check("null_field", json!({ "fields": ["price"] }), whole, &null);
    check(
        "wrong_status",
        json!({ "status": 500, "body": "down" }),
        whole,
        "down",
    );
    // A body would break the stream (RFC 9110 §6.4.1).
    for status in [204, 304] {
        let with = json!({ "status": status, "body": "none" });
        check("wrong_status", with, &[HEADERS], "");
    }
}
