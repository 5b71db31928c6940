//! Texts that are no paths, and paths and documents that mean harm.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::tests::{found, parse};
use super::{Found, JsonPath, MissingLeaf, NESTING_MAX, PATH_BYTES_MAX, STEPS_MAX, matches};

#[test]
fn refusals_say_where() {
    let long = "a".repeat(PATH_BYTES_MAX + 1);
    let many = format!("${}", ".a".repeat(STEPS_MAX + 1));
    let deep = format!(
        "$[?({}@.a{})]",
        "(".repeat(NESTING_MAX),
        ")".repeat(NESTING_MAX)
    );
    let nots = format!("$[?({}(@.a))]", "!".repeat(8_000));
    let table: &[(&str, usize, &str)] = &[
        ("", 0, "empty"),
        ("  ", 0, "empty"),
        ("$a", 1, "expected '.' or '['"),
        ("$.", 2, "after the dot"),
        ("a.", 2, "after the dot"),
        ("$..", 3, "after the dot"),
        ("$...a", 3, "after the dot"),
        ("..a", 1, "after the dot"),
        ("  $.a b", 5, "blanks"),
        ("$.a.", 4, "after the dot"),
        ("$[", 2, "expected a quoted name"),
        ("$[a]", 2, "expected a quoted name"),
        ("$['a]", 2, "closing '"),
        ("$['a',]", 6, "quoted name"),
        ("$['a'", 5, "expected ']'"),
        ("$[1", 3, "expected ']'"),
        ("$[1,]", 4, "expected an index"),
        ("$[1-2]", 2, "32 bits"),
        ("$[99999999999]", 2, "32 bits"),
        ("$[:]", 3, "a start or an end"),
        ("$[1:2:1]", 5, "no step"),
        ("$[::2]", 3, "no step"),
        ("$[?]", 3, "expected '('"),
        ("$[?@.a]", 3, "expected '('"),
        ("$[?()]", 4, "expected a path or a literal"),
        ("$[?(@.a]", 7, "expected ')'"),
        ("$[?(@.a == )]", 11, "expected a path or a literal"),
        ("$[?(@.a === = 1)]", 12, "expected a path or a literal"),
        ("$[?(@.a =! 1)]", 8, "no operator is named '=!'"),
        ("$[?(@.a like 1)]", 8, "no operator is named 'like'"),
        ("$[?(@.a == 1 2)]", 13, "expected ')'"),
        ("$[?(@.a == 01)]", 11, "no number"),
        ("$[?(@.a == 'x)]", 11, "closing '"),
        ("$[?(@.a == '\\uD800')]", 12, "no Unicode"),
        ("$[?(@.a =~ /x)]", 11, "closing '/'"),
        ("$[?(@.a =~ /(/)]", 11, "no pattern"),
        ("$[?(@.a =~ /a)|(b/)]", 11, "no pattern"),
        ("$[?(1)]", 4, "a literal alone"),
        ("$[?(!@.a == 1)]", 9, "parentheses"),
        ("$[?(@.a && )]", 11, "expected a path or a literal"),
        ("$.a.stdev()", 4, "no function is named 'stdev'"),
        ("$.a.length().b", 12, "last part"),
        ("$..length()", 3, "after '..'"),
        ("$.a.concat('x'", 14, "expected ')'"),
        ("$.length(1)", 2, "takes a path"),
        ("é[x]", 3, "quoted name"),
        (&long, 0, "bytes long"),
        (&many, 515, "steps"),
        (&deep, 4 + NESTING_MAX, "nested"),
        (&nots, 4 + NESTING_MAX, "nested"),
    ];
    for (path, offset, message) in table {
        let error = JsonPath::compile(path).expect_err(path);
        assert!(error.message.contains(message), "{path}: {error}");
        assert_eq!(error.offset, *offset, "{path}: {error}");
    }
}

fn nested_value(depth: usize) -> Value {
    (0..depth).fold(json!({"a": 1}), |inner, _| json!({"x": [inner]}))
}

#[test]
fn the_worst_path_over_the_deepest_document_ends() {
    let levels = NESTING_MAX / 2 - 1;
    let filters = format!("{}$..a{}", "$..[?(".repeat(levels), ")]".repeat(levels));
    let scans = format!("${}", "..*".repeat(STEPS_MAX / 2));
    let document = nested_value(60);
    for path in [filters, scans] {
        // Both run out of visits, and say that they found nothing.
        assert_eq!(found(&path, &document), "missing");
    }
}

#[test]
fn what_is_too_deep_is_not_scanned() {
    let document = nested_value(200);
    assert_eq!(found("$..a", &document), "many []");
    assert_eq!(found("$..a", &nested_value(60)), "many [1]");
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "-?[1-9][0-9]{0,40}(\\.[0-9]{1,40})?(e-?[0-9]{1,20})?".prop_map(|text| parse(&text)),
        "[abc0-9é'\"]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec(("[abc]", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Texts made of what paths are made of, so that many of them are paths.
fn any_path() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "$",
        "@",
        ".",
        "..",
        "a",
        "b",
        "c",
        "*",
        "[",
        "]",
        "[*]",
        "[0]",
        "[-1]",
        "[1:]",
        "[:-1]",
        "['a']",
        "['a','b']",
        "[?(",
        ")]",
        "(",
        ")",
        "!",
        " ",
        "==",
        " == ",
        "<",
        ">=",
        " in ",
        " nin ",
        " size ",
        " empty ",
        " contains ",
        " anyof ",
        " subsetof ",
        "=~",
        "/a.*/i",
        "'a'",
        "1",
        "1.5e3",
        "true",
        "null",
        "['a', 1]",
        "&&",
        "||",
        "@.a",
        "$.b",
        ".length()",
        ".sum()",
        ".min()",
        ".avg()",
        ".keys()",
        ".first()",
        ".last()",
        ".concat('x')",
        "\\",
        "\"",
        "é",
        ",",
        ".a",
        "..b",
        "[?(@.a)]",
        "[?(@.a == 1)]",
        "[?(@.b in ['a'])]",
        "append($..a)",
        "$.a",
    ]);
    prop::collection::vec(part, 0..10).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn never_panics(path in any_path(), document in any_value()) {
        if let Ok(compiled) = JsonPath::compile(&path) {
            let found = compiled.find(&document);
            if compiled.is_definite() {
                prop_assert!(!matches!(found, Found::Many(_)), "{}", path);
            } else {
                prop_assert!(matches!(found, Found::Many(_) | Found::Missing), "{}", path);
            }
            let is_match = matches(&compiled, &document);
            prop_assert!(!is_match || found != Found::Missing);
            compiled.find_with(&document, MissingLeaf::Null);
        }
    }

    #[test]
    fn refuses_or_takes_any_text(path in "\\PC{0,40}") {
        if let Err(error) = JsonPath::compile(&path) {
            prop_assert!(error.offset <= path.len());
        }
    }

    #[test]
    fn every_name_is_found_in_brackets(name in "\\PC{0,12}") {
        let mut document = Value::Object(serde_json::Map::new());
        document[&name] = json!(1);
        let quoted = name.replace('\\', "\\\\").replace('\'', "\\'");
        prop_assert_eq!(found(&format!("$['{quoted}']"), &document), "one 1");
    }
}
