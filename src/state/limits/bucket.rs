//! The bucket that drains evenly. Its level is an exact fraction: it is kept multiplied by the
//! window, so that a unit of weight is `window` of it, and `limit` of it drains each millisecond.

use super::policy::Policy;
use super::{Counter, Reading};

/// The bucket now.
pub(super) struct Bucket {
    /// In weight times milliseconds, like all sums here: no more than 64 times 64 bits.
    level: u128,
    capacity: u128,
    drained_per_ms: u64,
    window_ms: u64,
    now_ms: i64,
}

pub(super) fn read(policy: &Policy, counter: Option<&Counter>, now_ms: i64) -> Bucket {
    let capacity = scaled(policy.capacity(), policy.window_ms());
    let level = match counter {
        Some(Counter::Bucket { at_ms, level }) if *at_ms <= now_ms => {
            let drained = scaled(now_ms.abs_diff(*at_ms), policy.limit());
            capacity.min(*level).saturating_sub(drained)
        }
        _ => 0,
    };
    Bucket {
        level,
        capacity,
        drained_per_ms: policy.limit(),
        window_ms: policy.window_ms(),
        now_ms,
    }
}

fn scaled(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}

impl Bucket {
    fn free(&self) -> u128 {
        self.capacity - self.level
    }

    /// How long until this much has drained. A bucket of which nothing drains has no capacity, so
    /// nobody waits for it.
    fn until_drained(&self, amount: u128) -> u128 {
        match self.drained_per_ms {
            0 => 0,
            per_ms => amount.div_ceil(per_ms.into()),
        }
    }
}

impl Reading for Bucket {
    fn remaining(&self) -> u64 {
        u64::try_from(self.free() / u128::from(self.window_ms)).unwrap_or(u64::MAX)
    }

    fn counted(&self, weight: u64) -> Counter {
        let added = scaled(weight, self.window_ms).min(self.free());
        Counter::Bucket {
            at_ms: self.now_ms,
            level: self.level + added,
        }
    }

    fn wait_ms(&self, weight: u64) -> Option<u128> {
        let missing = scaled(weight, self.window_ms).saturating_sub(self.free());
        Some(self.until_drained(missing))
    }

    fn reset_at(&self) -> i128 {
        let empty_in = self.until_drained(self.level);
        i128::from(self.now_ms).saturating_add_unsigned(empty_in)
    }

    fn window_ms(&self) -> u64 {
        self.window_ms
    }
}
