use proptest::prelude::*;

use super::*;

/// Pieces of which expressions are made, right or wrong.
const PIECES: [&str; 40] = [
    "n",
    "s",
    "letters",
    "info",
    "info.nested.deep",
    "letters[0]",
    "absent",
    "#n",
    "#d",
    "#x",
    ":one",
    ":a",
    ":t",
    ":list",
    ":more",
    ":v",
    "=",
    "<>",
    "<",
    ">=",
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "+",
    "-",
    "AND",
    "OR",
    "NOT",
    "BETWEEN",
    "IN",
    "SET",
    "REMOVE",
    "ADD",
    "DELETE",
    "size(",
    "if_not_exists(",
    "ü",
];

/// Everything that can be done with an expression is done.
fn do_all(source: &str) {
    let thing = thing();
    let thing = item(&thing).expect("an item");
    with_given(|given| {
        for (name, kind, _) in KINDS {
            let problem = problem(kind, source, given);
            assert_eq!(
                attributes(kind, source, given).err(),
                problem,
                "{name} {source}"
            );
        }
        let _ = unused(&[source], given);
        let _ = picked(source, given.names, &thing);
        let _ = matches(source, given, &thing);
        if let Ok(updated) = updated(source, given, &thing) {
            assert!(updated.values().all(Value::is_object), "{source}");
            assert!(
                !Value::Object(updated).to_string().contains("null,"),
                "{source}"
            );
        }
    });
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(source in ".{0,200}") {
        do_all(&source);
    }

    #[test]
    fn any_pieces_are_read_or_refused(
        pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..40),
    ) {
        do_all(&pieces.join(" "));
    }

    #[test]
    fn updates_of_lists_are_done_or_refused(
        actions in proptest::collection::vec((0..2_usize, 0..6_usize), 1..6),
    ) {
        let of = |section: usize| {
            let chosen = actions.iter().filter(|(chosen, _)| *chosen == section);
            let paths: Vec<String> = chosen
                .map(|(_, index)| match section {
                    0 => format!("letters[{index}] = :a"),
                    _ => format!("letters[{index}]"),
                })
                .collect();
            paths.join(", ")
        };
        let (set, removed) = (of(0), of(1));
        let mut source = String::new();
        if !set.is_empty() {
            source.push_str(&format!("SET {set} "));
        }
        if !removed.is_empty() {
            source.push_str(&format!("REMOVE {removed}"));
        }
        do_all(&source);
    }
}
