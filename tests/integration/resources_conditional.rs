//! Conditional requests: entity tags, `If-Match`, `If-None-Match`, and HEAD.

use std::sync::Barrier;
use std::time::Duration;

use serde_json::json;

use crate::resources::server;
use crate::support::{Answer, Server};

/// How many callers race, each with the same `If-Match`.
const CALLERS: usize = 16;

/// How often they do.
const ROUNDS: usize = 8;

fn note(server: &Server) -> String {
    let made = server.post("/notes", &json!({ "slug": "n", "text": "first" }));
    made.expect(201);
    made.header("etag").expect("an entity tag").to_owned()
}

fn put(server: &Server, header: (&str, &str), text: &str) -> Answer {
    let body = json!({ "text": text }).to_string();
    server.request("PUT", "/notes/n", &[header], Some(&body))
}

#[test]
fn a_tag_follows_the_record() {
    let server = server();
    let tag = |answer: &Answer| answer.header("etag").map(str::to_owned);
    let got = server.get("/todos/t1");
    let first = tag(&got).expect("an entity tag");
    assert!(first.starts_with('"') && first.ends_with('"'), "{first}");
    assert_eq!(tag(&server.get("/todos/t1")), Some(first.clone()));
    let patched = server.patch("/todos/t1", &json!({ "priority": 5 }));
    let second = tag(&patched).expect("an entity tag");
    assert_ne!(second, first);
    assert_eq!(tag(&server.get("/todos/t1")), Some(second));
    assert_eq!(tag(&server.get("/todos")), None);
    assert_eq!(tag(&server.get("/todos/t9")), None);
    assert_eq!(tag(&server.delete("/todos/t1")), None);
    // The same record has the same tag on another server.
    let other = self::server();
    assert_eq!(tag(&other.get("/todos/t1")), Some(first));
}

#[test]
fn who_has_it_is_told_so() {
    let server = server();
    let tag = server
        .get("/todos/t1")
        .header("etag")
        .expect("a tag")
        .to_owned();
    let get = |method: &str, value: &str| {
        server.request(method, "/todos/t1", &[("If-None-Match", value)], None)
    };
    for method in ["GET", "HEAD"] {
        for value in [
            tag.as_str(),
            &format!("W/{tag}"),
            "*",
            &format!("\"x\", {tag}"),
        ] {
            let answer = get(method, value);
            assert_eq!(answer.status, 304, "{method} {value}");
            assert_eq!(answer.text, "");
            assert_eq!(answer.header("etag"), Some(tag.as_str()));
            assert_eq!(answer.header("content-type"), None);
            assert_eq!(answer.header("content-length"), None);
        }
        assert_eq!(get(method, "\"x\"").status, 200, "{method}");
    }
    // Of what is not there nobody has anything.
    let none = server.request("GET", "/todos/t9", &[("If-None-Match", "*")], None);
    assert_eq!(none.status, 404);
    let call = server.get("/__admin/calls?limit=1000").expect(200);
    let said = call.to_string();
    assert!(said.contains("\"notModified\""), "the trace says why");
}

#[test]
fn a_change_says_what_it_has_seen() {
    let server = server();
    let tag = note(&server);
    let refused = server
        .put("/notes/n", &json!({ "text": "blind" }))
        .expect(428);
    let said = format!("the request has no If-Match, and the entity tag is {tag}");
    assert_eq!(refused["detail"], said);
    let refused = put(&server, ("If-Match", "\"stale\""), "stale").expect(412);
    let said = format!("If-Match is \"stale\", and the entity tag is {tag}");
    assert_eq!(refused["detail"], said);
    put(&server, ("If-Match", &format!("W/{tag}")), "weak").expect(412);
    put(&server, ("If-None-Match", "*"), "new").expect(412);
    assert_eq!(server.get("/notes/n").expect(200)["text"], "first");
    put(&server, ("If-Match", &tag), "second").expect(200);
    put(&server, ("If-Match", &tag), "third").expect(412);
    put(&server, ("If-Match", "*"), "fourth").expect(200);
    assert_eq!(server.delete("/notes/n").status, 428);
    let gone = server.request("DELETE", "/notes/n", &[("If-Match", "*")], None);
    assert_eq!(gone.expect(200), json!({ "slug": "n", "deleted": true }));
    // What is not there is not found, whatever is said of it.
    put(&server, ("If-Match", "*"), "fifth").expect(404);
}

#[test]
fn a_condition_is_free_where_it_is_not_required() {
    let server = server();
    server
        .patch("/todos/t1", &json!({ "priority": 2 }))
        .expect(200);
    let body = json!({ "priority": 4 }).to_string();
    let stale = [("If-Match", "\"stale\"")];
    let refused = server.request("PATCH", "/todos/t1", &stale, Some(&body));
    refused.expect(412);
    assert_eq!(server.get("/todos/t1").expect(200)["priority"], 2);
    let close = server
        .post("/tickets", &json!({ "subject": "s" }))
        .expect(201);
    let path = format!("/tickets/{}/close", close["id"].as_str().expect("a key"));
    server
        .request("POST", &path, &stale, Some("{}"))
        .expect(412);
    server.post(&path, &json!({})).expect(200);
}

#[test]
fn what_must_be_new_is_not_made_twice() {
    let server = server();
    let make = |headers: &[(&str, &str)]| {
        let body = json!({ "slug": "n", "text": "x" }).to_string();
        server
            .request("POST", "/notes", headers, Some(&body))
            .status
    };
    assert_eq!(make(&[("If-Match", "*")]), 412);
    assert_eq!(make(&[("If-None-Match", "*")]), 201);
    assert_eq!(make(&[("If-None-Match", "*")]), 412);
    assert_eq!(make(&[]), 409);
}

#[test]
fn of_all_who_have_seen_the_same_one_wins() {
    let server = server();
    let mut tag = note(&server);
    for round in 0..ROUNDS {
        let start = Barrier::new(CALLERS);
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..CALLERS)
                .map(|caller| {
                    let (server, start, tag) = (&server, &start, tag.as_str());
                    scope.spawn(move || {
                        start.wait();
                        put(server, ("If-Match", tag), &format!("{round}/{caller}"))
                    })
                })
                .collect();
            let answers = callers.into_iter().map(|caller| caller.join());
            answers.map(|answer| answer.expect("a caller")).collect()
        });
        let won: Vec<&Answer> = answers
            .iter()
            .filter(|answer| answer.status == 200)
            .collect();
        let lost = answers.iter().filter(|answer| answer.status == 412).count();
        assert_eq!((won.len(), lost), (1, CALLERS - 1), "round {round}");
        assert_eq!(server.get("/notes/n").expect(200), won[0].json());
        tag = won[0].header("etag").expect("a tag").to_owned();
    }
}

#[test]
fn a_head_is_a_get_without_its_body() {
    let server = server();
    for path in ["/todos", "/todos/t1", "/todos/t9"] {
        let got = server.get(path);
        let head = server.send("HEAD", path, None);
        assert_eq!(head.status, got.status, "{path}");
        assert_eq!(head.text, "", "{path}");
        for name in ["content-type", "content-length", "etag"] {
            assert_eq!(head.header(name), got.header(name), "{path} {name}");
        }
    }
    // No byte of a body is sent.
    let request = b"HEAD /todos/t1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let sent = server.raw(request, Duration::from_secs(10));
    assert!(sent.ends_with("\r\n\r\n"), "{sent:?}");
    // What answers no GET answers no HEAD.
    assert_eq!(server.send("HEAD", "/tools/get_todo", None).status, 404);
}

#[test]
fn a_route_for_head_itself_goes_first() {
    let server = server();
    let head = server.send("HEAD", "/tickets", None);
    assert_eq!((head.status, head.header("x-count")), (204, Some("0")));
    server.get("/tickets").expect(200);
}
