//! How a sandbox was before its latest calls, so that a read can be stale.

use std::cmp::Ordering;
use std::sync::Arc;

use imbl::Vector;
use jiff::{SignedDuration, Timestamp};

use super::SandboxState;

/// How many calls back one can look.
pub const CALLS_MAX: usize = 256;

/// The states before the latest calls, the oldest first. They share what has not changed.
#[derive(Clone, Debug, Default)]
pub struct Past(Vector<Arc<SandboxState>>);

impl Past {
    /// How it was before the call that was `calls` calls ago: 1 is the previous call. The oldest that is
    /// kept, if it was earlier than that; nothing, if there has been no call.
    #[must_use]
    pub fn calls_ago(&self, calls: u64) -> Option<&Arc<SandboxState>> {
        let back = usize::try_from(calls.max(1)).unwrap_or(usize::MAX);
        self.0.get(self.0.len().saturating_sub(back))
    }

    /// How it was so many seconds before `now`: before the first call that came after that. The oldest
    /// that is kept, if it was earlier; nothing, if no call has come since.
    #[must_use]
    pub fn seconds_ago(&self, now: Timestamp, seconds: u64) -> Option<&Arc<SandboxState>> {
        let back = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
        let since = now.checked_sub(back).unwrap_or(Timestamp::MIN);
        // None is equal, so this finds the place of the first that is later.
        let place = |state: &Arc<SandboxState>| match state.now > since {
            true => Ordering::Greater,
            false => Ordering::Less,
        };
        let (Ok(later) | Err(later)) = self.0.binary_search_by(place);
        self.0.get(later)
    }

    /// How many states are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there has been no call.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn keep(&mut self, before: SandboxState) {
        self.0.push_back(Arc::new(before));
        if self.0.len() > CALLS_MAX {
            self.0.pop_front();
        }
    }
}
