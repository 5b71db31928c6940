//! The modes that change documents.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Number, Value};

use super::super::body::alter_json;
use super::super::values;
use super::{chance, rule, settings};

fn document(text: &str) -> Value {
    serde_json::from_str(text).expect("a document")
}

/// What a rule makes of a body at its first call, as text, and what it tells; `None` as an empty text.
fn altered(body: &str, mode: &str, with: &str) -> (String, String) {
    let rule = rule(mode, &settings(with));
    let altered = alter_json(&rule, &document(body), &chance(1));
    altered.map_or_else(Default::default, |(body, detail)| {
        (body.to_string(), detail.to_string())
    })
}

#[track_caller]
fn check(body: &str, mode: &str, with: &str, expected: &str, detail: &str) {
    let (found, told) = altered(body, mode, with);
    assert_eq!((&*found, &*told), (expected, detail), "{body} {with}");
}

/// There is nothing that the rule could change.
#[track_caller]
fn nothing(body: &str, mode: &str, with: &str) {
    check(body, mode, with, "", "");
}

#[test]
fn members_are_gone() {
    let mode = "partial_response";
    check(
        r#"{"a":1,"b":{"c":2.50,"d":3}}"#,
        mode,
        r#"{"fields":["b.c"]}"#,
        r#"{"a":1,"b":{"d":3}}"#,
        r#"{"fields":["b.c"]}"#,
    );
    check(
        r#"{"items":[{"a":1,"b":2},{"b":3}],"more":true}"#,
        mode,
        r#"{"fields":["items.b","nope"]}"#,
        r#"{"items":[{"a":1},{}],"more":true}"#,
        r#"{"fields":["items.b"]}"#,
    );
    // Half of the members, the same in each element, and nothing of what is around them.
    check(
        r#"{"items":[{"a":1,"b":2,"c":3,"d":4},{"a":5,"b":6,"c":7,"d":8}],"more":true}"#,
        mode,
        "{}",
        r#"{"items":[{"a":1,"b":2},{"a":5,"b":6}],"more":true}"#,
        r#"{"fields":["items.c","items.d"]}"#,
    );
    check(
        r#"{"data":{"a":1,"b":2,"c":3,"d":4}}"#,
        mode,
        r#"{"share":0.25}"#,
        r#"{"data":{"a":1,"b":2,"d":4}}"#,
        r#"{"fields":["data.c"]}"#,
    );
    // At least one, and never all.
    check(
        r#"[{"a":1,"b":2}]"#,
        mode,
        r#"{"share":0.0}"#,
        r#"[{"b":2}]"#,
        r#"{"fields":["a"]}"#,
    );
    check(
        r#"{"a":1,"b":2}"#,
        mode,
        r#"{"share":1.0}"#,
        r#"{"b":2}"#,
        r#"{"fields":["a"]}"#,
    );
    nothing(r#"{"a":1}"#, mode, "{}");
    nothing("{}", mode, "{}");
    nothing("[]", mode, "{}");
    nothing("[1,2]", mode, "{}");
    nothing(r#""text""#, mode, "{}");
    nothing(r#"{"a":1,"b":2}"#, mode, r#"{"fields":["c"]}"#);
}

#[test]
fn another_value_of_the_same_type() {
    let mode = "corrupt_field";
    let fields = |name: &str| format!(r#"{{"fields":["{name}"]}}"#);
    let check_value = |before: &str, after: &str| {
        let body = format!(r#"{{"v":{before},"w":1.50}}"#);
        let expected = format!(r#"{{"v":{after},"w":1.50}}"#);
        check(&body, mode, &fields("v"), &expected, r#"{"fields":["v"]}"#);
    };
    check_value("true", "false");
    check_value("12.50", "-12.50");
    check_value("-12.50", "12.50");
    check_value("0", "1");
    check_value("0.00", "1.00");
    check_value("-0.0", "1.0");
    check_value("0e5", "1e+5");
    check_value(r#""abc""#, r#""cba""#);
    check_value(r#""aba""#, r#""abx""#);
    check_value(r#""x""#, r#""y""#);
    check_value(r#""""#, r#""null""#);
    check_value(r#""äö""#, r#""öä""#);
    check_value(r#""2026-03-01""#, r#""2026-02-28""#);
    check_value(
        r#""9999-12-31T00:00:00.123+02:00""#,
        r#""9999-12-30T00:00:00.123+02:00""#,
    );
    check_value(r#""closed""#, r#""open""#);
    check_value(r#""CLOSED""#, r#""OPEN""#);
    check_value(r#""Closed""#, r#""Open""#);
    check_value("[1,2]", "[]");
    check_value(r#"{"a":1}"#, "{}");
    for empty in ["null", "[]", "{}"] {
        nothing(&format!(r#"{{"v":{empty}}}"#), mode, &fields("v"));
    }
    // Times as numbers are a day off.
    check(
        r#"{"created_at":1767225600,"updatedAt":1767225600123,"data":1767225600}"#,
        mode,
        r#"{"fields":["created_at","updatedAt","data"]}"#,
        r#"{"created_at":1767312000,"updatedAt":1767312000123,"data":-1767225600}"#,
        r#"{"fields":["created_at","updatedAt","data"]}"#,
    );
    // Where none is named, it is a scalar that is no id.
    check(
        r#"{"id":"a1","user_id":"b2","open":true,"rows":[{"id":"c3"}],"none":null}"#,
        mode,
        "{}",
        r#"{"id":"a1","user_id":"b2","open":false,"rows":[{"id":"c3"}],"none":null}"#,
        r#"{"fields":["open"]}"#,
    );
    check(
        r#"{"rows":[{"id":"c3"}]}"#,
        mode,
        "{}",
        r#"{"rows":[{"id":"3c"}]}"#,
        r#"{"fields":["rows.0.id"]}"#,
    );
    check(
        r#"{"rows":[1]}"#,
        mode,
        "{}",
        r#"{"rows":[]}"#,
        r#"{"fields":["rows"]}"#,
    );
    nothing("[1,2]", mode, "{}");
}

#[test]
fn a_member_is_null() {
    let mode = "null_field";
    // A name alone is looked for at the root first.
    check(
        r#"{"a":{"b":1},"b":2}"#,
        mode,
        r#"{"fields":["b"]}"#,
        r#"{"a":{"b":1},"b":null}"#,
        r#"{"fields":["b"]}"#,
    );
    check(
        r#"{"a":{"b":1},"c":[{"b":3},{"b":null}]}"#,
        mode,
        r#"{"fields":["b"]}"#,
        r#"{"a":{"b":null},"c":[{"b":null},{"b":null}]}"#,
        r#"{"fields":["a.b","c.b"]}"#,
    );
    check(
        r#"[{"b":1},{"b":2}]"#,
        mode,
        r#"{"fields":["1.b"]}"#,
        r#"[{"b":1},{"b":null}]"#,
        r#"{"fields":["1.b"]}"#,
    );
    check(
        r#"{"a.b":1,"a":{"b":2}}"#,
        mode,
        r#"{"fields":["a.b"]}"#,
        r#"{"a.b":null,"a":{"b":2}}"#,
        r#"{"fields":["a.b"]}"#,
    );
    check(
        r#"{"id":"x","v":1}"#,
        mode,
        "{}",
        r#"{"id":"x","v":null}"#,
        r#"{"fields":["v"]}"#,
    );
    nothing(r#"{"b":null}"#, mode, r#"{"fields":["b"]}"#);
    nothing(r#"{"b":null}"#, mode, "{}");
}

#[test]
fn a_member_has_another_type() {
    let check_value = |before: &str, to: &str, after: &str| {
        let with = match to {
            "" => r#"{"fields":["v"]}"#.to_owned(),
            to => format!(r#"{{"fields":["v"],"to":"{to}"}}"#),
        };
        let body = format!(r#"{{"v":{before}}}"#);
        let expected = format!(r#"{{"v":{after}}}"#);
        check(
            &body,
            "type_change",
            &with,
            &expected,
            r#"{"fields":["v"]}"#,
        );
    };
    check_value("1.50", "", r#""1.50""#);
    check_value(r#""1.50""#, "", "1.50");
    check_value(r#""-20""#, "", "-20");
    check_value(r#""007""#, "", r#"["007"]"#);
    check_value(r#""abc""#, "", r#"["abc"]"#);
    check_value("true", "", r#""true""#);
    check_value(r#"{"a":1}"#, "", r#"[{"a":1}]"#);
    check_value("[1]", "", r#"{"value":[1]}"#);
    check_value("null", "", r#""""#);
    check_value(r#""abc""#, "number", "0");
    check_value("[1,2]", "number", "2");
    check_value("true", "number", "1");
    check_value("0.0", "boolean", "false");
    check_value(r#""no""#, "boolean", "false");
    check_value("3", "boolean", "true");
    check_value("null", "array", "[]");
    check_value("3", "array", "[3]");
    check_value("3", "object", r#"{"value":3}"#);
    check_value(r#"{"a":1}"#, "string", r#""{\"a\":1}""#);
    check_value("3", "null", "null");
    let to = |to: &str| format!(r#"{{"fields":["v"],"to":"{to}"}}"#);
    nothing(r#"{"v":3}"#, "type_change", &to("number"));
    nothing(r#"{"v":null}"#, "type_change", &to("null"));
}

#[test]
fn a_member_is_called_otherwise() {
    let mode = "renamed_field";
    check(
        r#"{"user_id":1,"x":{"user_id":2},"rows":[{"a":0,"user_id":3,"b":0}]}"#,
        mode,
        r#"{"rename":{"user_id":"userId"}}"#,
        r#"{"userId":1,"x":{"userId":2},"rows":[{"a":0,"userId":3,"b":0}]}"#,
        r#"{"renamed":{"x.user_id":"userId","rows.user_id":"userId","user_id":"userId"}}"#,
    );
    check(
        r#"{"a":1,"x":{"a":2}}"#,
        mode,
        r#"{"rename":{"x.a":"b"}}"#,
        r#"{"a":1,"x":{"b":2}}"#,
        r#"{"renamed":{"x.a":"b"}}"#,
    );
    let check_default = |before: &str, after: &str| {
        check(
            &format!(r#"{{"{before}":1}}"#),
            mode,
            "{}",
            &format!(r#"{{"{after}":1}}"#),
            &format!(r#"{{"renamed":{{"{before}":"{after}"}}}}"#),
        );
    };
    check_default("user_id", "userId");
    check_default("_created__at_", "_createdAt");
    check_default("userId", "user_id");
    check_default("userID", "user_id");
    check_default("balance", "balance_v2");
    check_default("USD", "USD_v2");
    check_default("_links", "_links_v2");
    // What has an underscore comes before what has humps, and both before the rest.
    check(
        r#"{"a":1,"bC":2,"d_e":3}"#,
        mode,
        "{}",
        r#"{"a":1,"bC":2,"dE":3}"#,
        r#"{"renamed":{"d_e":"dE"}}"#,
    );
    check(
        r#"{"a_b":1,"x":{"c":2}}"#,
        mode,
        r#"{"fields":["x.c"]}"#,
        r#"{"a_b":1,"x":{"c_v2":2}}"#,
        r#"{"renamed":{"x.c":"c_v2"}}"#,
    );
    nothing(r#"{"a":1,"b":2}"#, mode, r#"{"rename":{"a":"b"}}"#);
    nothing(r#"{"a":1}"#, mode, r#"{"rename":{"c":"d"}}"#);
    nothing("{}", mode, "{}");
}

#[test]
fn a_name_that_is_drawn_stays_the_same() {
    let rule = rule("renamed_field", &settings("{}"));
    let body = document(r#"{"a_a":1,"b_b":2,"c_c":3,"d_d":4}"#);
    let told = |nth| alter_json(&rule, &body, &chance(nth)).expect("a change").1;
    for nth in 2..50 {
        assert_eq!(told(nth), told(1));
    }
}

#[test]
fn there_is_a_member_more() {
    let mode = "added_field";
    check(
        r#"{"a":1}"#,
        mode,
        "{}",
        r#"{"a":1,"api_version":"2.0"}"#,
        r#"{"added":["api_version"]}"#,
    );
    check(
        r#"[{"a":1},2,{"b":0}]"#,
        mode,
        r#"{"add":{"b":1.50}}"#,
        r#"[{"a":1,"b":1.50},2,{"b":0}]"#,
        r#"{"added":["b"]}"#,
    );
    nothing(r#"{"b":0}"#, mode, r#"{"add":{"b":1}}"#);
    nothing("[]", mode, "{}");
}

#[test]
fn another_version_of_the_schema() {
    let mode = "schema_drift";
    check(
        r#"{"status":"open","x":{"status":1}}"#,
        mode,
        "{}",
        r#"{"state":"open","x":{"state":1},"api_version":"2.0"}"#,
        r#"{"renamed":{"x.status":"state","status":"state"},"added":["api_version"]}"#,
    );
    check(
        r#"{"user_id":1}"#,
        mode,
        "{}",
        r#"{"userId":1,"api_version":"2.0"}"#,
        r#"{"renamed":{"user_id":"userId"},"added":["api_version"]}"#,
    );
    check(
        r#"{"a":1,"b":2,"c":3,"status":"open"}"#,
        mode,
        r#"{"rename":{"a":"z"},"add":{"n":true},"remove":["b"],"retype":{"c":"string"}}"#,
        r#"{"z":1,"c":"3","status":"open","n":true}"#,
        r#"{"renamed":{"a":"z"},"added":["n"],"removed":["b"],"retyped":["c"]}"#,
    );
    nothing(r#"{"a":1}"#, mode, r#"{"remove":["b"]}"#);
}

#[test]
fn a_list_has_nothing_in_it() {
    let mode = "empty_list";
    check(
        r#"{"has_more":true,"items":[{"tags":["a"]},2],"total":2}"#,
        mode,
        "{}",
        r#"{"has_more":true,"items":[],"total":2}"#,
        r#"{"fields":["items"],"rows":2}"#,
    );
    check("[1,2,3]", mode, "{}", "[]", r#"{"fields":["$"],"rows":3}"#);
    // The nearest to the root that has something in it.
    check(
        r#"{"errors":[],"a":{"b":{"c":[1]}},"d":{"e":[2]}}"#,
        mode,
        "{}",
        r#"{"errors":[],"a":{"b":{"c":[1]}},"d":{"e":[]}}"#,
        r#"{"fields":["d.e"],"rows":1}"#,
    );
    check(
        r#"{"items":[{"tags":["a"]},{"tags":["b","c"]}]}"#,
        mode,
        r#"{"fields":["items.tags"]}"#,
        r#"{"items":[{"tags":[]},{"tags":[]}]}"#,
        r#"{"fields":["items.tags"],"rows":3}"#,
    );
    nothing(r#"{"a":1,"b":[]}"#, mode, "{}");
    nothing(r#"{"a":1,"b":[2]}"#, mode, r#"{"fields":["a"]}"#);
}

#[test]
fn depth_is_bounded() {
    let deep = |levels: usize| {
        (0..levels).fold(Value::from(1), |inner, _| {
            Value::Object(Map::from_iter([("a".to_owned(), inner)]))
        })
    };
    let mut found = 0;
    for levels in [100, 1000] {
        for mode in [
            "corrupt_field",
            "null_field",
            "renamed_field",
            "partial_response",
            "empty_list",
        ] {
            let with = settings(r#"{"fields":["nope"]}"#);
            found +=
                usize::from(alter_json(&rule(mode, &with), &deep(levels), &chance(1)).is_some());
            let drawn = rule(mode, &settings("{}"));
            found += usize::from(alter_json(&drawn, &deep(levels), &chance(1)).is_some());
        }
    }
    assert!(found > 0, "what is not too deep is changed");
}

/// JSON of all kinds, with amounts that have decimals.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,4})?"
            .prop_map(|text| { Value::Number(text.parse::<Number>().expect("a number")) }),
        "-?[0-9]{1,6}(\\.[0-9]{2})?".prop_map(Value::from),
        "[a-c_]{0,4}|pending|2026-0[1-9]-1[0-9]".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        let name = "[a-e]{1}|[a-c]_id|userId|status";
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((name, inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// How many values differ between two documents of the same shape.
fn differences(before: &Value, after: &Value) -> usize {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) if before.keys().eq(after.keys()) => {
            let members = before.values().zip(after.values());
            members
                .map(|(before, after)| differences(before, after))
                .sum()
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            let items = before.iter().zip(after);
            items
                .map(|(before, after)| differences(before, after))
                .sum()
        }
        _ => usize::from(before != after),
    }
}

fn is_same_type(before: &Value, after: &Value) -> bool {
    std::mem::discriminant(before) == std::mem::discriminant(after)
}

proptest! {
    #[test]
    fn what_was_not_meant_keeps_its_text(body in json(), nth in 1_u64..1000) {
        for mode in ["corrupt_field", "null_field", "type_change"] {
            let rule = rule(mode, &settings("{}"));
            if let Some((altered, _)) = alter_json(&rule, &body, &chance(nth)) {
                prop_assert_eq!(differences(&body, &altered), 1, "{}", mode);
            }
        }
    }

    #[test]
    fn an_altered_body_is_another_and_is_json(body in json(), nth in 1_u64..1000) {
        for mode in [
            "partial_response", "corrupt_field", "null_field", "type_change", "renamed_field",
            "added_field", "schema_drift", "empty_list",
        ] {
            let rule = rule(mode, &settings("{}"));
            let found = alter_json(&rule, &body, &chance(nth));
            prop_assert_eq!(&found, &alter_json(&rule, &body, &chance(nth)));
            if let Some((altered, detail)) = found {
                prop_assert_ne!(altered.to_string(), body.to_string(), "{}", mode);
                let read: Value = serde_json::from_str(&altered.to_string()).expect("JSON");
                prop_assert_eq!(read, altered);
                prop_assert!(detail.as_object().is_some_and(|told| !told.is_empty()));
            }
        }
    }

    #[test]
    fn another_value_has_the_type_that_it_had(value in json(), nth in 1_u64..1000) {
        let Some(other) = values::other("a", &value, &chance(nth)) else {
            let nothing = ["null", "[]", "{}"];
            prop_assert!(nothing.contains(&&*value.to_string()));
            return Ok(());
        };
        prop_assert!(is_same_type(&value, &other));
        prop_assert_ne!(value.to_string(), other.to_string());
    }

    #[test]
    fn another_amount_is_well_formed(text in "-?(0|[1-9][0-9]{0,12})(\\.[0-9]{2})?", nth in 1_u64..1000) {
        let value = Value::from(text.clone());
        let other = values::other("amount", &value, &chance(nth)).expect("another");
        let other = other.as_str().expect("a text");
        let scale = |text: &str| text.split_once('.').map(|(_, decimals)| decimals.len());
        prop_assert_eq!(scale(other), scale(&text));
        let number: Number = other.parse().expect("a number, without zeros before it");
        prop_assert_eq!(number.to_string(), other);
        let is_zero = |text: &str| !text.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
        if text != "-0" && !text.starts_with("-0.") {
            prop_assert!(!other.starts_with('-') || !is_zero(other), "{}", other);
        }
    }
}
