//! A reply: what goes back on the wire, as data. The edge carries it out.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG};
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
    /// The body, where it is always the same.
    pub kept: Option<Arc<Kept>>,
}

/// A body that is always the same, and what packing makes of it, once somebody has asked for that.
#[derive(Debug)]
pub struct Kept {
    plain: Bytes,
    packed: OnceLock<Bytes>,
}

impl Kept {
    /// This body.
    #[must_use]
    pub fn new(plain: Bytes) -> Arc<Self> {
        let packed = OnceLock::new();
        Arc::new(Self { plain, packed })
    }

    /// What `pack` makes of a body: it is asked only once, if it is this body.
    pub fn packed(&self, body: &Bytes, pack: impl FnOnce(&[u8]) -> Bytes) -> Bytes {
        let is_this = body.as_ptr() == self.plain.as_ptr() && body.len() == self.plain.len();
        match is_this {
            true => self.packed.get_or_init(|| pack(body)).clone(),
            false => pack(body),
        }
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        self.plain == other.plain
    }
}

/// What happens on the wire instead of an answer. The words are WireMock's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(title = "Wire fault")]
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
    /// The beginning of a body, and then the connection breaks.
    Cut {
        /// What comes of it.
        begun: Vec<Chunk>,
        /// How long the head says that the whole is, if it says it.
        length: Option<u64>,
    },
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

/// A text as the value of a header: of its letters those of Latin-1, one byte each, and a space for
/// every other and for the end of a line, as in WireMock. Nothing, if a header cannot carry it.
#[must_use]
pub fn header_value(text: &str) -> Option<HeaderValue> {
    if text.is_ascii() && !text.contains(['\r', '\n']) {
        return HeaderValue::from_str(text).ok();
    }
    let byte = |letter| match letter {
        '\r' | '\n' => b' ',
        letter => u8::try_from(letter).unwrap_or(b' '),
    };
    let bytes: Vec<u8> = text.chars().map(byte).collect();
    HeaderValue::from_bytes(&bytes).ok()
}

/// Drops the headers that tell something of a body which is another now: its length, and what was
/// computed from it.
pub fn drop_digests(headers: &mut HeaderMap) {
    for name in ["content-md5", "digest", "content-digest", "repr-digest"] {
        headers.remove(name);
    }
    headers.remove(CONTENT_LENGTH);
    headers.remove(ETAG);
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
            kept: None,
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
    /// A body in so many pieces of the same length, and what is over with the last; `total` is how long
    /// the pauses before them take together. There are not more pieces than bytes.
    #[must_use]
    pub fn dribbled(mut bytes: Bytes, chunks: usize, total: Duration) -> Self {
        let count = chunks.max(1).min(bytes.len());
        let Some(length) = bytes.len().checked_div(count) else {
            return Self::Bytes(bytes);
        };
        // Whole milliseconds, as in WireMock.
        let millis = total.as_millis() / count.max(1) as u128;
        let after = Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX));
        let mut pieces: Vec<Bytes> = (1..count).map(|_| bytes.split_to(length)).collect();
        pieces.push(bytes);
        let chunk = |bytes| Chunk { after, bytes };
        Self::Chunks(pieces.into_iter().map(chunk).collect())
    }

    /// All bytes of the body, in order.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        match self {
            Self::Bytes(bytes) => bytes.clone(),
            Self::Chunks(chunks) | Self::Cut { begun: chunks, .. } => {
                let mut all = BytesMut::new();
                for chunk in chunks {
                    all.extend_from_slice(&chunk.bytes);
                }
                all.freeze()
            }
        }
    }

    /// Whether no byte comes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::Chunks(chunks) | Self::Cut { begun: chunks, .. } => {
                chunks.iter().all(|chunk| chunk.bytes.is_empty())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_dribbles_in_pieces_of_a_length() {
        let check = |body: &'static str, chunks, total, expected: &[(u64, &str)]| {
            let found = Body::dribbled(body.into(), chunks, Duration::from_millis(total));
            let chunks: Vec<_> = expected
                .iter()
                .map(|(after, text)| Chunk {
                    after: Duration::from_millis(*after),
                    bytes: Bytes::copy_from_slice(text.as_bytes()),
                })
                .collect();
            let expected = match chunks.is_empty() {
                true => Body::Bytes(Bytes::new()),
                false => Body::Chunks(chunks),
            };
            assert_eq!(found, expected, "{body:?}");
        };
        check("abcdefgh", 3, 100, &[(33, "ab"), (33, "cd"), (33, "efgh")]);
        check("abc", 100, 2, &[(0, "a"), (0, "b"), (0, "c")]);
        check("abc", 0, 10, &[(10, "abc")]);
        check("", 3, 10, &[]);
    }

    #[test]
    fn a_body_is_packed_once() {
        let times = std::cell::Cell::new(0);
        let pack = |_: &[u8]| {
            times.set(times.get() + 1);
            Bytes::from_static(b"packed")
        };
        let body = Bytes::from_static(b"a body");
        let kept = Kept::new(body.clone());
        for expected in [1, 1] {
            assert_eq!(kept.packed(&body, pack), "packed");
            assert_eq!(times.get(), expected);
        }
        kept.packed(&body.slice(1..), pack);
        assert_eq!(times.get(), 2, "another body is packed each time");
    }

    #[test]
    fn a_header_has_latin_letters() {
        let check = |text: &str, expected: Option<&[u8]>| {
            let found = header_value(text);
            assert_eq!(found.as_ref().map(HeaderValue::as_bytes), expected);
        };
        check("plain  text", Some(b"plain  text"));
        check("\u{e4}\u{20ac}.", Some(b"\xe4 ."));
        check("a\r\nb: c", Some(b"a  b: c"));
        check("a\u{1}b", None);
        check("\u{e4}\u{1}b", None);
    }
}
