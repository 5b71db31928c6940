//! Who is told of calls as they are logged, whatever is forgotten afterwards.

use std::fmt::Debug;

use super::Entry;
use crate::domain::name::SandboxId;
use crate::state::SandboxState;

/// Is told what happens in sandboxes: a log may be emptied, and a sandbox reset, before anybody has looked.
pub trait Watcher: Debug + Send + Sync {
    /// A call was answered.
    fn called(&self, entry: &Entry);

    /// A sandbox is about to begin again, and holds this.
    fn ends(&self, sandbox: &SandboxId, state: &SandboxState);
}
