//! JSON texts: laid out, merged, and changed at a path.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Answer, Fault, Given, Helper, Role, complain, indented, weight_of};
use crate::matching::json_path::{Found, JsonPath, MissingLeaf};
use crate::render::RenderError;

pub(super) const HELPERS: &[Helper] = &[
    Helper::transform("formatJson", format_json),
    Helper::new("jsonMerge", Role::Append, json_merge),
    Helper::value("jsonRemove", json_remove),
    Helper::new("jsonArrayAdd", Role::Append, json_array_add),
];

/// A step from a value to one that lies in it.
#[derive(Clone, Copy)]
enum Step<'n> {
    Member(&'n str),
    Item(usize),
}

/// `{{formatJson text format='compact'}}`.
fn format_json(given: &mut Given<'_>) -> Answer {
    let text = match given.argument(0) {
        Some(Value::String(text)) => text.trim(),
        _ => "",
    };
    if text.is_empty() {
        return complain(
            "formatJson should take a block of JSON to format or a single parameter of type String",
        );
    }
    let format = given.option_text("format");
    let is_pretty = match format.as_deref() {
        None | Some("pretty") => true,
        Some("compact") => false,
        Some(other) => {
            return complain(format!(
                "formatJson: format [{other}] should be one of [pretty, compact]"
            ));
        }
    };
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return complain("There was an error parsing the json. Please make sure the json is valid");
    };
    Ok(match is_pretty {
        true => indented(&value),
        false => value.to_string(),
    }
    .into())
}

/// `{{jsonMerge base more removeNulls=true}}`: objects are merged, all else is replaced.
fn json_merge(given: &mut Given<'_>) -> Answer {
    let Some(Value::String(base)) = given.argument(0) else {
        return complain("Base JSON parameter must be a string");
    };
    let mut merged = object(base, "Base JSON")?;
    let Some(Value::String(more)) = given.argument(1) else {
        return complain("JSON to merge must be a string");
    };
    let more = object(more, "JSON to merge")?;
    merge(&mut merged, more, given.flag("removeNulls"));
    Ok(Value::Object(merged).to_string().into())
}

fn object(text: &str, what: &str) -> Result<Map<String, Value>, Fault> {
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => complain(format!("{what} is not a JSON object ('{text}')")),
        Err(_) => complain(format!("{what} is not valid JSON ('{text}')")),
    }
}

/// The recursion is bounded by the depth to which texts are read.
fn merge(base: &mut Map<String, Value>, more: Map<String, Value>, removes_nulls: bool) {
    for (name, member) in more {
        match (base.get_mut(&name), member) {
            (Some(Value::Object(base)), Value::Object(more)) => merge(base, more, removes_nulls),
            (_, Value::Null) if removes_nulls => {
                base.shift_remove(&name);
            }
            (_, member) => {
                base.insert(name, member);
            }
        }
    }
}

/// `{{jsonRemove text '$.a'}}`: the text without what lies at the path.
fn json_remove(given: &mut Given<'_>) -> Answer {
    let Some(Value::String(text)) = given.argument(0) else {
        return complain("Input JSON must be a string");
    };
    if text == "null" {
        return Ok(text.as_str().into());
    }
    if given.positional.len() != 2 {
        return complain("A single JSONPath expression parameter must be supplied");
    }
    let Some(Value::String(expression)) = given.argument(1) else {
        return complain("JSONPath parameter must be a string");
    };
    let Ok(mut document) = serde_json::from_str::<Value>(text) else {
        return complain(format!("Input JSON string is not valid JSON ('{text}')"));
    };
    let path = JsonPath::compile(expression)
        .ok()
        .filter(|_| !expression.is_empty());
    let Some(path) = path else {
        return complain(format!(
            "JSONPath parameter is not a valid JSONPath expression ('{expression}')"
        ));
    };
    charge_for(given, &document)?;
    let mut places = places(&document, &path);
    if places.iter().any(Vec::is_empty) {
        return complain(format!(
            "Delete operation cannot be applied to JSONPath expression ('{expression}')"
        ));
    }
    // What comes later in a list goes first, so that positions stay what they are.
    places.reverse();
    let places: Vec<Vec<Owned>> = places.iter().map(|steps| owned(steps)).collect();
    for steps in &places {
        remove(&mut document, steps);
    }
    Ok(document.to_string().into())
}

/// `{{jsonArrayAdd list item jsonPath='$.a' flatten=true maxItems=3}}`.
fn json_array_add(given: &mut Given<'_>) -> Answer {
    let Some(Value::String(base)) = given.argument(0) else {
        return complain("Base JSON must be a string");
    };
    let Ok(mut document) = serde_json::from_str::<Value>(base) else {
        return complain(format!("Base JSON is not valid JSON ('{base}')"));
    };
    charge_for(given, &document)?;
    let steps = target(given, &document)?;
    let detail = match given.option_text("jsonPath") {
        None => format!("'{base}'"),
        Some(path) => format!("root: '{base}', jsonPath: '{path}'"),
    };
    let list = steps.and_then(|steps| at(&mut document, &steps)?.as_array_mut());
    let Some(list) = list else {
        return complain(format!("Target JSON is not a JSON array ({detail})"));
    };
    let Some(Value::String(item)) = given.argument(1) else {
        return complain("Item-to-add JSON must be a string");
    };
    let Ok(item) = serde_json::from_str::<Value>(item) else {
        return complain(format!("Item-to-add JSON is not valid JSON ('{item}')"));
    };
    let flattens = match given.option("flatten") {
        None => false,
        Some(Value::Bool(flattens)) => *flattens,
        Some(_) => return complain("flatten option must be a boolean"),
    };
    match item {
        Value::Array(items) if flattens => list.extend(items),
        item => list.push(item),
    }
    match given.option("maxItems") {
        None => {}
        Some(Value::Number(most)) => match most.as_i64().map(usize::try_from) {
            Some(Ok(most)) => drop(list.drain(..list.len().saturating_sub(most))),
            Some(Err(_)) => return complain("maxItems option integer must be positive"),
            None => return complain("maxItems option must be an integer"),
        },
        Some(_) => return complain("maxItems option must be an integer"),
    }
    Ok(document.to_string().into())
}

/// Where the list is that `jsonPath=` names; none, if it names nothing.
fn target(given: &Given<'_>, document: &Value) -> Result<Option<Vec<Owned>>, Fault> {
    let text = match given.option("jsonPath") {
        None => return Ok(Some(Vec::new())),
        Some(Value::String(text)) => text,
        Some(_) => return complain("jsonPath option must be a string"),
    };
    let path = JsonPath::compile(text).ok().filter(|_| !text.is_empty());
    let Some(path) = path else {
        return complain(format!(
            "jsonPath option is not valid JSONPath expression ('{text}')"
        ));
    };
    Ok(match places(document, &path).as_slice() {
        [only] => Some(owned(only)),
        _ => None,
    })
}

/// A path may visit all of a document.
fn charge_for(given: &mut Given<'_>, document: &Value) -> Result<(), Fault> {
    let weight = weight_of(document, 0).ok_or(RenderError::ValueTooDeep)?;
    Ok(given.charge(weight)?)
}

/// Where in the document the values lie that the path leads to, in the order of the document.
fn places<'d>(document: &'d Value, path: &JsonPath) -> Vec<Vec<Step<'d>>> {
    let found: Vec<&Value> = match path.find_with(document, MissingLeaf::Absent) {
        Found::One(value) => vec![value],
        Found::Many(values) => {
            let lent = |value| match value {
                Cow::Borrowed(value) => Some(value),
                Cow::Owned(_) => None,
            };
            values.into_iter().filter_map(lent).collect()
        }
        Found::Missing | Found::Computed(_) => Vec::new(),
    };
    // A value is known by where it is in memory: equal values may lie elsewhere too.
    let mut wanted: Vec<*const Value> = found.into_iter().map(std::ptr::from_ref).collect();
    wanted.sort_unstable();
    let mut places = Vec::new();
    search(document, &wanted, &mut Vec::new(), &mut places);
    places
}

/// The recursion is bounded by the depth to which texts are read.
fn search<'d>(
    value: &'d Value,
    wanted: &[*const Value],
    steps: &mut Vec<Step<'d>>,
    places: &mut Vec<Vec<Step<'d>>>,
) {
    if wanted.binary_search(&std::ptr::from_ref(value)).is_ok() {
        places.push(steps.clone());
        return;
    }
    let mut deeper = |step, part| {
        steps.push(step);
        search(part, wanted, steps, places);
        steps.pop();
    };
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                deeper(Step::Item(index), item);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                deeper(Step::Member(name), member);
            }
        }
        _ => {}
    }
}

/// A step that outlives the document it was found in.
enum Owned {
    Member(String),
    Item(usize),
}

fn owned(steps: &[Step<'_>]) -> Vec<Owned> {
    let owned = |step: &Step<'_>| match *step {
        Step::Member(name) => Owned::Member(name.to_owned()),
        Step::Item(index) => Owned::Item(index),
    };
    steps.iter().map(owned).collect()
}

/// What lies at the end of these steps.
fn at<'d>(document: &'d mut Value, steps: &[Owned]) -> Option<&'d mut Value> {
    steps.iter().try_fold(document, |value, step| match step {
        Owned::Member(name) => value.get_mut(name),
        Owned::Item(index) => value.get_mut(*index),
    })
}

fn remove(document: &mut Value, steps: &[Owned]) {
    let Some((last, before)) = steps.split_last() else {
        return;
    };
    match (at(document, before), last) {
        (Some(Value::Object(members)), Owned::Member(name)) => {
            members.shift_remove(name);
        }
        (Some(Value::Array(items)), Owned::Item(index)) if *index < items.len() => {
            items.remove(*index);
        }
        _ => {}
    }
}
