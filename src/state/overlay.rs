//! The overlay: the stubs that a sandbox lays over those of the packs, as they were given.

pub(super) mod image;

use std::sync::Arc;

use imbl::OrdMap;
use serde_json::Value;

/// Stub definitions by id, listed the newest first as WireMock does.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    by_id: OrdMap<Arc<str>, (u64, Arc<Value>)>,
    by_age: OrdMap<u64, Arc<str>>,
    next_age: u64,
    /// The stubs that WireMock roots had when they were last looked at, as they had them. A tester may have
    /// dropped or replaced one since.
    roots: OrdMap<Arc<str>, Arc<Value>>,
    ids_given: u64,
}

impl Overlay {
    /// The definition with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<Value>> {
        self.by_id.get(id).map(|(_, mapping)| mapping)
    }

    /// How old the definition with this id is: the newest has the highest.
    #[must_use]
    pub fn age(&self, id: &str) -> Option<u64> {
        self.by_id.get(id).map(|(age, _)| *age)
    }

    /// All definitions with their ids, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<Value>)> {
        self.by_age
            .values()
            .rev()
            .filter_map(|id| Some((id, &self.by_id.get(id)?.1)))
    }

    /// The stubs that WireMock roots had when they were last looked at, by their ids, as they had them.
    pub fn roots(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<Value>)> {
        self.roots.iter()
    }

    /// The stub of this id as a WireMock root had it when it was last looked at.
    #[must_use]
    pub fn root(&self, id: &str) -> Option<&Arc<Value>> {
        self.roots.get(id)
    }

    /// How many stubs that brought no id were given one: the next id is made of the number that follows.
    #[must_use]
    pub fn ids_given(&self) -> u64 {
        self.ids_given
    }

    /// How many stubs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Adds a stub, or replaces it where it stands.
    pub(super) fn put(&mut self, id: &Arc<str>, mapping: &Arc<Value>) {
        let age = match self.by_id.get(id) {
            Some((age, _)) => *age,
            None => {
                self.next_age += 1;
                self.by_age.insert(self.next_age, id.clone());
                self.next_age
            }
        };
        self.by_id.insert(id.clone(), (age, mapping.clone()));
    }

    pub(super) fn put_root(&mut self, id: &Arc<str>, mapping: &Arc<Value>) {
        self.put(id, mapping);
        self.roots.insert(id.clone(), mapping.clone());
    }

    pub(super) fn remove_root(&mut self, id: &str) {
        self.remove(id);
        self.roots.remove(id);
    }

    pub(super) fn give_ids(&mut self, all: u64) {
        self.ids_given = all;
    }

    pub(super) fn remove(&mut self, id: &str) {
        if let Some((age, _)) = self.by_id.remove(id) {
            self.by_age.remove(&age);
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self {
            next_age: self.next_age,
            roots: std::mem::take(&mut self.roots),
            ids_given: self.ids_given,
            ..Self::default()
        };
    }
}
