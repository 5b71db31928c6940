//! Cassettes: files that calls are recorded to and played back from, and what runs in which sandbox.
//!
//! What a call is answered with is the engine's to decide; here files are read and written, off the
//! threads that answer calls.

mod call;
mod entry;
mod error;
mod files;
mod folder;
mod settings;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::{Sandbox, Service, StageError, now};
use crate::cassette::Redaction;
use crate::definition::compiled::Definitions;
use crate::domain::call::Call;
use crate::domain::name::{Name, SandboxId};
use crate::domain::reply::Reply;
use crate::engine::{Stage, Unreached, cassette_report};
use crate::state::cassette::{Loaded, Mode, Started};
use crate::store::Store;

pub use error::CassetteError;
pub use files::Listed;
pub use settings::Start;

use entry::{Came, entry, held_back};
use folder::Folder;
use writer::{Beginning, Names, Reserved};

pub(in crate::service) use writer::Recorder;

/// The folder that has a folder for each tenant. No cassette is called so: its file has an ending.
const TENANTS: &str = "tenants";

/// The files of cassettes, and which of them are being recorded.
#[derive(Debug)]
pub(super) struct Cassettes {
    folder: Folder,
    recording: Names,
    counted: files::Counted,
}

impl Cassettes {
    pub(super) fn in_folder(folder: PathBuf) -> Self {
        Self {
            folder: Folder(folder),
            recording: Names::default(),
            counted: files::Counted::default(),
        }
    }
}

impl Service {
    /// Where the cassettes of a sandbox lie: those of a tenant in a folder of its own, which no other tenant's
    /// sandbox reads, lists or writes.
    fn cassette_folder(&self, sandbox: &SandboxId) -> Folder {
        let access = self.access();
        match access.as_ref().and_then(|access| access.owner(sandbox)) {
            None => self.cassettes.folder.clone(),
            Some(owner) => Folder(self.cassettes.folder.0.join(TENANTS).join(&*owner.name)),
        }
    }

    /// Starts a cassette in a sandbox.
    ///
    /// # Errors
    /// When one is running, what is asked for is wrong, or the file cannot be read or written.
    pub async fn start_cassette(
        &self,
        sandbox: &Sandbox,
        name: &str,
        start: Start,
    ) -> Result<(), CassetteError> {
        folder::check_name(name)?;
        let _one = sandbox.cassette.lock().await;
        self.nothing_runs(sandbox)?;
        let upstream = self.upstream_of(sandbox, &start)?;
        let mut started = Started {
            name: name.into(),
            mode: start.mode,
            upstream,
            matching: start.matching,
            strict: start.strict,
            latency: start.factor()?,
            after: sandbox.log.last_number(),
            loaded: None,
        };
        let redaction = Redaction::new(&start.redact)
            .map_err(|message| CassetteError::invalid("redact", message))?;
        match start.mode {
            Mode::Live | Mode::Passthrough => {}
            Mode::Playback => {
                started.loaded = Some(self.load_cassette(sandbox, name, &start).await?);
            }
            Mode::Record => {
                let upstream = started.upstream.clone();
                let recorder = self
                    .record_cassette(sandbox, name, upstream, redaction, start.overwrite)
                    .await?;
                // Before the sandbox knows of it: no call that it decides about so is to be missed.
                sandbox.recorder.store(Some(Arc::new(recorder)));
            }
        }
        let staged = Stage::StartCassette(Arc::new(started));
        let staged = self.stage(sandbox, staged).await;
        if staged.is_err() {
            sandbox.recorder.store(None);
        }
        staged?;
        Ok(())
    }

    /// The cassette is refused that comes after another one.
    fn nothing_runs(&self, sandbox: &Sandbox) -> Result<(), CassetteError> {
        let state = self.store.read(&sandbox.key)?;
        match state.cassettes.running() {
            None => Ok(()),
            Some(running) => {
                let name = &running.started.name;
                let message = format!("the cassette {name} is running: stop it first");
                Err(crate::engine::stage::Error::Conflict(message).into())
            }
        }
    }

    /// Where calls are sent on to, if they are.
    fn upstream_of(
        &self,
        sandbox: &Sandbox,
        start: &Start,
    ) -> Result<Option<Arc<str>>, CassetteError> {
        let upstream = match (start.mode, &start.upstream) {
            (Mode::Passthrough, None) => {
                let message = "missing: where are calls to be sent on to?";
                return Err(CassetteError::invalid("upstream", message));
            }
            // So that one document serves whoever only changes the mode.
            (Mode::Live | Mode::Playback, _) | (Mode::Record, None) => return Ok(None),
            (Mode::Record | Mode::Passthrough, Some(upstream)) => upstream,
        };
        let refused = |message: String| CassetteError::invalid("upstream", message);
        if upstream.contains(['?', '#']) {
            return Err(refused("expected a URL without a query".to_owned()));
        }
        self.upstream.permits(upstream).map_err(refused)?;
        if let Some(own) = &sandbox.caps().targets {
            let checked = own.check_url(upstream);
            checked.map_err(|error| refused(error.to_string()))?;
        }
        Ok(Some(upstream.trim_end_matches('/').into()))
    }

    async fn load_cassette(
        &self,
        sandbox: &Sandbox,
        name: &str,
        start: &Start,
    ) -> Result<Arc<Loaded>, CassetteError> {
        let folder = self.cassette_folder(&sandbox.id);
        self.not_recording(&folder, name)?;
        let (name, settings) = (name.to_owned(), start.settings());
        let definitions = self.definitions();
        blocking(move || {
            let (mut cassette, _) = folder::read(&folder.file(&name)?)?;
            cassette.name = name;
            let loaded = Loaded::new(cassette, settings, |tool| named(&definitions, tool));
            let loaded = loaded.map_err(|message| CassetteError::invalid("ignore", message))?;
            Ok(Arc::new(loaded))
        })
        .await
    }

    async fn record_cassette(
        &self,
        sandbox: &Sandbox,
        name: &str,
        upstream: Option<Arc<str>>,
        redaction: Redaction,
        overwrite: bool,
    ) -> Result<Recorder, CassetteError> {
        let folder = self.cassette_folder(&sandbox.id);
        let reserved = Reserved::new(&self.cassettes.recording, &folder.0.join(name), &sandbox.id);
        let reserved = reserved.map_err(|sandbox| CassetteError::Recording {
            name: name.to_owned(),
            sandbox,
        })?;
        let name = name.to_owned();
        let at = match upstream {
            Some(_) => now(),
            None => sandbox.shows(now()),
        };
        blocking(move || {
            if folder.find(&name)?.is_some() && !overwrite {
                return Err(CassetteError::Exists(name));
            }
            let path = folder.place(&name)?;
            folder.make()?;
            let beginning = Beginning {
                path: path.clone(),
                name,
                upstream,
                redaction,
                at,
            };
            Recorder::begin(beginning, reserved)
                .map_err(|error| CassetteError::file("written", &path, &error))
        })
        .await
    }

    /// A cassette that is being recorded is nobody else's meanwhile.
    fn not_recording(&self, folder: &Folder, name: &str) -> Result<(), CassetteError> {
        match writer::recording(&self.cassettes.recording, &folder.0.join(name)) {
            None => Ok(()),
            Some(sandbox) => Err(CassetteError::Recording {
                name: name.to_owned(),
                sandbox,
            }),
        }
    }

    /// Stops the cassette that runs in a sandbox, which is to be the one of this name, and reports of it.
    ///
    /// # Errors
    /// When that one is not running.
    pub async fn stop_cassette(
        &self,
        sandbox: &Sandbox,
        name: &str,
    ) -> Result<Value, CassetteError> {
        let _one = sandbox.cassette.lock().await;
        let state = self.store.read(&sandbox.key)?;
        let runs = state.cassettes.running();
        let runs = runs.is_some_and(|running| *running.started.name == *name);
        let taken = match runs {
            true => self.end_recording(sandbox).await,
            false => None,
        };
        let stop = Stage::StopCassette {
            name: name.into(),
            taken,
            last_call: sandbox.log.last_number(),
        };
        Ok(self.stage(sandbox, stop).await?)
    }

    /// Finishes what is being recorded in a sandbox, if anything is.
    pub(super) async fn end_recording(&self, sandbox: &Sandbox) -> Option<crate::engine::Taken> {
        let recorder = sandbox.recorder.swap(None)?;
        Some(recorder.finish().await)
    }

    /// Finishes all recordings, and what is to be kept: the server stops.
    pub async fn close(self: &Arc<Self>) {
        let sandboxes: Vec<Arc<Sandbox>> =
            self.sandboxes.iter().map(|entry| entry.clone()).collect();
        for sandbox in sandboxes {
            self.end_recording(&sandbox).await;
        }
        self.settle_numbers().await;
        let store = self.store.clone();
        // It waits for a disk.
        let _ = tokio::task::spawn_blocking(move || store.close()).await;
    }

    /// What is reported of a cassette that runs in a sandbox, or has run there.
    ///
    /// # Errors
    /// When none of this name does or has.
    pub fn cassette_report(&self, sandbox: &Sandbox, name: &str) -> Result<Value, CassetteError> {
        folder::check_name(name)?;
        let state = self.store.read(&sandbox.key)?;
        let running = state.cassettes.running();
        if let Some(running) = running.filter(|running| *running.started.name == *name) {
            let taken = sandbox.recorder.load().as_ref().map(|it| it.taken());
            let mut report = cassette_report(running, taken.as_ref(), sandbox.log.last_number());
            report["running"] = true.into();
            return Ok(report);
        }
        match state.cassettes.report(name) {
            Some(report) => Ok((**report).clone()),
            None => Err(CassetteError::NeverRan(name.to_owned())),
        }
    }

    /// The cassette that runs in a sandbox, and how.
    ///
    /// # Errors
    /// When the sandbox is deleted meanwhile.
    pub fn running_cassette(&self, sandbox: &Sandbox) -> Result<Option<Arc<Started>>, StageError> {
        let state = self.store.read(&sandbox.key)?;
        let running = state.cassettes.running();
        Ok(running.map(|running| running.started.clone()))
    }
}

impl Sandbox {
    /// Whether calls are being recorded to a cassette. It takes no lock.
    pub(super) fn records(&self) -> bool {
        self.recorder.load().is_some()
    }

    /// Records what the simulation has answered, if that is recorded.
    pub(super) async fn record_simulated(
        &self,
        call: &Call,
        reply: &Reply,
        tool: Option<&Name>,
        at: Timestamp,
    ) {
        let Some(recorder) = self.recorder.load_full() else {
            return;
        };
        if recorder.simulation {
            let came = Came {
                reply: Ok(reply),
                tool: tool.map(|tool| &*tool.name),
                at,
                latency: held_back(reply),
            };
            recorder.take(call.number, entry(call, &came)).await;
        }
    }

    /// Records what the server behind the sandbox has answered, if that is recorded.
    pub(super) async fn record_upstream(
        &self,
        call: &Call,
        reply: Result<&Reply, &Unreached>,
        at: Timestamp,
        latency: Duration,
    ) {
        let Some(recorder) = self.recorder.load_full() else {
            return;
        };
        if !recorder.simulation {
            let came = Came {
                reply,
                tool: None,
                at,
                latency,
            };
            recorder.take(call.number, entry(call, &came)).await;
        }
    }
}

/// The tool of a pack that an entry means: the only one of this name.
fn named(definitions: &Definitions, tool: &str) -> Option<Name> {
    let found = definitions.resolve(tool, |pack| pack.tools.keys().map(|name| &**name));
    match found.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// Does something that waits for files, off the threads that answer calls.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CassetteError> + Send + 'static,
) -> Result<T, CassetteError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}
