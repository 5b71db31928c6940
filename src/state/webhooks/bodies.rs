//! How many bytes deliveries keep, and whose go first when there are too many.

use imbl::OrdSet;

use super::delivery::Delivery;

/// The deliveries that keep a body.
#[derive(Clone, Debug, Default)]
pub(super) struct Bodies {
    /// All bytes together. A body that several deliveries share counts with each of them.
    bytes: usize,
    all: OrdSet<u64>,
    /// Those of deliveries that are over.
    finished: OrdSet<u64>,
}

impl Bodies {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The delivery whose body goes first: the oldest that is over, or else the oldest of all.
    pub(super) fn first_to_go(&self) -> Option<u64> {
        let first = self.finished.get_min().or_else(|| self.all.get_min());
        first.copied()
    }

    pub(super) fn add(&mut self, delivery: &Delivery) {
        let kept = delivery.payload.kept();
        if kept == 0 {
            return;
        }
        self.bytes += kept;
        self.all.insert(delivery.id);
        if delivery.status.is_final() {
            self.finished.insert(delivery.id);
        }
    }

    pub(super) fn remove(&mut self, delivery: &Delivery) {
        if self.all.remove(&delivery.id).is_some() {
            self.bytes -= delivery.payload.kept();
            self.finished.remove(&delivery.id);
        }
    }
}
