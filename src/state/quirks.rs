//! The quirks of paging that a tester has put in line, and how often declared ones were used.

use imbl::{OrdMap, Vector};
use serde::{Deserialize, Serialize};

use crate::domain::name::Name;
use crate::domain::quirk::Quirk;

/// A quirk in line for the next pages of one tool, or of any.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueuedQuirk {
    /// Its number in the line: 1, 2, 3 …
    pub id: u64,
    /// Only pages of this tool; of any, if none is named.
    pub tool: Option<Name>,
    /// What it is.
    pub quirk: Quirk,
    /// How many pages it still concerns.
    pub left: u64,
}

impl QueuedQuirk {
    /// Whether a page of `tool` concerns it.
    #[must_use]
    pub fn concerns(&self, tool: &Name) -> bool {
        self.tool.as_ref().is_none_or(|own| own == tool)
    }
}

/// The line: first in, first out.
#[derive(Clone, Debug, Default)]
pub struct Quirks {
    queue: Vector<QueuedQuirk>,
    last_id: u64,
    used: OrdMap<(Name, usize), u64>,
}

impl Quirks {
    /// What is in line, the first first.
    pub fn iter(&self) -> impl Iterator<Item = &QueuedQuirk> {
        self.queue.iter()
    }

    /// The id that the next entry gets.
    #[must_use]
    pub fn next_id(&self) -> u64 {
        self.last_id + 1
    }

    /// How often the declared quirk `at` of a tool was used, where that is counted.
    #[must_use]
    pub fn used(&self, tool: &Name, at: usize) -> u64 {
        self.used.get(&(tool.clone(), at)).copied().unwrap_or(0)
    }

    /// How often declared quirks were used, where that is counted.
    pub(super) fn all_used(&self) -> impl Iterator<Item = (&(Name, usize), &u64)> {
        self.used.iter()
    }

    pub(super) fn restore_last(&mut self, id: u64) {
        self.last_id = id;
    }

    pub(super) fn restore_used(&mut self, quirk: (Name, usize), times: u64) {
        self.used.insert(quirk, times);
    }

    pub(super) fn push(&mut self, quirk: &QueuedQuirk) {
        self.last_id = self.last_id.max(quirk.id);
        self.queue.push_back(quirk.clone());
    }

    pub(super) fn take(&mut self, id: u64) {
        if let Some(entry) = self.queue.iter_mut().find(|entry| entry.id == id) {
            entry.left = entry.left.saturating_sub(1);
        }
        self.queue.retain(|entry| entry.left > 0);
    }

    pub(super) fn count(&mut self, tool: &Name, at: usize) {
        *self.used.entry((tool.clone(), at)).or_insert(0) += 1;
    }

    pub(super) fn clear(&mut self) {
        self.queue.clear();
    }
}
