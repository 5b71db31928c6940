//! Every call of the last window, remembered. Entries carry running totals, so that any stretch of
//! the log is weighed by one subtraction, and found by halving: no call walks the log.

use imbl::Vector;
use serde::{Deserialize, Serialize};

use super::policy::Policy;
use super::{Counter, Reading};

/// What was counted, oldest first; one entry for all of a millisecond. It weighs no more than the
/// limit, and each entry weighs something, so there are at most `limit` of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// The running total before the first entry. Totals wrap around; differences do not, since all
    /// entries together weigh no more than a limit.
    before: u64,
    entries: Vector<Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    at_ms: i64,
    /// The running total with this entry.
    total: u64,
}

/// What one call does to a log.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Logged {
    /// How many of the oldest entries are forgotten.
    forgotten: usize,
    /// The running total before the first entry that is kept.
    before: u64,
    /// The newest entry; it takes the place of one of the same millisecond.
    newest: Entry,
}

impl Log {
    /// What a call did to an earlier log so that it is this one; none, if this log did not come of it or
    /// has but one entry.
    pub(super) fn since(&self, earlier: &Self) -> Option<Logged> {
        let newest = *self.entries.last()?;
        let kept = self.len() - 1;
        let last = earlier.entries.last()?;
        let replaced = usize::from(last.at_ms == newest.at_ms);
        let stayed = earlier.len() - replaced;
        if kept == 0 || last.at_ms > newest.at_ms {
            return None;
        }
        Some(Logged {
            forgotten: stayed.checked_sub(kept)?,
            before: self.before,
            newest,
        })
    }

    /// This log after a call.
    pub(super) fn with(&self, logged: &Logged) -> Self {
        let mut log = self.clone();
        log.drop_first(logged.forgotten.min(log.len()));
        log.before = logged.before;
        log.put(logged.newest);
        log
    }

    /// How many entries are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn is_of_past(&self, now_ms: i64) -> bool {
        self.entries.last().is_none_or(|last| last.at_ms <= now_ms)
    }

    fn weight(&self) -> u64 {
        let total = self.entries.last().map_or(self.before, |last| last.total);
        total.wrapping_sub(self.before)
    }

    /// The first entry of which something is true that stays true from there on.
    fn first(&self, is: impl Fn(&Entry) -> bool) -> usize {
        let order = |entry: &Entry| match is(entry) {
            true => std::cmp::Ordering::Greater,
            false => std::cmp::Ordering::Less,
        };
        match self.entries.binary_search_by(order) {
            Ok(at) | Err(at) => at,
        }
    }

    /// Forgets the first `count` entries.
    fn drop_first(&mut self, count: usize) {
        if let Some(last) = count.checked_sub(1).and_then(|last| self.entries.get(last)) {
            self.before = last.total;
            self.entries = self.entries.skip(count);
        }
    }

    /// Forgets the oldest weight; of the entry where it ends, a part may stay.
    fn drop_weight(&mut self, weight: u64) {
        let kept = self.first(|entry| entry.total.wrapping_sub(self.before) > weight);
        let before = self.before.wrapping_add(weight);
        self.drop_first(kept);
        self.before = before;
    }

    fn push(&mut self, at_ms: i64, weight: u64) {
        let total = self.before.wrapping_add(self.weight()).wrapping_add(weight);
        self.put(Entry { at_ms, total });
    }

    fn put(&mut self, newest: Entry) {
        if self
            .entries
            .last()
            .is_some_and(|last| last.at_ms == newest.at_ms)
        {
            self.entries.pop_back();
        }
        self.entries.push_back(newest);
    }
}

impl Logged {
    /// The log that has nothing but the newest entry.
    pub(super) fn alone(&self) -> Log {
        Log::default().with(self)
    }
}

/// The log now: only what is in `(now - window, now]`.
pub(super) struct Sight {
    limit: u64,
    window_ms: u64,
    log: Log,
    now_ms: i64,
}

pub(super) fn read(policy: &Policy, counter: Option<&Counter>, now_ms: i64) -> Sight {
    let mut log = match counter {
        Some(Counter::Log(log)) if log.is_of_past(now_ms) => log.clone(),
        _ => Log::default(),
    };
    let window_start = i128::from(now_ms) - i128::from(policy.window_ms());
    log.drop_first(log.first(|entry| i128::from(entry.at_ms) > window_start));
    if log.is_empty() {
        log = Log::default();
    }
    Sight {
        limit: policy.limit(),
        window_ms: policy.window_ms(),
        log,
        now_ms,
    }
}

impl Sight {
    /// When an entry of this time is out of sight.
    fn gone_at(&self, at_ms: i64) -> i128 {
        i128::from(at_ms) + i128::from(self.window_ms)
    }
}

impl Reading for Sight {
    fn remaining(&self) -> u64 {
        self.limit.saturating_sub(self.log.weight())
    }

    // Refused weight may fill the log beyond the limit. As long as the newest entries alone use all
    // of it nothing passes, and they stay longer than the older ones: those need not be kept.
    fn counted(&self, weight: u64) -> Counter {
        let mut log = self.log.clone();
        let weight = weight.min(self.limit);
        if weight > 0 {
            let room = self.remaining();
            log.drop_weight(log.weight().saturating_sub(self.limit));
            log.drop_weight(weight.saturating_sub(room));
            log.push(self.now_ms, weight);
        }
        Counter::Log(log)
    }

    fn wait_ms(&self, weight: u64) -> Option<u128> {
        let room = self.limit.checked_sub(weight)?;
        let excess = self.log.weight().saturating_sub(room);
        let before = self.log.before;
        let enough = self
            .log
            .first(|entry| entry.total.wrapping_sub(before) >= excess);
        let entry = self.log.entries.get(enough)?;
        u128::try_from(self.gone_at(entry.at_ms) - i128::from(self.now_ms)).ok()
    }

    fn reset_at(&self) -> i128 {
        match self.log.entries.last() {
            Some(last) => self.gone_at(last.at_ms),
            None => self.now_ms.into(),
        }
    }

    fn window_ms(&self) -> u64 {
        self.window_ms
    }
}
