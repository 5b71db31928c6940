//! Which sandboxes: one, or all that begin alike.

use std::fmt;
use std::str::FromStr;

use crate::domain::name::{DEFAULT_SANDBOX, SANDBOX_ID_MAX, SandboxId, SandboxIdError};

/// One sandbox, or those whose ids begin alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// The one of this id.
    One(SandboxId),
    /// Those whose ids begin so: `team-a-*`. The sandbox that always exists is never among them: it is a
    /// tenant's only if the file says so by its name.
    Beginning(String),
}

impl Pattern {
    /// Whether a sandbox of this id is meant.
    #[must_use]
    pub fn fits(&self, id: &SandboxId) -> bool {
        match self {
            Self::One(one) => one == id,
            Self::Beginning(start) => id.as_str().starts_with(start) && !is_default(id),
        }
    }

    /// Whether there is an id that both mean.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::One(id), pattern) | (pattern, Self::One(id)) => pattern.fits(id),
            (Self::Beginning(one), Self::Beginning(other)) => {
                one.starts_with(other) || other.starts_with(one)
            }
        }
    }

    /// Whether this one means all that the other does.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (pattern, Self::One(id)) => pattern.fits(id),
            (Self::Beginning(wide), Self::Beginning(narrow)) => narrow.starts_with(wide),
            (Self::One(_), Self::Beginning(_)) => false,
        }
    }
}

/// Whether a sandbox of this id is meant by any of these.
#[must_use]
pub fn any_fits(patterns: &[Pattern], id: &SandboxId) -> bool {
    patterns.iter().any(|pattern| pattern.fits(id))
}

fn is_default(id: &SandboxId) -> bool {
    id.as_str() == DEFAULT_SANDBOX
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(start) = text.strip_suffix('*') else {
            return SandboxId::parse(text).map(Self::One).map_err(|error| {
                match text.contains('*') {
                    true => "`*` can only stand at the end".to_owned(),
                    false => error.to_string(),
                }
            });
        };
        // What begins an id is one itself, but for its length, and for being none at all.
        let begins = start.is_empty()
            || matches!(start, "." | "..")
            || (start.len() < SANDBOX_ID_MAX && SandboxId::parse(start).is_ok());
        match begins {
            true => Ok(Self::Beginning(start.to_owned())),
            false if start.contains('*') => Err("`*` can only stand at the end".to_owned()),
            false => Err(SandboxIdError.to_string()),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(id) => id.fmt(f),
            Self::Beginning(start) => write!(f, "{start}*"),
        }
    }
}
