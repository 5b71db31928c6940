//! A durable sandbox meets its next process: after a kill, and under other definitions.

use serde_json::{Value, json};

use crate::launch::{Folder, run};
use crate::support::Server;

const PACK: &str = r#"
doors: [ { route: "POST /call/{tool}" } ]
collections: { orders: { noun: order, key: id } }
machines:
  order:
    collection: orders
    field: state
    initial: open
    transitions:
      pay: { from: open, to: paid }
tools:
  order:
    description: Orders something.
    input: { required: [id], properties: { id: { type: string } } }
    do: [ { create: { in: orders, record: { id: "{{input.id}}" } } } ]
    response: { jsonBody: "{{record}}" }
  pay:
    description: Pays an order.
    input: { required: [id], properties: { id: { type: string } } }
    do: [ { find: { in: orders, key: input.id } }, { transition: order.pay } ]
    response: { jsonBody: "{{record}}" }
  ping: { description: Does nothing. }
"#;

const GREET: &str = r#"{ "request": { "urlPath": "/greet" }, "response": { "body": "hello" } }"#;

/// The folder of a pack, that of a WireMock root, and a data directory.
struct Place {
    pack: Folder,
    root: Folder,
    data: Folder,
}

impl Place {
    fn new(name: &str) -> Self {
        let folder = |of: &str| Folder::new(&format!("restart-{name}-{of}"));
        let (pack, root, data) = (folder("pack"), folder("root"), folder("data"));
        pack.write("pack.yaml", PACK);
        root.write("mappings/greet.json", GREET);
        Self { pack, root, data }
    }

    fn serve(&self) -> Server {
        Server::with(&[
            "--stubs",
            self.pack.argument(),
            "--stubs",
            self.root.argument(),
            "--data-dir",
            self.data.argument(),
        ])
    }

    /// The exit code of a check of the pack against the data, and what it says.
    fn check(&self) -> (Option<i32>, String) {
        let against = ["--against", self.data.argument()];
        let said = run(
            &["check", self.pack.argument(), against[0], against[1]],
            &[],
        );
        (said.status.code(), said.stdout + &said.stderr)
    }
}

fn call(server: &Server, tool: &str, id: &str) -> (u16, String) {
    let answer = server.post(&format!("/call/{tool}"), &json!({ "id": id }));
    (answer.status, answer.text)
}

/// Posts a stub that brings no id; the id that it got.
fn stub(server: &Server, path: &str) -> Value {
    let stub = json!({ "request": { "urlPath": path }, "response": { "body": path } });
    server.post("/__admin/mappings", &stub).expect(201)["id"].clone()
}

#[test]
fn stubs_of_testers_and_of_files_are_there_after_a_kill() {
    let place = Place::new("stubs");
    let server = place.serve();
    let first = stub(&server, "/one");
    assert_eq!(server.get("/greet").text, "hello");
    let mut ids = vec![first];
    // A server that is dropped is killed.
    drop(server);
    place.root.edit("mappings/greet.json", "hello", "goodbye");
    place.root.write(
        "mappings/more.json",
        r#"{ "request": { "urlPath": "/more" }, "response": { "body": "more" } }"#,
    );
    let server = place.serve();
    assert_eq!(server.get("/one").text, "/one");
    assert_eq!(server.get("/greet").text, "goodbye");
    assert_eq!(server.get("/more").text, "more");
    // No id is given twice.
    let gone = server.delete(&format!(
        "/__admin/mappings/{}",
        ids[0].as_str().expect("an id")
    ));
    assert_eq!(gone.status, 200);
    ids.push(stub(&server, "/two"));
    assert_ne!(ids[0], ids[1]);
    drop(server);
    std::fs::remove_file(place.root.path.join("mappings/more.json")).expect("a file less");
    let server = place.serve();
    assert_eq!(server.get("/one").status, 404);
    assert_eq!(server.get("/two").text, "/two");
    assert_eq!(server.get("/more").status, 404);
}

#[test]
fn what_fits_changed_definitions_no_longer_is_told_and_refused_until_it_fits() {
    let place = Place::new("misfits");
    let server = place.serve();
    assert_eq!(call(&server, "order", "o1").0, 200);
    assert_eq!(call(&server, "order", "o2").0, 200);
    drop(server);
    assert_eq!(place.check(), (Some(0), "ok: 1 sandboxes fit\n".to_owned()));

    place
        .pack
        .edit("pack.yaml", "initial: open", "initial: new");
    place.pack.edit("pack.yaml", "from: open", "from: new");
    let (code, said) = place.check();
    assert_eq!(code, Some(1), "{said}");
    for word in [
        "sandbox default:",
        "2 records of ",
        ".orders",
        "\"o1\"",
        "\"open\"",
        "machine order",
    ] {
        assert!(said.contains(word), "{word} in {said}");
    }

    let server = place.serve();
    let misfits = || server.get("/__admin/sandboxes/default").expect(200)["misfits"].clone();
    assert_eq!(misfits()[0]["count"], 2);
    assert_eq!(misfits()[0]["state"], "open");
    let (status, text) = call(&server, "pay", "o1");
    assert_eq!(status, 409, "{text}");
    assert!(
        text.contains("definitions_changed") && text.contains("o1"),
        "{text}"
    );
    assert_eq!(call(&server, "ping", "").0, 200);
    // One is migrated, and the other dropped.
    let moved = json!({ "id": "o1", "state": "new" });
    let put = server.put("/__admin/collections/orders/o1", &moved);
    assert!(put.status < 300, "{}", put.text);
    assert_eq!(misfits()[0]["count"], 1);
    assert_eq!(call(&server, "pay", "o1").0, 409);
    let gone = server.delete("/__admin/collections/orders/o2");
    assert!(gone.status < 300, "{}", gone.text);
    assert_eq!(misfits(), json!([]));
    assert_eq!(call(&server, "pay", "o1").0, 200);
    // A reload is as good as a restart.
    place.pack.edit("pack.yaml", "to: paid", "to: done");
    server
        .send("POST", "/__admin/definitions/reload", None)
        .expect(200);
    assert_eq!(misfits()[0]["state"], "paid");
    assert_eq!(call(&server, "pay", "o1").0, 409);
    server.send("POST", "/__admin/reset", None).expect(200);
    assert_eq!(misfits(), json!([]));
    assert_eq!(call(&server, "order", "o3").0, 200);
}

#[test]
fn a_check_against_what_is_no_data_directory_makes_none() {
    let place = Place::new("none");
    let (code, said) = place.check();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("is no data directory"), "{said}");
    let left = std::fs::read_dir(&place.data.path).expect("a folder");
    assert_eq!(left.count(), 0);
}
