//! Cassettes: calls and the replies that they once got, as files that people keep beside their code.
//!
//! [`model`] is what a cassette is. Around it stand what reads and writes one, what takes secrets out
//! of it, and what finds the entry that a call is for. All of it is pure: texts and bytes come in and go
//! out, and the files are others'.

pub mod error;
pub mod format;
pub mod model;
pub mod read;
pub mod write;

pub use error::{Error, Kind};
pub use format::Format;
pub use model::{Cassette, Entry, Lost, Request, Response};
pub use read::{Bounds, Reader, read};
pub use write::{Written, write};

#[cfg(test)]
mod tests;
