//! Sandboxes: created by admin calls alone, found by prefix or header, and each a universe.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::desk::{MIDNIGHT, desk, desk_with, each};
use crate::support::{Answer, Server};

fn create(server: &Server, body: &Value) -> Answer {
    server.post("/__admin/sandboxes", body)
}

fn ids(server: &Server) -> Vec<String> {
    let listed = server.get("/__admin/sandboxes").expect(200);
    assert_eq!(
        listed["total"],
        listed["sandboxes"].as_array().map_or(0, Vec::len)
    );
    each(&listed["sandboxes"], "id")
}

#[test]
fn one_is_created_as_it_is_described() {
    let server = desk();
    let made = create(
        &server,
        &json!({
            "id": "x1",
            "seed": 99,
            "clock": { "mode": "frozen", "now": "2026-03-01T00:00:00Z" },
            "wallets": { "a": { "balance": "50.00", "currency": "USD" }, "b": { "balance": "0.00", "currency": "EUR" } },
            "collections": {
                "contacts": [{ "id": "grace", "name": "Grace" }, { "name": "Alan" }],
                "tickets": [{ "id": "t1", "due": "2026-03-01T01:00:00Z" }],
            },
        }),
    );
    let made = made.expect(201);
    assert_eq!((&made["id"], &made["seed"]), (&json!("x1"), &json!(99)));
    assert_eq!(server.get("/__admin/sandboxes/x1").expect(200), made);
    let x1 = server.sandbox("x1");
    let clock = x1.get("/__admin/clock").expect(200);
    assert_eq!(
        (&clock["mode"], &clock["now"]),
        (&json!("frozen"), &json!("2026-03-01T00:00:00Z"))
    );
    assert_eq!(x1.balance("a").as_deref(), Some("50.00"));
    assert_eq!(x1.balance("b").as_deref(), Some("0.00"));
    assert_eq!(x1.balance("c"), None);
    // What is described comes on top of what the pack opens with.
    assert_eq!(
        each(&x1.records("contacts"), "name"),
        ["Ada", "Grace", "Alan"]
    );
    assert_eq!(x1.get("/__admin/ledger/audit").expect(200)["ok"], true);
    // A described record is under its machine like any other.
    assert_eq!(x1.records("tickets")[0]["state"], "open");
    x1.advance("PT1H");
    assert_eq!(x1.records("tickets")[0]["state"], "stale");
    let default = server.universe();
    assert_eq!(default.balance("a"), None);
    assert_eq!(each(&default.records("contacts"), "name"), ["Ada"]);
    // What is left out is as the server has it.
    let plain = create(&server, &json!({ "id": "x2" })).expect(201);
    assert_eq!(plain["clock"], json!({ "mode": "frozen", "now": MIDNIGHT }));
    let other = create(&server, &json!({ "id": "x3" })).expect(201);
    assert_ne!(plain["seed"], other["seed"]);
    let system = json!({ "id": "x4", "clock": { "mode": "system" } });
    assert_eq!(
        create(&server, &system).expect(201)["clock"]["mode"],
        "system"
    );
}

#[test]
fn a_reset_brings_back_what_was_described() {
    let server = desk();
    let described = json!({
        "id": "x1",
        "wallets": { "a": { "balance": "50.00" } },
        "collections": { "contacts": [{ "id": "grace", "name": "Grace" }] },
        "clock": { "mode": "frozen", "now": "2026-03-01T00:00:00Z" },
    });
    create(&server, &described).expect(201);
    let x1 = server.sandbox("x1");
    x1.call(
        "pay",
        &json!({ "agent": "a", "to": "b", "amount": "20.00" }),
    )
    .expect(200);
    x1.delete("/__admin/collections/contacts").expect(200);
    x1.advance("PT1H");
    x1.send("POST", "/__admin/reset", None).expect(200);
    assert_eq!(x1.balance("a").as_deref(), Some("50.00"));
    assert_eq!(x1.balance("b"), None);
    assert_eq!(each(&x1.records("contacts"), "id"), ["ada", "grace"]);
    assert_eq!(
        x1.get("/__admin/clock").expect(200)["now"],
        "2026-03-01T00:00:00Z"
    );
}

#[test]
fn an_id_in_use_is_a_conflict_and_a_bad_description_creates_nothing() {
    let server = desk();
    create(&server, &json!({ "id": "x1", "seed": 1 })).expect(201);
    for id in ["x1", "default"] {
        let answer = create(&server, &json!({ "id": id, "seed": 2 }));
        let problem = answer.expect(409);
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(problem["errors"][0]["field"], "id");
    }
    assert_eq!(server.get("/__admin/sandboxes/x1").expect(200)["seed"], 1);
    let longest = "x".repeat(64);
    for (body, field) in [
        (json!({}), "id"),
        (json!({ "id": "" }), "id"),
        (json!({ "id": "a b" }), "id"),
        (json!({ "id": "a/b" }), "id"),
        (json!({ "id": ".." }), "id"),
        (json!({ "id": format!("{longest}x") }), "id"),
        (json!({ "id": 7 }), "id"),
        (json!({ "id": "y", "sead": 1 }), "sead"),
        (json!({ "id": "y", "seed": -1 }), "seed"),
        (json!({ "id": "y", "seed": "1" }), "seed"),
        (
            json!({ "id": "y", "clock": { "mode": "stopped" } }),
            "clock.mode",
        ),
        (
            json!({ "id": "y", "clock": { "mode": "frozen", "now": "noon" } }),
            "clock.now",
        ),
        (
            json!({ "id": "y", "clock": { "mode": "system", "now": MIDNIGHT } }),
            "clock.now",
        ),
        (
            json!({ "id": "y", "clock": { "now": MIDNIGHT } }),
            "clock.mode",
        ),
        (
            json!({ "id": "y", "wallets": { "a": { "balance": "5" , "currency": "ABC" } } }),
            "wallets.a.currency",
        ),
        (
            json!({ "id": "y", "wallets": { "a": { "balance": "1.005" } } }),
            "wallets.a.balance",
        ),
        (
            json!({ "id": "y", "wallets": { "a": { "balance": "-1.00" } } }),
            "wallets.a.balance",
        ),
        (
            json!({ "id": "y", "wallets": { "a": { "balanse": "1.00" } } }),
            "wallets.a.balanse",
        ),
        (json!({ "id": "y", "wallets": { "a": 5 } }), "wallets.a"),
        (
            json!({ "id": "y", "collections": { "contcats": [] } }),
            "collections.contcats",
        ),
        (
            json!({ "id": "y", "collections": { "contacts": {} } }),
            "collections.contacts",
        ),
        (
            json!({ "id": "y", "collections": { "contacts": [{ "id": 5 }] } }),
            "collections.contacts[0].id",
        ),
        (
            json!({ "id": "y", "collections": { "tickets": [{}, { "state": "opne" }] } }),
            "collections.tickets[1].state",
        ),
    ] {
        let answer = create(&server, &body);
        let problem = answer.expect(422);
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{body}"
        );
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
    }
    assert_eq!(ids(&server), ["default", "x1"]);
    create(&server, &json!({ "id": longest })).expect(201);
}

#[test]
fn only_admin_calls_create() {
    let server = desk();
    assert_eq!(ids(&server), ["default"]);
    // A typo in the path meets no fresh universe: it is an ordinary path of `default`.
    let typo = server.post("/s/typo/desk/add_contact", &json!({ "name": "Grace" }));
    assert_eq!(typo.status, 404);
    let last = &server.get("/__admin/calls").expect(200)["calls"][0];
    assert_eq!(last["request"]["path"], "/s/typo/desk/add_contact");
    assert_eq!(
        (&last["sandbox"], &last["matched"]),
        (&json!("default"), &json!(false))
    );
    // Even a stub may claim it.
    let stub = json!({ "request": { "urlPath": "/s/typo/desk/add_contact" }, "response": { "body": "mine" } });
    server.post("/__admin/mappings", &stub).expect(201);
    assert_eq!(
        server.post("/s/typo/desk/add_contact", &json!({})).text,
        "mine"
    );
    let header = [("Sparring-Sandbox", "typo")];
    let named = server.request("POST", "/desk/list_contacts", &header, Some("{}"));
    assert_eq!(named.status, 404, "{}", named.text);
    assert_eq!(ids(&server), ["default"]);
    // Any admin call does, by prefix and by header.
    server.get("/s/x1/__admin/calls").expect(200);
    server
        .request("GET", "/__admin/calls", &[("Sparring-Sandbox", "x2")], None)
        .expect(200);
    server
        .post("/s/x3/__admin/errors", &json!({ "status": 500 }))
        .expect(201);
    assert_eq!(ids(&server), ["default", "x1", "x2", "x3"]);
    server
        .post("/s/x1/desk/add_contact", &json!({ "name": "Grace" }))
        .expect(201);
}

#[test]
fn the_prefix_beats_the_header() {
    let server = desk();
    for id in ["one", "two"] {
        create(&server, &json!({ "id": id })).expect(201);
    }
    let add = |path: &str, header: Option<&str>, name: &str| {
        let headers: Vec<(&str, &str)> = header
            .map(|id| ("Sparring-Sandbox", id))
            .into_iter()
            .collect();
        let body = json!({ "name": name }).to_string();
        server.request("POST", path, &headers, Some(&body)).status
    };
    assert_eq!(add("/desk/add_contact", None, "default"), 201);
    assert_eq!(add("/desk/add_contact", Some("one"), "by header"), 201);
    assert_eq!(
        add("/s/two/desk/add_contact", Some("one"), "by prefix"),
        201
    );
    assert_eq!(
        add("/s/two/desk/add_contact", Some("a b"), "by prefix again"),
        201
    );
    assert_eq!(add("/desk/add_contact", Some("a b"), "nowhere"), 400);
    let names = |id: &str| each(&server.sandbox(id).records("contacts"), "name");
    assert_eq!(names("default"), ["Ada", "default"]);
    assert_eq!(names("one"), ["Ada", "by header"]);
    assert_eq!(names("two"), ["Ada", "by prefix", "by prefix again"]);
    let header = [("sparring-sandbox", "one")];
    let read = server
        .request("GET", "/s/two/__admin/calls", &header, None)
        .expect(200);
    assert_eq!(each(&read["calls"], "sandbox"), ["two", "two"]);
}

#[test]
fn what_happens_in_one_is_seen_in_no_other() {
    let server = desk();
    let view = |id: &str| {
        let sandbox = server.sandbox(id);
        let read = |path: &str| sandbox.get(path).expect(200);
        json!([
            read("/__admin/calls?wall=false"),
            read("/__admin/errors"),
            read("/__admin/clock"),
            read("/__admin/wallets"),
            read("/__admin/collections"),
            read("/__admin/mappings"),
            read("/__admin/ledger/transfers"),
            read("/__admin/collections/contacts"),
        ])
    };
    let before = (view("default"), view("quiet"));
    let busy = server.sandbox("busy");
    busy.call("add_contact", &json!({ "name": "Grace" }))
        .expect(201);
    busy.call("pay", &json!({ "agent": "a", "to": "b", "amount": "1.00" }))
        .expect(200);
    busy.post("/__admin/errors", &json!({ "status": 503, "count": 9 }))
        .expect(201);
    busy.post(
        "/__admin/mappings",
        &json!({ "request": { "urlPath": "/x" } }),
    )
    .expect(201);
    busy.put("/__admin/wallets/c", &json!({ "balance": "9.00" }))
        .expect(200);
    busy.post("/__admin/collections/contacts", &json!({ "name": "Alan" }))
        .expect(201);
    busy.advance("P1D");
    assert_eq!((view("default"), view("quiet")), before);
    assert_ne!(view("busy"), before.1);
    busy.send("POST", "/__admin/reset", None).expect(200);
    assert_eq!((view("default"), view("quiet")), before);
    assert_eq!(server.get("/x").status, 404);
    assert_eq!(
        server
            .sandbox("quiet")
            .call("list_contacts", &json!({}))
            .status,
        200
    );
    let seed = |id: &str| {
        let path = format!("/__admin/sandboxes/{id}");
        server.get(&path).expect(200)["seed"].clone()
    };
    assert_ne!(seed("busy"), seed("quiet"));
}

#[test]
fn a_deleted_one_is_gone_and_may_come_again() {
    let server = desk();
    let x1 = server.sandbox("x1");
    x1.call("add_contact", &json!({ "name": "Grace" }))
        .expect(201);
    assert_eq!(server.delete("/__admin/sandboxes/x1").status, 200);
    assert_eq!(server.delete("/__admin/sandboxes/x1").status, 404);
    assert_eq!(server.get("/__admin/sandboxes/x1").status, 404);
    assert_eq!(ids(&server), ["default"]);
    assert_eq!(
        server.post("/s/x1/desk/list_contacts", &json!({})).status,
        404
    );
    create(&server, &json!({ "id": "x1" })).expect(201);
    assert_eq!(
        each(&server.sandbox("x1").records("contacts"), "name"),
        ["Ada"]
    );
    assert_eq!(x1.get("/__admin/calls").expect(200)["total"], 0);
    for path in ["/__admin/sandboxes/nobody", "/__admin/sandboxes/a%20b"] {
        let answer = server.delete(path);
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
    }
}

#[test]
fn the_default_cannot_go() {
    let server = desk();
    server
        .universe()
        .call("add_contact", &json!({ "name": "Grace" }))
        .expect(201);
    let answer = server.delete("/__admin/sandboxes/default");
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(
        each(&server.universe().records("contacts"), "name"),
        ["Ada", "Grace"]
    );
    // It has a name like any other.
    let named = server
        .post("/s/default/desk/list_contacts", &json!({}))
        .expect(200);
    assert_eq!(named["total"], 2);
}

#[test]
fn a_sandbox_is_a_whole_server_below_its_base_url() {
    let server = desk();
    let base = create(&server, &json!({ "id": "x1" })).expect(201)["baseUrl"].clone();
    let base = base.as_str().expect("a URL");
    assert_eq!(base, format!("{}/s/x1", server.base));
    let path = base.strip_prefix(&server.base).expect("a path");
    for route in [
        "health",
        "version",
        "openapi.json",
        "docs",
        "tools",
        "calls",
        "clock",
        "mappings",
    ] {
        assert_eq!(
            server.get(&format!("{path}/__admin/{route}")).status,
            200,
            "{route}"
        );
    }
    // What concerns the process exists at the root only.
    for route in ["sandboxes", "sandboxes/x1", "definitions"] {
        assert_eq!(
            server.get(&format!("{path}/__admin/{route}")).status,
            404,
            "{route}"
        );
    }
}

#[test]
fn what_concerns_the_server_creates_no_sandbox() {
    let server = desk();
    for (method, route) in [
        ("GET", "sandboxes"),
        ("POST", "sandboxes"),
        ("GET", "sandboxes/x1"),
        ("DELETE", "sandboxes/x1"),
        ("GET", "definitions"),
        ("GET", "no-such-route"),
    ] {
        let path = format!("/s/x1/__admin/{route}");
        let body = json!({ "id": "x1" });
        assert_eq!(
            server.send(method, &path, Some(&body)).status,
            404,
            "{path}"
        );
        assert_eq!(ids(&server), ["default"], "{method} {path}");
    }
    // A client that sends its header with every request can describe its sandbox, too.
    let header = [("Sparring-Sandbox", "x1")];
    let body = json!({ "id": "x1", "seed": 99 }).to_string();
    let listed = server.request("GET", "/__admin/sandboxes", &header, None);
    assert_eq!(each(&listed.expect(200)["sandboxes"], "id"), ["default"]);
    let made = server.request("POST", "/__admin/sandboxes", &header, Some(&body));
    assert_eq!(made.expect(201)["seed"], 99);
    let dropped = server.request("DELETE", "/__admin/sandboxes/x1", &header, None);
    assert_eq!(dropped.status, 200, "{}", dropped.text);
    assert_eq!(ids(&server), ["default"]);
}

#[test]
fn a_list_passes_over_what_is_dropped_meanwhile() {
    let server = desk();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                create(&server, &json!({ "id": "x1" })).expect(201);
                server.delete("/__admin/sandboxes/x1").expect(200);
            }
        });
        let listed: Vec<u16> = (0..200)
            .map(|_| server.get("/__admin/sandboxes").status)
            .collect();
        done.store(true, Ordering::Relaxed);
        assert_eq!(listed, [200; 200]);
    });
}

#[test]
fn a_flood_of_one_log_drops_nothing_of_another() {
    let server = desk_with(&["--log-calls", "3"]);
    let (one, other) = (server.sandbox("one"), server.sandbox("other"));
    other.call("list_contacts", &json!({})).expect(200);
    for _ in 0..5 {
        one.call("list_contacts", &json!({})).expect(200);
    }
    assert_eq!(one.get("/__admin/calls").expect(200)["dropped"], 2);
    let log = other.get("/__admin/calls").expect(200);
    assert_eq!((&log["total"], &log["dropped"]), (&json!(1), &json!(0)));
}
