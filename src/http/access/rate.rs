//! How many requests a second: counted before anything is read of them.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dashmap::DashMap;

/// One second, in nanoseconds.
const SECOND: u64 = 1_000_000_000;

/// The meters of tenants and keys, by their full names. They outlive a new auth file.
#[derive(Debug)]
pub(super) struct Meters {
    since: Instant,
    meters: DashMap<Arc<str>, AtomicU64>,
}

impl Default for Meters {
    #[expect(
        clippy::disallowed_methods,
        reason = "how fast others call is measured at the edge, by no sandbox's clock"
    )]
    fn default() -> Self {
        Self {
            since: Instant::now(),
            meters: DashMap::new(),
        }
    }
}

impl Meters {
    /// Counts one request, if there is room for it; or else tells when there will be.
    #[expect(
        clippy::disallowed_methods,
        reason = "how fast others call is measured at the edge, by no sandbox's clock"
    )]
    pub(super) fn count(&self, of: &str, per_second: NonZeroU32) -> Result<(), Duration> {
        let now = u64::try_from(self.since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let counted = match self.meters.get(of) {
            Some(meter) => take(&meter, per_second, now),
            None => take(&self.meters.entry(of.into()).or_default(), per_second, now),
        };
        counted.map_err(Duration::from_nanos)
    }
}

/// A bucket that holds a second's worth, as the one number that the generic cell rate algorithm needs:
/// the time at which it will be full again. Takes one, or tells for how long there is none.
fn take(full_at: &AtomicU64, per_second: NonZeroU32, now: u64) -> Result<(), u64> {
    let each = SECOND / u64::from(per_second.get());
    let mut seen = full_at.load(Ordering::Relaxed);
    loop {
        let next = seen.max(now) + each;
        let ahead = next - now;
        if ahead > SECOND.max(each) {
            return Err(ahead - SECOND.max(each));
        }
        match full_at.compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return Ok(()),
            Err(newer) => seen = newer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks at these milliseconds, and expects so many of them to be let through.
    #[track_caller]
    fn check(per_second: u32, asked: &[(u64, usize, usize)]) {
        let meter = AtomicU64::new(0);
        let per_second = NonZeroU32::new(per_second).expect("a rate");
        for (at_ms, asks, expected) in asked {
            let now = at_ms * 1_000_000;
            let let_through = (0..*asks).filter(|_| take(&meter, per_second, now).is_ok());
            assert_eq!(let_through.count(), *expected, "at {at_ms} ms");
        }
    }

    #[test]
    fn a_second_holds_so_many_and_no_more() {
        check(1, &[(0, 3, 1), (999, 1, 0), (1000, 2, 1)]);
        check(5, &[(0, 9, 5), (199, 3, 0), (200, 3, 1), (5000, 9, 5)]);
        check(1000, &[(0, 2000, 1000), (1, 10, 1), (11, 100, 10)]);
    }

    #[test]
    fn whoever_is_refused_is_told_when_to_come_again() {
        let meter = AtomicU64::new(0);
        let two = NonZeroU32::new(2).expect("a rate");
        assert_eq!(take(&meter, two, 0), Ok(()));
        assert_eq!(take(&meter, two, 0), Ok(()));
        assert_eq!(take(&meter, two, 0), Err(SECOND / 2));
        assert_eq!(take(&meter, two, SECOND / 2), Ok(()));
    }
}
