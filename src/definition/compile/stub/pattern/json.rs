//! Operators that read JSON.

use serde_json::Value;

use super::operator;
use crate::definition::compile::report::{Place, Report};
use crate::definition::model::{Pattern, SchemaVersion as VersionModel};
use crate::matching::json_equal::{EqualOptions, EqualTo};
use crate::matching::json_path::JsonPath;
use crate::matching::operator::{Operator, Schema, SchemaVersion};

/// A document, or the one that a text holds. What stands behind it in the text does not count.
fn document(value: &Value, place: &Place, report: &mut Report) -> Option<Value> {
    let Value::String(text) = value else {
        return Some(value.clone());
    };
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    let message = match values.next() {
        Some(Ok(value)) => return Some(value),
        Some(Err(error)) => format!("not JSON: {error}"),
        None => "not JSON: the text is empty".to_owned(),
    };
    let label = "expected a document, or a text that holds one";
    report.error(place, message, label);
    None
}

pub(super) fn equal_to(
    model: &Pattern,
    expected: &Value,
    place: &Place,
    report: &mut Report,
) -> Option<Operator> {
    let options = EqualOptions {
        ignore_array_order: model.ignore_array_order.unwrap_or(false),
        ignore_extra_elements: model.ignore_extra_elements.unwrap_or(false),
        placeholders: true,
    };
    match EqualTo::compile(document(expected, place, report)?, options) {
        Ok(pattern) => Some(Operator::EqualToJson(Box::new(pattern))),
        Err(error) => {
            let place = place.below(&error.pointer);
            report.error(&place, error.message, "in this placeholder");
            None
        }
    }
}

pub(super) fn schema(
    model: &Pattern,
    schema: &Value,
    place: &Place,
    report: &mut Report,
) -> Option<Operator> {
    let version = match model.schema_version {
        None => SchemaVersion::default(),
        Some(VersionModel::V4) => SchemaVersion::V4,
        Some(VersionModel::V6) => SchemaVersion::V6,
        Some(VersionModel::V7) => SchemaVersion::V7,
        Some(VersionModel::V201909) => SchemaVersion::V201909,
        Some(VersionModel::V202012) => SchemaVersion::V202012,
    };
    match Schema::compile(document(schema, place, report)?, version) {
        Ok(schema) => Some(Operator::MatchesJsonSchema(Box::new(schema))),
        Err(message) => {
            report.error(place, message, "in this schema");
            None
        }
    }
}

pub(super) fn path(value: &Value, place: &Place, report: &mut Report) -> Option<Operator> {
    let (source, path_place, inner) = match value {
        Value::String(source) => (source.clone(), place.clone(), None),
        Value::Object(_) => {
            let (source, inner) = expression(value, place, report)?;
            let inner = operator(&inner, place, report)?;
            (source, place.at("expression"), Some(Box::new(inner)))
        }
        _ => {
            let message = "expected a JSONPath, or an object with `expression`";
            report.error(place, message, "");
            return None;
        }
    };
    match JsonPath::compile(&source) {
        Ok(path) => Some(Operator::MatchesJsonPath {
            path: Box::new(path),
            source,
            inner,
        }),
        Err(error) => {
            let message = format!("not a JSONPath: {}", error.message);
            report.error_within(&path_place, &source, error.offset, message, "here");
            None
        }
    }
}

/// The two things in `{"expression": …, <operator>: …}`.
pub(super) fn expression(
    value: &Value,
    place: &Place,
    report: &mut Report,
) -> Option<(String, Pattern)> {
    let mut members = value.as_object()?.clone();
    let Some(Value::String(source)) = members.shift_remove("expression") else {
        report.error(place, "no `expression`", "expected a path as `expression`");
        return None;
    };
    match serde_json::from_value(Value::Object(members)) {
        Ok(model) => Some((source, model)),
        Err(error) => {
            let label = "expected `expression` and one operator";
            report.error(place, error.to_string(), label);
            None
        }
    }
}
