//! The plan: what befalls each item before it is tried.

use std::sync::Arc;

use serde_json::Value;

use super::blame;
use super::items::Item;
use super::model::Model;
use super::modes::Kind;
use crate::behaviours::{Refusal, Variables, View};
use crate::definition::compiled::{BatchSpec, FailureSpec};
use crate::matching::condition::Expression;

/// How a batch is tried.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Whether nothing is tried after the first item that fails.
    pub stop_at_first: bool,
    /// Whether a failure undoes all.
    pub all_or_nothing: bool,
    /// Whether the call is refused then.
    pub refuses: bool,
    /// The items, in order.
    pub items: Vec<Planned>,
}

/// What befalls one item.
#[derive(Clone, Debug, Default)]
pub struct Planned {
    /// Its id.
    pub id: Option<Arc<str>>,
    /// Whether it is linked with the next.
    pub linked: bool,
    /// The ids of the items that must be done before.
    pub needs: Vec<Arc<str>>,
    /// It fails, and is not tried.
    pub fails: Option<(Refusal, Kind)>,
}

/// Plans a batch. `nth` is the how-manieth call of its tool this is. `variables` are those of the call;
/// afterwards they are as before.
///
/// # Errors
/// `malformed_batch`, where what the caller gave cannot be what the definition takes it for.
pub fn plan(
    view: &View<'_>,
    variables: &mut Variables,
    spec: &BatchSpec,
    items: &mut [Item],
    nth: u64,
) -> Result<Plan, Refusal> {
    let all_or_nothing = match &spec.all_or_nothing {
        Some(condition) => asked(&over(view, variables), condition, "input")?,
        None => false,
    };
    let mut model = Model::new(view, variables, &spec.look);
    let mut planned = Vec::with_capacity(items.len());
    for (at, item) in items.iter_mut().enumerate() {
        let mut one = Planned {
            id: item.id.clone(),
            ..Planned::default()
        };
        if spec.linked.is_some() || spec.depends_on.is_some() || !spec.failures.is_empty() {
            variables.insert("item".into(), item.seen.take());
            let bound = bind(&over(view, variables), spec, &mut one);
            // What cannot be told of one item is that item's failure, and no other's.
            let struck = befall(&over(view, variables), spec, at, nth);
            item.seen = variables.shift_remove("item").unwrap_or_default();
            bound.map_err(|refusal| Refusal {
                message: format!("item {}: {}", at + 1, refusal.message),
                ..refusal.with("number", at + 1)
            })?;
            one.fails = match struck {
                Ok(None) => None,
                Ok(Some(failure)) => Some(injected(view, &mut model, spec, failure, item, at)),
                Err(_) => {
                    let message = "whether it is made to fail cannot be told of it";
                    let refusal = Refusal::invalid_field("item", message);
                    Some((refusal, Kind::Own))
                }
            };
        }
        planned.push(one);
    }
    Ok(Plan {
        stop_at_first: spec.stop_at_first,
        all_or_nothing,
        refuses: spec.refuses,
        items: planned,
    })
}

fn over<'a>(view: &View<'a>, variables: &'a Variables) -> View<'a> {
    View { variables, ..*view }
}

/// What binds an item to others.
fn bind(view: &View<'_>, spec: &BatchSpec, planned: &mut Planned) -> Result<(), Refusal> {
    if let Some(linked) = &spec.linked {
        planned.linked = asked(view, linked, "item")?;
    }
    if let Some(depends_on) = &spec.depends_on {
        let found = view.eval_optional(depends_on);
        let found = found.map_err(|_| blame::unexpected(depends_on, "item", view.variables))?;
        let message = "expected ids of other items";
        planned.needs =
            ids(found).ok_or_else(|| blame::blamed(depends_on, "item", view.variables, message))?;
    }
    Ok(())
}

/// The failure that is made up for an item, if one is.
fn befall<'s>(
    view: &View<'_>,
    spec: &'s BatchSpec,
    at: usize,
    nth: u64,
) -> Result<Option<&'s FailureSpec>, Refusal> {
    for (which, failure) in spec.failures.iter().enumerate() {
        if strikes(view, failure, which, at, nth)? {
            return Ok(Some(failure));
        }
    }
    Ok(None)
}

fn injected(
    view: &View<'_>,
    model: &mut Model,
    spec: &BatchSpec,
    failure: &FailureSpec,
    item: &mut Item,
    at: usize,
) -> (Refusal, Kind) {
    let message = match &failure.message {
        Some(template) => {
            model.put(item.seen.take());
            let message = model.text(template, view);
            item.seen = model.take();
            message
        }
        None => Ok(format!("item {} was made to fail", at + 1)),
    };
    match message {
        Ok(message) => {
            let refusal = Refusal::new(&failure.cause, message).shaped(&spec.refusals);
            (refusal, Kind::Injected)
        }
        Err(refusal) => (refusal, Kind::Own),
    }
}

fn strikes(
    view: &View<'_>,
    failure: &FailureSpec,
    which: usize,
    at: usize,
    nth: u64,
) -> Result<bool, Refusal> {
    let number = u64::try_from(at).unwrap_or(u64::MAX).saturating_add(1);
    let draw = || {
        let chance = view.chance.named("failure").again(index(which));
        chance.draw("item", index(at))
    };
    let here = failure
        .on_calls
        .as_ref()
        .is_none_or(|calls| calls.contains(&nth))
        && failure
            .items
            .as_ref()
            .is_none_or(|items| items.contains(&number))
        && failure
            .every
            .is_none_or(|every| number.is_multiple_of(every))
        && failure.chance.is_none_or(|chance| draw() < chance);
    match &failure.filter {
        Some(filter) if here => holds(view, filter),
        _ => Ok(here),
    }
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Whether a condition holds; it does not, where it names something that is not there.
fn holds(view: &View<'_>, condition: &Expression) -> Result<bool, Refusal> {
    match view.eval_optional(condition)? {
        None => Ok(false),
        Some(Value::Bool(holds)) => Ok(holds),
        Some(_) => Err(Refusal::definition(
            condition.source(),
            "expected true or false",
        )),
    }
}

/// Whether a condition over what a caller gave as `name` holds; it does not, where it names something
/// that is not there.
fn asked(view: &View<'_>, condition: &Expression, name: &str) -> Result<bool, Refusal> {
    match view.eval_optional(condition) {
        Ok(None) => Ok(false),
        Ok(Some(Value::Bool(holds))) => Ok(holds),
        Ok(Some(other)) => Err(blame::no_condition(condition, name, view.variables, &other)),
        Err(_) => Err(blame::unexpected(condition, name, view.variables)),
    }
}

/// Ids as a list of texts or numbers, or one alone; nothing, if they are none.
fn ids(found: Option<Value>) -> Option<Vec<Arc<str>>> {
    let listed = match found {
        None => Vec::new(),
        Some(Value::Array(ids)) => ids,
        Some(one) => vec![one],
    };
    let id = |id: Value| match id {
        Value::String(text) => Some(Arc::from(text)),
        Value::Number(number) => Some(Arc::from(number.to_string())),
        _ => None,
    };
    listed.into_iter().map(id).collect()
}
