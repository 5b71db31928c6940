//! Checkpoints: an image of a sandbox's state every so many entries, so that a restart reads a bounded
//! number of them.
//!
//! A restart begins with the oldest checkpoint that is kept. Those are kept that are needed to see as far
//! back as the state itself does ([`CALLS_MAX`] calls): what it remembers of its past is made again by
//! the entries.

use std::sync::Arc;

use super::cell::{Cell, Checkpoints, Durable};
use super::images::{self, Job};
use super::tables::{CheckpointRow, Write};
use super::writer::Pending;
use super::{Options, Shared};
use crate::state::SandboxState;
use crate::state::past::CALLS_MAX;
use crate::store::Error;

/// Entries come to at least this part of an image before there is another: a large sandbox is not
/// written again for every few calls.
const IMAGE_SHARE: u64 = 4;

impl Checkpoints {
    /// Whether it is time for another.
    fn are_due(&self, options: &Options) -> bool {
        let many = self.entries >= options.checkpoint_entries;
        let large = self.bytes >= options.checkpoint_bytes;
        !self.coming && (many || large) && self.bytes >= self.image_bytes / IMAGE_SHARE
    }

    /// The checkpoint from which on everything is kept, once `begun` calls have begun: the latest that
    /// lies far enough back.
    fn keep_from(&self, begun: u64) -> u64 {
        let back = u64::try_from(CALLS_MAX).unwrap_or(u64::MAX);
        let far_enough = |at: &&(u64, u64)| at.1.saturating_add(back) <= begun;
        let latest = self.at.iter().rev().find(far_enough);
        latest.or(self.at.first()).map_or(0, |at| at.0)
    }
}

/// Has a checkpoint made, if it is time for one. Nobody waits for it.
pub(super) fn consider(shared: &Arc<Shared>, cell: &Arc<Cell>, durable: &mut Durable) {
    if !durable.checkpoints.are_due(&shared.options) {
        return;
    }
    let making = Making {
        cell: cell.clone(),
        entry: durable.entry,
        begun: durable.begun,
        first: durable.checkpoints.at.first().copied(),
        keep_from: durable.checkpoints.keep_from(durable.begun),
        entries: durable.checkpoints.entries,
        bytes: durable.checkpoints.bytes,
        image_bytes: 0,
    };
    let (state, to) = (durable.state.clone(), shared.clone());
    let job = Job::Do(Box::new(move || make(&to, making, &state)));
    durable.checkpoints.coming = shared.background.send(job).is_ok();
}

fn make(shared: &Arc<Shared>, mut making: Making, state: &SandboxState) {
    let image = shared.image();
    match images::write(&shared.queue, image, state) {
        Err(error) => making.failed(&error),
        Ok(rest) => {
            making.image_bytes = rest.bytes;
            let mut writes = rest.writes;
            writes.push(Write::Checkpoint {
                life: making.cell.life,
                number: making.entry,
                row: CheckpointRow {
                    image,
                    begun: making.begun,
                },
                keep_from: making.keep_from,
            });
            shared.post(writes, Box::new(making));
        }
    }
}

/// A checkpoint on its way to the disk.
struct Making {
    cell: Arc<Cell>,
    entry: u64,
    begun: u64,
    /// The oldest checkpoint there was.
    first: Option<(u64, u64)>,
    keep_from: u64,
    /// What it covers of what has come since the last.
    entries: u64,
    bytes: u64,
    image_bytes: u64,
}

impl Pending for Making {
    /// Where another state has taken the place of the one it is of, the writer leaves it out.
    fn is_stale(&self) -> bool {
        false
    }

    fn done(self: Box<Self>) {
        let mut durable = self.cell.durable();
        let checkpoints = &mut durable.checkpoints;
        checkpoints.coming = false;
        if checkpoints.at.first().copied() != self.first {
            // Another state has taken its place.
            return;
        }
        checkpoints.at.retain(|at| at.0 >= self.keep_from);
        checkpoints.at.push((self.entry, self.begun));
        checkpoints.entries -= self.entries;
        checkpoints.bytes -= self.bytes;
        checkpoints.image_bytes = self.image_bytes;
    }

    fn failed(&mut self, error: &Error) {
        tracing::debug!(sandbox.id = %self.cell.id, %error, "no checkpoint was made");
        self.cell.durable().checkpoints.coming = false;
    }
}
