//! The store that a server has: one of those there are.

use std::sync::Arc;

use super::{Committed, Error, Key, Memory, Snapshot, Store};
use crate::domain::name::SandboxId;
use crate::meter::StoreMeter;
use crate::state::{Effect, SandboxState};

/// One of the stores.
#[derive(Debug)]
pub enum Any {
    /// It forgets everything when the process ends.
    Memory(Arc<Memory>),
}

impl Default for Any {
    fn default() -> Self {
        Self::Memory(Arc::default())
    }
}

impl Any {
    /// What the store counts of itself.
    #[must_use]
    pub fn meter(&self) -> &StoreMeter {
        match self {
            Self::Memory(store) => store.meter(),
        }
    }
}

impl Store for Any {
    async fn transact<D: AsRef<[Effect]> + Send>(
        &self,
        sandbox: &Key,
        decide: impl FnMut(&SandboxState) -> D + Send,
    ) -> Result<Committed<D>, Error> {
        match self {
            Self::Memory(store) => store.transact(sandbox, decide).await,
        }
    }

    fn read(&self, sandbox: &Key) -> Result<SandboxState, Error> {
        match self {
            Self::Memory(store) => store.read(sandbox),
        }
    }

    fn as_of(&self, sandbox: &Key, call: u64) -> Result<SandboxState, Error> {
        match self {
            Self::Memory(store) => store.as_of(sandbox, call),
        }
    }

    async fn create(&self, sandbox: &SandboxId, state: SandboxState) -> Result<Key, Error> {
        match self {
            Self::Memory(store) => store.create(sandbox, state).await,
        }
    }

    async fn replace(
        &self,
        sandbox: &Key,
        become_: impl FnMut(&SandboxState) -> SandboxState + Send,
    ) -> Result<Committed<()>, Error> {
        match self {
            Self::Memory(store) => store.replace(sandbox, become_).await,
        }
    }

    async fn delete(&self, sandbox: &Key) -> Result<(), Error> {
        match self {
            Self::Memory(store) => store.delete(sandbox).await,
        }
    }

    fn list(&self) -> Vec<SandboxId> {
        match self {
            Self::Memory(store) => store.list(),
        }
    }

    async fn keep(&self, sandbox: &Key, snapshot: Snapshot) -> Result<(), Error> {
        match self {
            Self::Memory(store) => store.keep(sandbox, snapshot).await,
        }
    }

    fn snapshots(&self, sandbox: &Key) -> Result<Vec<Snapshot>, Error> {
        match self {
            Self::Memory(store) => store.snapshots(sandbox),
        }
    }

    async fn forget(&self, sandbox: &Key, snapshot: &str) -> Result<(), Error> {
        match self {
            Self::Memory(store) => store.forget(sandbox, snapshot).await,
        }
    }
}
