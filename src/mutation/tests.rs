//! Which mutants are made of what, in which order, and how many.

use serde_json::{Value, json};

use super::target::{Aim, Field, Kind, Paged, Sample, Target};
use super::{Limits, Mutant, choose, make};

fn target(name: &str) -> Target {
    Target {
        name: name.into(),
        aim: Aim::Tool(name.into()),
        reads: true,
        fields: vec![field("id", Kind::Text), field("amount", Kind::Number)],
        ..Target::default()
    }
}

fn field(path: &str, kind: Kind) -> Field {
    Field {
        path: path.into(),
        kind,
        required: true,
        echoed: false,
    }
}

fn payment(name: &str) -> Target {
    Target {
        writes: true,
        moves_money: true,
        ..target(name)
    }
}

fn list(name: &str) -> Target {
    Target {
        lists: vec!["rows".into()],
        paged: Some(Paged { by_cursor: true }),
        ..target(name)
    }
}

fn chosen(targets: &[Target], max: usize) -> Vec<Mutant> {
    let limits = Limits {
        max,
        only: Vec::new(),
        targets: Vec::new(),
    };
    choose(targets.iter().flat_map(make).collect(), &limits)
}

fn has(mutants: &[Mutant], id: &str) -> bool {
    mutants.iter().any(|mutant| mutant.id == id)
}

#[track_caller]
fn rule(target: &Target, id: &str) -> Value {
    let made = make(target);
    let found = made.iter().find(|mutant| mutant.id == id);
    let mut rule = found.unwrap_or_else(|| panic!("no {id}")).rule.clone();
    assert_eq!(rule.shift_remove("id"), Some("mutant".into()));
    Value::Object(rule)
}

#[test]
fn a_mode_is_made_where_it_fits() {
    let (pay, get, page) = (payment("x"), target("x"), list("x"));
    let batch = Target {
        batch: true,
        ..payment("x")
    };
    let checked = Target {
        checked: true,
        ..target("x")
    };
    for (mode, fits, not) in [
        ("silent_no_op", &pay, &get),
        ("duplicate_delivery", &pay, &get),
        ("stale_read", &get, &pay),
        ("looping_cursor", &page, &get),
        ("missing_has_more", &page, &get),
        ("short_page", &page, &get),
        ("expired_token", &page, &get),
        ("expired_token", &checked, &get),
        ("slow_drip", &page, &get),
        ("partial_batch", &batch, &pay),
    ] {
        let made = |target| make(target).iter().any(|mutant| mutant.mode == mode);
        assert!(made(fits) && !made(not), "{mode}");
    }
    let numbers = Target {
        paged: Some(Paged::default()),
        ..list("x")
    };
    assert!(!has(&make(&numbers), "looping_cursor.x"));
    let nothing = Target::default();
    assert!(make(&nothing).iter().all(|mutant| mutant.place.is_none()));
}

#[test]
fn a_rule_says_when_and_with_what() {
    let tool = |mode: &str, rest: Value| {
        let mut rule = json!({ "mode": mode, "tools": ["x"] });
        let rest = rest.as_object().expect("an object").clone();
        rule.as_object_mut().expect("an object").extend(rest);
        rule
    };
    let mut page = list("x");
    let expected = json!({"when": {"after": 2}, "with": {"retryAfter": 1}, "times": 1});
    assert_eq!(
        rule(&page, "rate_limited.x"),
        tool("rate_limited", expected)
    );
    let expected = json!({"when": {"page": 2}, "with": {"token": "page"}, "times": 1});
    assert_eq!(
        rule(&page, "expired_token.x"),
        tool("expired_token", expected)
    );
    let expected = json!({"with": {"fields": ["rows"]}});
    assert_eq!(
        rule(&page, "empty_list.x.rows"),
        tool("empty_list", expected)
    );
    let expected = json!({"with": {"fields": ["amount"], "to": "string"}});
    assert_eq!(
        rule(&page, "type_change.x.amount"),
        tool("type_change", expected)
    );
    let expected = json!({"with": {"rename": {"id": "identifier"}}, "when": {"after": 1}});
    assert_eq!(
        rule(&page, "renamed_field.x.id"),
        tool("renamed_field", expected)
    );
    // One call has no middle.
    page.calls = Some(1);
    let expected = json!({"when": {"after": 0}, "with": {"retryAfter": 1}, "times": 1});
    assert_eq!(
        rule(&page, "rate_limited.x"),
        tool("rate_limited", expected)
    );
    let expected = json!({"with": {"rename": {"id": "identifier"}}});
    assert_eq!(
        rule(&page, "renamed_field.x.id"),
        tool("renamed_field", expected)
    );
}

#[test]
fn an_endpoint_is_found_by_method_and_path() {
    let endpoint = Target {
        name: "GET /a \"b\"".into(),
        aim: Aim::Endpoint {
            method: "GET".into(),
            path: "/a \"b\"".into(),
        },
        ..Target::default()
    };
    let made = rule(&endpoint, "rate_limited.GET-/a--b-");
    let condition = r#"request.method == "GET" && request.path == "/a \"b\"""#;
    let when = json!({"condition": condition, "after": 2});
    assert_eq!(made["when"], when);
    assert_eq!(made.get("tools"), None);
}

#[test]
fn what_a_caller_cannot_tell_apart_is_one_mutant() {
    let read = chosen(&[target("x")], 1_000);
    let nothing_came: Vec<&str> = [
        "connection_reset",
        "empty_reply",
        "lost_request",
        "lost_reply",
    ]
    .into_iter()
    .filter(|mode| read.iter().any(|mutant| mutant.mode == *mode))
    .collect();
    assert_eq!(nothing_came.len(), 1, "{nothing_came:?}");
    let write = chosen(&[payment("x")], 1_000);
    assert!(has(&write, "lost_reply.x") && has(&write, "connection_reset.x"));
    assert!(!has(&write, "lost_request.x") && !has(&write, "empty_reply.x"));
    assert!(has(&write, "truncated_body.x") && !has(&write, "garbage.x"));
    // The same member of two answers is two places.
    let both = chosen(&[target("x"), target("y")], 1_000);
    assert!(has(&both, "null_field.x.id") && has(&both, "null_field.y.id"));
}

#[test]
fn the_likeliest_come_first() {
    let order = |targets: &[Target], first: &str, then: &str| {
        let mutants = chosen(targets, 1_000);
        let at = |id: &str| mutants.iter().position(|mutant| mutant.id == id);
        let (first_at, then_at) = (at(first), at(then));
        assert!(
            first_at.is_some() && first_at < then_at,
            "{first} {first_at:?}, {then} {then_at:?}"
        );
    };
    let write = Target {
        writes: true,
        ..target("note")
    };
    order(
        &[write.clone(), payment("pay")],
        "lost_reply.pay",
        "lost_reply.note",
    );
    order(&[payment("pay")], "lost_reply.pay", "connection_reset.pay");
    order(
        &[list("rows")],
        "missing_has_more.rows",
        "wrong_entity.rows",
    );
    let fields = ["created_at", "note", "status"].map(|name| field(name, Kind::Text));
    let many = Target {
        fields: fields.to_vec(),
        ..target("x")
    };
    order(
        std::slice::from_ref(&many),
        "null_field.x.status",
        "null_field.x.created_at",
    );
    order(&[many], "null_field.x.status", "null_field.x.note");
    // A mode does not stand in a row for long.
    let targets: Vec<Target> = (0..30).map(|at| target(&format!("t{at:02}"))).collect();
    let modes: Vec<&str> = chosen(&targets, 30)
        .iter()
        .map(|mutant| mutant.mode)
        .collect();
    let distinct: std::collections::BTreeSet<&str> = modes.iter().copied().collect();
    assert!(distinct.len() >= 4, "{modes:?}");
}

#[test]
fn the_same_mutants_come_out_however_they_came_in() {
    let targets = [payment("pay"), list("rows"), target("get")];
    let ids = |mutants: Vec<Mutant>| -> Vec<String> {
        mutants.into_iter().map(|mutant| mutant.id).collect()
    };
    let mut turned = targets.clone();
    turned.reverse();
    let (one, other) = (ids(chosen(&targets, 40)), ids(chosen(&turned, 40)));
    assert_eq!(one, other);
    assert_eq!(one.len(), 40);
}

#[test]
fn one_target_does_not_take_the_places_of_the_others() {
    let wide = Target {
        fields: (0..100)
            .map(|at| field(&format!("f{at}"), Kind::Text))
            .collect(),
        ..payment("wide")
    };
    let targets = [wide, target("a"), target("b"), target("c")];
    for max in [0, 1, 7, 20, 60, 500] {
        let mutants = chosen(&targets, max);
        let of = |name: &str| {
            mutants
                .iter()
                .filter(|mutant| mutant.target == name)
                .count()
        };
        let all: usize = ["wide", "a", "b", "c"].into_iter().map(of).sum();
        assert_eq!(all, mutants.len());
        assert!(all <= max);
        if (20..=60).contains(&max) {
            assert_eq!(all, max);
            assert!(
                of("a") >= 5 && of("b") >= 5 && of("c") >= 5,
                "{max}: {}",
                of("wide")
            );
        }
    }
}

#[test]
fn only_what_is_named_is_made() {
    let limits = Limits {
        max: 100,
        only: vec!["lost_reply".into(), "null_field".into()],
        targets: vec!["pay".into()],
    };
    let all = [payment("pay"), payment("other")];
    let mutants = choose(all.iter().flat_map(make).collect(), &limits);
    let ids: Vec<&str> = mutants.iter().map(|mutant| &*mutant.id).collect();
    assert_eq!(
        ids,
        [
            "lost_reply.pay",
            "null_field.pay.id",
            "null_field.pay.amount"
        ]
    );
}

#[test]
fn what_a_run_shows_is_learned() {
    let mut learned = Target {
        aim: Aim::Endpoint {
            method: "GET".into(),
            path: "/rows".into(),
        },
        ..Target::default()
    };
    let body = json!({"results": [{"email": "a@b"}], "paging": {"next": {"after": "x"}}});
    let sample = |status, body| Sample {
        method: "GET",
        status,
        body,
    };
    let gone = json!({"error": "gone"});
    learned.observe(sample(404, Some(&gone)));
    assert!(learned.fields.is_empty());
    learned.observe(sample(429, None));
    learned.observe(sample(200, Some(&body)));
    assert!(learned.limited && learned.reads && !learned.writes);
    assert_eq!(learned.lists, ["results"]);
    assert_eq!(learned.paged, Some(Paged { by_cursor: true }));
    let paths: Vec<&str> = learned.fields.iter().map(|field| &*field.path).collect();
    assert!(paths.contains(&"results.email"), "{paths:?}");
    let before = learned.clone();
    learned.observe(sample(200, Some(&body)));
    assert_eq!(learned, before);
}

#[test]
fn what_was_recorded_has_no_state_behind_it() {
    let recorded = Target {
        recorded: true,
        aim: Aim::RecordedTool("x".into()),
        ..list("x")
    };
    let expected = json!({"mode": "expired_token", "when": {"condition": "tool == \"x\"", "calls": [2]},
        "with": {"token": "page"}, "times": 1});
    assert_eq!(rule(&recorded, "expired_token.x"), expected);
    assert!(!has(&make(&recorded), "stale_read.x"));
    let write = Target {
        recorded: true,
        ..payment("x")
    };
    let mutants = chosen(&[write], 1_000);
    assert!(has(&mutants, "lost_reply.x") && !has(&mutants, "connection_reset.x"));
    assert!(!has(&mutants, "duplicate_delivery.x"));
}
