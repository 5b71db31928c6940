//! What answers a call, prepared as far as can be.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};

use super::FileSpec;
use crate::domain::delay::Delays;
use crate::domain::reply::Fault;
use crate::render::{Document, Template};

/// What answers a call.
#[derive(Debug)]
pub struct ResponseSpec {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: Vec<HeaderSpec>,
    /// The body.
    pub body: BodySpec,
    /// What is said after the status, if it is not the usual.
    pub reason: Option<Arc<str>>,
    /// Wall time before the answer.
    pub delay: Delays,
    /// How the body comes in pieces, if it does.
    pub dribble: Option<Dribble>,
    /// What happens on the wire instead of the answer.
    pub fault: Option<Fault>,
}

/// How a body comes in pieces.
#[derive(Clone, Copy, Debug)]
pub struct Dribble {
    /// How many.
    pub chunks: usize,
    /// How long it takes until the last is sent, in wall time.
    pub total: Duration,
}

/// A header of an answer.
#[derive(Debug)]
pub enum HeaderSpec {
    /// It is always the same.
    Static(HeaderName, HeaderValue),
    /// It is made for each call.
    Template(HeaderName, Template),
}

/// The body of an answer.
#[derive(Debug)]
pub enum BodySpec {
    /// It is always the same: bytes that stand ready.
    Static(Bytes),
    /// A text made for each call.
    Template(Template),
    /// A JSON document made for each call.
    Document(Document),
    /// A file that is looked up for each call.
    File(Box<FileSpec>),
}

impl ResponseSpec {
    /// Whether it is the same for every call.
    #[must_use]
    pub fn is_static(&self) -> bool {
        matches!(self.body, BodySpec::Static(_))
            && self
                .headers
                .iter()
                .all(|header| matches!(header, HeaderSpec::Static(..)))
    }
}
