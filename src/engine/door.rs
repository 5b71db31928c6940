//! Doors: which tool a call is for, and with what input.

use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value};

use super::Matched;
use super::given::{body, route_input, stub_input};
use crate::behaviours::Refusal;
use crate::definition::compiled::{Door, Pack, Stub, Target, Tool};
use crate::definition::model::Envelope;
use crate::domain::call::Call;
use crate::matching::pattern::Variables;

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
            let pack = stub.pack.as_ref().unwrap_or(&NAMELESS);
            Some(Entered {
                pack,
                named: tool.name.name.to_string(),
                tool: Some(tool),
                input: Ok(stub_input(call, tool, pack.forms, &matched.variables)),
                stub: Some(stub),
            })
        }
        Target::Route(pack, tool) => Some(Entered {
            pack,
            named: tool.name.name.to_string(),
            tool: Some(tool),
            input: route_input(call, tool, pack.forms, &matched.variables),
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
    if let Some((header, prefix)) = &door.tool {
        return by_header(call, pack, call.header(header.as_str()), prefix);
    }
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
    let tool = behind_doors(pack, &named);
    Entered {
        pack,
        named,
        tool,
        input,
        stub: None,
    }
}

/// The tool of this name, if doors lead to it.
fn behind_doors<'a>(pack: &'a Pack, named: &str) -> Option<&'a Arc<Tool>> {
    pack.tools.get(named).filter(|tool| !tool.internal)
}

/// What came through a door whose tool is named by a header. Where that names none, nobody looks at the
/// body.
fn by_header<'a>(
    call: &Call,
    pack: &'a Arc<Pack>,
    header: Option<&str>,
    prefix: &str,
) -> Entered<'a> {
    let header = header.unwrap_or_default();
    let named = header.strip_prefix(prefix);
    let tool = named.and_then(|named| behind_doors(pack, named));
    Entered {
        pack,
        named: named.unwrap_or(header).to_owned(),
        tool,
        input: match tool {
            Some(_) => body(call),
            None => Ok(Value::Object(Map::new())),
        },
        stub: None,
    }
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
