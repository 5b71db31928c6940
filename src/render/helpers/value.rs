//! Values as templates see them: their text, their truth, their weight.

use std::borrow::Cow;

use serde_json::Value;

use crate::render::VALUE_DEPTH_MAX;

/// The text that `value` prints as: nothing for null, compact JSON for lists and objects.
pub(in crate::render) fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Number(number) => Cow::Borrowed(number.as_str()),
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(_) | Value::Object(_) => Cow::Owned(value.to_string()),
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
        Value::Bool(true) | Value::Object(_) => true,
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
