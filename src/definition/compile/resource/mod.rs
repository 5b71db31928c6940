//! Resources: each operation becomes a tool, so that all that works on tools works on them.
//!
//! What is made here is the model of a tool, as an author could have written it; it is compiled as
//! any other. Its place is the resource's, so that a mistake in what it takes over (a limit, a
//! template of `set`) is told where it stands.

mod input;
mod steps;

use indexmap::IndexSet;
use serde_json::{Map, Value};

use super::expression::{Scope, members};
use super::merged::{Merged, PackSource};
use super::record::check_set;
use super::report::{Place, Report};
use super::{Names, schema};
use crate::definition::model::{
    self, AuthRule, Etag, Named, OneOrMany, Operation, Override, TagOf, Tool,
};

/// What of a resource its tools are made of.
struct Parts<'a> {
    /// The resource's name.
    name: &'a str,
    /// As it was written.
    model: &'a model::Resource,
    /// The collection.
    collection: &'a str,
    /// The member that is the key.
    key: &'a str,
    /// Whether the collection makes a key for a record that brings none.
    makes_key: bool,
    /// The member that holds a machine's state.
    state: Option<&'a str>,
    /// What one record is called.
    noun: &'a str,
    /// The prefix below which the pack is served.
    prefix: &'a str,
    /// The schema of a record, without references.
    schema: Map<String, Value>,
    /// Members that a caller cannot set.
    read_only: Vec<String>,
}

/// The tools that the resources of a pack stand for, each with its name and place. What is wrong with
/// a resource itself is reported.
pub fn resources(source: &PackSource, report: &mut Report) -> Vec<(String, Tool, Place)> {
    // What the files of the pack say otherwise is reported when the pack is compiled.
    let merged = Merged::of(source, &mut Report::default());
    let names = super::pack::names(&merged);
    let mut tools = Vec::new();
    for (name, (model, place)) in &merged.resources {
        let Some(parts) = parts(name, model, source, &merged, &names, place, report) else {
            continue;
        };
        check_members(&parts, place, report);
        check_key(&parts, place, report);
        let sets = check_sets(&parts, &names, place, report);
        check_overrides(model, place, report);
        for operation in operations(model) {
            let over = model.tools.of(operation);
            let place = match over {
                Some(_) => place.at("tools").at(operation.name()).over(place),
                None => place.clone(),
            };
            let name = over.and_then(|over| over.name.clone());
            let name = name.unwrap_or_else(|| tool_name(operation, &parts));
            tools.push((name, tool(operation, &parts, sets, over), place));
        }
    }
    tools
}

fn operations(model: &model::Resource) -> Vec<Operation> {
    let wanted = model.operations.as_deref().unwrap_or(&Operation::ALL);
    let all = Operation::ALL.into_iter();
    all.filter(|operation| wanted.contains(operation)).collect()
}

fn tool_name(operation: Operation, parts: &Parts<'_>) -> String {
    let of = match operation {
        Operation::List => parts.name,
        _ => parts.noun,
    };
    format!("{}_{}", operation.name(), of.replace(' ', "_"))
}

fn parts<'a>(
    name: &'a str,
    model: &'a model::Resource,
    source: &'a PackSource,
    merged: &'a Merged<'_>,
    names: &'a Names,
    place: &Place,
    report: &mut Report,
) -> Option<Parts<'a>> {
    let path = check_path(&model.path, &place.at("path"), report);
    let collection = model.collection.as_deref().unwrap_or(name);
    let Some((spec, _)) = merged.collections.get(collection) else {
        let known = merged.collections.keys().copied();
        match model.collection {
            Some(_) => report.unknown(&place.at("collection"), "collection", collection, known),
            None => report.unknown_key(place, "collection", collection, known),
        }
        return None;
    };
    let schema = match &model.schema {
        None => Map::new(),
        Some(schema) => {
            let schema = Value::Object(schema.clone());
            let place = place.at("schema");
            match schema::resolve(&schema, &merged.schemas, &place, report, &mut Vec::new())? {
                Value::Object(schema) => schema,
                _ => Map::new(),
            }
        }
    };
    path?;
    let state = names.states.get(collection).map(String::as_str);
    let mut read_only = model.read_only.clone();
    let annotated = input::properties(&schema).filter(|(_, property)| {
        let said = property.get("readOnly");
        said == Some(&Value::Bool(true))
    });
    read_only.extend(annotated.map(|(name, _)| name.clone()));
    read_only.extend(state.map(str::to_owned));
    Some(Parts {
        name,
        model,
        collection,
        key: &spec.key,
        makes_key: spec.new_key.is_some(),
        state,
        noun: model
            .noun
            .as_deref()
            .or(spec.noun.as_deref())
            .unwrap_or(name),
        prefix: &source.prefix,
        schema,
        read_only,
    })
}

fn check_path(path: &str, place: &Place, report: &mut Report) -> Option<()> {
    let (message, label) = if !path.starts_with('/') {
        ("a path begins with /", "expected such as /v1/contacts")
    } else if path.ends_with('/') {
        ("the path of a resource does not end with /", "one too many")
    } else if path.contains(['{', '}']) {
        (
            "the path of a resource has no variables",
            "expected such as /v1/contacts",
        )
    } else {
        return Some(());
    };
    report.error(place, message, label);
    None
}

/// Every member that is named must be one that records have, where the schema says which these are.
fn check_members(parts: &Parts<'_>, place: &Place, report: &mut Report) {
    if input::properties(&parts.schema).next().is_none() {
        return;
    }
    let model = parts.model;
    let mut known: IndexSet<&str> = IndexSet::from([parts.key]);
    known.extend(input::properties(&parts.schema).map(|(name, _)| name.as_str()));
    known.extend(model.set.keys().map(String::as_str));
    known.extend(model.on_update.keys().map(String::as_str));
    known.extend(parts.state);
    for (key, named) in [
        ("readOnly", &model.read_only),
        ("filters", &model.filters),
        ("sort", &model.sort),
    ] {
        for (at, name) in named.iter().enumerate() {
            // A member of a member is looked for where a record has it.
            let first = name.split('.').next().unwrap_or(name);
            if !known.contains(name.as_str()) && !known.contains(first) {
                let place = place.at(key).at(at);
                report.unknown(&place, "member", name, known.iter().copied());
            }
        }
    }
}

/// A record that nobody gives a key cannot be made.
fn check_key(parts: &Parts<'_>, place: &Place, report: &mut Report) {
    let model = parts.model;
    let makes = operations(model).contains(&Operation::Create);
    let given = model.set.contains_key(parts.key) || parts.makes_key;
    if makes && !given && parts.read_only.iter().any(|name| name == parts.key) {
        let message = format!(
            "`{}` is read only, and `{}` makes no keys",
            parts.key, parts.collection
        );
        report.error_at_key(
            &place.at("readOnly"),
            message,
            "nobody gives a new record its key",
        );
    }
}

/// Whether the templates of `set` and of `onUpdate` are right; those that are not are left out of the
/// tools, which would report them again.
fn check_sets(
    parts: &Parts<'_>,
    names: &Names,
    place: &Place,
    report: &mut Report,
) -> (bool, bool) {
    let scope = Scope::of_call(names);
    let model = parts.model;
    let set = members(&model.set, &scope, &place.at("set"), report).is_some();
    let before = report.diagnostics.len();
    let place = place.at("onUpdate");
    let scope = scope.with("record");
    let made = members(&model.on_update, &scope, &place, report).is_some();
    check_set(&model.on_update, parts.collection, names, &place, report);
    (set, made && report.diagnostics.len() == before)
}

/// What is said of an operation that there is not is a mistake.
fn check_overrides(model: &model::Resource, place: &Place, report: &mut Report) {
    let wanted = operations(model);
    for operation in Operation::ALL {
        if model.tools.of(operation).is_some() && !wanted.contains(&operation) {
            let known = wanted.iter().map(|operation| operation.name());
            let place = place.at("tools").at(operation.name());
            report.unknown_key(&place, "operation", operation.name(), known);
        }
    }
}

/// The tool of an operation.
fn tool(
    operation: Operation,
    parts: &Parts<'_>,
    (sets, updates): (bool, bool),
    over: Option<&Override>,
) -> Tool {
    let model = parts.model;
    let nothing = Override::default();
    let over = over.unwrap_or(&nothing);
    let scopes = model.auth.as_ref().map(|auth| match operation.reads() {
        true => &auth.read,
        false => &auth.write,
    });
    let rule = scopes.filter(|scopes| !scopes.is_empty());
    let rule = rule.map(|scopes| AuthRule {
        scopes: scopes.clone(),
        ..AuthRule::default()
    });
    // PUT and DELETE can be sent again as they are.
    let repeats = matches!(operation, Operation::Create | Operation::Update);
    let key = model.idempotency.clone().filter(|_| repeats);
    let pages = operation == Operation::List;
    let (empty, set) = (Map::new(), &model.set);
    let set = if sets { set } else { &empty };
    let on_update = if updates { &model.on_update } else { &empty };
    Tool {
        description: over
            .description
            .clone()
            .unwrap_or_else(|| steps::description(operation, parts)),
        input: Some(input::schema(operation, parts)),
        route: Some(OneOrMany {
            items: vec![steps::route(operation, parts)],
            listed: false,
        }),
        query: (!operation.reads()).then_some(false),
        auth: over.auth.clone().or(rule),
        rate_limit: over.rate_limit.clone().or_else(|| model.rate_limit.clone()),
        idempotency: over.idempotency.clone().or(key),
        steps: steps::steps(operation, parts, set, on_update),
        etag: match model.etag != Etag::Off && operation != Operation::List {
            true => TagOf::Record,
            false => TagOf::Nothing,
        },
        pagination: pages.then(|| Named(steps::pagination(parts))),
        response: over
            .response
            .clone()
            .or_else(|| steps::response(operation, parts)),
        ..Tool::default()
    }
}
