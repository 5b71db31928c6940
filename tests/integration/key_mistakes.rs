//! Mistakes in `idempotency` and `auth` blocks: each is reported with its place and its reason.

use crate::launch::{Folder, run};

/// Checks a pack with these lines in it, and looks for the message and the place.
fn check(name: &str, lines: &str, message: &str, place: &str) {
    let folder = Folder::copied(&format!("key-mistakes-{name}"), "tests/packs/pair/left");
    let pack = format!(
        "pack: wrong\ncollections:\n  keys: {{ key: key }}\ntools:\n  act:\n    description: Acts.\n    route: POST /act\n{lines}"
    );
    folder.write("pack.yaml", &pack);
    let said = run(&["check", folder.argument()], &[]);
    assert!(!said.status.success(), "{name} is let through");
    let all = format!("{}{}", said.stdout, said.stderr);
    assert!(all.contains(message), "{name}: {all}");
    assert!(all.contains(place), "{name}: {all}");
    assert_eq!(all.matches("error:").count(), 1, "{name}: {all}");
}

#[test]
fn mistakes_of_keys_are_told() {
    let both = "    idempotency: { key: '{{input.token}}', header: X-Key }\n";
    check(
        "both",
        both,
        "the key stands in `X-Key` or where `key` says",
        "pack.yaml:8",
    );
    let long = "    idempotency: { maxLength: 5000 }\n";
    check(
        "long",
        long,
        "no key has 5000 characters",
        "expected 1 to 4096",
    );
    let header = "    idempotency: { header: 'X Key' }\n";
    check(
        "header",
        header,
        "`X Key` is not a name of a header",
        "pack.yaml:8",
    );
    let profile = "    idempotency: strip\n";
    check(
        "profile",
        profile,
        "unknown idempotency profile `strip`",
        "did you mean `stripe`?",
    );
    let retention = "    idempotency: { retention: a day }\n";
    check(
        "retention",
        retention,
        "`a day` is no length of time",
        "pack.yaml:8",
    );
    let name = "    idempotency: { key: '{{inptu.token}}' }\n";
    check(
        "name",
        name,
        "unknown name `inptu`",
        "did you mean `input`?",
    );
    // What a pack says is reported once, however many tools have it.
    let pack =
        "  also: { description: Acts too., route: POST /also }\nidempotency: { retention: soon }\n";
    check("pack", pack, "`soon` is no length of time", "pack.yaml:9");
}

#[test]
fn mistakes_of_credentials_are_told() {
    check(
        "no-keys",
        "auth: bearer\n",
        "`auth` has no `keys`",
        "pack.yaml:8",
    );
    let unknown = "auth: { keys: kesy }\n";
    check("keys", unknown, "unknown collection `kesy`", "pack.yaml:8");
    let profile = "auth: { profile: berer, keys: keys }\n";
    check(
        "auth-profile",
        profile,
        "unknown auth profile `berer`",
        "did you mean `bearer`?",
    );
    let cel = "auth: { keys: keys, scopes: record. }\n";
    check("cel", cel, "error", "pack.yaml:8");
    let alone = "    auth: { scopes: [read] }\n";
    check(
        "alone",
        alone,
        "the pack checks no credentials",
        "pack.yaml:8",
    );
    let public = "    auth: { scopes: [read], public: true }\nauth: { keys: keys }\n";
    check("public", public, "asks for no scopes", "pack.yaml:8");
}
