//! The counters of limits in an image: a row each.

use super::{CounterId, Held, Limits};
use crate::state::image::Writer;

impl Limits {
    pub(in crate::state) fn write(&self, out: &mut Writer<'_>) {
        out.rows("limits", self.iter());
    }

    /// Keeps a counter, and drops no other.
    pub(in crate::state) fn restore(&mut self, id: CounterId, held: Held) {
        self.by_freshness.insert((held.fresh_at_ms, id.clone()));
        self.held.insert(id, held);
    }
}
