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
    /// Names in small letters, and values, in their order.
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
    /// Names in small letters, and values, in their order.
    pub headers: Vec<(String, String)>,
    /// All of it, byte for byte.
    pub body: Bytes,
    /// The JSON Schema of a body that is JSON: what it looked like, without its values.
    pub schema: Option<Value>,
    /// Why no reply came, if none did.
    pub lost: Option<Lost>,
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
