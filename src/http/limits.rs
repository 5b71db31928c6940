//! What a connection may take, in bytes and in time.

use std::time::Duration;

/// What a connection may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest body that is taken, in bytes; a larger one is answered 413.
    pub body_bytes: usize,
    /// How long a body may take to arrive; a slower one is answered 408.
    pub body_time: Duration,
    /// How long the head of a request may take, and how long a connection may be idle.
    pub head_time: Duration,
    /// The largest head, in bytes; a larger one is answered 431.
    pub head_bytes: usize,
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
            head_time: Duration::from_secs(60),
            head_bytes: 64 << 10,
            grace: Duration::from_millis(800),
            gzip: true,
        }
    }
}
