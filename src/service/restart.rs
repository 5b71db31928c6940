//! A start on sandboxes that are there already.

use std::sync::Arc;

use super::numbers::Numbers;
use super::{Sandbox, Service, StageError, timeline};
use crate::domain::name::SandboxId;
use crate::state::SandboxState;
use crate::store::{Key, Store};

impl Service {
    /// Takes up all sandboxes that are in the store.
    ///
    /// # Errors
    /// When one cannot be read.
    pub(super) async fn adopt_all(self: &Arc<Self>) -> Result<(), StageError> {
        for id in self.store.list() {
            self.adopt(&id)?;
        }
        Ok(())
    }

    fn adopt(&self, id: &SandboxId) -> Result<(), StageError> {
        let Some(key) = self.store.find(id) else {
            return Ok(());
        };
        let state = self.store.read(&key)?;
        let reserved = self.store.reserved(&key).max(state.calls);
        self.serve(key, &state, Numbers::upto(reserved), reserved);
        Ok(())
    }

    /// Serves a sandbox that is in the store in this state. Its calls are numbered after `last`.
    pub(super) fn serve(
        &self,
        key: Key,
        state: &SandboxState,
        numbers: Numbers,
        last: u64,
    ) -> Arc<Sandbox> {
        let id = key.id.clone();
        let sandbox = Arc::new(Sandbox::new(
            key,
            self.settings.log,
            self.settings.watcher.clone(),
            state.clock,
            numbers,
            self.metrics.open(&id),
        ));
        sandbox.log.number_after(last);
        let stubs = timeline::compiled(state, &self.definitions());
        sandbox.overlay.replace(&state.overlay, &stubs);
        self.sandboxes.insert(id, sandbox.clone());
        // Commits count from 1, so this one is older than any that came meanwhile.
        sandbox.after(0, state, &self.alarm);
        sandbox
    }
}
