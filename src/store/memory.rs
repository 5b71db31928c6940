//! The store that forgets: states in memory, a lock a sandbox.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use super::{Committed, Error, Store};
use crate::domain::name::SandboxId;
use crate::state::{Effect, SandboxState};

/// Sandboxes in memory. No lock is shared between two of them.
#[derive(Debug, Default)]
pub struct Memory {
    sandboxes: DashMap<SandboxId, Arc<Mutex<SandboxState>>>,
}

impl Memory {
    fn sandbox(&self, id: &SandboxId) -> Result<Arc<Mutex<SandboxState>>, Error> {
        let found = self.sandboxes.get(id).ok_or(Error::NoSuchSandbox)?;
        Ok(Arc::clone(&found))
    }
}

impl Store for Memory {
    async fn transact<D: AsRef<[Effect]> + Send>(
        &self,
        sandbox: &SandboxId,
        mut decide: impl FnMut(&SandboxState) -> D + Send,
    ) -> Result<Committed<D>, Error> {
        let sandbox = self.sandbox(sandbox)?;
        let mut state = lock(&sandbox);
        let decision = decide(&state);
        for effect in decision.as_ref() {
            state.apply(effect);
        }
        Ok(Committed {
            decision,
            state: state.clone(),
        })
    }

    fn read(&self, sandbox: &SandboxId) -> Result<SandboxState, Error> {
        Ok(lock(&*self.sandbox(sandbox)?).clone())
    }

    fn create(&self, sandbox: &SandboxId, state: SandboxState) -> Result<(), Error> {
        match self.sandboxes.entry(sandbox.clone()) {
            Entry::Occupied(_) => Err(Error::SandboxExists),
            Entry::Vacant(place) => {
                place.insert(Arc::new(Mutex::new(state)));
                Ok(())
            }
        }
    }

    fn delete(&self, sandbox: &SandboxId) -> Result<(), Error> {
        self.sandboxes
            .remove(sandbox)
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
fn lock(state: &Mutex<SandboxState>) -> MutexGuard<'_, SandboxState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
