//! What a store counts of itself.

use super::Histogram;

/// What a store counts of itself: every store has one, and whoever watches the server reads it.
#[derive(Debug, Default)]
pub struct StoreMeter {
    /// How long changes took to be kept, from the decision on: for a store that waits for a disk, that
    /// wait.
    pub commits: Histogram,
}
