//! Rate limits on the stage: how much is left of them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Error;
use super::names::only;
use crate::behaviours::rate_limit::bounded;
use crate::definition::compiled::{Definitions, LimitSpec, Stub, Target};
use crate::domain::name::Name;
use crate::engine::draft::Draft;
use crate::state::Effect;
use crate::state::limits::{
    Change as CounterChange, CounterId, fresh_at_ms, standing, with_remaining,
};

/// So much is left of a limit.
#[derive(Clone, Debug)]
pub struct Change {
    /// The limit, bare or with its pack.
    pub limit: Option<String>,
    /// All limits of this tool, bare or with its pack, if no limit is named.
    pub tool: Option<String>,
    /// Whose counter; all, those that come too, if none is named.
    pub key: Option<String>,
    /// How much is left.
    pub remaining: u64,
    /// The stubs of the sandbox's overlay.
    pub overlay: Vec<Arc<Stub>>,
}

/// A limit that there is, and the tools that meet it.
#[derive(Debug)]
pub struct Declared {
    /// Its name, with the pack's; that of a stub of the overlay is empty.
    pub name: Name,
    /// What it is.
    pub spec: Arc<LimitSpec>,
    /// The tools that meet it; a stub goes by its id.
    pub tools: Vec<Name>,
}

/// All limits of tools and stubs, each once: those of the packs, in their order, then those of the
/// overlay.
#[must_use]
pub fn declared(definitions: &Definitions, overlay: &[Arc<Stub>]) -> Vec<Declared> {
    let tools = definitions
        .packs
        .iter()
        .flat_map(|pack| pack.tools.values());
    let stubs = definitions.index.entries().into_iter();
    let stubs = stubs.filter_map(|entry| match &entry.target {
        Target::Stub(stub) => stub.tool.as_ref(),
        Target::Door(..) | Target::Route(..) => None,
    });
    let laid_over = overlay.iter().filter_map(|stub| stub.tool.as_ref());
    let mut all: Vec<Declared> = Vec::new();
    for tool in tools.chain(stubs).chain(laid_over) {
        for spec in &tool.guards.limits {
            let name = Name::new(&tool.name.pack, &spec.name);
            match all.iter_mut().find(|known| known.name == name) {
                Some(known) => known.tools.push(tool.name.clone()),
                None => all.push(Declared {
                    name,
                    spec: spec.clone(),
                    tools: vec![tool.name.clone()],
                }),
            }
        }
    }
    all
}

/// Sets how much is left.
pub(super) fn set(
    definitions: &Definitions,
    draft: &mut Draft,
    change: &Change,
) -> Result<Value, Error> {
    let chosen = chosen(definitions, change)?;
    let now_ms = draft.state().now.as_millisecond();
    let mut left = Vec::new();
    for limit in &chosen {
        let policy = &limit.spec.policy;
        let most = standing(policy, None, now_ms).remaining;
        if change.remaining > most {
            return Err(Error::Invalid {
                field: "remaining".into(),
                message: format!("{} lets at most {most}", limit.name),
            });
        }
        let counter = with_remaining(policy, now_ms, change.remaining);
        let fresh_at_ms = fresh_at_ms(policy, &counter, now_ms);
        for key in keys(draft, limit, change.key.as_deref()) {
            draft.push(Effect::LimitCounted {
                id: CounterId {
                    pack: limit.name.pack.clone(),
                    limit: limit.name.name.clone(),
                    key,
                },
                change: CounterChange::Put(counter.clone()),
                fresh_at_ms,
            });
        }
        if change.key.is_none() {
            draft.push(Effect::LimitPreset {
                limit: limit.name.clone(),
                counter,
            });
        }
        left.push(json!({ "limit": limit.name.to_string(), "remaining": change.remaining }));
    }
    Ok(json!({ "limits": left }))
}

/// The keys of the counters that are meant: those that there are, if none is named.
fn keys(draft: &Draft, limit: &Declared, key: Option<&str>) -> Vec<Arc<str>> {
    match key {
        Some(key) => vec![bounded(key)],
        None => {
            let counters = draft.state().limits.iter();
            let of_limit = counters.filter(|(id, _)| is_of(id, &limit.name));
            of_limit.map(|(id, _)| id.key.clone()).collect()
        }
    }
}

/// Forgets what was counted.
pub(super) fn clear(
    definitions: &Definitions,
    draft: &mut Draft,
    name: Option<&str>,
    overlay: &[Arc<Stub>],
) -> Result<Value, Error> {
    let Some(name) = name else {
        draft.push(Effect::LimitsCleared);
        return Ok(Value::Null);
    };
    let limit = named(declared(definitions, overlay), name)?;
    let counters = draft.state().limits.iter();
    let ids: Vec<CounterId> = counters
        .filter(|(id, _)| is_of(id, &limit.name))
        .map(|(id, _)| id.clone())
        .collect();
    draft.extend(ids.into_iter().map(|id| Effect::LimitCleared { id }));
    draft.push(Effect::LimitPresetCleared { limit: limit.name });
    Ok(Value::Null)
}

fn is_of(id: &CounterId, limit: &Name) -> bool {
    id.pack == limit.pack && id.limit == limit.name
}

fn chosen(definitions: &Definitions, change: &Change) -> Result<Vec<Declared>, Error> {
    let all = declared(definitions, &change.overlay);
    if let Some(name) = &change.limit {
        return Ok(vec![named(all, name)?]);
    }
    let Some(tool) = &change.tool else {
        return Err(Error::Invalid {
            field: "limit".into(),
            message: "expected the name of a limit, or a tool under `tool`".into(),
        });
    };
    let mut found = definitions.resolve(tool, |pack| pack.tools.keys().map(|name| &**name));
    for limited in all.iter().flat_map(|limit| &limit.tools) {
        if is_called(limited, tool) && !found.contains(limited) {
            found.push(limited.clone());
        }
    }
    let tool = only(tool, found, "tool").map_err(|error| error.named_by("tool"))?;
    let of_tool = all.into_iter().filter(|limit| limit.tools.contains(&tool));
    let of_tool: Vec<Declared> = of_tool.collect();
    if of_tool.is_empty() {
        let none = Error::NotFound(format!("{tool} has no rate limit"));
        return Err(none.named_by("tool"));
    }
    Ok(of_tool)
}

/// The one limit that a name stands for.
fn named(all: Vec<Declared>, name: &str) -> Result<Declared, Error> {
    let all = all.into_iter();
    let mut found: Vec<Declared> = all.filter(|limit| is_called(&limit.name, name)).collect();
    let names = found.iter().map(|limit| limit.name.clone()).collect();
    let only = only(name, names, "rate limit").map_err(|error| error.named_by("limit"))?;
    let at = found.iter().position(|limit| limit.name == only);
    Ok(found.swap_remove(at.unwrap_or(0)))
}

/// Whether a text is this name, bare or with its pack.
fn is_called(name: &Name, text: &str) -> bool {
    &*name.name == text || name.to_string() == text
}
