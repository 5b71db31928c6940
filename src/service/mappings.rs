//! What the admin API does to the stubs of a sandbox. The state and the index over them change
//! together, one change at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::saving::Kept;
use super::{Sandbox, Service, StageError};
use crate::definition::compiled::{Definitions, Stub};
use crate::definition::load;
use crate::domain::chance::Chance;
use crate::engine::Stage;
use crate::state::SandboxState;
use crate::store::Store;

/// Stubs that come and go together.
#[derive(Debug, Default)]
pub struct StubChange {
    /// Those that come, the oldest first. One whose id is there replaces that one where it stands.
    pub put: Vec<Arc<Stub>>,
    /// The ids of those that go.
    pub remove: Vec<Arc<str>>,
}

/// Gives ids to stubs that bring none: a function of the sandbox's seed and of how many it has given,
/// so that equal runs give equal ids.
#[derive(Debug)]
pub struct StubIds<'a> {
    state: &'a SandboxState,
    given: u64,
}

impl StubIds<'_> {
    /// An id that no stub has.
    pub fn fresh(&mut self) -> Arc<str> {
        loop {
            self.given += 1;
            let id = stub_id(self.state.seed, self.given);
            // A tester may have posted this very id.
            if self.state.overlay.get(&id).is_none() {
                return id;
            }
        }
    }
}

impl Service {
    /// Makes the change of a sandbox's stubs that `decide` finds right; where it finds none, nothing
    /// changes and no id is used up. No other change comes between.
    ///
    /// # Errors
    /// When the sandbox is deleted meanwhile.
    pub async fn change_stubs<T, E>(
        &self,
        sandbox: &Sandbox,
        decide: impl FnOnce(&SandboxState, &mut StubIds<'_>) -> Result<(StubChange, T), E> + Send,
    ) -> Result<Result<T, E>, StageError> {
        let one = sandbox.changing.lock().await;
        let state = self.store.read(&sandbox.key)?;
        let mut ids = StubIds {
            state: &state,
            given: state.overlay.ids_given(),
        };
        let (change, told) = match decide(&state, &mut ids) {
            Ok(decided) => decided,
            Err(refused) => return Ok(Err(refused)),
        };
        let given = Some(ids.given).filter(|given| *given != state.overlay.ids_given());
        let put = change.put.iter().map(|stub| &stub.source);
        let kept = Kept::of(&state.overlay, put, &change.remove);
        self.carry_out(sandbox, change, given).await?;
        // Files are loaded again under the same lock.
        drop(one);
        self.keep(sandbox, kept).await?;
        Ok(Ok(told))
    }

    /// The caller holds the lock of changes.
    async fn carry_out(
        &self,
        sandbox: &Sandbox,
        change: StubChange,
        ids_given: Option<u64>,
    ) -> Result<(), StageError> {
        let StubChange { put, remove } = change;
        if put.is_empty() && remove.is_empty() {
            return Ok(());
        }
        let change = Stage::ChangeStubs {
            put: put.clone(),
            remove: remove.clone(),
            ids_given,
        };
        let (_, state) = self.staged(sandbox, &self.definitions(), &change).await?;
        sandbox.overlay.change(&state.overlay, &put, &remove);
        Ok(())
    }

    /// Drops all stubs of a sandbox.
    ///
    /// # Errors
    /// When the sandbox is deleted meanwhile.
    pub async fn clear_stubs(&self, sandbox: &Sandbox) -> Result<(), StageError> {
        let one = sandbox.changing.lock().await;
        let definitions = self.definitions();
        let before = self.store.read(&sandbox.key)?.overlay;
        let (_, state) = self
            .staged(sandbox, &definitions, &Stage::ClearStubs)
            .await?;
        sandbox.overlay.replace(&state.overlay, &[]);
        drop(one);
        let all = before.iter().map(|(id, _)| id);
        self.keep(sandbox, Kept::of(&before, [], all)).await
    }

    /// Brings the stubs of a sandbox back to those of the files, or with `everything` the whole sandbox
    /// to how it opened, and empties its log.
    ///
    /// # Errors
    /// When it cannot be done.
    pub async fn reset(&self, sandbox: &Sandbox, everything: bool) -> Result<(), StageError> {
        let _one = sandbox.changing.lock().await;
        if let (true, Some(watcher)) = (everything, &self.settings.watcher) {
            watcher.ends(&sandbox.id, &self.read(sandbox).await?);
        }
        let definitions = self.definitions();
        let change = if everything {
            Stage::Reset
        } else {
            Stage::ResetStubs
        };
        // No cassette begins while the sandbox does.
        let _no_cassette = match everything {
            true => Some(sandbox.cassette.lock().await),
            false => None,
        };
        let (_, state) = self.staged(sandbox, &definitions, &change).await?;
        let roots = &definitions.mappings;
        sandbox.overlay.replace(&state.overlay, roots);
        sandbox.log.clear();
        if everything {
            self.end_recording(sandbox).await;
        }
        Ok(())
    }

    /// After a reload: every sandbox has the stubs of the files as they are now.
    pub(super) async fn replace_root_stubs(&self, after: &Definitions) {
        let sandboxes: Vec<Arc<Sandbox>> =
            self.sandboxes.iter().map(|entry| entry.clone()).collect();
        for sandbox in sandboxes {
            // A sandbox that is deleted meanwhile needs no stubs.
            let _ = self.replace_roots_of(&sandbox, after).await;
        }
    }

    /// What the files have no longer goes, what is new in them or differs comes. The rest is left as
    /// it is, for a tester may have dropped or replaced it. What the files had before, the state knows.
    pub(super) async fn replace_roots_of(
        &self,
        sandbox: &Sandbox,
        after: &Definitions,
    ) -> Result<(), StageError> {
        let _one = sandbox.changing.lock().await;
        let new = by_id(after);
        let state = self.store.read(&sandbox.key)?;
        let gone = state.overlay.roots().map(|(id, _)| id);
        let remove: Vec<Arc<str>> = gone.filter(|id| !new.contains_key(id)).cloned().collect();
        let (mut put, mut again) = (Vec::new(), Vec::new());
        for stub in &after.mappings {
            if state.overlay.root(&stub.id) != Some(&stub.source) {
                put.push(stub.clone());
            } else if state.overlay.get(&stub.id) == Some(&stub.source) {
                // The same words may mean something else now, by what stands beside them.
                again.push(stub.clone());
            }
        }
        again.extend(made_again(sandbox, &state, &new, after));
        sandbox.overlay.change(&state.overlay, &again, &[]);
        if put.is_empty() && remove.is_empty() {
            return Ok(());
        }
        let change = Stage::ChangeRoots {
            put: put.clone(),
            remove: remove.clone(),
        };
        let (_, state) = self.staged(sandbox, after, &change).await?;
        sandbox.overlay.change(&state.overlay, &put, &remove);
        Ok(())
    }
}

/// The stubs that a tester has added whose bodies come from files, with the files as they are now.
fn made_again(
    sandbox: &Sandbox,
    state: &SandboxState,
    roots: &BTreeMap<&Arc<str>, &Arc<Stub>>,
    after: &Definitions,
) -> Vec<Arc<Stub>> {
    let stubs = sandbox.overlay.all().into_iter();
    let from_files = stubs.filter(|stub| stub.source["response"].get("bodyFileName").is_some());
    let added = from_files.filter(|stub| {
        // One that is as in the files comes from there.
        let root = roots.get(&stub.id);
        root.is_none_or(|root| state.overlay.get(&stub.id) != Some(&root.source))
    });
    let again = |stub: Arc<Stub>| {
        let text = stub.source.to_string();
        load::stub(&text, &mut |_| stub.id.clone(), after).ok()
    };
    added.filter_map(again).collect()
}

fn by_id(definitions: &Definitions) -> BTreeMap<&Arc<str>, &Arc<Stub>> {
    let stubs = definitions.mappings.iter();
    stubs.map(|stub| (&stub.id, stub)).collect()
}

/// The id of the `nth` stub that a tester of a sandbox with this seed has not named.
fn stub_id(seed: u64, nth: u64) -> Arc<str> {
    let chance = Chance::new(seed, "mapping", nth);
    let [high, low] = [0, 1].map(|half| chance.draw("id", half));
    let bytes = ((u128::from(high) << 64) | u128::from(low)).to_be_bytes();
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    id.to_string().into()
}
