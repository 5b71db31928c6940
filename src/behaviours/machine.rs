//! State machines: whether a transition may happen, and what will happen by itself.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::{Refusal, View};
use crate::definition::compiled::{Alternative, Machine, Transition};
use crate::domain::time::parse_instant;

/// Chooses the way in which a transition goes for the record at hand.
///
/// Who may act is asked before in which state, so that a stranger learns nothing of the state. Time
/// may always.
///
/// # Errors
/// `not_permitted`, when the caller may not; `illegal_transition`, when the state does not allow it.
pub fn choose<'a>(
    view: &View<'_>,
    machine: &Machine,
    transition: &'a Transition,
    by_time: bool,
) -> Result<&'a Alternative, Refusal> {
    let state = state_of(machine, view.record());
    let mut meant = Vec::new();
    for alternative in &transition.alternatives {
        if holds(view, alternative.when.as_ref())? {
            meant.push(alternative);
        }
    }
    let fitting = meant.iter().find(|alternative| leaves(alternative, state));
    let refusal = |cause: &str, message: String| {
        Refusal::new(cause, message)
            .with("transition", &*transition.name)
            .with("machine", &*machine.name.name)
            .with("noun", noun(view, machine))
            .with("state", state)
    };
    if let Some(asked) = fitting.or(meant.first())
        && !by_time
        && !holds(view, asked.by.as_ref())?
    {
        let message = format!("the caller may not {} it", transition.name);
        return Err(refusal("not_permitted", message));
    }
    fitting.copied().ok_or_else(|| {
        let message = format!("{} is not possible in state {state:?}", transition.name);
        refusal("illegal_transition", message)
    })
}

/// The way in which a transition goes when time makes it: the one whose time it is. Nothing, if it
/// no longer can.
///
/// # Errors
/// When a condition fails.
pub fn choose_by_time<'a>(
    view: &View<'_>,
    machine: &Machine,
    transition: &'a Transition,
    alternative: usize,
) -> Result<Option<&'a Alternative>, Refusal> {
    let Some(meant) = transition.alternatives.get(alternative) else {
        return Ok(None);
    };
    let fits = leaves(meant, state_of(machine, view.record())) && holds(view, meant.when.as_ref())?;
    Ok(fits.then_some(meant))
}

/// Something that will happen to a record by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// The transition.
    pub transition: Arc<str>,
    /// Which of its alternatives.
    pub alternative: usize,
    /// When.
    pub at: Timestamp,
}

/// What will happen to the record at hand by itself, and when.
///
/// # Errors
/// `invalid_input`, when the instant is not one.
pub fn timers(view: &View<'_>, machine: &Machine) -> Result<Vec<Due>, Refusal> {
    let state = state_of(machine, view.record());
    let mut timers = Vec::new();
    for transition in machine.transitions.values() {
        for (index, alternative) in transition.alternatives.iter().enumerate() {
            let Some(at) = alternative
                .at
                .as_ref()
                .filter(|_| leaves(alternative, state))
            else {
                continue;
            };
            let Some(instant) = view.eval_optional(at)? else {
                continue;
            };
            let Some(instant) = instant.as_str().and_then(parse_instant) else {
                let field = at.source().strip_prefix("record.").unwrap_or(at.source());
                let message = format!("expected an RFC 3339 date-time, found {instant}");
                return Err(Refusal::invalid_field(field, message));
            };
            timers.push(Due {
                transition: transition.name.clone(),
                alternative: index,
                at: instant,
            });
        }
    }
    Ok(timers)
}

/// The state that a record is in; empty, if it has none.
#[must_use]
pub fn state_of<'a>(machine: &Machine, record: Option<&'a Value>) -> &'a str {
    record
        .and_then(|record| record.get(&machine.field))
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn leaves(alternative: &Alternative, state: &str) -> bool {
    alternative.from.iter().any(|from| from == state)
}

fn holds(
    view: &View<'_>,
    condition: Option<&crate::matching::condition::Expression>,
) -> Result<bool, Refusal> {
    condition.map_or(Ok(true), |condition| view.test(condition))
}

fn noun(view: &View<'_>, machine: &Machine) -> String {
    view.pack
        .collections
        .get(&machine.collection)
        .map_or_else(|| machine.collection.to_string(), |spec| spec.noun.clone())
}
