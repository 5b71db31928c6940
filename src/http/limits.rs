//! What a connection may take, in bytes and in time, and how many there may be.

use std::time::Duration;

/// What a connection may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest body that is taken, in bytes; a larger one is answered 413.
    pub body_bytes: usize,
    /// How long a body may take to arrive; a slower one is answered 408.
    pub body_time: Duration,
    /// How long the head of a request may take; a slower connection is closed.
    pub head_time: Duration,
    /// How long a connection may be idle, and how long an answer may lie unread, before it is closed.
    pub idle_time: Duration,
    /// The largest head, in bytes; a larger one is answered 431.
    pub head_bytes: usize,
    /// How many headers a request may have; more are answered 431.
    pub head_count: usize,
    /// How many connections there may be; more are answered 503 and closed.
    pub connections: usize,
    /// How many of them may come from one address.
    pub connections_of_one: usize,
    /// How many calls may be under way; more are answered 503.
    pub calls: usize,
    /// How many of them may be of one sandbox.
    pub calls_of_one: usize,
    /// How many bytes the bodies of all calls that are under way may take; more are answered 503.
    pub body_memory: usize,
    /// How long running calls may take to finish once the server is told to stop.
    pub grace: Duration,
    /// Whether answers are packed for callers who ask.
    pub gzip: bool,
}

impl Limits {
    /// The same limits, with bodies of no more than so many bytes.
    #[must_use]
    pub(super) fn with_body(self, bytes: Option<usize>) -> Self {
        Self {
            body_bytes: bytes.map_or(self.body_bytes, |bytes| bytes.min(self.body_bytes)),
            ..self
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 10 << 20,
            body_time: Duration::from_secs(10),
            head_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(75),
            head_bytes: 64 << 10,
            head_count: 100,
            connections: 10_000,
            connections_of_one: 5_000,
            calls: 10_000,
            calls_of_one: 5_000,
            body_memory: 256 << 20,
            grace: Duration::from_millis(800),
            gzip: true,
        }
    }
}
