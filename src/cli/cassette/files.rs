//! Cassettes on disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sparring::cassette::{Bounds, Cassette, Format, Reader};

/// How much is read at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// Reads a cassette of whatever format.
pub(super) fn read(path: &Path, bounds: Bounds) -> Result<(Cassette, Format), String> {
    let name = path.display().to_string();
    let failed = |error: io::Error| format!("{name}: {error}");
    let mut file = File::open(path).map_err(failed)?;
    let mut reader = Reader::new(name.as_str(), bounds);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let length = file.read(&mut chunk).map_err(failed)?;
        if length == 0 {
            break;
        }
        let taken = reader.feed(&chunk[..length]);
        taken.map_err(|error| error.to_string())?;
    }
    let (mut cassette, format) = reader.finish().map_err(|error| error.to_string())?;
    if cassette.name.is_empty()
        && let Some(stem) = path.file_stem()
    {
        cassette.name = stem.to_string_lossy().into_owned();
    }
    Ok((cassette, format))
}

/// Writes a file, whole or not at all. One that is there is written over only by `force`.
pub(super) fn write(path: &Path, text: &str, force: bool) -> Result<(), String> {
    let failed = |error: io::Error| format!("{}: {error}", path.display());
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => return Err(format!("{} is a folder", path.display())),
        Ok(_) if !force => {
            return Err(format!(
                "{} is there already; --force writes over it",
                path.display()
            ));
        }
        // A pipe or a device cannot be replaced.
        Ok(found) if !found.is_file() => return fs::write(path, text).map_err(failed),
        _ => {}
    }
    let temporary = beside(path);
    let written = write_new(&temporary, text).and_then(|()| match force {
        true => fs::rename(&temporary, path),
        // Unlike a renaming, this fails if somebody else was faster.
        false => fs::hard_link(&temporary, path).and_then(|()| fs::remove_file(&temporary)),
    });
    written.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        failed(error)
    })
}

/// A file in the same folder, which can be renamed to the other.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.new", std::process::id()))
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
