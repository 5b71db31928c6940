//! Why something cannot be done with a cassette.

use std::fmt;
use std::io;
use std::path::Path;

use crate::cassette;
use crate::domain::name::SandboxId;
use crate::engine::stage;
use crate::service::StageError;

/// Why something cannot be done with a cassette.
#[derive(Debug)]
pub enum CassetteError {
    /// The name is none.
    Name(String),
    /// There is no cassette of this name.
    Unknown {
        /// The name.
        name: String,
        /// The name that there is and that looks most like it.
        nearest: Option<String>,
    },
    /// Several files are called so.
    Several {
        /// The name.
        name: String,
        /// The files.
        files: Vec<String>,
    },
    /// There is such a cassette already.
    Exists(String),
    /// A sandbox is recording it.
    Recording {
        /// The name.
        name: String,
        /// The sandbox.
        sandbox: SandboxId,
    },
    /// No such cassette has run in the sandbox.
    NeverRan(String),
    /// The file is no cassette, or too large for one.
    Wrong(Box<cassette::Error>),
    /// A member of what was given is not right.
    Invalid {
        /// Which.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// A file cannot be read or written.
    File(String),
    /// The sandbox could not be changed.
    Stage(StageError),
}

impl CassetteError {
    /// A file of which something cannot be done: `what` is the verb.
    pub(super) fn file(what: &str, path: &Path, error: &io::Error) -> Self {
        Self::File(format!("{} cannot be {what}: {error}", path.display()))
    }

    pub(super) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::Invalid { field, message }
    }
}

impl fmt::Display for CassetteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(
                f,
                "{name:?} is no name of a cassette: it has 1 to {} characters out of A-Z a-z 0-9 . _ -, \
                 and no dot comes first",
                super::folder::NAME_MAX
            ),
            Self::Unknown { name, nearest } => {
                write!(f, "there is no cassette {name}")?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean {nearest}?"),
                    None => Ok(()),
                }
            }
            Self::Several { name, files } => write!(
                f,
                "the cassette {name} could be any of {}: keep one of them",
                files.join(", ")
            ),
            Self::Exists(name) => write!(
                f,
                "there is a cassette {name} already: say \"overwrite\": true to record it anew"
            ),
            Self::Recording { name, sandbox } => {
                write!(f, "the sandbox {sandbox} is recording the cassette {name}")
            }
            Self::NeverRan(name) => {
                write!(
                    f,
                    "no cassette {name} is running or has run in this sandbox"
                )
            }
            Self::Wrong(error) => error.fmt(f),
            Self::Invalid { field, message } => write!(f, "{field}: {message}"),
            Self::File(message) => f.write_str(message),
            Self::Stage(error) => error.fmt(f),
        }
    }
}

impl From<cassette::Error> for CassetteError {
    fn from(error: cassette::Error) -> Self {
        Self::Wrong(Box::new(error))
    }
}

impl From<stage::Error> for CassetteError {
    fn from(error: stage::Error) -> Self {
        Self::Stage(error.into())
    }
}

impl From<StageError> for CassetteError {
    fn from(error: StageError) -> Self {
        Self::Stage(error)
    }
}

impl From<crate::store::Error> for CassetteError {
    fn from(error: crate::store::Error) -> Self {
        Self::Stage(error.into())
    }
}
