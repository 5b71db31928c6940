//! Input that no client should send: broken bodies, broken HTTP, too much of it, and half of it.
//!
//! After each the books are as they were, and the server goes on.

use std::io;

use serde_json::{Value, json};

use crate::support::{Answer, Server};
use crate::wire::{Wire, post};

mod fuzz;
mod names;

/// A call that is all right and changes nothing: alice has a wallet already.
const BALANCE: &str = r#"{"agent_id":"alice"}"#;

/// A call that would show in the books, were it accepted.
const DEPOSIT: &str = r#"{"agent_id":"alice","amount":"7.77"}"#;

/// A server on whose books there is something to lose. A body has a second to arrive.
fn server() -> Server {
    let server = Server::with(&[
        "--stubs",
        "stubs/greenhelix",
        "--clock",
        "frozen@2026-01-01T00:00:00Z",
        "--body-seconds",
        "1",
    ]);
    let escrow = json!({ "payer": "alice", "payee": "bob", "amount": "25.00" });
    server.tool("create_escrow", &escrow).expect(200);
    server
}

/// All that a call could have left behind.
fn books(server: &Server) -> [Value; 4] {
    [
        "ledger/transfers?limit=1000",
        "wallets",
        "collections",
        "sandboxes",
    ]
    .map(|what| server.get(&format!("/__admin/{what}")).expect(200))
}

/// A `POST` to a path, with lines of the head and the body as they stand.
fn raw(target: &[u8], head: &[u8], body: &[u8]) -> Vec<u8> {
    let length = format!("content-length: {}\r\n", body.len());
    [
        b"POST ",
        target,
        b" HTTP/1.1\r\nhost: test\r\n",
        head,
        length.as_bytes(),
        b"\r\n",
        body,
    ]
    .concat()
}

/// Sends each of these on a connection of its own; the statuses with which it may be refused.
#[track_caller]
fn check_refused(cases: &[(&str, Vec<u8>, &[u16])]) {
    let server = server();
    let before = books(&server);
    for (name, request, statuses) in cases {
        let mut wire = Wire::connect(&server);
        // The server may refuse, and close, before it has read all.
        let _ = wire.send(request);
        let answer = wire.answer();
        let answer = answer.unwrap_or_else(|error| panic!("{name}: no answer: {error}"));
        let found = answer.status;
        assert!(statuses.contains(&found), "{name}: {found} {}", answer.text);
        goes_on(&server, name, &before);
    }
}

/// The server answers, its books are those from before, and they are right.
#[track_caller]
fn goes_on(server: &Server, name: &str, before: &[Value; 4]) {
    let answer = server.tool("get_balance", &json!({ "agent_id": "alice" }));
    assert_eq!(answer.expect(200)["balance"], "475.00", "after {name}");
    assert_eq!(books(server), *before, "after {name}");
    let audit = server.get("/__admin/ledger/audit").expect(200);
    assert_eq!(audit["ok"], true, "after {name}: {audit}");
}

/// Reads answers until the final one.
fn last_answer(wire: &mut Wire) -> io::Result<Answer> {
    loop {
        let answer = wire.answer()?;
        if answer.status >= 200 {
            return Ok(answer);
        }
    }
}

#[test]
fn a_body_that_is_no_input_is_refused() {
    let deep = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"agent_id":"alice","amount":"7.77","note":{open}{close}}}"#)
    };
    let deposit = |body: &[u8]| raw(b"/v1/deposit", b"", body);
    let gzip: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xabV*N-*\xcbLN\x05\x00";
    check_refused(&[
        ("half of it", deposit(br#"{"agent_id":"alice","#), &[400]),
        ("a form", deposit(b"agent_id=alice&amount=7.77"), &[400]),
        ("a word", deposit(b"deposit"), &[400]),
        ("blanks", deposit(b"  \r\n "), &[400]),
        (
            "two documents",
            deposit(format!("{DEPOSIT}{DEPOSIT}").as_bytes()),
            &[400],
        ),
        (
            "a trailing comma",
            deposit(br#"{"agent_id":"alice","amount":"7.77",}"#),
            &[400],
        ),
        ("nested, not closed", deposit(&[b'['; 10_000]), &[400]),
        (
            "objects, not closed",
            deposit(r#"{"a":"#.repeat(10_000).as_bytes()),
            &[400],
        ),
        ("nested 10,000 deep", deposit(deep(10_000).as_bytes()), &[400]),
        (
            "a name twice",
            deposit(br#"{"agent_id":"alice","amount":"7.77","amount":"9.99"}"#),
            &[400],
        ),
        (
            "a name twice, once escaped",
            deposit(br#"{"agent_id":"alice","amount":"7.77","\u0061mount":"7.77"}"#),
            &[400],
        ),
        (
            "a name twice in an envelope",
            raw(
                b"/v1",
                b"",
                br#"{"tool":"deposit","tool":"withdraw","input":{"agent_id":"alice","amount":"7.77"}}"#,
            ),
            &[400],
        ),
        (
            "bytes that are no UTF-8",
            deposit(b"{\"agent_id\":\"al\xff\xfeice\",\"amount\":\"7.77\"}"),
            &[400],
        ),
        (
            "half a surrogate pair",
            deposit(br#"{"agent_id":"alice\ud800","amount":"7.77"}"#),
            &[400, 422],
        ),
        (
            "a NUL in a name",
            deposit(br#"{"agent_id":"al\u0000ice","amount":"7.77"}"#),
            &[422],
        ),
        (
            "UTF-16",
            deposit(b"\xff\xfe{\x00\"\x00a\x00\"\x00:\x001\x00}\x00"),
            &[400],
        ),
        ("compressed", raw(b"/v1/deposit", b"content-encoding: gzip\r\n", gzip), &[400, 415]),
        ("nothing", deposit(b""), &[422]),
        ("null", deposit(b"null"), &[422]),
        ("a list", deposit(format!("[{DEPOSIT}]").as_bytes()), &[422]),
        ("a number", deposit(b"1e999999"), &[400, 422]),
        (
            "a huge number",
            deposit(format!(r#"{{"agent_id":"alice","amount":{}}}"#, "9".repeat(100_000)).as_bytes()),
            &[422],
        ),
        (
            "a long text",
            deposit(format!(r#"{{"agent_id":"{}","amount":"7.77"}}"#, "a".repeat(1_000_000)).as_bytes()),
            &[422],
        ),
    ]);
}

#[test]
fn a_path_or_head_that_names_nothing_is_refused() {
    let to = |target: &[u8]| raw(target, b"", DEPOSIT.as_bytes());
    let with = |head: &[u8]| raw(b"/v1/deposit", head, DEPOSIT.as_bytes());
    let long = "a".repeat(100_000);
    let many: String = (0..200).map(|n| format!("x-{n}: {n}\r\n")).collect();
    let plain = |line: &str| {
        let length = DEPOSIT.len();
        format!("{line}\r\nhost: test\r\ncontent-length: {length}\r\n\r\n{DEPOSIT}").into_bytes()
    };
    check_refused(&[
        ("%00 as the tool", to(b"/v1/%00"), &[400, 404]),
        ("%00 after the tool", to(b"/v1/deposit%00"), &[400, 404]),
        ("%00 as the path", to(b"/%00"), &[400, 404]),
        ("%00 as a sandbox", to(b"/s/%00/v1/deposit"), &[400, 404]),
        ("%00 as an agent", to(b"/__admin/wallets/%00"), &[404, 405]),
        ("a NUL in the path", to(b"/v1/dep\0osit"), &[400]),
        (
            "no UTF-8 in the path",
            to(b"/v1/dep\xff\xfeosit"),
            &[400, 404],
        ),
        (
            "no UTF-8 in the path, escaped",
            to(b"/v1/%ff%fe"),
            &[400, 404],
        ),
        ("half an escape", to(b"/v1/deposit%2"), &[400, 404]),
        ("dots", to(b"/v1/../v1/deposit"), &[400, 404]),
        ("two slashes", to(b"/v1//deposit"), &[400, 404]),
        (
            "a long path",
            to(format!("/v1/{long}").as_bytes()),
            &[404, 414, 431],
        ),
        (
            "no UTF-8 in the sandbox's header",
            with(b"sparring-sandbox: \xff\xfe\r\n"),
            &[400],
        ),
        ("no sandbox", with(b"sparring-sandbox: typo\r\n"), &[404]),
        ("a NUL in a header", with(b"x-a: b\0c\r\n"), &[400]),
        ("a header without a name", with(b": b\r\n"), &[400]),
        ("a header without a colon", with(b"nonsense\r\n"), &[400]),
        (
            "a huge header",
            with(format!("x-a: {long}\r\n").as_bytes()),
            &[431],
        ),
        ("200 headers", with(many.as_bytes()), &[431]),
        ("two lengths", with(b"content-length: 3\r\n"), &[400]),
        (
            "a negative length",
            b"POST /v1/deposit HTTP/1.1\r\nhost: test\r\ncontent-length: -1\r\n\r\n".to_vec(),
            &[400],
        ),
        (
            "an unknown coding",
            b"POST /v1/deposit HTTP/1.1\r\nhost: test\r\ntransfer-encoding: rot13\r\n\r\nx"
                .to_vec(),
            &[400, 501],
        ),
        (
            "an unknown method",
            plain("BREW /v1/deposit HTTP/1.1"),
            &[404, 405],
        ),
        (
            "another method",
            plain("DELETE /v1/deposit HTTP/1.1"),
            &[404, 405],
        ),
        ("no method", plain("/v1/deposit HTTP/1.1"), &[400]),
        (
            "a method of signs",
            plain("P@ST /v1/deposit HTTP/1.1"),
            &[400],
        ),
        (
            "a target without a slash",
            plain("POST v1/deposit HTTP/1.1"),
            &[400, 404],
        ),
        ("a star", plain("POST * HTTP/1.1"), &[400, 404]),
        (
            "a proxy's tunnel",
            plain("CONNECT test:443 HTTP/1.1"),
            &[400, 404, 405],
        ),
        (
            "an unknown version",
            plain("POST /v1/deposit HTTP/7.7"),
            &[400, 505],
        ),
        ("no version", plain("POST /v1/deposit"), &[400]),
        (
            "garbage",
            b"\x00\x01\x02 all this is no HTTP\r\n\r\n".to_vec(),
            &[400],
        ),
        (
            "TLS",
            b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n".to_vec(),
            &[400],
        ),
    ]);
}

#[test]
fn http_that_is_merely_unusual_is_answered() {
    let server = server();
    let before = books(&server);
    let length = BALANCE.len();
    let call = |line: &str, head: &str| {
        format!("{line}\r\n{head}content-length: {length}\r\n\r\n{BALANCE}").into_bytes()
    };
    let chunked = |chunks: &str| {
        format!("POST /v1/get_balance HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n{chunks}")
            .into_bytes()
    };
    let tool = "POST /v1/get_balance HTTP/1.1";
    let (one, other) = BALANCE.split_at(4);
    let cases = [
        ("HTTP/1.0", call("POST /v1/get_balance HTTP/1.0", "")),
        (
            "HTTP/1.0 that stays",
            call(
                "POST /v1/get_balance HTTP/1.0",
                "connection: keep-alive\r\n",
            ),
        ),
        (
            "the absolute form",
            call(
                "POST http://elsewhere.example/v1/get_balance HTTP/1.1",
                "host: test\r\n",
            ),
        ),
        (
            "one chunk",
            chunked(&format!("{length:x}\r\n{BALANCE}\r\n0\r\n\r\n")),
        ),
        (
            "chunks with extensions and a trailer",
            chunked(&format!(
                "4;a=b\r\n{one}\r\n{:X}\r\n{other}\r\n0\r\nx-sum: 1\r\n\r\n",
                other.len()
            )),
        ),
        (
            "a blank line before",
            [b"\r\n", &call(tool, "host: test\r\n")[..]].concat(),
        ),
        (
            "a query",
            call("POST /v1/get_balance?a=%00&b HTTP/1.1", "host: test\r\n"),
        ),
        (
            "a header that is no UTF-8",
            raw(b"/v1/get_balance", b"x-a: \xff\xfe\r\n", BALANCE.as_bytes()),
        ),
    ];
    for (name, request) in cases {
        let answer = Wire::connect(&server).exchange(&request);
        let answer = answer.unwrap_or_else(|error| panic!("{name}: no answer: {error}"));
        assert_eq!(answer.expect(200)["balance"], "475.00", "{name}");
        goes_on(&server, name, &before);
    }
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let server = server();
    let before = books(&server);
    let mut wire = Wire::connect(&server);
    let requests = [
        post("/v1/get_balance", &[], &json!({ "agent_id": "alice" })),
        raw(b"/v1/deposit", b"", b"{"),
        post("/v1/get_balance", &[], &json!({ "agent_id": "bob" })),
        post(
            "/v1/deposit",
            &[],
            &json!({ "agent_id": "alice", "amount": "-5" }),
        ),
        post("/v1/no_such_tool", &[], &json!({})),
    ];
    wire.send(&requests.concat()).expect("all of it is sent");
    let answers = requests
        .each_ref()
        .map(|_| wire.answer().expect("an answer"));
    let statuses = answers.each_ref().map(|answer| answer.status);
    assert_eq!(statuses, [200, 400, 200, 422, 404]);
    assert_eq!(answers[0].json()["balance"], "475.00");
    assert_eq!(answers[2].json()["agent_id"], "bob");
    goes_on(&server, "pipelined requests", &before);
}

#[test]
fn a_body_of_50_mb_is_too_large() {
    const LENGTH: usize = 50 << 20;
    let server = server();
    let before = books(&server);
    let head = |lines: &str| {
        format!("POST /v1/deposit HTTP/1.1\r\nhost: test\r\n{lines}\r\n").into_bytes()
    };
    let blanks = vec![b' '; 1 << 20];
    let send_all = |wire: &mut Wire, before: &str, after: &str| -> io::Result<()> {
        for _ in 0..LENGTH / blanks.len() {
            wire.send(&[before.as_bytes(), &blanks, after.as_bytes()].concat())?;
        }
        Ok(())
    };
    let refused = |name: &str, wire: &mut Wire| {
        let answer = last_answer(wire);
        let answer = answer.unwrap_or_else(|error| panic!("{name}: no answer: {error}"));
        assert_eq!(answer.status, 413, "{name}: {}", answer.text);
        let problem = answer.json();
        assert_eq!(problem["status"], 413, "{name}: {problem}");
        goes_on(&server, name, &before);
    };

    let mut wire = Wire::connect(&server);
    wire.send(&head(&format!("content-length: {LENGTH}\r\n")))
        .expect("the head is sent");
    // A server that refuses at once may close before all is sent.
    let _ = send_all(&mut wire, "", "");
    refused("50 MB", &mut wire);

    let mut wire = Wire::connect(&server);
    wire.send(&head("transfer-encoding: chunked\r\n"))
        .expect("the head is sent");
    let _ = send_all(&mut wire, "100000\r\n", "\r\n");
    let _ = wire.send(b"0\r\n\r\n");
    refused("50 MB in chunks", &mut wire);

    // Who asks first is told at once, and has nothing to send.
    let mut wire = Wire::connect(&server);
    wire.send(&head(&format!(
        "content-length: {LENGTH}\r\nexpect: 100-continue\r\n"
    )))
    .expect("the head is sent");
    refused("50 MB, announced", &mut wire);

    let mut wire = Wire::connect(&server);
    wire.send(&head(&format!(
        "content-length: {}\r\nexpect: 100-continue\r\n",
        BALANCE.len()
    )))
    .expect("the head is sent");
    assert_eq!(wire.answer().expect("an answer").status, 100);
    wire.send(BALANCE.as_bytes()).expect("the body is sent");
    // A deposit without an amount.
    assert_eq!(wire.answer().expect("an answer").status, 422);
    goes_on(&server, "a small body, announced", &before);
}

#[test]
fn half_a_body_and_then_silence_is_answered_and_forgotten() {
    let server = server();
    let before = books(&server);
    let (half, _) = DEPOSIT.split_at(DEPOSIT.len() / 2);
    let length = DEPOSIT.len();
    let starts = [
        format!("POST /v1/deposit HTTP/1.1\r\nhost: test\r\ncontent-length: {length}\r\n\r\n"),
        format!(
            "POST /v1/deposit HTTP/1.1\r\nhost: test\r\ncontent-length: {length}\r\n\r\n{half}"
        ),
        // All that is needed has come, but not all that was promised.
        format!(
            "POST /v1/deposit HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n\r\n{DEPOSIT}",
            length + 1
        ),
        format!(
            "POST /v1/deposit HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{half}"
        ),
        format!(
            "PUT /__admin/wallets/alice HTTP/1.1\r\nhost: test\r\ncontent-length: {length}\r\n\r\n{half}"
        ),
    ];
    // All are silent at the same time.
    let mut silent = starts.each_ref().map(|start| {
        let mut wire = Wire::connect(&server);
        wire.send(start.as_bytes()).expect("it is sent");
        wire
    });
    goes_on(&server, "the beginnings", &before);
    for (start, wire) in starts.iter().zip(&mut silent) {
        let answer = wire.answer();
        let answer = answer.unwrap_or_else(|error| panic!("{start}: no answer: {error}"));
        assert_eq!(answer.status, 408, "{start}: {}", answer.text);
        assert_eq!(answer.json()["status"], 408, "{start}");
        assert!(wire.is_closed(), "{start}: what else comes cannot be told");
    }
    goes_on(&server, "silence", &before);
    for start in &starts {
        let mut wire = Wire::connect(&server);
        wire.send(start.as_bytes()).expect("it is sent");
        wire.end();
        // Nobody needs an answer to half a call; but whoever gets one must not read of success.
        if let Ok(answer) = wire.answer() {
            assert!((400..500).contains(&answer.status), "{start}: {answer:?}");
        }
        goes_on(&server, "an end in the middle", &before);
    }
}
