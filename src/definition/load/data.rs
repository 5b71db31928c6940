//! Data files: what a collection's `from` names.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::definition::compile::Data;
use crate::definition::model::PackFile;
use crate::definition::source::Source;

/// The largest data file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// The paths that the collections of a definition file read rows from, below the pack's folder.
pub(super) fn named(folder: &Path, file: &Value) -> BTreeSet<PathBuf> {
    let collections = file.get("collections").and_then(Value::as_object);
    let collections = collections.into_iter().flat_map(|all| all.values());
    let paths = collections.filter_map(|collection| collection.get("from")?.as_str());
    paths.map(|from| folder.join(plain(from))).collect()
}

/// Reads the data files that the files of a pack name.
pub(super) fn read<'a>(folder: &Path, files: impl IntoIterator<Item = &'a PackFile>) -> Data {
    let collections = files.into_iter().flat_map(|file| file.collections.values());
    let named: BTreeSet<&String> = collections.filter_map(|one| one.from.as_ref()).collect();
    let read = named.into_iter().map(|from| {
        let text = read_file(folder, from);
        (from.clone(), text)
    });
    read.collect()
}

/// A path without `.` in it: `./data/a.csv` and `data/a.csv` are one file.
fn plain(from: &str) -> PathBuf {
    let parts = Path::new(from).components();
    parts.filter(|part| *part != Component::CurDir).collect()
}

fn read_file(folder: &Path, from: &str) -> Result<Arc<Source>, String> {
    let path = plain(from);
    // What is hidden is not watched for edits, so it is not read either.
    let is_below = |part: Component<'_>| match part {
        Component::Normal(name) => !name.to_string_lossy().starts_with('.'),
        _ => false,
    };
    if path.as_os_str().is_empty() || !path.components().all(is_below) {
        return Err(format!("`{from}` does not lie in the pack's folder"));
    }
    let unreadable = |error: std::io::Error| format!("`{from}` cannot be read: {error}");
    let path = folder.join(path);
    // A link may lead elsewhere.
    let real = fs::canonicalize(&path).map_err(unreadable)?;
    if !real.starts_with(fs::canonicalize(folder).map_err(unreadable)?) {
        return Err(format!("`{from}` does not lie in the pack's folder"));
    }
    let metadata = fs::metadata(&real).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(format!("`{from}` is no file"));
    }
    if metadata.len() > FILE_BYTES_MAX {
        let bytes = metadata.len();
        return Err(format!(
            "`{from}` has {bytes} bytes, more than {FILE_BYTES_MAX}"
        ));
    }
    let bytes = fs::read(&real).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        format!("`{from}` is not UTF-8 in line {line}")
    })?;
    Ok(Source::new(path.to_string_lossy().as_ref(), text))
}
