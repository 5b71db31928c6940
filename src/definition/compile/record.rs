//! Steps that look up, make and change records.

use serde_json::{Map, Value};

use super::expression::members;
use super::report::{Place, Report};
use super::step::{Context, TAKEN, check_cause, check_collection, need_record};
use super::{Names, schema};
use crate::definition::compiled::{Change, Verb, Whole};
use crate::definition::model::{Create, Find, Precondition, Update};

/// Compiles conditions of the request.
pub(super) fn precondition(
    model: &Precondition,
    context: &Context<'_>,
    place: &Place,
    report: &mut Report,
) -> Option<Verb> {
    let of = match (&model.collection, &model.key) {
        (None, None) => {
            need_record(context, place, report)?;
            None
        }
        (Some(collection), Some(key)) => {
            let known = check_collection(collection, context, &place.at("in"), report);
            let key = context.scope.expression(key, &place.at("key"), report);
            known.then_some(())?;
            Some((collection.as_str().into(), key?))
        }
        (collection, _) => {
            let (given, missing) = match collection {
                Some(_) => ("in", "key"),
                None => ("key", "in"),
            };
            let message = format!("`{given}` names no record without `{missing}`");
            report.error_at_key(&place.at(given), message, "give both, or none of them");
            return None;
        }
    };
    Some(Verb::Precondition {
        required: model.required,
        of,
    })
}

/// Compiles a look for a record. `perhaps` says whether the step may be passed over.
pub(super) fn find(
    model: &Find,
    perhaps: bool,
    context: &mut Context<'_>,
    place: &Place,
    report: &mut Report,
) -> Option<Verb> {
    let known = check_collection(&model.collection, context, &place.at("in"), report);
    if let Some(cause) = &model.cause {
        check_cause(cause, context.names, &place.at("else"), report);
    }
    let key = context
        .scope
        .expression(&model.key, &place.at("key"), report);
    if let Some(name) = &model.name {
        let place = place.at("as");
        if TAKEN.contains(&name.as_str()) {
            let message = format!("`{name}` has a meaning already");
            report.error(&place, message, "choose another name");
        } else if perhaps {
            let message = format!("`{name}` would be there only where `when` holds");
            report.error(&place, message, "a `find` with `when` gives no name");
        }
        context.scope.add(name);
    }
    known.then_some(())?;
    Some(Verb::Find {
        collection: model.collection.as_str().into(),
        key: key?,
        name: model.name.as_deref().map(Into::into),
        cause: model.cause.as_deref().unwrap_or("not_found").into(),
    })
}

/// Compiles the making of a record.
pub(super) fn create(
    model: &Create,
    context: &Context<'_>,
    place: &Place,
    report: &mut Report,
) -> Option<Verb> {
    let known = check_collection(&model.collection, context, &place.at("in"), report);
    let scope = &context.scope;
    let from = model.from.as_ref();
    let from = from.map(|from| scope.expression(from, &place.at("from"), report));
    let record = members(&model.record, scope, &place.at("record"), report);
    if from.is_none() {
        check_created(
            &model.record,
            &model.collection,
            context.names,
            &place.at("record"),
            report,
        );
    }
    known.then_some(())?;
    Some(Verb::Create {
        collection: model.collection.as_str().into(),
        from: from.map_or(Some(None), |from| from.map(Some))?,
        record: record?,
        replace: model.replace,
    })
}

/// Compiles a change of the record at hand.
pub(super) fn update(
    model: &Update,
    context: &Context<'_>,
    place: &Place,
    report: &mut Report,
) -> Option<Verb> {
    let there = need_record(context, place, report);
    if let Some(collection) = &context.collection {
        check_set(
            &model.set,
            collection,
            context.names,
            &place.at("set"),
            report,
        );
    }
    let mut scope = context.scope.clone();
    if there.is_none() {
        // That there is no record has been said.
        scope.add("record");
    }
    let set = members(&model.set, &scope, &place.at("set"), report);
    let whole = match (&model.merge, &model.replace) {
        (None, None) => {
            if model.set.is_empty() {
                report.error(
                    place,
                    "the update changes nothing",
                    "expected set, merge or replace",
                );
                return None;
            }
            None
        }
        (Some(cel), None) => Some(Whole::Merge(scope.expression(
            cel,
            &place.at("merge"),
            report,
        )?)),
        (None, Some(cel)) => Some(Whole::Replace(scope.expression(
            cel,
            &place.at("replace"),
            report,
        )?)),
        (Some(_), Some(_)) => {
            report.error_at_key(
                &place.at("replace"),
                "an update has one of `merge` and `replace`",
                "one too many",
            );
            return None;
        }
    };
    if whole.is_none() && !model.keep.is_empty() {
        report.error_at_key(
            &place.at("keep"),
            "`keep` says what `merge` or `replace` leaves alone",
            "there is neither",
        );
    }
    let schema = model.schema.as_ref().map(|schema| {
        let place = place.at("schema");
        schema::object(Some(schema), &context.names.schemas, &place, report)
    });
    let set = there.and(set)?;
    Some(Verb::Update(Change {
        whole,
        keep: model.keep.clone(),
        set,
        schema: schema.map_or(Some(None), |schema| schema.map(Some))?,
    }))
}

/// A record without a key cannot be stored.
pub(super) fn check_created(
    record: &Map<String, Value>,
    collection: &str,
    names: &Names,
    place: &Place,
    report: &mut Report,
) {
    let Some(key) = names.keys.get(collection) else {
        return;
    };
    if !names.makers.contains(collection) && !record.contains_key(key) {
        let message = format!("the record has no `{key}`, and `{collection}` makes none");
        report.error(place, message, "give the key, or the collection a `newKey`");
    }
}

/// Members that `update` must leave alone.
pub(super) fn check_set(
    set: &Map<String, Value>,
    collection: &str,
    names: &Names,
    place: &Place,
    report: &mut Report,
) {
    check_key(set, collection, names, place, report);
    if let Some(field) = names.states.get(collection)
        && set.contains_key(field)
    {
        let message = format!("`{field}` holds the state and cannot be set");
        report.error_at_key(
            &place.at(field),
            message,
            "the state is moved by `transition`",
        );
    }
}

/// A record stays under the key that it was made with.
pub(super) fn check_key(
    set: &Map<String, Value>,
    collection: &str,
    names: &Names,
    place: &Place,
    report: &mut Report,
) {
    if let Some(key) = names.keys.get(collection)
        && set.contains_key(key)
    {
        let message = format!("`{key}` is the record's key and cannot be set");
        report.error_at_key(&place.at(key), message, "a record keeps its key");
    }
}
