//! Texts that are meant as something else: forms, queries and paths carry only text.

use serde_json::{Map, Value};

use crate::domain::nested::{Node, is_numbered, items};

/// How many schemas deep alternatives are looked into.
const ALTERNATIVES_DEPTH_MAX: usize = 4;

/// What a schema says of the member of this name, with all alternatives.
pub(super) fn member<'s>(schema: &'s Map<String, Value>, name: &str) -> Vec<&'s Value> {
    flattened(named(schema, name).into_iter())
}

fn named<'s>(schema: &'s Map<String, Value>, name: &str) -> Option<&'s Value> {
    let properties = schema.get("properties");
    let own = properties.and_then(|properties| properties.get(name));
    own.or_else(|| schema.get("additionalProperties"))
}

/// These schemas and their alternatives.
fn flattened<'s>(schemas: impl Iterator<Item = &'s Value>) -> Vec<&'s Value> {
    let mut all: Vec<&Value> = schemas.collect();
    let (mut looked_into, mut depth) = (0, 0);
    while looked_into < all.len() && depth < ALTERNATIVES_DEPTH_MAX {
        let fresh = all[looked_into..].to_vec();
        looked_into = all.len();
        depth += 1;
        for schema in fresh {
            for key in ["anyOf", "oneOf", "allOf"] {
                all.extend(
                    schema
                        .get(key)
                        .and_then(Value::as_array)
                        .into_iter()
                        .flatten(),
                );
            }
        }
    }
    all
}

fn wants(schemas: &[&Value], kind: &str) -> bool {
    schemas.iter().any(|schema| match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
        Some(one) => one == kind,
        None => false,
    })
}

/// Where the schemas want a number, a flag, an object or a list, a text that spells one is meant as it;
/// any other text stays, and the schema refuses it by name. An object or a list is never a text by
/// accident, so it may be wanted beside one.
pub(super) fn text(schemas: &[&Value], text: &str) -> Value {
    let wants = |kind| wants(schemas, kind);
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

/// What stands under a name that is a path. Steps that are all numbers are a list, unless the schemas
/// want an object there; an empty text may be null.
///
/// # Errors
/// A sentence, if a list has an item of too great a number.
pub(super) fn node(schemas: &[&Value], found: &Node, empty_is_null: bool) -> Result<Value, String> {
    let each = || flattened(schemas.iter().filter_map(|schema| schema.get("items")));
    match found {
        Node::Text(given) if given.is_empty() && empty_is_null => Ok(Value::Null),
        Node::Text(given) => Ok(text(schemas, given)),
        Node::List(list) => list
            .iter()
            .map(|item| node(&each(), item, empty_is_null))
            .collect(),
        Node::Steps(steps) => {
            let listed = wants(schemas, "array") || !wants(schemas, "object");
            if is_numbered(steps) && listed {
                let items = items(steps)?.into_iter();
                return items
                    .map(|item| node(&each(), item, empty_is_null))
                    .collect();
            }
            let members = steps.iter().map(|(name, found)| {
                let objects = schemas.iter().filter_map(|schema| schema.as_object());
                let inside = flattened(objects.filter_map(|schema| named(schema, name)));
                Ok((name.clone(), node(&inside, found, empty_is_null)?))
            });
            members.collect::<Result<Map<_, _>, _>>().map(Value::Object)
        }
    }
}
