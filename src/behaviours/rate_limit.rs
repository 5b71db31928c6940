//! Rate limits: whether a call may be served now, what that costs, and what its reply tells of it.
//!
//! A call meets several limits at once. It is served when each of them lets it, and only then counts
//! against all; a refused one counts against those that count refused calls. The refusal is that of
//! the limit that makes it wait longest, so that the wait it tells is enough.
//!
//! Limits come before the input is looked at. A caller whose input makes an expression of a limit fail
//! is refused, but counts all the same: else sending nonsense were a way around every limit.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Refusal, View, field_of};
use crate::definition::compiled::{CounterKey, LimitSpec};
use crate::domain::call::Call;
use crate::domain::signature::{hex, sha256};
use crate::state::Effect;
use crate::state::limits::{
    Algorithm, Change, CounterId, Held, Standing, Verdict, check, fresh_at_ms, standing,
};

/// The longest key of a counter that is kept as it is, in bytes: callers choose what they send.
const KEY_BYTES_MAX: usize = 256;

/// What the key of a counter begins with that is a digest.
const DIGEST: &str = "sha256:";

/// Whose call it is that the limits count.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The call.
    pub call: &'a Call,
    /// The tool, or the stub.
    pub tool: &'a str,
    /// The credential that it carries.
    pub credential: Option<&'a str>,
    /// Whom it is made for.
    pub agent: Option<&'a str>,
}

/// What the limits say.
#[derive(Debug)]
pub struct Counted {
    /// What they have counted.
    pub effects: Vec<Effect>,
    /// The limits that were met, each with what its templates see as `limit`.
    pub told: Vec<(Arc<LimitSpec>, Value)>,
    /// The counters of what is in flight in which the call now counts, each with its weight: to be
    /// given back when the reply has left.
    pub slots: Vec<(CounterId, u64)>,
    /// What is to be undone where the reply is one that does not count.
    pub revocable: Vec<Revocable>,
    /// Why the call is not served, if it is not.
    pub refusal: Option<Refusal>,
}

/// What a limit has counted, and how that is undone once the reply's status is known.
#[derive(Debug)]
pub struct Revocable {
    /// The limit, by its place among those that were met.
    pub at: usize,
    /// Puts its counter back to what it was.
    pub undo: Effect,
    /// What templates see as `limit` then.
    pub facts: Value,
}

/// A limit that a call meets, and what it says.
struct Met {
    spec: Arc<LimitSpec>,
    id: CounterId,
    cost: u64,
    verdict: Verdict,
    /// What it does to the counter, if it does anything.
    change: Option<Counting>,
    /// How it was before, where the call may turn out not to count.
    before: Option<Before>,
}

/// A limit before the call.
struct Before {
    undo: Effect,
    standing: Standing,
}

/// What a call does to a counter.
struct Counting {
    change: Change,
    fresh_at_ms: i64,
}

/// Counts a call against all limits that it meets. Where an expression of a limit fails on this call,
/// or gives no whole number as a cost, the call is refused for that, unless a limit refuses it; it has
/// counted as one that costs 1.
#[must_use]
pub fn decide(view: &View<'_>, limits: &[Arc<LimitSpec>], subject: &Subject<'_>) -> Counted {
    let now_ms = view.now().as_millisecond();
    let mut met = Vec::new();
    let mut wrong = None;
    for spec in limits {
        let when = spec.when.as_ref();
        let counts = when.map_or(Ok(true), |condition| view.test(condition));
        if !or_wrong(counts, true, &mut wrong) {
            continue;
        }
        let id = CounterId {
            pack: view.pack.name.clone(),
            limit: spec.name.clone(),
            key: or_wrong(key(view, spec, subject), "".into(), &mut wrong),
        };
        let cost = or_wrong(cost(view, spec), 1, &mut wrong);
        let kept = view.state.limits.get(&id);
        let held = kept.map(|held| &held.counter);
        let preset = || view.state.limit_presets.get(&view.name(&spec.name));
        let counter = held.or_else(preset);
        let before = (!spec.uncounted.is_empty()).then(|| Before {
            undo: put_back(&id, kept),
            standing: standing(&spec.policy, counter, now_ms),
        });
        let verdict = check(&spec.policy, counter, now_ms, cost);
        let change = verdict.counter.as_ref().map(|after| Counting {
            change: Change::of(held, after),
            fresh_at_ms: fresh_at_ms(&spec.policy, after, now_ms),
        });
        met.push(Met {
            spec: spec.clone(),
            id,
            cost,
            verdict,
            change,
            before,
        });
    }
    let mut counted = counted(met, now_ms);
    counted.refusal = counted.refusal.or(wrong);
    counted
}

/// Makes a counter what it was.
fn put_back(id: &CounterId, kept: Option<&Held>) -> Effect {
    match kept {
        Some(held) => Effect::LimitCounted {
            id: id.clone(),
            change: Change::Put(held.counter.clone()),
            fresh_at_ms: held.fresh_at_ms,
        },
        None => Effect::LimitCleared { id: id.clone() },
    }
}

/// What was found, or else `otherwise`; the first reason why not is noted in `wrong`.
fn or_wrong<T>(found: Result<T, Refusal>, otherwise: T, wrong: &mut Option<Refusal>) -> T {
    found.unwrap_or_else(|refusal| {
        wrong.get_or_insert(refusal);
        otherwise
    })
}

/// Puts together what the limits say. One that would have let the call, where another does not, has
/// not counted it.
fn counted(met: Vec<Met>, now_ms: i64) -> Counted {
    let longest = met
        .iter()
        .filter(|met| !met.verdict.allowed)
        .max_by_key(|met| met.verdict.wait_ms.unwrap_or(u64::MAX));
    let refused = longest.is_some();
    let refusal = longest.map(|met| refusal(met, now_ms));
    let mut effects = Vec::new();
    let mut told = Vec::new();
    let mut slots = Vec::new();
    let mut revocable = Vec::new();
    for (at, met) in met.into_iter().enumerate() {
        let took = met.verdict.allowed && refused;
        let facts = facts(&met, now_ms, took);
        if let Some(before) = met.before
            && met.change.is_some()
            && !refused
        {
            let verdict = Verdict {
                standing: before.standing,
                ..met.verdict.clone()
            };
            let facts = facts_of(&met.spec, 0, &verdict, now_ms, 0);
            let undo = before.undo;
            revocable.push(Revocable { at, undo, facts });
        }
        if let Some(counting) = met.change
            && !took
        {
            if met.verdict.allowed && *met.spec.policy.algorithm() == Algorithm::Concurrency {
                slots.push((met.id.clone(), met.cost));
            }
            effects.push(Effect::LimitCounted {
                id: met.id,
                change: counting.change,
                fresh_at_ms: counting.fresh_at_ms,
            });
        }
        told.push((met.spec, facts));
    }
    let all: Vec<Value> = told.iter().map(|(_, facts)| facts.clone()).collect();
    let refusal = refusal.map(|refusal: Refusal| refusal.with("limits", all));
    Counted {
        effects,
        told,
        slots,
        revocable,
        refusal,
    }
}

fn refusal(met: &Met, now_ms: i64) -> Refusal {
    let shape = &met.spec.refusals;
    let never = met.verdict.wait_ms.is_none();
    let cause = match never && shape.causes.contains_key("quota_exceeded") {
        true => "quota_exceeded",
        false => "rate_limited",
    };
    let Standing { limit, .. } = met.verdict.standing;
    let wait = met.verdict.wait_ms.map_or_else(String::new, |ms| {
        format!("; the same call is served in {ms} ms")
    });
    let message = format!("the limit `{}` of {limit} is reached{wait}", met.spec.name);
    Refusal::new(cause, message)
        .with("limit", facts(met, now_ms, false))
        .shaped(shape)
}

/// What templates see as `limit`. Where the call was let and then not served, the limit has back what
/// it `took`.
fn facts(met: &Met, now_ms: i64, took: bool) -> Value {
    let given_back = if took { met.cost } else { 0 };
    facts_of(&met.spec, met.cost, &met.verdict, now_ms, given_back)
}

fn facts_of(spec: &LimitSpec, cost: u64, verdict: &Verdict, now_ms: i64, given_back: u64) -> Value {
    let Standing {
        limit,
        remaining,
        used,
        reset_ms,
        window_ms,
    } = verdict.standing;
    let reset_in_ms = reset_ms.saturating_sub(now_ms).max(0);
    let unit = spec.retry_after_unit_ms;
    let mut facts = json!({
        "name": &*spec.name,
        "limit": spec.policy.limit(),
        "capacity": limit,
        "remaining": remaining.saturating_add(given_back),
        "used": used.saturating_sub(given_back),
        "window": window_ms.div_ceil(1000),
        "reset": reset_ms.saturating_add(999).div_euclid(1000),
        "resetIn": reset_in_ms.saturating_add(999).div_euclid(1000),
        "resetInMs": reset_in_ms,
        "resetDuration": duration_text(u64::try_from(reset_in_ms).unwrap_or(0)),
        "resetAt": instant(reset_ms),
        "resetAtSecond": instant(reset_ms.saturating_add(999).div_euclid(1000).saturating_mul(1000)),
        "cost": cost,
        "allowed": verdict.allowed,
    });
    if let Some(resource) = &spec.resource {
        facts["resource"] = resource.as_str().into();
    }
    if let Some(wait_ms) = verdict.wait_ms {
        facts["retryAfterMs"] = wait_ms.into();
        facts["retryAfterDuration"] = duration_text(wait_ms).into();
        facts["retryAfter"] = seconds(wait_ms.div_ceil(unit).saturating_mul(unit), unit);
    }
    facts
}

fn instant(ms: i64) -> Value {
    Timestamp::from_millisecond(ms).map_or(Value::Null, |at| at.to_string().into())
}

/// Seconds: a whole number, or a text with the decimals that the unit has.
fn seconds(ms: u64, unit_ms: u64) -> Value {
    match unit_ms {
        unit if unit % 1000 == 0 => (ms / 1000).into(),
        unit if unit % 100 == 0 => format!("{}.{}", ms / 1000, ms % 1000 / 100).into(),
        unit if unit % 10 == 0 => format!("{}.{:02}", ms / 1000, ms % 1000 / 10).into(),
        _ => format!("{}.{:03}", ms / 1000, ms % 1000).into(),
    }
}

/// A length of time as Go writes it, and some vendors' headers with it: `12ms`, `1s`, `6m0s`, `2m52.8s`.
fn duration_text(ms: u64) -> String {
    if ms < 1000 {
        return format!("{ms}ms");
    }
    let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
    let mut fraction = format!(".{:03}", ms % 1000);
    fraction.truncate(fraction.trim_end_matches(['0', '.']).len());
    let seconds = format!("{}{fraction}s", ms / 1000 % 60);
    match (hours, minutes) {
        (0, 0) => seconds,
        (0, minutes) => format!("{minutes}m{seconds}"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}"),
    }
}

/// What the call costs. What it comes from is the caller's.
fn cost(view: &View<'_>, spec: &LimitSpec) -> Result<u64, Refusal> {
    let Some(expression) = &spec.cost else {
        return Ok(1);
    };
    let wrong = |found: &dyn std::fmt::Display| {
        let message = format!("expected a whole number as the cost, found {found}");
        Refusal::invalid_field(field_of(expression.source()), message)
    };
    let value = expression.eval(view).map_err(|error| wrong(&error))?;
    value
        .as_u64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
        .ok_or_else(|| wrong(&cut(&value.to_string())))
}

/// As much of what a caller sent as is said again.
fn cut(text: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 64;
    text.chars().take(SHOWN_CHARS_MAX).collect()
}

fn key(view: &View<'_>, spec: &LimitSpec, subject: &Subject<'_>) -> Result<Arc<str>, Refusal> {
    let mut parts = Vec::new();
    for key in &spec.key {
        parts.push(match key {
            CounterKey::Sandbox => String::new(),
            CounterKey::ApiKey => subject.credential.unwrap_or_default().to_owned(),
            CounterKey::Agent => subject.agent.unwrap_or_default().to_owned(),
            CounterKey::Tool => subject.tool.to_owned(),
            CounterKey::Route => format!("{} {}", subject.call.method, subject.call.path()),
            CounterKey::Address => subject.call.peer.to_string(),
            CounterKey::Expression(expression) => match view.eval_optional(expression)? {
                Some(Value::String(text)) => text,
                Some(other) => other.to_string(),
                None => String::new(),
            },
        });
    }
    Ok(match <[String; 1]>::try_from(parts) {
        Ok([alone]) if !alone.starts_with(DIGEST) => bounded(&alone),
        Ok([alone]) => digest(&alone),
        // A list of texts keeps apart what is in two of them and what is in one.
        Err(parts) => bounded(&json!(parts).to_string()),
    })
}

/// The key of a counter: a text as it is, or its digest where it is long.
#[must_use]
pub fn bounded(text: &str) -> Arc<str> {
    match text.len() <= KEY_BYTES_MAX {
        true => text.into(),
        false => digest(text),
    }
}

fn digest(text: &str) -> Arc<str> {
    format!("{DIGEST}{}", hex(&sha256(&[text.as_bytes()]))).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_written_as_go_writes_them() {
        for (ms, text) in [
            (0, "0ms"),
            (12, "12ms"),
            (1000, "1s"),
            (8640, "8.64s"),
            (60_000, "1m0s"),
            (172_800, "2m52.8s"),
            (360_000, "6m0s"),
            (3_661_005, "1h1m1.005s"),
        ] {
            assert_eq!(duration_text(ms), text);
        }
    }

    #[test]
    fn seconds_have_the_decimals_of_their_unit() {
        for (ms, unit, text) in [
            (45_000, 1000, "45"),
            (2000, 100, "\"2.0\""),
            (1250, 10, "\"1.25\""),
            (1, 1, "\"0.001\""),
        ] {
            assert_eq!(seconds(ms, unit).to_string(), text);
        }
    }
}
