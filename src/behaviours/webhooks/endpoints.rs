//! Endpoints: who wants to be told of an event, and where a secret is found.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::behaviours::{Refusal, Variables, View};
use crate::definition::compiled::{DeclaredSpec, EndpointsSpec, Pack, WebhookSpec};
use crate::domain::chance::Chance;
use crate::domain::event_pattern::{any_fits, fits};
use crate::domain::name::Name;
use crate::state::SandboxState;
use crate::state::webhooks::delivery::{Endpoint, Origin};

/// Whom to tell.
#[derive(Default)]
pub(super) struct Wanting {
    /// The endpoints that want an event, those that are declared first.
    pub(super) endpoints: Vec<Endpoint>,
    /// Those of which nobody can tell whether they do, and why.
    pub(super) passed_over: Vec<Value>,
}

/// The endpoints that want an event of this name. Those that are disabled want nothing. A record on
/// which an expression of the pack fails is passed over: it must not take the others' events.
pub(super) fn wanting(view: &View<'_>, spec: &WebhookSpec, event: &str) -> Wanting {
    let declared = spec.declared.iter().enumerate();
    let declared = declared.filter(|(_, one)| any_fits(&one.events, event));
    let mut wanting = Wanting::default();
    wanting.endpoints.extend(declared.map(|(at, one)| Endpoint {
        id: format!("{}/declared/{}", view.pack.name, one.url).into(),
        url: one.url.clone(),
        origin: Origin::Declared(at),
    }));
    if let Some(endpoints) = &spec.endpoints {
        records(view, endpoints, event, &mut wanting);
    }
    let webhooks = &view.state.webhooks;
    wanting.endpoints.retain(|one| !webhooks.is_disabled(one));
    wanting
}

fn records(view: &View<'_>, spec: &EndpointsSpec, event: &str, wanting: &mut Wanting) {
    let collection = view.name(&spec.collection);
    let Some(records) = view.state.collections.get(&collection) else {
        return;
    };
    for (key, record) in records.iter() {
        let id = Endpoint::id_of_record(&collection, &key);
        match url(&view.of(&record), spec, event) {
            Ok(None) => {}
            Ok(Some(url)) => wanting.endpoints.push(Endpoint {
                id: id.into(),
                url: url.into(),
                origin: Origin::Record {
                    collection: collection.clone(),
                    key: key.clone(),
                },
            }),
            Err(refusal) => {
                let because = refusal.message;
                let skipped = json!({ "endpoint": id, "because": because });
                wanting.passed_over.push(skipped);
            }
        }
    }
}

/// The URL of a record that is an endpoint and wants the event.
fn url(view: &View<'_>, spec: &EndpointsSpec, event: &str) -> Result<Option<String>, Refusal> {
    let is_endpoint = match &spec.when {
        Some(when) => view.test(when)?,
        None => true,
    };
    if !is_endpoint || !wants(view, spec, event)? {
        return Ok(None);
    }
    // What names no URL is no endpoint.
    match view.eval_optional(&spec.url)? {
        Some(Value::String(url)) => Ok(Some(url)),
        _ => Ok(None),
    }
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
            let mut patterns = patterns.iter().filter_map(Value::as_str).peekable();
            patterns.peek().is_none() || patterns.any(|pattern| fits(pattern, event))
        }
        Some(_) => false,
    })
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
            // The files may have been loaded again: the place alone says nothing then.
            let is_it = |one: &&DeclaredSpec| one.url == endpoint.url;
            let there = spec.declared.get(*at).filter(is_it);
            let there = there.or_else(|| spec.declared.iter().find(is_it));
            let declared = there.ok_or_else(gone)?;
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
