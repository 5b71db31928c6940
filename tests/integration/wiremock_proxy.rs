//! Stubs whose calls are sent on. What is expected was asked of WireMock 3.13.2, but for who may be
//! sent to, what is said of why nothing came, and that connections are kept.

use std::time::Duration;

use serde_json::{Value, json};

use crate::launch::Folder;
use crate::support::{Answer, Server};
use crate::upstream::{Upstream, nobody};
use crate::webhooks::{deliveries, settled};

/// A stub for paths that begin with this one.
fn stub(server: &Server, prefix: &str, response: &Value) {
    let mapping = json!({
        "request": { "urlPathPattern": format!("{prefix}/.*") }, "response": response,
    });
    server.post("/__admin/mappings", &mapping).expect(201);
}

/// A server with a stub for everything, and what it is sent to.
fn proxied() -> (Server, Upstream) {
    let (server, upstream) = (Server::start(), Upstream::start());
    stub(&server, "", &json!({ "proxyBaseUrl": upstream.url }));
    (server, upstream)
}

/// What the upstream was told of a header.
fn told<'a>(asked: &'a Value, name: &str) -> Vec<&'a str> {
    let headers = asked["headers"].as_array().expect("headers").iter();
    let headers = headers.map(|header| header.as_str().expect("a header"));
    let values = headers.filter_map(|header| header.strip_prefix(name)?.strip_prefix(": "));
    values.collect()
}

#[test]
fn a_call_is_sent_on_as_it_came() {
    let (server, upstream) = proxied();
    let asked = server
        .request(
            "POST",
            "/a%20b/c?x=1&y=%41",
            &[
                ("X-One", "1"),
                ("X-One", "2"),
                ("Content-Type", "text/x"),
                ("Accept-Encoding", "br, other"),
                ("User-Agent", "test"),
                ("Upgrade", "other"),
            ],
            Some("body"),
        )
        .expect(200);
    assert_eq!(asked["method"], "POST");
    assert_eq!(asked["path"], "/a%20b/c?x=1&y=%41");
    assert_eq!(asked["body"], "body");
    assert_eq!(told(&asked, "x-one"), ["1", "2"]);
    assert_eq!(told(&asked, "content-type"), ["text/x"]);
    assert_eq!(told(&asked, "accept-encoding"), ["br, other"]);
    assert_eq!(told(&asked, "content-length"), ["4"]);
    assert_eq!(told(&asked, "upgrade"), [""; 0]);
    let host = upstream.url.trim_start_matches("http://");
    assert_eq!(told(&asked, "host"), [host]);
    assert!(told(&asked, "user-agent")[0].starts_with("Sparring/"));
    let empty = server.send("PUT", "/empty", None).expect(200);
    assert_eq!(told(&empty, "content-length"), ["0"]);
    let asked = server.send("DELETE", "/a", None).expect(200);
    assert_eq!(asked["method"], "DELETE");
}

#[test]
fn an_answer_comes_as_it_is() {
    let (server, _upstream) = proxied();
    let answer = server.get("/gone");
    assert_eq!(answer.status, 410);
    assert_eq!(answer.header("x-upstream"), Some("yes"));
    assert_eq!(answer.header("matched-stub-id"), None);
    let raw = server.raw(
        b"GET /gone HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
        Duration::from_secs(20),
    );
    assert!(raw.starts_with("HTTP/1.1 410 Quite gone\r\n"), "{raw}");
    let answer = server.raw(
        b"GET /elsewhere HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
        Duration::from_secs(20),
    );
    assert!(answer.starts_with("HTTP/1.1 302 Found\r\n"), "{answer}");
    assert!(answer.contains("location: /text\r\n"), "{answer}");
    let answer = server.get("/chunked");
    assert_eq!((answer.status, answer.text.as_str()), (200, "abc"));
    let cookies = answer
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie");
    assert_eq!(cookies.count(), 2);
    let head = server.request("HEAD", "/text", &[], None);
    assert_eq!(head.header("content-length"), Some("5"));
    assert_eq!(head.text, "");
    let packed = server.raw(
        b"GET /packed HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
        Duration::from_secs(20),
    );
    assert!(packed.contains("content-encoding: gzip\r\n"), "{packed}");
}

#[test]
fn a_stub_changes_what_is_sent_and_what_comes() {
    let (server, upstream) = (Server::start(), Upstream::start());
    stub(
        &server,
        "/api",
        &json!({
            "proxyBaseUrl": format!(" {}/base/ ", upstream.url), "proxyUrlPrefixToRemove": "/api/",
            "additionalProxyRequestHeaders": { "X-Add": ["1", "2"], "X-Over": "new" },
            "removeProxyRequestHeaders": ["x-drop", "X-Upper"],
            "headers": { "X-Upstream": "stub", "X-Stub": "yes" },
            "status": 299, "body": "never served", "fault": "EMPTY_RESPONSE",
        }),
    );
    let headers = [("X-Drop", "1"), ("X-Upper", "1"), ("X-Over", "old")];
    let answer = server.request("GET", "/api/x?q=1", &headers, None);
    let asked = answer.expect(200);
    assert_eq!(asked["path"], "/base/x?q=1");
    assert_eq!(told(&asked, "x-add"), ["1"]);
    assert_eq!(told(&asked, "x-over"), ["old", "new"]);
    assert_eq!(told(&asked, "x-drop"), [""; 0]);
    assert_eq!(told(&asked, "x-upper"), ["1"]);
    let of = |name: &str| {
        let values = answer.headers.iter().filter(|(found, _)| found == name);
        values.map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    assert_eq!(of("x-upstream"), ["yes", "stub"]);
    assert_eq!(of("x-stub"), ["yes"]);
}

#[test]
fn what_is_sent_can_be_made_for_each_call() {
    let (server, upstream) = (Server::start(), Upstream::start());
    stub(
        &server,
        "/t",
        &json!({
            "proxyBaseUrl": format!("{}/{{{{request.query.to}}}}", upstream.url),
            "additionalProxyRequestHeaders": { "X-Made": "{{request.method}}" },
            "removeProxyRequestHeaders": ["X-Drop"],
            "headers": { "X-Path": "{{request.path}}" }, "transformers": ["response-template"],
        }),
    );
    let answer = server.request("GET", "/t/u?to=v", &[("X-Drop", "1")], None);
    let asked = answer.expect(200);
    assert_eq!(told(&asked, "x-drop"), [""; 0]);
    assert_eq!(asked["path"], "/v/t/u?to=v");
    assert_eq!(told(&asked, "x-made"), ["GET"]);
    assert_eq!(answer.header("x-path"), Some("/t/u"));
}

#[track_caller]
fn check_failure(answer: &Answer, begins: &str, reason: &str) {
    assert_eq!(answer.status, 500, "{}", answer.text);
    assert!(answer.text.starts_with(begins), "{}", answer.text);
    assert!(answer.text.contains(reason), "{}", answer.text);
}

#[test]
fn nothing_that_comes_is_told_with_its_reason() {
    let (server, upstream) = (Server::with(&["--body-bytes", "1000"]), Upstream::start());
    let network = "Network failure trying to make a proxied request from WireMock to ";
    for (prefix, base, begins, reason) in [
        ("/dead", nobody(), network, "refused"),
        ("/up", upstream.url.clone(), network, "connection closed"),
        (
            "/none",
            "nonsense".to_owned(),
            network,
            "not an absolute one",
        ),
        (
            "/ftp",
            "ftp://localhost".to_owned(),
            network,
            "neither of http nor of https",
        ),
        ("/empty", String::new(), network, "not an absolute one"),
        (
            "/user",
            "http://a:b@localhost".to_owned(),
            network,
            "user name",
        ),
        (
            "/far",
            "http://192.0.2.1".to_owned(),
            "The target proxy address is denied",
            "--proxy-targets",
        ),
        (
            "/named",
            "http://example.test".to_owned(),
            "The target proxy address is denied",
            "--proxy-targets",
        ),
        (
            "/self",
            server.base.clone(),
            "The target proxy address is denied",
            "own address",
        ),
    ] {
        stub(&server, prefix, &json!({ "proxyBaseUrl": base }));
        let answer = server.get(&format!("{prefix}/broken"));
        check_failure(&answer, begins, reason);
    }
    let answer = server.get("/up/large");
    check_failure(&answer, network, "larger than 1000 bytes");
}

#[test]
fn an_answer_that_does_not_come_is_not_waited_for() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = Server::with(&["--proxy-timeout", "50"]);
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    stub(&server, "", &json!({ "proxyBaseUrl": url }));
    check_failure(
        &server.get("/a"),
        "Network failure",
        "no answer within 0.05 s",
    );
}

#[test]
fn only_listed_targets_are_sent_to() {
    let upstream = Upstream::start();
    let url = upstream.url.replace("127.0.0.1", "localhost");
    for (targets, status) in [
        ("localhost", 200),
        ("example.test,10.0.0.0/8", 500),
        ("*", 200),
    ] {
        let server = Server::with(&["--proxy-targets", targets]);
        stub(&server, "", &json!({ "proxyBaseUrl": url }));
        assert_eq!(server.get("/a").status, status, "{targets}");
    }
}

#[test]
fn the_caller_s_host_and_agent_can_be_told() {
    let upstream = Upstream::start();
    let flags = [
        "--preserve-host-header",
        "--preserve-user-agent-proxy-header",
    ];
    let server = Server::with(&flags);
    stub(&server, "", &json!({ "proxyBaseUrl": upstream.url }));
    let headers = [("Host", "api.example.com"), ("User-Agent", "test")];
    let asked = server.request("GET", "/a", &headers, None).expect(200);
    assert_eq!(told(&asked, "host"), ["api.example.com"]);
    assert_eq!(told(&asked, "user-agent"), ["test"]);
    stub(
        &server,
        "/said",
        &json!({
            "proxyBaseUrl": upstream.url, "additionalProxyRequestHeaders": { "Host": "said.example.com" },
        }),
    );
    let asked = server.request("GET", "/said/a", &headers, None).expect(200);
    assert_eq!(told(&asked, "host"), ["said.example.com"]);
}

#[test]
fn connections_are_kept_and_shared() {
    let (server, upstream) = proxied();
    for _ in 0..100 {
        server
            .get("/text")
            .status
            .eq(&200)
            .then_some(())
            .expect("an answer");
    }
    assert_eq!(upstream.accepted(), 1);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..25 {
                    assert_eq!(server.get("/text").text, "hello");
                }
            });
        }
    });
    // A call that finds no free connection begins one of its own, even if one becomes free meanwhile; so
    // there may be more than callers, and yet far fewer than the 200 calls.
    assert!(upstream.accepted() <= 40, "{}", upstream.accepted());
}

#[test]
fn a_certificate_must_be_of_a_trusted_authority() {
    let upstream = Upstream::secure();
    let folder = Folder::new("upstream-ca");
    folder.write(
        "ca.pem",
        upstream.authority.as_deref().expect("an authority"),
    );
    let file = folder.path.join("ca.pem");
    let file = file.to_str().expect("a path");
    let with = |arguments: &[&str]| {
        let server = Server::with(arguments);
        stub(&server, "", &json!({ "proxyBaseUrl": upstream.url }));
        server
    };
    let answer = with(&[]).get("/text");
    check_failure(
        &answer,
        "SSL failure trying to make a proxied request",
        "UnknownIssuer",
    );
    let trusting = with(&["--upstream-ca", file]);
    for _ in 0..5 {
        assert_eq!(trusting.get("/text").text, "hello");
    }
    // One that was turned down, and one that was kept.
    assert_eq!(upstream.accepted(), 2);
    assert_eq!(with(&["--upstream-insecure"]).get("/text").text, "hello");
    let address = upstream.url.replace("localhost", "127.0.0.1");
    stub(&trusting, "/other", &json!({ "proxyBaseUrl": address }));
    check_failure(&trusting.get("/other/text"), "SSL failure", "certificate");
    let plain = Upstream::start().url.replace("http:", "https:");
    stub(&trusting, "/plain", &json!({ "proxyBaseUrl": plain }));
    check_failure(&trusting.get("/plain/broken"), "SSL failure", "");
}

#[test]
fn the_log_tells_where_an_answer_came_from() {
    let (server, upstream) = proxied();
    server.get("/text?a=1");
    stub(&server, "/dead", &json!({ "proxyBaseUrl": nobody() }));
    server.get("/dead/x");
    let calls = server.get("/__admin/calls").expect(200);
    let call = &calls["calls"][0];
    let url = format!("{}/text?a=1", upstream.url);
    assert_eq!(call["proxied"], json!({ "url": url, "answered": true }));
    assert_eq!(
        call["trace"][0],
        json!({ "step": "proxy", "outcome": "sent", "detail": { "url": url } })
    );
    assert_eq!(call["reply"]["body"], "hello");
    assert!(call["wall"]["upstreamMicros"].is_u64(), "{call}");
    let failed = &calls["calls"][1];
    assert_eq!(failed["proxied"]["answered"], false);
    assert_eq!(failed["status"], 500);
}

#[test]
fn what_cannot_be_done_with_an_answer_from_elsewhere_is_refused() {
    let server = Server::start();
    for (key, spec) in [
        ("idempotency", json!({ "header": "Idempotency-Key" })),
        ("pagination", json!("stripe")),
    ] {
        let mut mapping = json!({ "response": { "proxyBaseUrl": "http://localhost" } });
        mapping[key] = spec;
        let refused = server.post("/__admin/mappings", &mapping);
        assert_eq!(refused.status, 422, "{key}");
        assert!(
            refused.text.contains("comes from elsewhere"),
            "{}",
            refused.text
        );
    }
}

#[test]
fn a_limit_holds_before_a_call_is_sent_on() {
    let (server, upstream) = (Server::start(), Upstream::start());
    let mapping = json!({
        "request": { "urlPath": "/text" }, "response": { "proxyBaseUrl": upstream.url },
        "rateLimit": { "algorithm": "fixedWindow", "limit": 1, "per": "1m" },
    });
    server.post("/__admin/mappings", &mapping).expect(201);
    assert_eq!(server.get("/text").text, "hello");
    assert_eq!(server.get("/text").status, 429);
}

#[test]
fn a_webhook_goes_to_a_server_with_tls_if_it_is_trusted() {
    let upstream = Upstream::secure();
    let folder = Folder::new("webhook-ca");
    let authority = upstream.authority.as_deref();
    folder.write("ca.pem", authority.expect("an authority"));
    let file = folder.path.join("ca.pem");
    let file = file.to_str().expect("a path");
    for (arguments, status) in [
        (["--upstream-ca", file], "delivered"),
        (["--seed", "1"], "failed"),
    ] {
        let server = Server::with(&arguments);
        let mapping = json!({
            "request": { "urlPath": "/order" }, "response": { "status": 202 },
            "serveEventListeners": [
                { "name": "webhook", "parameters": { "method": "POST", "url": format!("{}/hook", upstream.url), "body": "x" } },
            ],
        });
        server.post("/__admin/mappings", &mapping).expect(201);
        assert_eq!(server.get("/order").status, 202);
        let delivery = &deliveries(&server)[0];
        let id = delivery["id"].as_str().expect("an id");
        let outcome = settled(&server, id, status)["attempts"][0]["outcome"].take();
        match status {
            "delivered" => assert_eq!(outcome, json!({ "status": 200 })),
            _ => assert!(outcome.to_string().contains("UnknownIssuer"), "{outcome}"),
        }
    }
}

#[test]
fn a_stub_s_delay_and_dribble_hold_for_what_comes() {
    let (server, upstream) = (Server::start(), Upstream::start());
    let response = json!({
        "proxyBaseUrl": upstream.url, "fixedDelayMilliseconds": 30,
        "chunkedDribbleDelay": { "numberOfChunks": 5, "totalDuration": 50 },
    });
    stub(&server, "", &response);
    let raw = server.raw(
        b"GET /text HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
        Duration::from_secs(20),
    );
    let pieces = "1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n";
    assert!(raw.ends_with(pieces), "{raw}");
    let events = server.get("/__admin/requests").expect(200);
    assert_eq!(events["requests"][0]["timing"]["addedDelay"], 30);
}
