//! Turns: how many requests go out at once. Each sandbox has a queue of its own, so that one whose
//! receivers hang keeps no other's requests waiting.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::domain::name::SandboxId;

/// How many requests of all sandboxes are under way at once.
const REQUESTS_MAX: usize = 512;

/// How many requests of one sandbox are under way at once.
const REQUESTS_OF_ONE_MAX: usize = 32;

/// How many requests of one sandbox are under way or wait for it.
const WAITING_OF_ONE_MAX: usize = 10_000;

/// The queues of all sandboxes.
#[derive(Debug)]
pub(super) struct Turns {
    /// No more than [`REQUESTS_OF_ONE_MAX`] of one sandbox ask for a turn of it at once: it lets them
    /// go in the order in which they came, so every sandbox is soon served.
    all: Semaphore,
    queues: Mutex<BTreeMap<SandboxId, Queue>>,
}

/// The queue of one sandbox.
#[derive(Debug)]
struct Queue {
    waiting: usize,
    turns: Arc<Semaphore>,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            all: Semaphore::new(REQUESTS_MAX),
            queues: Mutex::default(),
        }
    }
}

impl Turns {
    /// A place in a sandbox's queue; nothing, if it is full. It is free when what comes back is
    /// dropped.
    pub(super) fn stand<'a>(&'a self, sandbox: &'a SandboxId) -> Option<Place<'a>> {
        let mut queues = self.queues();
        let queue = queues.entry(sandbox.clone()).or_insert_with(|| Queue {
            waiting: 0,
            turns: Arc::new(Semaphore::new(REQUESTS_OF_ONE_MAX)),
        });
        if queue.waiting >= WAITING_OF_ONE_MAX {
            return None;
        }
        queue.waiting += 1;
        Some(Place {
            turns: self,
            sandbox,
            own: queue.turns.clone(),
        })
    }

    /// A thread that panics holds the lock nowhere where the queues are half changed.
    fn queues(&self) -> MutexGuard<'_, BTreeMap<SandboxId, Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in a sandbox's queue.
#[derive(Debug)]
pub(super) struct Place<'a> {
    turns: &'a Turns,
    sandbox: &'a SandboxId,
    own: Arc<Semaphore>,
}

/// Leave to go. It is given back when it is dropped.
#[derive(Debug)]
pub(super) struct Turn<'p> {
    _own: Option<SemaphorePermit<'p>>,
    _all: Option<SemaphorePermit<'p>>,
}

impl Place<'_> {
    /// Waits for its turn.
    pub(super) async fn turn(&self) -> Turn<'_> {
        // Neither is ever closed.
        let own = self.own.acquire().await.ok();
        let all = self.turns.all.acquire().await.ok();
        Turn {
            _own: own,
            _all: all,
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut queues = self.turns.queues();
        if let Some(queue) = queues.get_mut(self.sandbox) {
            queue.waiting -= 1;
            if queue.waiting == 0 {
                queues.remove(self.sandbox);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_bounded_and_goes_with_its_last_place() {
        let turns = Turns::default();
        let [full, other] = ["full", "other"].map(|id| SandboxId::parse(id).expect("an id"));
        let mut places: Vec<_> = (0..WAITING_OF_ONE_MAX)
            .map(|_| turns.stand(&full).expect("a place"))
            .collect();
        assert!(turns.stand(&full).is_none());
        assert!(turns.stand(&other).is_some());
        places.pop();
        assert!(turns.stand(&full).is_some());
        drop(places);
        assert!(turns.queues().is_empty());
    }
}
