//! What a JSONPath has found, as the operator behind it sees it: text, written as Java writes it.

use std::borrow::Cow;
use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Number, Value};

use super::super::json_path::Found;
use super::{Operator, Subject};

/// A number written longer than this is exact in WireMock; a shorter one with a fraction is a double.
const EXACT_FROM_CHARS: usize = 18;

/// Values nested deeper than this are not written: nobody compares them as text.
const WRITTEN_DEPTH_MAX: usize = 128;

/// Whether what was found is as it must be: one of the values of a list, and nothing at all only where
/// it must be absent.
pub(super) fn fits(found: Found<'_>, inner: &Operator, now: Timestamp) -> bool {
    let subjects = |value: &Value| one(value, inner, now);
    match found {
        Found::Missing => matches!(inner, Operator::Absent),
        Found::One(Value::Array(items)) => list(items.iter(), inner, now),
        Found::Computed(Value::Array(items)) => list(items.iter(), inner, now),
        Found::Many(items) => list(items.iter().map(AsRef::as_ref), inner, now),
        Found::One(value) => subjects(value),
        Found::Computed(value) => subjects(&value),
    }
}

/// How far what was found is from what it must be.
pub(super) fn distance(found: Found<'_>, inner: &Operator, now: Timestamp) -> f64 {
    if fits(found.clone(), inner, now) {
        return 0.0;
    }
    match found.into_value() {
        None | Some(Value::Null) => 1.0,
        Some(Value::Array(items)) if !matches!(inner, Operator::EqualToJson(_)) => items
            .iter()
            .filter(|item| !item.is_null())
            .map(|item| inner.distance(Some(&Subject::text(java(item, 0), now))))
            .fold(1.0, f64::min),
        Some(value) => {
            let text = written(&value);
            inner.distance(Some(&Subject::json_value(&value, text, now)))
        }
    }
}

fn one(value: &Value, inner: &Operator, now: Timestamp) -> bool {
    match value {
        Value::Null => matches!(inner, Operator::Absent),
        Value::String(text) => inner.test(Some(&Subject::text(text.as_str(), now))),
        value => {
            let text = match reads_json(inner) {
                true => String::new(),
                false => written(value),
            };
            inner.test(Some(&Subject::json_value(value, text, now)))
        }
    }
}

fn list<'v>(
    items: impl ExactSizeIterator<Item = &'v Value>,
    inner: &Operator,
    now: Timestamp,
) -> bool {
    if items.len() == 0 && matches!(inner, Operator::Absent) {
        return true;
    }
    if let Operator::EqualToJson(expected) = inner {
        let whole: Value = items.cloned().collect();
        return expected.fits(&whole);
    }
    items
        .filter(|item| !item.is_null())
        .any(|item| inner.test(Some(&Subject::text(java(item, 0), now))))
}

/// Whether an operator looks at the JSON only, so that nobody needs the text.
fn reads_json(operator: &Operator) -> bool {
    matches!(
        operator,
        Operator::EqualToJson(_)
            | Operator::MatchesJsonPath { .. }
            | Operator::MatchesJsonSchema(_)
    )
}

/// A value on its own: an object over several lines, as Jackson writes it.
fn written(value: &Value) -> String {
    match value {
        Value::Object(_) => {
            let mut text = String::new();
            pretty(value, 0, &mut text);
            text
        }
        value => java(value, 0).into_owned(),
    }
}

/// An item of a list, as Java's `toString()` has it: `{a=1, b=x}`.
fn java(value: &Value, depth: usize) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Number(number) => Cow::Owned(java_number(number)),
        Value::Object(members) if depth < WRITTEN_DEPTH_MAX => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{name}={}", java(value, depth + 1)))
                .collect();
            Cow::Owned(format!("{{{}}}", members.join(", ")))
        }
        value => Cow::Owned(value.to_string()),
    }
}

fn pretty(value: &Value, depth: usize, text: &mut String) {
    let line = |depth: usize, text: &mut String| {
        text.push('\n');
        text.extend(std::iter::repeat_n("  ", depth));
    };
    match value {
        Value::Object(members) if members.is_empty() => text.push_str("{ }"),
        Value::Object(members) if depth < WRITTEN_DEPTH_MAX => {
            text.push('{');
            for (at, (name, value)) in members.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                line(depth + 1, text);
                let _ = write!(text, "{} : ", Value::from(name.as_str()));
                pretty(value, depth + 1, text);
            }
            line(depth, text);
            text.push('}');
        }
        Value::Array(items) if items.is_empty() => text.push_str("[ ]"),
        Value::Array(items) if depth < WRITTEN_DEPTH_MAX => {
            text.push_str("[ ");
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push_str(", ");
                }
                pretty(item, depth, text);
            }
            text.push_str(" ]");
        }
        Value::Number(number) => text.push_str(&java_number(number)),
        value => {
            let _ = write!(text, "{value}");
        }
    }
}

/// A number as Java writes it: one with a fraction or an exponent is a double there.
fn java_number(number: &Number) -> String {
    let text = number.to_string();
    let is_double = text.contains(['.', 'e', 'E']) && text.len() <= EXACT_FROM_CHARS;
    let Some(double) = number.as_f64().filter(|_| is_double) else {
        return text;
    };
    let size = double.abs();
    if double == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{double:?}");
    }
    let text = format!("{double:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if digits.contains('.') => format!("{digits}E{exponent}"),
        Some((digits, exponent)) => format!("{digits}.0E{exponent}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_java_writes_them() {
        for (json, list_item, alone) in [
            ("1", "1", "1"),
            ("1.0", "1.0", "1.0"),
            ("1.00", "1.0", "1.0"),
            ("1e3", "1000.0", "1000.0"),
            ("1E10", "1.0E10", "1.0E10"),
            ("1.5e-7", "1.5E-7", "1.5E-7"),
            ("0.0", "0.0", "0.0"),
            (
                "0.12345678901234567890",
                "0.12345678901234567890",
                "0.12345678901234567890",
            ),
            (
                "123456789012345678901234567890",
                "123456789012345678901234567890",
                "123456789012345678901234567890",
            ),
            ("true", "true", "true"),
            (r#""x""#, "x", "x"),
            (
                r#"{"b":1,"c":{"d":null,"e":["x"]}}"#,
                r#"{b=1, c={d=null, e=["x"]}}"#,
                "{\n  \"b\" : 1,\n  \"c\" : {\n    \"d\" : null,\n    \"e\" : [ \"x\" ]\n  }\n}",
            ),
            (
                r#"{"a":{},"b":[]}"#,
                "{a={}, b=[]}",
                "{\n  \"a\" : { },\n  \"b\" : [ ]\n}",
            ),
            ("[1,[2]]", "[1,[2]]", "[1,[2]]"),
        ] {
            let value: Value = serde_json::from_str(json).expect("JSON");
            assert_eq!(java(&value, 0), list_item, "{json}");
            assert_eq!(written(&value), alone, "{json}");
        }
    }
}
