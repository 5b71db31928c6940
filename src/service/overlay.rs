//! A sandbox's own stubs, compiled and filed. They lie over those of the packs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::definition::compiled::{Stub, Target};
use crate::matching::index::{Entry, Index};
use crate::matching::pattern::Variables;
use crate::state::overlay::Overlay as State;

/// The stubs by id, and the index over them; it is made when it is first asked for after a change.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    stubs: BTreeMap<Arc<str>, (u64, Arc<Stub>)>,
    next_age: u64,
    index: Option<Arc<Index<Target>>>,
}

impl Overlay {
    /// The index over all stubs.
    pub(super) fn index(&self) -> Arc<Index<Target>> {
        let mut inner = self.inner();
        if let Some(index) = &inner.index {
            return index.clone();
        }
        let entries = inner.stubs.values().map(|(age, stub)| Entry {
            pattern: stub.pattern.clone(),
            priority: stub.priority,
            age: *age,
            target: Target::Stub(stub.clone()),
        });
        let index = Arc::new(Index::new(entries.collect()));
        inner.index = Some(index.clone());
        index
    }

    /// The stub of this id.
    pub(super) fn get(&self, id: &str) -> Option<Arc<Stub>> {
        self.inner().stubs.get(id).map(|(_, stub)| stub.clone())
    }

    /// Adds a stub, or replaces it where it stands.
    pub(super) fn put(&self, stub: Arc<Stub>) {
        let mut inner = self.inner();
        inner.index = None;
        inner.next_age += 1;
        let age = inner
            .stubs
            .get(&stub.id)
            .map_or(inner.next_age, |(age, _)| *age);
        inner.stubs.insert(stub.id.clone(), (age, stub));
    }

    /// Drops the stubs that the state no longer has.
    pub(super) fn retain(&self, state: &State) {
        let mut inner = self.inner();
        inner.index = None;
        inner.stubs.retain(|id, _| state.get(id).is_some());
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
