//! Values as templates see them: their text, their truth, their weight.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value;

use crate::render::kind::Kind;
use crate::render::{Dialect, VALUE_DEPTH_MAX};

/// The text that `value` prints as: nothing for null; lists and objects as the dialect has them.
pub(in crate::render) fn text_of(value: &Value, dialect: Dialect) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Number(number) => Cow::Borrowed(number.as_str()),
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(_) | Value::Object(_) if dialect == Dialect::Pack => {
            Cow::Owned(value.to_string())
        }
        Value::Array(_) | Value::Object(_) => match Kind::of(value) {
            Kind::Many(items) => items
                .first()
                .map_or(Cow::Borrowed(""), |first| text_of(first, dialect)),
            Kind::Path(path) => text_of(path.text, dialect),
            Kind::Date(date) => text_of(date.text, dialect),
            Kind::Node(text, _) => Cow::Borrowed(text),
            kind => {
                let mut text = String::new();
                print(kind, &mut text, 0);
                Cow::Owned(text)
            }
        },
    }
}

/// Prints as Java's collections do. What nests deeper than values may is left out.
fn print(kind: Kind<'_>, out: &mut String, depth: usize) {
    if depth > VALUE_DEPTH_MAX {
        return;
    }
    match kind {
        Kind::Json(value @ Value::Object(_)) => indent(value, 0, true, out),
        Kind::Json(value @ Value::Array(_)) | Kind::Smart(value @ Value::Array(_)) => {
            compact(value, out);
        }
        Kind::Many(items) => print_or_null(items.first(), kind, out, depth),
        Kind::Path(path) => out.push_str(path.text.as_str().unwrap_or("")),
        Kind::Node(text, _) => out.push_str(text),
        Kind::Date(date) => out.push_str(date.text.as_str().unwrap_or("")),
        Kind::Plain(Value::Array(items)) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                print_or_null(Some(item), kind, out, depth);
            }
            out.push(']');
        }
        Kind::Plain(Value::Object(members))
        | Kind::Smart(Value::Object(members))
        | Kind::Names(members) => {
            out.push('{');
            for (at, (name, member)) in members.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                out.push_str(name);
                out.push('=');
                print_or_null(Some(member), kind, out, depth);
            }
            out.push('}');
        }
        Kind::Plain(value) | Kind::Json(value) | Kind::Smart(value) => {
            out.push_str(&text_of(value, Dialect::WireMock));
        }
    }
}

/// Prints a part of something.
fn print_or_null(part: Option<&Value>, of: Kind<'_>, out: &mut String, depth: usize) {
    match (part, of) {
        (None | Some(Value::Null), _) => out.push_str("null"),
        (Some(part @ (Value::Array(_) | Value::Object(_))), Kind::Smart(_)) => {
            print(Kind::Smart(part), out, depth + 1);
        }
        (Some(part), _) => print(Kind::of(part), out, depth + 1),
    }
}

/// Writes JSON on one line, as the library of JSON paths does: slashes are escaped.
fn compact(value: &Value, out: &mut String) {
    let text = value.to_string();
    // Outside of texts there is no slash in JSON.
    out.push_str(&text.replace('/', "\\/"));
}

/// Writes JSON on several lines, as WireMock does: lists stay on the line.
pub(in crate::render) fn indented(value: &Value) -> String {
    let mut text = String::new();
    indent(value, 0, false, &mut text);
    text
}

/// Writes a value on several lines, as WireMock does: members that are null are left out.
pub(in crate::render) fn written(value: &Value) -> String {
    let mut text = String::new();
    indent(value, 0, true, &mut text);
    text
}

/// The recursion is bounded by the depth of values, which is checked where they are made.
fn indent(value: &Value, depth: usize, drops_nulls: bool, out: &mut String) {
    match value {
        Value::Array(items) if items.is_empty() => out.push_str("[ ]"),
        Value::Array(items) => {
            out.push_str("[ ");
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                indent(item, depth, drops_nulls, out);
            }
            out.push_str(" ]");
        }
        Value::Object(members) => {
            let members = members
                .iter()
                .filter(|(_, member)| !drops_nulls || !member.is_null());
            let mut members = members.enumerate().peekable();
            if members.peek().is_none() {
                out.push_str("{ }");
                return;
            }
            out.push('{');
            for (at, (name, member)) in members {
                out.push_str(if at > 0 { "," } else { "" });
                let width = 2 * (depth + 1);
                // Writing to a String cannot fail.
                _ = write!(out, "\n{:width$}{} : ", "", Value::from(name.as_str()));
                indent(member, depth + 1, drops_nulls, out);
            }
            let width = 2 * depth;
            _ = write!(out, "\n{:width$}}}", "");
        }
        // Writing to a String cannot fail.
        scalar => _ = write!(out, "{scalar}"),
    }
}

/// Whether `if` takes it for true: everything but null, false, zero, the empty text and the empty
/// list (handlebars.java `Handlebars.Utils.isEmpty`).
pub(in crate::render) fn holds(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Number(number) => {
            let mut mantissa = number.as_str().bytes().take_while(|b| !b"eE".contains(b));
            mantissa.any(|b| matches!(b, b'1'..=b'9'))
        }
        Value::Bool(true) => true,
        Value::Object(_) => Kind::of(value).list().is_none_or(|items| !items.is_empty()),
    }
}

/// A JSON node takes about so many bytes of memory beyond its text.
const NODE_WEIGHT: u64 = 32;

/// The memory that `value` takes, roughly, in bytes; none if it nests too deep. The recursion is
/// bounded by that; it starts at `depth` 0.
pub(in crate::render) fn weight_of(value: &Value, depth: usize) -> Option<u64> {
    if depth > VALUE_DEPTH_MAX {
        return None;
    }
    match value {
        Value::String(text) => Some(NODE_WEIGHT + text.len() as u64),
        Value::Number(number) => Some(NODE_WEIGHT + number.as_str().len() as u64),
        Value::Array(items) => items.iter().try_fold(NODE_WEIGHT, |sum, item| {
            Some(sum + weight_of(item, depth + 1)?)
        }),
        Value::Object(members) => members.iter().try_fold(NODE_WEIGHT, |sum, (key, member)| {
            Some(sum + key.len() as u64 + weight_of(member, depth + 1)?)
        }),
        Value::Null | Value::Bool(_) => Some(NODE_WEIGHT),
    }
}
