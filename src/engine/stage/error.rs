//! Why the stage cannot be set as it was asked.

use std::fmt;

use crate::behaviours::Refusal;

/// Why the stage cannot be set so.
#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// Something named is not there.
    NotFound(String),
    /// Something that a member of what was given names is not there.
    Unknown {
        /// Which member.
        field: String,
        /// What is not there.
        message: String,
    },
    /// A bare name stands for several things.
    Ambiguous {
        /// The name.
        name: String,
        /// What it could mean.
        candidates: Vec<String>,
    },
    /// Something of that name is there already.
    Taken {
        /// Which member of what was given names it.
        field: String,
        /// What is there.
        message: String,
    },
    /// Something stands against it that may pass.
    Conflict(String),
    /// It would be more than there may be.
    Quota {
        /// Which quota.
        quota: &'static str,
        /// How much there may be.
        max: usize,
    },
    /// Something given is not right.
    Invalid {
        /// Which member of what was given.
        field: String,
        /// What is wrong with it.
        message: String,
    },
}

impl Error {
    /// The same error with the member that names what is not there.
    #[must_use]
    pub(super) fn named_by(self, field: &str) -> Self {
        match self {
            Self::NotFound(message) => Self::Unknown {
                field: field.to_owned(),
                message,
            },
            other => other,
        }
    }

    /// The same error with the place in a larger document.
    #[must_use]
    pub(in crate::engine) fn within(self, place: &str) -> Self {
        match self {
            Self::Invalid { field, message } => Self::Invalid {
                field: format!("{place}.{field}"),
                message,
            },
            Self::NotFound(message) | Self::Unknown { message, .. } => Self::Invalid {
                field: place.to_owned(),
                message,
            },
            Self::Taken { field, message } => Self::Taken {
                field: format!("{place}.{field}"),
                message,
            },
            other @ (Self::Ambiguous { .. } | Self::Conflict(_) | Self::Quota { .. }) => other,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let field = refusal
            .details
            .get("errors")
            .and_then(|errors| errors[0]["field"].as_str())
            .unwrap_or("body")
            .to_owned();
        Self::Invalid {
            field,
            message: refusal.message,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(message) | Self::Unknown { message, .. } | Self::Conflict(message) => {
                f.write_str(message)
            }
            Self::Quota { quota, max } => {
                write!(f, "the quota {quota} is {max}: nothing was changed")
            }
            Self::Ambiguous { name, candidates } => {
                write!(f, "{name} could mean {}", candidates.join(" or "))
            }
            Self::Taken { field, message } | Self::Invalid { field, message } => {
                write!(f, "{field}: {message}")
            }
        }
    }
}
