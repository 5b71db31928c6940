//! Checkpoints: an image of a sandbox's state every so many entries, so that a restart reads a bounded
//! number of them.
//!
//! A restart begins with the oldest checkpoint that is kept. Those are kept that are needed to see as far
//! back as the state itself does ([`CALLS_MAX`] calls) and as the [history](crate::store::history) does:
//! both are made again by the entries.

use std::sync::Arc;

use super::cell::{Cell, Checkpoints, Durable, Mark};
use super::images::{self, Job};
use super::tables::{CheckpointRow, Write};
use super::writer::Pending;
use super::{Options, Shared};
use crate::state::SandboxState;
use crate::state::past::CALLS_MAX;
use crate::store::Error;
use crate::store::history::Bounds;

/// Entries come to at least this part of an image before there is another: a large sandbox is not
/// written again for every few calls.
const IMAGE_SHARE: u64 = 4;

impl Checkpoints {
    /// Whether it is time for another, at `now`.
    fn are_due(&self, now: Mark, options: &Options) -> bool {
        let last = self.at.last().copied().unwrap_or_default();
        let bytes = now.bytes - last.bytes;
        let many = now.entry - last.entry >= options.checkpoint_entries;
        !self.coming
            && (many || bytes >= options.checkpoint_bytes)
            && bytes >= self.image_bytes / IMAGE_SHARE
    }

    /// The checkpoint from which on everything is kept: the latest that lies far enough back of `now`.
    fn keep_from(&self, now: Mark, history: Bounds) -> u64 {
        let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let far_enough = |at: &&Mark| {
            let (calls, entries, bytes) = (
                now.begun - at.begun,
                now.entry - at.entry,
                now.bytes - at.bytes,
            );
            calls >= number(CALLS_MAX)
                && (entries >= number(history.commits) || bytes >= number(history.bytes))
        };
        let latest = self.at.iter().rev().find(far_enough);
        latest.or(self.at.first()).map_or(0, |at| at.entry)
    }
}

/// Has a checkpoint made, if it is time for one. Nobody waits for it.
pub(super) fn consider(shared: &Arc<Shared>, cell: &Arc<Cell>, durable: &mut Durable) {
    let (now, checkpoints) = (durable.mark, &mut durable.checkpoints);
    if !checkpoints.are_due(now, &shared.options) {
        return;
    }
    let making = Making {
        cell: cell.clone(),
        at: now,
        keep_from: checkpoints.keep_from(now, shared.options.history),
        image_bytes: 0,
    };
    let (state, to) = (durable.state.clone(), shared.clone());
    let job = Job::Do(Box::new(move || make(&to, making, &state)));
    checkpoints.coming = shared.background.send(job).is_ok();
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
                number: making.at.entry,
                row: CheckpointRow {
                    image,
                    begun: making.at.begun,
                    replaced: false,
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
    at: Mark,
    keep_from: u64,
    image_bytes: u64,
}

impl Pending for Making {
    fn is_stale(&self) -> bool {
        false
    }

    fn done(self: Box<Self>) {
        let mut durable = self.cell.durable();
        let checkpoints = &mut durable.checkpoints;
        checkpoints.coming = false;
        checkpoints.at.retain(|at| at.entry >= self.keep_from);
        // Another state may have taken the place of this one since.
        let place = checkpoints
            .at
            .partition_point(|at| at.entry < self.at.entry);
        checkpoints.at.insert(place, self.at);
        checkpoints.image_bytes = self.image_bytes;
    }

    fn failed(&mut self, error: &Error) {
        tracing::debug!(sandbox.id = %self.cell.id, %error, "no checkpoint was made");
        self.cell.durable().checkpoints.coming = false;
    }
}
