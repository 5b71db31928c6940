//! Windows that end all at once: fixed ones, and the days of a quota.

use jiff::tz::TimeZone;

use super::policy::{Align, Policy};
use super::{Counter, Reading, calendar};

/// How long windows are, and where they start.
pub(super) enum Length<'a> {
    Fixed(u64, Align),
    Day(&'a TimeZone),
}

/// From an instant on, and before another one, in milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: i128,
    pub(super) end: i128,
}

/// The window in which a call would be counted now.
pub(super) struct Open {
    limit: u64,
    used: u64,
    at_ms: i64,
    now_ms: i64,
    span: Span,
}

pub(super) fn read(
    policy: &Policy,
    length: &Length<'_>,
    counter: Option<&Counter>,
    now_ms: i64,
) -> Open {
    let limit = policy.limit();
    let open = |at_ms, used, span| Open {
        limit,
        used,
        at_ms,
        now_ms,
        span,
    };
    if let Some(Counter::Window { at_ms, used }) = counter
        && *used > 0
    {
        let span = length.around(*at_ms);
        if span.contains(now_ms) {
            return open(*at_ms, limit.min(*used), span);
        }
    }
    open(now_ms, 0, length.around(now_ms))
}

impl Length<'_> {
    /// The window in which a call is that is counted at this time and is the first in it.
    fn around(&self, at_ms: i64) -> Span {
        match self {
            Self::Fixed(window_ms, Align::Epoch) => Span::aligned(at_ms, *window_ms),
            Self::Fixed(window_ms, Align::FirstCall) => Span {
                start: at_ms.into(),
                end: i128::from(at_ms) + i128::from(*window_ms),
            },
            Self::Day(zone) => calendar::day(zone, at_ms),
        }
    }
}

impl Span {
    /// The window around an instant, if windows start at multiples of `window_ms`, which is not 0.
    pub(super) fn aligned(at_ms: i64, window_ms: u64) -> Self {
        let at = i128::from(at_ms);
        let start = at - at.rem_euclid(window_ms.into());
        Self {
            start,
            end: start + i128::from(window_ms),
        }
    }

    pub(super) fn contains(self, at_ms: i64) -> bool {
        (self.start..self.end).contains(&at_ms.into())
    }
}

impl Reading for Open {
    fn remaining(&self) -> u64 {
        self.limit - self.used
    }

    // More than the limit need not be remembered: nothing passes from there on.
    fn counted(&self, weight: u64) -> Counter {
        Counter::Window {
            at_ms: self.at_ms,
            used: self.used.saturating_add(weight).min(self.limit),
        }
    }

    fn wait_ms(&self, _: u64) -> Option<u128> {
        u128::try_from(self.span.end - i128::from(self.now_ms)).ok()
    }

    fn reset_at(&self) -> i128 {
        self.span.end
    }

    fn fresh_at(&self) -> i128 {
        match self.used {
            0 => self.now_ms.into(),
            _ => self.span.end,
        }
    }

    fn window_ms(&self) -> u64 {
        u64::try_from(self.span.end - self.span.start).unwrap_or(u64::MAX)
    }
}
