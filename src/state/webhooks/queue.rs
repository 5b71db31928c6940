//! What is to be sent when, endpoint by endpoint: one delivery of an endpoint at a time.

use std::sync::Arc;

use imbl::OrdMap;
use jiff::Timestamp;

use crate::state::image::Writer;

/// When a delivery is due, and the how-manieth it was to be queued.
type Slot = (Timestamp, u64);

/// The queue of an endpoint in an image: when each delivery is due and the how-manieth it was to be
/// queued, and the one that is under way.
pub(in crate::state) type QueueRow = (Arc<str>, Vec<(Timestamp, u64, u64)>, Option<u64>);

/// All queues, and which of them has something to send first.
#[derive(Clone, Debug, Default)]
pub(super) struct Queues {
    of: OrdMap<Arc<str>, Queue>,
    /// The first of each endpoint that has nothing under way.
    heads: OrdMap<Slot, Arc<str>>,
    next: u64,
}

/// What is to be sent to one endpoint.
#[derive(Clone, Debug, Default)]
struct Queue {
    due: OrdMap<Slot, u64>,
    in_flight: Option<u64>,
}

impl Queue {
    fn head(&self) -> Option<Slot> {
        match self.in_flight {
            Some(_) => None,
            None => self.due.get_min().map(|(slot, _)| *slot),
        }
    }
}

impl Queues {
    /// What can be sent first, and when.
    pub(super) fn next(&self) -> Option<(Timestamp, u64)> {
        let (slot, endpoint) = self.heads.get_min()?;
        let delivery = self.of.get(endpoint)?.due.get(slot)?;
        Some((slot.0, *delivery))
    }

    /// Queues a delivery, behind all that is due at the same time.
    pub(super) fn add(&mut self, endpoint: &Arc<str>, at: Timestamp, delivery: u64) {
        let slot = (at, self.next);
        self.next += 1;
        self.change(endpoint, |queue| {
            queue.due.insert(slot, delivery);
        });
    }

    /// Takes a delivery out, if it is in.
    pub(super) fn remove(&mut self, endpoint: &Arc<str>, at: Timestamp, delivery: u64) {
        self.change(endpoint, |queue| {
            let at_that_time = queue.due.range((at, 0)..=(at, u64::MAX));
            let found = at_that_time
                .into_iter()
                .find(|(_, queued)| **queued == delivery)
                .map(|(slot, _)| *slot);
            if let Some(slot) = found {
                queue.due.remove(&slot);
            }
        });
    }

    /// A delivery is under way: the endpoint's others wait.
    pub(super) fn begin(&mut self, endpoint: &Arc<str>, delivery: u64) {
        self.change(endpoint, |queue| queue.in_flight = Some(delivery));
    }

    /// A delivery is under way no longer.
    pub(super) fn end(&mut self, endpoint: &Arc<str>, delivery: u64) {
        self.change(endpoint, |queue| {
            if queue.in_flight == Some(delivery) {
                queue.in_flight = None;
            }
        });
    }

    /// How many were ever queued.
    pub(super) fn queued(&self) -> u64 {
        self.next
    }

    /// Nothing is queued, after so many.
    pub(super) fn from(queued: u64) -> Self {
        Self {
            next: queued,
            ..Self::default()
        }
    }

    pub(super) fn write(&self, out: &mut Writer<'_>) {
        for (endpoint, queue) in &self.of {
            let due = queue.due.iter();
            let due: Vec<_> = due.map(|((at, nth), id)| (*at, *nth, *id)).collect();
            out.row("queues", &(endpoint, due, queue.in_flight));
        }
    }

    pub(super) fn restore(&mut self, (endpoint, due, in_flight): QueueRow) {
        self.change(&endpoint, |queue| {
            queue.due = due
                .into_iter()
                .map(|(at, nth, id)| ((at, nth), id))
                .collect();
            queue.in_flight = in_flight;
        });
    }

    fn change(&mut self, endpoint: &Arc<str>, change: impl FnOnce(&mut Queue)) {
        let queue = self.of.entry(endpoint.clone()).or_default();
        let before = queue.head();
        change(queue);
        let after = queue.head();
        let idle = queue.due.is_empty() && queue.in_flight.is_none();
        if before != after {
            if let Some(before) = before {
                self.heads.remove(&before);
            }
            if let Some(after) = after {
                self.heads.insert(after, endpoint.clone());
            }
        }
        if idle {
            self.of.remove(endpoint);
        }
    }
}
