//! The store that forgets: states in memory, a lock a sandbox.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use super::history::{Bounds, History};
use super::{Committed, Error, Key, Snapshot, Store};
use crate::domain::name::SandboxId;
use crate::meter::{Stopwatch, StoreMeter};
use crate::state::{Effect, SandboxState};

/// Sandboxes in memory. No lock is shared between two of them.
#[derive(Debug, Default)]
pub struct Memory {
    history: Bounds,
    sandboxes: DashMap<SandboxId, (u64, Arc<Mutex<Cell>>)>,
    generations: AtomicU64,
    meter: StoreMeter,
}

/// A state, and how often it was decided on.
#[derive(Debug)]
struct Cell {
    state: SandboxState,
    commits: u64,
    history: History,
    /// The oldest first.
    snapshots: Vec<Snapshot>,
}

impl Memory {
    /// A store without sandboxes, which will remember so much of each.
    #[must_use]
    pub fn remembering(history: Bounds) -> Self {
        Self {
            history,
            ..Self::default()
        }
    }

    /// The life that a sandbox has now.
    #[must_use]
    pub fn find(&self, sandbox: &SandboxId) -> Option<Key> {
        self.sandboxes.get(sandbox).map(|found| Key {
            id: sandbox.clone(),
            generation: found.0,
        })
    }

    fn cell(&self, key: &Key) -> Result<Arc<Mutex<Cell>>, Error> {
        let found = self.sandboxes.get(&key.id).ok_or(Error::NoSuchSandbox)?;
        let (generation, cell) = &*found;
        if *generation != key.generation {
            return Err(Error::NoSuchSandbox);
        }
        Ok(Arc::clone(cell))
    }
}

impl Memory {
    /// What it counts of itself.
    #[must_use]
    pub fn meter(&self) -> &StoreMeter {
        &self.meter
    }
}

impl Store for Memory {
    async fn transact<D: AsRef<Arc<[Effect]>> + Send>(
        &self,
        sandbox: &Key,
        mut decide: impl FnMut(&SandboxState) -> D + Send,
    ) -> Result<Committed<D>, Error> {
        let cell = self.cell(sandbox)?;
        let mut cell = lock(&cell);
        let decision = decide(&cell.state);
        let Cell {
            state,
            commits,
            history,
            ..
        } = &mut *cell;
        let decided = Stopwatch::start();
        for effect in decision.as_ref().iter() {
            state.apply(effect);
        }
        *commits += 1;
        self.meter.commits.add(decided.micros());
        let forgotten = history.push(decision.as_ref(), state);
        let committed = Committed {
            decision,
            state: state.clone(),
            commit: *commits,
        };
        // Freed after the lock is given back: another call may be waiting for it.
        drop(cell);
        drop(forgotten);
        Ok(committed)
    }

    fn read(&self, sandbox: &Key) -> Result<SandboxState, Error> {
        Ok(lock(&*self.cell(sandbox)?).state.clone())
    }

    fn as_of(&self, sandbox: &Key, call: u64) -> Result<SandboxState, Error> {
        let cell = self.cell(sandbox)?;
        let way = lock(&cell).history.way_to(call)?;
        Ok(way.go())
    }

    async fn create(&self, sandbox: &SandboxId, state: SandboxState) -> Result<Key, Error> {
        match self.sandboxes.entry(sandbox.clone()) {
            Entry::Occupied(_) => Err(Error::SandboxExists),
            Entry::Vacant(place) => {
                let generation = self.generations.fetch_add(1, Ordering::Relaxed);
                let cell = Cell {
                    history: History::new(&state, self.history),
                    state,
                    commits: 0,
                    snapshots: Vec::new(),
                };
                place.insert((generation, Arc::new(Mutex::new(cell))));
                Ok(Key {
                    id: sandbox.clone(),
                    generation,
                })
            }
        }
    }

    async fn replace(
        &self,
        sandbox: &Key,
        mut become_: impl FnMut(&SandboxState) -> SandboxState + Send,
    ) -> Result<Committed<()>, Error> {
        let cell = self.cell(sandbox)?;
        let mut cell = lock(&cell);
        let state = become_(&cell.state);
        cell.state = state.clone();
        cell.commits += 1;
        let forgotten = cell.history.replace(&state);
        let commit = cell.commits;
        drop(cell);
        drop(forgotten);
        Ok(Committed {
            decision: (),
            state,
            commit,
        })
    }

    async fn delete(&self, sandbox: &Key) -> Result<(), Error> {
        self.sandboxes
            .remove_if(&sandbox.id, |_, (generation, _)| {
                *generation == sandbox.generation
            })
            .map(|_| ())
            .ok_or(Error::NoSuchSandbox)
    }

    async fn keep(&self, sandbox: &Key, snapshot: Snapshot) -> Result<(), Error> {
        let cell = self.cell(sandbox)?;
        let mut cell = lock(&cell);
        if cell.snapshots.iter().any(|other| other.id == snapshot.id) {
            return Err(Error::SnapshotExists);
        }
        cell.snapshots.push(snapshot);
        Ok(())
    }

    fn snapshots(&self, sandbox: &Key) -> Result<Vec<Snapshot>, Error> {
        Ok(lock(&*self.cell(sandbox)?).snapshots.clone())
    }

    async fn forget(&self, sandbox: &Key, snapshot: &str) -> Result<(), Error> {
        let cell = self.cell(sandbox)?;
        let mut cell = lock(&cell);
        let found = cell.snapshots.iter().position(|kept| &*kept.id == snapshot);
        let at = found.ok_or(Error::NoSuchSnapshot)?;
        drop(cell.snapshots.remove(at));
        Ok(())
    }

    fn list(&self) -> Vec<SandboxId> {
        let mut ids: Vec<_> = self
            .sandboxes
            .iter()
            .map(|entry| entry.key().clone())
            .collect();
        ids.sort();
        ids
    }
}

/// A decision that panicked has changed nothing yet, so the state behind its lock is still whole.
fn lock(cell: &Mutex<Cell>) -> MutexGuard<'_, Cell> {
    cell.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use jiff::Timestamp;

    use super::*;

    struct Changes(Arc<[Effect]>);

    impl AsRef<Arc<[Effect]>> for Changes {
        fn as_ref(&self) -> &Arc<[Effect]> {
            &self.0
        }
    }

    fn nothing() -> SandboxState {
        SandboxState::new(Arc::default(), Timestamp::UNIX_EPOCH)
    }

    /// The store in memory never waits.
    fn at_once<T>(future: impl Future<Output = T>) -> T {
        let mut waiting = Context::from_waker(Waker::noop());
        match pin!(future).poll(&mut waiting) {
            Poll::Ready(done) => done,
            Poll::Pending => panic!("the store waits"),
        }
    }

    fn transact(store: &Memory, key: &Key) -> Result<u64, Error> {
        let decide = |_: &SandboxState| Changes(Arc::default());
        at_once(store.transact(key, decide)).map(|committed| committed.commit)
    }

    #[test]
    fn the_key_of_a_former_life_reaches_nothing() {
        let (store, id) = (Memory::default(), SandboxId::default_sandbox());
        let old = at_once(store.create(&id, nothing())).expect("a first life");
        at_once(store.delete(&old)).expect("its end");
        let new = at_once(store.create(&id, nothing())).expect("a second life");
        assert_eq!(transact(&store, &old), Err(Error::NoSuchSandbox));
        assert_eq!(store.read(&old).err(), Some(Error::NoSuchSandbox));
        assert_eq!(at_once(store.delete(&old)), Err(Error::NoSuchSandbox));
        assert_eq!(transact(&store, &new), Ok(1));
        assert_eq!(transact(&store, &new), Ok(2));
    }
}
