//! The latest events of a sandbox, each with its number.

use std::collections::VecDeque;

use super::{End, Told};
use crate::meter::Stopwatch;

/// The latest events. Their numbers are 1, 2, 3 … since the ring began.
#[derive(Debug)]
pub(super) struct Ring {
    max: usize,
    /// When it began, by the machine's clock, in milliseconds: what tells its numbers from another's.
    pub(super) began: i64,
    /// The number of the last event.
    pub(super) last: u64,
    kept: VecDeque<Told>,
    pub(super) ended: Option<End>,
    /// Since when nobody has listened.
    pub(super) left: Option<Stopwatch>,
}

impl Ring {
    pub(super) fn new(max: usize) -> Self {
        Self {
            max,
            began: 0,
            last: 0,
            kept: VecDeque::new(),
            ended: None,
            left: None,
        }
    }

    /// Begins anew: no number of before means anything.
    pub(super) fn begin(&mut self, now: i64) {
        // A clock may stand still, or be set back.
        self.began = now.max(self.began + 1);
        self.last = 0;
        self.kept.clear();
    }

    pub(super) fn push(&mut self, told: Told) {
        if self.kept.len() == self.max {
            self.kept.pop_front();
        }
        self.kept.push_back(told);
        self.last += 1;
    }

    pub(super) fn clear(&mut self) {
        self.kept = VecDeque::new();
        self.left = None;
    }

    pub(super) fn end(&mut self, why: End) {
        self.ended.get_or_insert(why);
    }

    /// Whether nobody has listened for so long that nobody will go on.
    pub(super) fn is_forgotten(&self, after_micros: u64) -> bool {
        let left = self.left.as_ref();
        left.is_some_and(|left| left.micros() >= after_micros)
    }

    /// The number before the oldest event that is kept.
    pub(super) fn before_oldest(&self) -> u64 {
        self.last - self.kept.len() as u64
    }

    /// At most so many events after a number that is not below [`before_oldest`](Self::before_oldest).
    pub(super) fn after(&self, number: u64, max: usize) -> Vec<(u64, Told)> {
        let skipped = number.saturating_sub(self.before_oldest());
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        let events = self.kept.iter().skip(skipped).take(max);
        let numbers = number + 1..;
        numbers.zip(events.cloned()).collect()
    }
}
