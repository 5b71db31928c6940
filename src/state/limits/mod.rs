//! The counters of rate limits: how much passes, how long a refused call has to wait, and what the
//! headers tell. Everything is computed from the policy, the counter and the sandbox's time, in
//! whole numbers; nothing is ever rounded but what is said to be. What a refusal looks like, which
//! limits a call meets and by which key it is counted live elsewhere.
//!
//! An absent counter is a fresh one: one that has counted nothing. A counter holds what its
//! algorithm needs and no more, however many calls there were.
//!
//! **A clock that was set back.** What was counted after now is not held against anybody: a
//! bucket, a sliding log and a sliding counter are fresh if they were last changed after now, and
//! so is a window that began at a call after now. A window or a day that holds both times stays the
//! same one, and keeps its count. What is in flight has nothing to do with the clock.
//!
//! **A policy that was changed** while its counters lived on: a counter of another kind is fresh,
//! all others are read as if they had always been of the new policy.
//!
//! **Weight 0** costs nothing: such a call always passes and is not counted.

mod bucket;
mod calendar;
mod change;
mod concurrency;
mod held;
mod image;
mod policy;
mod sliding_counter;
mod sliding_log;
mod window;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use calendar::zone;
pub use change::Change;
pub use held::{COUNTERS_MAX, CounterId, Held, Limits};
pub use policy::{Algorithm, Align, Error, Policy};
pub use sliding_log::{Log, Logged};

/// The state of one counter. Which form it has follows from the algorithm; several share one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Counter {
    /// Of a fixed window or a quota.
    Window {
        /// When the first call was counted, in milliseconds since the epoch: it says which window.
        at_ms: i64,
        /// The weight counted since, at most the limit.
        used: u64,
    },
    /// Of a sliding log.
    Log(Log),
    /// Of a sliding counter.
    Sliding {
        /// When the last call was counted, in milliseconds since the epoch.
        at_ms: i64,
        /// The weight counted in its window.
        current: u64,
        /// The weight counted in the window before.
        previous: u64,
    },
    /// Of a token bucket, a leaky bucket and the generic cell rate algorithm, which are one and the
    /// same thing: tokens that are gone are what fills the leaky bucket, and the time at which it
    /// will be empty is the theoretical arrival time.
    Bucket {
        /// When the last call was counted, in milliseconds since the epoch.
        at_ms: i64,
        /// How full it was then, in weight times milliseconds: divided by the window, it is weight.
        level: u128,
    },
    /// Of what is in flight.
    Concurrency {
        /// Its weight.
        in_flight: u64,
    },
}

/// What a check finds.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Whether the call is served.
    pub allowed: bool,
    /// The counter after it, if the call changed it.
    pub counter: Option<Counter>,
    /// After a refusal: how many milliseconds from now the same call of the same weight is served,
    /// and not a millisecond earlier, if no other call is counted in between. None if it never is,
    /// because it weighs more than the capacity or the time cannot be told in 64 bits; and for
    /// what is in flight, where nobody knows.
    pub wait_ms: Option<u64>,
    /// How it stands after the call.
    pub standing: Standing,
}

/// What headers tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The largest weight that ever passes at once: [`Policy::capacity`].
    pub limit: u64,
    /// The largest weight that would pass now.
    pub remaining: u64,
    /// The rest of it: `limit - remaining`. A part of a unit counts as used.
    pub used: u64,
    /// When the counter is as if fresh, if nothing more is counted, in milliseconds since the
    /// epoch, rounded up. For windows and quotas it is the end of the window in which a call would
    /// be counted now, even if nothing has been; for what is in flight it is always now.
    pub reset_ms: i64,
    /// How long the window is; the day, for a quota; 0 for what is in flight.
    pub window_ms: u64,
}

/// Checks a call of some weight against a limit, and counts it.
#[must_use]
pub fn check(policy: &Policy, counter: Option<&Counter>, now_ms: i64, weight: u64) -> Verdict {
    read(policy, counter, now_ms, |reading| {
        let remaining = reading.remaining();
        let allowed = weight <= remaining;
        let counted = weight > 0 && (allowed || policy.counts_refused());
        let after = counted
            .then(|| reading.counted(weight))
            .filter(|after| allowed || (policy.capacity() > 0 && counter != Some(after)));
        let waits = !allowed && weight <= policy.capacity();
        let told = |reading: &dyn Reading| {
            let wait_ms = if waits { reading.wait_ms(weight) } else { None };
            (wait_ms, stand(policy, reading))
        };
        let (wait_ms, standing) = match &after {
            Some(after) => read(policy, Some(after), now_ms, told),
            None => told(reading),
        };
        Verdict {
            allowed,
            counter: after,
            wait_ms: wait_ms.and_then(|wait_ms| u64::try_from(wait_ms).ok()),
            standing,
        }
    })
}

/// How a limit stands now, with nothing counted.
#[must_use]
pub fn standing(policy: &Policy, counter: Option<&Counter>, now_ms: i64) -> Standing {
    read(policy, counter, now_ms, |reading| stand(policy, reading))
}

/// A counter that lets exactly this weight pass now; at most the capacity.
#[must_use]
pub fn with_remaining(policy: &Policy, now_ms: i64, remaining: u64) -> Counter {
    let used = policy.capacity().saturating_sub(remaining);
    read(policy, None, now_ms, |reading| reading.counted(used))
}

/// Gives back what a call had in flight. None if nothing is left, so that the counter can be
/// dropped; a counter of another kind stays as it is.
#[must_use]
pub fn release(counter: &Counter, weight: u64) -> Option<Counter> {
    match counter {
        Counter::Concurrency { in_flight } if *in_flight <= weight => None,
        Counter::Concurrency { in_flight } => Some(Counter::Concurrency {
            in_flight: in_flight - weight,
        }),
        other => Some(other.clone()),
    }
}

/// Whether a counter is as if it were not there.
#[must_use]
pub fn is_fresh(policy: &Policy, counter: &Counter, now_ms: i64) -> bool {
    read(policy, Some(counter), now_ms, |reading| {
        reading.fresh_at() <= i128::from(now_ms)
    })
}

/// From when on a counter is as if it were not there, if nothing more is counted, in milliseconds
/// since the epoch: now, if it is already; the end of time, if it does not get there by itself.
#[must_use]
pub fn fresh_at_ms(policy: &Policy, counter: &Counter, now_ms: i64) -> i64 {
    read(policy, Some(counter), now_ms, |reading| {
        instant(reading.fresh_at())
    })
}

/// A counter as it is at one moment. Instants are in milliseconds since the epoch, in so many bits
/// that no sum of an instant and a duration leaves them.
trait Reading {
    /// The largest weight that passes.
    fn remaining(&self) -> u64;
    /// The counter after a call of this weight, whether it passes or not.
    fn counted(&self, weight: u64) -> Counter;
    /// How long until a call passes that does not pass now and weighs no more than the capacity.
    fn wait_ms(&self, weight: u64) -> Option<u128>;
    /// When everything is there again.
    fn reset_at(&self) -> i128;
    /// When the counter need not be kept.
    fn fresh_at(&self) -> i128 {
        self.reset_at()
    }
    /// How long the window is.
    fn window_ms(&self) -> u64;
}

fn read<T>(
    policy: &Policy,
    counter: Option<&Counter>,
    now_ms: i64,
    then: impl FnOnce(&dyn Reading) -> T,
) -> T {
    match policy.algorithm() {
        Algorithm::FixedWindow { align } => {
            let length = window::Length::Fixed(policy.window_ms(), *align);
            then(&window::read(policy, &length, counter, now_ms))
        }
        Algorithm::Quota { zone } => {
            let length = window::Length::Day(zone);
            then(&window::read(policy, &length, counter, now_ms))
        }
        Algorithm::SlidingLog => then(&sliding_log::read(policy, counter, now_ms)),
        Algorithm::SlidingCounter => then(&sliding_counter::read(policy, counter, now_ms)),
        Algorithm::TokenBucket { .. } | Algorithm::LeakyBucket { .. } | Algorithm::Gcra { .. } => {
            then(&bucket::read(policy, counter, now_ms))
        }
        Algorithm::Concurrency => then(&concurrency::read(policy, counter, now_ms)),
    }
}

fn stand(policy: &Policy, reading: &dyn Reading) -> Standing {
    let limit = policy.capacity();
    let remaining = reading.remaining();
    Standing {
        limit,
        remaining,
        used: limit.saturating_sub(remaining),
        reset_ms: instant(reading.reset_at()),
        window_ms: reading.window_ms(),
    }
}

/// The nearest instant that can be told.
fn instant(at: i128) -> i64 {
    let known = at.clamp(i64::MIN.into(), i64::MAX.into());
    i64::try_from(known).expect("it was clamped")
}
