//! Fault rules on the stage: they come, go, and pause.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Error;
use crate::definition::compile::fault::named;
use crate::domain::fault::Moment;
use crate::domain::time::{parse_instant, parse_length_ms, shift};
use crate::engine::draft::Draft;
use crate::state::Effect;
use crate::state::faults::{Planned, Rule};

/// The most rules that a sandbox has.
pub const RULES_MAX: usize = 1_000;

/// A change of the fault rules of a sandbox.
#[derive(Clone, Debug)]
pub enum FaultChange {
    /// Rules are made: all, or none. One without an id gets one.
    Put {
        /// The rules.
        rules: Vec<Rule>,
        /// Whether a rule takes the place of one that has its id; otherwise that is a conflict.
        replace: bool,
    },
    /// A rule is dropped, by its id.
    Remove(String),
    /// All rules are dropped.
    Clear,
    /// No rule does anything, or all do again.
    Pause(bool),
    /// What has happened is forgotten.
    ForgetEvents,
}

/// Makes a change; gives the rules that were made.
pub(super) fn change(draft: &mut Draft, change: &FaultChange) -> Result<Value, Error> {
    match change {
        FaultChange::Put { rules, replace } => {
            return put(draft, rules, *replace).map(Value::Array);
        }
        FaultChange::Remove(id) => {
            let rule = draft.state().faults.get(id).cloned();
            let rule = rule.ok_or_else(|| Error::NotFound(format!("there is no rule {id:?}")))?;
            let id = rule.rule.id.clone();
            draft.push(Effect::FaultRemoved { id });
        }
        FaultChange::Clear => draft.push(Effect::FaultsCleared),
        FaultChange::Pause(paused) => draft.push(Effect::FaultsPaused(*paused)),
        FaultChange::ForgetEvents => draft.push(Effect::FaultEventsCleared),
    }
    Ok(Value::Null)
}

/// Puts rules, in their order; gives each as it is listed.
///
/// # Errors
/// When an id is taken, a rule would end before it begins, or there are too many.
pub(in crate::engine) fn put(
    draft: &mut Draft,
    rules: &[Rule],
    replace: bool,
) -> Result<Vec<Value>, Error> {
    let listed = rules.len() > 1;
    let mut made = Vec::with_capacity(rules.len());
    for (at, rule) in rules.iter().enumerate() {
        let one = put_one(draft, rule, replace).map_err(|error| match listed {
            true => error.within(&format!("faults[{at}]")),
            false => error,
        })?;
        made.push(one);
    }
    Ok(made)
}

fn put_one(draft: &mut Draft, rule: &Rule, replace: bool) -> Result<Value, Error> {
    let faults = &draft.state().faults;
    let there = faults.get(&rule.id).is_some();
    if there && !replace {
        return Err(Error::Taken {
            field: "id".into(),
            message: format!("there is a rule {} already", rule.id),
        });
    }
    if !there && faults.iter().count() >= RULES_MAX {
        return Err(Error::Invalid {
            field: "id".into(),
            message: format!("a sandbox has at most {RULES_MAX} rules"),
        });
    }
    let id: Arc<str> = match rule.id.is_empty() {
        true => format!("r{}", faults.next_id()).into(),
        false => rule.id.clone(),
    };
    let now = draft.state().now;
    let from = rule
        .when
        .from
        .as_ref()
        .and_then(|moment| time_of(moment, now));
    let until = rule
        .when
        .until
        .as_ref()
        .and_then(|moment| time_of(moment, now));
    if let (Some(from), Some(until)) = (from, until)
        && until <= from
    {
        return Err(Error::Invalid {
            field: "when.until".into(),
            message: format!("expected a later time than `from`: that is {from}, and this {until}"),
        });
    }
    let rule = Arc::new(Rule {
        shown: Arc::new(named(&rule.shown, &id)),
        id: id.clone(),
        from,
        until,
        ..rule.clone()
    });
    draft.push(Effect::FaultPut(rule));
    let made = draft.state().faults.get(&id);
    Ok(made.map_or(Value::Null, |planned| shown_rule(planned, 0)))
}

/// What a moment is where a rule is made now. It was read when the rule was compiled.
fn time_of(moment: &Moment, now: Timestamp) -> Option<Timestamp> {
    match parse_length_ms(&moment.0) {
        Some(millis) => Some(shift(now, millis)),
        None => parse_instant(&moment.0),
    }
}

/// A rule as it is listed: as it was given, and what has come of it.
#[must_use]
pub fn shown_rule(planned: &Planned, fired: u64) -> Value {
    let mut shown = Value::clone(&planned.rule.shown);
    if let Some(members) = shown.as_object_mut() {
        members.insert("fired".into(), fired.into());
        if !planned.rule.warnings.is_empty() {
            members.insert("warnings".into(), json!(planned.rule.warnings));
        }
    }
    shown
}
