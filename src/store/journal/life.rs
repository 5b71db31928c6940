//! Sandboxes and their snapshots come and go: what memory does once the disk has it.

use std::sync::Arc;

use super::cell::{Cell, Checkpoints, Commit, Mark, Standing, Waiter, Wrote, tell};
use super::tables::{CheckpointRow, LifeRow, SnapshotRow, Write};
use super::writer::Pending;
use super::{CALLS_AHEAD, Shared, images};
use crate::domain::name::SandboxId;
use crate::state::SandboxState;
use crate::store::history::Bounds;
use crate::store::{Error, History, Snapshot};

/// Writes a sandbox that begins in a state. On the thread for images.
pub(super) fn begin(
    shared: &Arc<Shared>,
    id: SandboxId,
    life: u64,
    state: SandboxState,
    waiter: Waiter,
) {
    let image = shared.image();
    let upto = state.calls + CALLS_AHEAD;
    let row = LifeRow {
        sandbox: id.to_string(),
    };
    let row = serde_json::to_vec(&row).expect("a row is JSON");
    let written = images::write(&shared.queue, image, &state);
    let standing = Standing::at_its_beginning(state, shared.options.history);
    let mut begin = Begin {
        shared: shared.clone(),
        cell: Arc::new(Cell::new(id, life, standing)),
        waiter,
    };
    let rest = match written {
        Ok(rest) => rest,
        Err(error) => return begin.failed(&error),
    };
    begin.cell.durable().checkpoints.image_bytes = rest.bytes;
    let mut writes = rest.writes;
    writes.push(Write::Life { life, row });
    writes.push(Write::Calls { life, upto });
    writes.push(Write::Checkpoint {
        life,
        number: 0,
        row: CheckpointRow {
            image,
            begun: 0,
            replaced: true,
        },
        keep_from: 0,
    });
    shared.post(writes, Box::new(begin));
}

/// Writes a state that takes the place of a sandbox's own, if that has not fallen back since; gives the
/// how-manieth decision about the sandbox it is. On the thread for images; nobody decides meanwhile.
pub(super) fn replace(
    shared: &Arc<Shared>,
    cell: &Arc<Cell>,
    state: SandboxState,
    fallen: u64,
    mut waiter: Waiter,
) -> u64 {
    let image = shared.image();
    let rest = match images::write(&shared.queue, image, &state) {
        Ok(rest) => rest,
        Err(error) => {
            tell(&mut waiter, Err(error));
            return 0;
        }
    };
    let mut latest = cell.latest();
    latest.orders += 1;
    let order = latest.orders;
    let mut writes = rest.writes;
    if latest.fallen == fallen {
        latest.state = state.clone();
        latest.mark.entry += 1;
        writes.push(Write::Checkpoint {
            life: cell.life,
            number: latest.mark.entry,
            row: CheckpointRow {
                image,
                begun: latest.mark.begun,
                replaced: true,
            },
            keep_from: 0,
        });
    }
    let commit = Commit {
        shared: shared.clone(),
        cell: cell.clone(),
        fallen,
        state,
        mark: latest.mark,
        wrote: Wrote::Image(rest.bytes),
        waiter,
    };
    // Under the lock, as entries are. Where the sandbox has fallen back, the writer finds it stale.
    let unsent = shared
        .queue
        .send(super::Message::Write(writes, Box::new(commit)));
    drop(latest);
    Shared::refuse(unsent.err());
    order
}

/// Writes a snapshot. On the thread for images.
pub(super) fn keep(shared: &Arc<Shared>, cell: Arc<Cell>, snapshot: Snapshot, waiter: Waiter) {
    let image = shared.image();
    let written = images::write(&shared.queue, image, &snapshot.state);
    let life = cell.life;
    let row = SnapshotRow {
        image,
        taken_at: snapshot.taken_at,
        note: snapshot.note.as_deref().map(str::to_owned),
    };
    let row = serde_json::to_vec(&row).expect("a row is JSON");
    let id = snapshot.id.to_string();
    let mut keep = Keep {
        cell,
        snapshot,
        waiter,
    };
    match written {
        Ok(rest) => {
            let mut writes = rest.writes;
            writes.push(Write::Snapshot { life, id, row });
            shared.post(writes, Box::new(keep));
        }
        Err(error) => keep.failed(&error),
    }
}

impl Standing {
    /// Where a new life stands.
    fn at_its_beginning(state: SandboxState, history: Bounds) -> Self {
        let calls = state.calls;
        Self {
            history: History::new(&state, history),
            state,
            mark: Mark::default(),
            checkpoints: Checkpoints {
                at: vec![Mark::default()],
                ..Checkpoints::default()
            },
            snapshots: Vec::new(),
            reserved: calls,
        }
    }
}

/// A sandbox begins.
pub(super) struct Begin {
    pub(super) shared: Arc<Shared>,
    pub(super) cell: Arc<Cell>,
    pub(super) waiter: Waiter,
}

impl Pending for Begin {
    fn is_stale(&self) -> bool {
        false
    }

    fn done(mut self: Box<Self>) {
        let id = self.cell.id.clone();
        if self.waiter.is_none() {
            // It was told to have failed: it goes again, and nobody ever sees it.
            return self.shared.end_unseen(self.cell.life);
        }
        let mut coming = self.shared.coming();
        self.shared.sandboxes.insert(id.clone(), self.cell.clone());
        coming.remove(&id);
        drop(coming);
        tell(&mut self.waiter, Ok(()));
    }

    fn failed(&mut self, error: &Error) {
        self.shared.coming().remove(&self.cell.id);
        tell(&mut self.waiter, Err(error.clone()));
    }
}

/// A sandbox ends.
pub(super) struct End {
    pub(super) shared: Arc<Shared>,
    pub(super) cell: Arc<Cell>,
    pub(super) waiter: Waiter,
}

impl Pending for End {
    fn is_stale(&self) -> bool {
        false
    }

    fn done(mut self: Box<Self>) {
        self.cell.latest().ending = true;
        let life = self.cell.life;
        self.shared
            .sandboxes
            .remove_if(&self.cell.id, |_, cell| cell.life == life);
        tell(&mut self.waiter, Ok(()));
    }

    fn failed(&mut self, error: &Error) {
        self.cell.latest().ending = false;
        tell(&mut self.waiter, Err(error.clone()));
    }
}

/// A snapshot is kept.
pub(super) struct Keep {
    pub(super) cell: Arc<Cell>,
    pub(super) snapshot: Snapshot,
    pub(super) waiter: Waiter,
}

impl Pending for Keep {
    fn is_stale(&self) -> bool {
        false
    }

    fn done(mut self: Box<Self>) {
        {
            let mut kept = self.cell.kept();
            kept.coming.remove(&self.snapshot.id);
            kept.snapshots.push(self.snapshot.clone());
        }
        tell(&mut self.waiter, Ok(()));
    }

    fn failed(&mut self, error: &Error) {
        self.cell.kept().coming.remove(&self.snapshot.id);
        tell(&mut self.waiter, Err(error.clone()));
    }
}

/// A snapshot is dropped.
pub(super) struct Forget {
    pub(super) cell: Arc<Cell>,
    pub(super) id: Arc<str>,
    pub(super) waiter: Waiter,
}

impl Pending for Forget {
    fn is_stale(&self) -> bool {
        false
    }

    fn done(mut self: Box<Self>) {
        let id = self.id.clone();
        self.cell.kept().snapshots.retain(|kept| kept.id != id);
        tell(&mut self.waiter, Ok(()));
    }

    fn failed(&mut self, error: &Error) {
        tell(&mut self.waiter, Err(error.clone()));
    }
}

/// Somebody waits, and memory does nothing.
pub(super) struct Wait(pub(super) Waiter);

impl Pending for Wait {
    fn is_stale(&self) -> bool {
        false
    }

    fn done(mut self: Box<Self>) {
        tell(&mut self.0, Ok(()));
    }

    fn failed(&mut self, error: &Error) {
        tell(&mut self.0, Err(error.clone()));
    }
}
