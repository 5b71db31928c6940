//! Generated documents: those in `openapi/` equal what the binary prints, and name what there is.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::desk::desk;
use crate::launch::run;

/// With this set in the environment, the test writes the files instead of comparing them.
const UPDATE: &str = "UPDATE_GOLDEN";

/// What the binary prints stands in the file, and is JSON.
fn check(arguments: &[&str], file: &str) -> Value {
    let text = check_text(arguments, &format!("openapi/{file}"));
    serde_json::from_str(&text).expect("JSON")
}

/// What the binary prints stands in the file.
fn check_text(arguments: &[&str], file: &str) -> String {
    let said = run(arguments, &[]);
    assert!(said.status.success(), "{arguments:?}: {}", said.stderr);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var(UPDATE).is_ok_and(|value| value == "1") {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, &said.stdout).expect("a file");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let line = kept
        .lines()
        .zip(said.stdout.lines())
        .position(|(kept, new)| kept != new);
    assert!(
        kept == said.stdout,
        "{file} is not what `sparring {}` prints (first at line {}); if that is as it \
         should be: {UPDATE}=1 cargo test --test integration openapi_golden",
        arguments.join(" "),
        line.unwrap_or_default() + 1,
    );
    said.stdout
}

#[test]
fn the_language_has_a_reference() {
    let page = check_text(&["schema", "--reference"], "docs/reference.md");
    // An author who has read it knows where each word of the language stands.
    for (section, key) in [
        ("## Pack file", "| `tools` | [Tool](#tool), by name |"),
        ("## Tool", "| `do` | list of [Step](#step) |"),
        ("## Step", "| `require` | [Require](#require) |"),
        ("## CEL expression", "money(amount)"),
    ] {
        let (_, behind) = page.split_once(&format!("{section}\n")).expect(section);
        let section = behind.split("\n## ").next().unwrap_or_default();
        assert!(section.contains(key), "{key}: {section}");
    }
    let stub = run(&["schema", "stub", "--reference"], &[]);
    assert!(stub.stdout.contains("`sparring schema stub --reference`"));
    assert!(
        stub.stdout.contains("## Request pattern\n"),
        "{}",
        stub.stdout
    );
}

#[test]
fn the_json_schemas_are_published() {
    let pack = check(&["schema"], "pack.schema.json");
    let stub = check(&["schema", "stub"], "stub.schema.json");
    for (schema, members) in [
        (
            pack,
            &[
                "tools",
                "doors",
                "collections",
                "machines",
                "ledger",
                "refusals",
                "mappings",
            ][..],
        ),
        (stub, &["id", "name", "priority", "request", "response"]),
    ] {
        assert!(
            schema["$schema"]
                .as_str()
                .is_some_and(|uri| uri.contains("json-schema.org"))
        );
        for member in members {
            let property = &schema["properties"][member];
            assert!(property.is_object(), "{member}");
            // An author reads this in the editor.
            assert!(
                property["description"].is_string(),
                "{member} has no description"
            );
        }
    }
}

/// The routes of the admin API that are promised.
const ROUTES: [(&str, &[&str]); 46] = [
    ("/__admin/errors", &["get", "post", "delete"]),
    ("/__admin/errors/{id}", &["delete"]),
    ("/__admin/calls", &["get", "delete"]),
    ("/__admin/calls/{id}", &["get"]),
    ("/__admin/events", &["get"]),
    ("/__admin/metrics", &["get"]),
    ("/__admin/wallets", &["get"]),
    ("/__admin/wallets/{agent}", &["get", "put"]),
    ("/__admin/ledger/transfers", &["get"]),
    ("/__admin/ledger/audit", &["get"]),
    ("/__admin/collections", &["get"]),
    ("/__admin/collections/{name}", &["get", "post", "delete"]),
    (
        "/__admin/collections/{name}/{key}",
        &["get", "put", "delete"],
    ),
    ("/__admin/clock", &["get", "put"]),
    ("/__admin/clock/advance", &["post"]),
    ("/__admin/mappings", &["get", "post", "delete"]),
    ("/__admin/mappings/{id}", &["get", "put", "delete"]),
    ("/__admin/mappings/reset", &["post"]),
    ("/__admin/mappings/save", &["post"]),
    ("/__admin/mappings/import", &["post"]),
    ("/__admin/mappings/remove", &["post"]),
    ("/__admin/mappings/find-by-metadata", &["post"]),
    ("/__admin/mappings/remove-by-metadata", &["post"]),
    ("/__admin/mappings/unmatched", &["get", "delete"]),
    ("/__admin/files", &["get"]),
    ("/__admin/files/{path}", &["get", "put", "delete"]),
    ("/__admin/scenarios", &["get"]),
    ("/__admin/scenarios/reset", &["post"]),
    ("/__admin/scenarios/{name}/state", &["put"]),
    ("/__admin/settings", &["get", "put", "post"]),
    ("/__admin/settings/extended", &["patch"]),
    ("/__admin/shutdown", &["post"]),
    ("/__admin/webhooks/deliveries", &["get"]),
    ("/__admin/webhooks/deliveries/{id}", &["get"]),
    ("/__admin/webhooks/deliveries/{id}/redeliver", &["post"]),
    ("/__admin/webhooks/faults", &["get", "post", "delete"]),
    ("/__admin/webhooks/faults/{id}", &["delete"]),
    ("/__admin/reset", &["post"]),
    ("/__admin/health", &["get"]),
    ("/__admin/version", &["get"]),
    ("/__admin/openapi.json", &["get"]),
    ("/__admin/docs", &["get"]),
    ("/__admin/tools", &["get"]),
    ("/__admin/sandboxes", &["get", "post"]),
    ("/__admin/sandboxes/{id}", &["get", "delete"]),
    ("/__admin/definitions/reload", &["post"]),
];

/// Routes that are the document, or show it: they need not stand in it.
const ABOUT_ITSELF: [&str; 2] = ["/__admin/openapi.json", "/__admin/docs"];

#[test]
fn the_admin_api_is_documented_as_it_is() {
    let document = check(&["openapi"], "admin.json");
    let server = desk();
    let served = server.get("/__admin/openapi.json");
    assert_eq!(served.header("content-type"), Some("application/json"));
    assert_eq!(served.expect(200), document);
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3."))
    );
    let paths = document["paths"].as_object().expect("paths");
    for (path, methods) in ROUTES {
        for method in methods {
            let documented = paths
                .get(path)
                .is_some_and(|path| path.get(method).is_some());
            assert!(
                documented || ABOUT_ITSELF.contains(&path),
                "{method} {path} is not documented"
            );
        }
    }
    // And nothing is documented that is not there.
    for (path, operations) in paths {
        // One would end the server, and the other would never end.
        if ["/__admin/shutdown", "/__admin/events"].contains(&path.as_str()) {
            continue;
        }
        for (method, operation) in operations.as_object().expect("operations") {
            let target = path
                .replace("{name}", "contacts")
                .replace("{key}", "ada")
                .replace("{agent}", "ann")
                .replace("{path}", "a.txt");
            let target = target.replace("{id}", "11111111-2222-4333-8444-555555555555");
            let answer = server.send(&method.to_uppercase(), &target, Some(&Value::Null));
            let unknown = answer.text.contains("there is no admin route");
            assert!(
                answer.status != 405 && !unknown,
                "{method} {path}: {}",
                answer.text
            );
            let summary = operation["summary"]
                .as_str()
                .or(operation["description"].as_str());
            assert!(
                summary.is_some_and(|text| !text.is_empty()),
                "{method} {path} says nothing"
            );
        }
    }
}
