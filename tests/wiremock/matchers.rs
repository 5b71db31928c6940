//! Random value patterns over a small alphabet, each with a text that is likely to match it.

use serde_json::{Value, json};

use crate::dice::Dice;

/// The texts of everything: few, so that hits are common.
pub(crate) const WORDS: &[&str] = &["a", "b", "ab", "ba", "A", "1", "12", "a b", "", "abc"];

/// Regular expressions, each with a text that it matches.
const EXPRESSIONS: &[(&str, &str)] = &[
    ("a.*", "ab"),
    ("[ab]+", "ba"),
    ("[0-9]*", "12"),
    ("(?i)ab", "AB"),
    ("a|b", "b"),
    ("^a", "a"),
    (".*", ""),
    ("a{2,3}", "aa"),
    ("\\w+", "a1"),
];

const DATES: &[&str] = &[
    "2021-05-01T10:00:00Z",
    "2021-05-02T00:00:00Z",
    "2021-05-01T12:00:00+02:00",
    "2021-05-01",
    "now",
];

/// JSON documents as bodies.
const DOCUMENTS: &[&str] = &[
    r#"{"a":1}"#,
    r#"{"a":"1"}"#,
    r#"{"a":1,"b":2}"#,
    r#"{"b":2,"a":1}"#,
    r#"{"a":[1,2]}"#,
    r#"{"a":[2,1]}"#,
    r#"{"a":[1,2,3]}"#,
    r#"{"a":{"b":1}}"#,
    r#"{"a":{"b":1,"c":null}}"#,
    r#"{"a":[{"b":1},{"b":2}]}"#,
    r#"{"a":null}"#,
    r#"{"a":1.0}"#,
    "[1,2]",
    "[]",
    "{}",
    "1",
    "\"a\"",
    "{",
];

const JSON_PATHS: &[&str] = &[
    "$.a",
    "$.b",
    "$.a.b",
    "$.a[0]",
    "$.a[*]",
    "$..b",
    "$[0]",
    "$.a[*].b",
    "$[?(@.a == 1)]",
    "$.a[?(@.b > 1)]",
    "$.a.length()",
    "$.a[-1]",
    "$['a']",
    "$.*",
];

/// XML documents as bodies.
const XML: &[&str] = &[
    "<a/>",
    "<a></a>",
    "<a>1</a>",
    "<a> 1 </a>",
    "<a><b>1</b></a>",
    "<a><b>1</b><b>2</b></a>",
    "<a><b>2</b><b>1</b></a>",
    "<a x=\"1\"/>",
    "<a x=\"1\" y=\"2\"/>",
    "<a y=\"2\" x=\"1\"/>",
    "<n:a xmlns:n=\"urn:n\"/>",
    "<a xmlns=\"urn:n\"/>",
    "<a",
];

const XPATHS: &[&str] = &[
    "/a",
    "/a/b",
    "//b",
    "/a/@x",
    "/a/b/text()",
    "/a[b]",
    "//b[text()='1']",
    "count(//b) = 2",
    "/a/b[2]",
];

/// A pattern of a text, and a text that may well match (`None`: nothing should be there).
pub(crate) fn text_matcher(dice: &mut Dice, depth: usize) -> (Value, Option<String>) {
    let word = *dice.pick(WORDS);
    let some = |pattern: Value| (pattern, Some(word.to_owned()));
    match dice.below(if depth > 0 { 19 } else { 14 }) {
        0..=2 => some(json!({"equalTo": word})),
        3 => some(json!({"equalTo": word, "caseInsensitive": true})),
        4 | 5 => some(json!({"contains": word})),
        6 => (json!({"doesNotContain": word}), Some("xyz".into())),
        7 | 8 => {
            let (expression, text) = *dice.pick(EXPRESSIONS);
            (json!({"matches": expression}), Some(text.into()))
        }
        9 => {
            let (expression, _) = *dice.pick(EXPRESSIONS);
            (json!({"doesNotMatch": expression}), Some("?".into()))
        }
        10 => (json!({"absent": true}), None),
        11 => some(json!({"anything": "anything"})),
        12 => date_matcher(dice),
        13 => json_matcher(dice, 0),
        14 => {
            let (inner, text) = text_matcher(dice, depth - 1);
            (json!({"not": inner}), text.map(|text| text + "x"))
        }
        15 | 16 => {
            let (left, text) = text_matcher(dice, depth - 1);
            let (right, other) = text_matcher(dice, depth - 1);
            (
                json!({"or": [left, right]}),
                if dice.percent(50) { text } else { other },
            )
        }
        _ => {
            let (left, text) = text_matcher(dice, depth - 1);
            let (right, _) = text_matcher(dice, depth - 1);
            (json!({"and": [left, right]}), text)
        }
    }
}

fn date_matcher(dice: &mut Dice) -> (Value, Option<String>) {
    let operator = *dice.pick(&["before", "after", "equalToDateTime"]);
    let mut pattern = json!({});
    pattern[operator] = (*dice.pick(DATES)).into();
    if dice.percent(20) {
        let truncation = [
            "first hour of day",
            "first day of month",
            "first minute of hour",
        ];
        pattern["truncateActual"] = (*dice.pick(&truncation)).into();
    }
    let text = dice.pick(&DATES[..4]);
    (pattern, Some((*text).into()))
}

fn json_matcher(dice: &mut Dice, depth: usize) -> (Value, Option<String>) {
    let document = *dice.pick(DOCUMENTS);
    let valid = if document == "{" { "{}" } else { document };
    let pattern = match dice.below(6) {
        0..=2 => {
            let mut pattern = json!({"equalToJson": valid});
            for key in ["ignoreArrayOrder", "ignoreExtraElements"] {
                if dice.percent(40) {
                    pattern[key] = dice.percent(80).into();
                }
            }
            pattern
        }
        3 => json!({"matchesJsonPath": dice.pick(JSON_PATHS)}),
        4 => {
            let (mut inner, _) = text_matcher(dice, depth);
            inner["expression"] = (*dice.pick(JSON_PATHS)).into();
            json!({"matchesJsonPath": inner})
        }
        _ => {
            let schemas = [
                json!({"type": "object", "required": ["a"]}),
                json!({"properties": {"a": {"type": "integer"}}}),
                json!({"type": "array", "maxItems": 1}),
                json!({"properties": {"a": {"enum": [1, "1"]}}, "additionalProperties": false}),
            ];
            json!({"matchesJsonSchema": dice.pick(&schemas)})
        }
    };
    (pattern, Some(document.into()))
}

fn xml_matcher(dice: &mut Dice) -> (Value, Option<String>) {
    let document = *dice.pick(XML);
    let valid = if document == "<a" { "<a/>" } else { document };
    let pattern = match dice.below(4) {
        0 | 1 => json!({"equalToXml": valid}),
        2 => json!({"matchesXPath": dice.pick(XPATHS)}),
        _ => {
            let word = dice.pick(&["1", "2", "x"]);
            json!({"matchesXPath": {"expression": dice.pick(XPATHS), "equalTo": word}})
        }
    };
    (pattern, Some(document.into()))
}

/// A pattern of a body.
pub(crate) fn body_matcher(dice: &mut Dice) -> (Value, Option<String>) {
    match dice.below(10) {
        0..=3 => json_matcher(dice, 1),
        4 | 5 => xml_matcher(dice),
        6 => {
            let (inner, text) = json_matcher(dice, 0);
            (json!({"not": inner}), text)
        }
        _ => text_matcher(dice, 2),
    }
}

/// A pattern of something that may be there several times, with values that may well match.
pub(crate) fn multi_matcher(dice: &mut Dice) -> (Value, Vec<String>) {
    if dice.percent(80) {
        let (pattern, text) = text_matcher(dice, 2);
        return (pattern, text.into_iter().collect());
    }
    let count = 1 + dice.below(2);
    let (mut patterns, mut texts) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let word = *dice.pick(WORDS);
        let operator = *dice.pick(&["equalTo", "contains", "matches"]);
        let mut pattern = json!({});
        pattern[operator] = word.into();
        patterns.push(pattern);
        texts.push(word.to_owned());
    }
    let operator = *dice.pick(&["hasExactly", "includes"]);
    let mut pattern = json!({});
    pattern[operator] = patterns.into();
    (pattern, texts)
}

/// Any body.
pub(crate) fn any_body(dice: &mut Dice) -> &'static str {
    let all: [&[&'static str]; 4] = [DOCUMENTS, XML, WORDS, DATES];
    let kind = all[dice.below(all.len())];
    kind[dice.below(kind.len())]
}
