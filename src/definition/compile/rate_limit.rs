//! Rate limits: a block, or several, out of their profiles.

use std::sync::Arc;

use http::StatusCode;
use jiff::tz::TimeZone;

use super::expression::{Scope, document};
use super::layers::{Known, Layers};
use super::profiles::Profiles;
use super::report::{Place, Report, optional};
use super::wire::status;
use super::{duration, response};
use crate::definition::compiled::{CounterKey, LimitSpec};
use crate::definition::model::{AlgorithmName, Cel, Named, OneOrMany, RateLimit};
use crate::state::limits::{Algorithm, Align, Policy, zone};

/// What limits refuse for.
const CAUSES: (&str, &[&str]) = ("rate limits", &["rate_limited", "quota_exceeded"]);

/// Whose limits are compiled, and which there are already.
#[derive(Clone, Copy, Default)]
pub(super) struct Beside<'a> {
    /// The tool, if they are one tool's.
    pub(super) tool: Option<&'a str>,
    /// The limits that its calls meet before its own.
    pub(super) met: &'a [Arc<LimitSpec>],
    /// Those of the rest of the pack.
    pub(super) others: &'a [Arc<LimitSpec>],
}

/// Compiles what stands under `rateLimit`.
pub(super) fn limits(
    model: Option<&OneOrMany<Named<RateLimit>>>,
    place: &Place,
    beside: Beside<'_>,
    profiles: &Profiles<'_>,
    scope: &Scope,
    report: &mut Report,
) -> Vec<Arc<LimitSpec>> {
    let Some(model) = model else {
        return Vec::new();
    };
    let mut compiled: Vec<Arc<LimitSpec>> = Vec::new();
    for (at, Named(block)) in model.items.iter().enumerate() {
        let place = match model.listed {
            true => place.at(at),
            false => place.clone(),
        };
        let known = &profiles.rate_limit;
        let Some(layers) = Layers::of(block, &place, "rateLimit", known, report) else {
            continue;
        };
        let nameless = format!("{}#{}", beside.tool.unwrap_or("pack"), at + 1);
        for (limit, told_at) in block_of(&layers, &nameless, &place, known, scope, report) {
            counts_by_itself(&limit, &compiled, beside, &told_at, report);
            compiled.push(Arc::new(limit));
        }
    }
    compiled
}

/// Limits of one name share their counters: a call must not meet two of them, and all must count the same
/// way, or each would read what another has counted.
fn counts_by_itself(
    limit: &LimitSpec,
    before: &[Arc<LimitSpec>],
    beside: Beside<'_>,
    place: &Place,
    report: &mut Report,
) {
    const HELP: &str = "give it a `name` of its own";
    let name = &limit.name;
    let same_name = |known: &&Arc<LimitSpec>| known.name == *name;
    if beside
        .met
        .iter()
        .chain(before)
        .any(|known| known.name == *name)
    {
        let message = format!("a call meets two limits `{name}`, which would be one counter");
        report.error(place, message, HELP);
    } else if let Some(known) = beside.others.iter().find(same_name)
        && (known.policy != limit.policy || known.key != limit.key)
    {
        let message = format!("the limit `{name}` counts otherwise elsewhere in the pack");
        report.error(place, message, HELP);
    }
}

/// Compiles a profile for what is wrong with it: what it leaves to those who name it may be missing.
pub(super) fn check(
    profile: &RateLimit,
    place: &Place,
    profiles: &Profiles<'_>,
    scope: &Scope,
    report: &mut Report,
) {
    let known = &profiles.rate_limit;
    let Some(layers) = Layers::of(profile, place, "rateLimit", known, report) else {
        return;
    };
    let rest = RateLimit {
        limit: Some(1),
        per: Some("1m".to_owned()).filter(|_| !is_timeless(&layers)),
        ..RateLimit::default()
    };
    let layers = layers.over(&Layers::alone(&rest, place));
    block_of(&layers, "", place, known, scope, report);
}

/// The limits of one block: itself, or those that it lists; each with where it is told what is wrong
/// with it among others.
fn block_of(
    layers: &Layers<'_, RateLimit>,
    nameless: &str,
    place: &Place,
    known: &Known<'_, RateLimit>,
    scope: &Scope,
    report: &mut Report,
) -> Vec<(LimitSpec, Place)> {
    let several = layers.find("limits", |layer| {
        Some(&layer.limits).filter(|limits| !limits.is_empty())
    });
    let Some((several, at)) = several else {
        let one = limit(layers, nameless, place, scope, report);
        return one.map(|one| (one, place.clone())).into_iter().collect();
    };
    let several = several.iter().enumerate().filter_map(|(nth, one)| {
        let one_place = at.at(nth);
        let inner = Layers::of(one, &one_place, "rateLimit", known, report)?;
        let nameless = format!("{nameless}.{}", nth + 1);
        let one = limit(&inner.over(layers), &nameless, &one_place, scope, report)?;
        // What a profile says wrong is wrong where the profile is named.
        let told_at = match at.path() == place.path() {
            true => one_place,
            false => place.clone(),
        };
        Some((one, told_at))
    });
    several.collect()
}

fn limit(
    layers: &Layers<'_, RateLimit>,
    nameless: &str,
    place: &Place,
    scope: &Scope,
    report: &mut Report,
) -> Option<LimitSpec> {
    let policy = policy(layers, place, report);
    let name = layers.find("name", |layer| layer.name.as_deref());
    let name = name.map(|(name, _)| name).or(layers.profile());
    let cost = layers.find("cost", |layer| layer.cost.as_ref());
    let cost = cost.map(|(cel, place)| scope.expression(cel, &place, report));
    let when = layers.find("when", |layer| layer.when.as_ref());
    let when = when.map(|(cel, place)| scope.expression(cel, &place, report));
    let unit = layers.find("retryAfterUnit", |layer| layer.retry_after_unit.as_deref());
    let unit = unit.map_or(Some(1000), |(text, place)| {
        duration::millis(text, &place, report)
    });
    let headers = layers.table("headers", |layer| &layer.headers);
    let told = scope.with("limit").with("limits");
    let headers = response::header_table(&headers, &told, report);
    let body = layers.find("body", |layer| layer.body.as_ref());
    let body = body.map(|(body, place)| document(body, Some(&told), &place, report));
    let refusals = response::refusals(layers, CAUSES, scope, report);
    let resource = layers.find("resource", |layer| layer.resource.as_ref());
    Some(LimitSpec {
        name: name.unwrap_or(nameless).into(),
        key: key(layers, scope, report)?,
        policy: policy?,
        cost: optional(cost)?,
        when: optional(when)?,
        uncounted: uncounted(layers, report),
        resource: resource.map(|(resource, _)| resource.clone()),
        retry_after_unit_ms: unit?.max(1),
        headers: headers?,
        body: optional(body)?,
        refusals,
    })
}

/// The statuses of replies that do not count.
fn uncounted(layers: &Layers<'_, RateLimit>, report: &mut Report) -> Vec<StatusCode> {
    let given = layers.find("uncounted", |layer| {
        Some(&layer.uncounted).filter(|statuses| !statuses.is_empty())
    });
    let Some((statuses, place)) = given else {
        return Vec::new();
    };
    let name = layers.find("algorithm", |layer| layer.algorithm.as_ref());
    if name.is_some_and(|(name, _)| *name == AlgorithmName::Concurrency) {
        let message = "calls under way are counted before there is a status";
        report.error_at_key(&place, message, "not with `concurrency`");
    }
    let statuses = statuses.iter().enumerate();
    statuses
        .filter_map(|(at, code)| status(*code, &place.at(at), report))
        .collect()
}

/// What a window must be where `per` is left out: those that have none of their own never look.
const NO_WINDOW: u64 = 0;

fn policy(layers: &Layers<'_, RateLimit>, place: &Place, report: &mut Report) -> Option<Policy> {
    let Some((limit, _)) = layers.find("limit", |layer| layer.limit.as_ref()) else {
        let label = "expected how much may be called";
        report.error(place, "the limit has no `limit`", label);
        return None;
    };
    let algorithm = algorithm(layers, report)?;
    let timeless = is_timeless(layers);
    let per = layers.find("per", |layer| layer.per.as_deref());
    let window_ms = match &per {
        Some((text, place)) => duration::millis(text, place, report)?,
        None if timeless => NO_WINDOW,
        None => {
            let label = "expected the length of a window, such as 1m";
            report.error(place, "the limit has no `per`", label);
            return None;
        }
    };
    let counts_refused = layers.find("countRefused", |layer| layer.count_refused.as_ref());
    match Policy::new(algorithm, *limit, window_ms) {
        Ok(policy) => {
            Some(policy.counting_refused(counts_refused.is_some_and(|(counts, _)| *counts)))
        }
        Err(error) => {
            let place = per.map_or_else(|| place.clone(), |(_, place)| place);
            report.error(&place, error.to_string(), "in this limit");
            None
        }
    }
}

/// Whether its algorithm has no window of its own.
fn is_timeless(layers: &Layers<'_, RateLimit>) -> bool {
    let name = layers.find("algorithm", |layer| layer.algorithm.as_ref());
    let timeless = [AlgorithmName::Concurrency, AlgorithmName::Quota];
    name.is_some_and(|(name, _)| timeless.contains(name))
}

fn algorithm(layers: &Layers<'_, RateLimit>, report: &mut Report) -> Option<Algorithm> {
    let name = layers.find("algorithm", |layer| layer.algorithm.as_ref());
    let burst = layers.find("burst", |layer| layer.burst.as_ref());
    let burst = burst.map(|(burst, _)| *burst);
    let from_first = layers.find("fromFirstCall", |layer| layer.from_first_call.as_ref());
    Some(
        match name.map_or(AlgorithmName::FixedWindow, |(name, _)| *name) {
            AlgorithmName::FixedWindow => Algorithm::FixedWindow {
                align: match from_first {
                    Some((true, _)) => Align::FirstCall,
                    _ => Align::Epoch,
                },
            },
            AlgorithmName::SlidingLog => Algorithm::SlidingLog,
            AlgorithmName::SlidingCounter => Algorithm::SlidingCounter,
            AlgorithmName::TokenBucket => Algorithm::TokenBucket { burst },
            AlgorithmName::LeakyBucket => Algorithm::LeakyBucket { burst },
            AlgorithmName::Gcra => Algorithm::Gcra { burst },
            AlgorithmName::Concurrency => Algorithm::Concurrency,
            AlgorithmName::Quota => Algorithm::Quota {
                zone: zone_of(layers, report)?,
            },
        },
    )
}

fn zone_of(layers: &Layers<'_, RateLimit>, report: &mut Report) -> Option<TimeZone> {
    let Some((name, place)) = layers.find("zone", |layer| layer.zone.as_deref()) else {
        return Some(TimeZone::UTC);
    };
    match zone(name) {
        Ok(zone) => Some(zone),
        Err(error) => {
            report.error(&place, error.to_string(), "in this limit");
            None
        }
    }
}

fn key(
    layers: &Layers<'_, RateLimit>,
    scope: &Scope,
    report: &mut Report,
) -> Option<Vec<CounterKey>> {
    let Some((keys, place)) = layers.find("key", |layer| layer.key.as_ref()) else {
        return Some(vec![CounterKey::Sandbox]);
    };
    let mut compiled = Vec::new();
    for (at, key) in keys.items.iter().enumerate() {
        let place = match keys.listed {
            true => place.at(at),
            false => place.clone(),
        };
        compiled.push(match key.as_str() {
            "sandbox" => CounterKey::Sandbox,
            "apiKey" => CounterKey::ApiKey,
            "agent" => CounterKey::Agent,
            "tool" => CounterKey::Tool,
            "route" => CounterKey::Route,
            "address" => CounterKey::Address,
            _ => {
                let cel = Cel(key.clone());
                CounterKey::Expression(scope.expression(&cel, &place, report)?)
            }
        });
    }
    Some(compiled)
}
