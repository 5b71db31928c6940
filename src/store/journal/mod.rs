//! The store that outlives its process: the effects of each commit are written to an embedded database
//! before anybody is told of it, and a sandbox is the fold of what is written.
//!
//! # What is promised
//!
//! What was answered is there after a crash; what was not is there as a whole or not at all. Nobody is
//! ever shown what could still be lost: `read` gives what is on the disk, and a decision that changes
//! nothing waits until what it has seen is there.
//!
//! # How
//!
//! A decision is made and taken in under the sandbox's lock, as in memory, and its effects go into the
//! queue of the one `writer`, which writes whatever waits there as one. So calls of all
//! sandboxes share the disk's latency, and none waits for another sandbox's lock. A write that fails
//! fails all that were in it: their sandboxes fall back to what is on the disk.
//!
//! Every so many entries a `checkpoint` is made of the state, so that a restart reads a
//! bounded number of entries.
//!
//! # Why redb
//!
//! It is one file, in Rust alone, with checksums, a lock, and readers that see one moment; its backend is
//! a trait of a few functions, on which faults of a disk can be tried. A log file of our own would be
//! quicker by half, and would need all of this written and tested again.

mod backup;
mod cell;
mod checkpoint;
mod entry;
mod images;
mod keeping;
mod life;
mod media;
mod open;
mod restore;
mod tables;
#[cfg(test)]
mod tests;
mod verify;
mod writer;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SendError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use dashmap::DashMap;
use tokio::sync::oneshot;

pub use self::backup::{CopyError, backup, restore};
pub use self::media::{FILE, Folder, Media};
pub use self::open::OpenError;
pub use self::verify::{Contents, Verified, verify};

use self::cell::{Cell, lock};
use self::images::{Job, closed};
use self::keeping::told;
use self::tables::Write;
use self::writer::{Message, Pending, Writer};
use super::history::Bounds;
use super::{Error, Key};
use crate::domain::name::SandboxId;
use crate::meter::StoreMeter;

/// How the journal works; the defaults are what a server has.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// After how many entries of a sandbox a checkpoint is made, at least.
    pub checkpoint_entries: u64,
    /// Or after how many bytes of entries.
    pub checkpoint_bytes: u64,
    /// For how long nothing is tried again after a write that failed.
    pub patience: Duration,
    /// How far back it can be said how a sandbox was.
    pub history: Bounds,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            checkpoint_entries: 4096,
            checkpoint_bytes: 16 << 20,
            patience: Duration::from_millis(250),
            history: Bounds::default(),
        }
    }
}

/// How many numbers of calls are set aside at a time: so many may be missing after a crash.
pub const CALLS_AHEAD: u64 = 10_000;

/// Sandboxes on a disk.
#[derive(Debug)]
pub struct Journal {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    meter: StoreMeter,
}

/// What the journal's threads and those who ask it share.
struct Shared {
    options: Options,
    sandboxes: DashMap<SandboxId, Arc<Cell>>,
    /// The sandboxes that are on the way to the disk.
    coming: Mutex<BTreeSet<SandboxId>>,
    queue: Sender<Message>,
    /// For images that somebody waits for.
    images: Sender<Job>,
    /// For images that nobody waits for.
    background: Sender<Job>,
    next_life: AtomicU64,
    next_image: AtomicU64,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("options", &self.options)
            .field("sandboxes", &self.sandboxes.len())
            .finish_non_exhaustive()
    }
}

impl Journal {
    /// The journal in a data directory, with all sandboxes that are in it.
    ///
    /// # Errors
    /// When it is in use, damaged, of a later format, or cannot be read.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        Self::remembering(folder, Bounds::default())
    }

    /// The journal in a folder, which can say so far back how a sandbox was.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn remembering(folder: &Path, history: Bounds) -> Result<Self, OpenError> {
        let folder =
            Folder::at(folder).map_err(|error| OpenError::Unreadable(error.to_string()))?;
        let options = Options {
            history,
            ..Options::default()
        };
        Self::on(Arc::new(folder), options)
    }

    /// The journal on any media.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn on(media: Arc<dyn Media>, options: Options) -> Result<Self, OpenError> {
        let (database, batch) = open::open(&*media, &open::checked())?;
        let restored = restore::all(&database, options.history)?;
        let (queue, asked) = channel();
        let (images, jobs) = channel();
        let (background, idle_jobs) = channel();
        let shared = Arc::new(Shared {
            options,
            sandboxes: DashMap::new(),
            coming: Mutex::default(),
            queue,
            images,
            background,
            next_life: AtomicU64::new(restored.next_life),
            next_image: AtomicU64::new(restored.next_image),
        });
        for cell in restored.cells {
            shared.sandboxes.insert(cell.id.clone(), Arc::new(cell));
        }
        for life in restored.unseen {
            shared.end_unseen(life);
        }
        for image in restored.orphans {
            shared.post(vec![Write::NoImage { image }], Box::new(life::Wait(None)));
        }
        let writer = Writer::new(media, asked, database, batch, options.patience);
        let threads = [
            spawn("journal", move || writer.run()),
            spawn("images", move || images::run(&jobs)),
            spawn("checkpoints", move || images::run(&idle_jobs)),
        ];
        let threads: Result<Vec<_>, _> = threads.into_iter().collect();
        Ok(Self {
            shared,
            meter: StoreMeter::default(),
            threads: Mutex::new(threads.map_err(|error| OpenError::Unreadable(error.to_string()))?),
        })
    }

    /// Writes what was decided, and closes the file; nothing can be changed any more. It may wait for the
    /// disk, so it is not for threads that answer calls.
    pub fn close(&self) {
        for images in [&self.shared.images, &self.shared.background] {
            let _ = images.send(Job::Close);
        }
        let _ = self.shared.queue.send(Message::Close);
        for thread in lock(&self.threads).drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the journal has panicked");
            }
        }
    }

    /// What it counts of itself.
    #[must_use]
    pub fn meter(&self) -> &StoreMeter {
        &self.meter
    }

    /// Copies all that is safe now into a new file, while changes go on.
    ///
    /// # Errors
    /// When it cannot be read, or the file is there already or cannot be written.
    pub async fn backup(&self, to: PathBuf) -> Result<(), CopyError> {
        let (asked, view) = oneshot::channel();
        let gone = |_| CopyError::Io(closed().to_string());
        self.shared
            .queue
            .send(Message::View(asked))
            .map_err(|_| gone(()))?;
        let view = view.await.map_err(|_| gone(()))?;
        let view = view.map_err(|error| CopyError::Io(error.to_string()))?;
        let copied = tokio::task::spawn_blocking(move || backup::copy(&view, &to));
        copied
            .await
            .unwrap_or_else(|error| Err(CopyError::Io(error.to_string())))
    }

    /// The life that a sandbox has now.
    #[must_use]
    pub fn find(&self, sandbox: &SandboxId) -> Option<Key> {
        self.shared.sandboxes.get(sandbox).map(|cell| Key {
            id: cell.id.clone(),
            generation: cell.life,
        })
    }

    /// Sees to it that calls of a sandbox may be numbered up to this number without one of them being
    /// given again after a crash; or, when the server ends, that the next begins right after it.
    ///
    /// # Errors
    /// When there is no such sandbox, or that cannot be written.
    pub async fn reserve(&self, sandbox: &Key, calls: u64) -> Result<(), Error> {
        let life = self.cell(sandbox)?.life;
        let (waiter, outcome) = oneshot::channel();
        let write = Write::Calls { life, upto: calls };
        let wait = Box::new(life::Wait(Some(waiter)));
        self.shared.post(vec![write], wait);
        told(outcome).await
    }

    /// Up to which number calls of a sandbox may have been numbered before it came into memory.
    #[must_use]
    pub fn reserved(&self, sandbox: &Key) -> u64 {
        self.cell(sandbox).map_or(0, |cell| cell.reserved)
    }

    fn cell(&self, key: &Key) -> Result<Arc<Cell>, Error> {
        let found = self.shared.sandboxes.get(&key.id);
        let cell = found.ok_or(Error::NoSuchSandbox)?;
        match cell.life == key.generation {
            true => Ok(Arc::clone(&cell)),
            false => Err(Error::NoSuchSandbox),
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.close();
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new()
        .name(name.into())
        .stack_size(images::STACK_BYTES)
        .spawn(work)
}

impl Shared {
    fn coming(&self) -> MutexGuard<'_, BTreeSet<SandboxId>> {
        lock(&self.coming)
    }

    /// Asks the writer for something. If there is none any more, that is told at once.
    fn post(&self, writes: Vec<Write>, pending: Box<dyn Pending>) {
        Self::refuse(self.queue.send(Message::Write(writes, pending)).err());
    }

    /// Tells whoever waits for it that nobody takes this any more.
    fn refuse(unsent: Option<SendError<Message>>) {
        if let Some(SendError(Message::Write(_, mut pending))) = unsent {
            pending.failed(&closed());
        }
    }

    /// Drops a life that nobody knows of.
    fn end_unseen(&self, life: u64) {
        self.post(vec![Write::End { life }], Box::new(life::Wait(None)));
    }

    /// A number for an image, which no other has.
    fn image(&self) -> u64 {
        self.next_image.fetch_add(1, Ordering::Relaxed)
    }

    /// Lets something be done on the thread for images.
    fn image_job(&self, job: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        self.images
            .send(Job::Do(Box::new(job)))
            .map_err(|_| closed())
    }
}
