//! JSON Schema: what a tool takes, and what it answers.

mod violation;

use serde_json::{Map, Value};

use super::Refusal;
use crate::definition::compiled::{InputSchema, Pack};
use crate::domain::cause::INVALID_INPUT;

/// How many failing members a refusal names.
pub const ERRORS_MAX: usize = 20;

/// Checks an input.
///
/// # Errors
/// `invalid_input`, with every failing member and what is wrong with it; or the closer cause for what is
/// wrong with the first of them, if the pack, or its tool of this name, declares that one.
pub fn check_input(
    pack: &Pack,
    tool: &str,
    schema: &InputSchema,
    input: &Value,
) -> Result<(), Refusal> {
    let errors = violations(schema, input);
    let Some(first) = errors.first() else {
        return Ok(());
    };
    let message = format!("{}: {}", text(first, "field"), text(first, "message"));
    let closer = violation::closer_cause(first);
    let cause = closer
        .filter(|cause| {
            let own = pack.tools.get(tool);
            own.is_some_and(|tool| tool.refusals.contains_key(*cause))
                || pack.refusals.causes.contains_key(*cause)
        })
        .unwrap_or(INVALID_INPUT);
    Err(Refusal::new(cause, message).violated(errors))
}

/// What does not fit a schema, at most [`ERRORS_MAX`]: of each failing member `field`, `message`, `kind`
/// (the keyword), `expected` (its value), `value`, `found` (its type), `json` (its text), `path` and `place`.
/// A missing member has no `value`, no `found` and no `json`.
#[must_use]
pub fn violations(schema: &InputSchema, value: &Value) -> Vec<Value> {
    let errors = schema.validator.iter_errors(value);
    errors
        .flat_map(|error| violation::of(&schema.schema, &error))
        .take(ERRORS_MAX)
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

fn text<'a>(error: &'a Value, member: &str) -> &'a str {
    error[member].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

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
        assert_eq!(
            check_input(&Pack::nameless(), "", &schema, input).is_ok(),
            fields.is_empty()
        );
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
