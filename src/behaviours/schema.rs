//! JSON Schema: what a tool takes, and what it answers.

pub(super) mod violation;

use serde_json::{Map, Value, json};

use super::Refusal;
use crate::definition::compiled::{InputSchema, Pack};
use crate::domain::cause::INVALID_INPUT;

/// How many failing members a refusal names.
pub const ERRORS_MAX: usize = 20;

/// The longest text for which the nearest of those that are taken is looked for, in bytes.
const COMPARED_BYTES_MAX: usize = 64;

/// Checks an input.
///
/// # Errors
/// `invalid_input`, with every failing member and what is wrong with it; or a cause for this kind of
/// mistake, where the pack declares one.
pub fn check_input(schema: &InputSchema, input: &Value, pack: &Pack) -> Result<(), Refusal> {
    let errors = violations(schema, input);
    let Some(first) = errors.first() else {
        return Ok(());
    };
    let message = format!("{}: {}", text(first, "field"), text(first, "message"));
    let found = schema.validator.iter_errors(input).take(ERRORS_MAX);
    let told = found.flat_map(|error| violation::of(&error, &schema.schema));
    let told: Vec<Value> = told.take(ERRORS_MAX).collect();
    let own = told
        .first()
        .and_then(|first| violation::cause_of(text(first, "kind")));
    let own = own.filter(|cause| pack.refusals.causes.contains_key(*cause));
    let refusal = Refusal::new(own.unwrap_or(INVALID_INPUT), message);
    Err(refusal.with("errors", errors).with("violations", told))
}

/// What does not fit a schema: `{field, message}`, at most [`ERRORS_MAX`].
#[must_use]
pub fn violations(schema: &InputSchema, value: &Value) -> Vec<Value> {
    schema
        .validator
        .iter_errors(value)
        .take(ERRORS_MAX)
        .map(|error| {
            let message = message(&error);
            json!({ "field": field(&error), "message": message })
        })
        .collect()
}

/// Gives members that are left out the default that the schema has for them.
pub fn fill(schema: &Map<String, Value>, value: &mut Value) {
    match value {
        Value::Object(members) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            for (name, property) in properties.into_iter().flatten() {
                let Some(property) = property.as_object() else {
                    continue;
                };
                if let Some(member) = members.get_mut(name) {
                    fill(property, member);
                } else if let Some(default) = property.get("default") {
                    members.insert(name.clone(), default.clone());
                }
            }
        }
        Value::Array(items) => {
            if let Some(Value::Object(each)) = schema.get("items") {
                items.iter_mut().for_each(|item| fill(each, item));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn message(error: &jsonschema::ValidationError<'_>) -> String {
    use jsonschema::error::ValidationErrorKind as Kind;
    // A schema that takes nothing says that the member is not to be there at all.
    let nothing = |schema: &Value| schema.as_object().is_some_and(Map::is_empty);
    match error.kind() {
        Kind::FalseSchema => "cannot be given".to_owned(),
        Kind::Not { schema } if nothing(schema) => "cannot be given".to_owned(),
        Kind::Enum { options } => shortened(none_of(error.instance(), options)),
        _ => shortened(error.to_string()),
    }
}

/// A text that is none of those that are taken, with the one that it comes near to.
fn none_of(value: &Value, options: &Value) -> String {
    let options = options.as_array().map_or(&[][..], Vec::as_slice);
    let all: Vec<String> = options.iter().map(Value::to_string).collect();
    let message = format!("{value} is not one of {}", all.join(", "));
    // The cost of comparing grows with the length.
    let text = value
        .as_str()
        .filter(|text| text.len() <= COMPARED_BYTES_MAX);
    let known = options.iter().filter_map(Value::as_str);
    let near = text.and_then(|text| {
        known
            .map(|known| (strsim::normalized_damerau_levenshtein(known, text), known))
            .filter(|(likeness, _)| *likeness > 0.6)
            .max_by(|(one, _), (other, _)| one.total_cmp(other))
    });
    match near {
        Some((_, near)) => format!("{message}; did you mean {near:?}?"),
        None => message,
    }
}

/// The failing member as `conditions.delivery_by`; a missing one is named itself, not its parent.
fn field(error: &jsonschema::ValidationError<'_>) -> String {
    let path = error.instance_path().as_str();
    let mut parts: Vec<String> = path
        .split('/')
        .skip(1)
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect();
    if let jsonschema::error::ValidationErrorKind::Required { property } = error.kind() {
        parts.push(
            property
                .as_str()
                .map_or_else(|| property.to_string(), str::to_owned),
        );
    }
    if parts.is_empty() {
        "input".to_owned()
    } else {
        parts.join(".")
    }
}

fn text<'a>(error: &'a Value, member: &str) -> &'a str {
    error[member].as_str().unwrap_or_default()
}

/// A message quotes the value that failed, which may be as long as the body.
fn shortened(message: String) -> String {
    const LONGEST: usize = 300;
    match message.char_indices().nth(LONGEST) {
        None => message,
        Some((end, _)) => format!("{}…", &message[..end]),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn check(input: &Value, fields: &[&str]) {
        let schema = json!({
            "type": "object",
            "required": ["name", "amount"],
            "properties": {
                "name": { "type": "string", "minLength": 1 },
                "amount": { "type": "string", "pattern": "^[0-9]+$" },
                "nested": { "type": "object", "required": ["at"], "properties": { "at": { "type": "string", "format": "date-time" } } },
                "list": { "type": "array", "items": { "type": "integer" } }
            }
        });
        let schema = InputSchema {
            validator: jsonschema::options()
                .should_validate_formats(true)
                .build(&schema)
                .expect("a schema"),
            schema: Arc::new(schema.as_object().expect("an object").clone()),
        };
        let found: Vec<_> = violations(&schema, input)
            .iter()
            .map(|error| text(error, "field").to_owned())
            .collect();
        assert_eq!(found, fields, "{input}");
        let checked = check_input(&schema, input, &Pack::nameless());
        assert_eq!(checked.is_ok(), fields.is_empty());
    }

    #[test]
    fn what_is_left_out_gets_its_default() {
        let schema = json!({
            "properties": {
                "size": { "type": "integer", "default": 20 },
                "sort": { "properties": { "by": { "default": "name" } } },
                "rows": { "items": { "properties": { "n": { "default": [1] } } } }
            }
        });
        let schema = schema.as_object().expect("an object");
        for (input, filled) in [
            (json!({}), json!({ "size": 20 })),
            (
                json!({ "size": null, "other": 1 }),
                json!({ "size": null, "other": 1 }),
            ),
            (
                json!({ "size": 5, "sort": {}, "rows": [{}, { "n": 2 }, 3] }),
                json!({ "size": 5, "sort": { "by": "name" }, "rows": [{ "n": [1] }, { "n": 2 }, 3] }),
            ),
            (json!([]), json!([])),
        ] {
            let mut value = input;
            fill(schema, &mut value);
            assert_eq!(value, filled);
        }
    }

    #[test]
    fn a_text_that_is_none_of_those_taken_is_told_the_nearest() {
        let options = json!(["email", "-email", 5, null]);
        for (value, ending) in [
            (json!("emial"), "null; did you mean \"email\"?"),
            (json!("x"), "is not one of \"email\", \"-email\", 5, null"),
            (json!(6), "is not one of \"email\", \"-email\", 5, null"),
            (json!("email".repeat(1_000)), "null"),
        ] {
            let message = none_of(&value, &options);
            assert!(message.ends_with(ending), "{message}");
        }
    }

    #[test]
    fn every_failing_member_is_named() {
        check(&json!({ "name": "a", "amount": "1" }), &[]);
        check(&json!({}), &["name", "amount"]);
        check(&json!({ "name": "", "amount": 5 }), &["name", "amount"]);
        check(
            &json!({ "name": "a", "amount": "1", "nested": {} }),
            &["nested.at"],
        );
        check(
            &json!({ "name": "a", "amount": "1", "nested": { "at": "soon" } }),
            &["nested.at"],
        );
        check(
            &json!({ "name": "a", "amount": "1", "list": [1, "x"] }),
            &["list.1"],
        );
        check(&json!([]), &["input"]);
    }
}
