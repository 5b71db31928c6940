//! Writes a recording down: on a thread of its own, entry by entry, so that a server that is killed
//! has lost nothing of it. What goes wrong with the file harms no call.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Map;
use tokio::sync::oneshot;

use super::folder::beside;
use crate::cassette::{Cassette, Entry, Redaction, schema_of_body, write};
use crate::domain::name::SandboxId;
use crate::engine::Taken;

/// How long a call waits for its entry to be in the file: a disk that hangs must not keep it for ever.
const PATIENCE: Duration = Duration::from_secs(2);

/// The cassettes that are being recorded, each by its name in its folder, and the sandboxes that do it.
pub(super) type Names = Arc<Mutex<BTreeMap<PathBuf, SandboxId>>>;

/// A name that nobody else may record meanwhile; it is free when this goes.
#[derive(Debug)]
pub(super) struct Reserved {
    names: Names,
    name: PathBuf,
}

impl Reserved {
    /// Reserves a name, or tells which sandbox has it.
    pub(super) fn new(names: &Names, name: &Path, sandbox: &SandboxId) -> Result<Self, SandboxId> {
        let mut held = lock(names);
        if let Some(other) = held.get(name) {
            return Err(other.clone());
        }
        held.insert(name.to_owned(), sandbox.clone());
        let (names, name) = (names.clone(), name.to_owned());
        Ok(Self { names, name })
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        lock(&self.names).remove(&self.name);
    }
}

/// The sandbox that is recording the cassette of this name, if one is.
pub(super) fn recording(names: &Names, name: &Path) -> Option<SandboxId> {
    lock(names).get(name).cloned()
}

/// A recording under way. When the last of those who hold it lets go, the file is finished.
#[derive(Debug)]
pub(in crate::service) struct Recorder {
    /// Whether it records what the simulation answers, and not what a server behind it does.
    pub(in crate::service) simulation: bool,
    jobs: Sender<Job>,
    taken: Arc<Mutex<Taken>>,
}

enum Job {
    Write(u64, Box<Entry>, oneshot::Sender<()>),
    Finish(oneshot::Sender<()>),
}

/// What a recording begins with.
pub(super) struct Beginning {
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) upstream: Option<Arc<str>>,
    pub(super) redaction: Redaction,
    pub(super) at: Timestamp,
}

impl Recorder {
    /// Begins the file, and the thread that writes it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn begin(beginning: Beginning, reserved: Reserved) -> io::Result<Self> {
        let Beginning {
            path,
            name,
            upstream,
            redaction,
            at,
        } = beginning;
        let mut metadata = Map::new();
        if let Some(upstream) = &upstream {
            metadata.insert(Cassette::UPSTREAM.into(), (**upstream).into());
        }
        metadata.insert("recordedAt".into(), at.to_string().into());
        let head = write::head(&name, &metadata);
        let is_new = !path.exists();
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)?;
        if let Err(error) = file.write_all(head.as_bytes()) {
            if is_new {
                // An empty file would be in the way of the next recording.
                let _ = fs::remove_file(&path);
            }
            return Err(error);
        }
        let taken = Arc::<Mutex<Taken>>::default();
        let (jobs, waiting) = channel();
        let writer = Writer {
            end: head.len() as u64,
            head: head.len() as u64,
            file,
            path,
            redaction,
            placed: Vec::new(),
            taken: taken.clone(),
        };
        std::thread::Builder::new()
            .name("cassette".into())
            .spawn(move || {
                let finished = writer.run(&waiting);
                // Whoever waits for the end may record the name again.
                drop(reserved);
                finished.map(|finished| finished.send(()))
            })?;
        Ok(Self {
            simulation: upstream.is_none(),
            jobs,
            taken,
        })
    }

    /// Writes an entry down, and waits until it stands in the file, or for as long as a call can wait.
    pub(in crate::service) async fn take(&self, number: u64, entry: Entry) {
        let (written, wait) = oneshot::channel();
        let job = Job::Write(number, Box::new(entry), written);
        if self.jobs.send(job).is_ok() {
            let _ = tokio::time::timeout(PATIENCE, wait).await;
        }
    }

    /// What has been written down so far.
    pub(in crate::service) fn taken(&self) -> Taken {
        lock(&self.taken).clone()
    }

    /// Finishes the file, and tells what was written down. Calls that are still under way are not.
    pub(in crate::service) async fn finish(&self) -> Taken {
        let (finished, wait) = oneshot::channel();
        if self.jobs.send(Job::Finish(finished)).is_ok() {
            let _ = wait.await;
        }
        self.taken()
    }
}

/// The thread's part: the file, and where in it which call stands.
struct Writer {
    file: File,
    path: PathBuf,
    redaction: Redaction,
    head: u64,
    end: u64,
    /// The numbers of the calls, and where each begins and ends.
    placed: Vec<(u64, u64, u64)>,
    taken: Arc<Mutex<Taken>>,
}

impl Writer {
    /// Works until it is told to finish, or nobody holds the recording any longer.
    fn run(mut self, jobs: &Receiver<Job>) -> Option<oneshot::Sender<()>> {
        let told = loop {
            match jobs.recv() {
                Ok(Job::Write(number, entry, written)) => {
                    self.write(number, *entry);
                    // Who does not wait any longer need not be told.
                    let _ = written.send(());
                }
                Ok(Job::Finish(finished)) => break Some(finished),
                Err(_) => break None,
            }
        };
        if let Err(error) = self.finish() {
            self.fail(&error);
        }
        told
    }

    fn write(&mut self, number: u64, entry: Entry) {
        if lock(&self.taken).error.is_some() {
            // What is written is whole; what would follow would have holes.
            lock(&self.taken).unrecorded += 1;
            return;
        }
        let mut entry = self.redaction.entry(entry);
        entry.response.schema = schema_of_body(&entry.response.body);
        let text = write::entry(&entry);
        match self.file.write_all(text.as_bytes()) {
            Ok(()) => {
                let end = self.end + text.len() as u64;
                self.placed.push((number, self.end, end));
                self.end = end;
                lock(&self.taken).recorded += 1;
            }
            Err(error) => {
                // Half an entry would make the file no cassette; shortening it needs no room.
                let _ = self.file.set_len(self.end);
                self.fail(&error);
                lock(&self.taken).unrecorded += 1;
            }
        }
    }

    fn fail(&self, error: &io::Error) {
        let path = self.path.display();
        tracing::error!(%error, cassette = %path, "a recording cannot be written any further");
        let message = format!("{path} cannot be written: {error}");
        lock(&self.taken).error.get_or_insert(message);
    }

    /// Brings the entries into the order of the calls' numbers: in a file that takes the other's place,
    /// when it is whole.
    fn finish(&mut self) -> io::Result<()> {
        if self.placed.is_sorted() {
            return match lock(&self.taken).error {
                // There is nothing more that could be saved.
                Some(_) => Ok(()),
                None => self.file.sync_all(),
            };
        }
        self.placed.sort_unstable();
        let beside = beside(&self.path);
        let written = self.sorted(&beside);
        match written {
            Ok(()) => fs::rename(&beside, &self.path),
            Err(error) => {
                let _ = fs::remove_file(&beside);
                Err(error)
            }
        }
    }

    fn sorted(&mut self, path: &Path) -> io::Result<()> {
        let mut sorted = io::BufWriter::new(File::create(path)?);
        let parts = self.placed.iter().map(|(_, from, to)| (*from, *to));
        for (from, to) in std::iter::once((0, self.head)).chain(parts) {
            self.file.seek(SeekFrom::Start(from))?;
            io::copy(&mut (&self.file).take(to - from), &mut sorted)?;
        }
        sorted
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .sync_all()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
