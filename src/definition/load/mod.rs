//! Loading: from folders to definitions. The only file in which definitions meet the file system.
//!
//! A folder is a WireMock root (it has `mappings/`), a pack (it has definition files), or a folder
//! of packs. All files are read before anything is compiled, and a set with a mistake is no set.

mod assembly;
mod at_once;
mod data;
mod faults;
mod files;
mod posted;
mod prefix;
mod recording;
mod salvage;
mod saved;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use super::compile::fault::presets;
use super::compiled::Definitions;
use super::source::Diagnostic;
use crate::domain::targets::Targets;

pub use faults::{FaultsError, PostedFaults, fault_rules, preset};
pub use files::fingerprint;
pub use posted::{Ids, Imported, import, request_pattern, stub};
pub use recording::{Wrong, record_spec};
pub use saved::{keep, mappings_folder};

/// The stack of the thread that compiles: the CEL crate's generated parser needs much for each
/// level of nesting.
const COMPILER_STACK_BYTES: usize = 256 << 20;

/// What to load, and where to serve it.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Folders.
    pub folders: Vec<PathBuf>,
    /// Prefixes by pack: `/` is the root.
    pub mounts: BTreeMap<String, String>,
    /// Where requests of the server's own may go.
    pub targets: Arc<Targets>,
    /// Whether all stubs of WireMock roots and of sandboxes are templates, as if each named the
    /// transformer.
    pub templated: bool,
    /// Fault plans that every sandbox opens with: names of those that ship, and files.
    pub faults: Vec<String>,
}

/// Why there are no definitions.
#[derive(Debug)]
pub enum Error {
    /// A file or folder cannot be read.
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A folder has no definitions in it.
    Empty(PathBuf),
    /// A mount names a pack that there is not.
    UnknownMount {
        /// The name.
        pack: String,
        /// The packs that there are.
        known: Vec<String>,
    },
    /// No fault plan of this name ships.
    UnknownPreset {
        /// The name.
        name: String,
        /// The name that was most likely meant.
        nearest: Option<&'static str>,
    },
    /// A file of a fault plan has nothing in it.
    NoPlan(PathBuf),
    /// The definitions have mistakes.
    Mistakes(Vec<Diagnostic>),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Empty(path) => write!(
                f,
                "{}: no definitions (expected *.yaml, *.yml or *.json, or mappings/)",
                path.display()
            ),
            Self::UnknownMount { pack, known } => write!(
                f,
                "there is no pack {pack:?} to mount; there are {}",
                known.join(", ")
            ),
            Self::UnknownPreset { name, nearest } => {
                write!(f, "there is no fault plan {name:?}")?;
                match nearest {
                    Some(near) => write!(f, "; did you mean {near}?"),
                    None => {
                        let names: Vec<&str> = presets().iter().map(|preset| preset.name).collect();
                        write!(f, "; expected a file, or one of {}", names.join(", "))
                    }
                }
            }
            Self::NoPlan(path) => write!(f, "{}: no fault plan: it is empty", path.display()),
            Self::Mistakes(mistakes) => {
                let lines: Vec<String> = mistakes.iter().map(Diagnostic::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
        }
    }
}

impl Error {
    /// The error for people: every mistake with its source line.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        match self {
            Self::Mistakes(mistakes) => {
                let shown: Vec<String> = mistakes
                    .iter()
                    .map(|mistake| mistake.render(color))
                    .collect();
                shown.join("\n\n")
            }
            other => format!("error: {other}"),
        }
    }

    /// How many mistakes there are.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::Mistakes(mistakes) => mistakes.len(),
            _ => 1,
        }
    }
}

/// Loads everything.
///
/// # Errors
/// When something cannot be read, or has mistakes: then all of them.
pub fn load(sources: &Sources) -> Result<Definitions, Error> {
    let mut found = Vec::new();
    for folder in &sources.folders {
        found.extend(files::discover(folder)?);
    }
    let faults = faults::named(&sources.faults)?;
    let sources = sources.clone();
    on_large_stack(move || assembly::assemble(found, faults, &sources))
}

fn on_large_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = thread::Builder::new()
        .name("definitions".into())
        .stack_size(COMPILER_STACK_BYTES)
        .spawn(work);
    match thread.map(thread::JoinHandle::join) {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        Err(error) => panic!("the thread that compiles definitions cannot start: {error}"),
    }
}
