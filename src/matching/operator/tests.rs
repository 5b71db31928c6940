//! What each operator says yes and no to. The expectations are those of WireMock 3.13.2.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::json_equal::{EqualOptions, EqualTo};
use super::super::json_path::JsonPath;
use super::super::regular_expression::Whole;
use super::*;

fn json_path(path: &str, inner: Option<Operator>) -> Operator {
    Operator::MatchesJsonPath {
        path: Box::new(JsonPath::compile(path).expect("a path")),
        source: path.into(),
        inner: inner.map(Box::new),
    }
}

fn equal_to(text: &str) -> Operator {
    Operator::EqualTo {
        text: text.into(),
        ignore_case: false,
    }
}

fn equal_json(expected: Value) -> Operator {
    let pattern = EqualTo::compile(expected, EqualOptions::default());
    Operator::EqualToJson(Box::new(pattern.expect("a pattern")))
}

fn contains(part: &str) -> Operator {
    Operator::Contains(part.into())
}

fn not(operator: Operator) -> Operator {
    Operator::Not(Box::new(operator))
}

fn schema(source: Value) -> Operator {
    let schema = Schema::compile(source, SchemaVersion::default());
    Operator::MatchesJsonSchema(Box::new(schema.expect("a schema")))
}

#[track_caller]
fn check(operator: &Operator, fitting: &[Option<&str>], others: &[Option<&str>]) {
    for (texts, fits) in [(fitting, true), (others, false)] {
        for text in texts {
            let subject = text.map(|text| Subject::text(text, Timestamp::UNIX_EPOCH));
            let words = operator.describe();
            assert_eq!(operator.test(subject.as_ref()), fits, "{words} on {text:?}");
            let distance = operator.distance(subject.as_ref());
            assert!((0.0..=1.0).contains(&distance), "{words} on {text:?}");
            // Where case does not count, the distance counts it all the same.
            let in_any_case = words.contains("in any case") || words.contains("Basic");
            if fits && !in_any_case {
                assert!(distance == 0.0, "{words} on {text:?}: {distance}");
            }
        }
    }
}

#[test]
fn texts_fit_or_not() {
    let any_case = Operator::EqualTo {
        text: "aBç".into(),
        ignore_case: true,
    };
    let regex = |text: &str| Whole::compile(text).expect("an expression");
    let template = PathTemplate::loose("/things/{id}").expect("a template");
    let (some, none) = (Some("abc"), None);
    check(
        &equal_to("abc"),
        &[some],
        &[Some("abcd"), Some("ABC"), none],
    );
    check(&any_case, &[Some("AbÇ")], &[Some("abc"), none]);
    check(&contains("b"), &[some], &[Some("ac"), none]);
    check(
        &Operator::DoesNotContain("b".into()),
        &[Some("ac"), none],
        &[some],
    );
    check(
        &Operator::Matches(regex("a.c")),
        &[some],
        &[Some("abcd"), none],
    );
    check(
        &Operator::DoesNotMatch(regex("a.c")),
        &[Some("abcd"), none],
        &[some],
    );
    check(&Operator::Anything, &[some, none], &[]);
    check(&Operator::Absent, &[none], &[some, Some("")]);
    check(
        &Operator::MatchesPathTemplate(template),
        &[Some("/things/1"), Some("/things/1?x=y")],
        &[Some("/things/1/2"), none],
    );
    check(
        &Operator::BasicAuth(basic("u", "p")),
        &[Some("Basic dTpw"), Some("BASIC dTpw")],
        &[Some("Basic dTpx"), Some("x"), none],
    );
}

#[test]
fn logic_is_about_one_value() {
    let both = Operator::And(vec![contains("a"), contains("b")]);
    check(&both, &[Some("ab")], &[Some("a"), None]);
    let either = Operator::Or(vec![contains("a"), Operator::Absent]);
    check(&either, &[Some("a"), None], &[Some("b")]);
    check(&not(equal_to("a")), &[Some("b"), None], &[Some("a")]);
    check(&not(not(equal_to("a"))), &[Some("a")], &[Some("b"), None]);
}

#[test]
fn json_fits_or_not() {
    let equal = equal_json(json!({ "a": 1 }));
    let (yes, no) = (Some(r#"{"a":1.0}"#), Some(r#"{"a":2}"#));
    check(
        &equal,
        &[yes, Some(r#"{"a":1} x"#)],
        &[no, Some("x"), Some(""), None],
    );
    check(
        &equal_json(Value::Null),
        &[Some("null")],
        &[Some("x"), None],
    );
    check(
        &json_path("$.a", None),
        &[yes, Some(r#"{"a":false}"#), Some(r#"{"a":""}"#)],
        &[
            Some(r#"{"a":null}"#),
            Some(r#"{"a":[]}"#),
            Some("{}"),
            Some("x"),
            Some("<a>"),
            None,
        ],
    );
}

#[test]
fn what_a_path_finds_is_asked_as_text() {
    let a = |operator| json_path("$.a", Some(operator));
    let (one, none) = (Some(r#"{"a":1}"#), Some("{}"));
    let (null, empty) = (Some(r#"{"a":null}"#), Some(r#"{"a":[]}"#));
    check(
        &a(equal_to("1")),
        &[one, Some(r#"{"a":"1"}"#), Some(r#"{"a":[2,1]}"#)],
        &[
            Some(r#"{"a":1.0}"#),
            Some(r#"{"a":[[1]]}"#),
            none,
            null,
            Some("x"),
            None,
        ],
    );
    check(&a(equal_to("1.0")), &[Some(r#"{"a":1.00}"#)], &[one]);
    check(
        &a(equal_to("{b=1}")),
        &[Some(r#"{"a":[{"b":1}]}"#)],
        &[Some(r#"{"a":{"b":1}}"#)],
    );
    check(
        &a(contains(r#""b" : 1"#)),
        &[Some(r#"{"a":{"b":1}}"#)],
        &[Some(r#"{"a":[{"b":1}]}"#)],
    );
    check(
        &a(equal_json(json!([1, 2]))),
        &[Some(r#"{"a":[1,2]}"#)],
        &[Some(r#"{"a":[2,1]}"#)],
    );
    check(
        &a(equal_json(json!({ "b": 1 }))),
        &[Some(r#"{"a":"{\"b\":1}"}"#)],
        &[Some(r#"{"a":[{"b":1}]}"#)],
    );
    check(
        &a(Operator::Absent),
        &[none, null, empty, Some("x"), None],
        &[one, Some(r#"{"a":{}}"#), Some("{")],
    );
    // Of nothing nothing can be said but that it is absent.
    check(
        &a(not(equal_to("1"))),
        &[Some(r#"{"a":2}"#)],
        &[one, none, null, empty, None],
    );
    check(&a(Operator::Anything), &[one], &[none, null, empty, None]);
    check(
        &a(json_path("$.b", None)),
        &[Some(r#"{"a":{"b":1}}"#)],
        &[Some(r#"{"a":[{"b":1}]}"#)],
    );
    check(
        &a(schema(json!({ "type": "integer" }))),
        &[one, Some(r#"{"a":"1"}"#)],
        &[Some(r#"{"a":"x"}"#)],
    );
}

#[test]
fn a_schema_takes_json_and_of_plain_text_a_string() {
    check(
        &schema(
            json!({ "type": "object", "required": ["a"], "properties": { "a": { "type": "integer" } } }),
        ),
        &[Some(r#"{"a":1}"#), Some(r#"{"a":1.0}"#)],
        &[Some(r#"{"a":"x"}"#), Some("{}"), Some("x"), None],
    );
    check(
        &schema(json!({ "type": "string" })),
        &[
            Some(r#""x""#),
            Some("x"),
            Some("5"),
            Some("true"),
            Some("null"),
        ],
        &[Some("{}"), None],
    );
    check(
        &schema(json!({ "type": "integer" })),
        &[Some("5")],
        &[Some(r#""5""#), Some("x")],
    );
    let nullable =
        json!({ "properties": { "a": { "type": "string", "nullable": true, "enum": ["x"] } } });
    check(
        &schema(nullable),
        &[Some(r#"{"a":null}"#), Some(r#"{"a":"x"}"#)],
        &[Some(r#"{"a":"y"}"#)],
    );
    let named = json!({ "$schema": "http://json-schema.org/draft-04/schema#", "minimum": 5, "exclusiveMinimum": true });
    check(&schema(named), &[Some("6")], &[]);
    let dated = json!({ "properties": { "a": { "format": "date" } } });
    check(&schema(dated.clone()), &[Some(r#"{"a":"x"}"#)], &[]);
    let old = Schema::compile(dated, SchemaVersion::V7).expect("a schema");
    check(
        &Operator::MatchesJsonSchema(Box::new(old)),
        &[Some(r#"{"a":"2020-01-01"}"#)],
        &[Some(r#"{"a":"x"}"#)],
    );
    let recursive =
        json!({ "properties": { "a": { "$ref": "#" } }, "additionalProperties": false });
    check(
        &schema(recursive),
        &[Some(r#"{"a":{"a":{}}}"#)],
        &[Some(r#"{"a":{"b":{}}}"#)],
    );
}

#[test]
fn what_is_no_schema_or_has_no_end_is_refused() {
    for (source, message) in [
        (json!({ "type": "nonsense" }), "not a JSON Schema"),
        (json!({ "$ref": "#" }), "without end"),
        (json!({ "allOf": [{ "$ref": "#" }] }), "without end"),
        (
            json!({ "$ref": "#/$defs/a", "$defs": { "a": { "not": { "$ref": "#/$defs/b" } }, "b": { "$ref": "#/$defs/a" } } }),
            "without end",
        ),
        (json!({ "$ref": "#/$defs/none" }), "not a JSON Schema"),
        (
            json!({ "$ref": "http://127.0.0.1:1/x.json" }),
            "not a JSON Schema",
        ),
        (
            json!({ "$schema": "http://example.com/schema" }),
            "no version",
        ),
        (json!({ "pattern": "(" }), "not a JSON Schema"),
        (json!(5), "not a JSON Schema"),
    ] {
        let error = Schema::compile(source.clone(), SchemaVersion::default()).expect_err(message);
        assert!(error.contains(message), "{source}: {error}");
    }
}

#[test]
fn values_of_one_name_fit_together() {
    let exactly = Multi::HasExactly(vec![equal_to("a"), equal_to("b")]);
    let includes = Multi::Includes(vec![equal_to("a"), equal_to("b")]);
    let one = Multi::One(equal_to("a"));
    let but = Multi::One(not(equal_to("a")));
    let absent = Multi::Includes(vec![Operator::Absent]);
    for (multi, values, fits) in [
        (&exactly, &["a", "b"][..], true),
        (&exactly, &["b", "a"], true),
        (&exactly, &["a"], false),
        (&exactly, &["a", "a"], false),
        (&exactly, &["a", "b", "c"], false),
        (&exactly, &[], false),
        (&Multi::HasExactly(vec![]), &[], false),
        (&includes, &["c", "b", "a"], true),
        (&includes, &["a"], false),
        (&includes, &[], false),
        (&Multi::Includes(vec![]), &["a"], true),
        (&absent, &[], false),
        (&one, &["b", "a"], true),
        (&one, &["b"], false),
        (&one, &[], false),
        (&but, &["a", "b"], true),
        (&but, &["a"], false),
        (&but, &[], true),
    ] {
        let now = Timestamp::UNIX_EPOCH;
        let given = || values.iter().map(|value| (*value).into());
        assert_eq!(
            multi.test(given, now),
            fits,
            "{} on {values:?}",
            multi.describe()
        );
        assert_eq!(
            multi.distance(given(), now) == 0.0,
            fits,
            "{} on {values:?}",
            multi.describe()
        );
    }
}

#[test]
fn distances_are_shares() {
    for (operator, text, expected) in [
        (equal_to("abcd"), "abcx", 0.25),
        (equal_to(""), "abc", 1.0),
        (equal_to("abc"), "xyz", 1.0),
        (contains("x"), "abc", 1.0),
        (
            Operator::And(vec![contains("a"), contains("x")]),
            "abc",
            0.5,
        ),
        (
            Operator::Or(vec![contains("z"), equal_to("abcd")]),
            "abcx",
            0.25,
        ),
        (
            equal_json(json!({ "a": 1, "b": 2 })),
            r#"{"a":1,"b":3}"#,
            1.0 / 3.0,
        ),
        (
            json_path("$.a", Some(equal_to("abcd"))),
            r#"{"a":"abcx"}"#,
            0.25,
        ),
        (json_path("$.a", Some(equal_to("abcd"))), "{}", 1.0),
        (
            schema(json!({ "properties": { "a": { "type": "string" }, "b": {} } })),
            r#"{"a":1}"#,
            0.5,
        ),
    ] {
        let subject = Subject::text(text, Timestamp::UNIX_EPOCH);
        let found = operator.distance(Some(&subject));
        assert!(
            (found - expected).abs() < 1e-9,
            "{} on {text}: {found}",
            operator.describe()
        );
    }
    // The middle of long texts decides, not their length.
    let (one, other) = ("a".repeat(100_000) + "x", "a".repeat(100_000) + "y");
    let subject = Subject::text(other, Timestamp::UNIX_EPOCH);
    let found = equal_to(&one).distance(Some(&subject));
    assert!(found > 0.0 && found < 0.001, "{found}");
}
