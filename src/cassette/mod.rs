//! Cassettes: calls and the replies that they once got, as files that people keep beside their code.
//!
//! [`model`] is what a cassette is. Around it stand what reads and writes one, what takes secrets out
//! of it, and what finds the entry that a call is for. All of it is pure: texts and bytes come in and go
//! out, and the files are others'.

pub mod diff;
pub mod drift;
pub mod error;
pub mod format;
pub mod matching;
pub mod model;
pub mod read;
pub mod redaction;
pub mod schema;
pub mod write;

pub use diff::{EntryDifference, called, diff};
pub use drift::{Change, Drift, drift};
pub use error::{Error, Kind};
pub use format::Format;
pub use matching::{Difference, Group, Hit, Index, MatchingSettings, Nearest, Normaliser};
pub use model::{Cassette, Entry, Lost, Request, Response};
pub use read::{Bounds, Reader, read};
pub use redaction::{REDACTED, Redaction, RedactionSettings};
pub use schema::{schema_of, schema_of_body};
pub use write::{Written, write};

#[cfg(test)]
mod tests;
