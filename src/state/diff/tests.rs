//! Two states, and what is different.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::state::Effect;
use crate::state::dataset::generated::Recipe;
use crate::state::dataset::key::KeyMaker;
use crate::state::dataset::{Dataset, Generated};

fn beginning() -> SandboxState {
    SandboxState::new(Arc::default(), Timestamp::UNIX_EPOCH)
}

fn things() -> Name {
    Name::new(&"pack".into(), "things")
}

fn put(key: &str, record: Value) -> Effect {
    Effect::RecordPut {
        collection: things(),
        key: key.into(),
        record: Arc::new(record),
    }
}

fn deleted(key: &str) -> Effect {
    Effect::RecordDeleted {
        collection: things(),
        key: key.into(),
    }
}

/// Rows of the keys `k0`, `k1` …
fn filled(count: u64) -> Effect {
    Effect::CollectionFilled {
        collection: things(),
        dataset: Arc::new(Dataset::Generated(Generated::from(Recipe {
            count,
            seed: 7,
            key_member: "id".into(),
            key: KeyMaker::Sequence {
                prefix: "k".into(),
                start: 0,
                width: 1,
            },
            fields: Vec::new(),
        }))),
    }
}

fn after(state: &SandboxState, effects: &[Effect]) -> SandboxState {
    let mut state = state.clone();
    effects.iter().for_each(|effect| state.apply(effect));
    state
}

fn machine() -> Machine {
    Machine {
        name: Name::new(&"pack".into(), "thing"),
        collection: things(),
        field: "state".to_owned(),
    }
}

/// What is different after these effects: keys that came, keys that went, and what changed.
fn check(before: &[Effect], later: &[Effect], came: &[&str], went: &[&str], changed: &Value) {
    let from = after(&beginning(), before);
    let to = after(&from, later);
    let found = diff(&from, &to, &[machine()], 100);
    let keys = |listed: &Listed<Record>| -> Vec<String> {
        assert_eq!(listed.total, listed.items.len() as u64 + listed.left_out);
        let keys = listed.items.iter().map(|item| item.key.to_string());
        keys.collect()
    };
    assert_eq!(keys(&found.added), came, "came: {later:?}");
    assert_eq!(keys(&found.removed), went, "went: {later:?}");
    let told: Vec<Value> = found
        .changed
        .items
        .iter()
        .map(|one| json!({ "key": &*one.key, "changes": one.changes }))
        .collect();
    assert_eq!(Value::Array(told), *changed, "{later:?}");
}

#[test]
fn records_come_go_and_change() {
    let none = json!([]);
    check(&[], &[], &[], &[], &none);
    let one = [put("a", json!({ "n": 1 }))];
    check(&[], &one, &["a"], &[], &none);
    check(&one, &[deleted("a")], &[], &["a"], &none);
    check(&one, &[put("b", json!(2)), deleted("b")], &[], &[], &none);
    check(&one, &[put("a", json!({ "n": 1 }))], &[], &[], &none);
    // Made again, it is the same record, whatever its place.
    check(
        &one,
        &[deleted("a"), put("a", json!({ "n": 1 }))],
        &[],
        &[],
        &none,
    );
    let two = json!([{ "key": "a", "changes": [{ "op": "replace", "path": "/n", "from": 1, "value": 2.50 }] }]);
    check(
        &one,
        &[deleted("a"), put("a", json!({ "n": 2.50 }))],
        &[],
        &[],
        &two,
    );
}

#[test]
fn changes_are_told_as_a_patch() {
    let from = json!({ "a/b": 1, "gone": null, "list": [1, 2, 3], "deep": { "x": { "y": "z" } } });
    let to = json!({ "a/b": 1.0, "list": [1, 4], "deep": { "x": [] }, "new": { "n": 12.340 } });
    let (told, left_out) = members::changes(&from, &to);
    let expected = json!([
        { "op": "replace", "path": "/a~1b", "from": 1, "value": 1.0 },
        { "op": "remove", "path": "/gone", "from": null },
        { "op": "replace", "path": "/list/1", "from": 2, "value": 4 },
        { "op": "remove", "path": "/list/2", "from": 3 },
        { "op": "replace", "path": "/deep/x", "from": { "y": "z" }, "value": [] },
        { "op": "add", "path": "/new", "value": { "n": 12.340 } },
    ]);
    assert_eq!((json!(told), left_out), (expected, 0));
    let (many, more): (Vec<u32>, Vec<u32>) = ((0..60).collect(), (1..61).collect());
    let (told, left_out) = members::changes(&json!(many), &json!(more));
    assert_eq!((told.len(), left_out), (50, 10));
}

#[test]
fn rows_of_a_dataset_are_told_only_where_something_lies_over_them() {
    let none = json!([]);
    let million = [filled(1_000_000)];
    check(&million, &[], &[], &[], &none);
    check(
        &million,
        &[deleted("k7"), deleted("k8")],
        &[],
        &["k7", "k8"],
        &none,
    );
    let over = [put("k7", json!({ "id": "k7", "state": "new" }))];
    let changed =
        json!([{ "key": "k7", "changes": [{ "op": "add", "path": "/state", "value": "new" }] }]);
    check(&million, &over, &[], &[], &changed);
    // It has lain over its row, and both are gone.
    let laid = [filled(1_000_000), put("k7", json!({ "id": "k7" }))];
    check(&laid, &[deleted("k7")], &[], &["k7"], &none);
    let from = after(&beginning(), &million);
    let gone: Vec<Effect> = (0..500).map(|at| deleted(&format!("k{at}"))).collect();
    let to = after(&from, &gone);
    for (from, to) in [(&from, &to), (&to, &from)] {
        let found = diff(from, to, &[], 10);
        let told = if found.added.total > 0 {
            found.added
        } else {
            found.removed
        };
        assert_eq!(
            (told.items.len(), told.total, told.left_out),
            (10, 500, 490)
        );
    }
    // Other rows are not looked through.
    let other = after(&from, &[filled(5)]);
    let found = diff(&from, &other, &[], 10);
    let refilled =
        json!([{ "collection": "pack.things", "records": { "from": 1_000_000, "to": 5 } }]);
    assert_eq!(json!(found.refilled.items), refilled);
    assert_eq!(found.removed.total, 0);
}

#[test]
fn machines_scenarios_and_the_clock_are_told() {
    let from = after(&beginning(), &[put("a", json!({ "state": "open" }))]);
    let moved = |scenario: &str, to: &str| Effect::ScenarioMoved {
        scenario: scenario.into(),
        to: to.into(),
    };
    let to = after(
        &from,
        &[
            put("a", json!({ "state": "closed", "by": "ann" })),
            put("b", json!({ "state": "open" })),
            moved("story", "told"),
            Effect::TimePassed {
                to: Timestamp::from_second(60).expect("a time"),
            },
        ],
    );
    let found = json!(diff(&from, &to, &[machine()], 10));
    let machines = json!([{ "machine": "pack.thing", "key": "a", "from": "open", "to": "closed" }]);
    assert_eq!(found["machines"]["items"], machines);
    let story = json!([{ "scenario": "story", "from": "Started", "to": "told" }]);
    assert_eq!(found["scenarios"]["items"], story);
    assert_eq!(
        found["clock"]["to"],
        json!({ "mode": "system", "now": "1970-01-01T00:01:00Z" })
    );
    let same = json!(diff(&to, &to, &[machine()], 10));
    assert_eq!(
        (&same["clock"], &same["counts"]),
        (&Value::Null, &json!({}))
    );
}

/// All records, by key.
fn all(state: &SandboxState) -> BTreeMap<Arc<str>, Arc<Value>> {
    let records = state.collections.get(&things());
    records
        .map(|records| records.iter().collect())
        .unwrap_or_default()
}

proptest! {
    #[test]
    fn it_tells_what_looking_at_everything_tells(
        rows in 0..20_u64,
        before in proptest::collection::vec((0..25_u8, 0..3_u8), 0..30),
        one in proptest::collection::vec((0..25_u8, 0..3_u8), 0..30),
        other in proptest::collection::vec((0..25_u8, 0..3_u8), 0..30),
    ) {
        let effects = |deeds: &[(u8, u8)]| -> Vec<Effect> {
            let deeds = deeds.iter().map(|(key, deed)| match deed {
                0 => deleted(&format!("k{key}")),
                deed => put(&format!("k{key}"), json!({ "id": format!("k{key}"), "n": deed })),
            });
            deeds.collect()
        };
        let common = after(&after(&beginning(), &[filled(rows)]), &effects(&before));
        let (from, to) = (after(&common, &effects(&one)), after(&common, &effects(&other)));
        let found = diff(&from, &to, &[], 1000);
        let (befores, afters) = (all(&from), all(&to));
        let only = |these: &BTreeMap<Arc<str>, Arc<Value>>, those: &BTreeMap<Arc<str>, Arc<Value>>| {
            let keys = these.keys().filter(|key| !those.contains_key(*key));
            keys.cloned().collect::<Vec<_>>()
        };
        let keys = |listed: &Listed<Record>| {
            let mut keys: Vec<_> = listed.items.iter().map(|item| item.key.clone()).collect();
            keys.sort();
            keys
        };
        prop_assert_eq!(keys(&found.added), only(&afters, &befores));
        prop_assert_eq!(keys(&found.removed), only(&befores, &afters));
        let differ = befores.iter().filter(|(key, record)| {
            afters.get(*key).is_some_and(|other| other != *record)
        });
        let differ: Vec<Arc<str>> = differ.map(|(key, _)| key.clone()).collect();
        let changed: Vec<Arc<str>> = found.changed.items.iter().map(|it| it.key.clone()).collect();
        prop_assert_eq!(changed, differ);
        prop_assert_eq!(found.refilled.total, 0);
    }
}
