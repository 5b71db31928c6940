//! What the admin API does to sandboxes.

use std::sync::Arc;

use dashmap::mapref::entry::Entry;
use serde_json::Value;

use super::{Sandbox, Service, now};
use crate::definition::compiled::{Definitions, Stub};
use crate::domain::name::SandboxId;
use crate::engine::stage::{self, Stage};
use crate::engine::{Input, Opening};
use crate::state::SandboxState;
use crate::store::{self, Store};

/// Why a change was not made.
#[derive(Debug)]
pub enum StageError {
    /// The engine refused it.
    Stage(stage::Error),
    /// The store refused it.
    Store(store::Error),
}

impl From<stage::Error> for StageError {
    fn from(error: stage::Error) -> Self {
        Self::Stage(error)
    }
}

impl From<store::Error> for StageError {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl std::fmt::Display for StageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stage(error) => error.fmt(f),
            Self::Store(store::Error::NoSuchSandbox) => f.write_str("there is no such sandbox"),
            Self::Store(store::Error::SandboxExists) => {
                f.write_str("there is such a sandbox already")
            }
        }
    }
}

impl Service {
    /// Changes the stage of a sandbox: all of what is asked, or nothing.
    ///
    /// # Errors
    /// When it cannot be done.
    pub async fn stage(&self, sandbox: &Sandbox, stage: Stage) -> Result<Value, StageError> {
        Ok(self.staged(sandbox, &stage).await?.0)
    }

    async fn staged(
        &self,
        sandbox: &Sandbox,
        stage: &Stage,
    ) -> Result<(Value, SandboxState), StageError> {
        let definitions = self.definitions();
        let committed = self
            .transact(sandbox, &definitions, &Input::Stage(stage), now())
            .await?;
        let staged = committed.decision.staged.unwrap_or(Ok(Value::Null))?;
        Ok((staged, committed.state))
    }

    /// Creates a sandbox.
    ///
    /// # Errors
    /// When the id is in use, or the opening names what no pack has.
    pub async fn create(
        &self,
        id: &SandboxId,
        opening: Opening,
    ) -> Result<Arc<Sandbox>, StageError> {
        let wall = now();
        let opening = Arc::new(opening);
        let definitions = self.definitions();
        let mut state = SandboxState::new(opening.clone(), opening.clock.read(wall));
        for effect in crate::engine::opening::effects(&definitions, &opening, wall)? {
            state.apply(&effect);
        }
        let sandbox = Arc::new(Sandbox::new(id.clone(), self.settings.log, state.clock));
        put_roots(&sandbox, &definitions);
        sandbox.after(&state);
        // Both maps change under the entry's lock, so whoever finds one finds the other.
        match self.sandboxes.entry(id.clone()) {
            Entry::Occupied(_) => return Err(store::Error::SandboxExists.into()),
            Entry::Vacant(place) => {
                self.store.create(id, state.clone())?;
                place.insert(sandbox.clone());
            }
        }
        let due = state
            .next_due()
            .and_then(|due| state.clock.wall_time_of(due));
        self.alarm.set(id, due);
        Ok(sandbox)
    }

    /// The sandbox of this id; created, if there is none.
    ///
    /// # Errors
    /// When it cannot be created.
    pub async fn sandbox_or_create(&self, id: &SandboxId) -> Result<Arc<Sandbox>, StageError> {
        if let Some(sandbox) = self.sandbox(id) {
            return Ok(sandbox);
        }
        match self.create(id, self.opening(id)).await {
            // Another call was quicker.
            Err(StageError::Store(store::Error::SandboxExists)) => self
                .sandbox(id)
                .ok_or(StageError::Store(store::Error::NoSuchSandbox)),
            other => other,
        }
    }

    /// Drops a sandbox.
    ///
    /// # Errors
    /// When there is none.
    pub fn delete(&self, id: &SandboxId) -> Result<(), StageError> {
        match self.sandboxes.entry(id.clone()) {
            Entry::Occupied(place) => {
                self.store.delete(id)?;
                place.remove();
            }
            Entry::Vacant(_) => return Err(store::Error::NoSuchSandbox.into()),
        }
        self.alarm.set(id, None);
        Ok(())
    }

    /// All sandboxes, in the order of their ids.
    #[must_use]
    pub fn sandbox_ids(&self) -> Vec<SandboxId> {
        self.store.list()
    }

    /// A sandbox's state, with what is due by now.
    ///
    /// # Errors
    /// When it is deleted meanwhile.
    pub async fn read(&self, sandbox: &Sandbox) -> Result<SandboxState, StageError> {
        let wall = now();
        let state = self.store.read(&sandbox.id)?;
        let shown = state.clock.read(wall);
        let due = state.next_due().is_some_and(|due| due <= shown);
        if !due {
            return Ok(SandboxState {
                now: shown.max(state.now),
                ..state
            });
        }
        let definitions = self.definitions();
        let committed = self
            .transact(sandbox, &definitions, &Input::Wake, wall)
            .await?;
        Ok(committed.state)
    }

    /// Adds a stub to a sandbox's overlay, or replaces it.
    ///
    /// # Errors
    /// When the sandbox is deleted meanwhile.
    pub async fn put_stub(&self, sandbox: &Sandbox, stub: Arc<Stub>) -> Result<(), StageError> {
        let _one = sandbox.changing.lock().await;
        let change = Stage::PutStub {
            id: stub.id.clone(),
            mapping: stub.source.clone(),
        };
        self.staged(sandbox, &change).await?;
        sandbox.overlay.put(stub);
        Ok(())
    }

    /// Makes a change that drops stubs, or brings back those of the files.
    ///
    /// # Errors
    /// When it cannot be done.
    pub async fn change_stubs(&self, sandbox: &Sandbox, change: Stage) -> Result<(), StageError> {
        let _one = sandbox.changing.lock().await;
        let (_, state) = self.staged(sandbox, &change).await?;
        sandbox.overlay.retain(&state.overlay);
        if matches!(change, Stage::Reset | Stage::ResetStubs) {
            put_roots(sandbox, &self.definitions());
            sandbox.log.clear();
        }
        Ok(())
    }

    /// After a reload: every sandbox has the stubs of the files as they are now.
    pub(super) async fn replace_root_stubs(&self, before: &Definitions, after: &Definitions) {
        let sandboxes: Vec<Arc<Sandbox>> =
            self.sandboxes.iter().map(|entry| entry.clone()).collect();
        for sandbox in sandboxes {
            for old in &before.mappings {
                if !after.mappings.iter().any(|new| new.id == old.id) {
                    // A stub that a tester has deleted is gone already.
                    let gone = Stage::RemoveStub(old.id.clone());
                    let _ = self.change_stubs(&sandbox, gone).await;
                }
            }
            for new in &after.mappings {
                // A sandbox that is deleted meanwhile needs no stubs.
                let _ = self.put_stub(&sandbox, new.clone()).await;
            }
        }
    }
}

fn put_roots(sandbox: &Sandbox, definitions: &Definitions) {
    for stub in &definitions.mappings {
        sandbox.overlay.put(stub.clone());
    }
}
