//! Where sandboxes are kept. The seam: a store keeps states and takes effects in, and knows nothing
//! of what they mean.
//!
//! What was answered is kept: what `transact`, `create`, `replace`, `delete` and the changes of
//! snapshots give back is as safe as the store makes anything, and what `read` shows is, too.

mod any;
#[cfg(test)]
mod contract;
pub mod history;
pub mod journal;
mod memory;
mod snapshot;

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::domain::name::SandboxId;
use crate::state::{Effect, SandboxState};

pub use any::Any;
pub use history::History;
pub use journal::Journal;
pub use memory::Memory;
pub use snapshot::Snapshot;

/// Why a store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// There is no such sandbox.
    NoSuchSandbox,
    /// There is such a sandbox already.
    SandboxExists,
    /// The sandbox has no snapshot of this id.
    NoSuchSnapshot,
    /// The sandbox has a snapshot of this id already.
    SnapshotExists,
    /// Nobody can say any more how the sandbox was then.
    Forgotten {
        /// The first call after which it can still be said.
        oldest: u64,
    },
    /// What is asked for is not written down, and nothing of it has happened: the disk is full, most often.
    Unavailable(Arc<str>),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchSandbox => f.write_str("there is no such sandbox"),
            Self::SandboxExists => f.write_str("there is such a sandbox already"),
            Self::NoSuchSnapshot => f.write_str("the sandbox has no such snapshot"),
            Self::SnapshotExists => f.write_str("the sandbox has such a snapshot already"),
            Self::Forgotten { oldest } => {
                write!(f, "the oldest call that can be gone back to is {oldest}")
            }
            Self::Unavailable(why) => write!(f, "nothing can be kept: {why}"),
        }
    }
}

impl std::error::Error for Error {}

/// One life of a sandbox. A sandbox that is created again under the same id has another key, so
/// whoever still holds the old one reaches nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The sandbox's id.
    pub id: SandboxId,
    /// The store never gives the same number twice.
    pub generation: u64,
}

/// Keeps sandboxes, each with one order of changes.
pub trait Store: Send + Sync {
    /// Decides on a sandbox's state and takes in the effects, as one: nothing happens in between.
    /// `decide` is pure, and may run again where the store has lost a race.
    ///
    /// Whoever drops what comes back, before it is done, does not undo what was decided.
    fn transact<D: AsRef<Arc<[Effect]>> + Send>(
        &self,
        sandbox: &Key,
        decide: impl FnMut(&SandboxState) -> D + Send,
    ) -> impl Future<Output = Result<Committed<D>, Error>> + Send;

    /// A sandbox's state as it is now; a clone, which costs nothing.
    fn read(&self, sandbox: &Key) -> Result<SandboxState, Error>;

    /// A sandbox's state as it was right after a call; if the call changed nothing, as it was after the
    /// last one before it that did. What holds where calls overlap, [`history`] tells.
    fn as_of(&self, sandbox: &Key, call: u64) -> Result<SandboxState, Error>;

    /// Adds a sandbox.
    fn create(
        &self,
        sandbox: &SandboxId,
        state: SandboxState,
    ) -> impl Future<Output = Result<Key, Error>> + Send;

    /// Puts another state in the place of a sandbox's own. `become_` is pure, as `decide` is.
    fn replace(
        &self,
        sandbox: &Key,
        become_: impl FnMut(&SandboxState) -> SandboxState + Send,
    ) -> impl Future<Output = Result<Committed<()>, Error>> + Send;

    /// Drops a sandbox, and its snapshots.
    fn delete(&self, sandbox: &Key) -> impl Future<Output = Result<(), Error>> + Send;

    /// All sandboxes, in the order of their ids.
    fn list(&self) -> Vec<SandboxId>;

    /// Keeps a state of a sandbox under a name.
    fn keep(
        &self,
        sandbox: &Key,
        snapshot: Snapshot,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// The snapshots of a sandbox, the oldest first.
    fn snapshots(&self, sandbox: &Key) -> Result<Vec<Snapshot>, Error>;

    /// Drops a snapshot.
    fn forget(
        &self,
        sandbox: &Key,
        snapshot: &str,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}

/// What was decided, and the state after it.
#[derive(Debug)]
pub struct Committed<D> {
    /// The decision.
    pub decision: D,
    /// The state with its effects.
    pub state: SandboxState,
    /// The how-manieth change of this sandbox it is, from 1: what is noted beside the state, outside
    /// the store's lock, can tell by it what is newer.
    pub commit: u64,
}
