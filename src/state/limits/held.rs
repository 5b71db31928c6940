//! All counters of a sandbox, bounded however many keys there are.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use serde::{Deserialize, Serialize};

use super::Counter;
use crate::state::diff::each;

/// How many counters a sandbox keeps. One more, and the one that is fresh soonest goes.
pub const COUNTERS_MAX: usize = 100_000;

/// How many counters that need not be kept are dropped whenever one is put: more than come in, so
/// that they cannot pile up, and few, so that no call pays for all.
const DROPPED_PER_PUT: usize = 2;

/// Which counter: of which limit, and of whom.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CounterId {
    /// The pack that declares the limit.
    pub pack: Arc<str>,
    /// The limit.
    pub limit: Arc<str>,
    /// The key by which it counts: an agent, an address …
    pub key: Arc<str>,
}

/// A counter, and how long it matters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// The counter.
    pub counter: Counter,
    /// From when on it is as if it were not there, in milliseconds since the epoch:
    /// [`fresh_at_ms`](super::fresh_at_ms).
    pub fresh_at_ms: i64,
}

/// All counters of a sandbox.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    pub(super) held: OrdMap<CounterId, Held>,
    pub(super) by_freshness: OrdSet<(i64, CounterId)>,
}

impl Limits {
    /// A counter; none if it is fresh, or has never counted.
    #[must_use]
    pub fn get(&self, id: &CounterId) -> Option<&Held> {
        self.held.get(id)
    }

    /// All counters, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&CounterId, &Held)> {
        self.held.iter()
    }

    /// How many counters there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Tells each counter that is another one there than here.
    pub(in crate::state) fn compare(
        &self,
        other: &Self,
        tell: impl FnMut(&CounterId, Option<&Held>, Option<&Held>),
    ) {
        each(&self.held, &other.held, tell);
    }

    /// Keeps a counter, in the place of an earlier one of this id. Others go that are fresh at
    /// `now_ms`, or for which there is no room.
    pub(in crate::state) fn put(
        &mut self,
        id: &CounterId,
        counter: &Counter,
        fresh_at_ms: i64,
        now_ms: i64,
    ) {
        self.put_within(COUNTERS_MAX, id, counter, fresh_at_ms, now_ms);
    }

    // The new one is put last, so that it never makes room for itself: else nobody would be limited
    // any more once the room is taken by counters that last for long.
    fn put_within(
        &mut self,
        max: usize,
        id: &CounterId,
        counter: &Counter,
        fresh_at_ms: i64,
        now_ms: i64,
    ) {
        self.remove(id);
        for _ in 0..DROPPED_PER_PUT {
            let soonest = self.by_freshness.get_min();
            if soonest.is_some_and(|(fresh_at_ms, _)| *fresh_at_ms <= now_ms) {
                self.remove_soonest();
            }
        }
        if self.held.len() >= max {
            self.remove_soonest();
        }
        self.by_freshness.insert((fresh_at_ms, id.clone()));
        let held = Held {
            counter: counter.clone(),
            fresh_at_ms,
        };
        self.held.insert(id.clone(), held);
    }

    /// Forgets a counter, if there is such a one.
    pub(in crate::state) fn remove(&mut self, id: &CounterId) {
        if let Some(held) = self.held.remove(id) {
            self.by_freshness.remove(&(held.fresh_at_ms, id.clone()));
        }
    }

    /// Forgets all counters.
    pub(in crate::state) fn clear(&mut self) {
        *self = Self::default();
    }

    fn remove_soonest(&mut self) {
        if let Some((_, id)) = self.by_freshness.remove_min() {
            self.held.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(key: &str) -> CounterId {
        CounterId {
            pack: "pack".into(),
            limit: "per_minute".into(),
            key: key.into(),
        }
    }

    fn put(limits: &mut Limits, max: usize, key: &str, fresh_at_ms: i64, now_ms: i64) {
        let counter = Counter::Concurrency { in_flight: 1 };
        limits.put_within(max, &id(key), &counter, fresh_at_ms, now_ms);
        assert_eq!(limits.held.len(), limits.by_freshness.len());
    }

    fn keys(limits: &Limits) -> Vec<&str> {
        limits.iter().map(|(id, _)| &*id.key).collect()
    }

    #[test]
    fn what_is_fresh_goes_two_at_a_time() {
        let mut limits = Limits::default();
        for key in ["a", "b", "c", "d"] {
            put(&mut limits, 9, key, 100, 0);
        }
        put(&mut limits, 9, "e", 300, 99);
        assert_eq!(keys(&limits), ["a", "b", "c", "d", "e"]);
        put(&mut limits, 9, "f", 300, 100);
        assert_eq!(keys(&limits), ["c", "d", "e", "f"]);
        put(&mut limits, 9, "c", 400, 100);
        assert_eq!(keys(&limits), ["c", "e", "f"]);
    }

    #[test]
    fn without_room_the_one_that_is_fresh_soonest_goes_but_never_the_new_one() {
        let mut limits = Limits::default();
        put(&mut limits, 3, "a", 300, 0);
        put(&mut limits, 3, "b", 200, 0);
        put(&mut limits, 3, "c", 400, 0);
        put(&mut limits, 3, "d", 100, 0);
        assert_eq!(keys(&limits), ["a", "c", "d"]);
        put(&mut limits, 3, "c", 50, 0);
        assert_eq!(keys(&limits), ["a", "c", "d"]);
        put(&mut limits, 3, "e", 60, 0);
        assert_eq!(keys(&limits), ["a", "d", "e"]);
    }

    #[test]
    fn new_keys_do_not_pile_up() {
        let mut limits = Limits::default();
        for now_ms in 0..5_000 {
            put(&mut limits, 1_000, &now_ms.to_string(), now_ms + 10, now_ms);
            assert!(limits.len() <= 11, "{} at {now_ms}", limits.len());
        }
        for key in 0..2_000 {
            put(&mut limits, 1_000, &key.to_string(), i64::MAX, 6_000);
        }
        assert_eq!(limits.len(), 1_000);
    }

    #[test]
    fn counters_are_replaced_and_removed() {
        let mut limits = Limits::default();
        let counter = Counter::Concurrency { in_flight: 7 };
        limits.put(&id("a"), &Counter::Concurrency { in_flight: 1 }, 5, 0);
        limits.put(&id("a"), &counter, 9, 0);
        let held = limits
            .get(&id("a"))
            .map(|held| (&held.counter, held.fresh_at_ms));
        assert_eq!((held, limits.len()), (Some((&counter, 9)), 1));
        limits.remove(&id("b"));
        limits.remove(&id("a"));
        assert!(limits.is_empty() && limits.by_freshness.is_empty());
        limits.put(&id("a"), &counter, 9, 0);
        limits.clear();
        assert!(limits.is_empty() && limits.by_freshness.is_empty());
    }
}
