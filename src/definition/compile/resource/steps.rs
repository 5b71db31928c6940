//! What the operations of a resource do and answer.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::{Parts, input};
use crate::definition::model::{
    Cel, Create, Delete, Etag, FieldsParameter, Find, LetValue, OneOrMany, Operation, Pagination,
    Precondition, Query, Response, SortParameter, Step, Update,
};

/// The parameter by which a list is sorted.
pub(super) const SORT: &str = "sort";

/// How a list comes in pages of which a resource does not say it.
const PROFILE: &str = "offset";

/// What an operation is for.
pub(super) fn description(operation: Operation, parts: &Parts<'_>) -> String {
    let noun = parts.noun;
    match operation {
        Operation::List => format!("Lists {}.", parts.name),
        Operation::Get => format!("Gets one {noun}."),
        Operation::Create => format!("Makes a {noun}."),
        Operation::Replace => format!("Puts another {noun} in the place of one."),
        Operation::Update => {
            format!("Changes the members of a {noun} that are given; null drops one.")
        }
        Operation::Delete => format!("Deletes a {noun}."),
    }
}

/// Where an operation is called.
pub(super) fn route(operation: Operation, parts: &Parts<'_>) -> String {
    let (path, key) = (&parts.model.path, parts.key);
    match operation {
        Operation::List => format!("GET {path}"),
        Operation::Create => format!("POST {path}"),
        Operation::Get => format!("GET {path}/{{{key}}}"),
        Operation::Replace => format!("PUT {path}/{{{key}}}"),
        Operation::Update => format!("PATCH {path}/{{{key}}}"),
        Operation::Delete => format!("DELETE {path}/{{{key}}}"),
    }
}

/// What an operation does. `set` and `on_update` are members that it sets.
pub(super) fn steps(
    operation: Operation,
    parts: &Parts<'_>,
    set: &Map<String, Value>,
    on_update: &Map<String, Value>,
) -> Vec<Step> {
    match operation {
        // The list is what its pages are made of.
        Operation::List => Vec::new(),
        Operation::Get => {
            let shown = Query {
                pick: Some(Cel("record".into())),
                fields: fields(parts),
                ..Query::default()
            };
            let mut steps = found(parts, false);
            steps.push(named("shown", shown));
            steps
        }
        Operation::Create => {
            let create = Step {
                create: Some(Create {
                    collection: parts.collection.to_owned(),
                    from: Some(Cel("input".into())),
                    record: set.clone(),
                    replace: false,
                }),
                ..Step::default()
            };
            let key_is_given = parts.read_only.iter().any(|name| name == parts.key);
            let condition = (parts.model.etag != Etag::Off && !key_is_given).then(|| {
                precondition(Precondition {
                    required: false,
                    collection: Some(parts.collection.to_owned()),
                    key: Some(key(parts)),
                })
            });
            condition.into_iter().chain([create]).collect()
        }
        Operation::Replace => {
            let mut steps = found(parts, true);
            steps.push(update(parts, |change| Update {
                replace: Some(Cel("input".into())),
                set: on_update.clone(),
                ..change
            }));
            steps
        }
        Operation::Update => {
            let mut steps = found(parts, true);
            steps.push(update(parts, |change| Update {
                merge: Some(Cel("input".into())),
                set: on_update.clone(),
                schema: input::merged(parts),
                ..change
            }));
            steps
        }
        Operation::Delete => {
            let mut steps = found(parts, true);
            steps.push(Step {
                delete: Some(Delete {
                    collection: parts.collection.to_owned(),
                    key: key(parts),
                }),
                ..Step::default()
            });
            steps
        }
    }
}

/// What an operation answers.
pub(super) fn response(operation: Operation, parts: &Parts<'_>) -> Option<OneOrMany<Response>> {
    let body = |status, body: Value| Response {
        status: Some(status),
        json_body: Some(body),
        ..Response::default()
    };
    let response = match operation {
        Operation::List => return None,
        Operation::Get => body(200, json!("{{shown}}")),
        Operation::Replace | Operation::Update => body(200, json!("{{record}}")),
        Operation::Create => {
            let location = format!(
                "{{{{request.baseUrl}}}}{}{}/{{{{replace (urlEncode record.[{}]) '+' '%20'}}}}",
                parts.prefix, parts.model.path, parts.key
            );
            let location = OneOrMany {
                items: vec![location],
                listed: false,
            };
            Response {
                headers: IndexMap::from_iter([("Location".to_owned(), location)]),
                ..body(201, json!("{{record}}"))
            }
        }
        Operation::Delete => match &parts.model.deleted {
            Some(deleted) => body(200, deleted.clone()),
            None => Response {
                status: Some(204),
                ..Response::default()
            },
        },
    };
    Some(OneOrMany {
        items: vec![response],
        listed: false,
    })
}

/// How the list comes in pages: as the resource says, or else by numbers of rows.
pub(super) fn pagination(parts: &Parts<'_>) -> Pagination {
    let model = parts.model;
    let given = model.pagination.as_ref().map(|given| given.0.clone());
    let given = given.unwrap_or_default();
    let own = given.filter.iter().map(|cel| format!("({})", cel.0));
    let filters = model.filters.iter().map(|name| filter(parts, name));
    let conditions: Vec<String> = own.chain(filters).collect();
    let sort = (!model.sort.is_empty()).then(|| SortParameter {
        parameter: SORT.to_owned(),
        by: model.sort.clone(),
        direction: None,
    });
    let fields = model.fields.clone();
    Pagination {
        profile: given.profile.or_else(|| Some(PROFILE.to_owned())),
        list: given.list.or_else(|| Some(parts.collection.to_owned())),
        filter: (!conditions.is_empty()).then(|| Cel(conditions.join(" && "))),
        sort: given.sort.or(sort),
        fields: given
            .fields
            .or_else(|| fields.map(|parameter| FieldsParameter { parameter })),
        ..given
    }
}

/// Whether a record passes a filter that is given.
fn filter(parts: &Parts<'_>, name: &str) -> String {
    let name_text = quoted(name);
    let kind = input::property(parts, name).and_then(|property| property.get("type"));
    let test = match kind {
        Some(kind) if kind == "array" => {
            format!("input[{name_text}] in dig(record, {name_text}, [])")
        }
        _ => format!("dig(record, {name_text}, null) == input[{name_text}]"),
    };
    format!("(!({name_text} in input) || {test})")
}

fn fields(parts: &Parts<'_>) -> Option<Cel> {
    let name = parts.model.fields.as_ref()?;
    Some(Cel(format!("input[{}]", quoted(name))))
}

/// The record, and that the request means it as it is.
fn found(parts: &Parts<'_>, changes: bool) -> Vec<Step> {
    let mut steps = vec![Step {
        find: Some(Find {
            collection: parts.collection.to_owned(),
            key: key(parts),
            name: None,
            cause: None,
        }),
        ..Step::default()
    }];
    if parts.model.etag != Etag::Off {
        steps.push(precondition(Precondition {
            required: changes && parts.model.etag == Etag::Required,
            ..Precondition::default()
        }));
    }
    steps
}

fn precondition(precondition: Precondition) -> Step {
    Step {
        precondition: Some(precondition),
        ..Step::default()
    }
}

/// A change that leaves alone what a caller cannot set.
fn update(parts: &Parts<'_>, change: impl FnOnce(Update) -> Update) -> Step {
    let kept = parts.read_only.iter().filter(|name| *name != parts.key);
    Step {
        update: Some(change(Update {
            keep: kept.cloned().collect(),
            ..Update::default()
        })),
        ..Step::default()
    }
}

fn named(name: &str, query: Query) -> Step {
    let value = LetValue::Query(Box::new(query));
    Step {
        bind: Some(IndexMap::from_iter([(name.to_owned(), value)])),
        ..Step::default()
    }
}

fn key(parts: &Parts<'_>) -> Cel {
    Cel(format!("input[{}]", quoted(parts.key)))
}

/// A text as a literal of CEL, which JSON's is too.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
