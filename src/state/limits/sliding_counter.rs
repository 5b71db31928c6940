//! Two windows' sums instead of a log: the window before counts for the part of it that is still in
//! sight. Sums are kept exact by multiplying them by the window.

use super::policy::Policy;
use super::{Counter, Reading};

/// The two windows now.
pub(super) struct Windows {
    limit: u64,
    window_ms: u64,
    current: u64,
    previous: u64,
    elapsed_ms: u64,
    now_ms: i64,
}

pub(super) fn read(policy: &Policy, counter: Option<&Counter>, now_ms: i64) -> Windows {
    let window_ms = policy.window_ms();
    let (current, previous) = match counter {
        Some(Counter::Sliding {
            at_ms,
            current,
            previous,
        }) if *at_ms <= now_ms => {
            match number_of(now_ms, window_ms) - number_of(*at_ms, window_ms) {
                0 => (*current, *previous),
                1 => (0, *current),
                _ => (0, 0),
            }
        }
        _ => (0, 0),
    };
    let elapsed = i128::from(now_ms).rem_euclid(window_ms.into());
    Windows {
        limit: policy.limit(),
        window_ms,
        current,
        previous,
        elapsed_ms: u64::try_from(elapsed).expect("it is less than the window"),
        now_ms,
    }
}

/// The how-manieth window since the epoch this is.
fn number_of(at_ms: i64, window_ms: u64) -> i128 {
    i128::from(at_ms).div_euclid(window_ms.into())
}

impl Windows {
    fn scaled(&self, weight: u64) -> u128 {
        u128::from(weight) * u128::from(self.window_ms)
    }

    /// How much of the limit is used, times the window. What does not fit is more than any limit.
    fn used(&self) -> u128 {
        let in_sight = u128::from(self.previous) * u128::from(self.window_ms - self.elapsed_ms);
        in_sight.saturating_add(self.scaled(self.current))
    }

    /// How far into a window one must be until no more than `room` is in sight of what was counted
    /// in the window before; the whole window, if it is not so within it.
    fn until_fits(&self, before: u64, room: u64) -> u64 {
        let in_sight_ms = self.scaled(room).checked_div(before.into());
        match in_sight_ms.map(u64::try_from) {
            Some(Ok(in_sight_ms)) => self.window_ms.saturating_sub(in_sight_ms),
            _ => 0,
        }
    }
}

impl Reading for Windows {
    fn remaining(&self) -> u64 {
        let free = self.scaled(self.limit).saturating_sub(self.used());
        u64::try_from(free / u128::from(self.window_ms)).unwrap_or(u64::MAX)
    }

    fn counted(&self, weight: u64) -> Counter {
        Counter::Sliding {
            at_ms: self.now_ms,
            current: self.current.saturating_add(weight),
            previous: self.previous,
        }
    }

    fn wait_ms(&self, weight: u64) -> Option<u128> {
        let room = self.limit.checked_sub(weight)?;
        let to_next = u128::from(self.window_ms - self.elapsed_ms);
        if let Some(room) = room.checked_sub(self.current) {
            // At the latest it fits when the next window begins.
            let at = self.until_fits(self.previous, room);
            return Some(u128::from(at.saturating_sub(self.elapsed_ms)));
        }
        Some(to_next + u128::from(self.until_fits(self.current, room)))
    }

    fn reset_at(&self) -> i128 {
        let windows = match (self.current, self.previous) {
            (0, 0) => return self.now_ms.into(),
            (0, _) => 1,
            _ => 2,
        };
        let start = i128::from(self.now_ms) - i128::from(self.elapsed_ms);
        start + windows * i128::from(self.window_ms)
    }

    fn window_ms(&self) -> u64 {
        self.window_ms
    }
}
