//! Definitions change under a library that has lent books.

use super::*;
use crate::state::image::{Reader, write};
use crate::state::misfits::Misfit;

const TOMORROW: &str = "2026-01-02T00:00:00Z";

/// A library with a loan that is out, to which other definitions are served then.
fn changed(edits: &[(&str, &str)]) -> (Library, String) {
    let mut library = Library::open();
    let id = library.lend(TOMORROW);
    serve(&mut library, edits);
    (library, id)
}

fn serve(library: &mut Library, edits: &[(&str, &str)]) {
    let mut pack = LIBRARY.to_owned();
    for (from, to) in edits {
        assert!(pack.contains(from), "{from}");
        pack = pack.replace(from, to);
    }
    library.definitions = Library::with(&pack).definitions;
    decided(library, &Input::Reloaded);
}

fn decided(library: &mut Library, input: &Input<'_>) -> Decision {
    let tick = Tick {
        now: library.now,
        wall: library.now,
    };
    let decision = decide(&library.definitions, &library.state, input, tick);
    library.take(&decision);
    decision
}

/// What is told after some edits: without what follows its colon, and with the loan's id as ID.
#[track_caller]
fn check(edits: &[(&str, &str)], expected: &[&str]) -> (Library, String) {
    let (library, id) = changed(edits);
    let told: Vec<String> = library.state.misfits.iter().map(Misfit::told).collect();
    let told: Vec<String> = told.iter().map(|told| told.replace(&id, "ID")).collect();
    assert_eq!(told, expected, "{edits:?}");
    // The same is found from nothing but definitions and state.
    assert_eq!(
        misfits(&library.definitions, &library.state)[..],
        library.state.misfits[..]
    );
    (library, id)
}

/// The state `out` is called `lent` now.
const RENAMED: &[(&str, &str)] = &[
    ("initial: out", "initial: lent"),
    ("from: out", "from: lent"),
];

fn give_back(library: &mut Library, id: &str) -> (u16, Value) {
    library.call("return", &json!({ "reader": "ann", "id": id }))
}

#[test]
fn what_fits_is_no_misfit() {
    let (mut library, id) = check(&[("Lends a book.", "Lends any book.")], &[]);
    assert_eq!(give_back(&mut library, &id).0, 200);
}

#[test]
fn a_state_that_is_gone_refuses_what_touches_it_and_nothing_else() {
    let (mut library, id) = check(
        RENAMED,
        &[
            "1 records of library.loans, such as \"ID\", are in the state \"out\", which the machine loan has no longer",
        ],
    );
    let (status, refused) = give_back(&mut library, &id);
    assert_eq!(status, 409, "{refused}");
    let text = refused.to_string();
    assert!(
        text.contains("definitions_changed") && text.contains(&id),
        "{text}"
    );
    let (status, _) = library.call("lend", &json!({ "reader": "ann", "due": TOMORROW }));
    assert_eq!(status, 409);
    assert_eq!(library.call("ping", &json!({})).0, 200);
    // Records and books stay.
    assert_eq!(library.available("ann"), "15.00");
}

#[test]
fn what_fits_again_is_used_again() {
    // By definitions.
    let (mut library, id) = changed(RENAMED);
    assert_eq!(give_back(&mut library, &id).0, 409);
    serve(&mut library, &[]);
    assert!(library.state.misfits.is_empty());
    assert_eq!(give_back(&mut library, &id).0, 200);
    // By a tester, who gives the record a state that there is.
    let (mut library, id) = changed(RENAMED);
    let record = library
        .state
        .record(&Name::new(&"library".into(), "loans"), &id);
    let mut record = (*record.expect("the loan")).clone();
    record["state"] = "lent".into();
    let put = Stage::PutRecords {
        collection: "loans".into(),
        key: Some(id.clone()),
        records: vec![record],
    };
    let staged = decided(&mut library, &Input::Stage(&put)).staged;
    assert!(staged.is_some_and(|staged| staged.is_ok()));
    assert_eq!(library.state.misfits[..], []);
    assert_eq!(give_back(&mut library, &id).0, 200);
    // By a reset.
    let (mut library, _) = changed(RENAMED);
    decided(&mut library, &Input::Stage(&Stage::Reset));
    assert_eq!(library.state.misfits[..], []);
    library.lend(TOMORROW);
}

#[test]
fn timers_collections_and_currencies_that_are_gone_are_told() {
    let lapse = "      lapse: { from: out, to: lost, at: record.due, ledger: { post: deposit }, set: { lost: \"{{now}}\" } }\n";
    let (mut library, id) = check(
        &[(lapse, "")],
        &[
            "1 timers of library.loan, such as that of \"ID\": its transition lapse is gone, or happens by itself no longer",
        ],
    );
    assert_eq!(give_back(&mut library, &id).0, 409);
    // When its time has passed, nothing is left that does not fit.
    library.at("2026-01-03T00:00:00Z");
    decided(&mut library, &Input::Wake);
    assert_eq!(library.state.misfits[..], []);
    assert_eq!(give_back(&mut library, &id).0, 200);

    let (mut library, id) = check(
        &[("EUR", "USD")],
        &[
            "2 accounts of library in EUR, such as that of \"@outside\": its ledger has no such currency any more, or has it with other decimals",
        ],
    );
    assert_eq!(give_back(&mut library, &id).0, 409);
    assert_eq!(library.call("ping", &json!({})).0, 200);

    let mut library = Library::open();
    library.lend(TOMORROW);
    library.definitions = Library::with(TIMERS).definitions;
    decided(&mut library, &Input::Restarted);
    let told: Vec<Value> = library.state.misfits.iter().map(Misfit::shown).collect();
    let of = |name: &str| told.iter().any(|one| one.get(name).is_some());
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(of("collection") && of("machine"), "{told:?}");
    assert_eq!(library.call("ping", &json!({})).0, 200);
}

#[test]
fn misfits_are_part_of_the_state() {
    let (library, _) = changed(RENAMED);
    let mut reader = Reader::new();
    let mut parts = Vec::new();
    write(&library.state, &mut |part| parts.push(part));
    parts
        .iter()
        .for_each(|part| reader.take(part).expect("a part"));
    let state = reader.finish().expect("a state");
    assert_eq!(state.misfits, library.state.misfits);
    assert_eq!(state.misfits.len(), 1);
}
