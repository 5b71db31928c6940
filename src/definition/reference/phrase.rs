//! What a value is, in words.

use serde_json::{Map, Value};

use super::schema::{Language, referred};

/// How deep types are told.
const DEPTH_MAX: usize = 8;

/// What a value of this schema is: `text`, `list of [Step](#step)`, `whole number or true`.
pub(super) fn phrase(language: &Language<'_>, schema: &Value) -> String {
    let mut found = Vec::new();
    alternatives(language, schema, 0, &mut found);
    joined(found)
}

/// One of several: `a, b or c`.
pub(super) fn joined(mut found: Vec<String>) -> String {
    match (found.pop(), found.is_empty()) {
        (None, _) => "anything".to_owned(),
        (Some(only), true) => only,
        (Some(last), false) => format!("{} or {last}", found.join(", ")),
    }
}

/// Adds what a value may be. That it may be nothing at all is no news: every key may be left out.
fn alternatives(language: &Language<'_>, schema: &Value, depth: usize, found: &mut Vec<String>) {
    let mut add = |phrase: String| {
        if !found.contains(&phrase) {
            found.push(phrase);
        }
    };
    if depth > DEPTH_MAX {
        return add("anything".to_owned());
    }
    if let Some(name) = referred(schema) {
        return add(language.link(name));
    }
    let Some(members) = schema.as_object() else {
        return add("anything".to_owned());
    };
    if let Some(value) = members.get("const") {
        return add(format!("`{}`", shown(value)));
    }
    if let Some(values) = members.get("enum").and_then(Value::as_array) {
        return values
            .iter()
            .for_each(|value| add(format!("`{}`", shown(value))));
    }
    let several = ["anyOf", "oneOf"].into_iter();
    let several: Vec<&Value> = several
        .filter_map(|word| members.get(word)?.as_array())
        .flatten()
        .collect();
    if let [one, many] = several[..]
        && many.get("items") == Some(one)
    {
        let mut of = Vec::new();
        alternatives(language, one, depth + 1, &mut of);
        return add(format!("{}, or a list of them", joined(of)));
    }
    if !several.is_empty() {
        let mut several = several;
        if several.iter().any(|one| is_whole(one)) {
            // A whole number may be written as a fraction, or in quotes; nobody needs to know.
            several.retain(|one| !is_loose(one));
        }
        return several
            .into_iter()
            .for_each(|one| alternatives(language, one, depth + 1, found));
    }
    let types = match members.get("type") {
        Some(Value::Array(types)) => types.iter().collect(),
        Some(one) => vec![one],
        None => return add("anything".to_owned()),
    };
    for name in types.into_iter().filter_map(Value::as_str) {
        if let Some(phrase) = of_type(language, name, members, depth) {
            add(phrase);
        }
    }
}

fn is_whole(schema: &Value) -> bool {
    let kind = &schema["type"];
    let of_list = || {
        kind.as_array()
            .is_some_and(|kinds| kinds.contains(&"integer".into()))
    };
    kind == "integer" || of_list()
}

/// Whether this is another way to write a whole number.
fn is_loose(schema: &Value) -> bool {
    schema["type"] == "number" || (schema["type"] == "string" && schema.get("pattern").is_some())
}

/// What a value of a type of JSON is.
fn of_type(
    language: &Language<'_>,
    name: &str,
    members: &Map<String, Value>,
    depth: usize,
) -> Option<String> {
    let inner = |schema: Option<&Value>| {
        let mut of = Vec::new();
        if let Some(schema) = schema.filter(|schema| schema.is_object()) {
            alternatives(language, schema, depth + 1, &mut of);
        }
        (!of.is_empty()).then(|| joined(of))
    };
    Some(match name {
        "null" => return None,
        "string" => match members.get("description").and_then(Value::as_str) {
            // One of several ways to write something: what the text is.
            Some(what) if depth > 0 => uncapitalised(what),
            _ => "text".to_owned(),
        },
        "integer" => match bounds(members) {
            Some((least, most)) => format!("whole number ({least} to {most})"),
            None => "whole number".to_owned(),
        },
        "number" => "number".to_owned(),
        "boolean" => "boolean".to_owned(),
        "array" => match inner(members.get("items")) {
            Some(of) => format!("list of {of}"),
            None => "list".to_owned(),
        },
        "object" if members.contains_key("properties") => "object".to_owned(),
        "object" => match inner(members.get("additionalProperties")) {
            Some(of) => format!("{of}, by name"),
            None => "object".to_owned(),
        },
        other => other.to_owned(),
    })
}

/// The bounds of a whole number, where they are of the language and not of the machine.
fn bounds(members: &Map<String, Value>) -> Option<(&Value, &Value)> {
    let (least, most) = (members.get("minimum")?, members.get("maximum")?);
    let of_machine = matches!(most.as_u64(), Some(255 | 65_535 | 4_294_967_295));
    (!of_machine).then_some((least, most))
}

/// A value as it is written.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A sentence as a part of another: `The name of a profile.` as `the name of a profile`.
fn uncapitalised(sentence: &str) -> String {
    let sentence = sentence.trim_end_matches('.');
    let mut letters = sentence.chars();
    let first = letters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}
