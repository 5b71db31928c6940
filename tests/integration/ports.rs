//! An admin API on a port of its own, pages that may call from a browser, and asking whether a server
//! is well.

use serde_json::json;

use crate::launch;
use crate::support::{Answer, Server};

const PAGE: &str = "https://app.example";

/// A server with two ports; the second one as a server of its own, which ends with the first.
fn server() -> (Server, String) {
    let server = Server::with(&[
        "--stubs",
        "stubs/greenhelix",
        "--admin-listen",
        "127.0.0.1:0",
        "--cors-origins",
        PAGE,
    ]);
    let line = server
        .banner
        .lines()
        .find(|line| line.contains("admin API"));
    let url = line.and_then(|line| line.split_whitespace().last());
    let admin = url.and_then(|url| url.strip_suffix("/__admin/docs"));
    let admin = admin.expect("an address").to_owned();
    assert_ne!(admin, server.base);
    (server, admin)
}

fn request(base: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let at = Server::at(base);
    at.request(method, path, headers, Some(body))
}

#[test]
fn the_admin_api_has_a_port_of_its_own() {
    let (server, admin) = server();
    let get = |base: &str, path: &str| request(base, "GET", path, &[], "");

    get(&admin, "/__admin/calls").expect(200);
    get(&admin, "/s/x/__admin/calls").expect(200);
    let refused = get(&admin, "/v1/get_balance").expect(404);
    assert!(
        refused["detail"]
            .as_str()
            .expect("a text")
            .contains("only the admin API")
    );

    // Elsewhere its paths are paths like any other.
    let unmatched = get(&server.base, "/__admin/calls");
    assert_eq!(unmatched.status, 404);
    assert!(
        unmatched.text.contains("Request was not matched"),
        "{}",
        unmatched.text
    );
    let logged = get(&admin, "/__admin/calls").expect(200);
    assert_eq!(logged["total"], 1);
    let balance = json!({ "agent_id": "alice" });
    server.tool("get_balance", &balance).expect(200);

    // Whoever stands before it asks there how it is, and makes no sandbox by it.
    let health = request(
        &server.base,
        "GET",
        "/__admin/health",
        &[("sparring-sandbox", "y")],
        "",
    );
    assert_eq!(health.expect(200)["status"], "healthy");
    let sandboxes = get(&admin, "/__admin/sandboxes").text;
    assert!(!sandboxes.contains("\"y\""), "{sandboxes}");

    // No webhook and no proxied call leads there.
    for base in [&server.base, &admin] {
        let stub = json!({ "request": { "url": "/on" }, "response": { "proxyBaseUrl": base } });
        let made = request(&admin, "POST", "/__admin/mappings", &[], &stub.to_string());
        let answer = get(&server.base, "/on");
        let said = format!("{}{}", made.text, answer.text);
        assert!(said.contains("the server's own address"), "{said}");
    }

    let listen = admin.trim_start_matches("http://");
    let port = listen.rsplit(':').next().expect("a port");
    for (arguments, environment, expected) in [
        (
            vec!["health"],
            vec![("SPARRING_ADMIN_LISTEN", format!("0.0.0.0:{port}"))],
            true,
        ),
        (vec!["health", "--url", server.base.as_str()], vec![], true),
        (vec!["health", "--url", "http://127.0.0.1:1"], vec![], false),
        (vec!["health", "--url", "127.0.0.1"], vec![], false),
    ] {
        let environment: Vec<(&str, &str)> = environment
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let said = launch::run(&arguments, &environment);
        assert_eq!(
            said.status.success(),
            expected,
            "{arguments:?} {}",
            said.stderr
        );
        let told = if expected { &said.stdout } else { &said.stderr };
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}

#[test]
fn pages_of_named_origins_may_call() {
    let (server, admin) = server();
    let page = [("origin", PAGE)];
    let asks = [
        ("origin", PAGE),
        ("access-control-request-method", "POST"),
        (
            "access-control-request-headers",
            "content-type,sparring-sandbox",
        ),
    ];
    let stranger = [
        ("origin", "https://evil.example"),
        ("access-control-request-method", "POST"),
    ];
    let allowed = |answer: &Answer| {
        answer
            .header("access-control-allow-origin")
            .map(str::to_owned)
    };

    // Before any stub is looked for, and on both ports.
    for (base, path) in [
        (&server.base, "/v1/get_balance"),
        (&admin, "/__admin/mappings"),
    ] {
        let told = request(base, "OPTIONS", path, &asks, "");
        told.expect_empty(204);
        assert_eq!(allowed(&told).as_deref(), Some(PAGE));
        assert_eq!(told.header("access-control-allow-methods"), Some("POST"));
        let headers = told.header("access-control-allow-headers");
        assert_eq!(headers, Some("content-type,sparring-sandbox"));
        assert_eq!(
            allowed(&request(base, "OPTIONS", path, &stranger, "")),
            None
        );
    }

    // An answer tells which of its headers the page may read, a refusal as well.
    let stub = json!({ "request": { "url": "/page" }, "response": {
        "headers": { "Link": "<x>; rel=next", "X-Total": "3", "Retry-After": "1" } } });
    request(
        &admin,
        "POST",
        "/__admin/mappings",
        &page,
        &stub.to_string(),
    )
    .expect(201);
    let answer = request(&server.base, "GET", "/page", &page, "");
    assert_eq!(allowed(&answer).as_deref(), Some(PAGE));
    let exposed = answer
        .header("access-control-expose-headers")
        .unwrap_or_default();
    for name in ["link", "x-total", "retry-after"] {
        assert!(exposed.contains(name), "{exposed}");
    }
    assert_eq!(answer.header("vary"), Some("origin"));
    let nothing = request(&server.base, "GET", "/nothing", &page, "");
    assert_eq!(
        (nothing.status, allowed(&nothing).as_deref()),
        (404, Some(PAGE))
    );
    assert_eq!(
        allowed(&request(&server.base, "GET", "/page", &stranger, "")),
        None
    );
    assert_eq!(
        allowed(&request(&server.base, "GET", "/page", &[], "")),
        None
    );

    // OPTIONS without the question is a call, and a stub may answer it.
    let stub = json!({ "request": { "method": "OPTIONS", "url": "/page" }, "response": { "status": 299 } });
    request(&admin, "POST", "/__admin/mappings", &[], &stub.to_string()).expect(201);
    assert_eq!(
        request(&server.base, "OPTIONS", "/page", &page, "").status,
        299
    );
}
