//! What a running server keeps for a sandbox beside its state.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use jiff::Timestamp;

use super::overlay::Overlay;
use crate::definition::compiled::Stub;
use crate::domain::name::SandboxId;
use crate::domain::time::Clock;
use crate::log::{Bounds, CallLog};
use crate::state::SandboxState;

/// A sandbox of a running server.
#[derive(Debug)]
pub struct Sandbox {
    /// Its id.
    pub id: SandboxId,
    /// Its calls.
    pub log: CallLog,
    pub(super) overlay: Overlay,
    /// Changes of the overlay come one at a time, so that state and index agree.
    pub(super) changing: tokio::sync::Mutex<()>,
    queued_errors: AtomicBool,
    clock: ArcSwap<Clock>,
}

impl Sandbox {
    pub(super) fn new(id: SandboxId, bounds: Bounds, clock: Clock) -> Self {
        Self {
            id,
            log: CallLog::new(bounds),
            overlay: Overlay::default(),
            changing: tokio::sync::Mutex::new(()),
            queued_errors: AtomicBool::new(false),
            clock: ArcSwap::from_pointee(clock),
        }
    }

    /// The stub of the overlay with this id.
    #[must_use]
    pub fn stub(&self, id: &str) -> Option<Arc<Stub>> {
        self.overlay.get(id)
    }

    /// Whether a tester has put an answer in line.
    pub(super) fn has_queued_errors(&self) -> bool {
        self.queued_errors.load(Ordering::Acquire)
    }

    /// What the sandbox clock shows while the machine's shows `wall`. It takes no lock.
    pub(super) fn shows(&self, wall: Timestamp) -> Timestamp {
        self.clock.load().read(wall)
    }

    /// Notes what calls look at without a lock.
    pub(super) fn after(&self, state: &SandboxState) {
        let queued = !state.errors.is_empty();
        if self.queued_errors.load(Ordering::Relaxed) != queued {
            self.queued_errors.store(queued, Ordering::Release);
        }
        if **self.clock.load() != state.clock {
            self.clock.store(Arc::new(state.clock));
        }
    }
}
