//! Webhooks in an image: deliveries, then what is to be sent when, then what was counted.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::delivery::{Delivery, Status};
use super::faults::QueuedFault;
use super::queue::{QueueRow, Queues};
use super::{Disabled, Webhooks};
use crate::domain::name::Name;
use crate::state::image::Writer;

/// Numbers that outlive what they were given to.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::state) struct Numbers {
    last_id: u64,
    life: u64,
    queued: u64,
    last_fault: u64,
}

impl Webhooks {
    pub(in crate::state) fn write(&self, out: &mut Writer<'_>) {
        let numbers = Numbers {
            last_id: self.last_id,
            life: self.life,
            queued: self.queues.queued(),
            last_fault: self.faults.next_id() - 1,
        };
        out.row("webhooks", &numbers);
        out.rows("deliveries", self.deliveries.values());
        self.queues.write(out);
        out.rows("disabled", self.disabled.iter());
        out.rows("emitted", self.emitted.iter());
        out.rows("met", self.met.iter());
        out.rows("webhookFaults", self.faults.iter());
    }

    pub(in crate::state) fn restore_numbers(&mut self, numbers: &Numbers) {
        self.last_id = numbers.last_id;
        self.life = numbers.life;
        self.queues = Queues::from(numbers.queued);
        self.faults.restore_last(numbers.last_fault);
    }

    /// Takes a delivery in. When it is sent stands in a row of its own.
    pub(in crate::state) fn restore_delivery(&mut self, delivery: Delivery) {
        self.bodies.add(&delivery);
        if !matches!(delivery.status, Status::Pending | Status::InFlight) {
            self.finished.insert(delivery.id);
        }
        if delivery.waits_for.is_some() {
            let held = self.held.entry(delivery.endpoint.id.clone()).or_default();
            held.insert(delivery.id);
        }
        self.deliveries.insert(delivery.id, Arc::new(delivery));
    }

    pub(in crate::state) fn restore_queue(&mut self, row: QueueRow) {
        self.queues.restore(row);
    }

    pub(in crate::state) fn restore_disabled(&mut self, endpoint: Arc<str>, disabled: Disabled) {
        self.disabled.insert(endpoint, disabled);
    }

    pub(in crate::state) fn restore_emitted(&mut self, event: Name, times: u64) {
        self.emitted.insert(event, times);
    }

    pub(in crate::state) fn restore_met(&mut self, rule: Name, times: u64) {
        self.met.insert(rule, times);
    }

    pub(in crate::state) fn restore_fault(&mut self, fault: &QueuedFault) {
        self.faults.push(fault);
    }
}
