//! Steps for each of several records or values. They have names of their own, and leave lists.

use std::sync::Arc;

use super::expression::Scope;
use super::query::order;
use super::report::{Place, Report};
use super::step::{Context, TAKEN, check_collection, check_free, hold_record, steps};
use crate::definition::compiled::{Among, EachSpec, Selection, Verb};
use crate::definition::model::Each;
use crate::matching::condition::Expression;

/// Compiles rounds. What they collect is in scope afterwards.
pub(super) fn each(
    model: &Each,
    at: usize,
    context: &mut Context<'_>,
    place: &Place,
    report: &mut Report,
) -> Option<Verb> {
    let mut inner = Context {
        label: format!("{}[{at}].each", context.label),
        ..context.clone()
    };
    let among = among(model, context, place, report);
    let limit = model.limit.as_ref();
    let limit = limit.map(|cel| context.scope.expression(cel, &place.at("limit"), report));
    if let Some(collection) = &model.collection {
        hold_record(&mut inner, collection);
    }
    let over = selection(model, among, &mut inner.scope, place, report);
    let names = names(model, &mut inner.scope, place, report);
    let steps = steps(&model.steps, &mut inner, &place.at("do"), report);
    let collect = collect(model, &inner.scope, context, &place.at("collect"), report);
    names?;
    let limit = match limit {
        None => None,
        Some(limit) => Some(limit?),
    };
    Some(Verb::Each(Box::new(EachSpec {
        over: Selection { limit, ..over? },
        name: model.name.as_deref().map(Into::into),
        index: model.index.as_deref().map(Into::into),
        steps: steps?,
        collect: collect?,
    })))
}

fn among(model: &Each, context: &Context<'_>, place: &Place, report: &mut Report) -> Option<Among> {
    match (&model.collection, &model.of) {
        (Some(collection), None) => {
            let known = check_collection(collection, context, &place.at("in"), report);
            known.then(|| Among::Records(collection.as_str().into()))
        }
        (None, Some(list)) => {
            let list = context.scope.expression(list, &place.at("of"), report);
            let Some(name) = &model.name else {
                let label = "expected `as` beside it, such as `as: entry`";
                report.error_at_key(&place.at("of"), "the elements have no name", label);
                return None;
            };
            Some(Among::Values {
                list: list?,
                name: name.as_str().into(),
            })
        }
        (Some(_), Some(_)) => {
            let message = "rounds go over records or over values, not over both";
            report.error_at_key(&place.at("of"), message, "leave this out, or `in`");
            None
        }
        (None, None) => {
            let label = "expected `in` (a collection) or `of` (a list)";
            report.error(place, "the rounds go over nothing", label);
            None
        }
    }
}

/// Compiles which of many are meant, and adds the name of a value to the scope.
fn selection(
    model: &Each,
    among: Option<Among>,
    scope: &mut Scope,
    place: &Place,
    report: &mut Report,
) -> Option<Selection> {
    if let (Some(_), Some(name)) = (&model.of, &model.name) {
        scope.add(name);
    }
    let filter = scope.optional(model.filter.as_ref(), &place.at("where"), report);
    let order = order(&model.order_by, scope, &place.at("orderBy"), report);
    (model.filter.is_some() == filter.is_some()).then_some(())?;
    Some(Selection {
        among: among?,
        filter,
        order: order?,
        limit: None,
    })
}

/// Checks the names that a round gives, and adds them to the scope.
fn names(model: &Each, scope: &mut Scope, place: &Place, report: &mut Report) -> Option<()> {
    let mut right = Some(());
    for (key, name) in [("as", &model.name), ("index", &model.index)] {
        let Some(name) = name else {
            continue;
        };
        let place = place.at(key);
        if TAKEN.contains(&name.as_str()) {
            let message = format!("`{name}` has a meaning already");
            report.error(&place, message, "choose another name");
            right = None;
        } else if key == "index" && model.name.as_ref() == Some(name) {
            let message = format!("`{name}` is the element already");
            report.error(&place, message, "choose another name");
            right = None;
        }
        scope.add(name);
    }
    right
}

/// Compiles what is kept of each round, and adds the lists to the scope of what follows.
fn collect(
    model: &Each,
    scope: &Scope,
    context: &mut Context<'_>,
    place: &Place,
    report: &mut Report,
) -> Option<Vec<(Arc<str>, Expression)>> {
    let mut kept = Some(Vec::new());
    for (name, cel) in &model.collect {
        let place = place.at(name);
        let free = check_free(name, &place, report);
        let expression = scope.expression(cel, &place, report);
        context.scope.add(name);
        match (free, expression, &mut kept) {
            (Some(()), Some(expression), Some(kept)) => {
                kept.push((name.as_str().into(), expression));
            }
            _ => kept = None,
        }
    }
    kept
}
