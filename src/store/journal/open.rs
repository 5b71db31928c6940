//! Opening the database: what is refused, and what an older version has left.

use std::fmt;

use redb::{Builder, Database, DatabaseError, ReadableDatabase, TableError};

use super::media::Media;
use super::tables::{FORMAT, META, META_BATCH, META_FORMAT, Tables};

/// How much of the database is kept in memory, beside the sandboxes themselves.
const CACHE_BYTES: usize = 64 << 20;

/// Why a data directory cannot be used.
#[derive(Debug)]
pub enum OpenError {
    /// Another process uses it.
    InUse,
    /// A later version has written it.
    TooNew {
        /// Its format.
        found: u64,
    },
    /// It is not what was written.
    Corrupt(String),
    /// It cannot be read or written.
    Unreadable(String),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse => f.write_str("another server uses this data directory"),
            Self::TooNew { found } => write!(
                f,
                "the journal has format {found}, and this version reads formats up to {FORMAT}: a later version of sparring has written it"
            ),
            Self::Corrupt(why) => write!(
                f,
                "the journal is damaged: {why}; `sparring verify --data-dir DIR` says what can be read, and `sparring restore` puts a backup in its place"
            ),
            Self::Unreadable(why) => write!(f, "the journal cannot be opened: {why}"),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<DatabaseError> for OpenError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen => Self::InUse,
            DatabaseError::Storage(redb::StorageError::Corrupted(why)) => Self::Corrupt(why),
            DatabaseError::Storage(redb::StorageError::Io(error))
                if error.kind() == std::io::ErrorKind::InvalidData =>
            {
                Self::Corrupt(error.to_string())
            }
            other => Self::Unreadable(other.to_string()),
        }
    }
}

impl From<redb::Error> for OpenError {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Corrupted(why) => Self::Corrupt(why),
            other => Self::Unreadable(other.to_string()),
        }
    }
}

/// How the database is opened at a start: every page is checked, and a damaged one is told of.
pub(super) fn checked() -> Builder {
    let mut builder = quick();
    builder.set_check_integrity_on_open(true);
    builder
}

/// How it is opened by who has had it open: only what was not closed well is checked.
pub(super) fn quick() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

/// Opens a database, of whatever format up to this version's, and gives the number of its last group
/// commit.
///
/// # Errors
/// When it is in use, damaged, or of a later format.
pub(super) fn open(media: &dyn Media, builder: &Builder) -> Result<(Database, u64), OpenError> {
    let database = media.open(builder)?;
    match format_of(&database)? {
        Some(FORMAT) => {}
        Some(found) if found > FORMAT => return Err(OpenError::TooNew { found }),
        found => upgrade(&database, found)?,
    }
    let transaction = database.begin_read().map_err(redb::Error::from)?;
    let meta = transaction.open_table(META).map_err(redb::Error::from)?;
    let batch = meta.get(META_BATCH).map_err(redb::Error::from)?;
    let batch = batch.map_or(0, |value| value.value());
    Ok((database, batch))
}

/// The format of a database; none, if nothing was ever written to it.
fn format_of(database: &Database) -> Result<Option<u64>, redb::Error> {
    let transaction = database.begin_read()?;
    let meta = match transaction.open_table(META) {
        Ok(meta) => meta,
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    Ok(meta.get(META_FORMAT)?.map(|value| value.value()))
}

/// Brings a database to this version's format, as one. From format 1 on, each has a step to the next.
fn upgrade(database: &Database, from: Option<u64>) -> Result<(), redb::Error> {
    debug_assert!(from.is_none_or(|from| from < FORMAT), "only older formats");
    let transaction = database.begin_write()?;
    Tables::of(&transaction)?.set_number(META_FORMAT, FORMAT)?;
    transaction.commit()?;
    Ok(())
}
