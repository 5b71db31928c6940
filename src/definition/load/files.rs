//! Folders and files: what is found where.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::{Error, Sources};
use crate::definition::compiled::Files;
use crate::definition::source::Source;

/// The largest definition file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// A fingerprint of all files below the folders: it changes when one is edited, added or removed.
#[must_use]
pub fn fingerprint(sources: &Sources) -> Vec<(PathBuf, u64, Option<std::time::SystemTime>)> {
    let mut files = Vec::new();
    for folder in &sources.folders {
        walk(folder, &mut |path, metadata| {
            files.push((path.to_owned(), metadata.len(), metadata.modified().ok()));
        });
    }
    for plan in &sources.faults {
        if let Ok(metadata) = fs::metadata(plan)
            && metadata.is_file()
        {
            files.push((plan.into(), metadata.len(), metadata.modified().ok()));
        }
    }
    files.sort();
    files
}

/// A folder that holds definitions.
pub(super) enum Found {
    Pack {
        folder: PathBuf,
        name: String,
        files: Vec<Source>,
        bodies: Files,
    },
    WireMockRoot {
        files: Vec<Source>,
        bodies: Files,
    },
}

/// What a folder holds.
pub(super) fn discover(folder: &Path) -> Result<Vec<Found>, Error> {
    let listed = entries(folder)?;
    if folder.join("mappings").is_dir() {
        let mut files = Vec::new();
        read_definitions(&folder.join("mappings"), &mut files)?;
        let bodies = read_bodies(&folder.join("__files"))?;
        return Ok(vec![Found::WireMockRoot { files, bodies }]);
    }
    if listed.iter().any(|path| is_definition(path)) {
        let mut files = Vec::new();
        read_definitions(folder, &mut files)?;
        return Ok(vec![Found::Pack {
            folder: folder.to_owned(),
            name: name_of(folder),
            files,
            bodies: read_bodies(&folder.join("__files"))?,
        }]);
    }
    let mut found = Vec::new();
    for path in listed
        .iter()
        .filter(|path| path.is_dir() && !is_hidden(path) && !holds_plans(path))
    {
        let inner = entries(path)?;
        if path.join("mappings").is_dir() || inner.iter().any(|path| is_definition(path)) {
            found.extend(discover(path)?);
        }
    }
    if found.is_empty() {
        return Err(Error::Empty(folder.to_owned()));
    }
    Ok(found)
}

fn name_of(folder: &Path) -> String {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    folder.file_name().map_or_else(
        || "pack".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

pub(super) fn is_definition(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    path.is_file() && !is_hidden(path) && matches!(extension, Some("yaml" | "yml" | "json"))
}

fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| name.starts_with('.'))
}

/// Folders whose files are no definitions: bodies, and rows of data.
fn holds_data(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| name == "__files" || name == "data")
}

/// The folder of this name beside packs holds fault plans, and is no pack itself.
fn holds_plans(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "faults")
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |error| Error::Unreadable {
        path: folder.to_owned(),
        error,
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn read_definitions(folder: &Path, files: &mut Vec<Source>) -> Result<(), Error> {
    read_below(folder, &mut Vec::new(), files)
}

/// `open` are the folders that are being read: a link back to one of them would never end.
fn read_below(
    folder: &Path,
    open: &mut Vec<PathBuf>,
    files: &mut Vec<Source>,
) -> Result<(), Error> {
    if !enter(folder, open) {
        return Ok(());
    }
    for path in entries(folder)? {
        if path.is_dir() && !is_hidden(&path) && !holds_data(&path) {
            read_below(&path, open, files)?;
        } else if is_definition(&path) {
            files.push(Source {
                path: path.to_string_lossy().as_ref().into(),
                text: read_text(&path)?.into(),
            });
        }
    }
    open.pop();
    Ok(())
}

/// Notes that a folder is being read; not, if it is already.
fn enter(folder: &Path, open: &mut Vec<PathBuf>) -> bool {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let new = !open.contains(&folder);
    if new {
        open.push(folder);
    }
    new
}

pub(super) fn read_text(path: &Path) -> Result<String, Error> {
    let unreadable = |error| Error::Unreadable {
        path: path.to_owned(),
        error,
    };
    let length = fs::metadata(path).map_err(unreadable)?.len();
    if length > FILE_BYTES_MAX {
        let error = io::Error::other(format!("larger than {FILE_BYTES_MAX} bytes"));
        return Err(unreadable(error));
    }
    fs::read_to_string(path).map_err(unreadable)
}

fn read_bodies(folder: &Path) -> Result<Files, Error> {
    let mut bodies = BTreeMap::new();
    let mut failed = None;
    walk(folder, &mut |path, _| {
        let name = path.strip_prefix(folder).unwrap_or(path);
        match fs::read(path) {
            Ok(bytes) => {
                bodies.insert(name.to_string_lossy().into_owned(), Bytes::from(bytes));
            }
            Err(error) => {
                failed.get_or_insert(Error::Unreadable {
                    path: path.to_owned(),
                    error,
                });
            }
        }
    });
    failed.map_or(Ok(Files::new(bodies)), Err)
}

/// The paths of all definition files below a folder, in order.
pub(super) fn definitions_below(folder: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    walk(folder, &mut |path, _| {
        if is_definition(path) {
            paths.push(path.to_owned());
        }
    });
    paths.sort();
    paths
}

/// Visits all files below a folder but the hidden ones. Links are followed: a mounted volume may be
/// made of links into a hidden folder, which is exchanged as a whole.
fn walk(folder: &Path, visit: &mut dyn FnMut(&Path, &fs::Metadata)) {
    walk_below(folder, &mut Vec::new(), visit);
}

fn walk_below(folder: &Path, open: &mut Vec<PathBuf>, visit: &mut dyn FnMut(&Path, &fs::Metadata)) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    if !enter(folder, open) {
        return;
    }
    for entry in entries.flatten() {
        let path = entry.path();
        match fs::metadata(&path) {
            _ if is_hidden(&path) => {}
            Ok(metadata) if metadata.is_dir() => walk_below(&path, open, visit),
            Ok(metadata) => visit(&path, &metadata),
            Err(_) => {}
        }
    }
    open.pop();
}
