//! Which rules happen at a call.

use std::sync::Arc;

use serde_json::Value;

use crate::behaviours::{Refusal, View};
use crate::domain::chance::Chance;
use crate::domain::fault::{Surface, When};
use crate::state::SandboxState;
use crate::state::faults::{Calls, Planned, Site};

/// How many records a machine may have for all of them to be looked at, where the call names none.
const RECORDS_MAX: usize = 10_000;

/// What is known of a call when its rules are asked.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// What it is for.
    pub site: Site<'a>,
    /// How often that had been called before this call.
    pub before: Calls,
    /// For whom it is.
    pub agent: Option<&'a str>,
    /// Gives which page of a list it gets, if it gets one.
    pub page: &'a dyn Fn() -> Option<u64>,
    /// The item of a batch that it is about, if it is about one.
    pub item: Option<OfItem>,
}

/// An item of a batch: rules count items where they would count calls.
#[derive(Clone, Copy, Debug)]
pub struct OfItem {
    /// The how-manieth call of the batch's tool it is.
    pub nth: u64,
    /// The place of the item, from 0.
    pub at: u64,
}

/// A rule that happens at a call.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The rule.
    pub planned: Arc<Planned>,
    /// The how-manieth call of the tool or stub it is since the rule is there.
    pub nth: u64,
    /// The rule's own chance at this call.
    pub chance: Chance,
}

/// The rules that happen at a call, in their order, and those of which an expression fails on this call,
/// with the reason. `view` gives what expressions see; it is asked only if there are any.
pub fn choose<'v>(
    state: &SandboxState,
    asked: &Asked<'_>,
    surfaces: &[Surface],
    view: &dyn Fn() -> View<'v>,
) -> Vec<Result<Chosen, (Arc<Planned>, Refusal)>> {
    let mut chosen = Vec::new();
    let mut last: Option<(&Arc<Planned>, Calls)> = None;
    for planned in state.faults.concerning(asked.site) {
        if !surfaces.contains(&planned.rule.surface) || !concerns(planned, asked, state) {
            continue;
        }
        let since = match (asked.item, last) {
            (Some(item), _) => Calls {
                all: item.at,
                refused: 0,
            },
            (None, Some((one, since))) if one.counts_like(planned) => since,
            (None, _) => planned.since(asked.site, asked.before),
        };
        last = Some((planned, since));
        let Some(found) = counted(planned, asked, since, state) else {
            continue;
        };
        match stands(planned, view) {
            Ok(true) => chosen.push(Ok(found)),
            Ok(false) => {}
            Err(refusal) => chosen.push(Err((planned.clone(), refusal))),
        }
    }
    chosen
}

/// Whether a rule is for this caller, at this time, and has not happened often enough.
fn concerns(planned: &Planned, asked: &Asked<'_>, state: &SandboxState) -> bool {
    let rule = &planned.rule;
    let is_agent = |agent| rule.agents.iter().any(|own| &**own == agent);
    (rule.agents.is_empty() || asked.agent.is_some_and(is_agent))
        && rule.from.is_none_or(|from| state.now >= from)
        && rule.until.is_none_or(|until| state.now < until)
        && state.faults.has_times_left(rule)
}

/// Whether all holds that can be told by counting and drawing.
fn counted(
    planned: &Arc<Planned>,
    asked: &Asked<'_>,
    since: Calls,
    state: &SandboxState,
) -> Option<Chosen> {
    let (rule, nth) = (&planned.rule, since.all + 1);
    let when = &rule.when;
    let comes = (when.calls.is_empty() || when.calls.contains(&nth))
        && when
            .after
            .is_none_or(|after| since.all - since.refused >= after)
        && when
            .every
            .is_none_or(|every| nth.is_multiple_of(every.max(1)))
        && when
            .burst
            .is_none_or(|burst| (nth - 1) % burst.every.max(1) < burst.calls)
        && when.page.is_none_or(|page| (asked.page)() == Some(page));
    if !comes {
        return None;
    }
    let what = match asked.site {
        Site::Tool(tool) => format!("{}@{tool}", rule.id),
        Site::Stub(stub) => format!("{}@{stub}", rule.id),
    };
    let chance = match asked.item {
        Some(item) => Chance::new(state.seed, &what, item.nth)
            .named("item")
            .again(u32::try_from(nth).unwrap_or(u32::MAX)),
        None => Chance::new(state.seed, &what, nth),
    };
    happens(when, nth, &chance).then(|| Chosen {
        planned: planned.clone(),
        nth,
        chance,
    })
}

/// Whether chance lets it happen.
fn happens(when: &When, nth: u64, chance: &Chance) -> bool {
    let ramp = when.ramp.map(|ramp| {
        let steps = ramp.calls.saturating_sub(1).max(1);
        let done = (nth - 1).min(steps);
        ramp.from + (ramp.to - ramp.from) * share(done, steps)
    });
    let lets =
        |likely: Option<f64>, label| likely.is_none_or(|likely| drawn(chance, label) < likely);
    lets(when.probability, "probability") && lets(ramp, "ramp")
}

/// A number from 0 to below 1.
fn drawn(chance: &Chance, label: &str) -> f64 {
    const STEPS: u64 = 1 << 53;
    share(chance.draw(label, 0) >> 11, STEPS)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a probability is no amount, and needs no more than 53 bits"
)]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

/// Whether all holds that has to be looked up in the sandbox.
fn stands<'v>(planned: &Planned, view: &dyn Fn() -> View<'v>) -> Result<bool, Refusal> {
    let rule = &planned.rule;
    if rule.states.is_none() && rule.condition.is_none() {
        return Ok(true);
    }
    let view = view();
    if !in_state(planned, &view)? {
        return Ok(false);
    }
    match &rule.condition {
        Some(condition) => Ok(view.eval_optional(condition)? == Some(Value::Bool(true))),
        None => Ok(true),
    }
}

/// Whether the machine of a rule has the record that is meant in the state that is wanted.
fn in_state(planned: &Planned, view: &View<'_>) -> Result<bool, Refusal> {
    let rule = &planned.rule;
    let (Some((collection, member)), Some(wanted)) = (&rule.states, &rule.when.machine) else {
        return Ok(true);
    };
    let Some(records) = view.state.collections.get(collection) else {
        return Ok(false);
    };
    let stands =
        |record: &Value| record.get(&**member).and_then(Value::as_str) == Some(&wanted.state);
    if let Some(key) = &rule.key {
        let key = view.eval_optional(key)?;
        let record = key
            .as_ref()
            .and_then(Value::as_str)
            .and_then(|key| records.get(key));
        return Ok(record.is_some_and(|record| stands(&record)));
    }
    let input = view.variables.get("input").and_then(Value::as_object);
    let named = input.into_iter().flatten();
    let named = named.filter_map(|(_, value)| records.get(value.as_str()?));
    let named: Vec<_> = named.collect();
    if !named.is_empty() {
        return Ok(named.iter().any(|record| stands(record)));
    }
    let mut all = records.keys().take(RECORDS_MAX);
    Ok(all.any(|key| records.get(&key).is_some_and(|record| stands(&record))))
}
