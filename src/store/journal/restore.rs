//! A restart: sandboxes as they stand in the database.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::thread;

use redb::{Database, Range, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable};

use super::OpenError;
use super::cell::{Cell, Checkpoints, Mark, Standing};
use super::entry;
use super::tables::{
    CALLS, CHECKPOINTS, CheckpointRow, ENTRIES, IMAGES, LIVES, LifeRow, SNAPSHOTS, SnapshotRow,
};
use crate::domain::name::SandboxId;
use crate::state::image;
use crate::state::{Effect, SandboxState};
use crate::store::history::Bounds;
use crate::store::{History, Snapshot};

/// All that is in a database.
pub(super) struct Restored {
    pub(super) cells: Vec<Cell>,
    /// Lives that nobody knows of.
    pub(super) unseen: Vec<u64>,
    pub(super) next_life: u64,
    pub(super) next_image: u64,
    /// Images to which nothing refers.
    pub(super) orphans: Vec<u64>,
}

/// Reads all sandboxes, on a thread with a large stack.
///
/// # Errors
/// When one cannot be read.
pub(super) fn all(database: &Database, bounds: Bounds) -> Result<Restored, OpenError> {
    let transaction = database.begin_read().map_err(redb::Error::from)?;
    let read = with_large_stack(|| read(&transaction, bounds));
    read.map_err(OpenError::from)
}

/// Does something on a thread whose stack is large enough for whatever is written.
pub(super) fn with_large_stack<T: Send>(
    work: impl FnOnce() -> Result<T, Unreadable> + Send,
) -> Result<T, Unreadable> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(image::STACK_BYTES);
        let unreadable = |why: &dyn std::fmt::Display| Unreadable::new("the file".into(), why);
        let spawned = thread.spawn_scoped(scope, work);
        let spawned = spawned.map_err(|error| unreadable(&error))?;
        spawned
            .join()
            .unwrap_or_else(|_| Err(unreadable(&"reading it panicked")))
    })
}

/// Why what is written cannot be read: whose it is, and what is wrong with it.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) place: String,
    pub(super) why: String,
    /// Whether it is not what was written, or could not be looked at.
    pub(super) damaged: bool,
}

impl From<redb::Error> for Unreadable {
    fn from(error: redb::Error) -> Self {
        Self {
            place: "the file".into(),
            damaged: matches!(error, redb::Error::Corrupted(_)),
            why: error.to_string(),
        }
    }
}

impl From<Unreadable> for OpenError {
    fn from(unreadable: Unreadable) -> Self {
        let why = format!("{}: {}", unreadable.place, unreadable.why);
        match unreadable.damaged {
            true => Self::Corrupt(why),
            false => Self::Unreadable(why),
        }
    }
}

fn read(transaction: &ReadTransaction, bounds: Bounds) -> Result<Restored, Unreadable> {
    let rows = Rows::of(transaction)?;
    let mut referred = BTreeSet::new();
    let mut newest = BTreeMap::new();
    let mut unseen = Vec::new();
    for life in rows.lives()? {
        // One that was told not to have begun may stand there all the same.
        unseen.extend(newest.insert(rows.sandbox(life)?, life));
    }
    let mut cells = Vec::new();
    for (id, life) in newest {
        let (standing, images) = rows.life(&id, life, bounds)?;
        referred.extend(images);
        cells.push(Cell::new(id, life, standing));
    }
    let images = rows.image_numbers()?;
    Ok(Restored {
        cells,
        unseen,
        next_life: rows.next_life()?,
        next_image: images.last().map_or(0, |last| last + 1),
        orphans: images.difference(&referred).copied().collect(),
    })
}

/// All tables, opened for reading.
pub(super) struct Rows {
    lives: ReadOnlyTable<u64, &'static [u8]>,
    entries: ReadOnlyTable<(u64, u64), &'static [u8]>,
    calls: ReadOnlyTable<u64, u64>,
    checkpoints: ReadOnlyTable<(u64, u64), &'static [u8]>,
    snapshots: ReadOnlyTable<(u64, &'static str), &'static [u8]>,
    images: ReadOnlyTable<(u64, u32), &'static [u8]>,
}

impl Rows {
    pub(super) fn of(transaction: &ReadTransaction) -> Result<Self, Unreadable> {
        let open = || -> Result<Self, redb::Error> {
            Ok(Self {
                lives: transaction.open_table(LIVES)?,
                entries: transaction.open_table(ENTRIES)?,
                calls: transaction.open_table(CALLS)?,
                checkpoints: transaction.open_table(CHECKPOINTS)?,
                snapshots: transaction.open_table(SNAPSHOTS)?,
                images: transaction.open_table(IMAGES)?,
            })
        };
        Ok(open()?)
    }

    /// All lives.
    pub(super) fn lives(&self) -> Result<Vec<u64>, Unreadable> {
        let mut lives = Vec::new();
        for row in self.lives.iter().map_err(redb::Error::from)? {
            lives.push(row.map_err(redb::Error::from)?.0.value());
        }
        Ok(lives)
    }

    /// Whose a life is.
    pub(super) fn sandbox(&self, life: u64) -> Result<SandboxId, Unreadable> {
        let place = || format!("life {life}");
        let row = self.lives.get(life).map_err(redb::Error::from)?;
        let row = row.ok_or_else(|| Unreadable::new(place(), "it is not there"))?;
        let row: LifeRow =
            serde_json::from_slice(row.value()).map_err(|error| Unreadable::new(place(), error))?;
        SandboxId::parse(&row.sandbox).map_err(|error| Unreadable::new(place(), error))
    }

    /// A life as it stands, and the images that it refers to.
    pub(super) fn life(
        &self,
        id: &SandboxId,
        life: u64,
        bounds: Bounds,
    ) -> Result<(Standing, BTreeSet<u64>), Unreadable> {
        let place = |what: &str| format!("sandbox {id}, {what}");
        let checkpoints = self.checkpoints(life, &place)?;
        let mut images: BTreeSet<_> = checkpoints.iter().map(|(_, row)| row.image).collect();
        let Some((first, base)) = checkpoints.first().copied() else {
            return Err(Unreadable::new(place("its beginning"), "it is not there"));
        };
        let (state, image_bytes) = self.image(base.image, &place("its first checkpoint"))?;
        let mut fold = Fold::from(state, first, base.begun, bounds);
        let mut known = Checkpoints {
            at: vec![fold.mark],
            image_bytes,
            coming: false,
        };
        let mut later = checkpoints[1..].iter().copied().peekable();
        let mut entries = self.entries(life, first)?;
        loop {
            let next = fold.mark.entry + 1;
            let replaced = later.next_if(|(at, row)| *at == next && row.replaced);
            if let Some((_, row)) = replaced {
                let at = place(&format!("the state that took its place as entry {next}"));
                let (state, bytes) = self.image(row.image, &at)?;
                known.image_bytes = bytes;
                fold.replace(state);
            } else if let Some((number, bytes)) = entries.next()? {
                let at = || place(&format!("entry {number}"));
                if number != next {
                    return Err(Unreadable::new(at(), "the one before it is missing"));
                }
                fold.take(&bytes)
                    .map_err(|error| Unreadable::new(at(), error))?;
            } else {
                break;
            }
            if let Some((_, row)) = later.next_if(|(at, _)| *at == next) {
                known.image_bytes = self.image_bytes(row.image)?;
                known.at.push(fold.mark);
            } else if replaced.is_some() {
                known.at.push(fold.mark);
            }
        }
        if let Some((number, _)) = later.next() {
            let at = place(&format!("the checkpoint after entry {number}"));
            return Err(Unreadable::new(at, "the entry is missing"));
        }
        let snapshots = self.snapshots(life, &place, &mut images)?;
        let standing = Standing {
            state: fold.state,
            mark: fold.mark,
            checkpoints: known,
            history: fold.history,
            snapshots,
            reserved: self.reserved(life)?,
        };
        Ok((standing, images))
    }

    /// The entries of a life after one of them.
    pub(super) fn entries(&self, life: u64, after: u64) -> Result<Entries, Unreadable> {
        let range = (life, after + 1)..=(life, u64::MAX);
        let range = self.entries.range(range).map_err(redb::Error::from)?;
        Ok(Entries(range))
    }

    fn reserved(&self, life: u64) -> Result<u64, Unreadable> {
        let row = self.calls.get(life).map_err(redb::Error::from)?;
        Ok(row.map_or(0, |row| row.value()))
    }

    pub(super) fn checkpoints(
        &self,
        life: u64,
        place: &dyn Fn(&str) -> String,
    ) -> Result<Vec<(u64, CheckpointRow)>, Unreadable> {
        let range = (life, 0)..=(life, u64::MAX);
        let mut checkpoints = Vec::new();
        for row in self.checkpoints.range(range).map_err(redb::Error::from)? {
            let (key, value) = row.map_err(redb::Error::from)?;
            let number = key.value().1;
            let row = serde_json::from_slice(value.value()).map_err(|error| {
                Unreadable::new(
                    place(&format!("the checkpoint after entry {number}")),
                    error,
                )
            })?;
            checkpoints.push((number, row));
        }
        Ok(checkpoints)
    }

    fn snapshots(
        &self,
        life: u64,
        place: &dyn Fn(&str) -> String,
        images: &mut BTreeSet<u64>,
    ) -> Result<Vec<Snapshot>, Unreadable> {
        let mut found = Vec::new();
        let range = (life, "")..(life + 1, "");
        for row in self.snapshots.range(range).map_err(redb::Error::from)? {
            let (key, value) = row.map_err(redb::Error::from)?;
            let id: Arc<str> = key.value().1.into();
            let at = place(&format!("snapshot {id}"));
            let row: SnapshotRow = serde_json::from_slice(value.value())
                .map_err(|error| Unreadable::new(at.clone(), error))?;
            let (state, _) = self.image(row.image, &at)?;
            images.insert(row.image);
            let snapshot = Snapshot {
                id,
                state,
                taken_at: row.taken_at,
                note: row.note.map(Arc::from),
            };
            found.push((row.image, snapshot));
        }
        found.sort_by_key(|(image, _)| *image);
        Ok(found.into_iter().map(|(_, snapshot)| snapshot).collect())
    }

    /// The state of an image, and how many bytes it has.
    pub(super) fn image(&self, image: u64, place: &str) -> Result<(SandboxState, u64), Unreadable> {
        let mut reader = image::Reader::new();
        let mut bytes = 0;
        let parts = (image, 0)..=(image, u32::MAX);
        for row in self.images.range(parts).map_err(redb::Error::from)? {
            let (_, part) = row.map_err(redb::Error::from)?;
            bytes += u64::try_from(part.value().len()).unwrap_or(u64::MAX);
            reader
                .take(part.value())
                .map_err(|error| Unreadable::new(place.into(), error))?;
        }
        let state = reader
            .finish()
            .map_err(|error| Unreadable::new(place.into(), error))?;
        Ok((state, bytes))
    }

    fn image_bytes(&self, image: u64) -> Result<u64, Unreadable> {
        let mut bytes = 0;
        let parts = (image, 0)..=(image, u32::MAX);
        for row in self.images.range(parts).map_err(redb::Error::from)? {
            let (_, part) = row.map_err(redb::Error::from)?;
            bytes += u64::try_from(part.value().len()).unwrap_or(u64::MAX);
        }
        Ok(bytes)
    }

    fn image_numbers(&self) -> Result<BTreeSet<u64>, Unreadable> {
        let mut numbers = BTreeSet::new();
        let mut from = 0;
        loop {
            let mut rest = self.images.range((from, 0)..).map_err(redb::Error::from)?;
            let Some(row) = rest.next() else {
                return Ok(numbers);
            };
            let image = row.map_err(redb::Error::from)?.0.value().0;
            numbers.insert(image);
            from = image + 1;
        }
    }

    fn next_life(&self) -> Result<u64, Unreadable> {
        let last = self.lives.last().map_err(redb::Error::from)?;
        Ok(last.map_or(0, |(life, _)| life.value() + 1))
    }
}

impl Unreadable {
    pub(super) fn new(place: String, why: impl std::fmt::Display) -> Self {
        Self {
            place,
            why: why.to_string(),
            damaged: true,
        }
    }
}

/// The entries of a life that are still to come.
pub(super) struct Entries(Range<'static, (u64, u64), &'static [u8]>);

impl Entries {
    /// The number of the next, and what is in it.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Vec<u8>)>, Unreadable> {
        let Some(row) = self.0.next() else {
            return Ok(None);
        };
        let (key, value) = row.map_err(redb::Error::from)?;
        Ok(Some((key.value().1, value.value().to_vec())))
    }
}

/// A state on its way through the entries.
pub(super) struct Fold {
    pub(super) state: SandboxState,
    pub(super) mark: Mark,
    history: History,
}

impl Fold {
    /// From the state after this entry on, when so many calls had begun.
    pub(super) fn from(state: SandboxState, entry: u64, begun: u64, bounds: Bounds) -> Self {
        let mark = Mark {
            entry,
            begun,
            bytes: 0,
        };
        Self {
            history: History::new(&state, bounds),
            state,
            mark,
        }
    }

    pub(super) fn take(&mut self, entry: &[u8]) -> Result<(), image::ImageError> {
        let effects: Arc<[Effect]> = entry::decode(entry)?.into();
        for effect in effects.iter() {
            self.state.apply(effect);
        }
        self.mark.entry += 1;
        self.mark.begun += entry::begun(&effects);
        self.mark.bytes += u64::try_from(entry.len()).unwrap_or(u64::MAX);
        drop(self.history.push(&effects, &self.state));
        Ok(())
    }

    fn replace(&mut self, state: SandboxState) {
        drop(self.history.replace(&state));
        self.state = state;
        self.mark.entry += 1;
    }
}
