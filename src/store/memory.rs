//! The store that forgets: states in memory, a lock a sandbox.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use super::{Committed, Error, Key, Store};
use crate::domain::name::SandboxId;
use crate::state::{Effect, SandboxState};

/// Sandboxes in memory. No lock is shared between two of them.
#[derive(Debug, Default)]
pub struct Memory {
    sandboxes: DashMap<SandboxId, (u64, Arc<Mutex<Cell>>)>,
    generations: AtomicU64,
}

/// A state, and how often it was decided on.
#[derive(Debug)]
struct Cell {
    state: SandboxState,
    commits: u64,
}

impl Memory {
    fn cell(&self, key: &Key) -> Result<Arc<Mutex<Cell>>, Error> {
        let found = self.sandboxes.get(&key.id).ok_or(Error::NoSuchSandbox)?;
        let (generation, cell) = &*found;
        if *generation != key.generation {
            return Err(Error::NoSuchSandbox);
        }
        Ok(Arc::clone(cell))
    }
}

impl Store for Memory {
    async fn transact<D: AsRef<[Effect]> + Send>(
        &self,
        sandbox: &Key,
        mut decide: impl FnMut(&SandboxState) -> D + Send,
    ) -> Result<Committed<D>, Error> {
        let cell = self.cell(sandbox)?;
        let mut cell = lock(&cell);
        let decision = decide(&cell.state);
        for effect in decision.as_ref() {
            cell.state.apply(effect);
        }
        cell.commits += 1;
        Ok(Committed {
            decision,
            state: cell.state.clone(),
            commit: cell.commits,
        })
    }

    fn read(&self, sandbox: &Key) -> Result<SandboxState, Error> {
        Ok(lock(&*self.cell(sandbox)?).state.clone())
    }

    fn create(&self, sandbox: &SandboxId, state: SandboxState) -> Result<Key, Error> {
        match self.sandboxes.entry(sandbox.clone()) {
            Entry::Occupied(_) => Err(Error::SandboxExists),
            Entry::Vacant(place) => {
                let generation = self.generations.fetch_add(1, Ordering::Relaxed);
                let cell = Cell { state, commits: 0 };
                place.insert((generation, Arc::new(Mutex::new(cell))));
                Ok(Key {
                    id: sandbox.clone(),
                    generation,
                })
            }
        }
    }

    fn delete(&self, sandbox: &Key) -> Result<(), Error> {
        self.sandboxes
            .remove_if(&sandbox.id, |_, (generation, _)| {
                *generation == sandbox.generation
            })
            .map(|_| ())
            .ok_or(Error::NoSuchSandbox)
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

    fn nothing() -> SandboxState {
        SandboxState::new(Arc::default(), Timestamp::UNIX_EPOCH)
    }

    /// The store in memory never waits.
    fn transact(store: &Memory, key: &Key) -> Result<u64, Error> {
        let decide = |_: &SandboxState| Vec::<Effect>::new();
        let mut waiting = Context::from_waker(Waker::noop());
        match pin!(store.transact(key, decide)).poll(&mut waiting) {
            Poll::Ready(committed) => committed.map(|committed| committed.commit),
            Poll::Pending => panic!("the store waits"),
        }
    }

    #[test]
    fn the_key_of_a_former_life_reaches_nothing() {
        let (store, id) = (Memory::default(), SandboxId::default_sandbox());
        let old = store.create(&id, nothing()).expect("a first life");
        store.delete(&old).expect("its end");
        let new = store.create(&id, nothing()).expect("a second life");
        assert_eq!(transact(&store, &old), Err(Error::NoSuchSandbox));
        assert_eq!(store.read(&old).err(), Some(Error::NoSuchSandbox));
        assert_eq!(store.delete(&old), Err(Error::NoSuchSandbox));
        assert_eq!(transact(&store, &new), Ok(1));
        assert_eq!(transact(&store, &new), Ok(2));
    }
}
