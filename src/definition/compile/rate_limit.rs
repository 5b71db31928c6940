//! Rate limits: a block, or several, out of their profiles.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::expression::{Scope, document};
use super::layers::Layers;
use super::profiles::Profiles;
use super::report::{Place, Report};
use super::{duration, response};
use crate::definition::compiled::{CounterKey, LimitSpec, RefusalSpec};
use crate::definition::model::{AlgorithmName, Cel, Named, OneOrMany, RateLimit};
use crate::state::limits::{Algorithm, Policy};

/// Compiles what stands under `rateLimit`. `tool` is whose it is, if it is one tool's.
pub(super) fn limits(
    model: Option<&OneOrMany<Named<RateLimit>>>,
    place: &Place,
    tool: Option<&str>,
    profiles: &Profiles<'_>,
    scope: &Scope,
    report: &mut Report,
) -> Vec<Arc<LimitSpec>> {
    let Some(model) = model else {
        return Vec::new();
    };
    let mut compiled = Vec::new();
    for (at, Named(block)) in model.items.iter().enumerate() {
        let place = match model.listed {
            true => place.at(at),
            false => place.clone(),
        };
        let known = &profiles.rate_limit;
        let Some(layers) = Layers::of(block, &place, "rateLimit", known, report) else {
            continue;
        };
        let nameless = format!("{}#{}", tool.unwrap_or("pack"), at + 1);
        let several = layers.find("limits", |layer| {
            Some(&layer.limits).filter(|limits| !limits.is_empty())
        });
        let Some((several, at)) = several else {
            compiled.extend(limit(&layers, &nameless, &place, scope, report));
            continue;
        };
        for (nth, one) in several.iter().enumerate() {
            let one_place = at.at(nth);
            let Some(inner) = Layers::of(one, &one_place, "rateLimit", known, report) else {
                continue;
            };
            let nameless = format!("{nameless}.{}", nth + 1);
            let layers = inner.over(&layers);
            compiled.extend(limit(&layers, &nameless, &one_place, scope, report));
        }
    }
    compiled.into_iter().map(Arc::new).collect()
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
    let mut compiled = Vec::new();
    for (name, (values, place)) in &headers {
        let one = indexmap::IndexMap::from([((*name).to_owned(), (*values).clone())]);
        let parent = place.parent();
        compiled.extend(response::headers(&one, true, None, &parent, report)?);
    }
    let body = layers.find("body", |layer| layer.body.as_ref());
    let body = body.map(|(body, place)| document(body, None, &place, report));
    let refusals = RefusalSpec {
        causes: response::causes(&layers.refusals(), report),
        ..RefusalSpec::default()
    };
    let resource = layers.find("resource", |layer| layer.resource.as_ref());
    Some(LimitSpec {
        name: name.unwrap_or(nameless).into(),
        key: key(layers, scope, report)?,
        policy: policy?,
        cost: all(cost)?,
        when: all(when)?,
        resource: resource.map(|(resource, _)| resource.clone()),
        retry_after_unit_ms: unit?.max(1),
        headers: compiled,
        body: all(body)?,
        refusals: Arc::new(refusals),
    })
}

/// Nothing, where something was given that has a mistake.
fn all<T>(given: Option<Option<T>>) -> Option<Option<T>> {
    match given {
        None => Some(None),
        Some(compiled) => compiled.map(Some),
    }
}

fn policy(layers: &Layers<'_, RateLimit>, place: &Place, report: &mut Report) -> Option<Policy> {
    let name = layers.find("algorithm", |layer| layer.algorithm.as_ref());
    let name = name.map_or(AlgorithmName::FixedWindow, |(name, _)| *name);
    let Some((limit, _)) = layers.find("limit", |layer| layer.limit.as_ref()) else {
        report.error(
            place,
            "the limit has no `limit`",
            "expected how much may be called",
        );
        return None;
    };
    let _ = (name, limit, Algorithm::FixedWindow, TimeZone::UTC);
    Some(Policy)
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
