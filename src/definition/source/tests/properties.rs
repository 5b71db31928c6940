use proptest::prelude::*;
use serde_json::{Map, Number, Value};

use super::read;
use crate::definition::source::{Document, Source, check, parse};

/// Texts made of what is special in YAML and JSON, so that most of them get far into the readers.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("a: "),
        Just("- "),
        Just("\n"),
        Just("\n  "),
        Just("\n\t"),
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(", "),
        Just("\""),
        Just("'"),
        Just("&a "),
        Just("*a"),
        Just("<<: "),
        Just("? "),
        Just("!!str "),
        Just("!x "),
        Just("|\n"),
        Just(">-\n"),
        Just("---\n"),
        Just("...\n"),
        Just("# c\n"),
        Just("%YAML 1.2\n"),
        Just("\\u00e9"),
        Just("\\"),
        Just("é"),
        Just("😀"),
        Just("\u{feff}"),
        Just("\r\n"),
        Just("1.50"),
        Just("true"),
        Just("\u{0}"),
        Just("\u{85}"),
        Just("{{x}}"),
        Just("\"a\":"),
    ];
    let made = proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat());
    prop_oneof![3 => made, 1 => any::<String>()]
}

fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,8})?([eE][+-]?[0-9]{1,3})?".prop_map(|text| {
            let number: Number = serde_json::from_str(&text).expect("it is made as one");
            Value::Number(number)
        }),
        any::<String>().prop_map(Value::String),
        "[ -~]{0,8}".prop_map(Value::String),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    scalars().prop_recursive(4, 24, 5, |inner| {
        let fields = proptest::collection::vec(("[ -~é]{0,8}", inner.clone()), 0..5);
        prop_oneof![
            proptest::collection::vec(inner, 0..5).prop_map(Value::Array),
            fields.prop_map(|fields| Value::Object(Map::from_iter(fields))),
        ]
    })
}

/// Every pointer of a value.
fn pointers(value: &Value, here: &str, all: &mut Vec<String>) {
    all.push(here.to_owned());
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, &format!("{here}/{index}"), all);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                let token = key.replace('~', "~0").replace('/', "~1");
                pointers(field, &format!("{here}/{token}"), all);
            }
        }
        _ => {}
    }
}

fn spans_fit(document: &Document) {
    let mut all = Vec::new();
    pointers(&document.value, "", &mut all);
    for pointer in all {
        for span in [
            document.span(&pointer),
            document.key_span(&pointer),
            document.head_span(&pointer),
        ] {
            assert!(
                document.source.text.get(span.clone()).is_some(),
                "{pointer}: {span:?}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused_with_spans_that_fit(text in texts(), is_json: bool) {
        let path = if is_json { "a.json" } else { "a.yaml" };
        let source = Source::new(path, text);
        let diagnostics = match parse(source.clone()) {
            Ok(document) => {
                spans_fit(&document);
                check(&document, &serde_json::json!({"additionalProperties": false, "type": "object"}))
            }
            Err(diagnostics) => {
                prop_assert!(!diagnostics.is_empty());
                diagnostics
            }
        };
        for diagnostic in diagnostics {
            let spans = diagnostic.secondary.iter().map(|(span, _)| span);
            for span in spans.chain([&diagnostic.span]) {
                prop_assert!(source.text.get(span.clone()).is_some(), "{:?}", diagnostic);
            }
            prop_assert!(diagnostic.to_string().lines().count() == 1);
            prop_assert!(diagnostic.render(true).contains(&diagnostic.label));
        }
    }

    #[test]
    fn json_says_the_same_in_both_formats(value in values(), is_pretty: bool) {
        let text = if is_pretty { format!("{value:#}") } else { value.to_string() };
        for path in ["a.json", "a.yaml"] {
            let document = read(path, &text);
            prop_assert_eq!(&document.value, &value, "as {}: {}", path, text);
            spans_fit(&document);
        }
    }

    #[test]
    fn any_value_can_be_checked(value in values(), schema in values()) {
        let document = read("a.json", &value.to_string());
        check(&document, &schema);
    }
}
