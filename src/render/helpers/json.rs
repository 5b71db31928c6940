//! JSON: reading it, writing it, and looking into it.

use serde_json::{Map, Value};

use super::{
    Answer, Given, Helper, Prepared, VariablePlace, as_java_reads, complain, weight_of, written,
};
use crate::matching::json_path::{JsonPath, MissingLeaf};
use crate::render::kind::{bare, found};
use crate::render::{Dialect, RenderError};

pub(super) const HELPERS: &[Helper] = &[
    Helper::value("jsonPath", json_path)
        .preparing(|path| JsonPath::compile(path).ok().map(Prepared::JsonPath)),
    Helper::value("toJson", |given| {
        Ok(match given.take(0) {
            Value::Null => String::new(),
            value if given.dialect == Dialect::WireMock => written(&bare(&value)),
            value => value.to_string(),
        }
        .into())
    }),
    Helper::transform("parseJson", parse_json).assigning(VariablePlace::AfterText),
];

/// `{{jsonPath request.body '$.a'}}`, of a text or of a value; nothing, or `default=`, if there
/// is nothing.
fn json_path(given: &mut Given<'_>) -> Answer {
    let parsed;
    let value = match given.argument(0) {
        None => return Ok(Value::String(String::new())),
        Some(Value::String(text)) if text.is_empty() => return Ok(Value::String(String::new())),
        Some(Value::String(text)) => match serde_json::from_str::<Value>(text) {
            Ok(value) => {
                parsed = value;
                &parsed
            }
            // What does not look like JSON is taken for a text, in which no path leads anywhere.
            Err(_) if !text.trim_start().starts_with(['{', '[']) => {
                return Ok(given
                    .option("default")
                    .cloned()
                    .unwrap_or_else(|| "".into()));
            }
            Err(_) => return complain(format!("{text} is not valid JSON")),
        },
        Some(value) if value.is_object() => {
            parsed = bare(value);
            &parsed
        }
        Some(value) => value,
    };
    // A path may visit all of the value.
    let weight = weight_of(value, 0).ok_or(RenderError::ValueTooDeep)?;
    given.charge(weight)?;
    if given.argument(1).is_none() {
        return complain("The JSONPath cannot be empty");
    }
    let made;
    let path = match given.prepared() {
        Some(Prepared::JsonPath(path)) => path,
        _ => {
            let path = given.text(1);
            let Ok(compiled) = JsonPath::compile(&path) else {
                return complain(format!("{path} is not a valid JSONPath expression"));
            };
            made = compiled;
            &made
        }
    };
    Ok(
        match path.find_with(value, MissingLeaf::Null).into_value() {
            Some(mut value) if !value.is_null() => match given.dialect {
                Dialect::Pack => value,
                Dialect::WireMock => {
                    as_java_reads(&mut value);
                    found(value)
                }
            },
            _ => match given.option("default") {
                Some(default) => default.clone(),
                None => Value::String(String::new()),
            },
        },
    )
}

/// `{{parseJson text 'name'}}`: the value, or a variable of that name. As a block, the text is the
/// body.
fn parse_json(given: &mut Given<'_>) -> Answer {
    if given.positional.is_empty() {
        return complain("Missing required JSON string parameter");
    }
    let text = given.text(0);
    match text.trim() {
        "" => Ok(Value::Object(Map::new())),
        text => match serde_json::from_str(text) {
            Ok(value) => Ok(value),
            Err(_) => complain(format!("{text} is not valid JSON")),
        },
    }
}
