//! Which calls a reader of the log wants.

use std::sync::Arc;

use jiff::Timestamp;

use super::Entry;
use super::record::Record;
use crate::domain::name::SandboxId;

/// A filter over calls, and a page of what it finds.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Only calls of this tool: bare, or with its pack.
    pub tool: Option<String>,
    /// Only calls for this agent.
    pub agent: Option<String>,
    /// Only calls answered with this status.
    pub status: Option<u16>,
    /// Only calls that were claimed, or that were not.
    pub matched: Option<bool>,
    /// Only calls of this trace, by its 32 digits.
    pub trace_id: Option<String>,
    /// Only calls after this point.
    pub since: Option<Since>,
    /// Only calls with a number above this one: where the page before ended.
    pub after: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

/// A point in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// After the call of this number.
    Number(u64),
    /// At this sandbox time or later.
    Time(Timestamp),
}

/// What was found.
#[derive(Debug)]
pub struct Page {
    /// The calls, the oldest first.
    pub calls: Vec<Arc<Entry>>,
    /// How many kept calls the filter finds, on all pages.
    pub total: usize,
    /// How many older calls are kept no longer.
    pub dropped: u64,
    /// Where the next page begins, if there is one: the number of this page's last call.
    pub next: Option<u64>,
}

impl Query {
    pub(super) fn page(&self, records: &[Arc<Record>], dropped: u64, sandbox: &SandboxId) -> Page {
        let found: Vec<&Arc<Record>> = records.iter().filter(|record| self.wants(record)).collect();
        let total = found.len();
        let rest = found
            .into_iter()
            .filter(|record| self.after.is_none_or(|after| record.number > after));
        let mut calls: Vec<&Arc<Record>> = rest.take(self.limit.saturating_add(1)).collect();
        let more = calls.len() > self.limit;
        calls.truncate(self.limit);
        let last = calls.last().map(|record| record.number).or(self.after);
        Page {
            next: last.filter(|_| more),
            calls: calls
                .iter()
                .map(|record| Arc::new(record.open(sandbox)))
                .collect(),
            total,
            dropped,
        }
    }

    fn wants(&self, record: &Record) -> bool {
        let tool = |wanted: &String| {
            let called = record.tool.as_ref();
            called.is_some_and(|tool| &*tool.name == wanted || tool.to_string() == *wanted)
        };
        let since = |since: Since| match since {
            Since::Number(number) => record.number > number,
            Since::Time(time) => record.at >= time,
        };
        self.tool.as_ref().is_none_or(tool)
            && self
                .agent
                .as_ref()
                .is_none_or(|agent| record.agent.as_deref() == Some(agent))
            && self.status.is_none_or(|status| record.status == status)
            && self.matched.is_none_or(|matched| record.matched == matched)
            && self.since.is_none_or(since)
            && self
                .trace_id
                .as_ref()
                .is_none_or(|trace| record.is_of_trace(trace))
    }
}
