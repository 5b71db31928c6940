//! A sandbox's own stubs, compiled and filed. They lie over those of the packs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::definition::compiled::{Stub, Target};
use crate::matching::index::{Entry, Index};
use crate::matching::pattern::Variables;
use crate::matching::seen::Seen;
use crate::state::overlay::Overlay as State;

/// The stubs by id, and the index over them.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Each with its slot in the index.
    stubs: BTreeMap<Arc<str>, (Arc<Stub>, usize)>,
    /// Calls that are being matched hold it: a change meanwhile copies it.
    index: Arc<Index<Target>>,
}

impl Inner {
    fn put(&mut self, state: &State, stubs: &[Arc<Stub>]) {
        let index = Arc::make_mut(&mut self.index);
        for stub in stubs {
            if let Some((_, slot)) = self.stubs.remove(&stub.id) {
                index.remove(slot);
            }
            let Some(age) = state.age(&stub.id) else {
                continue;
            };
            let slot = index.insert(Entry {
                pattern: stub.pattern.clone(),
                priority: stub.priority,
                age,
                target: Target::Stub(stub.clone()),
            });
            let id = stub.id.clone();
            self.stubs.insert(id, (stub.clone(), slot));
        }
    }
}

impl Overlay {
    /// The index over all stubs.
    pub(super) fn index(&self) -> Arc<Index<Target>> {
        self.inner().index.clone()
    }

    /// The stub of this id.
    pub(super) fn get(&self, id: &str) -> Option<Arc<Stub>> {
        self.inner().stubs.get(id).map(|(stub, _)| stub.clone())
    }

    /// All stubs, by their ids.
    pub(super) fn all(&self) -> Vec<Arc<Stub>> {
        let inner = self.inner();
        inner.stubs.values().map(|(stub, _)| stub.clone()).collect()
    }

    /// Takes over those of these stubs that the state has, as old as they are there, and drops others
    /// by their ids.
    pub(super) fn change(&self, state: &State, put: &[Arc<Stub>], remove: &[Arc<str>]) {
        if put.is_empty() && remove.is_empty() {
            return;
        }
        let mut inner = self.inner();
        inner.put(state, put);
        let Inner { stubs, index } = &mut *inner;
        let index = Arc::make_mut(index);
        for id in remove {
            if let Some((_, slot)) = stubs.remove(id) {
                index.remove(slot);
            }
        }
    }

    /// Has those of these stubs that the state has, and nothing else.
    pub(super) fn replace(&self, state: &State, stubs: &[Arc<Stub>]) {
        let mut inner = Inner::default();
        inner.put(state, stubs);
        *self.inner() = inner;
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
