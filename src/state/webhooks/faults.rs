//! What can go wrong with deliveries on purpose, and what a tester has put in line for them.

use imbl::Vector;
use serde::{Deserialize, Serialize};

use crate::domain::event_pattern::{EventPattern, any_fits};

/// A way in which deliveries go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultMode {
    /// The same event, with the same id, is delivered twice.
    Duplicate,
    /// It goes after the next one.
    Reorder,
    /// It goes some seconds later.
    Delay,
    /// It never goes.
    Drop,
    /// It goes after the next event of the same record.
    Late,
    /// Its signature is wrong.
    BadSignature,
    /// Its time is some seconds off.
    ClockSkew,
}

/// What is wrong with a request that is sent all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Flaw {
    /// Its signature does not fit.
    BadSignature,
    /// Its time is so many seconds off.
    ClockSkew(i64),
}

/// A fault that a tester has put in line for the next events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueuedFault {
    /// Its number in line: 1, 2, 3 …
    pub id: u64,
    /// What goes wrong.
    pub mode: FaultMode,
    /// With how many events it still does.
    pub times: u64,
    /// Which events, as patterns; any, if there is none.
    pub events: Vec<EventPattern>,
    /// How many seconds: of the delay, the skew, or the longest wait for a next event.
    pub seconds: i64,
}

/// The line: first in, first out.
#[derive(Clone, Debug, Default)]
pub struct FaultQueue {
    queue: Vector<QueuedFault>,
    last_id: u64,
}

impl FaultQueue {
    /// What is in line, the first first.
    pub fn iter(&self) -> impl Iterator<Item = &QueuedFault> {
        self.queue.iter()
    }

    /// The number that the next entry gets.
    #[must_use]
    pub fn next_id(&self) -> u64 {
        self.last_id + 1
    }

    /// The first entry that concerns an event of this name.
    #[must_use]
    pub fn first_for(&self, event: &str) -> Option<&QueuedFault> {
        let concerns = |fault: &&QueuedFault| any_fits(&fault.events, event);
        self.queue.iter().find(concerns)
    }

    pub(super) fn restore_last(&mut self, id: u64) {
        self.last_id = id;
    }

    pub(super) fn push(&mut self, fault: &QueuedFault) {
        self.last_id = self.last_id.max(fault.id);
        self.queue.push_back(fault.clone());
    }

    pub(super) fn take(&mut self, id: u64) {
        for fault in self.queue.iter_mut().filter(|fault| fault.id == id) {
            fault.times = fault.times.saturating_sub(1);
        }
        self.queue.retain(|fault| fault.times > 0);
    }

    pub(super) fn remove(&mut self, id: u64) {
        self.queue.retain(|fault| fault.id != id);
    }

    pub(super) fn clear(&mut self) {
        self.queue.clear();
    }
}
