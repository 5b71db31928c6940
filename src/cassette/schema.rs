//! What a reply looks like, without its values: a JSON Schema.

use bytes::Bytes;
use serde_json::{Map, Value, json};

/// How deep a schema goes; what is deeper may be anything.
const DEPTH_MAX: usize = 16;

/// How many members of an object are described.
const MEMBERS_MAX: usize = 200;

/// How many items of a list are looked at.
const ITEMS_MAX: usize = 200;

/// How many values are looked at altogether.
const VALUES_MAX: usize = 20_000;

/// Larger bodies have no schema.
const BODY_BYTES_MAX: usize = 4 << 20;

/// The schema of a body, if it is JSON.
#[must_use]
pub fn schema_of_body(body: &Bytes) -> Option<Value> {
    if body.is_empty() || body.len() > BODY_BYTES_MAX {
        return None;
    }
    let value: Value = serde_json::from_slice(body).ok()?;
    Some(schema_of(&value))
}

/// The schema of a value: types, members and which of them every item of a list has.
#[must_use]
pub fn schema_of(value: &Value) -> Value {
    let mut left = VALUES_MAX;
    shape_of(value, 0, &mut left).to_value()
}

/// What values look like that were seen in one place.
#[derive(Default)]
struct Shape {
    /// The types that were seen, in the order of the specification.
    types: [bool; TYPES.len()],
    /// How many objects were seen.
    objects: usize,
    /// The members, and in how many objects each was seen.
    members: Vec<(String, Shape, usize)>,
    items: Option<Box<Shape>>,
    /// Whether anything was not looked at.
    is_open: bool,
}

const TYPES: [&str; 7] = [
    "null", "boolean", "integer", "number", "string", "array", "object",
];

/// The name of a value's type.
pub(super) fn type_of(value: &Value) -> &'static str {
    TYPES[type_index(value)]
}

fn type_index(value: &Value) -> usize {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(number) if !number.as_str().contains(['.', 'e', 'E']) => 2,
        Value::Number(_) => 3,
        Value::String(_) => 4,
        Value::Array(_) => 5,
        Value::Object(_) => 6,
    }
}

fn shape_of(value: &Value, depth: usize, left: &mut usize) -> Shape {
    let mut shape = Shape::default();
    if *left == 0 {
        shape.is_open = true;
        return shape;
    }
    *left -= 1;
    shape.types[type_index(value)] = true;
    let too_deep = depth == DEPTH_MAX;
    match value {
        Value::Array(items) if !items.is_empty() => {
            if too_deep {
                return shape;
            }
            let mut all = Shape::default();
            for item in items.iter().take(ITEMS_MAX) {
                all.unite(shape_of(item, depth + 1, left));
            }
            shape.items = Some(Box::new(all));
        }
        Value::Object(members) if !too_deep => {
            shape.objects = 1;
            for (name, member) in members.iter().take(MEMBERS_MAX) {
                let member = shape_of(member, depth + 1, left);
                shape.members.push((name.clone(), member, 1));
            }
        }
        _ => {}
    }
    shape
}

impl Shape {
    fn unite(&mut self, other: Self) {
        for (mine, its) in self.types.iter_mut().zip(other.types) {
            *mine |= its;
        }
        self.objects += other.objects;
        self.is_open |= other.is_open;
        for (name, shape, count) in other.members {
            let known = self.members.iter().position(|(known, ..)| *known == name);
            match known {
                Some(at) => {
                    let (_, known, seen) = &mut self.members[at];
                    known.unite(shape);
                    *seen += count;
                }
                None if self.members.len() < MEMBERS_MAX => {
                    self.members.push((name, shape, count));
                }
                None => {}
            }
        }
        if let Some(items) = other.items {
            self.items.get_or_insert_default().unite(*items);
        }
    }

    fn to_value(&self) -> Value {
        let mut types: Vec<&str> = Vec::new();
        for (at, name) in TYPES.iter().enumerate() {
            // Every integer is a number.
            if self.types[at] && !(*name == "integer" && self.types[at + 1]) {
                types.push(name);
            }
        }
        if types.is_empty() || self.is_open {
            return json!({});
        }
        let mut schema = Map::new();
        let said = match types.as_slice() {
            [one] => Value::from(*one),
            several => several.to_vec().into(),
        };
        schema.insert("type".to_owned(), said);
        if !self.members.is_empty() {
            let members = self.members.iter();
            let properties = members.map(|(name, shape, _)| (name.clone(), shape.to_value()));
            schema.insert("properties".to_owned(), Value::Object(properties.collect()));
            let required = self
                .members
                .iter()
                .filter(|(.., seen)| *seen == self.objects);
            let required: Vec<&str> = required.map(|(name, ..)| name.as_str()).collect();
            if !required.is_empty() {
                schema.insert("required".to_owned(), required.into());
            }
        }
        if let Some(items) = &self.items {
            schema.insert("items".to_owned(), items.to_value());
        }
        Value::Object(schema)
    }
}
