//! What a call gives a tool: the members of its body, its query and its path.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::typed;
use crate::behaviours::Refusal;
use crate::behaviours::batch::LINES;
use crate::definition::compiled::{Produce, Tool};
use crate::definition::model::{FormStyle, Forms};
use crate::domain::call::Call;
use crate::domain::json::parse_strict;
use crate::domain::nested::nested;
use crate::matching::pattern::Variables;

/// How many lines of a body are read: more than any batch may have.
const LINES_MAX: usize = 100_002;

/// The body as JSON. No body at all is an empty object.
pub(super) fn body(call: &Call) -> Result<Value, Refusal> {
    if call.body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    parse_strict(&call.body)
        .map_err(|error| Refusal::new("malformed_body", format!("the body is not JSON: {error}")))
}

fn takes_lines(tool: &Tool) -> bool {
    matches!(&tool.produce, Produce::Batch(spec) if spec.paired.is_some())
}

/// The body of a call of this tool: JSON or a form. Where it takes lines, it has them beside its own
/// members.
fn body_for(call: &Call, tool: &Tool, forms: Forms) -> Result<Value, Refusal> {
    if let Some(form) = form(call, tool, forms) {
        return form.map(Value::Object);
    }
    if !takes_lines(tool) {
        return body(call);
    }
    let kind = call.header("content-type").unwrap_or_default();
    let lined = kind.trim().to_ascii_lowercase().contains("x-ndjson");
    let first = call.body.split(|byte| *byte == b'\n').next();
    let whole = body(call);
    if !lined && (whole.is_ok() || first.is_none_or(|line| parse_strict(line).is_err())) {
        return whole;
    }
    if call.body.last().is_some_and(|last| *last != b'\n') {
        let message = "expected a line feed at the end of the last line";
        return Err(Refusal::new("batch_unterminated", message));
    }
    let mut lines = Vec::new();
    let texts = call.body.split(|byte| *byte == b'\n').enumerate();
    let texts = texts.filter(|(_, text)| !text.trim_ascii().is_empty());
    for (at, text) in texts.take(LINES_MAX) {
        let line = parse_strict(text).map_err(|error| {
            let message = format!("line {} is not JSON: {error}", at + 1);
            Refusal::new("malformed_body", message).with("line", at + 1)
        })?;
        lines.push(line);
    }
    let members = [(LINES.to_owned(), lines.into())];
    Ok(Value::Object(Map::from_iter(members)))
}

/// The members of a form, if the body is one.
fn form(call: &Call, tool: &Tool, forms: Forms) -> Option<Result<Map<String, Value>, Refusal>> {
    Some(members(call.form()?, tool, forms))
}

/// What pairs of names and texts stand for. Of several of one name the last counts.
fn members<'c>(
    pairs: impl Iterator<Item = (Cow<'c, str>, Cow<'c, str>)>,
    tool: &Tool,
    forms: Forms,
) -> Result<Map<String, Value>, Refusal> {
    let schema = &tool.input.schema;
    if forms.style == FormStyle::Flat {
        let members = pairs.map(|(name, text)| {
            let value = match text.is_empty() && forms.empty_is_null {
                true => Value::Null,
                false => typed::text(&typed::member(schema, &name), &text),
            };
            (name.into_owned(), value)
        });
        return Ok(members.collect());
    }
    let wrong = |message| Refusal::new("malformed_body", message);
    let members = nested(pairs).map_err(wrong)?.into_iter();
    members
        .map(|(name, node)| {
            let value = typed::node(&typed::member(schema, &name), &node, forms.empty_is_null)
                .map_err(wrong)?;
            Ok((name, value))
        })
        .collect()
}

/// What a stub was given: as a tool's, but a body that is neither a form nor a JSON object gives
/// nothing.
pub(super) fn stub_input(call: &Call, tool: &Tool, forms: Forms, variables: &Variables) -> Value {
    let body = match takes_lines(tool) {
        true => body_for(call, tool, forms).ok(),
        false => match form(call, tool, forms) {
            Some(form) => form.ok().map(Value::Object),
            None => call.json().cloned(),
        },
    };
    let mut input = match body {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    input.extend(query(call, tool, forms).unwrap_or_default());
    input.extend(in_path(tool, variables));
    Value::Object(input)
}

/// The members of the body, over them those of the query, over them the variables of the path.
pub(super) fn route_input(
    call: &Call,
    tool: &Tool,
    forms: Forms,
    variables: &Variables,
) -> Result<Value, Refusal> {
    let mut input = match body_for(call, tool, forms)? {
        Value::Object(members) => members,
        _ => return Err(Refusal::invalid_field("body", "expected an object")),
    };
    input.extend(query(call, tool, forms)?);
    input.extend(in_path(tool, variables));
    Ok(Value::Object(input))
}

fn query(call: &Call, tool: &Tool, forms: Forms) -> Result<Map<String, Value>, Refusal> {
    match tool.query {
        true => members(call.query(), tool, forms),
        false => Ok(Map::new()),
    }
}

fn in_path<'c>(
    tool: &'c Tool,
    variables: &'c Variables,
) -> impl Iterator<Item = (String, Value)> + 'c {
    variables.iter().map(|(name, text)| {
        let value = typed::text(&typed::member(&tool.input.schema, name), text);
        (name.clone(), value)
    })
}
