//! Where the database lies: a file in a folder, or what a test puts in its place.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use redb::{Builder, Database, DatabaseError};

/// The name of the database in a data directory.
pub const FILE: &str = "journal.redb";

/// Something that a database can be opened on, again and again: after a fault of the disk it is opened
/// anew.
pub trait Media: fmt::Debug + Send + Sync + 'static {
    /// Opens the database, or makes an empty one.
    ///
    /// # Errors
    /// When it cannot be read or written, or is in use.
    fn open(&self, builder: &Builder) -> Result<Database, DatabaseError>;
}

/// A data directory.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at this path; made, if it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn at(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        Ok(Self(path.to_owned()))
    }

    /// The database's file.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.0.join(FILE)
    }
}

impl Media for Folder {
    fn open(&self, builder: &Builder) -> Result<Database, DatabaseError> {
        let file = self.file();
        let is_new = !file.exists();
        let database = builder.create(file)?;
        if is_new {
            // A file outlives a crash only if its folder knows of it.
            File::open(&self.0)?.sync_all()?;
        }
        Ok(database)
    }
}
