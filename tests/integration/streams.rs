//! Answers that come as streams of events, and one of several answers.

use std::io::Write;
use std::time::Duration;

use serde_json::{Value, json};

use crate::check_command::{check, mistake};
use crate::support::Server;
use crate::wiremock_wire::{End, connect, read, since, stopwatch};

const PACK: &str = "tests/packs/streams";

fn server() -> Server {
    Server::with(&["--stubs", PACK, "--seed", "7"])
}

/// Sends a request to its end; gives the head, the chunks of the body, and how the connection ended.
fn chunks(server: &Server, method: &str, path: &str, body: &str) -> (String, Vec<String>, End) {
    let mut stream = connect(server);
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAccept-Encoding: gzip\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("it is sent");
    let (text, end) = read(&mut stream, "");
    let (head, mut rest) = text.split_once("\r\n\r\n").expect("a head");
    let mut chunks = Vec::new();
    while let Some((size, behind)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a chunk's size");
        if size == 0 {
            chunks.push(String::new());
            break;
        }
        chunks.push(behind[..size].to_owned());
        rest = &behind[size + 2..];
    }
    (head.to_ascii_lowercase(), chunks, end)
}

/// The chunks of a stream that comes to its end, without the last, which is empty.
#[track_caller]
fn whole(server: &Server, method: &str, path: &str, body: &str) -> Vec<String> {
    let (head, mut chunks, _) = self::chunks(server, method, path, body);
    assert!(head.starts_with("http/1.1 200 ok"), "{head}");
    assert!(!head.contains("content-encoding"), "{head}");
    assert_eq!(chunks.pop().as_deref(), Some(""), "the last chunk");
    chunks
}

const CHAT: &str = r#"{"words":["good","secret","day"],"stream":true,"usage":true}"#;

#[test]
fn each_event_is_a_chunk() {
    let server = server();
    let (head, _, _) = chunks(&server, "POST", "/chat", CHAT);
    assert!(
        head.contains("\r\ncontent-type: text/event-stream"),
        "{head}"
    );
    let found = whole(&server, "POST", "/chat", CHAT);
    let draw = |event: &str| {
        let (_, draw) = event.split_once(r#""draw":""#).expect("a draw");
        draw[..6].to_owned()
    };
    let (first, second) = (draw(&found[1]), draw(&found[2]));
    assert_ne!(first, second, "each event draws anew");
    let [begun, ..] = &found[..] else {
        panic!("no event");
    };
    let id = begun.split('"').nth(3).expect("an id");
    assert_eq!(
        found,
        [
            format!("data: {{\"id\":\"{id}\",\"n\":0,\"delta\":{{}}}}\n\n"),
            format!(
                "event: delta\nid: 0\ndata: {{\"n\":1,\"delta\":\"GOOD\",\"draw\":\"{first}\"}}\n\n"
            ),
            format!(
                "event: delta\nid: 2\ndata: {{\"n\":2,\"delta\":\"DAY\",\"draw\":\"{second}\"}}\n\n"
            ),
            "data: {\"usage\":\"3\"}\n\n".to_owned(),
            "data: [DONE]\n\n".to_owned(),
        ]
    );
    // The same answer at once, and without what is not asked for.
    let plain = json!({ "words": ["a"] });
    let answer = server.post("/chat", &plain);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.expect(200)["words"], json!(["A"]));
    let short = r#"{"words":[],"stream":true}"#;
    assert_eq!(whole(&server, "POST", "/chat", short).len(), 2);
}

#[test]
fn equal_seeds_tell_equal_events() {
    let (one, other) = (server(), server());
    for _ in 0..2 {
        assert_eq!(
            whole(&one, "POST", "/chat", CHAT),
            whole(&other, "POST", "/chat", CHAT)
        );
    }
}

#[test]
fn an_event_has_all_that_the_format_knows() {
    let server = server();
    let started = stopwatch();
    let found = whole(&server, "GET", "/feed", "");
    // Six events wait after the first, and one of them says that it does not.
    assert!(since(started) >= Duration::from_millis(5 * 30));
    assert_eq!(
        found,
        [
            ": hello\n: and\n: welcome\nretry: 500\n\n",
            "event: a data: b\ndata: two\ndata: lines\n\n",
            "event: x\ndata: begins\n\n",
            "data: {\"of\":\"x\",\"part\":1}\n\n",
            "data: {\"of\":\"x\",\"part\":2}\n\n",
            "event: y\ndata: begins\n\n",
            "data: the end\n\n",
        ]
    );
    let (head, _, _) = chunks(&server, "GET", "/feed", "");
    let kind = "\r\ncontent-type: text/event-stream; charset=utf-8";
    assert_eq!(head.matches("content-type").count(), 1, "{head}");
    assert!(head.contains(kind), "{head}");
}

#[test]
fn the_call_log_has_the_whole_text() {
    let server = server();
    let found = whole(&server, "POST", "/chat", CHAT).concat();
    let calls = server.get("/__admin/calls?tool=chat").expect(200);
    assert_eq!(calls["calls"][0]["reply"]["body"], found, "{calls}");
}

#[test]
fn a_stream_without_an_end_is_refused() {
    let server = server();
    let said = server.get("/endless").expect(500);
    assert!(
        said.to_string().contains("more than 10000 events"),
        "{said}"
    );
    let said = server
        .post("/no_list", &json!({ "words": "a" }))
        .expect(500);
    assert!(said.to_string().contains("expected a list"), "{said}");
    let said = server.post("/no_list", &json!({ "words": [] }));
    assert_eq!((said.status, &*said.text), (200, ""));
}

#[test]
fn the_first_response_that_holds_answers() {
    let server = server();
    let check = |input: Value, status: u16, kind: &str, body: &str| {
        let answer = server.post("/choose", &input);
        assert_eq!((answer.status, &*answer.text), (status, body), "{input}");
        assert_eq!(answer.header("content-type").unwrap_or_default(), kind);
    };
    let kind = |kind: &str| json!({ "kind": kind });
    check(
        kind("stream"),
        200,
        "text/event-stream",
        "data: streamed\n\n",
    );
    check(kind("text"), 202, "", "a text for text");
    check(json!({}), 201, "application/json", r#"{"kind":"other"}"#);
}

#[test]
fn a_response_has_names_of_its_own() {
    let server = server();
    server.get("/listed").expect_empty(404);
    let input = json!({ "words": ["a", "b"] });
    server.post("/chat", &input).expect(200);
    let listed = server.get("/listed").expect(200);
    let expected = json!({ "first": ["a", "b"], "loud": ["a!", "b!"], "total": 1 });
    assert_eq!(listed, expected);
}

#[test]
fn a_stub_streams_too() {
    let server = server();
    assert_eq!(
        whole(&server, "GET", "/ticks?from=5", ""),
        [
            "event: tick\nid: 5\ndata: {\"from\":\"5\"}\n\n",
            "data: done\n\n"
        ]
    );
    // Without the transformer, a text is what it is.
    assert_eq!(
        whole(&server, "GET", "/plain", ""),
        ["data: {{request.query.from}}\n\n"]
    );
}

/// The only rule from now on.
fn rule(server: &Server, mode: &str, with: &Value) {
    let rule = json!({ "mode": mode, "tools": ["chat"], "with": with });
    server.put("/__admin/faults/r", &rule).expect(200);
}

#[test]
fn a_stream_breaks_off() {
    let server = server();
    let clean = whole(&server, "POST", "/chat", CHAT);
    let cut = |with: Value| {
        rule(&server, "truncated_body", &with);
        let (head, chunks, end) = chunks(&server, "POST", "/chat", CHAT);
        assert!(head.starts_with("http/1.1 200 ok"), "{head}");
        assert_eq!(end, End::Closed);
        chunks
    };
    // After an event, without the chunk that ends a body.
    let found = cut(json!({ "events": 3 }));
    assert_eq!(found.len(), 3);
    assert!(found[2].contains("\"DAY\""), "{found:?}");
    assert_eq!(cut(json!({ "events": 0 })), [""; 0]);
    // Of a stream that is not that long, the last byte is missing.
    let found = cut(json!({ "events": 99 }));
    assert_eq!(found.last().map(|chunk| &**chunk), Some("data: [DONE]\n"));
    // Within an event.
    let found = cut(json!({ "bytes": clean[0].len() + 8 }));
    assert_eq!(found[1], "event: d");
    let found = cut(json!({ "share": 0.5 }));
    assert!(found.len() > 1 && found.len() < clean.len(), "{found:?}");
    // In its frame, it ends as if that were all.
    let found = cut(json!({ "events": 2, "framed": true }));
    assert_eq!((found.len(), &*found[2]), (3, ""));
    // The log tells both: what came, and what would have come.
    let calls = server
        .get("/__admin/calls?tool=chat")
        .expect(200)
        .to_string();
    assert!(
        calls.contains("truncated_body") && calls.contains("[DONE]"),
        "{calls}"
    );
    // It ends in one place.
    let both = json!({ "mode": "truncated_body", "with": { "events": 1, "bytes": 2 } });
    let said = server.post("/__admin/faults", &both).expect(422);
    assert!(said.to_string().contains("two ways to say"), "{said}");
    // What is no stream has no events that it could end after.
    let fired = server.get("/__admin/faults/r").expect(200)["fired"].clone();
    server.post("/chat", &json!({ "words": [] })).expect(200);
    assert_eq!(server.get("/__admin/faults/r").expect(200)["fired"], fired);
}

#[test]
fn a_stream_is_slow_or_lost() {
    let server = server();
    rule(&server, "slow_drip", &json!({ "milliseconds": 100 }));
    let started = stopwatch();
    // Event by event.
    assert_eq!(whole(&server, "POST", "/chat", CHAT).len(), 5);
    assert!(since(started) >= Duration::from_millis(100));
    // Or in pieces that are no events.
    rule(
        &server,
        "slow_drip",
        &json!({ "milliseconds": 20, "chunks": 3 }),
    );
    assert_eq!(whole(&server, "POST", "/chat", CHAT).len(), 3);
    rule(&server, "lost_reply", &json!({}));
    let mut stream = connect(&server);
    let length = CHAT.len();
    let request =
        format!("POST /chat HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n{CHAT}");
    stream.write_all(request.as_bytes()).expect("it is sent");
    let found = read(&mut stream, "");
    assert_eq!((&*found.0, found.1), ("", End::Reset));
    // All three were done.
    let replies = server.get("/__admin/collections/replies").expect(200);
    assert_eq!(replies["total"], 3, "{replies}");
}

#[test]
fn what_is_no_stream_is_refused() {
    check(
        "streams",
        &[
            mistake(
                "pack.yaml:6:30",
                "a stream has events",
                "expected `events`, with at least one of them",
            ),
            mistake(
                "pack.yaml:10:59",
                "a response has one body, not `eventStream` and `jsonBody`",
                "one too many",
            ),
            mistake(
                "pack.yaml:16:7",
                "a stream of events comes in pieces of its own",
                "leave it out, and give the events a `pause`",
            ),
            mistake(
                "pack.yaml:22:16",
                "is more than an hour",
                "expected at most 3600000",
            ),
            mistake(
                "pack.yaml:24:13",
                "an event without anything in it",
                "expected `data`, `event`, `id`, `retry`, `comment`, or `events` for a group",
            ),
            mistake(
                "pack.yaml:25:15",
                "`as` names something of `each`",
                "there is no `each` beside it",
            ),
            mistake(
                "pack.yaml:26:15",
                "a group of events has no `data` of its own",
                "it belongs to one of its `events`",
            ),
            mistake(
                "pack.yaml:27:38",
                "`input` has a meaning already",
                "choose another name",
            ),
            mistake(
                "pack.yaml:28:50",
                "unknown name `wrod`",
                "did you mean `word`?",
            ),
            mistake(
                "pack.yaml:29:19",
                "unknown name `word`",
                "expected one of input, request, tool, agent, credential, sequence, now",
            ),
            mistake(
                "pack.yaml:30:27",
                "there is no helper 'shout'",
                "in this template",
            ),
            mistake(
                "pack.yaml:31:28",
                "unexpected `[`",
                "the names here are input, request, tool, agent, credential, sequence",
            ),
            mistake(
                "pack.yaml:36:9",
                "no response after this one would ever answer",
                "expected `when`: only the last has none",
            ),
            mistake(
                "pack.yaml:37:11",
                "the last response answers where no other does",
                "leave `when` out, or add a response without it",
            ),
            mistake(
                "pack.yaml:41:17",
                "a response alone always answers",
                "leave `when` out, or make a list of responses",
            ),
            mistake(
                "pack.yaml:46:14",
                "`input` has a meaning already",
                "choose another name",
            ),
            mistake(
                "pack.yaml:46:32",
                "unknown variable `twice`",
                "the names here are input, request, tool, agent, credential",
            ),
            mistake(
                "pack.yaml:47:13",
                "unknown name `thrice`",
                "did you mean `twice`?",
            ),
            mistake(
                "pack.yaml:52:14",
                "`let` is for tools: a stub has no expressions",
                "leave it out, or make the stub a tool",
            ),
            mistake(
                "pack.yaml:51:7",
                "`when` is for tools: a stub has no expressions",
                "leave it out, or make the stub a tool",
            ),
            mistake(
                "pack.yaml:54:9",
                "`when` is for tools: a stub has no expressions",
                "leave it out, or make the stub a tool",
            ),
            mistake(
                "pack.yaml:55:21",
                "`each` is for tools: a stub has no expressions",
                "leave it out, or make the stub a tool",
            ),
        ],
    );
}
