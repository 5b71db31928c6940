//! Recording: the calls of a sandbox become stubs that answer as another server did.

use std::io::Read;
use std::sync::Arc;

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use serde_json::Value;

use super::{Sandbox, Service, StageError, StubChange};
use crate::behaviours::recording::{self, Seen};
use crate::definition::compiled::{RecordSpec, Stub};
use crate::definition::load::{self, Wrong};
use crate::definition::source::Diagnostic;
use crate::domain::call::Call;
use crate::domain::request_id::request_id;
use crate::engine::Stage;
use crate::log::Entry;
use crate::matching::pattern::RequestPattern;
use crate::matching::seen;
use crate::state::recording::{Recording, Running};
use crate::store::Store;

/// How large a packed body may become, in bytes; what becomes larger stays packed.
const UNPACKED_BYTES_MAX: u64 = 64 << 20;

/// Bodies that stand in files, by the files' names.
type Bodies = Vec<(Arc<str>, Bytes)>;

/// What was recorded.
#[derive(Debug)]
pub struct Recorded {
    /// The stubs that were made, the last call first.
    pub stubs: Vec<Arc<Stub>>,
    /// Whether only their ids were asked for.
    pub ids_only: bool,
}

/// Why nothing was recorded.
#[derive(Debug)]
pub enum RecordError {
    /// No recording is under way.
    NotRecording,
    /// What was to be recorded is wrong.
    Wrong(Wrong),
    /// A call has become a stub that is none.
    Mistakes(Vec<Diagnostic>),
    /// The sandbox could not be changed.
    Stage(StageError),
}

impl<E: Into<StageError>> From<E> for RecordError {
    fn from(error: E) -> Self {
        Self::Stage(error.into())
    }
}

impl Service {
    /// Whether the calls of a sandbox are recorded, in WireMock's word for it.
    ///
    /// # Errors
    /// When the sandbox is deleted meanwhile.
    pub fn recording(&self, sandbox: &Sandbox) -> Result<&'static str, StageError> {
        Ok(self.store.read(&sandbox.key)?.recording.status())
    }

    /// Records the calls of a sandbox from now on; one recording at a time, so another changes nothing.
    ///
    /// # Errors
    /// When `document` is wrong, or the sandbox is deleted meanwhile.
    pub async fn start_recording(
        &self,
        sandbox: &Sandbox,
        document: Value,
    ) -> Result<(), RecordError> {
        let spec = load::record_spec(document.clone()).map_err(RecordError::Wrong)?;
        let _one = sandbox.recording.lock().await;
        if let Recording::Running(_) = self.store.read(&sandbox.key)?.recording {
            return Ok(());
        }
        let definitions = self.definitions();
        let proxy = match &spec.target {
            None => None,
            Some(target) => {
                let text = recording::proxy_all(target).to_string();
                let added = self.change_stubs(sandbox, |_, ids| {
                    let stub = load::stub(&text, &mut |_| ids.fresh(), &definitions)?;
                    let id = stub.id.clone();
                    let put = vec![stub];
                    Ok((
                        StubChange {
                            put,
                            ..StubChange::default()
                        },
                        id,
                    ))
                });
                Some(added.await?.map_err(RecordError::Mistakes)?)
            }
        };
        let running = Running {
            spec: Arc::new(document),
            proxy,
            after: sandbox.log.last_number(),
        };
        self.stage(sandbox, Stage::StartRecording(running)).await?;
        Ok(())
    }

    /// Ends a recording, and adds what it has recorded to the stubs of the sandbox. Where that cannot be,
    /// it goes on.
    ///
    /// # Errors
    /// When there is no recording, or the sandbox is deleted meanwhile.
    pub async fn stop_recording(&self, sandbox: &Sandbox) -> Result<Recorded, RecordError> {
        let _one = sandbox.recording.lock().await;
        let Recording::Running(running) = self.store.read(&sandbox.key)?.recording else {
            return Err(RecordError::NotRecording);
        };
        let spec = (*running.spec).clone();
        let spec = load::record_spec(spec).map_err(RecordError::Wrong)?;
        let (mut entries, _) = sandbox.log.entries();
        entries.retain(|entry| entry.number > running.after);
        let proxy = running.proxy.as_ref();
        let (recorded, files) = self.add_recorded(sandbox, &spec, &entries, proxy).await?;
        self.stage(sandbox, Stage::StopRecording).await?;
        self.put_files(sandbox, files).await?;
        Ok(recorded)
    }

    /// Makes stubs of the calls that the log of a sandbox has, and adds them to its stubs.
    ///
    /// # Errors
    /// When `document` is wrong, or the sandbox is deleted meanwhile.
    pub async fn snapshot(
        &self,
        sandbox: &Sandbox,
        document: Value,
    ) -> Result<Recorded, RecordError> {
        let spec = load::record_spec(document).map_err(RecordError::Wrong)?;
        let (entries, _) = sandbox.log.entries();
        let (recorded, files) = self.add_recorded(sandbox, &spec, &entries, None).await?;
        self.put_files(sandbox, files).await?;
        Ok(recorded)
    }

    /// Adds the stubs of those calls that are wanted, and drops the one that sent them on: all at once. What
    /// is to stand in files is given back.
    async fn add_recorded(
        &self,
        sandbox: &Sandbox,
        spec: &RecordSpec,
        entries: &[Arc<Entry>],
        proxy: Option<&Arc<str>>,
    ) -> Result<(Recorded, Bodies), RecordError> {
        let seen = entries.iter().filter_map(|entry| wanted(spec, entry));
        let made = recording::stubs(spec, &seen.collect::<Vec<Seen>>());
        let definitions = self.definitions();
        let changed = self.change_stubs(sandbox, |state, ids| {
            let mut put = Vec::with_capacity(made.len());
            let mut files = Vec::new();
            for made in made {
                let id = ids.fresh();
                let mut mapping = made.mapping;
                if let Some((ending, body)) = made.file {
                    let name = recording::file_name(&mapping, &id, &ending);
                    mapping["response"]["bodyFileName"] = name.as_str().into();
                    files.push((Arc::from(name), body));
                }
                let text = Value::Object(mapping).to_string();
                put.push(load::stub(&text, &mut |_| id.clone(), &definitions)?);
            }
            let there = |id: &&Arc<str>| state.overlay.get(id).is_some();
            let remove = proxy.into_iter().filter(there).cloned().collect();
            let stubs = put.clone();
            Ok((StubChange { put, remove }, (stubs, files)))
        });
        let (stubs, files) = changed.await?.map_err(RecordError::Mistakes)?;
        let recorded = Recorded {
            stubs,
            ids_only: spec.ids_only,
        };
        Ok((recorded, files))
    }

    /// Lays the bodies that stand in files there.
    async fn put_files(&self, sandbox: &Sandbox, files: Bodies) -> Result<(), RecordError> {
        for (name, content) in files {
            let change = Stage::PutFile { name, content };
            self.stage(sandbox, change).await?;
        }
        Ok(())
    }
}

/// A call, if it is to be recorded.
fn wanted(spec: &RecordSpec, entry: &Entry) -> Option<Seen> {
    let call = entry.to_call();
    let listed = |ids: &std::collections::BTreeSet<uuid::Uuid>| {
        ids.contains(&request_id(&entry.sandbox, entry.number))
    };
    let wanted = (entry.proxied.is_some() || spec.allow_non_proxied)
        && spec.ids.as_ref().is_none_or(listed)
        && spec
            .filter
            .as_ref()
            .is_none_or(|filter| fits(filter, &call, entry));
    wanted.then(|| Seen {
        call,
        matched: entry.matched,
        status: entry.reply.status,
        headers: entry.reply.headers.clone(),
        body: unpacked(&entry.reply.headers, &entry.reply.body),
    })
}

fn fits(filter: &RequestPattern, call: &Call, entry: &Entry) -> bool {
    filter.test(&seen::Seen::new(call, entry.at)).is_some()
}

/// The body of an answer as it was before it was packed.
pub(super) fn unpacked(headers: &HeaderMap, body: &Bytes) -> Bytes {
    let packed = headers.get_all(CONTENT_ENCODING).iter();
    if !packed.into_iter().any(|value| value == "gzip") {
        return body.clone();
    }
    let mut unpacked = Vec::new();
    let mut reader = GzDecoder::new(&body[..]).take(UNPACKED_BYTES_MAX + 1);
    match reader.read_to_end(&mut unpacked) {
        Ok(read) if read as u64 <= UNPACKED_BYTES_MAX => unpacked.into(),
        _ => body.clone(),
    }
}
