//! What answers a call, prepared as far as can be.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

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
    /// Wall time before the answer.
    pub delay: Duration,
    /// What a stub's templates see as `parameters`.
    pub parameters: Value,
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
