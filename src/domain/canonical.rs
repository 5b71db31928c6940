//! One text for one JSON value, however its members are ordered.

use std::collections::BTreeMap;

use serde_json::Value;

/// The value without white space, the members of each object by name. A number keeps its text, so
/// that `1.50` is not `1.5`.
#[must_use]
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<&String, &Value> = members.iter().collect();
            text.push('{');
            for (at, (name, member)) in members.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write(member, text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_members_does_not_count_and_all_else_does() {
        let text = |json: &str| canonical(&serde_json::from_str(json).expect("JSON"));
        assert_eq!(
            text(r#"{ "b": [1, {"d": null, "c": "\n\""}], "a": 1.50 }"#),
            r#"{"a":1.50,"b":[1,{"c":"\n\"","d":null}]}"#
        );
        assert_ne!(text("[1,2]"), text("[2,1]"));
        assert_ne!(text("1.5"), text("1.50"));
        assert_ne!(text(r#"{"a":null}"#), text("{}"));
    }
}
