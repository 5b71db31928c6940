//! What is wrong with the description of a tool: what an agent reads before it calls.

use serde_json::{Map, Value, json};

use super::body::other_name;
use crate::domain::chance::Chance;
use crate::domain::fault::ToolFlaw;
use crate::state::faults::Rule;

/// The schema of a tool's input with a rule's flaw in it, and what the flaw is; nothing, if it has no
/// parameter that could have one.
#[must_use]
pub fn flawed(
    rule: &Rule,
    schema: &Map<String, Value>,
    chance: &Chance,
) -> Option<(Map<String, Value>, Value)> {
    let properties = schema.get("properties")?.as_object()?;
    let named = rule.with.fields.iter();
    let mut named = named.filter(|name| properties.contains_key(*name));
    let parameter = match named.next() {
        Some(name) => name.clone(),
        None if !rule.with.fields.is_empty() => return None,
        None => {
            let at = usize::try_from(chance.draw("parameter", 0)).unwrap_or(usize::MAX);
            let at = at.checked_rem(properties.len())?;
            properties.keys().nth(at)?.clone()
        }
    };
    let mut flawed = schema.clone();
    match rule.with.flaw.unwrap_or(ToolFlaw::NullType) {
        ToolFlaw::NullType => {
            let property = flawed.get_mut("properties")?.get_mut(&parameter)?;
            property.as_object_mut()?.insert("type".into(), Value::Null);
            Some((flawed, json!({ "parameter": parameter, "type": null })))
        }
        ToolFlaw::RenamedParameter => {
            let name = other_name(&parameter);
            rename(&mut flawed, &parameter, &name);
            Some((flawed, json!({ "parameter": parameter, "now": name })))
        }
    }
}

/// Calls a parameter otherwise, where it is described and where it is required.
fn rename(schema: &mut Map<String, Value>, old: &str, new: &str) {
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        let members = std::mem::take(properties).into_iter();
        *properties = members
            .map(|(name, property)| match name == old {
                true => (new.to_owned(), property),
                false => (name, property),
            })
            .collect();
    }
    for required in schema
        .get_mut("required")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if required == old {
            *required = new.into();
        }
    }
}
