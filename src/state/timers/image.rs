//! Timers in an image: a row each, with the how-manieth it was to be set.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Slot, Timer, Timers};
use crate::state::image::Writer;

/// A timer, when it is due, and the how-manieth it was to be set.
pub(in crate::state) type TimerRow = (Timestamp, u64, Timer);

impl Timers {
    pub(in crate::state) fn write(&self, out: &mut Writer<'_>) {
        out.row("timersNext", &self.next);
        // In the order in which they were set: so they are put behind each other again.
        let by_number: BTreeMap<u64, (Timestamp, &Timer)> = self
            .due
            .iter()
            .map(|((at, number), timer)| (*number, (*at, timer)))
            .collect();
        let timers = by_number.into_iter();
        out.rows(
            "timers",
            timers.map(|(number, (at, timer))| (at, number, timer)),
        );
    }

    pub(in crate::state) fn restore_next(&mut self, next: u64) {
        self.next = next;
    }

    pub(in crate::state) fn restore(&mut self, (at, number, timer): TimerRow) {
        let slot: Slot = (at, number);
        let owner = (timer.machine.clone(), timer.key.clone());
        self.of_record.entry(owner).or_default().push(slot);
        self.due.insert(slot, timer);
    }
}
