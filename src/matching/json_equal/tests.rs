//! Tables of what is equal, where it differs, and how far it is.

use std::cmp::Ordering;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Difference, EqualOptions, EqualTo, compare, compare_texts, distance, same_value};

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn options(words: &str) -> EqualOptions {
    EqualOptions {
        ignore_array_order: words.contains("order"),
        ignore_extra_elements: words.contains("extra"),
        placeholders: !words.contains("literal"),
    }
}

/// Each row: the options, the expected JSON, the actual JSON, and `equal` or the first difference
/// as `pointer: expected, actual`.
fn check(table: &[(&str, &str, &str, &str)]) {
    for (words, expected, actual, outcome) in table {
        let (left, right) = (parse(expected), parse(actual));
        let result = compare(&left, &right, options(words));
        let prepared = EqualTo::compile(left.clone(), options(words)).expect(expected);
        assert_eq!(prepared.compare(&right), result, "{expected} {actual}");
        assert_eq!(
            prepared.distance(&right) == 0.0,
            result.is_ok(),
            "the distance of {expected} and {actual}"
        );
        let line = match result {
            Ok(()) => "equal".to_owned(),
            Err(Difference {
                pointer,
                expected,
                actual,
            }) => format!("{pointer}: {expected}, {actual}"),
        };
        assert_eq!(line, *outcome, "{words}: {expected} and {actual}");
    }
}

#[test]
fn values_and_keys() {
    check(&[
        ("", "1", "1.0", "equal"),
        ("", "1e2", "100", "equal"),
        ("", "0", "-0.00", "equal"),
        (
            "",
            "9007199254740993",
            "9007199254740992",
            ": 9007199254740993, 9007199254740992",
        ),
        ("", "1", r#""1""#, r#": 1, "1""#),
        ("", "null", "false", ": null, false"),
        ("", r#"{"a": 1, "b": 2}"#, r#"{"b": 2, "a": 1}"#, "equal"),
        ("", r#"{"a": 1}"#, r#"{"b": 1}"#, "/a: 1, absent"),
        (
            "",
            r#"{"a": 1}"#,
            r#"{"a": 1, "b": null}"#,
            "/b: absent, null",
        ),
        ("extra", r#"{"a": 1}"#, r#"{"a": 1, "b": null}"#, "equal"),
        ("extra", r#"{"a": null}"#, "{}", "/a: null, absent"),
        (
            "",
            r#"{"a": {"b/c": [1, {"~": true}]}}"#,
            r#"{"a": {"b/c": [1, {"~": false}]}}"#,
            "/a/b~1c/1/~0: true, false",
        ),
        ("", "{}", "[]", ": {}, []"),
    ]);
}

#[test]
fn arrays() {
    check(&[
        ("", "[1, 2]", "[1, 2.0]", "equal"),
        ("", "[1, 2]", "[2, 1]", "/0: 1, 2"),
        ("", "[1, 2]", "[1]", "/1: 2, absent"),
        ("", "[1]", "[1, 2]", "/1: absent, 2"),
        ("extra", "[1]", "[1, 2]", "equal"),
        ("extra", "[2]", "[1, 2]", "/0: 2, 1"),
        ("extra", "[1, 2]", "[1]", "/1: 2, absent"),
        ("order", "[1, 2, 30]", "[3e1, 1.0, 2.0]", "equal"),
        ("order", "[[1, 2], [3, 4]]", "[[4, 3], [2, 1]]", "equal"),
        (
            "order",
            r#"[["a,b"], ["c"]]"#,
            r#"[["c"], ["a", "b"]]"#,
            r#"/1/0: "a,b", absent"#,
        ),
        ("order", "[1, 1, 2]", "[1, 2, 2]", "/2: 1, 2"),
        ("order", "[1, 2]", "[2, 1, 1]", "/2: absent, 1"),
        ("order", "[1, 5, 6]", "[7, 1, 8]", "/1: 5, absent"),
        (
            "order",
            r#"[{"a": [1, 2]}, {"b": 1}]"#,
            r#"[{"b": 1}, {"a": [2, 1]}]"#,
            "equal",
        ),
        (
            "order",
            r#"[{"a": 1}, {"b": 1}]"#,
            r#"[{"b": 1}, {"a": 2}]"#,
            "/1/a: 1, 2",
        ),
        ("order extra", "[3, 1]", "[1, 2, 3]", "equal"),
        ("order extra", "[3, 3]", "[1, 2, 3]", "/1: 3, absent"),
        // The first expected object fits both, the second only one of them.
        (
            "order extra",
            r#"[{}, {"a": 1}]"#,
            r#"[{"a": 1}, {"b": 1}]"#,
            "equal",
        ),
        (
            "order extra",
            r#"[{"a": 1}, {}, {"b": 1}]"#,
            r#"[{"b": 1, "a": 1}, {"a": 1, "x": 1}, {"b": 1, "y": 2}]"#,
            "equal",
        ),
        (
            "order",
            r#"["${json-unit.any-number}", 1]"#,
            r#"[1, "x"]"#,
            r#"/1: "${json-unit.any-number}", "x""#,
        ),
        (
            "order",
            r#"["${json-unit.any-number}", 1]"#,
            "[1, 2]",
            "equal",
        ),
        (
            "order",
            r#"["12", "1:2"]"#,
            r#"["1", "2:12"]"#,
            r#"/0: "12", absent"#,
        ),
    ]);
}

#[test]
fn placeholders() {
    check(&[
        (
            "",
            r#"{"a": "${json-unit.ignore}"}"#,
            r#"{"a": [1]}"#,
            "equal",
        ),
        (
            "",
            r##"{"a": "#{json-unit.ignore}"}"##,
            "{}",
            r##"/a: "#{json-unit.ignore}", absent"##,
        ),
        ("", r#"{"a": "${json-unit.ignore-element}"}"#, "{}", "equal"),
        (
            "",
            r#"{"a": "${json-unit.ignore-element}"}"#,
            r#"{"a": 1}"#,
            "equal",
        ),
        (
            "",
            r##"{"a": "#{json-unit.missing-or-null}"}"##,
            "{}",
            "equal",
        ),
        (
            "",
            r#"{"a": "${json-unit.missing-or-null}"}"#,
            r#"{"a": null}"#,
            "equal",
        ),
        (
            "",
            r#"{"a": "${json-unit.missing-or-null}"}"#,
            r#"{"a": 0}"#,
            r#"/a: "${json-unit.missing-or-null}", 0"#,
        ),
        ("", r#""${json-unit.any-string}""#, r#""x""#, "equal"),
        (
            "",
            r#""${json-unit.any-string}""#,
            "1",
            r#": "${json-unit.any-string}", 1"#,
        ),
        ("", r#""${json-unit.any-number}""#, "1e9", "equal"),
        (
            "",
            r#""${json-unit.any-number}""#,
            r#""1""#,
            r#": "${json-unit.any-number}", "1""#,
        ),
        ("", r#""${json-unit.any-boolean}""#, "false", "equal"),
        (
            "",
            r#""${json-unit.any-boolean}""#,
            "null",
            r#": "${json-unit.any-boolean}", null"#,
        ),
        ("", r#""${json-unit.any-array}""#, "[1]", "equal"),
        (
            "",
            r#""${json-unit.any-array}""#,
            "{}",
            r#": "${json-unit.any-array}", {}"#,
        ),
        ("", r#""${json-unit.regex}[a-z]+""#, r#""abc""#, "equal"),
        (
            "",
            r#""${json-unit.regex}[a-z]+""#,
            r#""abc1""#,
            r#": "${json-unit.regex}[a-z]+", "abc1""#,
        ),
        (
            "",
            r#""${json-unit.regex}a|b""#,
            r#""xb""#,
            r#": "${json-unit.regex}a|b", "xb""#,
        ),
        (
            "",
            r#""${json-unit.regex}1""#,
            "1",
            r#": "${json-unit.regex}1", 1"#,
        ),
        (
            "",
            r#""${json-unit.unknown}""#,
            r#""x""#,
            r#": "${json-unit.unknown}", "x""#,
        ),
        (
            "literal",
            r#""${json-unit.any-string}""#,
            r#""x""#,
            r#": "${json-unit.any-string}", "x""#,
        ),
        (
            "literal order",
            r#"["${json-unit.any-string}"]"#,
            r#"["${json-unit.any-string}"]"#,
            "equal",
        ),
        (
            "order",
            r#"["${json-unit.any-number}"]"#,
            r#"["${json-unit.any-number}"]"#,
            r#"/0: "${json-unit.any-number}", "${json-unit.any-number}""#,
        ),
    ]);
}

#[test]
fn a_bad_pattern_is_refused_when_prepared() {
    for pattern in ["(", "a)|(b"] {
        let expected = json!({"a": [1, {"b": format!("${{json-unit.regex}}{pattern}")}]});
        let error = EqualTo::compile(expected.clone(), options("")).expect_err(pattern);
        assert_eq!(error.pointer, "/a/1/b");
        let difference = compare(&expected, &json!({"a": [1, {"b": "a"}]}), options(""));
        assert_eq!(difference.expect_err(pattern).pointer, "/a/1/b");
        assert!(EqualTo::compile(expected, options("literal")).is_ok());
    }
}

/// The distances of WireMock's own tests.
#[test]
fn distances() {
    let four = r#"{"one": 1, "two": 2, "three": 3, "four": 4}"#;
    let deep = r#"{"one": "GET", "two": 2, "three": {"four": "FOUR", "five": [{"six": 6, "seven": 7}, {"eight": 8, "nine": 9}]}}"#;
    let table = [
        (four, four, 0.0),
        (four, r#"{"one": 1, "two": 2, "three": 7, "four": 8}"#, 0.4),
        (four, "[1, 2, 3]", 1.0),
        (four, "{}", 0.8),
        (four, "[]", 1.0),
        ("{}", four, 0.8),
        ("[]", four, 1.0),
        (
            deep,
            r#"{"one": "GET", "two": 2, "three": {"four": "FOUR"}}"#,
            0.5625,
        ),
    ];
    for (expected, actual, wanted) in table {
        let found = distance(&parse(expected), &parse(actual), options(""));
        assert!(
            (found - wanted).abs() < 1e-9,
            "{expected} {actual}: {found}"
        );
    }
}

#[test]
fn long_values_are_cut() {
    let difference =
        compare(&json!(1), &json!("é".repeat(1_000)), options("")).expect_err("differ");
    assert_eq!(difference.actual.chars().count(), 201);
}

/// Every element fits every other, or almost: what a search without a bound never ends on.
#[test]
fn large_arrays_without_order_are_quick() {
    let count = 1_000;
    let any: Value = vec![json!("${json-unit.any-number}"); count].into();
    let numbers: Value = (0..count).collect();
    let backwards: Value = (0..count).rev().collect();
    let objects: Value = (0..count / 4)
        .map(|id| json!({"id": id, "x": [1, 2]}))
        .collect();
    let more: Value = (0..count / 4)
        .rev()
        .map(|id| json!({"x": [2, 1, 0], "more": true, "id": id}))
        .collect();
    assert_eq!(compare(&numbers, &backwards, options("order")), Ok(()));
    assert_eq!(compare(&objects, &more, options("order extra")), Ok(()));
    let mut last_differs = backwards;
    last_differs[count - 1] = json!("x");
    let difference = compare(&any, &last_differs, options("order")).expect_err("one is no number");
    assert_eq!(difference.actual, r#""x""#);
}

#[test]
fn a_pairing_too_large_says_so() {
    let expected: Value = (0..4_000).map(|id| json!({"id": id})).collect();
    let actual: Value = (0..4_000).map(|id| json!({"id": id, "more": id})).collect();
    let difference = compare(&expected, &actual, options("order extra")).expect_err("too large");
    assert!(difference.actual.contains("comparisons"), "{difference:?}");
    assert_eq!(distance(&expected, &actual, options("order extra")), 1.0);
}

#[test]
fn what_is_too_deep_differs() {
    let deep = |depth: usize| (0..depth).fold(json!([]), |inner, _| json!([inner]));
    for words in ["", "order"] {
        assert_eq!(compare(&deep(200), &deep(200), options(words)), Ok(()));
        assert!(compare(&deep(300), &deep(300), options(words)).is_err());
    }
}

/// One difference below many arrays: each level must not double the cost.
#[test]
fn a_difference_deep_in_bags_is_found_quickly() {
    let deep = |leaf: i32| (0..100).fold(json!(leaf), |inner, _| json!([inner, "x"]));
    for words in ["order", "order extra"] {
        let difference = compare(&deep(1), &deep(2), options(words)).expect_err("differ");
        assert_eq!(difference.pointer, "/0".repeat(100));
    }
}

#[test]
fn numbers_by_value() {
    let ascending = [
        "-1e99999999999999999999",
        "-1e400",
        "-10.5",
        "-10",
        "-0.001",
        "0",
        "1e-400",
        "0.001",
        "0.01",
        "1",
        "1.0000000000000000000000000001",
        "9.99",
        "10",
        "123456789012345678901234567890.1",
        "123456789012345678901234567890.2",
        "1e400",
    ];
    for (index, left) in ascending.iter().enumerate() {
        for (other, right) in ascending.iter().enumerate() {
            assert_eq!(
                compare_texts(left, right),
                Some(index.cmp(&other)),
                "{left} {right}"
            );
        }
    }
    for (left, right) in [
        ("1", "1.0"),
        ("0", "-0e9"),
        ("120", "1.2e2"),
        ("0.012", "12e-3"),
        ("5.", "+.5e1"),
    ] {
        assert_eq!(
            compare_texts(left, right),
            Some(Ordering::Equal),
            "{left} {right}"
        );
    }
    for no_number in [
        "", "-", ".", "1e", "1x", "--1", "1.2.3", "1e+-1", "NaN", " 1",
    ] {
        assert_eq!(compare_texts(no_number, "1"), None, "{no_number}");
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..3).prop_map(Value::from),
        prop::sample::select(vec!["1.0", "-2.00", "1e0", "0.5"]).prop_map(parse),
        prop::sample::select(vec![
            "a",
            "b",
            "${json-unit.any-number}",
            "${json-unit.any-string}",
            "${json-unit.ignore}",
            "${json-unit.regex}a",
            "${json-unit.regex}(",
            "${json-unit.missing-or-null}",
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec(("[abc]", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Whether some order of the actual elements fits, by trying all of them.
fn fits_in_some_order(expected: &[Value], actual: &[Value], options: EqualOptions) -> bool {
    let Some((first, rest)) = expected.split_first() else {
        return actual.is_empty() || options.ignore_extra_elements;
    };
    (0..actual.len()).any(|index| {
        let mut others = actual.to_vec();
        let candidate = others.remove(index);
        compare(first, &candidate, options).is_ok() && fits_in_some_order(rest, &others, options)
    })
}

proptest! {
    #[test]
    fn every_document_equals_itself(value in any_value()) {
        prop_assert!(same_value(&value, &value));
        let literal = options("literal order");
        prop_assert_eq!(compare(&value, &value, literal), Ok(()));
    }

    #[test]
    fn distance_is_zero_only_for_equals(left in any_value(), right in any_value(), order: bool, extra: bool) {
        let options = EqualOptions { ignore_array_order: order, ignore_extra_elements: extra, placeholders: true };
        let distance = distance(&left, &right, options);
        prop_assert!((0.0..=1.0).contains(&distance));
        prop_assert_eq!(distance == 0.0, compare(&left, &right, options).is_ok());
    }

    #[test]
    fn pairing_finds_what_trying_all_orders_finds(
        left in prop::collection::vec(any_value(), 0..5),
        right in prop::collection::vec(any_value(), 0..5),
        extra: bool,
        literal: bool,
    ) {
        let options = EqualOptions { ignore_array_order: true, ignore_extra_elements: extra, placeholders: !literal };
        let fits = fits_in_some_order(&left, &right, options);
        let result = compare(&Value::from(left), &Value::from(right), options);
        prop_assert_eq!(result.is_ok(), fits);
    }

    #[test]
    fn a_shuffled_array_is_equal_without_order(values in prop::collection::vec(any_value(), 0..8).prop_flat_map(|values| (Just(values.clone()), Just(values).prop_shuffle()))) {
        let (left, right) = values;
        let result = compare(&Value::from(left), &Value::from(right), options("literal order"));
        prop_assert_eq!(result, Ok(()));
    }
}
