//! Doors: which tool a call is for, and with what input.

use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value};

use super::Matched;
use crate::behaviours::Refusal;
use crate::behaviours::batch::LINES;
use crate::definition::compiled::{Door, Pack, Produce, Stub, Target, Tool};
use crate::definition::model::Envelope;
use crate::domain::call::Call;
use crate::domain::json::parse_strict;
use crate::matching::pattern::Variables;

/// How many lines of a body are read: more than any batch may have.
const LINES_MAX: usize = 100_002;

/// How much of a name that a caller made up is repeated to it.
const SHOWN_CHARS_MAX: usize = 64;

/// What came through a door.
#[derive(Debug)]
pub(super) struct Entered<'a> {
    /// The pack.
    pub(super) pack: &'a Arc<Pack>,
    /// What the caller named the tool.
    pub(super) named: String,
    /// The tool, if the pack has it.
    pub(super) tool: Option<&'a Arc<Tool>>,
    /// Its input, or why there is none.
    pub(super) input: Result<Value, Refusal>,
    /// The stub that was called, if it was no tool.
    pub(super) stub: Option<&'a Arc<Stub>>,
}

/// What stands for the pack of a stub that belongs to none.
static NAMELESS: LazyLock<Arc<Pack>> = LazyLock::new(|| Arc::new(Pack::nameless()));

/// Reads a call at a door or a tool's route; nothing, if it is for a stub.
pub(super) fn enter<'a>(call: &Call, matched: &'a Matched<'a>) -> Option<Entered<'a>> {
    match matched.target {
        Target::Stub(stub) => {
            let tool = stub.tool.as_ref()?;
            Some(Entered {
                pack: stub.pack.as_ref().unwrap_or(&NAMELESS),
                named: tool.name.name.to_string(),
                tool: Some(tool),
                input: Ok(stub_input(call, tool, &matched.variables)),
                stub: Some(stub),
            })
        }
        Target::Route(pack, tool) => Some(Entered {
            pack,
            named: tool.name.name.to_string(),
            tool: Some(tool),
            input: route_input(call, tool, &matched.variables),
            stub: None,
        }),
        Target::Door(pack, door) => Some(at_door(call, pack, door, &matched.variables)),
    }
}

fn at_door<'a>(
    call: &Call,
    pack: &'a Arc<Pack>,
    door: &Door,
    variables: &Variables,
) -> Entered<'a> {
    let in_path = variables
        .iter()
        .find(|(name, _)| name == "tool")
        .map(|(_, tool)| tool.clone());
    let (named, input) = match (body(call), door.envelope) {
        (Err(refusal), _) => (in_path.unwrap_or_default(), Err(refusal)),
        (Ok(body), Envelope::None) => (in_path.unwrap_or_default(), Ok(body)),
        (Ok(body), Envelope::Optional) if !is_envelope(&body) => {
            (in_path.unwrap_or_default(), Ok(body))
        }
        (Ok(body), _) => open_envelope(body, in_path),
    };
    let tool = pack.tools.get(named.as_str());
    Entered {
        pack,
        named,
        tool,
        input,
        stub: None,
    }
}

/// The body as JSON. No body at all is an empty object.
fn body(call: &Call) -> Result<Value, Refusal> {
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
fn body_for(call: &Call, tool: &Tool) -> Result<Value, Refusal> {
    if let Some(form) = form(call, tool) {
        return Ok(Value::Object(form));
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

/// The members of a form, if the body is one. Of several of one name the last counts, as in a query.
fn form(call: &Call, tool: &Tool) -> Option<Map<String, Value>> {
    let members = call.form()?.map(|(name, value)| {
        let value = typed(tool, &name, &value);
        (name.into_owned(), value)
    });
    Some(members.collect())
}

/// `tool` and `input` and nothing else: a tool's own input can hardly look like that.
fn is_envelope(body: &Value) -> bool {
    body.as_object().is_some_and(|members| {
        members.get("tool").is_some_and(Value::is_string)
            && members.keys().all(|name| name == "tool" || name == "input")
            && members.get("input").is_none_or(Value::is_object)
    })
}

fn open_envelope(body: Value, in_path: Option<String>) -> (String, Result<Value, Refusal>) {
    let Value::Object(mut members) = body else {
        let refusal = Refusal::invalid_field("body", "expected an object with `tool` and `input`");
        return (in_path.unwrap_or_default(), Err(refusal));
    };
    let tool = match members.shift_remove("tool") {
        Some(Value::String(tool)) => tool,
        _ => {
            let refusal = Refusal::invalid_field("tool", "expected the name of a tool");
            return (in_path.unwrap_or_default(), Err(refusal));
        }
    };
    let input = members
        .shift_remove("input")
        .unwrap_or_else(|| Value::Object(Map::new()));
    match in_path {
        Some(path) if path != tool => {
            let shown: String = tool.chars().take(SHOWN_CHARS_MAX).collect();
            let message = format!("the path names {path:?}, the envelope {shown:?}");
            (path, Err(Refusal::invalid_field("tool", message)))
        }
        _ => (tool, Ok(input)),
    }
}

/// What a stub was given: as a tool's, but a body that is neither a form nor a JSON object gives
/// nothing.
fn stub_input(call: &Call, tool: &Tool, variables: &Variables) -> Value {
    let members = match takes_lines(tool) {
        true => body_for(call, tool).ok(),
        false => form(call, tool)
            .map(Value::Object)
            .or_else(|| call.json().cloned()),
    };
    let members = match members {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    Value::Object(with_names(call, tool, members, variables))
}

/// The members of the body, over them those of the query, over them the variables of the path.
fn route_input(call: &Call, tool: &Tool, variables: &Variables) -> Result<Value, Refusal> {
    let input = match body_for(call, tool)? {
        Value::Object(members) => members,
        _ => return Err(Refusal::invalid_field("body", "expected an object")),
    };
    Ok(Value::Object(with_names(call, tool, input, variables)))
}

fn with_names(
    call: &Call,
    tool: &Tool,
    mut input: Map<String, Value>,
    variables: &Variables,
) -> Map<String, Value> {
    let query = tool.query.then(|| call.query());
    for (name, value) in query.into_iter().flatten() {
        let value = typed(tool, &name, &value);
        input.insert(name.into_owned(), value);
    }
    for (name, value) in variables {
        input.insert(name.clone(), typed(tool, name, value));
    }
    input
}

/// Forms, queries and paths carry only text. Where the tool's schema wants a number, a flag, an object or
/// a list, a text that spells one is meant as it; any other text stays, and the schema refuses it by
/// name. An object or a list is never a text by accident, so it may be wanted beside one.
fn typed(tool: &Tool, name: &str, text: &str) -> Value {
    let property = tool.input.schema.get("properties");
    let kinds = property.and_then(|properties| properties.get(name)?.get("type"));
    let wants = |kind: &str| match kinds {
        Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
        Some(one) => one == kind,
        None => false,
    };
    let spelled =
        if wants("object") && text.starts_with('{') || wants("array") && text.starts_with('[') {
            serde_json::from_str(text).ok()
        } else if wants("string") {
            None
        } else if wants("boolean") && matches!(text, "true" | "false") {
            Some((text == "true").into())
        } else if wants("integer") {
            text.parse::<i64>().ok().map(Value::from)
        } else if wants("number") {
            serde_json::from_str(text).ok().map(Value::Number)
        } else {
            None
        };
    spelled.unwrap_or_else(|| text.into())
}
