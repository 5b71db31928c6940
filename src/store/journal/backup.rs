//! Copies of a journal: of one moment, and without what is not needed any more.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use redb::{
    Database, Key, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition, Value,
    WriteTransaction,
};

use super::media::{Folder, Media};
use super::open::{self, OpenError, quick};
use super::tables::{CALLS, CHECKPOINTS, ENTRIES, IMAGES, LIVES, META, SNAPSHOTS, Tables};

/// How many rows are copied as one.
const ROWS_AT_ONCE: usize = 1024;

/// Why there is no copy.
#[derive(Debug)]
pub enum CopyError {
    /// The journal cannot be opened.
    Open(OpenError),
    /// There is such a file already.
    Exists(PathBuf),
    /// It cannot be read, or the copy not be written.
    Io(String),
}

impl std::fmt::Display for CopyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open(error) => error.fmt(f),
            Self::Exists(file) => write!(f, "{} is there already", file.display()),
            Self::Io(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for CopyError {}

impl From<OpenError> for CopyError {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<io::Error> for CopyError {
    fn from(error: io::Error) -> Self {
        Self::Io(error.to_string())
    }
}

impl<E: Into<redb::Error>> From<Of<E>> for CopyError {
    fn from(error: Of<E>) -> Self {
        Self::Io(error.0.into().to_string())
    }
}

/// An error of the database.
struct Of<E>(E);

/// Copies the journal of a data directory that no server uses into a file.
///
/// # Errors
/// When a server uses it, it cannot be read, or the file is there already or cannot be written.
pub fn backup(folder: &Path, to: &Path) -> Result<(), CopyError> {
    let (database, _) = open::open(&existing(folder)?, &open::checked())?;
    copy(&database.begin_read().map_err(Of)?, to)
}

/// Makes a data directory of a backup.
///
/// # Errors
/// When the directory holds something already, or the backup is none.
pub fn restore(from: &Path, folder: &Path) -> Result<(), CopyError> {
    let occupied = fs::read_dir(folder).is_ok_and(|mut inside| inside.next().is_some());
    if occupied {
        let why = format!(
            "{} is not empty: a backup is restored into a folder of its own",
            folder.display()
        );
        return Err(CopyError::Io(why));
    }
    fs::metadata(from)?;
    let (database, _) = open::open(&File(from.to_owned()), &open::checked())?;
    let to = Folder::at(folder)?.file();
    copy(&database.begin_read().map_err(Of)?, &to)
}

/// The folder, if there is a journal in it.
pub(super) fn existing(folder: &Path) -> Result<Folder, OpenError> {
    let file = folder.join(super::FILE);
    match fs::metadata(&file) {
        Ok(_) => Folder::at(folder).map_err(|error| OpenError::Unreadable(error.to_string())),
        Err(error) => Err(OpenError::Unreadable(format!(
            "{}: {error}",
            file.display()
        ))),
    }
}

/// A database in a file of any name.
#[derive(Debug)]
struct File(PathBuf);

impl Media for File {
    fn open(&self, builder: &redb::Builder) -> Result<Database, redb::DatabaseError> {
        builder.open(&self.0)
    }
}

/// Copies what a transaction sees into a new file. It has its name only when it is whole.
pub(super) fn copy(from: &ReadTransaction, to: &Path) -> Result<(), CopyError> {
    if to.exists() {
        return Err(CopyError::Exists(to.to_owned()));
    }
    let folder = to.parent();
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        fs::create_dir_all(folder)?;
    }
    let mut partial = to.as_os_str().to_owned();
    partial.push(".partial");
    let partial = Path::new(&partial);
    let _ = fs::remove_file(partial);
    let written = fill(from, partial);
    if let Err(error) = written {
        let _ = fs::remove_file(partial);
        return Err(error);
    }
    fs::rename(partial, to)?;
    if let Some(folder) = folder {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn fill(from: &ReadTransaction, to: &Path) -> Result<(), CopyError> {
    let database = quick().create(to).map_err(Of)?;
    let first = database.begin_write().map_err(Of)?;
    drop(Tables::of(&first).map_err(Of)?);
    first.commit().map_err(Of)?;
    table(from, &database, LIVES)?;
    table(from, &database, CALLS)?;
    table(from, &database, ENTRIES)?;
    table(from, &database, CHECKPOINTS)?;
    table(from, &database, SNAPSHOTS)?;
    table(from, &database, IMAGES)?;
    // The format comes last: without it, it is no journal.
    table(from, &database, META)?;
    database.close().map_err(Of)?;
    Ok(())
}

fn table<K: Key + 'static, V: Value + 'static>(
    from: &ReadTransaction,
    to: &Database,
    definition: TableDefinition<'static, K, V>,
) -> Result<(), CopyError> {
    let table = from.open_table(definition).map_err(Of)?;
    let mut rows = table.iter().map_err(Of)?;
    loop {
        let transaction: WriteTransaction = to.begin_write().map_err(Of)?;
        let mut copied = 0;
        {
            let mut copy = transaction.open_table(definition).map_err(Of)?;
            for row in rows.by_ref().take(ROWS_AT_ONCE) {
                let (key, value) = row.map_err(Of)?;
                copy.insert(key.value(), value.value()).map_err(Of)?;
                copied += 1;
            }
        }
        transaction.commit().map_err(Of)?;
        if copied < ROWS_AT_ONCE {
            return Ok(());
        }
    }
}
