//! The definitions, naively: each looks at all calls that were ever counted.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::{Algorithm, Align, Policy};

/// All calls that a limit has counted, with their weights, oldest first.
pub(super) struct Textbook {
    policy: Policy,
    counted: Vec<(i128, i128)>,
}

impl Textbook {
    pub(super) fn new(policy: &Policy) -> Self {
        Self {
            policy: policy.clone(),
            counted: Vec::new(),
        }
    }

    /// Whether a call of this weight, 1 or more, passes at this time.
    pub(super) fn allows(&self, now_ms: i64, weight: u64) -> bool {
        let (now, weight) = (i128::from(now_ms), i128::from(weight));
        let limit = i128::from(self.policy.limit());
        let burst = i128::from(self.policy.capacity());
        if limit == 0 {
            return false;
        }
        match self.policy.algorithm() {
            Algorithm::FixedWindow {
                align: Align::Epoch,
            } => self.of_window(now, 0) + weight <= limit,
            Algorithm::FixedWindow {
                align: Align::FirstCall,
            } => self.since_first(now) + weight <= limit,
            Algorithm::SlidingLog => {
                let inside = |at| now - self.window() < at && at <= now;
                self.sum(inside) + weight <= limit
            }
            Algorithm::SlidingCounter => {
                let elapsed = now.rem_euclid(self.window());
                let previous = self.of_window(now, 1) * (self.window() - elapsed);
                let current = self.of_window(now, 0) * self.window();
                previous + current + weight * self.window() <= limit * self.window()
            }
            Algorithm::TokenBucket { .. } => {
                self.tokens(now, limit, burst) >= weight * self.window()
            }
            Algorithm::LeakyBucket { .. } => {
                self.level(now, limit) + weight * self.window() <= burst * self.window()
            }
            Algorithm::Gcra { .. } => self.conforms(now, weight, limit, burst),
            Algorithm::Concurrency => self.sum(|_| true) + weight <= limit,
            Algorithm::Quota { zone } => {
                let today = date(zone, now);
                self.sum(|at| date(zone, at) == today) + weight <= limit
            }
        }
    }

    /// The largest weight that passes.
    pub(super) fn remaining(&self, now_ms: i64) -> u64 {
        let passes = |weight: &u64| self.allows(now_ms, *weight);
        (1..=self.policy.capacity() + 3)
            .take_while(passes)
            .last()
            .unwrap_or(0)
    }

    /// Counts a call.
    pub(super) fn count(&mut self, now_ms: i64, weight: u64) {
        self.counted.push((now_ms.into(), weight.into()));
    }

    fn window(&self) -> i128 {
        self.policy.window_ms().into()
    }

    fn sum(&self, is_in: impl Fn(i128) -> bool) -> i128 {
        let calls = self.counted.iter().filter(|(at, _)| is_in(*at));
        calls.map(|(_, weight)| weight).sum()
    }

    fn of_window(&self, now: i128, before: i128) -> i128 {
        let number = |at: i128| at.div_euclid(self.window());
        self.sum(|at| number(at) == number(now) - before)
    }

    fn since_first(&self, now: i128) -> i128 {
        let mut start = None;
        for (at, _) in &self.counted {
            if start.is_none_or(|start| *at >= start + self.window()) {
                start = Some(*at);
            }
        }
        match start {
            Some(start) if now < start + self.window() => self.sum(|at| at >= start),
            _ => 0,
        }
    }

    /// Tokens, times the window: `min(burst, tokens + elapsed * limit / window)`.
    fn tokens(&self, now: i128, limit: i128, burst: i128) -> i128 {
        let full = burst * self.window();
        let mut tokens = full;
        let mut last = None;
        for (at, weight) in self.counted.iter().copied().chain([(now, 0)]) {
            let elapsed = last.map_or(0, |last| at - last);
            tokens = full.min(tokens + elapsed * limit) - weight * self.window();
            last = Some(at);
        }
        tokens
    }

    /// The level, times the window: `max(0, level - elapsed * limit / window)`.
    fn level(&self, now: i128, limit: i128) -> i128 {
        let mut level = 0;
        let mut last = self.counted.first().map_or(now, |(at, _)| *at);
        for (at, weight) in self.counted.iter().copied().chain([(now, 0)]) {
            level = 0.max(level - (at - last) * limit) + weight * self.window();
            last = at;
        }
        level
    }

    /// Times, multiplied by the limit, so that the emission interval is the window. A weight is so
    /// many calls at once, and all of them have to conform.
    fn conforms(&self, now: i128, weight: i128, limit: i128, burst: i128) -> bool {
        let interval = self.window();
        let tolerance = (burst - 1) * interval;
        let mut theoretical_arrival = i128::MIN;
        for (at, weight) in &self.counted {
            for _ in 0..*weight {
                theoretical_arrival = theoretical_arrival.max(at * limit) + interval;
            }
        }
        for _ in 0..weight {
            if now * limit < theoretical_arrival.saturating_sub(tolerance) {
                return false;
            }
            theoretical_arrival = theoretical_arrival.max(now * limit) + interval;
        }
        true
    }
}

fn date(zone: &TimeZone, at: i128) -> jiff::civil::Date {
    let at = i64::try_from(at).expect("a time");
    let at = Timestamp::from_millisecond(at).expect("a time of the calendar");
    zone.to_datetime(at).date()
}
