//! Recording: the calls of a sandbox become stubs that answer as another server did.

use std::io::Read;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::read::GzDecoder;
use http::header::CONTENT_ENCODING;
use serde_json::{Value, json};

use super::{Sandbox, Service, StageError, StubChange};
use crate::behaviours::recording::{self, Made, Seen};
use crate::definition::compiled::{Definitions, RecordSpec, Stub};
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
                let stubs = self.add_texts(sandbox, &[text], None, &definitions).await?;
                stubs.first().map(|stub| stub.id.clone())
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
        let definitions = self.definitions();
        let made = made(&spec, &entries, &definitions)?;
        let proxy = running.proxy.clone();
        let recorded = self
            .add_recorded(sandbox, &spec, made, proxy, &definitions)
            .await?;
        self.stage(sandbox, Stage::StopRecording).await?;
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
        let definitions = self.definitions();
        let made = made(&spec, &entries, &definitions)?;
        self.add_recorded(sandbox, &spec, made, None, &definitions)
            .await
    }

    async fn add_recorded(
        &self,
        sandbox: &Sandbox,
        spec: &RecordSpec,
        made: Vec<Made>,
        gone: Option<Arc<str>>,
        definitions: &Definitions,
    ) -> Result<Recorded, RecordError> {
        let texts = made
            .into_iter()
            .map(|made| Value::Object(made.mapping).to_string());
        let texts: Vec<String> = texts.collect();
        Ok(Recorded {
            stubs: self.add_texts(sandbox, &texts, gone, definitions).await?,
            ids_only: spec.ids_only,
        })
    }

    /// Adds stubs, under ids of their own or fresh ones, and drops one: all of it, or nothing.
    async fn add_texts(
        &self,
        sandbox: &Sandbox,
        texts: &[String],
        gone: Option<Arc<str>>,
        definitions: &Definitions,
    ) -> Result<Vec<Arc<Stub>>, RecordError> {
        let added = self.change_stubs(sandbox, |_, ids| {
            let mut name = |given: Option<Arc<str>>| given.unwrap_or_else(|| ids.fresh());
            let stubs = texts
                .iter()
                .map(|text| load::stub(text, &mut name, definitions));
            let stubs = stubs.collect::<Result<Vec<_>, _>>()?;
            let change = StubChange {
                put: stubs.clone(),
                remove: gone.into_iter().collect(),
            };
            Ok::<_, Vec<Diagnostic>>((change, stubs))
        });
        added.await?.map_err(RecordError::Mistakes)
    }
}

/// The stubs of those calls that are wanted, once it is sure that all of them can be.
fn made(
    spec: &RecordSpec,
    entries: &[Arc<Entry>],
    definitions: &Definitions,
) -> Result<Vec<Made>, RecordError> {
    let seen = entries.iter().filter_map(|entry| wanted(spec, entry));
    let seen: Vec<Seen> = seen.collect();
    let mut made = recording::stubs(spec, &seen);
    for made in &mut made {
        inline(made);
        let text = Value::Object(made.mapping.clone()).to_string();
        load::stub(&text, &mut |given| given.unwrap_or_default(), definitions)
            .map_err(RecordError::Mistakes)?;
    }
    Ok(made)
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
        body: unpacked(entry),
    })
}

fn fits(filter: &RequestPattern, call: &Call, entry: &Entry) -> bool {
    filter.test(&seen::Seen::new(call, entry.at)).is_some()
}

/// The body of an answer as it was before it was packed.
fn unpacked(entry: &Entry) -> Bytes {
    let packed = entry.reply.headers.get_all(CONTENT_ENCODING).iter();
    let body = &entry.reply.body;
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

/// Writes a body that is to stand in a file into the mapping.
fn inline(made: &mut Made) {
    let Some((_, body)) = made.file.take() else {
        return;
    };
    let response = made.mapping.entry("response").or_insert_with(|| json!({}));
    match std::str::from_utf8(&body) {
        Ok(text) => response["body"] = text.into(),
        Err(_) => response["base64Body"] = STANDARD.encode(&body).into(),
    }
}
