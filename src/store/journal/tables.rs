//! What stands in the database, and how one change of it is written.
//!
//! | table | key | value |
//! |---|---|---|
//! | `meta` | a word | a number: `format`, and `batch`, the how-manieth group commit it is |
//! | `lives` | life | whose it is, as JSON |
//! | `calls` | life | the number up to which calls may have been numbered |
//! | `entries` | life, number | the effects of one commit, as JSON |
//! | `checkpoints` | life, number | which image has the state after this entry, as JSON |
//! | `snapshots` | life, id | when and why it was taken, and its image, as JSON |
//! | `images` | image, part | a part of a state |
//!
//! A life is a sandbox from when it is made to when it is dropped; numbers of lives and images are
//! never given twice. A life's state is its oldest checkpoint with all entries after it.

use redb::{ReadableTable, Table, TableDefinition, WriteTransaction};
use serde::{Deserialize, Serialize};

/// The format that this version writes.
pub(super) const FORMAT: u64 = 1;

pub(super) const META: TableDefinition<'static, &str, u64> = TableDefinition::new("meta");
pub(super) const LIVES: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("lives");
pub(super) const CALLS: TableDefinition<'static, u64, u64> = TableDefinition::new("calls");
pub(super) const ENTRIES: TableDefinition<'static, (u64, u64), &[u8]> =
    TableDefinition::new("entries");
pub(super) const CHECKPOINTS: TableDefinition<'static, (u64, u64), &[u8]> =
    TableDefinition::new("checkpoints");
pub(super) const SNAPSHOTS: TableDefinition<'static, (u64, &str), &[u8]> =
    TableDefinition::new("snapshots");
pub(super) const IMAGES: TableDefinition<'static, (u64, u32), &[u8]> =
    TableDefinition::new("images");

/// The row of [`META`] with the format.
pub(super) const META_FORMAT: &str = "format";
/// The row of [`META`] with the number of the last group commit.
pub(super) const META_BATCH: &str = "batch";

/// What stands in [`LIVES`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LifeRow {
    /// The sandbox's id.
    pub(super) sandbox: String,
}

/// What stands in [`CHECKPOINTS`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CheckpointRow {
    /// The number of its image.
    pub(super) image: u64,
    /// How many calls had begun by then in this life.
    pub(super) begun: u64,
    /// Whether the state took the place of the one before: there is no entry of this number.
    pub(super) replaced: bool,
}

/// What stands in [`SNAPSHOTS`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SnapshotRow {
    /// The number of its image: a later snapshot has a higher one.
    pub(super) image: u64,
    /// When it was taken.
    pub(super) taken_at: jiff::Timestamp,
    /// What it is for.
    pub(super) note: Option<String>,
}

/// A change of the database.
#[derive(Debug)]
pub(super) enum Write {
    /// An entry is added to a life.
    Entry {
        life: u64,
        number: u64,
        effects: Vec<u8>,
    },
    /// A part of an image.
    Part {
        image: u64,
        part: u32,
        bytes: Vec<u8>,
    },
    /// An image that nothing refers to is dropped.
    NoImage { image: u64 },
    /// A life begins.
    Life { life: u64, row: Vec<u8> },
    /// A life ends, with all that belongs to it.
    End { life: u64 },
    /// Calls of a life may have numbers up to this one.
    Calls { life: u64, upto: u64 },
    /// A life's state after an entry is in an image. What stands before `keep_from` is not needed any
    /// more.
    Checkpoint {
        life: u64,
        number: u64,
        row: CheckpointRow,
        keep_from: u64,
    },
    /// A snapshot of a life is kept.
    Snapshot { life: u64, id: String, row: Vec<u8> },
    /// A snapshot of a life is dropped.
    Forget { life: u64, id: String },
}

impl Write {
    /// About how many bytes it has.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Entry { effects: bytes, .. }
            | Self::Part { bytes, .. }
            | Self::Life { row: bytes, .. }
            | Self::Snapshot { row: bytes, .. } => bytes.len(),
            _ => 0,
        }
    }
}

/// All tables, opened for writing.
pub(super) struct Tables<'a> {
    meta: Table<'a, &'static str, u64>,
    lives: Table<'a, u64, &'static [u8]>,
    calls: Table<'a, u64, u64>,
    entries: Table<'a, (u64, u64), &'static [u8]>,
    checkpoints: Table<'a, (u64, u64), &'static [u8]>,
    snapshots: Table<'a, (u64, &'static str), &'static [u8]>,
    images: Table<'a, (u64, u32), &'static [u8]>,
}

impl<'a> Tables<'a> {
    /// Opens all tables, and makes those that are not there.
    pub(super) fn of(transaction: &'a WriteTransaction) -> Result<Self, redb::Error> {
        Ok(Self {
            meta: transaction.open_table(META)?,
            lives: transaction.open_table(LIVES)?,
            calls: transaction.open_table(CALLS)?,
            entries: transaction.open_table(ENTRIES)?,
            checkpoints: transaction.open_table(CHECKPOINTS)?,
            snapshots: transaction.open_table(SNAPSHOTS)?,
            images: transaction.open_table(IMAGES)?,
        })
    }

    /// Sets the number in a row of [`META`].
    pub(super) fn set_number(&mut self, row: &str, to: u64) -> Result<(), redb::Error> {
        self.meta.insert(row, to)?;
        Ok(())
    }

    /// Carries out one change.
    pub(super) fn write(&mut self, write: &Write) -> Result<(), redb::Error> {
        match write {
            Write::Entry {
                life,
                number,
                effects,
            } => drop(self.entries.insert((*life, *number), effects.as_slice())?),
            Write::Part { image, part, bytes } => {
                drop(self.images.insert((*image, *part), bytes.as_slice())?);
            }
            Write::NoImage { image } => self.drop_image(*image)?,
            Write::Life { life, row } => drop(self.lives.insert(*life, row.as_slice())?),
            Write::End { life } => self.end(*life)?,
            Write::Calls { life, upto } => {
                if self.lives.get(*life)?.is_some() {
                    self.calls.insert(*life, *upto)?;
                }
            }
            Write::Checkpoint {
                life,
                number,
                row,
                keep_from,
            } => self.checkpoint(*life, *number, *row, *keep_from)?,
            Write::Snapshot { life, id, row } => {
                // Its life may have ended since it was asked for.
                if self.lives.get(*life)?.is_some() {
                    self.snapshots
                        .insert((*life, id.as_str()), row.as_slice())?;
                }
            }
            Write::Forget { life, id } => {
                let row = self.snapshots.remove((*life, id.as_str()))?;
                let image = row.and_then(|row| image_of::<SnapshotRow>(row.value()));
                if let Some(image) = image {
                    self.drop_image(image)?;
                }
            }
        }
        Ok(())
    }

    fn checkpoint(
        &mut self,
        life: u64,
        number: u64,
        row: CheckpointRow,
        keep_from: u64,
    ) -> Result<(), redb::Error> {
        // Its life may have ended since it was asked for.
        if self.lives.get(life)?.is_none() {
            return self.drop_image(row.image);
        }
        let row = serde_json::to_vec(&row).expect("numbers are JSON");
        self.checkpoints.insert((life, number), row.as_slice())?;
        self.drop_checkpoints(life, 0..keep_from)?;
        self.entries
            .retain_in((life, 0)..=(life, keep_from), |_, _| false)?;
        Ok(())
    }

    fn end(&mut self, life: u64) -> Result<(), redb::Error> {
        self.lives.remove(life)?;
        self.calls.remove(life)?;
        self.drop_checkpoints(life, 0..u64::MAX)?;
        self.entries
            .retain_in((life, 0)..=(life, u64::MAX), |_, _| false)?;
        let mut images = Vec::new();
        self.snapshots
            .retain_in((life, "")..(life + 1, ""), |_, row| {
                images.extend(image_of::<SnapshotRow>(row));
                false
            })?;
        for image in images {
            self.drop_image(image)?;
        }
        Ok(())
    }

    fn drop_checkpoints(
        &mut self,
        life: u64,
        numbers: std::ops::Range<u64>,
    ) -> Result<(), redb::Error> {
        let mut images = Vec::new();
        let range = (life, numbers.start)..(life, numbers.end);
        self.checkpoints.retain_in(range, |_, row| {
            images.extend(image_of::<CheckpointRow>(row));
            false
        })?;
        for image in images {
            self.drop_image(image)?;
        }
        Ok(())
    }

    fn drop_image(&mut self, image: u64) -> Result<(), redb::Error> {
        self.images
            .retain_in((image, 0)..=(image, u32::MAX), |_, _| false)?;
        Ok(())
    }
}

/// A row that refers to an image.
trait HasImage: for<'a> Deserialize<'a> {
    fn image(&self) -> u64;
}

impl HasImage for CheckpointRow {
    fn image(&self) -> u64 {
        self.image
    }
}

impl HasImage for SnapshotRow {
    fn image(&self) -> u64 {
        self.image
    }
}

/// The image that a row refers to; none, if the row cannot be read: that is reported when it is restored,
/// not when it is dropped.
fn image_of<Row: HasImage>(row: &[u8]) -> Option<u64> {
    let row: Row = serde_json::from_slice(row).ok()?;
    Some(row.image())
}
