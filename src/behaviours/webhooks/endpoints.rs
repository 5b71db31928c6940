//! Endpoints: who wants to be told of an event, and where a secret is found.

use std::sync::Arc;

use serde_json::Value;

use crate::behaviours::{Refusal, Variables, View};
use crate::definition::compiled::{EndpointsSpec, Pack, WebhookSpec};
use crate::domain::chance::Chance;
use crate::domain::name::Name;
use crate::state::SandboxState;
use crate::state::webhooks::delivery::{Endpoint, Origin};
use crate::state::webhooks::faults::fits;

/// The endpoints that want an event of this name, those that are declared first. Those that are
/// disabled want nothing.
///
/// # Errors
/// When an expression of the pack fails on a record.
pub(super) fn wanting(
    view: &View<'_>,
    spec: &WebhookSpec,
    event: &str,
) -> Result<Vec<Endpoint>, Refusal> {
    let declared = spec.declared.iter().enumerate();
    let declared = declared.filter(|(_, one)| any_fits(&one.events, event));
    let mut wanting: Vec<Endpoint> = declared
        .map(|(at, one)| Endpoint {
            id: format!("{}/declared/{at}", view.pack.name).into(),
            url: one.url.clone(),
            origin: Origin::Declared(at),
        })
        .collect();
    if let Some(endpoints) = &spec.endpoints {
        wanting.extend(records(view, endpoints, event)?);
    }
    wanting.retain(|endpoint| view.state.webhooks.disabled_since(&endpoint.id).is_none());
    Ok(wanting)
}

fn records(view: &View<'_>, spec: &EndpointsSpec, event: &str) -> Result<Vec<Endpoint>, Refusal> {
    let collection = view.name(&spec.collection);
    let Some(records) = view.state.collections.get(&collection) else {
        return Ok(Vec::new());
    };
    let mut wanting = Vec::new();
    for (key, record) in records.iter() {
        let view = view.of(&record);
        let is_endpoint = match &spec.when {
            Some(when) => view.test(when)?,
            None => true,
        };
        if !is_endpoint || !wants(&view, spec, event)? {
            continue;
        }
        // What names no URL is no endpoint.
        let Some(Value::String(url)) = view.eval_optional(&spec.url)? else {
            continue;
        };
        wanting.push(Endpoint {
            id: format!("{}/{}/{key}", view.pack.name, spec.collection).into(),
            url: url.into(),
            origin: Origin::Record {
                collection: collection.clone(),
                key: key.clone(),
            },
        });
    }
    Ok(wanting)
}

fn wants(view: &View<'_>, spec: &EndpointsSpec, event: &str) -> Result<bool, Refusal> {
    let listed = match &spec.events {
        Some(events) => view.eval_optional(events)?,
        None => None,
    };
    Ok(match listed {
        None => true,
        Some(Value::String(pattern)) => fits(&pattern, event),
        Some(Value::Array(patterns)) => {
            let patterns: Vec<&str> = patterns.iter().filter_map(Value::as_str).collect();
            any_fits(&patterns, event)
        }
        Some(_) => false,
    })
}

/// Whether an event fits one of these patterns; it does, if there is none.
pub(super) fn any_fits<P: AsRef<str>>(patterns: &[P], event: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| fits(pattern.as_ref(), event))
}

/// The secret of an endpoint, as it is now; nothing, if it has none.
///
/// # Errors
/// When the endpoint is there no longer.
pub(super) fn secret(
    pack: &Arc<Pack>,
    spec: &WebhookSpec,
    state: &SandboxState,
    endpoint: &Endpoint,
) -> Result<Option<String>, String> {
    let gone = || "the endpoint is there no longer".to_owned();
    match &endpoint.origin {
        Origin::Stub => Ok(None),
        Origin::Declared(at) => {
            let declared = spec.declared.get(*at).ok_or_else(gone)?;
            Ok(declared.secret.clone())
        }
        Origin::Record { collection, key } => {
            let record = state.record(collection, key).ok_or_else(gone)?;
            let endpoints = spec.endpoints.as_ref().ok_or_else(gone)?;
            let Some(secret) = &endpoints.secret else {
                return Ok(None);
            };
            let view = View {
                pack,
                state,
                variables: &Variables::new(),
                record: Some(&record),
                chance: Chance::new(state.seed, &endpoint.id, 0),
            };
            match view.eval_optional(secret) {
                Ok(Some(Value::String(secret))) => Ok(Some(secret)),
                Ok(_) => Ok(None),
                Err(refusal) => Err(refusal.message),
            }
        }
    }
}

/// What an event happens to, as deliveries name it.
pub(super) fn subject(at_hand: Option<&(Arc<str>, Arc<str>)>, pack: &Pack) -> Option<Arc<str>> {
    let (collection, key) = at_hand?;
    Some(format!("{}/{key}", Name::new(&pack.name, collection)).into())
}
