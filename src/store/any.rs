//! The store that a server has: one of those there are.

use std::sync::Arc;

use super::{Committed, Error, Journal, Key, Memory, Snapshot, Store};
use crate::domain::name::SandboxId;
use crate::meter::StoreMeter;
use crate::state::{Effect, SandboxState};

/// One of the stores.
#[derive(Clone, Debug)]
pub enum Any {
    /// It forgets everything when the process ends.
    Memory(Arc<Memory>),
    /// It writes everything down before it is told.
    Journal(Arc<Journal>),
}

impl Default for Any {
    fn default() -> Self {
        Self::Memory(Arc::default())
    }
}

impl Any {
    /// Whether it keeps what it is given beyond the end of the process. Then whoever asks waits for a disk,
    /// and may go away meanwhile.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        matches!(self, Self::Journal(_))
    }

    /// The life that a sandbox has now.
    #[must_use]
    pub fn find(&self, sandbox: &SandboxId) -> Option<Key> {
        match self {
            Self::Memory(store) => store.find(sandbox),
            Self::Journal(store) => store.find(sandbox),
        }
    }

    /// Sees to it that calls of a sandbox may be numbered up to this number without one of them being
    /// given again after a crash.
    ///
    /// # Errors
    /// When there is no such sandbox, or that cannot be kept.
    pub async fn reserve(&self, sandbox: &Key, calls: u64) -> Result<(), Error> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::Journal(store) => store.reserve(sandbox, calls).await,
        }
    }

    /// Up to which number calls of a sandbox may have been numbered before this process began.
    #[must_use]
    pub fn reserved(&self, sandbox: &Key) -> u64 {
        match self {
            Self::Memory(_) => 0,
            Self::Journal(store) => store.reserved(sandbox),
        }
    }

    /// The store, if it is a journal.
    #[must_use]
    pub fn journal(&self) -> Option<&Arc<Journal>> {
        match self {
            Self::Memory(_) => None,
            Self::Journal(store) => Some(store),
        }
    }

    /// Takes nothing any more, and keeps what it has taken. It may wait for a disk.
    pub fn close(&self) {
        match self {
            Self::Memory(_) => {}
            Self::Journal(store) => store.close(),
        }
    }

    /// What the store counts of itself.
    #[must_use]
    pub fn meter(&self) -> &StoreMeter {
        match self {
            Self::Memory(store) => store.meter(),
            Self::Journal(store) => store.meter(),
        }
    }
}

impl Store for Any {
    async fn transact<D: AsRef<Arc<[Effect]>> + Send>(
        &self,
        sandbox: &Key,
        decide: impl FnMut(&SandboxState) -> D + Send,
    ) -> Result<Committed<D>, Error> {
        match self {
            Self::Memory(store) => store.transact(sandbox, decide).await,
            Self::Journal(store) => store.transact(sandbox, decide).await,
        }
    }

    fn read(&self, sandbox: &Key) -> Result<SandboxState, Error> {
        match self {
            Self::Memory(store) => store.read(sandbox),
            Self::Journal(store) => store.read(sandbox),
        }
    }

    fn as_of(&self, sandbox: &Key, call: u64) -> Result<SandboxState, Error> {
        match self {
            Self::Memory(store) => store.as_of(sandbox, call),
            Self::Journal(store) => store.as_of(sandbox, call),
        }
    }

    async fn create(&self, sandbox: &SandboxId, state: SandboxState) -> Result<Key, Error> {
        match self {
            Self::Memory(store) => store.create(sandbox, state).await,
            Self::Journal(store) => store.create(sandbox, state).await,
        }
    }

    async fn replace(
        &self,
        sandbox: &Key,
        become_: impl FnMut(&SandboxState) -> SandboxState + Send,
    ) -> Result<Committed<()>, Error> {
        match self {
            Self::Memory(store) => store.replace(sandbox, become_).await,
            Self::Journal(store) => store.replace(sandbox, become_).await,
        }
    }

    async fn delete(&self, sandbox: &Key) -> Result<(), Error> {
        match self {
            Self::Memory(store) => store.delete(sandbox).await,
            Self::Journal(store) => store.delete(sandbox).await,
        }
    }

    fn list(&self) -> Vec<SandboxId> {
        match self {
            Self::Memory(store) => store.list(),
            Self::Journal(store) => store.list(),
        }
    }

    async fn keep(&self, sandbox: &Key, snapshot: Snapshot) -> Result<(), Error> {
        match self {
            Self::Memory(store) => store.keep(sandbox, snapshot).await,
            Self::Journal(store) => store.keep(sandbox, snapshot).await,
        }
    }

    fn snapshots(&self, sandbox: &Key) -> Result<Vec<Snapshot>, Error> {
        match self {
            Self::Memory(store) => store.snapshots(sandbox),
            Self::Journal(store) => store.snapshots(sandbox),
        }
    }

    async fn forget(&self, sandbox: &Key, snapshot: &str) -> Result<(), Error> {
        match self {
            Self::Memory(store) => store.forget(sandbox, snapshot).await,
            Self::Journal(store) => store.forget(sandbox, snapshot).await,
        }
    }
}
