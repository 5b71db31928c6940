//! Why an image cannot be read.

use std::fmt;

use super::VERSION;

/// Why an image cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageError {
    /// It is of another form, which another version of the program has written.
    Version(u32),
    /// A part is not what was written, for this reason.
    Garbled(String),
    /// It ends before its end.
    Incomplete,
}

impl ImageError {
    pub(in crate::state) fn garbled(why: impl fmt::Display) -> Self {
        Self::Garbled(why.to_string())
    }
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(found) => write!(
                f,
                "the image is of version {found}, and this program reads version {VERSION}"
            ),
            Self::Garbled(why) => write!(f, "the image is garbled: {why}"),
            Self::Incomplete => f.write_str("the image ends before its end"),
        }
    }
}

impl std::error::Error for ImageError {}
