//! Fault plans that ship, and plans of one's own: loaded over the admin API, and at the start.

use serde_json::{Value, json};

use crate::launch::{Folder, run};
use crate::support::Server;

const PRESETS: &str = "/__admin/faults/presets";

fn ids(rules: &Value) -> Vec<String> {
    let rules = rules["faults"].as_array().expect("rules").iter();
    rules
        .map(|rule| rule["id"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn every_preset_loads_and_says_what_it_does() {
    let server = Server::start();
    let listed = server.get(PRESETS).expect(200);
    let presets = listed["presets"].as_array().expect("presets");
    assert_eq!(presets.len(), 11);
    for preset in presets {
        let name = preset["name"].as_str().expect("a name");
        assert!(
            preset["description"]
                .as_str()
                .is_some_and(|text| text.contains("good")),
            "{preset}"
        );
        let made = server
            .post(&format!("{PRESETS}/{name}"), &json!({}))
            .expect(201);
        assert_eq!(made["total"], preset["rules"], "{made}");
        assert_eq!(ids(&made), [name], "{made}");
        // All tools that the plans name are served, and fit.
        assert!(!made.to_string().contains("warnings"), "{made}");
    }
    // Once more is the same again.
    server
        .post(&format!("{PRESETS}/flaky-30"), &json!({}))
        .expect(201);
    assert_eq!(server.get("/__admin/faults").expect(200)["total"], 11);
    let unknown = server
        .post(&format!("{PRESETS}/flaky-40"), &json!({}))
        .expect(404);
    assert!(
        unknown["detail"]
            .as_str()
            .is_some_and(|text| text.contains("did you mean flaky-30?")),
        "{unknown}"
    );
}

#[test]
fn a_preset_whose_tools_nobody_serves_does_what_it_does_elsewhere() {
    let server = Server::with(&["--stubs", "stubs/crm", "--faults", "lost-confirmation"]);
    let listed = server.get("/__admin/faults").expect(200);
    let rule = &listed["faults"][0];
    assert_eq!(rule["id"], "lost-confirmation");
    assert!(rule["tools"].is_null(), "{rule}");
    assert!(
        rule["warnings"][0]
            .as_str()
            .is_some_and(|text| text.contains("none of the tools")),
        "{rule}"
    );
}

#[test]
fn plans_of_the_start_are_in_every_sandbox_and_come_back() {
    let folder = Folder::new("plans");
    folder.write(
        "mine.yaml",
        "faults:\n  - mode: latency\n    tools: [get_balance]\n  - id: own\n    mode: garbage\n",
    );
    let file = folder.path.join("mine.yaml").display().to_string();
    let server = Server::with(&["--faults", "flaky-30", &file]);
    for sandbox in ["", "/s/other"] {
        let path = format!("{sandbox}/__admin/faults");
        let expected = ["flaky-30", "mine.1", "own"];
        assert_eq!(ids(&server.get(&path).expect(200)), expected);
        server.delete(&path).expect(200);
        server
            .post(&format!("{sandbox}/__admin/reset"), &json!({}))
            .expect(200);
        assert_eq!(ids(&server.get(&path).expect(200)), expected);
    }
}

/// What the server says that does not start with this plan.
#[track_caller]
fn refused(arguments: &[&str], words: &[&str]) {
    let said = run(
        &[&["serve", "--listen", "127.0.0.1:0"], arguments].concat(),
        &[],
    );
    assert!(!said.status.success(), "{arguments:?}");
    for word in words {
        assert!(
            said.stderr.contains(word),
            "{arguments:?} lacks {word:?}: {}",
            said.stderr
        );
    }
}

#[test]
fn a_plan_that_is_none_is_refused_at_the_start() {
    let folder = Folder::new("no-plans");
    let file = |name: &str, text: &str| {
        folder.write(name, text);
        folder.path.join(name).display().to_string()
    };
    refused(
        &["--faults", "flaky30"],
        &["no fault plan \"flaky30\"", "did you mean flaky-30?"],
    );
    refused(&["--faults", "./none.yaml"], &["./none.yaml"]);
    refused(
        &["--faults", &file("empty.yaml", "")],
        &["empty.yaml", "no fault plan"],
    );
    let mistake = file("bad.yaml", "faults:\n  - mode: latncy\n");
    refused(
        &["--faults", &mistake],
        &["bad.yaml:2:11", "did you mean `latency`"],
    );
    let mistake = file(
        "tool.yaml",
        "faults:\n  - mode: latency\n    tools: [get_balnce]\n",
    );
    refused(
        &["--faults", &mistake],
        &["tool.yaml:3:13", "unknown tool `get_balnce`", "get_balance"],
    );
    let twice = file(
        "twice.yaml",
        "faults:\n  - { id: a, mode: latency }\n  - { id: a, mode: garbage }\n",
    );
    refused(&["--faults", &twice], &["`a` is declared twice"]);
}
