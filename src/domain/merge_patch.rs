//! JSON Merge Patch (RFC 7396).

use serde_json::{Map, Value};

/// What a patch makes of a target: null drops a member, an object is merged into what is there, and
/// anything else replaces it.
#[must_use]
pub fn merged(target: Value, patch: &Value) -> Value {
    let Value::Object(members) = patch else {
        return patch.clone();
    };
    let mut target = match target {
        Value::Object(target) => target,
        _ => Map::new(),
    };
    for (name, member) in members {
        if member.is_null() {
            target.shift_remove(name);
            continue;
        }
        // A member that is there keeps its place among the others.
        let slot = target.entry(name.clone()).or_insert(Value::Null);
        *slot = merged(slot.take(), member);
    }
    Value::Object(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(original: &str, patch: &str, result: &str) {
        let [original, patch, result] = [original, patch, result]
            .map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
        assert_eq!(
            merged(original.clone(), &patch),
            result,
            "{original} {patch}"
        );
    }

    #[test]
    fn the_table_of_the_rfc_holds() {
        // RFC 7396, appendix A, row by row.
        check(r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#);
        check(r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#);
        check(r#"{"a":"b"}"#, r#"{"a":null}"#, r"{}");
        check(r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#);
        check(r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#);
        check(r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#);
        check(
            r#"{"a":{"b":"c"}}"#,
            r#"{"a":{"b":"d","c":null}}"#,
            r#"{"a":{"b":"d"}}"#,
        );
        check(r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#);
        check(r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#);
        check(r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#);
        check(r#"{"a":"foo"}"#, "null", "null");
        check(r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#);
        check(r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#);
        check("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#);
        check("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#);
    }

    #[test]
    fn members_keep_their_order_and_numbers_their_text() {
        let original = serde_json::from_str(r#"{"a":1.50,"b":2,"c":3}"#).expect("JSON");
        let patch = serde_json::from_str(r#"{"b":null,"a":1.500,"d":4}"#).expect("JSON");
        let text = merged(original, &patch).to_string();
        assert_eq!(text, r#"{"a":1.500,"c":3,"d":4}"#);
    }
}
