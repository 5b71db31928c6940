//! What the admin API does to sandboxes.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::numbers::Numbers;
use super::{Sandbox, Service, now};
use crate::definition::compiled::Definitions;
use crate::domain::name::SandboxId;
use crate::engine::stage::{self, Stage};
use crate::engine::{self, Input, Opening};
use crate::state::SandboxState;
use crate::store::journal::CALLS_AHEAD;
use crate::store::{self, Store};

/// Why a change was not made.
#[derive(Debug)]
pub enum StageError {
    /// The engine refused it.
    Stage(stage::Error),
    /// The store refused it.
    Store(store::Error),
    /// Stubs cannot be kept in files.
    Unsaved(String),
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
            Self::Unsaved(why) => write!(f, "the stubs cannot be saved: {why}"),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl Service {
    /// Changes the stage of a sandbox: all of what is asked, or nothing.
    ///
    /// # Errors
    /// When it cannot be done.
    pub async fn stage(&self, sandbox: &Sandbox, stage: Stage) -> Result<Value, StageError> {
        let definitions = self.definitions();
        Ok(self.staged(sandbox, &definitions, &stage).await?.0)
    }

    pub(super) async fn staged(
        &self,
        sandbox: &Sandbox,
        definitions: &Definitions,
        stage: &Stage,
    ) -> Result<(Value, SandboxState), StageError> {
        let committed = self
            .transact(sandbox, definitions, &Input::Stage(stage), now())
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
        if self.key_taken(&opening.api_keys, id) {
            let message = "one of these keys chooses another sandbox already".to_owned();
            let field = "apiKeys".to_owned();
            return Err(stage::Error::Taken { field, message }.into());
        }
        let wall = now();
        let opening = Arc::new(opening);
        let definitions = self.definitions();
        let mut state = SandboxState::new(opening.clone(), opening.clock.read(wall));
        for effect in engine::opening::effects(&definitions, &opening, wall)? {
            state.apply(&effect);
        }
        if !opening.collections.is_empty()
            && let Some(error) = engine::caps::exceeded(None, &state, &self.caps_of(id))
        {
            return Err(error.into());
        }
        self.open(id, state).await
    }

    /// Adds a sandbox that begins in this state.
    ///
    /// # Errors
    /// When the id is in use, or the store takes nothing.
    pub(super) async fn open(
        &self,
        id: &SandboxId,
        state: SandboxState,
    ) -> Result<Arc<Sandbox>, StageError> {
        let _one = self.lives.of(id).await;
        let _room = self.room_for(id).await?;
        let key = self.store.create(id, state.clone()).await?;
        let last = state.calls;
        let numbers = match self.is_durable() {
            true => Numbers::upto(last + CALLS_AHEAD),
            false => Numbers::upto(u64::MAX),
        };
        let stubs = self.compiled_stubs(id, &state.overlay).await;
        let sandbox = self.serve(key, &state, &stubs, numbers, last);
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
    pub async fn delete(&self, id: &SandboxId) -> Result<(), StageError> {
        let _one = self.lives.of(id).await;
        let sandbox = self.sandbox(id).ok_or(store::Error::NoSuchSandbox)?;
        self.drop_life(&sandbox).await
    }

    /// The caller has the lock of this id's lives.
    pub(super) async fn drop_life(&self, sandbox: &Sandbox) -> Result<(), StageError> {
        self.store.delete(&sandbox.key).await?;
        sandbox.close(&self.alarm);
        self.sandboxes.remove(&sandbox.id);
        self.free_keys(&sandbox.id);
        self.metrics.close(&sandbox.id);
        Ok(())
    }

    /// All sandboxes, in the order of their ids.
    #[must_use]
    pub fn sandbox_ids(&self) -> Vec<SandboxId> {
        let ids = self.sandboxes.iter().map(|entry| entry.key().clone());
        ids.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// A sandbox's state, with what is due by now.
    ///
    /// # Errors
    /// When it is deleted meanwhile.
    pub async fn read(&self, sandbox: &Sandbox) -> Result<SandboxState, StageError> {
        let wall = now();
        let state = self.store.read(&sandbox.key)?;
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
}
