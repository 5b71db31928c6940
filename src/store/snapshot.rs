//! A snapshot: a state of a sandbox, kept under a name.

use std::sync::Arc;

use jiff::Timestamp;

use crate::state::SandboxState;

/// A state of a sandbox that is kept, to come back to.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Its name: no two of a sandbox have the same.
    pub id: Arc<str>,
    /// The state; it shares what has not changed since.
    pub state: SandboxState,
    /// When it was taken, by the machine's clock.
    pub taken_at: Timestamp,
    /// What it is for, in the words of whoever took it.
    pub note: Option<Arc<str>>,
}
