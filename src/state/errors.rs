//! The error queue: answers that a tester has put in line for the next matching calls.

use std::sync::Arc;

use imbl::Vector;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::name::Name;

/// Answers in line for calls of one tool, or of any.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueuedError {
    /// Its number in the queue: 1, 2, 3 …
    pub id: u64,
    /// The status that a call is answered with.
    pub status: u16,
    /// How many calls it still answers.
    pub count: u64,
    /// Only calls of this tool; of any stub, if none is named.
    pub tool: Option<Name>,
    /// How many matching calls it still lets through first.
    pub after: u64,
    /// Headers of the answer.
    pub headers: Arc<Map<String, Value>>,
    /// Body of the answer; the pack's own shape of an error, if there is none.
    pub body: Option<Arc<Value>>,
    /// Milliseconds of wall time before the answer.
    pub delay_milliseconds: u64,
}

impl QueuedError {
    /// Whether a call of `tool` (or of a stub that is none) concerns it.
    #[must_use]
    pub fn concerns(&self, tool: Option<&Name>) -> bool {
        self.tool.is_none() || self.tool.as_ref() == tool
    }
}

/// The queue: first in, first out.
#[derive(Clone, Debug, Default)]
pub struct ErrorQueue {
    queue: Vector<QueuedError>,
    last_id: u64,
}

impl ErrorQueue {
    /// What is in line, the first first.
    pub fn iter(&self) -> impl Iterator<Item = &QueuedError> {
        self.queue.iter()
    }

    /// The entry `id`.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<&QueuedError> {
        self.queue.iter().find(|error| error.id == id)
    }

    /// The id that the next entry gets.
    #[must_use]
    pub fn next_id(&self) -> u64 {
        self.last_id + 1
    }

    /// Whether nothing is in line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn restore_last(&mut self, id: u64) {
        self.last_id = id;
    }

    pub(super) fn push(&mut self, error: &QueuedError) {
        self.last_id = self.last_id.max(error.id);
        self.queue.push_back(error.clone());
    }

    pub(super) fn pass(&mut self, id: u64) {
        self.change(id, |error| error.after = error.after.saturating_sub(1));
    }

    pub(super) fn take(&mut self, id: u64) {
        self.change(id, |error| error.count = error.count.saturating_sub(1));
        self.queue.retain(|error| error.count > 0);
    }

    pub(super) fn remove(&mut self, id: u64) {
        self.queue.retain(|error| error.id != id);
    }

    pub(super) fn clear(&mut self) {
        self.queue.clear();
    }

    fn change(&mut self, id: u64, change: impl FnOnce(&mut QueuedError)) {
        if let Some(error) = self.queue.iter_mut().find(|error| error.id == id) {
            change(error);
        }
    }
}
