//! A reply: what goes back on the wire, as data. The edge carries it out.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a call is answered with.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The status code.
    pub status: StatusCode,
    /// The headers, in the order in which they are sent.
    pub headers: HeaderMap,
    /// What follows the headers.
    pub body: Body,
    /// How long the edge waits before the first byte, in wall time.
    pub delay: Duration,
    /// What is said after the status code; the code's own phrase, if nothing is.
    pub reason: Option<Arc<str>>,
    /// What happens on the wire instead of a whole answer, after the delay.
    pub fault: Option<Fault>,
}

/// What happens on the wire instead of an answer. The words are WireMock's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Fault {
    /// The connection closes without a byte.
    EmptyResponse,
    /// A good head, then garbage, and the connection closes.
    MalformedResponseChunk,
    /// Garbage, and the connection closes.
    RandomDataThenClose,
    /// The connection is reset.
    ConnectionResetByPeer,
}

/// The body of a reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// All at once.
    Bytes(Bytes),
    /// One after the other, each after its pause: a dribble, or a stream of events.
    Chunks(Vec<Chunk>),
}

/// A part of a body, and the pause before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Chunk {
    /// How long the edge waits before sending it, in wall time.
    pub after: Duration,
    /// What it sends then.
    pub bytes: Bytes,
}

/// A header's name as documents of APIs write it: `Content-Type`.
#[must_use]
pub fn header_words(name: &HeaderName) -> String {
    let words = name.as_str().split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    words.collect::<Vec<_>>().join("-")
}

impl Reply {
    /// An empty reply.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Body::Bytes(Bytes::new()),
            delay: Duration::ZERO,
            reason: None,
            fault: None,
        }
    }

    /// A JSON document as `application/json`.
    #[must_use]
    pub fn json(status: StatusCode, document: &serde_json::Value) -> Self {
        let mut reply = Self::empty(status);
        reply
            .headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        reply.body = Body::Bytes(document.to_string().into());
        reply
    }

    /// Sets a header that both sides of the colon can carry; others are left out.
    pub fn set_header(&mut self, name: &str, value: &str) {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value),
        ) {
            self.headers.insert(name, value);
        }
    }
}

impl Body {
    /// All bytes of the body, in order.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        match self {
            Self::Bytes(bytes) => bytes.clone(),
            Self::Chunks(chunks) => chunks
                .iter()
                .flat_map(|chunk| chunk.bytes.iter().copied())
                .collect(),
        }
    }
}
