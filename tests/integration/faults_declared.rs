//! Fault rules that stand in definition files, at tools and at stubs; and those that can never happen.

use serde_json::{Value, json};

use crate::check_command::{check, mistake};
use crate::support::Server;

const FAULTS: &str = "/__admin/faults";

fn server() -> Server {
    Server::with(&["--stubs", "tests/packs/faulty"])
}

fn ids(server: &Server) -> Vec<String> {
    let listed = server.get(FAULTS).expect(200);
    let rules = listed["faults"].as_array().expect("rules").iter();
    let id = |rule: &Value| rule["id"].as_str().unwrap_or_default().to_owned();
    rules.map(id).collect()
}

#[test]
fn what_is_no_key_of_a_rule_is_told_with_its_place() {
    check(
        "fault_keys",
        &[
            mistake("pack.yaml:4:13", "latncy", "did you mean `latency`?"),
            mistake(
                "pack.yaml:5:22",
                "unknown key `whn`",
                "did you mean `when`?",
            ),
            mistake(
                "pack.yaml:6:30",
                "unknown key `call`",
                "did you mean `calls`?",
            ),
            mistake("pack.yaml:7:38", "`text`", "expected one of"),
            mistake("pack.yaml:12:31", "unknown key `tools`", ""),
        ],
    );
}

#[test]
fn what_is_wrong_with_a_rule_of_a_pack_is_told_with_its_place() {
    check(
        "faults",
        &[
            mistake("pack.yaml:8:43", "1.5 is no probability", "expected 0 to 1"),
            mistake(
                "pack.yaml:9:30",
                "unknown tool `reed`",
                "did you mean `read`?",
            ),
            mistake(
                "pack.yaml:10:47",
                "unknown machine `jop`",
                "did you mean `job`?",
            ),
            mistake(
                "pack.yaml:11:59",
                "unknown state `opn`",
                "did you mean `open`?",
            ),
            mistake(
                "pack.yaml:12:30",
                "`calls` is no setting of `latency`",
                "milliseconds, distribution",
            ),
            mistake("pack.yaml:13:42", "inptu", "the names here are input"),
            mistake(
                "pack.yaml:15:7",
                "fault rule `same` is declared twice",
                "first declared at",
            ),
            mistake("pack.yaml:22:47", "99 is no status", "expected 200 to 599"),
            mistake(
                "pack.yaml:23:42",
                "does not show in webhooks",
                "expected reply",
            ),
            mistake("pack.yaml:28:41", "0 is none", "expected at least 1"),
        ],
    );
}

#[test]
fn rules_of_a_pack_are_in_every_sandbox_and_come_back() {
    let server = server();
    let all = [
        "faulty.1",
        "faulty.read.1",
        "loops",
        "11111111-2222-4333-8444-555555555555.1",
    ];
    assert_eq!(ids(&server), all);
    server.delete("/__admin/faults/loops").expect(200);
    server.post("/__admin/reset", &json!({})).expect(200);
    assert_eq!(ids(&server), all);
    let never = server.get("/__admin/faults/loops").expect(200);
    assert_eq!(
        never["warnings"],
        json!(["looping_cursor never happens at faulty.read: it answers no page of a list"])
    );
}

#[test]
fn rules_of_a_pack_are_for_all_of_it_and_others_for_where_they_stand() {
    let server = server();
    let read = || server.post("/faulty/read", &json!({"id": "one"})).status;
    assert_eq!([read(), read(), read(), read()], [200, 503, 502, 200]);
    let write = || server.post("/faulty/write", &json!({"by": "me"})).status;
    assert_eq!([write(), write(), write(), write()], [200, 503, 200, 200]);
    let greet = || server.get("/greeting").status;
    assert_eq!([greet(), greet(), greet(), greet()], [200, 503, 200, 504]);
}

#[test]
fn the_rules_of_a_stub_live_and_die_with_it() {
    let server = server();
    let before = ids(&server).len();
    let stub = json!({
        "request": {"urlPath": "/mine"}, "response": {"body": "mine"},
        "faults": [{"mode": "wrong_status", "with": {"status": 503}}, {"id": "also", "mode": "latency", "with": {"milliseconds": 1}}],
    });
    let made = server.post("/__admin/mappings", &stub).expect(201);
    assert_eq!(server.get("/mine").status, 503);
    let id = made["id"].as_str().expect("an id");
    assert_eq!(
        ids(&server)[before..],
        [format!("{id}.1"), "also".to_owned()]
    );
    let mut other = stub.clone();
    other["faults"] = json!([{"mode": "wrong_status", "with": {"status": 502}}]);
    server
        .put(&format!("/__admin/mappings/{id}"), &other)
        .expect(200);
    assert_eq!(server.get("/mine").status, 502);
    assert_eq!(ids(&server)[before..], [format!("{id}.1")]);
    server
        .delete(&format!("/__admin/mappings/{id}"))
        .expect(200);
    assert_eq!(ids(&server).len(), before);
    server.post("/__admin/mappings", &stub).expect(201);
    server.delete("/__admin/mappings").expect(200);
    assert_eq!(ids(&server).len(), before);
    server.post("/__admin/mappings", &stub).expect(201);
    server.post("/__admin/mappings/reset", &json!({}));
    assert_eq!(ids(&server).len(), before);
    let wrong =
        json!({"request": {"urlPath": "/x"}, "faults": [{"mode": "latency", "when": {"page": 0}}]});
    let refused = server.post("/__admin/mappings", &wrong).expect(422);
    assert_eq!(
        refused["errors"][0]["source"]["pointer"],
        "/faults/0/when/page"
    );
}

#[test]
fn a_rule_may_name_stubs_by_id_or_name() {
    let server = server();
    let mapping =
        json!({"name": "two words", "request": {"urlPath": "/mine"}, "response": {"body": "mine"}});
    server.post("/__admin/mappings", &mapping).expect(201);
    for stub in [
        "two words",
        "greeting",
        "11111111-2222-4333-8444-555555555555",
    ] {
        let rule = json!({"mode": "wrong_status", "stubs": [stub], "with": {"status": 500}});
        let made = server.post(FAULTS, &rule).expect(201);
        assert!(made["warnings"].is_null(), "{made}");
    }
    assert_eq!(server.get("/mine").status, 500);
    assert_eq!(server.get("/greeting").status, 500);
    assert_eq!(server.post("/faulty/write", &json!({})).status, 200);
}

/// The first warning of a rule that is accepted.
#[track_caller]
fn warned(server: &Server, rule: &Value, words: &str) {
    let made = server.post(FAULTS, rule).expect(201);
    let warning = made["warnings"][0].as_str().unwrap_or_default();
    assert!(warning.contains(words), "{made} lacks {words:?}");
}

#[test]
fn a_mode_that_cannot_be_at_its_target_is_taken_with_a_warning_and_never_happens() {
    let server = Server::start();
    let at = |mode: &str, tool: &str| json!({"mode": mode, "tools": [tool]});
    let check = |rule: Value, words: &str| warned(&server, &rule, words);
    check(
        at("looping_cursor", "get_balance"),
        "looping_cursor never happens at greenhelix.get_balance: it answers no page",
    );
    check(at("short_page", "get_balance"), "no page");
    check(at("missing_has_more", "deposit"), "no page");
    check(
        json!({"mode": "latency", "tools": ["deposit"], "when": {"page": 2}}),
        "no page",
    );
    check(at("silent_no_op", "get_balance"), "it changes nothing");
    check(
        at("duplicate_delivery", "get_balance"),
        "it changes nothing",
    );
    check(at("stale_read", "deposit"), "stale_read never happens");
    check(
        at("wrong_entity", "create_escrow"),
        "wrong_entity never happens",
    );
    check(at("wrong_entity", "crm.list_contacts"), "many records");
    check(at("empty_list", "get_balance"), "no list");
    check(
        json!({"mode": "expired_token", "tools": ["get_balance"], "with": {"token": "page"}}),
        "no page",
    );
    check(
        json!({"mode": "out_of_order", "tools": ["get_balance"]}),
        "tells no endpoint",
    );
    check(
        json!({"mode": "wrong_status", "surface": "items", "tools": ["deposit"]}),
        "no batch",
    );
    check(
        json!({"mode": "null_field", "surface": "webhooks", "tools": ["get_balance"]}),
        "tells no endpoint",
    );
    let of_two = server
        .post(
            FAULTS,
            &json!({"mode": "silent_no_op", "tools": ["get_balance", "deposit"]}),
        )
        .expect(201);
    assert_eq!(
        of_two["warnings"].as_array().map(Vec::len),
        Some(1),
        "{of_two}"
    );
    for fits in [
        at("silent_no_op", "deposit"),
        at("stale_read", "get_balance"),
        at("wrong_entity", "get_escrow"),
        at("duplicate_delivery", "deposit"),
        at("looping_cursor", "crm.list_contacts"),
        at("out_of_order", "release_escrow"),
        at("broken_tool_schema", "deposit"),
        json!({"mode": "duplicate_delivery", "surface": "webhooks"}),
        json!({"mode": "null_field", "surface": "webhooks", "tools": ["release_escrow"]}),
    ] {
        let made = server.post(FAULTS, &fits).expect(201);
        assert!(made["warnings"].is_null(), "{made}");
    }
}

#[test]
fn a_bare_name_of_several_packs_is_a_conflict_with_what_it_could_mean() {
    let server = Server::with(&["--stubs", "tests/packs/pair"]);
    let tools = server.get("/__admin/tools").expect(200);
    let named = |tool: &Value| tool["name"].as_str().unwrap_or_default().to_owned();
    let names: Vec<String> = tools["tools"]
        .as_array()
        .expect("tools")
        .iter()
        .map(named)
        .collect();
    let twice = names
        .iter()
        .find(|name| names.iter().filter(|other| other == name).count() > 1);
    let twice = twice.expect("a tool of both packs");
    let problem = server
        .post(FAULTS, &json!({"mode": "latency", "tools": [twice]}))
        .expect(409);
    assert_eq!(
        problem["candidates"].as_array().map(Vec::len),
        Some(2),
        "{problem}"
    );
    let full = &problem["candidates"][0];
    server
        .post(FAULTS, &json!({"mode": "latency", "tools": [full]}))
        .expect(201);
}

/// The rows of a table of a document whose first cell is one word in backticks: that, and the last cell's.
fn rows(document: &str, heading: &str) -> Vec<(String, Vec<String>)> {
    let section = document
        .split("\n## ")
        .find(|section| section.starts_with(heading));
    let words = |cell: &str| -> Vec<String> {
        let parts = cell.split('`').skip(1).step_by(2);
        parts.map(str::to_owned).collect()
    };
    let lines = section.expect("a section").lines();
    let rows = lines.filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let name = words(cells[0]).join(" ");
        (name, words(cells[cells.len() - 1]))
    })
    .collect()
}

#[test]
fn the_document_has_every_mode_with_its_settings_and_every_preset() {
    use sparring::definition::compile::fault::presets;
    use sparring::domain::fault::Mode;
    let document = include_str!("../../docs/faults.md");
    let expected = Mode::ALL.map(|mode| {
        let committed = mode.may_commit_or_not().then_some("committed");
        let settings = mode.settings().iter().copied().chain(committed);
        (
            mode.name().to_owned(),
            settings.map(str::to_owned).collect(),
        )
    });
    assert_eq!(rows(document, "Modes"), expected);
    let names: Vec<String> = rows(document, "Presets")
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let shipped: Vec<&str> = presets().iter().map(|preset| preset.name).collect();
    assert_eq!(names, shipped);
}

#[test]
fn every_setting_of_every_mode_is_taken_and_no_other() {
    use sparring::domain::fault::Mode;
    let server = Server::with(&["--stubs", "tests/packs/faulty"]);
    let values = json!({
        "milliseconds": 5, "distribution": {"type": "fixed", "milliseconds": 5}, "chunks": 3, "status": 503,
        "statuses": [500], "body": {"a": 1}, "cause": "not_found", "message": "m", "beside": true,
        "retryAfter": false, "fields": ["id"], "share": 0.5, "events": 3, "rename": {"a": "b"}, "add": {"c": 1},
        "remove": ["a"], "retype": {"a": "string"}, "to": "string", "calls": 2, "seconds": 3, "rows": 1,
        "token": "page", "as": "close", "committed": true, "bytes": 3, "framed": true, "garbage": "html",
        "flaw": "nullType",
    });
    let values = values.as_object().expect("settings");
    let mut rules = Vec::new();
    for mode in Mode::ALL {
        for (name, value) in values {
            let own = mode.settings().contains(&name.as_str());
            let taken = own || (name == "committed" && mode.may_commit_or_not());
            let rule = json!({"mode": mode.name(), "with": {name.as_str(): value}});
            match taken {
                true => rules.push(rule),
                false if name == "rows" || name == "committed" => {
                    let problem = server.post(FAULTS, &rule).expect(422);
                    assert_eq!(
                        problem["errors"][0]["field"],
                        format!("with.{name}"),
                        "{problem}"
                    );
                }
                false => {}
            }
        }
        for setting in mode.settings() {
            assert!(values.contains_key(*setting), "no value of {setting} here");
        }
    }
    server.post(FAULTS, &Value::Array(rules)).expect(201);
}

#[test]
fn an_event_of_the_preset_is_delivered_twice() {
    let (server, receiver) = crate::webhooks::hooks(&["*"]);
    server
        .post(
            "/__admin/faults/presets/webhook-double-delivery",
            &json!({}),
        )
        .expect(201);
    crate::webhooks::write(&server, "a");
    let (one, two) = (receiver.next(), receiver.next());
    assert_eq!(one.header("X-Id"), two.header("X-Id"));
    assert_eq!(one.text(), two.text());
    receiver.nothing();
}
