//! Collections over the admin API: records are read and staged by hand, and tools see them.

use serde_json::{Value, json};

use crate::desk::{desk, each};

const CONTACTS: &str = "/__admin/collections/contacts";
const TICKETS: &str = "/__admin/collections/tickets";

#[test]
fn collections_are_listed_with_what_they_hold() {
    let server = desk();
    let sandbox = server.universe();
    let listed = sandbox.get("/__admin/collections").expect(200);
    let of = |listed: &Value, name: &str| {
        let all = listed["collections"].as_array().expect("a list").clone();
        all.into_iter()
            .find(|found| found["name"] == name)
            .expect("a collection")
    };
    assert_eq!(each(&listed["collections"], "name").len(), 3);
    assert_eq!(
        of(&listed, "contacts"),
        json!({ "name": "contacts", "pack": "desk", "key": "id", "machine": null, "records": 1 })
    );
    assert_eq!(of(&listed, "tickets")["machine"], "ticket");
    sandbox.call("open_ticket", &json!({})).expect(201);
    assert_eq!(
        of(&sandbox.get("/__admin/collections").expect(200), "tickets")["records"],
        1
    );
}

#[test]
fn records_are_made_read_replaced_and_dropped() {
    let server = desk();
    let sandbox = server.universe();
    let grace = json!({ "id": "grace", "name": "Grace", "score": 1 });
    assert_eq!(sandbox.post(CONTACTS, &grace).expect(201), grace);
    assert_eq!(sandbox.get(&format!("{CONTACTS}/grace")).expect(200), grace);
    assert_eq!(
        sandbox
            .call("get_contact", &json!({ "id": "grace" }))
            .expect(200),
        grace
    );
    // A record without a key gets one as a tool's would.
    let alan = sandbox
        .post(CONTACTS, &json!({ "name": "Alan" }))
        .expect(201);
    let key = alan["id"].as_str().expect("a key");
    assert!(key.starts_with("con_") && key.len() == 12, "{key}");
    let many = json!([{ "id": "a/b c", "name": "Edsger" }, { "name": "Barbara" }]);
    let made = sandbox.post(CONTACTS, &many).expect(201);
    assert_eq!(each(&made["records"], "name"), ["Edsger", "Barbara"]);
    assert_eq!(
        sandbox.get(&format!("{CONTACTS}/a%2Fb%20c")).expect(200)["name"],
        "Edsger"
    );
    assert_eq!(
        each(&sandbox.records("contacts"), "name"),
        ["Ada", "Grace", "Alan", "Edsger", "Barbara"]
    );

    let put = |key: &str, record: &Value| sandbox.put(&format!("{CONTACTS}/{key}"), record);
    // Putting replaces the whole record, where it stands.
    assert_eq!(
        put("grace", &json!({ "name": "Hopper" })).expect(200),
        json!({ "id": "grace", "name": "Hopper" })
    );
    assert_eq!(
        put("new", &json!({ "id": "new" })).expect(200),
        json!({ "id": "new" })
    );
    assert_eq!(each(&sandbox.records("contacts"), "id")[1], "grace");
    assert_eq!(sandbox.get(CONTACTS).expect(200)["total"], 6);

    sandbox.delete(&format!("{CONTACTS}/grace")).expect(200);
    assert_eq!(sandbox.delete(&format!("{CONTACTS}/grace")).status, 404);
    assert_eq!(sandbox.get(&format!("{CONTACTS}/grace")).status, 404);
    assert_eq!(
        sandbox
            .call("get_contact", &json!({ "id": "grace" }))
            .status,
        404
    );
    sandbox.delete(CONTACTS).expect(200);
    assert_eq!(sandbox.records("contacts"), json!([]));
    assert_eq!(
        sandbox.call("list_contacts", &json!({})).expect(200)["total"],
        0
    );
    // What the pack opens with comes back by a reset.
    sandbox.send("POST", "/__admin/reset", None).expect(200);
    assert_eq!(each(&sandbox.records("contacts"), "id"), ["ada"]);
}

#[test]
fn a_staged_record_is_under_its_machine() {
    let server = desk();
    let sandbox = server.universe();
    let due = "2026-01-01T01:00:00Z";
    let stage = |record: Value| sandbox.post(TICKETS, &record).expect(201)["state"].clone();
    assert_eq!(stage(json!({ "id": "t1", "due": due })), "open");
    assert_eq!(
        stage(json!({ "id": "t2", "due": due, "state": "closed" })),
        "closed"
    );
    stage(json!({ "id": "t3", "due": due }));
    stage(json!({ "id": "t4", "due": due }));
    sandbox
        .call("close_ticket", &json!({ "id": "t1" }))
        .expect(200);
    assert_eq!(
        sandbox.call("close_ticket", &json!({ "id": "t2" })).status,
        409
    );
    // A record that is dropped or replaced takes what was due with it.
    sandbox.delete(&format!("{TICKETS}/t3")).expect(200);
    let later = json!({ "due": "2026-01-01T05:00:00Z" });
    sandbox.put(&format!("{TICKETS}/t4"), &later).expect(200);
    sandbox.advance("PT2H");
    assert_eq!(sandbox.records("stale"), json!([]));
    sandbox.advance("PT4H");
    assert_eq!(each(&sandbox.records("stale"), "id"), ["t4"]);
}

#[test]
fn long_lists_come_in_pages() {
    let server = desk();
    let sandbox = server.universe();
    let many: Vec<Value> = (0..120)
        .map(|at| json!({ "id": format!("c{at}") }))
        .collect();
    sandbox.post(CONTACTS, &Value::Array(many)).expect(201);
    let page = |query: &str| {
        let page = sandbox.get(&format!("{CONTACTS}?{query}")).expect(200);
        assert_eq!(page["total"], 121, "{query}");
        each(&page["records"], "id")
    };
    assert_eq!(page("").len(), 100);
    assert_eq!(page("limit=2"), ["ada", "c0"]);
    assert_eq!(page("limit=2&offset=3"), ["c2", "c3"]);
    assert_eq!(page("offset=120"), ["c119"]);
    assert_eq!(page("offset=500").len(), 0);
}

#[test]
fn what_cannot_be_staged_is_refused_by_its_member_and_stages_nothing() {
    let server = desk();
    let sandbox = server.universe();
    for (answer, field) in [
        (sandbox.post(CONTACTS, &json!({ "id": 5 })), "id"),
        (sandbox.post(CONTACTS, &json!({ "id": "" })), "id"),
        (
            sandbox.post("/__admin/collections/stale", &json!({ "at": "x" })),
            "id",
        ),
        (
            sandbox.put(&format!("{CONTACTS}/a"), &json!({ "id": "b" })),
            "id",
        ),
        (sandbox.post(TICKETS, &json!({ "state": "opne" })), "state"),
        (sandbox.post(TICKETS, &json!({ "state": 1 })), "state"),
    ] {
        let problem = answer.expect(422);
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    for body in [json!("\"a text\""), json!(5), json!(null), json!(["a"])] {
        let answer = sandbox.post(CONTACTS, &body);
        assert_eq!(answer.status, 422, "{body}: {}", answer.text);
    }
    // All of a list, or none of it.
    let half = json!([{ "id": "good" }, { "id": 5 }]);
    assert_eq!(sandbox.post(CONTACTS, &half).status, 422);
    for query in ["limit=0", "limit=x", "offset=-1", "page=1"] {
        let answer = sandbox.get(&format!("{CONTACTS}?{query}"));
        let field = query.split('=').next().expect("a name");
        assert!((400..500).contains(&answer.status), "{query}");
        assert_eq!(
            answer.json()["errors"][0]["field"],
            field,
            "{query}: {}",
            answer.text
        );
    }
    assert_eq!(each(&sandbox.records("contacts"), "id"), ["ada"]);
    assert_eq!(sandbox.records("tickets"), json!([]));
}

#[test]
fn an_unknown_collection_is_not_there() {
    let server = desk();
    for (method, path) in [
        ("GET", "/__admin/collections/contcats"),
        ("POST", "/__admin/collections/contcats"),
        ("DELETE", "/__admin/collections/contcats"),
        ("GET", "/__admin/collections/contcats/ada"),
        ("PUT", "/__admin/collections/contcats/ada"),
        ("DELETE", "/__admin/collections/contcats/ada"),
        ("GET", "/__admin/collections/dsk.contacts"),
        ("GET", "/__admin/collections/contacts/nobody"),
    ] {
        let answer = server.send(method, path, Some(&json!({ "id": "ada" })));
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text);
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
        let named = path
            .rsplit('/')
            .find(|part| ["contcats", "dsk.contacts", "nobody"].contains(part));
        let detail = answer.json()["detail"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(detail.contains(named.expect("a name")), "{path}: {detail}");
    }
    // With its pack, a name means the same.
    assert_eq!(
        server.get("/__admin/collections/desk.contacts").expect(200)["total"],
        1
    );
}

#[test]
fn a_list_names_each_record_once() {
    let server = desk();
    let sandbox = server.universe();
    let twice = json!([{ "id": "bob" }, { "id": "eve" }, { "id": "bob", "name": "B" }]);
    let answer = sandbox.post(CONTACTS, &twice);
    let problem = answer.expect(422);
    assert_eq!(problem["errors"][0]["field"], "[2].id", "{problem}");
    assert_eq!(each(&sandbox.records("contacts"), "id"), ["ada"]);
    // One that is there already is replaced.
    sandbox
        .post(CONTACTS, &json!([{ "id": "ada" }]))
        .expect(201);
}
