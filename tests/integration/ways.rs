//! Ways in: where a pack is served, how its tools are named, and how what they take is written.

use serde_json::json;

use crate::desk::MIDNIGHT;
use crate::launch::{Folder, run};
use crate::support::Server;

/// The pack's folder.
const WAYS: &str = "tests/packs/ways";

fn ways(arguments: &[&str]) -> Server {
    let clock = format!("frozen@{MIDNIGHT}");
    let mut all = vec!["--stubs", WAYS, "--clock", &clock];
    all.extend(arguments);
    Server::with(&all)
}

#[test]
fn a_pack_is_served_below_its_prefix_unless_it_is_mounted() {
    for (mount, prefix) in [
        (None, "/shop"),
        (Some("ways=/"), ""),
        (Some("ways=/other/"), "/other"),
    ] {
        let mount: Vec<&str> = mount.iter().flat_map(|to| ["--mount", to]).collect();
        let server = ways(&mount);
        let definitions = server.get("/__admin/definitions").expect(200);
        assert_eq!(definitions["packs"][0]["prefix"], prefix);
        for path in ["/v1/ping", "/v1/customers", "/v1/customers/c1", "/motd"] {
            for other in ["", "/shop", "/other"] {
                let status = if other == prefix { 200 } else { 404 };
                let answer = server.get(&format!("{other}{path}"));
                assert_eq!(answer.status, status, "{mount:?} {other}{path}");
            }
        }
        let envelope = json!({ "tool": "ping" });
        server.post(&format!("{prefix}/rpc"), &envelope).expect(200);
        let made = server.post(&format!("{prefix}/v1/customers"), &json!({ "id": "c2" }));
        let link = format!("{}{prefix}/v1/customers/c2", server.base);
        assert_eq!(
            made.header("location"),
            Some(link.as_str()),
            "{}",
            made.text
        );
    }
}

/// Checks a pack with these lines in it, and looks for the message and the place.
#[track_caller]
fn check(name: &str, lines: &str, message: &str, place: &str) {
    let folder = Folder::copied(&format!("ways-mistakes-{name}"), "tests/packs/pair/left");
    let pack = format!("pack: wrong\ncollections:\n  people: {{ key: id }}\n{lines}");
    folder.write("pack.yaml", &pack);
    let said = run(&["check", folder.argument()], &[]);
    let all = format!("{}{}", said.stdout, said.stderr);
    assert!(!said.status.success(), "{name} is let through");
    assert!(all.contains(message), "{name}: {all}");
    assert!(all.contains(place), "{name}: {all}");
    assert_eq!(all.matches("error:").count(), 1, "{name}: {all}");
}

#[test]
fn mistakes_of_prefixes_are_told() {
    for (name, prefix, expected) in [
        ("slash", "shop", "a prefix begins with /"),
        ("variable", "/{shop}", "a path without variables"),
        ("twice", "/a//b", "a path without variables"),
        ("admin", "/__admin/shop", "the admin API's"),
    ] {
        let lines = format!("prefix: '{prefix}'\n");
        check(name, &lines, &format!("`{prefix}` is no prefix"), expected);
    }
    check("type", "prefix: 5\n", "expected a string", "pack.yaml:4:9");
    check(
        "key",
        "prefx: /shop\n",
        "unknown key `prefx`",
        "did you mean `prefix`?",
    );
}
