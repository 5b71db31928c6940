//! The call log: every call of a sandbox with everything that was decided about it.
//!
//! It is not the effect log: a call's number comes from a counter that nothing else waits for, an
//! entry is added outside the sandbox's lock, and the log is bounded by count and by bytes. The
//! oldest entries go first, and the log says how many have gone.

mod entry;
mod query;
mod size;

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use entry::{Answered, Entry, Proxied, StubName, Wall, copied};
pub use query::{Page, Query, Since};

/// How much of a call log is kept, unless the server is told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// At most so many calls.
    pub calls: usize,
    /// At most about so many bytes: bodies, headers, traces and effects included.
    pub bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            calls: 10_000,
            bytes: 32 << 20,
        }
    }
}

/// The log of one sandbox.
#[derive(Debug)]
pub struct CallLog {
    bounds: Bounds,
    last_number: AtomicU64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<Weighed>,
    bytes: usize,
    dropped: u64,
}

/// An entry, and about how many bytes it takes.
#[derive(Debug)]
struct Weighed {
    entry: Arc<Entry>,
    size: usize,
}

impl CallLog {
    /// An empty log.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            last_number: AtomicU64::new(0),
            kept: Mutex::default(),
        }
    }

    /// The number of the next call: 1, 2, 3 … Numbers never restart.
    pub fn next_number(&self) -> u64 {
        self.last_number.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The number of the last call that was given one.
    #[must_use]
    pub fn last_number(&self) -> u64 {
        self.last_number.load(Ordering::Relaxed)
    }

    /// Adds a call. Calls that finish out of order stand in the order of their numbers.
    pub fn add(&self, entry: Entry) {
        let size = entry.size();
        let entry = Arc::new(entry);
        let mut kept = self.kept();
        kept.bytes += size;
        let behind = kept
            .entries
            .iter()
            .rev()
            .take_while(|other| other.entry.number > entry.number)
            .count();
        let at = kept.entries.len() - behind;
        kept.entries.insert(at, Weighed { entry, size });
        let mut dropped = Vec::new();
        while kept.entries.len() > self.bounds.calls
            || (kept.bytes > self.bounds.bytes && kept.entries.len() > 1)
        {
            let Some(oldest) = kept.entries.pop_front() else {
                break;
            };
            kept.bytes -= oldest.size;
            kept.dropped += 1;
            dropped.push(oldest);
        }
        // Freed after the lock is given back: another call may be waiting for it.
        drop(kept);
        drop(dropped);
    }

    /// The call of this number, if it is still kept.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<Arc<Entry>> {
        let kept = self.kept();
        let at = kept
            .entries
            .binary_search_by_key(&number, |kept| kept.entry.number);
        at.ok().map(|at| kept.entries[at].entry.clone())
    }

    /// All calls that are kept, the oldest first, and how many older ones are kept no longer.
    #[must_use]
    pub fn entries(&self) -> (Vec<Arc<Entry>>, u64) {
        let kept = self.kept();
        let entries = kept.entries.iter().map(|kept| kept.entry.clone());
        (entries.collect(), kept.dropped)
    }

    /// Forgets these calls. Their numbers are not given again.
    pub fn remove(&self, numbers: &[u64]) {
        let gone: BTreeSet<u64> = numbers.iter().copied().collect();
        let mut removed = Vec::new();
        let mut kept = self.kept();
        let entries = std::mem::take(&mut kept.entries);
        for weighed in entries {
            if gone.contains(&weighed.entry.number) {
                kept.bytes -= weighed.size;
                removed.push(weighed);
            } else {
                kept.entries.push_back(weighed);
            }
        }
        // Freed after the lock is given back: a call may be waiting for it.
        drop(kept);
        drop(removed);
    }

    /// Forgets all calls. Their numbers are not given again.
    pub fn clear(&self) {
        *self.kept() = Kept::default();
    }

    /// The calls that a query wants.
    #[must_use]
    pub fn find(&self, query: &Query) -> Page {
        let (entries, dropped): (VecDeque<Arc<Entry>>, u64) = {
            let kept = self.kept();
            let entries = kept.entries.iter().map(|kept| kept.entry.clone());
            (entries.collect(), kept.dropped)
        };
        query.page(&entries, dropped)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
