//! What WireMock 3.13.2 answers to `equalToXml`, tried case by case.

use super::equal_documents::{DOCUMENTS, EXEMPTED, PLACEHOLDERS};
use crate::matching::xml::{Comparison, EqualToXml, NamespaceAwareness, Options};

fn matcher(expected: &str, options: Options) -> EqualToXml {
    EqualToXml::compile(expected, options).unwrap_or_else(|error| panic!("{expected}: {error}"))
}

fn aware(namespace_awareness: NamespaceAwareness) -> Options {
    Options {
        namespace_awareness,
        ..Options::default()
    }
}

#[test]
fn documents_are_equal_or_so_far_from_it() {
    for (expected, actual, equal_in, distance) in DOCUMENTS {
        for (letter, awareness) in [
            ("S", NamespaceAwareness::Strict),
            ("L", NamespaceAwareness::Legacy),
            ("N", NamespaceAwareness::None),
        ] {
            let found = matcher(expected, aware(awareness)).test(actual);
            let is_equal = equal_in.contains(letter);
            assert_eq!(found, is_equal, "{awareness:?}: {expected} and {actual}");
        }
        let found = matcher(expected, Options::default()).distance(actual);
        assert_eq!(found, *distance, "from {expected} to {actual}");
    }
}

#[test]
fn what_is_exempted_may_differ() {
    for (name, expected, actual) in EXEMPTED {
        let comparison = Comparison::named(name).expect("a comparison");
        let options = |exempted| Options {
            exempted,
            ..Options::default()
        };
        let is_equal = |exempted| matcher(expected, options(exempted)).test(actual);
        assert!(!is_equal(vec![]), "{expected} and {actual}");
        assert!(
            is_equal(vec![comparison]),
            "{name}: {expected} and {actual}"
        );
    }
}

#[test]
fn placeholders_stand_for_texts() {
    for (expected, actual, is_equal) in PLACEHOLDERS {
        let options = Options {
            enable_placeholders: true,
            ..Options::default()
        };
        let found = matcher(expected, options).test(actual);
        assert_eq!(found, *is_equal, "{expected} and {actual}");
    }
}

#[test]
fn placeholders_may_be_written_in_another_way() {
    let options = || Options {
        enable_placeholders: true,
        opening: Some(r"\[\[".into()),
        closing: Some("]]".into()),
        ..Options::default()
    };
    assert!(matcher("<a>[[xmlunit.ignore]]</a>", options()).test("<a>x</a>"));
    assert!(!matcher("<a>${xmlunit.ignore}</a>", options()).test("<a>x</a>"));
}

#[test]
fn elements_of_one_name_may_stand_in_any_order() {
    for (expected, actual) in [
        ("<a><b>1</b><b>2</b></a>", "<a><b>2</b><b>1</b></a>"),
        (
            "<a><b><x>2</x></b><b><x>1</x></b></a>",
            "<a><b><x>1</x></b><b><x>2</x></b></a>",
        ),
    ] {
        let options = |ignore_order_of_same_node| Options {
            ignore_order_of_same_node,
            ..Options::default()
        };
        assert!(!matcher(expected, options(false)).test(actual));
        assert!(matcher(expected, options(true)).test(actual));
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let placeholders = |opening: &str| Options {
        enable_placeholders: true,
        opening: Some(opening.into()),
        ..Options::default()
    };
    for (expected, options) in [
        ("not xml", Options::default()),
        ("<a>", Options::default()),
        ("<p:a/>", Options::default()),
        ("<a/>", placeholders("[[")),
        ("<a>${xmlunit.matchesRegex([)}</a>", placeholders("")),
    ] {
        assert!(
            EqualToXml::compile(expected, options).is_err(),
            "{expected}"
        );
    }
}
