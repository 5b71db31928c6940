//! What is counted while it happens: without a lock, and for whoever asks later.
//!
//! Nothing here is told what it counts; [`Histogram`] is one family's share of one thing, and its
//! owner knows of which.

mod histogram;
mod store;

pub use histogram::{BUCKETS, Counted, Histogram};
pub use store::StoreMeter;

use std::time::Instant;

/// A moment, to be measured from.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// From now on.
    #[expect(
        clippy::disallowed_methods,
        reason = "how long something took is told, never decided by"
    )]
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Microseconds since then.
    #[expect(
        clippy::disallowed_methods,
        reason = "how long something took is told, never decided by"
    )]
    #[must_use]
    pub fn micros(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}
