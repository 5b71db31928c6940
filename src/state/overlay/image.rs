//! The overlay in an image: a row a stub, the oldest first; then those of WireMock roots.

use std::sync::Arc;

use serde_json::Value;

use super::Overlay;
use crate::state::image::Writer;

/// A stub's age, its id and its definition.
pub(in crate::state) type StubRow = (u64, Arc<str>, Arc<Value>);

/// A stub of a WireMock root; no definition, where it is the one that stands in the overlay.
pub(in crate::state) type RootRow = (Arc<str>, Option<Arc<Value>>);

/// The age of the newest stub, and how many ids were given.
pub(in crate::state) type Numbers = (u64, u64);

impl Overlay {
    pub(in crate::state) fn write(&self, out: &mut Writer<'_>) {
        out.row("stubNumbers", &(self.next_age, self.ids_given));
        for (age, id) in &self.by_age {
            if let Some((_, mapping)) = self.by_id.get(id) {
                out.row("stubs", &(age, id, mapping));
            }
        }
        for (id, mapping) in &self.roots {
            let differs = self.get(id) != Some(mapping);
            out.row("rootStubs", &(id, differs.then_some(mapping)));
        }
    }

    pub(in crate::state) fn restore_numbers(&mut self, (next_age, ids_given): Numbers) {
        self.next_age = next_age;
        self.ids_given = ids_given;
    }

    /// Whether its definition is known.
    pub(in crate::state) fn restore_root(&mut self, (id, mapping): RootRow) -> bool {
        let known = mapping.or_else(|| self.get(&id).cloned());
        known
            .map(|mapping| self.roots.insert(id, mapping))
            .is_some()
    }

    pub(in crate::state) fn restore(&mut self, (age, id, mapping): StubRow) {
        self.by_age.insert(age, id.clone());
        self.by_id.insert(id, (age, mapping));
    }
}
