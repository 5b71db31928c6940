//! The folder in which cassettes lie as files, shared by all sandboxes.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use super::CassetteError;
use crate::cassette::{self, Bounds, Cassette, Format, Kind, Reader};

/// The longest name, in characters.
pub(super) const NAME_MAX: usize = 128;

/// How the names of files end that are looked for.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// The largest file that is opened: one that is larger would be refused after a long time.
pub(super) const FILE_BYTES_MAX: u64 = 1 << 30;

/// How much of a file is read at a time.
const CHUNK_BYTES: usize = 256 << 10;

/// A folder of cassettes. It need not be there.
#[derive(Clone, Debug)]
pub(super) struct Folder(pub(super) PathBuf);

/// A name that a cassette can have: no path leads out of the folder.
pub(super) fn check_name(name: &str) -> Result<(), CassetteError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let fits =
        (1..=NAME_MAX).contains(&name.len()) && !name.starts_with('.') && name.chars().all(allowed);
    match fits {
        true => Ok(()),
        false => Err(CassetteError::Name(name.chars().take(NAME_MAX).collect())),
    }
}

impl Folder {
    /// The names of all cassettes, in their order.
    pub(super) fn names(&self) -> Result<Vec<String>, CassetteError> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(CassetteError::file("read", &self.0, &error)),
        };
        let names = entries.flatten().filter_map(|entry| {
            let path = entry.path();
            let ending = path.extension().and_then(OsStr::to_str)?;
            let name = path.file_stem().and_then(OsStr::to_str)?;
            let is_one = ENDINGS.contains(&ending) && check_name(name).is_ok();
            is_one.then(|| name.to_owned())
        });
        let mut names: Vec<String> = names.collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// The file of a cassette, if there is one.
    pub(super) fn find(&self, name: &str) -> Result<Option<PathBuf>, CassetteError> {
        check_name(name)?;
        let paths = ENDINGS.map(|ending| self.0.join(format!("{name}.{ending}")));
        let mut found: Vec<PathBuf> = paths.into_iter().filter(|path| path.exists()).collect();
        match found.len() {
            0 | 1 => Ok(found.pop()),
            _ => Err(CassetteError::Several {
                name: name.to_owned(),
                files: found
                    .iter()
                    .map(|path| path.display().to_string())
                    .collect(),
            }),
        }
    }

    /// The file of a cassette that there must be.
    pub(super) fn file(&self, name: &str) -> Result<PathBuf, CassetteError> {
        self.find(name)?.ok_or_else(|| {
            let names = self.names().unwrap_or_default();
            let nearest = names
                .into_iter()
                .min_by_key(|known| strsim::levenshtein(known, name));
            let nearest = nearest.filter(|known| strsim::normalized_levenshtein(known, name) > 0.6);
            let name = name.to_owned();
            CassetteError::Unknown { name, nearest }
        })
    }

    /// Where a new cassette goes: in the file that it has, or in a new one.
    pub(super) fn place(&self, name: &str) -> Result<PathBuf, CassetteError> {
        let found = self.find(name)?;
        Ok(found.unwrap_or_else(|| self.0.join(format!("{name}.{}", ENDINGS[0]))))
    }

    /// Makes the folder, if it is not there.
    pub(super) fn make(&self) -> Result<(), CassetteError> {
        fs::create_dir_all(&self.0).map_err(|error| CassetteError::file("made", &self.0, &error))
    }

    /// Writes a file in one go: whoever reads it meanwhile reads the one before or the new one.
    pub(super) fn write(&self, path: &Path, text: &[u8]) -> Result<(), CassetteError> {
        self.make()?;
        let beside = beside(path);
        let written = File::create(&beside)
            .and_then(|mut file| {
                file.write_all(text)?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&beside, path));
        written.map_err(|error| {
            // Nothing of it is to stay.
            let _ = fs::remove_file(&beside);
            CassetteError::file("written", path, &error)
        })
    }
}

/// Where a file is made that takes another's place when it is whole.
pub(super) fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.part"))
}

/// Reads a cassette from its file, part by part.
pub(super) fn read(path: &Path) -> Result<(Cassette, Format), CassetteError> {
    let failed = |error: &std::io::Error| CassetteError::file("read", path, error);
    let mut file = File::open(path).map_err(|error| failed(&error))?;
    let about = file.metadata().map_err(|error| failed(&error))?;
    let shown = path.display().to_string();
    if about.len() > FILE_BYTES_MAX {
        let error = cassette::Error {
            kind: Kind::TooLarge,
            path: shown.into(),
            line: 1,
            column: 1,
            message: format!(
                "the file has {} bytes, and may have {FILE_BYTES_MAX}",
                about.len()
            ),
            help: None,
        };
        return Err(error.into());
    }
    let mut reader = Reader::new(shown, Bounds::default());
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = file.read(&mut chunk).map_err(|error| failed(&error))?;
        match read {
            0 => return Ok(reader.finish()?),
            read => reader.feed(&chunk[..read])?,
        }
    }
}
