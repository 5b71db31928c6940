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
//! queue of the one [writer](writer), which writes whatever waits there as one. So calls of all
//! sandboxes share the disk's latency, and none waits for another sandbox's lock. A write that fails
//! fails all that were in it: their sandboxes fall back to what is on the disk.
//!
//! Every so many entries a [checkpoint](checkpoint) is made of the state, so that a restart reads a
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

use self::cell::{Cell, Commit, Wrote, lock};
use self::images::{Job, closed};
use self::tables::Write;
use self::writer::{Message, Pending, Writer};
use super::history::Bounds;
use super::{Committed, Error, Key, Snapshot, Store};
use crate::domain::name::SandboxId;
use crate::meter::{Stopwatch, StoreMeter};
use crate::state::past::Past;
use crate::state::{Effect, SandboxState};

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
        let folder =
            Folder::at(folder).map_err(|error| OpenError::Unreadable(error.to_string()))?;
        Self::on(Arc::new(folder), Options::default())
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

/// A state as it is after a restart, so that it is the same before it: an image does not tell how it was
/// before the latest calls, and no entries do that come before an image.
fn as_in_an_image(state: SandboxState) -> SandboxState {
    SandboxState {
        past: Past::default(),
        ..state
    }
}

/// Waits for the disk.
async fn told(outcome: oneshot::Receiver<Result<(), Error>>) -> Result<(), Error> {
    outcome.await.unwrap_or_else(|_| Err(closed()))
}

impl Store for Journal {
    async fn transact<D: AsRef<Arc<[Effect]>> + Send>(
        &self,
        sandbox: &Key,
        mut decide: impl FnMut(&SandboxState) -> D + Send,
    ) -> Result<Committed<D>, Error> {
        let cell = self.cell(sandbox)?;
        let open = cell.gate.read().await;
        let decided;
        let (committed, outcome, unsent) = {
            let mut latest = cell.latest();
            if latest.ending {
                return Err(Error::NoSuchSandbox);
            }
            let decision = decide(&latest.state);
            decided = Stopwatch::start();
            let effects = decision.as_ref();
            let entry = entry::encode(effects)
                .map_err(|error| Error::Unavailable(error.to_string().into()))?;
            let mut writes = Vec::new();
            let mut wrote = Wrote::Nothing;
            if let Some(entry) = entry {
                for effect in effects.iter() {
                    latest.state.apply(effect);
                }
                latest.mark.entry += 1;
                latest.mark.begun += entry.begun;
                latest.mark.bytes += u64::try_from(entry.bytes.len()).unwrap_or(u64::MAX);
                writes.push(Write::Entry {
                    life: cell.life,
                    number: latest.mark.entry,
                    effects: entry.bytes,
                });
                wrote = Wrote::Entry(effects.clone());
            }
            latest.orders += 1;
            let (mut outcome, mut unsent) = (None, None);
            if !writes.is_empty() || cell.durable().mark != latest.mark {
                let (waiter, coming) = oneshot::channel();
                outcome = Some(coming);
                let commit = Box::new(Commit {
                    shared: self.shared.clone(),
                    cell: cell.clone(),
                    fallen: latest.fallen,
                    state: latest.state.clone(),
                    mark: latest.mark,
                    wrote,
                    waiter: Some(waiter),
                });
                // Under the lock: entries go into the queue in the order of their numbers.
                unsent = self.shared.queue.send(Message::Write(writes, commit)).err();
            }
            let committed = Committed {
                decision,
                state: latest.state.clone(),
                commit: latest.orders,
            };
            (committed, outcome, unsent)
        };
        drop(open);
        Shared::refuse(unsent);
        if let Some(outcome) = outcome {
            told(outcome).await?;
        }
        self.meter.commits.add(decided.micros());
        Ok(committed)
    }

    fn read(&self, sandbox: &Key) -> Result<SandboxState, Error> {
        Ok(self.cell(sandbox)?.durable().state.clone())
    }

    fn as_of(&self, sandbox: &Key, call: u64) -> Result<SandboxState, Error> {
        let cell = self.cell(sandbox)?;
        let way = cell.durable().history.way_to(call)?;
        Ok(way.go())
    }

    async fn create(&self, sandbox: &SandboxId, state: SandboxState) -> Result<Key, Error> {
        {
            let mut coming = self.shared.coming();
            if self.shared.sandboxes.contains_key(sandbox) || !coming.insert(sandbox.clone()) {
                return Err(Error::SandboxExists);
            }
        }
        let life = self.shared.next_life.fetch_add(1, Ordering::Relaxed);
        let state = as_in_an_image(state);
        let (waiter, outcome) = oneshot::channel();
        let (shared, id) = (self.shared.clone(), sandbox.clone());
        let job = move || life::begin(&shared, id, life, state, Some(waiter));
        if let Err(error) = self.shared.image_job(job) {
            self.shared.coming().remove(sandbox);
            return Err(error);
        }
        told(outcome).await?;
        Ok(Key {
            id: sandbox.clone(),
            generation: life,
        })
    }

    async fn replace(
        &self,
        sandbox: &Key,
        mut become_: impl FnMut(&SandboxState) -> SandboxState + Send,
    ) -> Result<Committed<()>, Error> {
        let cell = self.cell(sandbox)?;
        let closed = cell.gate.clone().write_owned().await;
        let (state, fallen) = {
            let latest = cell.latest();
            if latest.ending {
                return Err(Error::NoSuchSandbox);
            }
            (as_in_an_image(become_(&latest.state)), latest.fallen)
        };
        let (waiter, outcome) = oneshot::channel();
        let (ordered, order) = oneshot::channel();
        let (shared, became) = (self.shared.clone(), state.clone());
        self.shared.image_job(move || {
            let order = life::replace(&shared, &cell, became, fallen, Some(waiter));
            drop(closed);
            let _ = ordered.send(order);
        })?;
        told(outcome).await?;
        Ok(Committed {
            decision: (),
            state,
            commit: order.await.unwrap_or_default(),
        })
    }

    async fn delete(&self, sandbox: &Key) -> Result<(), Error> {
        let cell = self.cell(sandbox)?;
        let (waiter, outcome) = oneshot::channel();
        {
            let mut latest = cell.latest();
            if latest.ending {
                return Err(Error::NoSuchSandbox);
            }
            latest.ending = true;
        }
        let life = cell.life;
        let end = life::End {
            shared: self.shared.clone(),
            cell,
            waiter: Some(waiter),
        };
        self.shared.post(vec![Write::End { life }], Box::new(end));
        told(outcome).await
    }

    fn list(&self) -> Vec<SandboxId> {
        let ids = self.shared.sandboxes.iter();
        let mut ids: Vec<_> = ids.map(|cell| cell.id.clone()).collect();
        ids.sort();
        ids
    }

    async fn keep(&self, sandbox: &Key, mut snapshot: Snapshot) -> Result<(), Error> {
        let cell = self.cell(sandbox)?;
        snapshot.state = as_in_an_image(snapshot.state);
        {
            let mut kept = cell.kept();
            let exists = kept.snapshots.iter().any(|kept| kept.id == snapshot.id);
            if exists || !kept.coming.insert(snapshot.id.clone()) {
                return Err(Error::SnapshotExists);
            }
        }
        let (waiter, outcome) = oneshot::channel();
        let (shared, keeper, id) = (self.shared.clone(), cell.clone(), snapshot.id.clone());
        let job = move || life::keep(&shared, keeper, snapshot, Some(waiter));
        if let Err(error) = self.shared.image_job(job) {
            cell.kept().coming.remove(&id);
            return Err(error);
        }
        told(outcome).await
    }

    fn snapshots(&self, sandbox: &Key) -> Result<Vec<Snapshot>, Error> {
        Ok(self.cell(sandbox)?.kept().snapshots.clone())
    }

    async fn forget(&self, sandbox: &Key, snapshot: &str) -> Result<(), Error> {
        let cell = self.cell(sandbox)?;
        let found = {
            let kept = cell.kept();
            let mut snapshots = kept.snapshots.iter();
            snapshots
                .find(|kept| &*kept.id == snapshot)
                .map(|kept| kept.id.clone())
        };
        let id = found.ok_or(Error::NoSuchSnapshot)?;
        let (waiter, outcome) = oneshot::channel();
        let life = cell.life;
        let write = Write::Forget {
            life,
            id: id.to_string(),
        };
        let forget = life::Forget {
            cell,
            id,
            waiter: Some(waiter),
        };
        self.shared.post(vec![write], Box::new(forget));
        told(outcome).await
    }
}
