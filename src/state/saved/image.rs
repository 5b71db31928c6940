//! Saved replies in an image: a row a key.

use super::{Saved, SavedId, SavedReplies, goes_at, size};
use crate::state::image::Writer;

impl SavedReplies {
    pub(in crate::state) fn write(&self, out: &mut Writer<'_>) {
        out.rows("saved", self.by_id.iter());
    }

    /// Remembers a key, and drops no other.
    pub(in crate::state) fn restore(&mut self, id: SavedId, saved: Saved) {
        self.bytes += size(&id, &saved);
        self.by_expiry.insert((goes_at(&saved), id.clone()));
        self.by_id.insert(id, saved);
    }
}
