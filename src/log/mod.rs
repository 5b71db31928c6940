//! The call log: every call of a sandbox with everything that was decided about it.
//!
//! It is not the effect log: a call's number comes from a counter that nothing else waits for, an
//! entry is added outside the sandbox's lock, and the log is bounded by count and by bytes. The
//! oldest entries go first, and the log says how many have gone.

mod audit;
mod entry;
mod packed;
mod query;
mod record;
mod size;
mod watcher;

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use audit::{Audit, Audited};
pub use entry::{Answered, Entry, Proxied, Wall};
pub use query::{Page, Query, Since};
pub use record::Logged;
pub use watcher::Watcher;

use crate::domain::name::SandboxId;
use record::Record;

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
    sandbox: SandboxId,
    bounds: Bounds,
    /// How many bytes of what `bounds` say are kept.
    bytes: AtomicUsize,
    last_number: AtomicU64,
    kept: Mutex<Kept>,
    watcher: Option<Arc<dyn Watcher>>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<Weighed>,
    bytes: usize,
    dropped: u64,
}

/// A call, and about how many bytes it takes.
#[derive(Debug)]
struct Weighed {
    record: Arc<Record>,
    size: usize,
}

impl CallLog {
    /// An empty log of a sandbox.
    #[must_use]
    pub fn new(sandbox: SandboxId, bounds: Bounds) -> Self {
        Self {
            sandbox,
            bounds,
            bytes: AtomicUsize::new(bounds.bytes),
            last_number: AtomicU64::new(0),
            kept: Mutex::default(),
            watcher: None,
        }
    }

    /// The same log, of whose calls somebody is told.
    #[must_use]
    pub fn watched(self, watcher: Option<Arc<dyn Watcher>>) -> Self {
        Self { watcher, ..self }
    }

    /// From now on no more than so many bytes are kept, if that is less than the log's own bound.
    pub fn bound(&self, bytes: Option<usize>) {
        let bytes = bytes.map_or(self.bounds.bytes, |bytes| bytes.min(self.bounds.bytes));
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// The number of the next call: 1, 2, 3 … Numbers never restart.
    pub fn next_number(&self) -> u64 {
        self.last_number.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Goes on with the numbers after this one.
    pub fn number_after(&self, last: u64) {
        self.last_number.fetch_max(last, Ordering::Relaxed);
    }

    /// The number of the last call that was given one.
    #[must_use]
    pub fn last_number(&self) -> u64 {
        self.last_number.load(Ordering::Relaxed)
    }

    /// Adds a call. Calls that finish out of order stand in the order of their numbers.
    pub fn add(&self, logged: Logged<'_>) {
        let record = Arc::new(Record::of(logged));
        if let Some(watcher) = &self.watcher {
            watcher.called(&record.open(&self.sandbox));
        }
        let size = record.size();
        let mut kept = self.kept();
        kept.bytes += size;
        let behind = kept
            .entries
            .iter()
            .rev()
            .take_while(|other| other.record.number > record.number)
            .count();
        let at = kept.entries.len() - behind;
        kept.entries.insert(at, Weighed { record, size });
        // In the long run one goes for each that comes, and needs no list.
        let (mut first, mut others) = (None, Vec::new());
        let bytes = self.bytes.load(Ordering::Relaxed);
        while kept.entries.len() > self.bounds.calls
            || (kept.bytes > bytes && kept.entries.len() > 1)
        {
            let Some(oldest) = kept.entries.pop_front() else {
                break;
            };
            kept.bytes -= oldest.size;
            kept.dropped += 1;
            if let Some(before) = first.replace(oldest) {
                others.push(before);
            }
        }
        // Freed after the lock is given back: another call may be waiting for it.
        drop(kept);
        drop((first, others));
    }

    /// How many calls are kept, and about how many bytes they take.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let kept = self.kept();
        (kept.entries.len(), kept.bytes)
    }

    /// The call of this number, if it is still kept.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<Arc<Entry>> {
        let kept = self.kept();
        let at = kept
            .entries
            .binary_search_by_key(&number, |kept| kept.record.number);
        let record = at.ok().map(|at| kept.entries[at].record.clone())?;
        drop(kept);
        Some(Arc::new(record.open(&self.sandbox)))
    }

    /// All calls that are kept, the oldest first, and how many older ones are kept no longer.
    #[must_use]
    pub fn entries(&self) -> (Vec<Arc<Entry>>, u64) {
        let (records, dropped) = self.records();
        let entries = records.iter().map(|record| record.open(&self.sandbox));
        (entries.map(Arc::new).collect(), dropped)
    }

    /// Forgets these calls. Their numbers are not given again.
    pub fn remove(&self, numbers: &[u64]) {
        let gone: BTreeSet<u64> = numbers.iter().copied().collect();
        let mut removed = Vec::new();
        let mut kept = self.kept();
        let entries = std::mem::take(&mut kept.entries);
        for weighed in entries {
            if gone.contains(&weighed.record.number) {
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
        let (records, dropped) = self.records();
        query.page(&records, dropped, &self.sandbox)
    }

    /// All calls as they are kept, and how many older ones are kept no longer.
    fn records(&self) -> (Vec<Arc<Record>>, u64) {
        let kept = self.kept();
        let records = kept.entries.iter().map(|kept| kept.record.clone());
        (records.collect(), kept.dropped)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
