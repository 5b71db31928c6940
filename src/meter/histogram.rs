//! How long things take: how many took at most so long, and all together.

use std::sync::atomic::{AtomicU64, Ordering};

/// The upper bounds of all buckets but the last, in microseconds: from a prepared reply to one that
/// waits for a disk or another server.
pub const BUCKETS: [u64; 11] = [
    50, 100, 250, 500, 1_000, 2_500, 10_000, 50_000, 250_000, 1_000_000, 5_000_000,
];

/// Durations, counted by how long they are.
#[derive(Debug, Default)]
pub struct Histogram {
    counts: [AtomicU64; BUCKETS.len() + 1],
    micros: AtomicU64,
}

/// What a histogram has counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// How many in each bucket, and in none of those before.
    pub counts: [u64; BUCKETS.len() + 1],
    /// How long all took together, in microseconds.
    pub micros: u64,
}

impl Histogram {
    /// Something took so many microseconds.
    pub fn add(&self, micros: u64) {
        let bucket = BUCKETS.partition_point(|bound| *bound < micros);
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// What it has counted so far.
    #[must_use]
    pub fn counted(&self) -> Counted {
        let load = |at: usize| self.counts[at].load(Ordering::Relaxed);
        Counted {
            counts: std::array::from_fn(load),
            micros: self.micros.load(Ordering::Relaxed),
        }
    }
}

impl Counted {
    /// How many in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Adds what another has counted.
    pub fn add(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
        self.micros += other.micros;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_falls_into_the_first_bucket_that_holds_it() {
        let histogram = Histogram::default();
        for micros in [0, 50, 51, 100, 5_000_000, 5_000_001, 1 << 40] {
            histogram.add(micros);
        }
        let mut counted = histogram.counted();
        assert_eq!(counted.counts, [2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(counted.total(), 7);
        assert_eq!(counted.micros, 50 + 51 + 100 + 10_000_001 + (1 << 40));
        counted.add(&histogram.counted());
        assert_eq!(counted.total(), 14);
    }
}
