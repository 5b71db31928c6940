//! Backups of a server that runs.

use std::path::PathBuf;

use super::Service;
use crate::store::journal::CopyError;

/// The folder of the data directory in which backups lie.
const FOLDER: &str = "backups";

/// How long the name of a backup may be.
const NAME_MAX: usize = 64;

/// Why there is no backup.
#[derive(Debug)]
pub enum BackupError {
    /// The name is none for a file.
    Name,
    /// Nothing outlives this server.
    InMemory,
    /// There is such a file already.
    Exists(PathBuf),
    /// It cannot be written.
    Failed(String),
}

impl Service {
    /// Copies all sandboxes, as they are at one moment, into a file of this name in the data directory;
    /// gives its path.
    ///
    /// # Errors
    /// When that cannot be done; there is no file then.
    pub async fn backup(&self, name: &str) -> Result<PathBuf, BackupError> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if !(1..=NAME_MAX).contains(&name.len()) || name.starts_with('.') || !name.chars().all(fits)
        {
            return Err(BackupError::Name);
        }
        let journal = self.store.journal().zip(self.settings.data_dir.as_ref());
        let (journal, folder) = journal.ok_or(BackupError::InMemory)?;
        let folder = folder.join(FOLDER);
        let file = folder.join(name);
        match journal.backup(file.clone()).await {
            Ok(()) => Ok(file),
            Err(CopyError::Exists(file)) => Err(BackupError::Exists(file)),
            Err(error) => Err(BackupError::Failed(error.to_string())),
        }
    }
}
