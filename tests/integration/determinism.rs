//! Same seed, same calls: the same bytes, ids and logs included, whatever other sandboxes do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::desk::{desk, desk_with};
use crate::support::{Answer, Server};

/// Where a script is played: on a server, below a base, and what other sandbox is busy meanwhile.
struct Stage<'a> {
    server: &'a Server,
    id: &'a str,
}

/// Everything that can be seen of an answer, but for the date.
fn seen(answer: &Answer) -> String {
    let headers: Vec<&(String, String)> = answer
        .headers
        .iter()
        .filter(|(name, _)| name != "date")
        .collect();
    format!("{} {headers:?}\n{}\n", answer.status, answer.text)
}

/// Plays one script in a sandbox of seed 7: every answer, then the log and the books.
fn play(stage: &Stage<'_>) -> String {
    let (server, id) = (stage.server, stage.id);
    let opening = json!({
        "id": id, "seed": 7, "clock": { "mode": "frozen", "now": "2026-01-01T00:00:00Z" },
        "collections": { "contacts": [{ "name": "made up a key" }] },
    });
    server.post("/__admin/sandboxes", &opening).expect(201);
    // The same words each time: what a client's library adds of itself differs by the port.
    let headers = [
        ("Host", "desk.test"),
        ("User-Agent", "a test"),
        ("Sparring-Sandbox", id),
    ];
    let send = |method: &str, path: &str, body: &Value| {
        let body = body.to_string();
        seen(&server.request(method, path, &headers, Some(&body)))
    };
    let mut all = String::new();
    let stub = json!({
        "id": "11111111-2222-4333-8444-555555555555",
        "request": { "urlPath": "/chance" },
        "response": { "body": "{{randomValue type='UUID'}} {{now}}", "transformers": ["response-template"] },
    });
    for (method, path, body) in [
        ("POST", "/__admin/mappings", stub),
        (
            "POST",
            "/desk/add_contact",
            json!({ "agent": "ann", "name": "Grace" }),
        ),
        (
            "POST",
            "/desk/add_contact",
            json!({ "agent": "bob", "name": "Alan" }),
        ),
        ("POST", "/desk/list_contacts", json!({})),
        ("GET", "/chance", json!(null)),
        (
            "POST",
            "/desk/pay",
            json!({ "agent": "ann", "to": "bob", "amount": "2.50" }),
        ),
        (
            "POST",
            "/desk/pay",
            json!({ "agent": "ann", "to": "bob", "amount": "250.00" }),
        ),
        (
            "POST",
            "/desk/open_ticket",
            json!({ "due": "2026-01-01T00:30:00Z" }),
        ),
        (
            "POST",
            "/__admin/errors",
            json!({ "status": 503, "after": 1 }),
        ),
        ("POST", "/desk/open_ticket", json!({})),
        ("POST", "/desk/list_contacts", json!({})),
        ("POST", "/__admin/clock/advance", json!({ "by": "PT1H" })),
        (
            "POST",
            "/__admin/collections/contacts",
            json!([{ "name": "Edsger" }, { "name": "Barbara" }]),
        ),
        ("POST", "/desk/add_contact", json!({ "name": "" })),
        ("POST", "/nowhere", json!({})),
        ("GET", "/chance", json!(null)),
        ("GET", "/__admin/calls?wall=false", json!(null)),
        ("GET", "/__admin/ledger/transfers", json!(null)),
        ("GET", "/__admin/collections/contacts", json!(null)),
        ("GET", "/__admin/collections/tickets", json!(null)),
        ("GET", "/__admin/wallets", json!(null)),
    ] {
        all.push_str(&send(method, path, &body));
    }
    assert!(
        all.contains("went_stale_at") && all.contains("503"),
        "{all}"
    );
    all
}

/// Where two long texts part: the whole of both would be no message.
#[track_caller]
fn assert_same(one: &str, other: &str) {
    for (line, (one, other)) in one.lines().zip(other.lines()).enumerate() {
        assert_eq!(one, other, "line {line}");
    }
    assert_eq!(one.len(), other.len());
}

#[test]
fn equal_runs_are_equal_to_the_byte_on_two_servers() {
    let (one, other) = (desk(), desk_with(&["--seed", "12345", "--workers", "1"]));
    let first = play(&Stage {
        server: &one,
        id: "x1",
    });
    assert_same(
        &first,
        &play(&Stage {
            server: &other,
            id: "x1",
        }),
    );
}

#[test]
fn equal_runs_are_equal_to_the_byte_whatever_other_sandboxes_do() {
    let server = desk();
    let first = play(&Stage {
        server: &server,
        id: "x1",
    });
    server.delete("/__admin/sandboxes/x1").expect(200);
    let done = AtomicBool::new(false);
    let second = thread::scope(|scope| {
        for noisy in ["noise", "default"] {
            let (server, done) = (&server, &done);
            scope.spawn(move || {
                let noisy = server.sandbox(noisy);
                while !done.load(Ordering::Relaxed) {
                    noisy.call("add_contact", &json!({ "agent": "ann", "name": "noise" }));
                    noisy.call(
                        "pay",
                        &json!({ "agent": "ann", "to": "bob", "amount": "0.01" }),
                    );
                    noisy.call("list_contacts", &json!({}));
                    noisy.advance("PT1S");
                }
            });
        }
        let second = play(&Stage {
            server: &server,
            id: "x1",
        });
        done.store(true, Ordering::Relaxed);
        second
    });
    assert_same(&first, &second);
}

#[test]
fn a_reset_sandbox_plays_the_same_again_but_for_the_numbers_of_its_calls() {
    let server = desk();
    let sandbox = server.sandbox("x1");
    let play = || {
        let made = sandbox
            .call("add_contact", &json!({ "name": "Grace" }))
            .expect(201);
        let ticket = sandbox.call("open_ticket", &json!({})).expect(201);
        [
            made,
            ticket,
            sandbox.call("list_contacts", &json!({})).expect(200),
        ]
    };
    let first = play();
    sandbox.send("POST", "/__admin/reset", None).expect(200);
    assert_eq!(play(), first);
}

#[test]
fn another_seed_is_another_chance() {
    let server = desk();
    let ids: Vec<Value> = [1, 2, 1]
        .iter()
        .enumerate()
        .map(|(at, seed)| {
            let id = format!("x{at}");
            server
                .post("/__admin/sandboxes", &json!({ "id": id, "seed": seed }))
                .expect(201);
            let made = server
                .sandbox(&id)
                .call("add_contact", &json!({ "name": "Grace" }));
            made.expect(201)["id"].clone()
        })
        .collect();
    assert_ne!(ids[0], ids[1]);
    assert_eq!(
        ids[0], ids[2],
        "a seed's chance does not depend on the sandbox's name"
    );
}

#[test]
fn calls_of_one_tool_do_not_change_the_chance_of_another() {
    let server = desk();
    let draw = |id: &str, others: usize| {
        server
            .post("/__admin/sandboxes", &json!({ "id": id, "seed": 5 }))
            .expect(201);
        let sandbox = server.sandbox(id);
        for _ in 0..others {
            sandbox.call("open_ticket", &json!({})).expect(201);
        }
        sandbox
            .call("add_contact", &json!({ "name": "Grace" }))
            .expect(201)["id"]
            .clone()
    };
    assert_eq!(draw("alone", 0), draw("crowded", 3));
}

#[test]
fn stubs_without_ids_are_given_the_same_in_equal_runs() {
    let server = desk();
    let stub = json!({
        "request": { "urlPath": "/chance" },
        "response": { "body": "{{randomValue type='UUID'}}", "transformers": ["response-template"] },
    });
    let play = |id: &str| {
        let sandbox = server.sandbox(id);
        let add = || {
            let made = sandbox.post("/__admin/mappings", &stub).expect(201);
            made["id"].as_str().expect("an id").to_owned()
        };
        let first = add();
        sandbox
            .delete(&format!("/__admin/mappings/{first}"))
            .expect(200);
        let bad = json!({ "request": { "urll": "/a" } });
        assert_eq!(sandbox.post("/__admin/mappings", &bad).status, 422);
        let ids = [first, add(), add()];
        // An id never comes twice, not even that of a stub that is gone.
        assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
        ids
    };
    let open = |id: &str, seed: u64| {
        let opening = json!({ "id": id, "seed": seed });
        server.post("/__admin/sandboxes", &opening).expect(201);
        let ids = play(id);
        let drawn = server.sandbox(id).get("/chance").text;
        (ids, drawn)
    };
    let first = open("x1", 7);
    assert_eq!(open("x2", 7), first, "the draws are a stub's own, too");
    assert_ne!(open("x3", 8), first);
    let x1 = server.sandbox("x1");
    x1.send("POST", "/__admin/reset", None).expect(200);
    assert_eq!(play("x1"), first.0);
}
