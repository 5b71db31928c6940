//! JSON Schemas of tools: references are put in place, so that what is published stands alone.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::report::{Place, Report};
use crate::definition::compiled::InputSchema;

/// Where a pack's own schemas are referred to.
const PREFIX: &str = "#/schemas/";

/// A pack's named schemas, and where each stands.
pub(super) type Schemas = IndexMap<String, (Value, Place)>;

/// Compiles the schema of an object.
pub(super) fn object(
    schema: Option<&Map<String, Value>>,
    schemas: &Schemas,
    place: &Place,
    report: &mut Report,
) -> Option<InputSchema> {
    let mut schema = schema.cloned().unwrap_or_default();
    if !schema.contains_key("type") {
        schema.shift_insert(0, "type".into(), "object".into());
    }
    let resolved = resolve(
        &Value::Object(schema),
        schemas,
        place,
        report,
        &mut Vec::new(),
    )?;
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&resolved);
    match (validator, resolved) {
        (Ok(validator), Value::Object(schema)) => Some(InputSchema {
            schema: schema.into(),
            validator,
        }),
        (Ok(_), _) => None,
        (Err(error), _) => {
            let place = place.below(error.instance_path().as_str());
            report.error(
                &place,
                format!("not a JSON Schema: {error}"),
                "in this schema",
            );
            None
        }
    }
}

/// Whether a schema gives members a default.
pub(super) fn has_defaults(schema: &Map<String, Value>) -> bool {
    let properties = schema.get("properties").and_then(Value::as_object);
    let members = properties.into_iter().flat_map(Map::values);
    let below = members.chain(schema.get("items"));
    below
        .filter_map(Value::as_object)
        .any(|below| below.contains_key("default") || has_defaults(below))
}

/// Checks that every named schema can be resolved, used or not.
pub(super) fn check_all(schemas: &Schemas, report: &mut Report) {
    for (name, (schema, place)) in schemas {
        resolve(schema, schemas, place, report, &mut vec![name.clone()]);
    }
}

/// Puts what is referred to in the place of the reference. `open` are the names being resolved.
pub(super) fn resolve(
    schema: &Value,
    schemas: &Schemas,
    place: &Place,
    report: &mut Report,
    open: &mut Vec<String>,
) -> Option<Value> {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                return refer(reference, members, schemas, &place.at("$ref"), report, open);
            }
            let mut resolved = Map::new();
            for (name, member) in members {
                resolved.insert(
                    name.clone(),
                    resolve(member, schemas, &place.at(name), report, open)?,
                );
            }
            Some(Value::Object(resolved))
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            let resolved: Option<Vec<Value>> = items
                .map(|(at, item)| resolve(item, schemas, &place.at(at), report, open))
                .collect();
            resolved.map(Value::Array)
        }
        other => Some(other.clone()),
    }
}

fn refer(
    reference: &str,
    members: &Map<String, Value>,
    schemas: &Schemas,
    place: &Place,
    report: &mut Report,
    open: &mut Vec<String>,
) -> Option<Value> {
    let Some(name) = reference.strip_prefix(PREFIX) else {
        report.error(
            place,
            format!("`{reference}` is not a reference to a schema of this pack"),
            "expected #/schemas/NAME",
        );
        return None;
    };
    let Some((target, _)) = schemas.get(name) else {
        report.unknown(place, "schema", name, schemas.keys().map(String::as_str));
        return None;
    };
    if open.iter().any(|known| known == name) {
        let cycle = format!("{} → {name}", open.join(" → "));
        report.error(
            place,
            format!("schemas refer to each other in a cycle: {cycle}"),
            "the cycle closes here",
        );
        return None;
    }
    open.push(name.to_owned());
    let resolved = resolve(target, schemas, place, report, open);
    open.pop();
    // What stands beside a reference refines it (JSON Schema 2020-12 §8.2.3.1).
    let mut resolved = resolved?;
    if let Value::Object(target) = &mut resolved {
        let beside = members.iter().filter(|(name, _)| *name != "$ref");
        target.extend(beside.map(|(name, value)| (name.clone(), value.clone())));
    }
    Some(resolved)
}
