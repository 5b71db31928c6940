//! What the operations of a resource take: the schema of a record, as each of them needs it.

use serde_json::{Map, Value, json};

use super::Parts;
use super::steps::SORT;
use crate::definition::model::Operation;

/// What a schema says of a record as a whole and not of its members: a part of a record need not fit.
const OF_THE_WHOLE: [&str; 13] = [
    "required",
    "minProperties",
    "dependentRequired",
    "dependentSchemas",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "unevaluatedProperties",
    "default",
];

/// The members of a record that a schema speaks of.
pub(super) fn properties(schema: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten()
}

/// The JSON Schema of what an operation takes.
pub(super) fn schema(operation: Operation, parts: &Parts<'_>) -> Map<String, Value> {
    match operation {
        Operation::List => list(parts),
        Operation::Get | Operation::Delete => keyed(parts, operation == Operation::Get),
        Operation::Create => create(parts),
        Operation::Replace => replace(parts),
        Operation::Update => update(parts),
    }
}

fn list(parts: &Parts<'_>) -> Map<String, Value> {
    let model = parts.model;
    let mut members = Map::new();
    for name in &model.filters {
        let filter = filter(parts, name);
        members.insert(name.clone(), filter);
    }
    if !model.sort.is_empty() {
        let description = format!(
            "One of {}; with a - before it, the greatest first.",
            model.sort.join(", ")
        );
        let sort = json!({ "type": "string", "description": description });
        members.insert(SORT.to_owned(), sort);
    }
    members.extend(fields(parts));
    Map::from_iter([("properties".to_owned(), members.into())])
}

/// What a filter takes: what the member is, or what it has in it.
fn filter(parts: &Parts<'_>, name: &str) -> Value {
    let property = property(parts, name);
    let mut kind = property.and_then(|property| property.get("type"));
    if kind.is_some_and(|kind| kind == "array") {
        let items = property.and_then(|property| property.get("items"));
        kind = items.and_then(|items| items.get("type"));
    }
    match kind {
        Some(kind) => json!({ "type": kind }),
        None => json!({}),
    }
}

/// What the schema says of a member; of one within another, by a dotted name.
pub(super) fn property<'a>(parts: &'a Parts<'_>, name: &str) -> Option<&'a Value> {
    let mut names = name.split('.');
    let first = parts.schema.get("properties")?.get(names.next()?);
    names.fold(first, |found, name| found?.get("properties")?.get(name))
}

fn fields(parts: &Parts<'_>) -> Option<(String, Value)> {
    let name = parts.model.fields.as_ref()?;
    let description = "The members to show, separated by commas.";
    Some((
        name.clone(),
        json!({ "type": "string", "description": description }),
    ))
}

fn keyed(parts: &Parts<'_>, shows: bool) -> Map<String, Value> {
    let mut members = Map::from_iter([(parts.key.to_owned(), key(parts))]);
    if shows {
        members.extend(fields(parts));
    }
    Map::from_iter([
        ("required".to_owned(), json!([parts.key])),
        ("properties".to_owned(), members.into()),
    ])
}

/// A key that no record has is not found, whatever it looks like.
fn key(parts: &Parts<'_>) -> Value {
    let kind = property(parts, parts.key).and_then(|property| property.get("type"));
    match kind {
        Some(kind) if kind != "string" => json!({ "type": ["string", "integer"] }),
        _ => json!({ "type": "string" }),
    }
}

fn create(parts: &Parts<'_>) -> Map<String, Value> {
    let mut schema = parts.schema.clone();
    let model = parts.model;
    let given = |name: &str| {
        let set = model.set.contains_key(name) || model.on_update.contains_key(name);
        let made = name == parts.key && parts.makes_key;
        set || made || is_read_only(parts, name)
    };
    without_required(&mut schema, given);
    let key_is_given = is_read_only(parts, parts.key) || model.set.contains_key(parts.key);
    let members = members_of(&mut schema);
    if !key_is_given && !members.contains_key(parts.key) {
        let key = json!({ "type": "string", "minLength": 1 });
        members.shift_insert(0, parts.key.to_owned(), key);
    }
    close(members, parts, |_| true);
    if !given(parts.key) {
        require(&mut schema, parts.key);
    }
    schema
}

fn replace(parts: &Parts<'_>) -> Map<String, Value> {
    let mut schema = parts.schema.clone();
    let model = parts.model;
    without_required(&mut schema, |name| {
        let set = model.set.contains_key(name) || model.on_update.contains_key(name);
        set || is_read_only(parts, name)
    });
    in_path(&mut schema, parts);
    schema
}

fn update(parts: &Parts<'_>) -> Map<String, Value> {
    let mut schema = partial(&parts.schema);
    in_path(&mut schema, parts);
    schema
}

/// What a record is to be once a caller has changed it; nothing, where the resource does not say. What
/// the API sets is left to it: the key is kept as a text, whatever the schema says.
pub(super) fn merged(parts: &Parts<'_>) -> Option<Map<String, Value>> {
    let model = parts.model;
    if parts.schema.is_empty() {
        return None;
    }
    let mut schema = parts.schema.clone();
    let set = model.set.keys().chain(model.on_update.keys());
    let own = set.chain(&parts.read_only).map(String::as_str);
    let own: Vec<&str> = own.chain([parts.key]).collect();
    without_required(&mut schema, |name| own.contains(&name));
    let members = members_of(&mut schema);
    for name in own {
        members.insert(name.to_owned(), json!({}));
    }
    Some(schema)
}

/// The key comes from the path, and so is no member that a caller could set.
fn in_path(schema: &mut Map<String, Value>, parts: &Parts<'_>) {
    let members = members_of(schema);
    members.shift_remove(parts.key);
    members.shift_insert(0, parts.key.to_owned(), key(parts));
    close(members, parts, |name| name != parts.key);
    require(schema, parts.key);
}

/// A schema of an object for some of its members (RFC 7396): none is required, and null drops one
/// that need not be there.
fn partial(schema: &Map<String, Value>) -> Map<String, Value> {
    let required = schema.get("required").and_then(Value::as_array);
    let needed = |name: &str| required.is_some_and(|names| names.iter().any(|one| one == name));
    let mut partial = schema.clone();
    partial.retain(|keyword, _| !OF_THE_WHOLE.contains(&keyword.as_str()));
    for (name, property) in members_of(&mut partial) {
        if let Value::Object(inner) = &*property {
            let mut inner = match inner.contains_key("properties") {
                true => self::partial(inner),
                false => inner.clone(),
            };
            inner.shift_remove("default");
            *property = Value::Object(inner);
        }
        if !needed(name) {
            allow_null(property);
        }
    }
    partial
}

/// A schema that takes null as well, in the words that read best when it refuses.
fn allow_null(schema: &mut Value) {
    let Value::Object(keywords) = schema else {
        return;
    };
    let plain = !["const", "allOf", "anyOf", "oneOf", "not", "if"]
        .iter()
        .any(|keyword| keywords.contains_key(*keyword));
    if !plain {
        *schema = json!({ "anyOf": [schema.take(), { "type": "null" }] });
        return;
    }
    let null = || Value::from("null");
    match keywords.get_mut("type") {
        Some(Value::Array(kinds)) if !kinds.contains(&null()) => kinds.push(null()),
        Some(kind @ Value::String(_)) if *kind != "null" => *kind = json!([kind.take(), "null"]),
        _ => {}
    }
    if let Some(Value::Array(values)) = keywords.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
}

fn is_read_only(parts: &Parts<'_>, name: &str) -> bool {
    parts.read_only.iter().any(|one| one == name)
}

/// Members that a caller cannot set take no value at all.
fn close(members: &mut Map<String, Value>, parts: &Parts<'_>, closes: impl Fn(&str) -> bool) {
    for name in parts.read_only.iter().filter(|name| closes(name)) {
        let nothing = json!({ "not": {}, "description": "It is set by the API." });
        members.insert(name.clone(), nothing);
    }
}

fn members_of(schema: &mut Map<String, Value>) -> &mut Map<String, Value> {
    let members = schema.entry("properties").or_insert_with(|| json!({}));
    if !members.is_object() {
        *members = json!({});
    }
    members.as_object_mut().expect("it has just been made one")
}

fn without_required(schema: &mut Map<String, Value>, given: impl Fn(&str) -> bool) {
    if let Some(Value::Array(names)) = schema.get_mut("required") {
        names.retain(|name| !name.as_str().is_some_and(&given));
    }
}

fn require(schema: &mut Map<String, Value>, name: &str) {
    let required = schema.entry("required").or_insert_with(|| json!([]));
    if let Value::Array(names) = required
        && !names.iter().any(|known| known == name)
    {
        names.insert(0, name.into());
    }
}
