//! Why a text is no cassette, told with its place.

use std::fmt;
use std::sync::Arc;

/// Why a cassette was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What sort of mistake it is.
    pub kind: Kind,
    /// The file, as its reader named it.
    pub path: Arc<str>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong, without a full stop.
    pub message: String,
    /// What can be done about it.
    pub help: Option<String>,
}

/// What sort of mistake it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is not what a cassette is.
    Malformed,
    /// It is more than the bounds allow.
    TooLarge,
}

/// One line: `path:line:column: message; help`.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path, line, column, ..
        } = self;
        write!(f, "{path}:{line}:{column}: {}", self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
