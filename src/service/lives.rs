//! Sandboxes come and go one at a time for each id, so that the store and the list of what is served
//! agree.

use std::hash::{DefaultHasher, Hash, Hasher};

use tokio::sync::{Mutex, MutexGuard};

use crate::domain::name::SandboxId;

/// How many ids can come or go at a time.
const LANES: usize = 64;

/// Locks, one of which every id has, maybe with others.
#[derive(Debug)]
pub(super) struct Lives([Mutex<()>; LANES]);

impl Default for Lives {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(())))
    }
}

impl Lives {
    /// Waits until nobody else makes or drops this sandbox.
    pub(super) async fn of(&self, id: &SandboxId) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        let lane = usize::try_from(hasher.finish() % LANES as u64).unwrap_or(0);
        self.0[lane].lock().await
    }
}
