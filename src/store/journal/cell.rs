//! A sandbox in memory: as it was last decided, and as it is on the disk.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{RwLock, oneshot};

use super::writer::Pending;
use super::{Shared, checkpoint};
use crate::domain::name::SandboxId;
use crate::state::{Effect, SandboxState};
use crate::store::{Error, History, Snapshot};

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
    /// Its last entry.
    pub(super) mark: Mark,
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
    pub(super) mark: Mark,
    pub(super) checkpoints: Checkpoints,
    pub(super) history: History,
}

/// A place among the entries of a sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// The number of the entry.
    pub(super) entry: u64,
    /// How many calls have begun by then, as checkpoints count them.
    pub(super) begun: u64,
    /// How many bytes the entries have up to there. It is counted from anywhere.
    pub(super) bytes: u64,
}

/// The checkpoints of a sandbox.
#[derive(Debug, Default)]
pub(super) struct Checkpoints {
    /// Where they lie, the oldest first.
    pub(super) at: Vec<Mark>,
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
    pub(super) mark: Mark,
    pub(super) checkpoints: Checkpoints,
    pub(super) history: History,
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
                mark: standing.mark,
                orders: 0,
                fallen: 0,
                ending: false,
            }),
            durable: Mutex::new(Durable {
                state: standing.state,
                mark: standing.mark,
                checkpoints: standing.checkpoints,
                history: standing.history,
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
        latest.mark = durable.mark;
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
    /// Its last entry.
    pub(super) mark: Mark,
    /// What it wrote; nothing, where it only waits for what it has seen.
    pub(super) wrote: Wrote,
    pub(super) waiter: Waiter,
}

/// What a commit wrote.
#[derive(Debug)]
pub(super) enum Wrote {
    Nothing,
    /// An entry with these effects.
    Entry(Arc<[Effect]>),
    /// An image of so many bytes: the state took the place of the one before.
    Image(u64),
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
            latest.mark = self.mark;
            latest.fallen += 1;
        }
        let forgotten = {
            let mut durable = self.cell.durable();
            let durable = &mut *durable;
            durable.state = self.state.clone();
            durable.mark = self.mark;
            let forgotten = match &self.wrote {
                Wrote::Nothing => None,
                Wrote::Entry(effects) => durable.history.push(effects, &self.state),
                Wrote::Image(bytes) => {
                    durable.checkpoints.at.push(self.mark);
                    durable.checkpoints.image_bytes = *bytes;
                    durable.history.replace(&self.state)
                }
            };
            checkpoint::consider(&self.shared, &self.cell, durable);
            forgotten
        };
        // Freed after the lock is given back.
        drop(forgotten);
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
