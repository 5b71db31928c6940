//! The overlay in an image: a row a stub, the oldest first.

use std::sync::Arc;

use serde_json::Value;

use super::Overlay;
use crate::state::image::Writer;

/// A stub's age, its id and its definition.
pub(in crate::state) type StubRow = (u64, Arc<str>, Arc<Value>);

impl Overlay {
    pub(in crate::state) fn write(&self, out: &mut Writer<'_>) {
        out.row("stubsNext", &self.next_age);
        for (age, id) in &self.by_age {
            if let Some((_, mapping)) = self.by_id.get(id) {
                out.row("stubs", &(age, id, mapping));
            }
        }
    }

    pub(in crate::state) fn restore_next(&mut self, next: u64) {
        self.next_age = next;
    }

    pub(in crate::state) fn restore(&mut self, (age, id, mapping): StubRow) {
        self.by_age.insert(age, id.clone());
        self.by_id.insert(id, (age, mapping));
    }
}
