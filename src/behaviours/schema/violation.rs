//! All that can be told of a member that does not fit, for those who say it in words of their own.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::{Map, Value, json};

use super::{field, message, shortened, text};

/// The cause of its own that a pack may have for a first violation of this kind.
pub(super) fn cause_of(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "required" => "missing_member",
        "additionalProperties" | "unevaluatedProperties" | "falseSchema" | "not" => {
            "unknown_member"
        }
        "type" => "wrong_type",
        "enum" | "const" => "not_one_of",
        "pattern" | "format" => "wrong_format",
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf"
        | "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties"
        | "maxProperties" | "uniqueItems" => "out_of_range",
        _ => return None,
    })
}

/// What is told of an error: one violation, or one for each member that is not known.
pub(super) fn of(error: &ValidationError<'_>, schema: &Map<String, Value>) -> Vec<Value> {
    let at = pointer(error);
    let unexpected = match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            unexpected
        }
        _ => return vec![one(error, &at, &field(error), schema, given(error))],
    };
    let each = unexpected.iter().map(|name| {
        let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        let field = match field(error).as_str() {
            "input" => name.clone(),
            parent => format!("{parent}.{name}"),
        };
        one(error, &pointer, &field, schema, error.instance().get(name))
    });
    each.collect()
}

/// A violation that no schema has found.
pub(in crate::behaviours) fn plain(field: &str, message: &str) -> Value {
    let parts: Vec<&str> = field.split('.').collect();
    json!({
        "field": field,
        "message": message,
        "kind": "other",
        "path": bracketed(&parts),
        "dotted": dotted(&parts),
        "pointer": format!("/{}", parts.join("/")),
    })
}

fn one(
    error: &ValidationError<'_>,
    pointer: &str,
    field: &str,
    schema: &Map<String, Value>,
    value: Option<&Value>,
) -> Value {
    let names: Vec<String> = pointer
        .split('/')
        .skip(1)
        .map(|name| name.replace("~1", "/").replace("~0", "~"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut told = json!({
        "field": field,
        "message": message(error),
        "kind": error.kind().keyword(),
        "path": bracketed(&names),
        "dotted": dotted(&names),
        "pointer": pointer,
    });
    if let Some(expected) = expected(error, schema) {
        told["expected"] = expected.clone();
    }
    if let Some(value) = value {
        told["valueJson"] = shortened(value.to_string()).into();
        told["value"] = match value {
            Value::String(given) => shortened(given.clone()).into(),
            Value::Array(_) | Value::Object(_) => text(&told, "valueJson").into(),
            other => other.clone(),
        };
    }
    told
}

/// The value that fails; of a member that is missing there is none.
fn given<'e>(error: &'e ValidationError<'_>) -> Option<&'e Value> {
    let missing = matches!(error.kind(), Kind::Required { .. });
    (!missing).then(|| &**error.instance())
}

/// What the failing keyword says.
fn expected<'s>(error: &ValidationError<'_>, schema: &'s Map<String, Value>) -> Option<&'s Value> {
    let mut names = error.schema_path().as_str().split('/').skip(1);
    let first = names.next()?.replace("~1", "/").replace("~0", "~");
    names.try_fold(schema.get(&first)?, |found, name| {
        let name = name.replace("~1", "/").replace("~0", "~");
        match found {
            Value::Object(members) => members.get(&name),
            Value::Array(items) => items.get(name.parse::<usize>().ok()?),
            _ => None,
        }
    })
}

/// Where the failing member stands; a missing one is itself meant, not its parent.
fn pointer(error: &ValidationError<'_>) -> String {
    let at = error.instance_path().as_str();
    match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
        }
        _ => at.to_owned(),
    }
}

/// As a form writes it: `items[0][price]`.
fn bracketed(names: &[&str]) -> String {
    let [first, rest @ ..] = names else {
        return String::new();
    };
    let rest: String = rest.iter().map(|name| format!("[{name}]")).collect();
    format!("{first}{rest}")
}

/// As a program writes it: `items[0].price`.
fn dotted(names: &[&str]) -> String {
    let mut written = String::new();
    for name in names {
        let is_number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        match (is_number, written.is_empty()) {
            (true, false) => written.push_str(&format!("[{name}]")),
            (_, true) => written.push_str(name),
            (false, false) => {
                written.push('.');
                written.push_str(name);
            }
        }
    }
    written
}
