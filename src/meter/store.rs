//! What a store counts of itself.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Histogram;

/// What a store counts of itself: every store has one, and whoever watches the server reads it.
#[derive(Debug, Default)]
pub struct StoreMeter {
    /// How long changes took to be kept, from the decision on: for a store that waits for a disk, that
    /// wait.
    pub commits: Histogram,
    journal_bytes: AtomicU64,
}

impl StoreMeter {
    /// The journal takes so many bytes on its disk now.
    pub fn set_journal_bytes(&self, bytes: u64) {
        self.journal_bytes.store(bytes, Ordering::Relaxed);
    }

    /// How many bytes the journal takes; 0 where there is none.
    #[must_use]
    pub fn journal_bytes(&self) -> u64 {
        self.journal_bytes.load(Ordering::Relaxed)
    }
}
