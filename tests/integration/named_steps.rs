//! Steps that have a name: what they see, what they leave, and events whose names are made.

use serde_json::{Value, json};

use crate::check_command::{check, mistake};
use crate::support::Server;

fn serve() -> Server {
    Server::with(&["--stubs", "tests/packs/steps"])
}

fn call(server: &Server, tool: &str, input: &Value) -> Value {
    server.post(&format!("/{tool}"), input).expect(200)
}

/// What was told: type, the object's key, and by whom.
fn events(server: &Server) -> Vec<[String; 3]> {
    let told = call(server, "events", &json!({}));
    let told = told.as_array().expect("a list");
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    told.iter()
        .map(|event| {
            [
                text(&event["type"]),
                text(&event["object"]["id"]),
                text(&event["by"]),
            ]
        })
        .collect()
}

#[test]
fn several_tools_do_what_is_written_once() {
    let server = serve();
    let made = call(&server, "make", &json!({ "id": "p1", "name": "Ann" }));
    // `record` is the person again, and not the event.
    assert_eq!(made, json!({ "id": "p1", "name": "Ann" }));
    let input = json!({ "id": "p1", "name": "Bea", "what": "renamed" });
    // Steps by name do others, see what their caller sees, and change its record.
    assert_eq!(
        call(&server, "rename", &input),
        json!({ "id": "p1", "name": "Bea" })
    );
    // A record that they drop is at hand no longer.
    assert_eq!(
        call(&server, "drop", &json!({ "id": "p1", "loud": true })),
        json!({ "done": true })
    );
    let told = [
        ["person.made", "p1", "make"],
        ["person.renamed", "p1", "rename"],
        ["person.dropped", "p1", "drop"],
    ];
    assert_eq!(events(&server), told);
    let told = server.get("/__admin/webhooks/deliveries").expect(200);
    let kinds = told["deliveries"].as_array().expect("a list").iter();
    let mut kinds: Vec<&str> = kinds
        .map(|delivery| delivery["event"]["type"].as_str().unwrap_or_default())
        .collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["person.dropped", "person.made", "person.renamed"]);

    call(&server, "make", &json!({ "id": "p2" }));
    call(&server, "drop", &json!({ "id": "p2", "loud": false }));
    assert_eq!(events(&server).len(), 4);
}

#[test]
fn a_record_may_take_the_place_of_another() {
    let server = serve();
    for person in [
        json!({ "id": "p1", "name": "Ann", "age": 5 }),
        json!({ "id": "p1", "name": "Bea" }),
    ] {
        assert_eq!(call(&server, "put", &person), person);
    }
    let people = server.get("/__admin/collections/people").expect(200);
    assert_eq!(people["records"], json!([{ "id": "p1", "name": "Bea" }]));
    let taken = server.post("/make", &json!({ "id": "p1" })).expect(409);
    assert_eq!(taken["cause"], "already_exists");
}

#[test]
fn what_gives_no_name_of_an_event_is_a_mistake_of_the_pack() {
    let server = serve();
    call(&server, "make", &json!({ "id": "p1" }));
    for what in ["is new", "", &"x".repeat(300)] {
        let input = json!({ "id": "p1", "name": "Bea", "what": what });
        let answer = server.post("/rename", &input);
        if what.is_empty() {
            assert_eq!(answer.status, 200, "{}", answer.text);
            continue;
        }
        let refused = answer.expect(500);
        assert_eq!(refused["cause"], "definition_error");
        let message = refused["message"].as_str().expect("a text");
        assert!(message.contains("is no name of an event"), "{message}");
        assert!(message.len() < 300, "{message}");
    }
    // Nothing of the refused calls is left.
    assert_eq!(events(&server).len(), 2);
}

#[test]
fn mistakes_of_named_steps_are_told() {
    check(
        "steps",
        &[
            mistake("pack.yaml:6:49", "unknown name `inptu`", "`input`"),
            mistake("pack.yaml:7:3", "nothing does `idle`", "do: idle"),
            mistake(
                "pack.yaml:8:3",
                "steps do each other in a cycle: one → two → one",
                "never come to an end",
            ),
            mistake("pack.yaml:10:16", "there is no record yet", "find"),
            mistake("pack.yaml:15:13", "unknown steps `tel`", "`tell`"),
            mistake("pack.yaml:17:17", "`input` has a meaning", "another name"),
            mistake("pack.yaml:17:33", "unknown variable `inptu`", "input"),
            mistake("pack.yaml:19:9", "that have a name", "`do`"),
        ],
    );
}
