//! Going back, and going on twice: snapshots, forks, and how long a sandbox lives.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Sandbox, Service, StageError, Told, now};
use crate::domain::name::SandboxId;
use crate::engine::{Opening, Stage, stage};
use crate::state::SandboxState;
use crate::state::cassette::Mode;
use crate::state::recording::Recording;
use crate::store::{self, Snapshot, Store};

/// How many snapshots of a sandbox are kept.
pub const SNAPSHOTS_MAX: usize = 100;

/// A moment of a sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// As it is.
    Now,
    /// Right after the call of this number; what holds where calls overlap,
    /// [`history`](crate::store::history) tells.
    Call(u64),
    /// As it was when this snapshot was taken.
    Snapshot(String),
}

impl Service {
    /// How a sandbox was, or is.
    ///
    /// # Errors
    /// When nobody can say any more, no such call has been made, or there is no such snapshot.
    pub async fn at(&self, sandbox: &Sandbox, moment: &Moment) -> Result<SandboxState, StageError> {
        match moment {
            Moment::Now => self.read(sandbox).await,
            Moment::Snapshot(id) => Ok(self.snapshot_of(sandbox, id)?.state),
            Moment::Call(call) => {
                let latest = sandbox.log.last_number();
                if *call > latest {
                    let message = format!("there has been no call {call}: the latest is {latest}");
                    return Err(stage::Error::NotFound(message).into());
                }
                let (Some(service), key, call) = (self.me.upgrade(), sandbox.key.clone(), *call)
                else {
                    return Err(store::Error::NoSuchSandbox.into());
                };
                // A store may have to read it, and all that has happened since is done again.
                let was = tokio::task::spawn_blocking(move || service.store.as_of(&key, call));
                match was.await {
                    Ok(state) => Ok(state?),
                    Err(panic) => std::panic::resume_unwind(panic.into_panic()),
                }
            }
        }
    }

    /// The snapshots of a sandbox, the oldest first.
    ///
    /// # Errors
    /// When the sandbox is deleted meanwhile.
    pub fn snapshots(&self, sandbox: &Sandbox) -> Result<Vec<Snapshot>, StageError> {
        Ok(self.store.snapshots(&sandbox.key)?)
    }

    /// One snapshot of a sandbox.
    ///
    /// # Errors
    /// When there is none of this id.
    pub fn snapshot_of(&self, sandbox: &Sandbox, id: &str) -> Result<Snapshot, StageError> {
        let mut kept = self.store.snapshots(&sandbox.key)?.into_iter();
        let found = kept.find(|kept| *kept.id == *id);
        found.ok_or_else(|| stage::Error::NotFound(format!("there is no snapshot {id:?}")).into())
    }

    /// Keeps how a sandbox is, under an id: the first of `s1`, `s2` … that is free, if none is given.
    ///
    /// # Errors
    /// When the id is in use, or there are too many.
    pub async fn take_snapshot(
        &self,
        sandbox: &Sandbox,
        id: Option<Arc<str>>,
        note: Option<Arc<str>>,
    ) -> Result<Snapshot, StageError> {
        // Nobody else counts them meanwhile.
        let _one = self.lives.of(&sandbox.id).await;
        let kept = self.store.snapshots(&sandbox.key)?;
        if kept.len() >= SNAPSHOTS_MAX {
            let message = format!("a sandbox has at most {SNAPSHOTS_MAX} snapshots: delete one");
            return Err(stage::Error::Conflict(message).into());
        }
        let free = || {
            let mut names = (1..).map(|number| format!("s{number}"));
            names.find(|name| kept.iter().all(|other| *other.id != **name))
        };
        let id = id.or_else(|| free().map(Into::into)).unwrap_or_default();
        let snapshot = Snapshot {
            id,
            state: self.read(sandbox).await?,
            taken_at: now(),
            note,
        };
        self.store.keep(&sandbox.key, snapshot.clone()).await?;
        if sandbox.events.listened() {
            let told = Told::taken(&snapshot.state, &snapshot.id);
            sandbox.events.tell([told]);
        }
        Ok(snapshot)
    }

    /// Drops a snapshot.
    ///
    /// # Errors
    /// When there is none of this id.
    pub async fn drop_snapshot(&self, sandbox: &Sandbox, id: &str) -> Result<(), StageError> {
        self.snapshot_of(sandbox, id)?;
        Ok(self.store.forget(&sandbox.key, id).await?)
    }

    /// Sets a sandbox back to how it was. Its log stays, and its calls are numbered on.
    ///
    /// # Errors
    /// As [`at`](Self::at); and while something is being recorded.
    pub async fn restore(
        self: &Arc<Self>,
        sandbox: &Arc<Sandbox>,
        moment: Moment,
    ) -> Result<SandboxState, StageError> {
        let (service, sandbox) = (self.clone(), sandbox.clone());
        // A caller that goes away must not leave the state without its stubs.
        let restored = tokio::spawn(async move { service.set_back(&sandbox, &moment).await });
        match restored.await {
            Ok(restored) => restored,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }

    async fn set_back(
        &self,
        sandbox: &Sandbox,
        moment: &Moment,
    ) -> Result<SandboxState, StageError> {
        let _no_recording = sandbox.recording.lock().await;
        let _no_change = sandbox.changing.lock().await;
        let _no_cassette = sandbox.cassette.lock().await;
        let then = self.at(sandbox, moment).await?;
        nothing_is_recorded(&self.store.read(&sandbox.key)?)?;
        let back = |now: &SandboxState| then.in_place_of(now);
        let committed = self.store.replace(&sandbox.key, back).await?;
        let state = committed.state;
        let stubs = self.compiled_stubs(&sandbox.id, &state.overlay).await;
        sandbox.overlay.replace(&state.overlay, &stubs);
        sandbox.after(committed.commit, &state, &self.alarm);
        self.note_misfits_of(sandbox, &self.definitions()).await?;
        if sandbox.events.listened() {
            let (snapshot, call) = match moment {
                Moment::Now => (None, None),
                Moment::Call(call) => (None, Some(*call)),
                Moment::Snapshot(id) => (Some(id.as_str()), None),
            };
            sandbox
                .events
                .tell([Told::restored(&state, snapshot, call)]);
        }
        Ok(state)
    }

    /// Makes another sandbox that goes on from how one was, and lives until `expires_at`.
    ///
    /// # Errors
    /// As [`at`](Self::at); and when the id is in use.
    pub async fn fork(
        self: &Arc<Self>,
        sandbox: &Arc<Sandbox>,
        moment: Moment,
        to: SandboxId,
        expires_at: Option<Timestamp>,
    ) -> Result<Arc<Sandbox>, StageError> {
        let (service, sandbox) = (self.clone(), sandbox.clone());
        // A caller that goes away must not leave a sandbox that is kept and not served.
        let forked = tokio::spawn(async move {
            let state = service.at(&sandbox, &moment).await?;
            let calls = match moment {
                Moment::Now => sandbox.log.last_number(),
                Moment::Call(call) => call,
                Moment::Snapshot(_) => state.calls,
            };
            let opening = Opening {
                expires_at,
                // They choose the sandbox that they were given to.
                api_keys: Vec::new(),
                ..Opening::clone(&state.opening)
            };
            let forked = service.open(&to, state.fork(opening, calls)).await?;
            let definitions = service.definitions();
            service.note_misfits_of(&forked, &definitions).await?;
            Ok(forked)
        });
        match forked.await {
            Ok(forked) => forked,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }

    /// Says until when a sandbox lives; for ever, if there is no time.
    ///
    /// # Errors
    /// When it is over meanwhile.
    pub async fn prolong(
        &self,
        sandbox: &Sandbox,
        until: Option<Timestamp>,
    ) -> Result<(), StageError> {
        // Either it lives on, or it ends: never both.
        let _one = self.lives.of(&sandbox.id).await;
        self.stage(sandbox, Stage::SetLifetime(until)).await?;
        Ok(())
    }

    /// Ends a sandbox whose time is over.
    pub(super) async fn expire(&self, id: &SandboxId) {
        let _one = self.lives.of(id).await;
        let Some(sandbox) = self.sandbox(id) else {
            return;
        };
        let Ok(state) = self.store.read(&sandbox.key) else {
            return;
        };
        let Some(until) = state.opening.expires_at else {
            return;
        };
        if until > now() {
            return;
        }
        match self.drop_life(&sandbox).await {
            Ok(()) => tracing::info!(sandbox.id = %id, "a sandbox has ended: its time is over"),
            Err(error) => {
                tracing::warn!(sandbox.id = %id, %error, "a sandbox whose time is over is still there");
                self.alarm.set_end(id, now().checked_add(AGAIN).ok());
            }
        }
    }
}

/// When what could not be deleted is tried again.
const AGAIN: jiff::SignedDuration = jiff::SignedDuration::from_secs(10);

fn nothing_is_recorded(state: &SandboxState) -> Result<(), StageError> {
    let cassette = state.cassettes.running();
    let cassette = cassette.filter(|running| running.started.mode == Mode::Record);
    let message = match (cassette, &state.recording) {
        (Some(running), _) => format!(
            "the cassette {} is being recorded: stop it first",
            running.started.name
        ),
        (None, Recording::Running(_)) => "calls are being recorded: stop that first".to_owned(),
        (None, _) => return Ok(()),
    };
    Err(stage::Error::Conflict(message).into())
}
