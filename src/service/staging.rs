//! What the admin API does to sandboxes.

use std::sync::Arc;

use dashmap::mapref::entry::Entry;
use serde_json::Value;

use super::{Sandbox, Service, now};
use crate::definition::compiled::{Definitions, Stub};
use crate::domain::chance::Chance;
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
        let definitions = self.definitions();
        Ok(self.staged(sandbox, &definitions, &stage).await?.0)
    }

    async fn staged(
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
        let wall = now();
        let opening = Arc::new(opening);
        let definitions = self.definitions();
        let mut state = SandboxState::new(opening.clone(), opening.clock.read(wall));
        for effect in crate::engine::opening::effects(&definitions, &opening, wall)? {
            state.apply(&effect);
        }
        // Both maps change under the entry's lock, so whoever finds one finds the other.
        let sandbox = match self.sandboxes.entry(id.clone()) {
            Entry::Occupied(_) => return Err(store::Error::SandboxExists.into()),
            Entry::Vacant(place) => {
                let key = self.store.create(id, state.clone())?;
                let sandbox = Arc::new(Sandbox::new(key, self.settings.log, state.clock));
                let roots = &definitions.mappings;
                sandbox.overlay.follow(&state.overlay, roots);
                place.insert(sandbox.clone());
                sandbox
            }
        };
        // Commits count from 1, so this one is older than any that came meanwhile.
        sandbox.after(0, &state, &self.alarm);
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
                self.store.delete(&place.get().key)?;
                place.get().close(&self.alarm);
                place.remove();
            }
            Entry::Vacant(_) => return Err(store::Error::NoSuchSandbox.into()),
        }
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

    /// Adds a stub to a sandbox's overlay under an id that no other has: a function of the sandbox's
    /// seed and of how many ids it has given, so that equal runs give equal ids. `make` compiles the
    /// stub; where it fails, no id is used up.
    ///
    /// # Errors
    /// When the sandbox is deleted meanwhile.
    pub async fn add_stub<E>(
        &self,
        sandbox: &Sandbox,
        make: impl FnOnce(&Arc<str>) -> Result<Arc<Stub>, E> + Send,
    ) -> Result<Result<Arc<Stub>, E>, StageError> {
        let mut given = sandbox.changing.lock().await;
        let state = self.store.read(&sandbox.key)?;
        let mut nth = *given;
        let id = loop {
            nth += 1;
            let id = stub_id(state.seed, nth);
            // A tester may have posted this very id.
            if state.overlay.get(&id).is_none() {
                break id;
            }
        };
        let stub = match make(&id) {
            Ok(stub) => stub,
            Err(refused) => return Ok(Err(refused)),
        };
        self.lay(sandbox, &stub).await?;
        *given = nth;
        Ok(Ok(stub))
    }

    /// Adds a stub with an id of its own to a sandbox's overlay, or replaces it.
    ///
    /// # Errors
    /// When the sandbox is deleted meanwhile.
    pub async fn put_stub(&self, sandbox: &Sandbox, stub: &Arc<Stub>) -> Result<(), StageError> {
        let _one = sandbox.changing.lock().await;
        self.lay(sandbox, stub).await
    }

    /// Lays a stub over the packs'. The caller holds the lock of changes.
    async fn lay(&self, sandbox: &Sandbox, stub: &Arc<Stub>) -> Result<(), StageError> {
        let change = Stage::PutStub {
            id: stub.id.clone(),
            mapping: stub.source.clone(),
        };
        let (_, state) = self.staged(sandbox, &self.definitions(), &change).await?;
        let new = std::slice::from_ref(stub);
        sandbox.overlay.follow(&state.overlay, new);
        Ok(())
    }

    /// Makes a change that drops stubs, or brings back those of the files.
    ///
    /// # Errors
    /// When it cannot be done.
    pub async fn change_stubs(&self, sandbox: &Sandbox, change: Stage) -> Result<(), StageError> {
        let mut given = sandbox.changing.lock().await;
        let definitions = self.definitions();
        let (_, state) = self.staged(sandbox, &definitions, &change).await?;
        if matches!(change, Stage::Reset | Stage::ResetStubs) {
            let roots = &definitions.mappings;
            sandbox.overlay.follow(&state.overlay, roots);
            sandbox.log.clear();
        } else {
            sandbox.overlay.follow(&state.overlay, &[]);
        }
        if matches!(change, Stage::Reset) {
            *given = 0;
        }
        Ok(())
    }

    /// After a reload: every sandbox has the stubs of the files as they are now.
    pub(super) async fn replace_root_stubs(&self, before: &Definitions, after: &Definitions) {
        let sandboxes: Vec<Arc<Sandbox>> =
            self.sandboxes.iter().map(|entry| entry.clone()).collect();
        for sandbox in sandboxes {
            // A sandbox that is deleted meanwhile needs no stubs.
            let _ = self.replace_roots_of(&sandbox, before, after).await;
        }
    }

    /// What the files have no longer goes, what is new in them or differs comes. The rest is left as
    /// it is, for a tester may have dropped or replaced it.
    async fn replace_roots_of(
        &self,
        sandbox: &Sandbox,
        before: &Definitions,
        after: &Definitions,
    ) -> Result<(), StageError> {
        let _one = sandbox.changing.lock().await;
        for old in &before.mappings {
            let gone = !after.mappings.iter().any(|new| new.id == old.id);
            if gone && sandbox.stub(&old.id).is_some() {
                let change = Stage::RemoveStub(old.id.clone());
                let (_, state) = self.staged(sandbox, after, &change).await?;
                sandbox.overlay.follow(&state.overlay, &[]);
            }
        }
        for new in &after.mappings {
            let old = before.mappings.iter().find(|old| old.id == new.id);
            if old.is_none_or(|old| old.source != new.source) {
                self.lay(sandbox, new).await?;
                continue;
            }
            // The same words may name a body file that has changed.
            let state = self.store.read(&sandbox.key)?;
            if state.overlay.get(&new.id) == Some(&new.source) {
                let again = std::slice::from_ref(new);
                sandbox.overlay.follow(&state.overlay, again);
            }
        }
        Ok(())
    }
}

/// The id of the `nth` stub that a tester of a sandbox with this seed has not named.
fn stub_id(seed: u64, nth: u64) -> Arc<str> {
    let chance = Chance::new(seed, "mapping", nth);
    let [high, low] = [0, 1].map(|half| chance.draw("id", half));
    let bytes = ((u128::from(high) << 64) | u128::from(low)).to_be_bytes();
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    id.to_string().into()
}
