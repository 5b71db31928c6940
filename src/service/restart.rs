//! A start on sandboxes that are there already.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::numbers::Numbers;
use super::{Sandbox, Service, StageError, now};
use crate::definition::compiled::{Definitions, Stub};
use crate::definition::load;
use crate::domain::name::SandboxId;
use crate::engine::{self, Input};
use crate::state::SandboxState;
use crate::state::overlay::Overlay;
use crate::store::{Key, Store};

impl Service {
    /// Takes up all sandboxes that are in the store.
    ///
    /// # Errors
    /// When one cannot be read.
    pub(super) async fn adopt_all(self: &Arc<Self>) -> Result<(), StageError> {
        for id in self.store.list() {
            self.adopt(&id).await?;
        }
        Ok(())
    }

    async fn adopt(&self, id: &SandboxId) -> Result<(), StageError> {
        let Some(key) = self.store.find(id) else {
            return Ok(());
        };
        let state = self.store.read(&key)?;
        let reserved = self.store.reserved(&key).max(state.calls);
        let stubs = self.compiled_stubs(id, &state.overlay).await;
        let numbers = Numbers::upto(reserved);
        let sandbox = self.serve(key, &state, &stubs, numbers, reserved);
        if let Err(error) = self.take_up(&sandbox).await {
            // Nothing can be written: what is read can be read all the same.
            tracing::warn!(sandbox.id = %id, %error, "a sandbox is as it was when the server ended");
        }
        Ok(())
    }

    /// Lets a sandbox know what has happened to it between two processes.
    async fn take_up(&self, sandbox: &Sandbox) -> Result<(), StageError> {
        let definitions = self.definitions();
        self.replace_roots_of(sandbox, &definitions).await?;
        let restarted = Input::Restarted;
        let committed = self
            .transact(sandbox, &definitions, &restarted, now())
            .await?;
        tell_misfits(sandbox, &committed.state);
        let lines = committed.decision.trace.0.iter();
        for line in lines.filter(|line| line.step == engine::RESTART) {
            let (done, detail) = (line.outcome, &line.detail);
            tracing::info!(sandbox.id = %sandbox.id, %detail, "after the restart: {done}");
        }
        Ok(())
    }

    /// Other definitions are served: every sandbox notes what of it does not fit them.
    pub(super) async fn note_misfits(&self, definitions: &Definitions) {
        let sandboxes: Vec<Arc<Sandbox>> =
            self.sandboxes.iter().map(|entry| entry.clone()).collect();
        for sandbox in sandboxes {
            let _ = self.note_misfits_of(&sandbox, definitions).await;
        }
    }

    /// A sandbox may have become one that was made under other definitions: it notes what of it does not fit
    /// these.
    pub(super) async fn note_misfits_of(
        &self,
        sandbox: &Sandbox,
        definitions: &Definitions,
    ) -> Result<(), StageError> {
        let before = self.store.read(&sandbox.key)?.misfits;
        let committed = self
            .transact(sandbox, definitions, &Input::Reloaded, now())
            .await?;
        if committed.state.misfits != before {
            tell_misfits(sandbox, &committed.state);
        }
        Ok(())
    }

    /// The stubs of an overlay, compiled. One that compiles no longer is left out, and told of: it is still
    /// among the mappings, and a tester can put another in its place.
    pub(super) async fn compiled_stubs(&self, id: &SandboxId, overlay: &Overlay) -> Vec<Arc<Stub>> {
        if overlay.is_empty() {
            return Vec::new();
        }
        let (definitions, overlay) = (self.definitions(), overlay.clone());
        let compiled = tokio::task::spawn_blocking(move || compile(&overlay, &definitions));
        let (stubs, wrong) = match compiled.await {
            Ok(compiled) => compiled,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        for (stub, why) in wrong {
            tracing::warn!(sandbox.id = %id, stub.id = %stub, %why, "a stub is none any more, and answers nothing");
        }
        stubs
    }

    /// Serves a sandbox that is in the store in this state, with these stubs in its overlay. Its calls are numbered after `last`.
    pub(super) fn serve(
        &self,
        key: Key,
        state: &SandboxState,
        stubs: &[Arc<Stub>],
        numbers: Numbers,
        last: u64,
    ) -> Arc<Sandbox> {
        let id = key.id.clone();
        let metered = self.metrics.open(&id);
        let sandbox = Arc::new(Sandbox::new(
            key,
            self.settings.log,
            self.settings.watcher.clone(),
            state.clock,
            numbers,
            metered,
        ));
        sandbox.log.number_after(last);
        sandbox.limit(self.caps_of(&id));
        self.bind_keys(&state.opening.api_keys, &id);
        sandbox.overlay.replace(&state.overlay, stubs);
        self.sandboxes.insert(id, sandbox.clone());
        // Commits count from 1, so this one is older than any that came meanwhile.
        sandbox.after(0, state, &self.alarm);
        sandbox
    }
}

fn tell_misfits(sandbox: &Sandbox, state: &SandboxState) {
    for misfit in state.misfits.iter() {
        let (what, todo) = (misfit.told(), misfit.advice());
        tracing::warn!(sandbox.id = %sandbox.id, pack = %misfit.pack, %todo, "the definitions have changed: {what}");
    }
}

/// A stub that is none any more, and why.
type Wrong = (Arc<str>, String);

/// The stubs of an overlay, the oldest first, and those that are none, each with the reason. What is as the
/// files have it was compiled with them.
fn compile(overlay: &Overlay, definitions: &Definitions) -> (Vec<Arc<Stub>>, Vec<Wrong>) {
    let roots = definitions.mappings.iter();
    let roots: BTreeMap<&str, &Arc<Stub>> = roots.map(|stub| (&*stub.id, stub)).collect();
    let (mut stubs, mut wrong) = (Vec::new(), Vec::new());
    for (id, mapping) in overlay.iter() {
        let root = roots.get(&**id).filter(|root| root.source == *mapping);
        let compiled = match root {
            Some(root) => Ok(Arc::clone(root)),
            None => load::stub(&mapping.to_string(), &mut |_| id.clone(), definitions),
        };
        match compiled {
            Ok(stub) => stubs.push(stub),
            Err(mistakes) => {
                let told: Vec<&str> = mistakes.iter().map(|one| one.message.as_str()).collect();
                wrong.push((id.clone(), told.join("; ")));
            }
        }
    }
    stubs.reverse();
    (stubs, wrong)
}
