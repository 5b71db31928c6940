//! Calls in flight. Time frees nothing here: slots are given back.

use super::policy::Policy;
use super::{Counter, Reading};

/// The slots now.
pub(super) struct Slots {
    limit: u64,
    in_flight: u64,
    now_ms: i64,
}

pub(super) fn read(policy: &Policy, counter: Option<&Counter>, now_ms: i64) -> Slots {
    let in_flight = match counter {
        Some(Counter::Concurrency { in_flight }) => *in_flight,
        _ => 0,
    };
    Slots {
        limit: policy.limit(),
        in_flight,
        now_ms,
    }
}

impl Reading for Slots {
    fn remaining(&self) -> u64 {
        self.limit.saturating_sub(self.in_flight)
    }

    fn counted(&self, weight: u64) -> Counter {
        Counter::Concurrency {
            in_flight: self.in_flight.saturating_add(weight),
        }
    }

    fn wait_ms(&self, _: u64) -> Option<u128> {
        None
    }

    fn reset_at(&self) -> i128 {
        self.now_ms.into()
    }

    fn fresh_at(&self) -> i128 {
        match self.in_flight {
            0 => self.now_ms.into(),
            _ => i128::MAX,
        }
    }

    fn window_ms(&self) -> u64 {
        0
    }
}
