//! Stubs that come to the overlay, and go.

use std::sync::Arc;

use serde_json::Value;

use super::{Error, faults};
use crate::definition::compiled::Stub;
use crate::engine::draft::Draft;
use crate::engine::scenario;
use crate::state::Effect;

/// Lays stubs over the packs', and drops others. What is not there is gone already.
pub(super) fn change(
    draft: &mut Draft,
    put: &[Arc<Stub>],
    remove: &[Arc<str>],
    ids_given: Option<u64>,
) -> Result<Value, Error> {
    draft.extend(ids_given.map(|all| Effect::StubIdsGiven { all }));
    replace(
        draft,
        put,
        remove,
        |id, mapping| Effect::StubPut { id, mapping },
        |id| Effect::StubRemoved { id },
    )
}

/// Lays the stubs of WireMock roots over the packs', and drops those that they have no longer.
pub(super) fn change_roots(
    draft: &mut Draft,
    put: &[Arc<Stub>],
    remove: &[Arc<str>],
) -> Result<Value, Error> {
    replace(
        draft,
        put,
        remove,
        |id, mapping| Effect::RootStubPut { id, mapping },
        |id| Effect::RootStubRemoved { id },
    )
}

/// Drops stubs of the overlay. What is not there is gone already.
pub(in crate::engine) fn drop(draft: &mut Draft, remove: &[Arc<str>]) {
    let overlay = &draft.state().overlay;
    let before: Vec<Arc<Value>> = remove
        .iter()
        .filter_map(|id| overlay.get(id).cloned())
        .collect();
    drop_faults(draft, |owner| remove.contains(owner));
    let gone = remove.iter().cloned();
    draft.extend(gone.map(|id| Effect::StubRemoved { id }));
    let left = scenario::left(&draft.state().overlay, &before);
    draft.extend(left);
}

fn replace(
    draft: &mut Draft,
    put: &[Arc<Stub>],
    remove: &[Arc<str>],
    comes: impl Fn(Arc<str>, Arc<Value>) -> Effect,
    goes: impl Fn(Arc<str>) -> Effect,
) -> Result<Value, Error> {
    let ids = put.iter().map(|stub| &stub.id).chain(remove);
    let overlay = &draft.state().overlay;
    let before: Vec<Arc<Value>> = ids.filter_map(|id| overlay.get(id).cloned()).collect();
    let come = put.iter();
    draft.extend(come.map(|stub| comes(stub.id.clone(), stub.source.clone())));
    drop_faults(draft, |owner| {
        remove.contains(owner) || put.iter().any(|stub| stub.id == *owner)
    });
    let gone = remove.iter().cloned();
    draft.extend(gone.map(goes));
    let left = scenario::left(&draft.state().overlay, &before);
    draft.extend(left);
    put_faults(draft, put)
}

/// Drops the rules that stand at stubs of the overlay.
pub(super) fn drop_faults(draft: &mut Draft, of: impl Fn(&Arc<str>) -> bool) {
    let rules = draft.state().faults.iter();
    let owned = rules.filter(|planned| planned.rule.owner.as_ref().is_some_and(&of));
    let gone: Vec<Arc<str>> = owned.map(|planned| planned.rule.id.clone()).collect();
    draft.extend(gone.into_iter().map(|id| Effect::FaultRemoved { id }));
}

/// Puts the rules that stand at stubs of the overlay.
pub(in crate::engine) fn put_faults(
    draft: &mut Draft,
    stubs: &[Arc<Stub>],
) -> Result<Value, Error> {
    for stub in stubs {
        faults::put(draft, &stub.faults, true)?;
    }
    Ok(Value::Null)
}
