//! The members of answers: out of a JSON Schema, out of a template's outline, out of an answer.

use serde_json::{Map, Value};

use super::target::{Field, Kind};

/// How deep members of members are looked at.
const DEPTH_MAX: usize = 3;

/// How many members of one answer are looked at.
const FIELDS_MAX: usize = 200;

/// What is found: members, and those that are lists.
type Found = (Vec<Field>, Vec<String>);

/// The members that an answer has.
pub(super) fn of_sample(body: &Value) -> Found {
    let mut found = Found::default();
    sampled(body, "", DEPTH_MAX, &mut found);
    found
}

fn sampled(value: &Value, path: &str, depth: usize, found: &mut Found) {
    match value {
        Value::Array(items) => {
            if !items.is_empty() && !found.1.iter().any(|list| list == path) {
                found.1.push(path.to_owned());
            }
            // A path leads through a list into each of its elements.
            if let Some(first) = items.iter().find(|item| item.is_object()) {
                sampled(first, path, depth, found);
            }
        }
        Value::Object(members) if depth > 0 => {
            for (name, member) in members {
                let path = below(path, name);
                push(found, &path, kind_of(member), true);
                sampled(member, &path, depth - 1, found);
            }
        }
        _ => {}
    }
}

/// The members that a JSON Schema names.
pub(super) fn of_schema(schema: &Map<String, Value>) -> Found {
    let mut found = Found::default();
    schematic(schema, "", DEPTH_MAX, &mut found);
    found
}

fn schematic(schema: &Map<String, Value>, path: &str, depth: usize, found: &mut Found) {
    if is_of(schema, "array") && !found.1.iter().any(|list| list == path) {
        found.1.push(path.to_owned());
        if let Some(items) = schema.get("items").and_then(Value::as_object) {
            schematic(items, path, depth, found);
        }
        return;
    }
    if depth == 0 || found.0.len() >= FIELDS_MAX {
        return;
    }
    let required: Vec<&str> = match schema.get("required") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let empty = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object);
    let properties = properties.unwrap_or(&empty);
    for (name, property) in properties {
        let path = below(path, name);
        let property = property.as_object().unwrap_or(&empty);
        push(
            found,
            &path,
            kind_in(property),
            required.contains(&name.as_str()),
        );
        schematic(property, &path, depth - 1, found);
    }
    let unsaid = required
        .iter()
        .filter(|name| !properties.contains_key(**name));
    for name in unsaid {
        push(found, &below(path, name), Kind::Unknown, true);
    }
}

/// The members of a template's outline: what a template will say is null there.
pub(super) fn of_outline(outline: &Value) -> Found {
    let (mut fields, lists) = of_sample(outline);
    for field in &mut fields {
        if field.kind == Kind::Text {
            // A text that is printed is a text; a path may name anything.
            field.required = true;
        }
    }
    (fields, lists)
}

/// What is known from one place, and what else is known from another.
pub(super) fn joined(mut first: Found, second: Found) -> Found {
    for field in second.0 {
        if first.0.iter().all(|known| known.path != field.path) {
            first.0.push(field);
        }
    }
    for list in second.1 {
        if !first.1.contains(&list) {
            first.1.push(list);
        }
    }
    first
}

fn push(found: &mut Found, path: &str, kind: Kind, required: bool) {
    if found.0.len() < FIELDS_MAX {
        found.0.push(Field {
            path: path.to_owned(),
            kind,
            required,
            echoed: false,
        });
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn kind_of(value: &Value) -> Kind {
    match value {
        Value::String(_) => Kind::Text,
        Value::Number(_) => Kind::Number,
        Value::Bool(_) => Kind::Flag,
        Value::Object(_) | Value::Array(_) => Kind::Object,
        Value::Null => Kind::Unknown,
    }
}

fn kind_in(schema: &Map<String, Value>) -> Kind {
    let any = |names: &[&str]| names.iter().any(|name| is_of(schema, name));
    if any(&["string"]) {
        Kind::Text
    } else if any(&["integer", "number"]) {
        Kind::Number
    } else if any(&["boolean"]) {
        Kind::Flag
    } else if any(&["object", "array"]) || schema.contains_key("properties") {
        Kind::Object
    } else if schema.get("enum").is_some_and(all_texts) {
        Kind::Text
    } else {
        Kind::Unknown
    }
}

fn is_of(schema: &Map<String, Value>, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(several)) => several.iter().any(|one| one == name),
        _ => false,
    }
}

fn all_texts(values: &Value) -> bool {
    let values = values.as_array();
    values.is_some_and(|values| !values.is_empty() && values.iter().all(Value::is_string))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(found: &Found) -> (Vec<&str>, Vec<&str>) {
        let fields = found.0.iter().map(|field| field.path.as_str()).collect();
        (fields, found.1.iter().map(String::as_str).collect())
    }

    #[test]
    fn an_answer_has_the_members_that_it_shows() {
        let body = json!({"id": "a", "owner": {"name": "x", "deep": {"er": {"est": 1}}},
            "items": [{"n": 1}], "none": []});
        let found = of_sample(&body);
        let expected = [
            "id",
            "owner",
            "owner.name",
            "owner.deep",
            "owner.deep.er",
            "items",
            "items.n",
            "none",
        ];
        assert_eq!(paths(&found), (expected.to_vec(), vec!["items"]));
        assert_eq!(paths(&of_sample(&json!([1]))), (vec![], vec![""]));
        assert_eq!(paths(&of_sample(&json!("text"))), (vec![], vec![]));
    }

    #[test]
    fn a_schema_has_the_members_that_it_names() {
        let schema = json!({"type": "object", "required": ["id", "when"], "properties": {
            "id": {"type": "string"}, "state": {"enum": ["on", "off"]},
            "count": {"type": ["integer", "null"]}, "rows": {"type": "array", "items": {"required": ["n"]}},
            "owner": {"properties": {"name": {"type": "string"}}}}});
        let found = of_schema(schema.as_object().expect("an object"));
        let expected = vec![
            "id",
            "state",
            "count",
            "rows",
            "rows.n",
            "owner",
            "owner.name",
            "when",
        ];
        assert_eq!(paths(&found), (expected, vec!["rows"]));
        let kinds: Vec<Kind> = found.0.iter().map(|field| field.kind).collect();
        use Kind::{Number, Object, Text, Unknown};
        assert_eq!(
            kinds,
            [Text, Text, Number, Object, Unknown, Object, Text, Unknown]
        );
        let required = found.0.iter().filter(|field| field.required);
        let required: Vec<&str> = required.map(|field| field.path.as_str()).collect();
        assert_eq!(required, ["id", "rows.n", "when"]);
    }

    #[test]
    fn an_answer_of_a_thousand_members_is_cut() {
        let body: Map<String, Value> = (0..1_000).map(|n| (n.to_string(), json!(1))).collect();
        assert_eq!(of_sample(&Value::Object(body)).0.len(), FIELDS_MAX);
    }
}
