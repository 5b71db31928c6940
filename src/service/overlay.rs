//! A sandbox's own stubs, compiled and filed. They lie over those of the packs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::definition::compiled::{Stub, Target};
use crate::matching::index::{Entry, Index};
use crate::matching::pattern::Variables;
use crate::matching::seen::Seen;
use crate::state::overlay::Overlay as State;

/// The stubs by id, and the index over them; it is made when it is first asked for after a change.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    stubs: BTreeMap<Arc<str>, Arc<Stub>>,
    /// Which stubs there are, and which is newer than which.
    state: State,
    index: Option<Arc<Index<Target>>>,
}

impl Overlay {
    /// The index over all stubs.
    pub(super) fn index(&self) -> Arc<Index<Target>> {
        let mut inner = self.inner();
        if let Some(index) = &inner.index {
            return index.clone();
        }
        let newest_first = inner.state.iter().filter_map(|(id, _)| inner.stubs.get(id));
        let entries = newest_first.zip((0..u64::MAX).rev());
        let entries = entries.map(|(stub, age)| Entry {
            pattern: stub.pattern.clone(),
            priority: stub.priority,
            age,
            target: Target::Stub(stub.clone()),
        });
        let index = Arc::new(Index::new(entries.collect()));
        inner.index = Some(index.clone());
        index
    }

    /// The stub of this id.
    pub(super) fn get(&self, id: &str) -> Option<Arc<Stub>> {
        self.inner().stubs.get(id).cloned()
    }

    /// All stubs, by their ids.
    pub(super) fn all(&self) -> Vec<Arc<Stub>> {
        self.inner().stubs.values().cloned().collect()
    }

    /// Takes over what the state has: `compiled` are the stubs that may be new in it, and what it has
    /// no longer is dropped.
    pub(super) fn follow(&self, state: &State, compiled: &[Arc<Stub>]) {
        let mut inner = self.inner();
        inner.index = None;
        for stub in compiled {
            inner.stubs.insert(stub.id.clone(), stub.clone());
        }
        inner.stubs.retain(|id, _| state.get(id).is_some());
        inner.state = state.clone();
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What two indexes find, the overlay's first.
type Found<'a> = Option<(&'a Entry<Target>, Variables)>;

/// The better of two matches: the higher priority, and the overlay's among equals, for it is newer.
pub(super) fn best<'a>(overlay: Found<'a>, packs: Found<'a>) -> Found<'a> {
    match (overlay, packs) {
        (Some(one), Some(other)) if other.0.priority < one.0.priority => Some(other),
        (Some(one), _) => Some(one),
        (None, other) => other,
    }
}

/// What a call may be for, of all that two indexes find, in the order in which it is asked: up to the
/// first that claims it in whatever state a scenario is.
pub(super) fn claims<'a>(
    overlay: &'a Index<Target>,
    packs: &'a Index<Target>,
    seen: &Seen<'_>,
) -> Vec<(&'a Entry<Target>, Variables)> {
    let certain = |target: &Target| !target.is_conditional();
    let mut claims = overlay.candidates(seen, certain);
    claims.extend(packs.candidates(seen, certain));
    // The sort is stable, so among equals the overlay's come first.
    claims.sort_by_key(|(entry, _)| entry.priority);
    let end = claims
        .iter()
        .position(|(entry, _)| certain(&entry.target))
        .map_or(claims.len(), |at| at + 1);
    claims.truncate(end);
    claims
}
