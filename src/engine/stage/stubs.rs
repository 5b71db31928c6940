//! Stubs that come to the overlay, and go.

use std::sync::Arc;

use serde_json::Value;

use crate::engine::draft::Draft;
use crate::engine::scenario;
use crate::state::Effect;

/// Lays stubs over the packs', and drops others. What is not there is gone already.
pub(super) fn change(draft: &mut Draft, put: &[(Arc<str>, Arc<Value>)], remove: &[Arc<str>]) {
    let ids = put.iter().map(|(id, _)| id).chain(remove);
    let overlay = &draft.state().overlay;
    let before: Vec<Arc<Value>> = ids.filter_map(|id| overlay.get(id).cloned()).collect();
    draft.extend(put.iter().map(|(id, mapping)| Effect::StubPut {
        id: id.clone(),
        mapping: mapping.clone(),
    }));
    let gone = remove.iter().cloned();
    draft.extend(gone.map(|id| Effect::StubRemoved { id }));
    let left = scenario::left(&draft.state().overlay, &before);
    draft.extend(left);
}
