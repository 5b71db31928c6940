//! What a cassette is: entries in the order in which their calls were made.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// Calls and the replies that they once got.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cassette {
    /// What it is called.
    pub name: String,
    /// What else is said of it: where and when it was recorded.
    pub metadata: Map<String, Value>,
    /// The calls, in the order in which they were made.
    pub entries: Vec<Arc<Entry>>,
}

/// One call, and what it got.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The tool that was called, where that is known: then the call may come through any door.
    pub tool: Option<String>,
    /// What was asked.
    pub request: Request,
    /// What came.
    pub response: Response,
    /// When it was asked.
    pub at: Option<Timestamp>,
    /// How long the reply took.
    pub latency: Duration,
}

/// What was asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// The method, in capital letters.
    pub method: String,
    /// Path and query, as they were sent.
    pub target: String,
    /// Where it went (`https://api.test`), if that is not the cassette's `upstream`.
    pub origin: Option<String>,
    /// Names in small letters, and values, in their order. A character of a value is a byte
    /// (ISO 8859-1), as HTTP has it.
    pub headers: Vec<(String, String)>,
    /// All of it.
    pub body: Bytes,
}

/// What came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// What was said after the status, where it was not the usual.
    pub reason: Option<String>,
    /// Names in small letters, and values, in their order; values as in [`Request`].
    pub headers: Vec<(String, String)>,
    /// All of it, byte for byte.
    pub body: Bytes,
    /// The JSON Schema of a body that is JSON: what it looked like, without its values.
    pub schema: Option<Value>,
    /// Why no reply came, if none did.
    pub lost: Option<Lost>,
}

impl Cassette {
    /// The member of [`Cassette::metadata`] that says where the calls went: scheme and host.
    pub const UPSTREAM: &str = "upstream";

    /// Where the calls went that do not say so themselves, if that is known.
    #[must_use]
    pub fn upstream(&self) -> Option<&str> {
        self.metadata.get(Self::UPSTREAM)?.as_str()
    }
}

impl Entry {
    /// How many bytes of memory it takes, roughly: what bounds count.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        let of = |headers: &[(String, String)]| -> usize {
            let sizes = headers.iter().map(|(name, value)| name.len() + value.len());
            sizes.sum()
        };
        let Self {
            request, response, ..
        } = self;
        let texts = request.target.len() + of(&request.headers) + of(&response.headers);
        let schema = response.schema.as_ref().map_or(0, value_bytes);
        size_of::<Self>() + texts + schema + request.body.len() + response.body.len()
    }
}

impl Request {
    /// The first value of a header; `name` in small letters.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    /// The path, as it was sent: percent-encoded, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        let cut = self.target.split_once('?');
        cut.map_or(self.target.as_str(), |(path, _)| path)
    }

    /// The query, as it was sent, if there is one.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }
}

impl Response {
    /// The first value of a header; `name` in small letters.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }
}

/// How many bytes of memory a value takes, roughly. No value is nested so deep that this goes too far:
/// those that are read are bounded.
fn value_bytes(value: &Value) -> usize {
    let inner = match value {
        Value::Null | Value::Bool(_) => 0,
        Value::Number(number) => number.as_str().len(),
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(value_bytes).sum(),
        Value::Object(members) => {
            let sizes = members.iter();
            sizes
                .map(|(name, member)| name.len() + value_bytes(member))
                .sum()
        }
    };
    size_of::<Value>() + inner
}

fn first<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut headers = headers.iter();
    let (_, value) = headers.find(|(given, _)| given == name)?;
    Some(value)
}

/// Why no reply came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The connection was reset.
    Reset,
    /// The connection was closed.
    Closed,
    /// Nobody waited any longer.
    TimedOut,
}
