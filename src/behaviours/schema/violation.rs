//! What is wrong with one member of an input, for whoever says it: people and vendors' own words.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::{Map, Value, json};

use crate::domain::member_path::{bracketed, place};

/// The longest text for which the nearest of those that are taken is looked for, in bytes.
const COMPARED_BYTES_MAX: usize = 64;

/// How much of a value is told, in characters: it may be as long as the body.
const SHOWN_CHARS_MAX: usize = 300;

/// What an error of the validator tells: one violation, but for unknown members, each of which is one.
pub(super) fn of(schema: &Map<String, Value>, error: &ValidationError<'_>) -> Vec<Value> {
    let steps = steps(error.instance_path().as_str());
    match error.kind() {
        Kind::Required { property } => {
            let missing = property.as_str().unwrap_or_default();
            let at = At::member(&steps, missing);
            vec![violation(schema, error, &at, &message(error), None)]
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let names = unexpected.iter();
            let each = names.map(|name| {
                let value = error.instance().get(name).unwrap_or(&Value::Null);
                let message =
                    format!("Additional properties are not allowed ('{name}' was unexpected)");
                let at = At::member(&steps, name);
                violation(schema, error, &at, &shortened(message), Some(value))
            });
            each.collect()
        }
        _ => {
            let at = At(steps);
            let value = Some(error.instance().as_ref());
            vec![violation(schema, error, &at, &message(error), value)]
        }
    }
}

/// The cause that says more closely than `invalid_input` what is wrong, by the keyword that failed.
pub(super) fn closer_cause(violation: &Value) -> Option<&'static str> {
    match violation["kind"].as_str()? {
        "required" => Some("missing_member"),
        "additionalProperties" | "unevaluatedProperties" => Some("unknown_member"),
        "type" => Some("wrong_type"),
        "enum" | "const" => Some("not_one_of"),
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "minLength"
        | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => {
            Some("out_of_range")
        }
        _ => None,
    }
}

fn violation(
    schema: &Map<String, Value>,
    error: &ValidationError<'_>,
    at: &At,
    message: &str,
    value: Option<&Value>,
) -> Value {
    let kind = match error.kind() {
        // `false` in the place of a schema: it takes nothing, as `not: {}` does.
        Kind::FalseSchema => "not",
        kind => kind.keyword(),
    };
    let mut told = json!({ "field": at.dotted(), "message": message, "kind": kind });
    if let Some(value) = value {
        told["value"] = shown(value);
        told["found"] = type_of(value).into();
        told["json"] = shortened(value.to_string()).into();
    }
    if let Some(expected) = expected(schema, error) {
        told["expected"] = expected.clone();
    }
    told["path"] = bracketed(at.0.iter().map(String::as_str)).into();
    told["place"] = place(at.0.iter().map(String::as_str)).into();
    told
}

/// The value of the keyword that failed, but where it is made of schemas.
fn expected<'s>(schema: &'s Map<String, Value>, error: &ValidationError<'_>) -> Option<&'s Value> {
    let mut steps = steps(error.schema_path().as_str()).into_iter();
    let mut at = schema.get(&steps.next()?)?;
    for step in steps {
        at = match at {
            Value::Array(items) => items.get(step.parse::<usize>().ok()?)?,
            other => other.get(&step)?,
        };
    }
    match (error.kind(), at) {
        (Kind::Enum { .. } | Kind::Constant { .. }, value) => Some(value),
        (_, Value::Object(_)) => None,
        (_, Value::Array(items)) if items.iter().any(Value::is_object) => None,
        (_, value) => Some(value),
    }
}

/// The way to a member.
struct At(Vec<String>);

impl At {
    fn member(steps: &[String], name: &str) -> Self {
        Self(steps.iter().cloned().chain([name.to_owned()]).collect())
    }

    /// As messages name it: `conditions.delivery_by`.
    fn dotted(&self) -> String {
        if self.0.is_empty() {
            return "input".to_owned();
        }
        self.0.join(".")
    }
}

fn steps(pointer: &str) -> Vec<String> {
    let steps = pointer.split('/').skip(1);
    steps
        .map(|step| step.replace("~1", "/").replace("~0", "~"))
        .collect()
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.to_string().contains(['.', 'e', 'E']) => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A value as it is told again: as the text that it is written as, if it is a long list or object.
fn shown(value: &Value) -> Value {
    match value {
        Value::String(text) => shortened(text.clone()).into(),
        Value::Array(_) | Value::Object(_) => {
            let text = value.to_string();
            match text.len() > SHOWN_CHARS_MAX {
                true => shortened(text).into(),
                false => value.clone(),
            }
        }
        Value::Number(number) => match number.to_string() {
            long if long.len() > SHOWN_CHARS_MAX => shortened(long).into(),
            _ => value.clone(),
        },
        Value::Null | Value::Bool(_) => value.clone(),
    }
}

fn message(error: &ValidationError<'_>) -> String {
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

fn shortened(text: String) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(schema: &Value, input: &Value, expected: &Value) {
        let validator = jsonschema::options().build(schema).expect("a schema");
        let schema = schema.as_object().expect("an object");
        let errors: Vec<_> = validator.iter_errors(input).collect();
        let told: Vec<Value> = errors.iter().flat_map(|error| of(schema, error)).collect();
        let mut told = Value::Array(told);
        for violation in told.as_array_mut().into_iter().flatten() {
            let members = violation.as_object_mut().expect("members");
            members.shift_remove("message");
            // The text of a value that is told as it is adds nothing to a row.
            if let Some(text) = members.shift_remove("json") {
                assert!(
                    text.as_str()
                        .is_some_and(|text| text.chars().count() <= 301)
                );
            }
        }
        assert_eq!(&told, expected, "{input}");
    }

    fn schema() -> Value {
        json!({
            "additionalProperties": false,
            "required": ["mode"],
            "properties": {
                "mode": { "enum": ["a", "b"] },
                "size": { "type": ["integer", "null"], "maximum": 100 },
                "a/b": { "type": "object", "required": ["c"], "properties": { "c": true } },
                "items": { "type": "array", "items": {
                    "additionalProperties": false,
                    "properties": { "price": { "type": "string", "minLength": 2 } }
                } },
                "either": { "anyOf": [{ "type": "string" }, { "type": "object" }] },
                "own": false
            }
        })
    }

    #[test]
    fn each_violation_tells_the_keyword_its_value_and_what_was_found() {
        for (input, expected) in [
            (json!({ "mode": "a", "size": null }), json!([])),
            (
                json!({}),
                json!([{ "field": "mode", "kind": "required", "expected": ["mode"], "path": "mode", "place": "mode" }]),
            ),
            (
                json!({ "mode": "c" }),
                json!([{ "field": "mode", "kind": "enum", "value": "c", "found": "string", "expected": ["a", "b"], "path": "mode", "place": "mode" }]),
            ),
            (
                json!({ "mode": "a", "size": "x".repeat(500) }),
                json!([{ "field": "size", "kind": "type", "value": format!("{}…", "x".repeat(300)), "found": "string", "expected": ["integer", "null"], "path": "size", "place": "size" }]),
            ),
            (
                json!({ "mode": "a", "size": 101 }),
                json!([{ "field": "size", "kind": "maximum", "value": 101, "found": "integer", "expected": 100, "path": "size", "place": "size" }]),
            ),
            (
                json!({ "mode": "a", "a/b": {} }),
                json!([{ "field": "a/b.c", "kind": "required", "expected": ["c"], "path": "a/b[c]", "place": "a/b.c" }]),
            ),
            (
                json!({ "mode": "a", "items": [{}, { "price": "1" }] }),
                json!([{ "field": "items.1.price", "kind": "minLength", "value": "1", "found": "string", "expected": 2, "path": "items[1][price]", "place": "items[1].price" }]),
            ),
            (
                json!({ "mode": "a", "one": 1.5, "two": [1] }),
                json!([
                    { "field": "one", "kind": "additionalProperties", "value": 1.5, "found": "number", "expected": false, "path": "one", "place": "one" },
                    { "field": "two", "kind": "additionalProperties", "value": [1], "found": "array", "expected": false, "path": "two", "place": "two" },
                ]),
            ),
            (
                json!({ "mode": "a", "items": [{ "more": true }] }),
                json!([{ "field": "items.0.more", "kind": "additionalProperties", "value": true, "found": "boolean", "expected": false, "path": "items[0][more]", "place": "items[0].more" }]),
            ),
            // What is made of schemas is of no use to whoever says it.
            (
                json!({ "mode": "a", "either": 5 }),
                json!([{ "field": "either", "kind": "anyOf", "value": 5, "found": "integer", "path": "either", "place": "either" }]),
            ),
            (
                json!({ "mode": "a", "own": {} }),
                json!([{ "field": "own", "kind": "not", "value": {}, "found": "object", "expected": false, "path": "own", "place": "own" }]),
            ),
        ] {
            check(&schema(), &input, &expected);
        }
        check(
            &json!({ "type": "object" }),
            &json!([]),
            &json!([{ "field": "input", "kind": "type", "value": [], "found": "array", "expected": "object", "path": "", "place": "" }]),
        );
    }

    #[test]
    fn what_is_told_of_a_value_is_bounded() {
        let long: Vec<u64> = (0..10_000).collect();
        for value in [json!(long), json!({ "long": long })] {
            let Value::String(told) = shown(&value) else {
                panic!("no text");
            };
            assert_eq!(told.chars().count(), SHOWN_CHARS_MAX + 1);
        }
        let digits: Value = serde_json::from_str(&"9".repeat(1_000)).expect("a number");
        assert!(shown(&digits).is_string());
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
}
