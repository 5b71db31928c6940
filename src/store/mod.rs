//! Where sandboxes are kept. The seam: a store keeps states and takes effects in, and knows nothing
//! of what they mean.

mod memory;

use std::future::Future;

use crate::domain::name::SandboxId;
use crate::state::{Effect, SandboxState};

pub use memory::Memory;

/// Why a store did not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// There is no such sandbox.
    NoSuchSandbox,
    /// There is such a sandbox already.
    SandboxExists,
}

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
    fn transact<D: AsRef<[Effect]> + Send>(
        &self,
        sandbox: &Key,
        decide: impl FnMut(&SandboxState) -> D + Send,
    ) -> impl Future<Output = Result<Committed<D>, Error>> + Send;

    /// A sandbox's state as it is now; a clone, which costs nothing.
    fn read(&self, sandbox: &Key) -> Result<SandboxState, Error>;

    /// Adds a sandbox.
    fn create(&self, sandbox: &SandboxId, state: SandboxState) -> Result<Key, Error>;

    /// Drops a sandbox.
    fn delete(&self, sandbox: &Key) -> Result<(), Error>;

    /// All sandboxes, in the order of their ids.
    fn list(&self) -> Vec<SandboxId>;
}

/// What was decided, and the state after it.
#[derive(Debug)]
pub struct Committed<D> {
    /// The decision.
    pub decision: D,
    /// The state with its effects.
    pub state: SandboxState,
    /// The how-manieth decision on this sandbox it is, from 1: what is noted beside the state, outside
    /// the store's lock, can tell by it what is newer.
    pub commit: u64,
}
