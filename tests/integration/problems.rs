//! What the admin API refuses, and how; and the few routes about the server itself.

use serde_json::{Value, json};

use crate::desk::desk;
use crate::support::{Answer, Server};

/// A problem as RFC 9457 has it.
#[track_caller]
fn problem(answer: &Answer, status: u16) -> Value {
    let problem = answer.expect(status);
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(problem["status"], status);
    for member in ["type", "title", "detail"] {
        let text = problem[member].as_str().unwrap_or_default();
        assert!(!text.is_empty(), "no {member}: {problem}");
    }
    problem
}

#[test]
fn an_unknown_route_is_not_there() {
    let server = desk();
    for path in [
        "/__admin/nothing",
        "/__admin/call",
        "/__admin/calls/1/trace",
        "/__admin/clock/back",
        "/__admin/reset/all",
        "/__admin/collections/contacts/ada/name",
        "/__admin/ledger",
        "/s/x1/__admin/nothing",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            let answer = server.send(method, path, None);
            let problem = problem(&answer, 404);
            let route = path.trim_start_matches("/s/x1");
            assert!(
                problem["detail"]
                    .as_str()
                    .unwrap_or_default()
                    .contains(route),
                "{problem}"
            );
        }
    }
}

#[test]
fn a_route_without_this_method_says_so() {
    let server = desk();
    for (path, methods) in [
        ("/__admin/errors", &["PUT", "PATCH"][..]),
        ("/__admin/errors/1", &["GET", "POST", "PUT"]),
        ("/__admin/calls", &["POST", "PUT"]),
        ("/__admin/calls/1", &["DELETE", "POST"]),
        ("/__admin/wallets", &["POST", "DELETE"]),
        ("/__admin/wallets/ann", &["POST", "DELETE"]),
        ("/__admin/ledger/transfers", &["POST", "DELETE"]),
        ("/__admin/ledger/audit", &["POST"]),
        ("/__admin/collections", &["POST", "DELETE"]),
        ("/__admin/collections/contacts", &["PUT", "PATCH"]),
        ("/__admin/collections/contacts/ada", &["POST", "PATCH"]),
        ("/__admin/clock", &["POST", "DELETE"]),
        ("/__admin/clock/advance", &["GET", "PUT"]),
        ("/__admin/reset", &["GET", "PUT", "DELETE"]),
        ("/__admin/sandboxes", &["PUT", "DELETE"]),
        ("/__admin/sandboxes/default", &["POST", "PUT"]),
        ("/__admin/definitions/reload", &["GET", "PUT"]),
        ("/__admin/tools", &["POST"]),
        ("/__admin/health", &["POST", "DELETE"]),
        ("/__admin/version", &["POST"]),
        ("/__admin/openapi.json", &["POST"]),
    ] {
        for method in methods {
            let answer = server.send(method, path, Some(&json!({})));
            let problem = problem(&answer, 405);
            assert!(
                problem["detail"]
                    .as_str()
                    .unwrap_or_default()
                    .contains(method),
                "{problem}"
            );
            // RFC 9110 §15.5.6: the answer says which methods there are.
            let allowed = answer.header("allow").unwrap_or_default().to_owned();
            assert!(
                !allowed.is_empty() && !allowed.contains(method),
                "{method} {path}: {allowed:?}"
            );
        }
    }
    for (method, path) in [
        ("PATCH", "/__admin/mappings"),
        ("GET", "/__admin/mappings/reset"),
    ] {
        let answer = server.send(method, path, None);
        assert!(
            (400..500).contains(&answer.status),
            "{method} {path}: {}",
            answer.status
        );
    }
}

#[test]
fn a_path_that_is_no_text_is_told_so() {
    let server = desk();
    for path in [
        "/__admin/wallets/%ff",
        "/__admin/collections/%ff",
        "/__admin/collections/contacts/%ff",
        "/__admin/calls/%ff",
        "/__admin/sandboxes/%ff",
    ] {
        let answer = server.get(path);
        assert!((400..500).contains(&answer.status), "{path}");
        problem(&answer, answer.status);
    }
    let answer = server.get("/__admin/mappings/%ff");
    assert!((400..500).contains(&answer.status), "{}", answer.text);
    assert!(
        answer.json()["errors"][0]["code"].is_u64(),
        "{}",
        answer.text
    );
}

/// Routes that take a body, each with one that it takes.
const TAKES_BODY: [(&str, &str, &str); 8] = [
    ("POST", "/__admin/sandboxes", r#"{"id":"x9"}"#),
    ("POST", "/__admin/errors", r#"{"status":503}"#),
    ("PUT", "/__admin/wallets/ann", r#"{"balance":"1.00"}"#),
    (
        "POST",
        "/__admin/collections/contacts",
        r#"{"name":"Grace"}"#,
    ),
    (
        "PUT",
        "/__admin/collections/contacts/ada",
        r#"{"name":"Ada"}"#,
    ),
    ("PUT", "/__admin/clock", r#"{"mode":"frozen"}"#),
    ("POST", "/__admin/clock/advance", r#"{"by":"PT1S"}"#),
    ("POST", "/__admin/mappings", r#"{"name":"a"}"#),
];

#[test]
fn a_body_that_is_no_json_is_told_so() {
    let server = desk();
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    for (method, path, good) in TAKES_BODY {
        let send = |body: &str| server.request(method, path, &[], Some(body));
        let twice = good.replacen('{', r#"{"a":1,"a":2,"#, 1);
        let bodies = [
            "",
            "{",
            "nonsense",
            "{'a':1}",
            &format!("{good}{good}"),
            &twice,
            &deep,
        ];
        for body in bodies {
            let answer = send(body);
            assert!(
                (400..500).contains(&answer.status),
                "{method} {path}: {}",
                answer.status
            );
            if path == "/__admin/mappings" {
                assert!(
                    answer.json()["errors"][0]["code"].is_u64(),
                    "{}",
                    answer.text
                );
            } else {
                let problem = problem(&answer, answer.status);
                assert_eq!(
                    problem["errors"][0]["field"], "body",
                    "{method} {path}: {problem}"
                );
            }
        }
        assert!(send(good).status < 300, "{method} {path}");
    }
    // Bytes that are no text.
    let head = "POST /__admin/errors HTTP/1.1\r\nHost: desk\r\nConnection: close\r\nContent-Length: 16\r\n\r\n";
    let mut bytes = head.as_bytes().to_vec();
    bytes.extend(b"{\"status\":\xff\xfe503}");
    let answer = server.raw(&bytes, std::time::Duration::from_secs(20));
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

#[test]
fn a_member_that_nobody_knows_is_named() {
    let server = desk();
    for (method, path, good) in TAKES_BODY {
        // A record may have any member.
        if path.contains("/collections/") {
            continue;
        }
        let body = good.replacen('{', r#"{"unheard":1,"#, 1);
        let answer = server.request(method, path, &[], Some(&body));
        assert_eq!(answer.status, 422, "{method} {path}: {}", answer.text);
        assert!(
            answer.text.contains("unheard"),
            "{method} {path}: {}",
            answer.text
        );
        if path != "/__admin/mappings" {
            assert_eq!(problem(&answer, 422)["errors"][0]["field"], "unheard");
        }
    }
}

#[test]
fn a_body_that_is_too_large_is_told_so() {
    let server = crate::desk::desk_with(&["--body-bytes", "1000"]);
    let large = json!({ "name": "x".repeat(2_000) });
    for path in [
        "/__admin/collections/contacts",
        "/__admin/errors",
        "/desk/add_contact",
    ] {
        let answer = server.post(path, &large);
        assert_eq!(answer.status, 413, "{path}: {}", answer.text);
    }
    assert_eq!(
        server
            .universe()
            .records("contacts")
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    server
        .universe()
        .call("add_contact", &json!({ "name": "Grace" }))
        .expect(201);
}

#[test]
fn a_large_body_is_taken_as_far_as_the_server_was_told() {
    let server = desk();
    let large = "x".repeat(5_000_000);
    let queued = json!({ "status": 503, "body": { "why": large } });
    server.post("/__admin/errors", &queued).expect(201);
    let record = json!({ "name": "Grace", "note": large });
    server
        .post("/__admin/collections/contacts", &record)
        .expect(201);
    let mapping = json!({ "request": { "urlPath": "/large" }, "response": { "body": large } });
    server.post("/__admin/mappings", &mapping).expect(201);
}

#[test]
fn a_parameter_that_nobody_reads_is_named() {
    let server = desk();
    for (method, path) in [
        ("GET", "/__admin"),
        ("GET", "/__admin/health"),
        ("GET", "/__admin/version"),
        ("GET", "/__admin/openapi.json"),
        ("GET", "/__admin/docs"),
        ("GET", "/__admin/tools"),
        ("GET", "/__admin/errors"),
        ("POST", "/__admin/errors"),
        ("DELETE", "/__admin/errors"),
        ("DELETE", "/__admin/errors/1"),
        ("GET", "/__admin/calls"),
        ("GET", "/__admin/calls/1"),
        ("DELETE", "/__admin/calls"),
        ("GET", "/__admin/wallets"),
        ("GET", "/__admin/wallets/ann"),
        ("PUT", "/__admin/wallets/ann"),
        ("GET", "/__admin/ledger/transfers"),
        ("GET", "/__admin/ledger/audit"),
        ("GET", "/__admin/clock"),
        ("PUT", "/__admin/clock"),
        ("POST", "/__admin/clock/advance"),
        ("POST", "/__admin/reset"),
        ("GET", "/__admin/definitions"),
        ("POST", "/__admin/definitions/reload"),
    ] {
        // The body is not looked at before.
        let answer = server.send(method, &format!("{path}?unheard=1"), Some(&json!({})));
        let problem = problem(&answer, 422);
        assert_eq!(
            problem["errors"][0]["field"], "unheard",
            "{method} {path}: {problem}"
        );
    }
}

#[test]
fn the_server_says_how_it_is_and_which() {
    let server = desk();
    let health = server.get("/__admin/health").expect(200);
    assert_eq!(health["status"], "healthy");
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    let version = server.get("/__admin/version").expect(200);
    assert_eq!(version, json!({ "version": env!("CARGO_PKG_VERSION") }));
    let index = server.get("/__admin").expect(200);
    for (_, link) in index["links"].as_object().expect("links") {
        let link = link.as_str().expect("a URL");
        let path = link.strip_prefix(&server.base).expect("its own address");
        assert_eq!(server.get(path).status, 200, "{link}");
    }
}

/// Everything that a page could load from elsewhere has one of these.
const EXTERNAL: [&str; 6] = ["http://", "https://", "src=", "href=", "@import", "url("];

#[test]
fn the_docs_need_no_network() {
    let server = desk();
    for path in ["/__admin/docs", "/s/x1/__admin/docs"] {
        let page = server.get(path);
        assert_eq!(page.status, 200);
        assert!(
            page.header("content-type")
                .is_some_and(|kind| kind.starts_with("text/html"))
        );
        for external in EXTERNAL {
            assert!(!page.text.contains(external), "{external} in {path}");
        }
        assert!(
            page.text.contains("/__admin/openapi.json"),
            "it shows the document"
        );
    }
}

#[test]
fn tools_are_listed_with_their_schemas() {
    let server = Server::with(&["--stubs", "stubs/greenhelix"]);
    let listed = server.get("/__admin/tools").expect(200);
    let tools = listed["tools"].as_array().expect("a list");
    assert_eq!(listed["total"], tools.len());
    let escrow = tools
        .iter()
        .find(|tool| tool["name"] == "create_escrow")
        .expect("the tool");
    assert_eq!(escrow["pack"], "greenhelix");
    assert_eq!(escrow["inputSchema"]["type"], "object");
    assert_eq!(
        escrow["inputSchema"]["required"],
        json!(["payer", "payee", "amount"])
    );
    // A reader has no other schema to look into.
    assert!(!listed.to_string().contains("$ref"), "a reference is left");
    let routes = escrow["routes"].to_string();
    assert!(routes.contains("POST /v1/create_escrow"), "{routes}");
    for tool in tools {
        assert!(
            tool["description"]
                .as_str()
                .is_some_and(|text| text.len() > 10),
            "{tool}"
        );
    }
}
