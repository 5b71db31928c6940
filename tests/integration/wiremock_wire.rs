//! Faults on the wire, phrases, delays, dribbles and bodies, as WireMock 3.13.2 does them.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::Server;

const GARBAGE: &str = "lskdu018973t09sylgasjkfg1][]'./.sdlv";
const CALL: &str = "GET /t HTTP/1.1\r\nHost: h\r\n\r\n";
const GOOD: &str = "GET /good HTTP/1.1\r\nHost: h\r\n\r\n";

/// How a connection ended.
#[derive(Debug, PartialEq)]
pub(crate) enum End {
    Closed,
    Reset,
    Open,
}

/// A server with a mapping for `/good`.
fn server() -> Server {
    let server = Server::start();
    map(&server, "/good", &json!({ "body": "good" }));
    server
}

/// Maps a path to a response; the newest mapping of a path counts.
fn map(server: &Server, url: &str, response: &Value) {
    let mapping = json!({ "request": { "url": url }, "response": response });
    server.post("/__admin/mappings", &mapping).expect(201);
}

#[expect(clippy::disallowed_methods, reason = "a delay is of the wall clock")]
pub(crate) fn stopwatch() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "a delay is of the wall clock")]
pub(crate) fn since(started: Instant) -> Duration {
    started.elapsed()
}

pub(crate) fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.base.trim_start_matches("http://"));
    let stream = stream.expect("a connection");
    let patience = Some(Duration::from_secs(10));
    stream.set_read_timeout(patience).expect("a time-out");
    stream
}

/// Reads until the connection ends, or `enough` has come.
pub(crate) fn read(stream: &mut TcpStream, enough: &str) -> (String, End) {
    let mut found = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&found).into_owned();
        if !enough.is_empty() && text.ends_with(enough) {
            return (text, End::Open);
        }
        match stream.read(&mut piece) {
            Ok(0) => return (text, End::Closed),
            Ok(read) => found.extend_from_slice(&piece[..read]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return (text, End::Reset),
            Err(error) => panic!("{error}: {text:?}"),
        }
    }
}

/// Sends bytes, and reads until the connection ends.
fn call(server: &Server, bytes: &str) -> (String, End) {
    let mut stream = connect(server);
    stream.write_all(bytes.as_bytes()).expect("it is sent");
    read(&mut stream, "")
}

/// What a call of a mapping with this response is answered with, but for the date and the mapping's id;
/// the connection closes after it.
#[track_caller]
fn answer(server: &Server, method: &str, response: &Value) -> String {
    map(server, "/t", response);
    let (text, end) = call(
        server,
        &format!("{method} /t HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
    );
    assert_eq!(end, End::Closed, "{text}");
    let left_out = ["date: ", "matched-stub-id: ", "connection: close"];
    let is_told = |line: &&str| !left_out.iter().any(|left_out| line.starts_with(left_out));
    text.split("\r\n")
        .filter(is_told)
        .collect::<Vec<_>>()
        .join("\r\n")
}

/// A fault shows these bytes, alone, after another call on the same connection, with a body to drain,
/// and with calls before and after it in the same packet.
#[track_caller]
fn check_fault(fault: &str, shown: &str, end: &End) {
    let server = server();
    map(
        &server,
        "/t",
        &json!({ "fault": fault, "status": 404, "body": "unseen" }),
    );
    let found = call(&server, CALL);
    assert_eq!((&*found.0, &found.1), (shown, end), "alone");

    let post = format!(
        "POST /t HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n{:60000}",
        ""
    );
    let found = call(&server, &post);
    assert_eq!((&*found.0, &found.1), (shown, end), "with a body");

    let mut stream = connect(&server);
    stream.write_all(GOOD.as_bytes()).expect("it is sent");
    let (first, _) = read(&mut stream, "good");
    assert!(first.starts_with("HTTP/1.1 200 OK\r\n"), "{first}");
    stream.write_all(CALL.as_bytes()).expect("it is sent");
    let found = read(&mut stream, "");
    assert_eq!((&*found.0, &found.1), (shown, end), "on a kept connection");

    if *end == End::Closed {
        let (found, ended) = call(&server, &format!("{GOOD}{CALL}{GOOD}"));
        assert_eq!(ended, End::Closed, "{found:?}");
        let rest = found
            .split_once("\r\n\r\ngood")
            .expect("the first answer")
            .1;
        assert_eq!(rest, shown, "in one packet with others");
    }
}

#[test]
fn an_empty_response_closes_without_a_byte() {
    check_fault("EMPTY_RESPONSE", "", &End::Closed);
}

#[test]
fn random_data_is_all_that_comes() {
    check_fault("RANDOM_DATA_THEN_CLOSE", GARBAGE, &End::Closed);
}

#[test]
fn a_malformed_chunk_follows_a_good_head() {
    let shown = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{GARBAGE}");
    check_fault("MALFORMED_RESPONSE_CHUNK", &shown, &End::Closed);
    let server = server();
    map(
        &server,
        "/t",
        &json!({ "fault": "MALFORMED_RESPONSE_CHUNK" }),
    );
    let (found, _) = call(&server, "GET /t HTTP/1.0\r\n\r\n");
    assert_eq!(found, format!("HTTP/1.1 200 OK\r\n\r\n{GARBAGE}"));
}

#[test]
fn a_connection_is_reset() {
    check_fault("CONNECTION_RESET_BY_PEER", "", &End::Reset);
}

#[test]
fn an_unknown_fault_is_refused() {
    let server = Server::start();
    let mapping = json!({ "request": {}, "response": { "fault": "NOPE" } });
    let error = server.post("/__admin/mappings", &mapping).expect(422);
    assert_eq!(error["errors"][0]["source"]["pointer"], "/response/fault");
}

#[test]
fn a_delay_comes_before_a_fault() {
    let response = json!({
        "fault": "EMPTY_RESPONSE",
        "fixedDelayMilliseconds": 60,
        "delayDistribution": { "type": "fixed", "milliseconds": 40 }
    });
    let server = server();
    map(&server, "/t", &response);
    let started = stopwatch();
    assert_eq!(call(&server, CALL), (String::new(), End::Closed));
    assert!(since(started) >= Duration::from_millis(100));
}

#[test]
fn a_phrase_is_said_after_the_status() {
    let server = server();
    let check = |response: Value, expected: &str| {
        let answer = answer(&server, "GET", &response);
        assert_eq!(answer.split_once("\r\n").expect("a line").0, expected);
    };
    check(
        json!({ "statusMessage": "My Phrase" }),
        "HTTP/1.1 200 My Phrase",
    );
    check(
        json!({ "status": 404, "statusMessage": "x" }),
        "HTTP/1.1 404 x",
    );
    check(
        json!({ "statusMessage": "a\r\nX: y" }),
        "HTTP/1.1 200 a??X: y",
    );
    check(json!({ "statusMessage": "\u{20ac}" }), "HTTP/1.1 200 ?");
    check(json!({ "statusMessage": "" }), "HTTP/1.1 200 ");
    check(json!({ "status": 599 }), "HTTP/1.1 599 599");
    check(json!({ "status": 999 }), "HTTP/1.1 999 999");
    check(json!({ "status": 0 }), "HTTP/1.1 200 OK");
    check(json!({ "status": -1 }), "HTTP/1.1 200 OK");
    check(json!({ "status": "201" }), "HTTP/1.1 201 Created");
    check(json!({ "status": 200.7 }), "HTTP/1.1 200 OK");
    check(json!({ "status": null }), "HTTP/1.1 200 OK");
}

#[test]
fn a_status_that_ends_no_call_is_refused() {
    let server = Server::start();
    for status in [1, 99, 100, 101, 199, 1000, 70000] {
        let mapping = json!({ "request": {}, "response": { "status": status } });
        let error = server.post("/__admin/mappings", &mapping).expect(422);
        let pointer = &error["errors"][0]["source"]["pointer"];
        assert_eq!(pointer, "/response/status", "{status}");
    }
}

#[test]
fn of_several_bodies_the_first_counts() {
    let one = |text: &str| {
        format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}",
            text.len()
        )
    };
    let server = server();
    let check = |response: Value, text: &str| {
        assert_eq!(answer(&server, "GET", &response), one(text), "{response}");
    };
    check(
        json!({ "body": "a", "jsonBody": { "x": 1 }, "base64Body": "aGk=" }),
        "a",
    );
    check(json!({ "body": "a", "bodyFileName": "no.txt" }), "a");
    check(json!({ "body": "", "jsonBody": 1 }), "");
    check(json!({ "jsonBody": 1, "base64Body": "aGk=" }), "1");
    check(json!({ "jsonBody": null, "base64Body": "aGk=" }), "hi");
    check(json!({ "jsonBody": null }), "");
    check(json!({ "base64Body": "aGk" }), "hi");
    check(json!({ "base64Body": "" }), "");
    check(
        json!({ "base64Body": "e3tyZXF1ZXN0LnBhdGh9fQ==", "transformers": ["response-template"] }),
        "{{request.path}}",
    );
    check(json!({ "body": 12 }), "12");
    check(json!({ "body": true }), "true");
    check(
        json!({ "body": "{{request.path}}", "transformers": ["nope"] }),
        "{{request.path}}",
    );
    check(
        json!({ "body": "{{request.path}}", "transformers": ["nope", "response-template"] }),
        "/t",
    );
    check(
        json!({ "body": "a", "headers": null, "transformers": null, "fromConfiguredStub": true, "fault": null }),
        "a",
    );
}

#[test]
fn what_is_no_base64_is_refused() {
    let server = Server::start();
    for body in ["!!!", "aGk=\naGk=", "_-8="] {
        let mapping = json!({ "request": {}, "response": { "base64Body": body } });
        let error = server.post("/__admin/mappings", &mapping).expect(422);
        let pointer = &error["errors"][0]["source"]["pointer"];
        assert_eq!(pointer, "/response/base64Body", "{body}");
    }
}

#[test]
fn some_statuses_have_no_body() {
    let server = server();
    let check = |method, response: Value, expected: &str| {
        assert_eq!(answer(&server, method, &response), expected, "{response}");
    };
    let hi = |status| json!({ "status": status, "body": "hi" });
    check("GET", hi(204), "HTTP/1.1 204 No Content\r\n\r\n");
    check("GET", hi(304), "HTTP/1.1 304 Not Modified\r\n\r\n");
    check(
        "GET",
        hi(205),
        "HTTP/1.1 205 Reset Content\r\ncontent-length: 2\r\n\r\nhi",
    );
    check(
        "HEAD",
        hi(200),
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n",
    );
    check("HEAD", hi(204), "HTTP/1.1 204 No Content\r\n\r\n");
    // A HEAD may tell a length that no body here has.
    let told = json!({ "headers": { "Content-Length": "1234" } });
    check(
        "HEAD",
        told.clone(),
        "HTTP/1.1 200 OK\r\ncontent-length: 1234\r\n\r\n",
    );
    check("GET", told, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let wrong = json!({ "headers": { "Content-Length": "x" } });
    check(
        "HEAD",
        wrong,
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    );
}

#[test]
fn headers_carry_several_values_and_latin_letters() {
    let headers = json!({ "Set-Cookie": ["a=1", "b=2"], "X-A": "a\nb\u{20ac}", "Date": "x" });
    let server = server();
    let expected = "HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nset-cookie: b=2\r\nx-a: a b \r\ncontent-length: 2\r\n\r\nhi";
    let response = json!({ "body": "hi", "headers": headers });
    assert_eq!(answer(&server, "GET", &response), expected);
}

#[test]
fn a_mapping_tells_its_id_and_name() {
    const ID: &str = "7f2c5a1e-0000-4000-8000-000000000001";
    let server = Server::start();
    let mapping = json!({ "id": ID, "name": "n\u{e4}me\nof it", "request": { "url": "/t" },
        "response": { "headers": { "Matched-Stub-Id": "mine" } } });
    server.post("/__admin/mappings", &mapping).expect(201);
    let answer = server.get("/t");
    let told: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| name.starts_with("matched"))
        .collect();
    let expected = [
        ("matched-stub-id", "mine"),
        ("matched-stub-id", ID),
        ("matched-stub-name", "n?me of it"),
    ];
    let expected: Vec<_> = expected
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    assert_eq!(told, expected.iter().collect::<Vec<_>>());
    // A pack's stub is no mapping.
    assert_eq!(server.get("/nope").header("matched-stub-id"), None);
}

#[test]
fn a_body_dribbles() {
    let response = json!({ "body": "abcdefgh",
        "chunkedDribbleDelay": { "numberOfChunks": 3, "totalDuration": 60 } });
    let server = server();
    let check = |response: Value, expected: &str| {
        assert_eq!(answer(&server, "GET", &response), expected);
    };
    let started = stopwatch();
    let chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n4\r\nefgh\r\n0\r\n\r\n";
    check(response, chunks);
    assert!(since(started) >= Duration::from_millis(60));
    let many =
        json!({ "body": "ab", "chunkedDribbleDelay": { "numberOfChunks": 9, "totalDuration": 2 } });
    check(
        many,
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n",
    );
    let none = json!({ "chunkedDribbleDelay": { "numberOfChunks": 9, "totalDuration": 2 } });
    check(none, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
}

#[test]
fn a_delay_that_cannot_be_is_refused() {
    let server = Server::start();
    for response in [
        json!({ "delayDistribution": { "type": "uniform", "lower": 5, "upper": 1 } }),
        json!({ "delayDistribution": { "type": "lognormal", "median": 5, "sigma": 0.1, "maxValue": 3 } }),
        json!({ "delayDistribution": { "type": "normal" } }),
        json!({ "delayDistribution": {} }),
        json!({ "delayDistribution": { "type": "fixed", "milliseconds": 5, "x": 1 } }),
        json!({ "fixedDelayMilliseconds": true }),
        json!({ "chunkedDribbleDelay": { "numberOfChunks": 3, "totalDuration": -90 } }),
        json!({ "chunkedDribbleDelay": {} }),
    ] {
        let mapping = json!({ "request": {}, "response": response });
        server.post("/__admin/mappings", &mapping).expect(422);
    }
}

/// A call's raw bytes with a body.
fn post(body: &[u8], headers: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST /t HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// The status of the answer to raw bytes.
fn status(server: &Server, bytes: &[u8]) -> String {
    let answer = server.raw(bytes, Duration::from_secs(10));
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[test]
fn a_packed_call_is_matched_and_logged_as_it_was_before() {
    // "hello", packed.
    let hello = b"\x1f\x8b\x08\0\0\0\0\0\x02\xff\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x106\x05\0\0\0";
    let server = Server::start();
    let mapping = json!({ "request": { "url": "/t", "bodyPatterns": [{ "equalTo": "hello" }] },
        "response": { "status": 202 } });
    server.post("/__admin/mappings", &mapping).expect(201);
    assert_eq!(
        status(&server, &post(hello, "Content-Encoding: gzip\r\n")),
        "202"
    );
    assert_eq!(status(&server, &post(hello, "")), "202");
    let calls = server.get("/__admin/calls").expect(200);
    assert_eq!(calls["calls"][0]["request"]["body"], "hello", "{calls}");
    assert_eq!(
        status(&server, &post(b"hello", "Content-Encoding: gzip\r\n")),
        "400"
    );
    assert_eq!(
        status(&server, &post(b"hello", "Content-Encoding: br\r\n")),
        "202"
    );
}

#[test]
fn an_answer_is_packed_for_those_who_ask() {
    let server = server();
    let body = "a".repeat(100);
    map(
        &server,
        "/t",
        &json!({ "body": body, "headers": { "ETag": "\"a\"" } }),
    );
    map(
        &server,
        "/made",
        &json!({ "body": "{{request.path}}".repeat(20), "transformers": ["response-template"] }),
    );
    let length = |server: &Server, path: &str, accepted: &str| {
        let call = format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{accepted}\r\n");
        let answer = server.raw(call.as_bytes(), Duration::from_secs(10));
        let is_packed = answer.contains("content-encoding: gzip\r\n");
        let line = answer
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        (
            is_packed,
            line.and_then(|line| line.parse::<usize>().ok())
                .expect("a length"),
        )
    };
    let gzip = "Accept-Encoding: br, gzip\r\n";
    assert_eq!(length(&server, "/t", ""), (false, 100));
    // Twice: the second is the one that was kept.
    for _ in 0..2 {
        let (is_packed, packed) = length(&server, "/t", gzip);
        assert!(is_packed && packed < 40, "{packed}");
        let (is_packed, packed) = length(&server, "/made", gzip);
        assert!(is_packed && packed < 60, "{packed}");
    }
    assert_eq!(
        length(&server, "/good", gzip),
        (false, 4),
        "it would become longer"
    );
    let plain = Server::with(&["--disable-gzip"]);
    map(&plain, "/t", &json!({ "body": body }));
    assert_eq!(length(&plain, "/t", gzip), (false, 100));
}

/// The type of the first frame that comes on stream 1 of an HTTP/2 connection in answer to a GET.
fn first_frame(stream: &mut TcpStream, number: u8, path: &str) -> u8 {
    let length = u8::try_from(path.len()).expect("a short path");
    let mut block = vec![0x82, 0x86, 0x04, length];
    block.extend_from_slice(path.as_bytes());
    block.extend_from_slice(b"\x01\x01h");
    let size = u8::try_from(block.len()).expect("a short block");
    // A whole head, and no body.
    let mut frame = vec![0, 0, size, 0x01, 0x05, 0, 0, 0, number];
    frame.extend_from_slice(&block);
    stream.write_all(&frame).expect("it is sent");
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).expect("a frame");
        let length = usize::from(head[1]) << 8 | usize::from(head[2]);
        stream
            .read_exact(&mut vec![0; length])
            .expect("its payload");
        if head[8] == number {
            return head[3];
        }
    }
}

#[test]
fn over_http_2_a_fault_resets_its_stream_alone() {
    const HEADERS: u8 = 1;
    const RST_STREAM: u8 = 3;
    let server = server();
    for fault in [
        "EMPTY_RESPONSE",
        "MALFORMED_RESPONSE_CHUNK",
        "CONNECTION_RESET_BY_PEER",
    ] {
        map(&server, "/t", &json!({ "fault": fault }));
        let mut stream = connect(&server);
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
        stream.write_all(preface).expect("it is sent");
        assert_eq!(first_frame(&mut stream, 1, "/t"), RST_STREAM, "{fault}");
        assert_eq!(first_frame(&mut stream, 3, "/good"), HEADERS, "{fault}");
    }
}
