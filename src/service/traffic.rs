//! What is going on in a sandbox: counted at the edge, which lets none have more than its share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// What is going on in a sandbox.
#[derive(Debug)]
pub struct Traffic {
    /// Tells it from others; never zero.
    pub line: u64,
    in_flight: AtomicUsize,
}

/// A call under way, until this is dropped.
#[derive(Debug)]
pub struct InFlight(Arc<Traffic>);

impl Traffic {
    /// Of a new sandbox.
    pub(super) fn new() -> Arc<Self> {
        static LINES: AtomicU64 = AtomicU64::new(1);
        Arc::new(Self {
            line: LINES.fetch_add(1, Ordering::Relaxed),
            in_flight: AtomicUsize::new(0),
        })
    }

    /// Counts one more call as under way; nothing, where so many are already.
    #[must_use]
    pub fn begin(self: &Arc<Self>, max: usize) -> Option<InFlight> {
        let before = self.in_flight.fetch_add(1, Ordering::Relaxed);
        // One too many is counted off again as it is dropped.
        let begun = InFlight(self.clone());
        (before < max).then_some(begun)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
