//! A sandbox in memory: as it was last decided, and as it is on the disk.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{RwLock, oneshot};

use super::entry::Encoded;
use super::tables::Write;
use super::writer::Pending;
use super::{Shared, checkpoint};
use crate::domain::name::SandboxId;
use crate::state::SandboxState;
use crate::store::{Error, Snapshot};

/// One life of a sandbox.
///
/// Where two of its locks are held, `latest` is taken first.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) id: SandboxId,
    pub(super) life: u64,
    /// Up to which number its calls may have been numbered before it came into memory.
    pub(super) reserved: u64,
    /// Whoever decides holds it for reading; whoever puts another state in the place of this one, for
    /// writing, until that state stands on the disk.
    pub(super) gate: Arc<RwLock<()>>,
    latest: Mutex<Latest>,
    durable: Mutex<Durable>,
    pub(super) kept: Mutex<Kept>,
}

/// A sandbox as it was last decided. What is not on the disk yet may still be lost.
#[derive(Debug)]
pub(super) struct Latest {
    pub(super) state: SandboxState,
    /// The number of the last entry.
    pub(super) entry: u64,
    /// How many calls have begun, as checkpoints count them.
    pub(super) begun: u64,
    /// How often it was decided on.
    pub(super) orders: u64,
    /// How often it fell back: what was decided before that has never happened.
    pub(super) fallen: u64,
    /// Its end is on the way to the disk.
    pub(super) ending: bool,
}

/// A sandbox as it is on the disk.
#[derive(Debug)]
pub(super) struct Durable {
    pub(super) state: SandboxState,
    pub(super) entry: u64,
    pub(super) begun: u64,
    pub(super) checkpoints: Checkpoints,
}

/// The checkpoints of a sandbox, and what has come since.
#[derive(Debug, Default)]
pub(super) struct Checkpoints {
    /// After which entry, and how many calls had begun by then: the oldest first.
    pub(super) at: Vec<(u64, u64)>,
    /// How many entries have come since the last.
    pub(super) entries: u64,
    /// How many bytes these have.
    pub(super) bytes: u64,
    /// How many bytes the last image has.
    pub(super) image_bytes: u64,
    /// The next one is being written.
    pub(super) coming: bool,
}

/// The snapshots of a sandbox.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The oldest first.
    pub(super) snapshots: Vec<Snapshot>,
    /// The ids of those that are on the way to the disk.
    pub(super) coming: BTreeSet<Arc<str>>,
}

/// Where a life stands when it comes into memory.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) state: SandboxState,
    pub(super) entry: u64,
    pub(super) begun: u64,
    pub(super) checkpoints: Checkpoints,
    pub(super) snapshots: Vec<Snapshot>,
    pub(super) reserved: u64,
}

impl Cell {
    pub(super) fn new(id: SandboxId, life: u64, standing: Standing) -> Self {
        Self {
            id,
            life,
            reserved: standing.reserved,
            gate: Arc::default(),
            latest: Mutex::new(Latest {
                state: standing.state.clone(),
                entry: standing.entry,
                begun: standing.begun,
                orders: 0,
                fallen: 0,
                ending: false,
            }),
            durable: Mutex::new(Durable {
                state: standing.state,
                entry: standing.entry,
                begun: standing.begun,
                checkpoints: standing.checkpoints,
            }),
            kept: Mutex::new(Kept {
                snapshots: standing.snapshots,
                coming: BTreeSet::new(),
            }),
        }
    }

    pub(super) fn latest(&self) -> MutexGuard<'_, Latest> {
        lock(&self.latest)
    }

    pub(super) fn durable(&self) -> MutexGuard<'_, Durable> {
        lock(&self.durable)
    }

    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        lock(&self.kept)
    }

    /// What was decided since the disk last took something has not happened.
    fn fall_back(&self, latest: &mut Latest) {
        let durable = self.durable();
        latest.state = durable.state.clone();
        latest.entry = durable.entry;
        latest.begun = durable.begun;
        latest.fallen += 1;
    }
}

/// A decision that panicked has changed nothing yet, so what is behind the lock is still whole.
pub(super) fn lock<T>(behind: &Mutex<T>) -> MutexGuard<'_, T> {
    behind.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who waits for the disk.
pub(super) type Waiter = Option<oneshot::Sender<Result<(), Error>>>;

/// Tells whoever waits; nobody may do so any more.
pub(super) fn tell(waiter: &mut Waiter, outcome: Result<(), Error>) {
    if let Some(waiter) = waiter.take() {
        let _ = waiter.send(outcome);
    }
}

/// A commit on its way to the disk.
#[derive(Debug)]
pub(super) struct Commit {
    pub(super) shared: Arc<Shared>,
    pub(super) cell: Arc<Cell>,
    /// What was decided after the sandbox fell back is of another time.
    pub(super) fallen: u64,
    /// The state after it.
    pub(super) state: SandboxState,
    pub(super) entry: u64,
    pub(super) begun: u64,
    /// What it wrote; nothing, where it only waits for what it has seen.
    pub(super) wrote: Wrote,
    pub(super) waiter: Waiter,
}

/// What a commit wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrote {
    Nothing,
    /// An entry of so many bytes.
    Entry(u64),
    /// An image of so many bytes, in the place of all that was before.
    Base(u64),
}

impl Commit {
    /// The commit of what was just decided, and what it writes.
    pub(super) fn of(
        shared: &Arc<Shared>,
        cell: &Arc<Cell>,
        latest: &Latest,
        entry: Option<Encoded>,
        waiter: Waiter,
    ) -> (Vec<Write>, Box<Self>) {
        let wrote = match &entry {
            None => Wrote::Nothing,
            Some(entry) => Wrote::Entry(u64::try_from(entry.bytes.len()).unwrap_or(u64::MAX)),
        };
        let write = entry.map(|entry| Write::Entry {
            life: cell.life,
            number: latest.entry,
            effects: entry.bytes,
        });
        let commit = Box::new(Self {
            shared: shared.clone(),
            cell: cell.clone(),
            fallen: latest.fallen,
            state: latest.state.clone(),
            entry: latest.entry,
            begun: latest.begun,
            wrote,
            waiter,
        });
        (write.into_iter().collect(), commit)
    }
}

impl Pending for Commit {
    fn is_stale(&self) -> bool {
        self.cell.latest().fallen != self.fallen
    }

    fn done(mut self: Box<Self>) {
        if self.waiter.is_none() && self.is_stale() {
            // It was told to have failed, and stands on the disk all the same: memory follows.
            let mut latest = self.cell.latest();
            latest.state = self.state.clone();
            latest.entry = self.entry;
            latest.begun = self.begun;
            latest.fallen += 1;
        }
        {
            let mut durable = self.cell.durable();
            let durable = &mut *durable;
            durable.state = self.state.clone();
            durable.entry = self.entry;
            durable.begun = self.begun;
            let checkpoints = &mut durable.checkpoints;
            match self.wrote {
                Wrote::Nothing => {}
                Wrote::Entry(bytes) => {
                    checkpoints.entries += 1;
                    checkpoints.bytes += bytes;
                }
                Wrote::Base(image_bytes) => {
                    *checkpoints = Checkpoints {
                        at: vec![(self.entry, self.begun)],
                        image_bytes,
                        coming: checkpoints.coming,
                        ..Checkpoints::default()
                    };
                }
            }
            checkpoint::consider(&self.shared, &self.cell, durable);
        }
        tell(&mut self.waiter, Ok(()));
    }

    fn failed(&mut self, error: &Error) {
        {
            let mut latest = self.cell.latest();
            if latest.fallen == self.fallen {
                self.cell.fall_back(&mut latest);
            }
        }
        tell(&mut self.waiter, Err(error.clone()));
    }
}
