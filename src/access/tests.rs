//! Files, and what becomes of them.

use super::*;

/// A hash, by the number of its token.
fn hash(token: u32) -> String {
    Hash::of(&format!("t{token}")).to_string()
}

/// A text in which `#1` stands for the hash of the token `t1`.
fn with_hashes(text: &str) -> String {
    (1..10).fold(text.to_owned(), |text, token| {
        text.replace(&format!("#{token}"), &hash(token))
    })
}

fn access(text: &str) -> Access {
    let text = with_hashes(text);
    read("auth.yaml", &text).unwrap_or_else(|mistakes| {
        let shown: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        panic!("{}", shown.join("\n"))
    })
}

fn id(text: &str) -> SandboxId {
    SandboxId::parse(text).expect("an id")
}

const TEAMS: &str = "
operators:
  - { name: ops, hash: '#1' }
  - { name: watcher, hash: '#2', role: viewer }
tenants:
  a:
    sandboxes: [a, 'a-*']
    quotas: { callsPerSecond: 5, stubs: 3, targets: [example.com] }
    tokens:
      - { name: own, role: owner, hash: '#3' }
      - { name: edit, role: editor, hash: '#4', sandboxes: ['a-ci-*'] }
      - { name: call, role: caller, hash: '#5', sandboxes: [a-x] }
      - { name: view, role: viewer, hash: '#6' }
    keys:
      - { name: key, hash: '#7', sandbox: a-ci-1 }
  b:
    sandboxes: [default, b]
    tokens: [{ name: own, role: owner, hash: '#8' }]
";

#[test]
fn roles_may_do_what_they_say() {
    use Need::*;
    let access = access(TEAMS);
    for (token, may) in [
        (
            "t1",
            &[Nothing, Read, Change, Own, Call, Watch, Operate][..],
        ),
        ("t2", &[Nothing, Read, Watch]),
        ("t3", &[Nothing, Read, Change, Own, Call]),
        ("t4", &[Nothing, Read, Change, Call]),
        ("t5", &[Nothing, Call]),
        ("t6", &[Nothing, Read]),
        ("t7", &[Nothing, Call]),
    ] {
        let holder = access.holder(token).expect(token);
        for need in [Nothing, Read, Change, Own, Call, Watch, Operate] {
            assert_eq!(holder.may(need), may.contains(&need), "{token} {need:?}");
        }
    }
    for nobody in ["", "t9", "t", &hash(1)] {
        assert!(access.holder(nobody).is_none(), "{nobody}");
    }
}

/// What a token selects: `named/key` on the left; the sandbox, `unseen` or `unnamed` on the right.
#[track_caller]
fn check_selection(token: &str, named: Option<&str>, key: Option<&str>, expected: &str) {
    let access = access(TEAMS);
    let holder = access.holder(token).expect("a holder");
    let (named, key) = (named.map(id), key.map(id));
    let selected = match select(holder, named.as_ref(), key.as_ref()) {
        Ok(id) => id.to_string(),
        Err(Unselected::Unseen(_)) => "unseen".to_owned(),
        Err(Unselected::Unnamed) => "unnamed".to_owned(),
    };
    assert_eq!(selected, expected, "{token} {named:?} {key:?}");
}

#[test]
fn a_request_is_for_what_it_names_or_for_what_alone_it_can_be_for() {
    check_selection("t1", None, None, "default");
    check_selection("t1", Some("a"), None, "a");
    check_selection("t1", None, Some("a-ci-1"), "a-ci-1");
    check_selection("t3", None, None, "unnamed");
    check_selection("t3", Some("a"), None, "a");
    check_selection("t3", Some("a-new"), Some("a"), "a-new");
    check_selection("t3", Some("b"), None, "unseen");
    check_selection("t3", Some("default"), None, "unseen");
    check_selection("t3", Some("nowhere"), None, "unseen");
    // Another's key is no key.
    check_selection("t3", None, Some("b"), "unnamed");
    check_selection("t4", Some("a-ci-9"), None, "a-ci-9");
    check_selection("t4", Some("a"), None, "unseen");
    check_selection("t5", None, None, "a-x");
    check_selection("t5", Some("a"), None, "unseen");
    check_selection("t7", None, None, "a-ci-1");
    check_selection("t7", Some("a-ci-2"), None, "unseen");
    // It is the tenant's that names it.
    check_selection("t8", None, None, "default");
    check_selection("t8", Some("b"), None, "b");
}

#[test]
fn patterns_fit_overlap_and_contain() {
    let pattern = |text: &str| text.parse::<Pattern>().expect(text);
    for (one, other, overlap, contains) in [
        ("a", "a", true, true),
        ("a", "b", false, false),
        ("a", "a*", true, false),
        ("a*", "a", true, true),
        ("a-*", "a", false, false),
        ("a*", "ab*", true, true),
        ("ab*", "a*", true, false),
        ("a*", "b*", false, false),
        ("*", "x*", true, true),
        ("*", "default", false, false),
        ("d*", "default", false, false),
        ("default", "default", true, true),
    ] {
        let (one, other) = (pattern(one), pattern(other));
        assert_eq!(one.overlaps(&other), overlap, "{one} {other}");
        assert_eq!(other.overlaps(&one), overlap, "{other} {one}");
        assert_eq!(one.contains(&other), contains, "{one} {other}");
    }
    for wrong in ["", "a b", "a*b", "**", "*a", "/", &"x".repeat(65)] {
        assert!(wrong.parse::<Pattern>().is_err(), "{wrong}");
    }
}

/// The one mistake of a text: where, and what of it is told.
#[track_caller]
fn check_mistake(text: &str, place: &str, told: &[&str]) {
    let text = with_hashes(text);
    let mistakes = read("auth.yaml", &text).expect_err("a mistake");
    let shown: Vec<String> = mistakes.iter().map(|it| it.render(false)).collect();
    let shown = shown.join("\n");
    let (line, column) = mistakes[0].line_column();
    assert_eq!(format!("{line}:{column}"), place, "{shown}");
    for told in told {
        assert!(shown.contains(told), "no {told:?} in {shown}");
    }
}

#[test]
fn mistakes_are_told_with_their_places() {
    check_mistake("", "1:1", &[]);
    check_mistake("operators: []", "1:1", &["nobody"]);
    check_mistake("operatrs: []", "1:1", &["operators"]);
    check_mistake(
        "operators: [{ name: ops, hash: '#1', role: owener }]",
        "1:113",
        &["owner"],
    );
    check_mistake(
        "operators: [{ name: ops, hash: hunter2 }]",
        "1:32",
        &["sparring token", "*******"],
    );
    check_mistake(
        "operators:\n- { name: a, hash: '#1' }\n- { name: a, hash: '#2' }",
        "3:11",
        &["named twice"],
    );
    check_mistake(
        "operators:\n- { name: a, hash: '#1' }\n- { name: b, hash: '#1' }",
        "3:20",
        &["same hash", "first time"],
    );
    check_mistake(
        "operators: [{ name: 'a b', hash: '#1' }]",
        "1:21",
        &["is no name"],
    );
    check_mistake(
        "tenants:\n  a: { sandboxes: [a, 'x-*'] }\n  b: { sandboxes: ['x-y*'] }",
        "3:20",
        &["overlap", "the other one"],
    );
    check_mistake(
        "tenants: { a: { sandboxes: [] } }",
        "1:17",
        &["no sandboxes"],
    );
    check_mistake(
        "tenants: { a: { sandboxes: ['a*b'] } }",
        "1:29",
        &["at the end"],
    );
    check_mistake(
        "tenants: { a: { sandboxes: [a], tokens: [{ name: t, role: owner, hash: '#1', sandboxes: [b] }] } }",
        "1:159",
        &["has no `b`", "it has a"],
    );
    check_mistake(
        "tenants: { a: { sandboxes: [a], keys: [{ name: t, hash: '#1', sandbox: 'a*' }] } }",
        "1:141",
        &["bound to one"],
    );
    check_mistake(
        "tenants: { a: { sandboxes: [a], quotas: { targets: ['a b'] } } }",
        "1:53",
        &["no host"],
    );
    check_mistake(
        "tenants: { a: { sandboxes: [a], quotas: { callsPerSecond: 0 } } }",
        "1:59",
        &[],
    );
}

#[test]
fn a_token_in_the_file_is_never_shown() {
    const TOKEN: &str = "spt_9fQ2mXv7Jr1c-Yt0aLw8KzPd3Ue6HbNs4GiToRkV5xE";
    for text in [
        "operators: [{ name: ops, hash: TOKEN }]",
        "operators: [{ name: ops, hash: TOKEN, rol: viewer }]",
        "operators: [{ name: TOKEN, hash: '#1', x: 1 }]",
        "operators: [{ name: ops, hash: TOKEN",
        "operators:\n  - name: ops\n    TOKEN\n    hash: x",
        "tenants: { a: { sandboxes: [TOKEN, TOKEN, 'TOKEN x'], tokens: [{ name: a, role: TOKEN, hash: TOKEN }] } }",
        "TOKEN: 1",
    ] {
        let mistakes = read("auth.yaml", &with_hashes(&text.replace("TOKEN", TOKEN)));
        let mistakes = mistakes.expect_err("a mistake");
        for mistake in mistakes {
            let shown = format!("{mistake}{}{mistake:?}", mistake.render(false));
            assert!(!shown.contains(&TOKEN[8..]), "{text}: {shown}");
        }
    }
}

#[test]
fn the_example_can_be_read() {
    let text = include_str!("../../examples/auth.yaml");
    let access = read("auth.yaml", text).expect("no mistakes");
    let alice = access.holder("spt_example_alice").expect("alice");
    assert_eq!(alice.full_name(), "team-a/alice");
    assert_eq!(access.tenants().count(), 2);
}
