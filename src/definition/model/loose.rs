//! Values that WireMock's own files hold in other shapes than the usual: a number in quotes, `null`
//! for nothing.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Reads a whole number: as one, in quotes, or with a fraction that is left out.
pub(super) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let text = match Value::deserialize(deserializer)? {
        Value::Null => return Ok(None),
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return Err(D::Error::custom("expected a whole number")),
    };
    let whole = text.split_once('.').map_or(&*text, |(whole, _)| whole);
    let wrong = |_| D::Error::custom(format!("{text:?} is not a whole number"));
    whole.parse().map(Some).map_err(wrong)
}

/// The schema of what [`whole`] reads.
pub(super) fn whole_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "anyOf": [
            { "type": ["integer", "null"] },
            { "type": "number" },
            { "type": "string", "pattern": r"^\s*-?[0-9]+\s*$" }
        ]
    })
}

/// Reads a text; a number or `true` stands for its own text.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        value @ (Value::Number(_) | Value::Bool(_)) => Ok(Some(value.to_string())),
        _ => Err(D::Error::custom("expected a text")),
    }
}

/// The schema of what [`text`] reads.
pub(super) fn text_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "number", "boolean", "null"] })
}

/// Reads a value of which `null` says nothing.
pub(super) fn or_nothing<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
