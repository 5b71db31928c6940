//! Cassettes in an image: the one that runs, with all that it plays and what was used of it, and the
//! reports of those that have ended.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::running::Played;
use super::{Cassettes, Miss, Running, Started};
use crate::state::image::Writer;

/// How many have ended, and whether one runs.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::state) struct Numbers {
    ended: u64,
}

/// The cassette that runs, and what was used of it.
pub(in crate::state) type RunningRow = (Arc<Started>, Played);

/// A report: of which cassette, the how-manieth that has ended.
pub(in crate::state) type ReportRow = (Arc<str>, (u64, Arc<Value>));

impl Cassettes {
    pub(in crate::state) fn write(&self, out: &mut Writer<'_>) {
        out.row("cassettes", &Numbers { ended: self.ended });
        if let Some(running) = &self.running {
            out.row("running", &(&running.started, running.played()));
            out.rows("misses", running.misses());
        }
        out.rows("reports", self.reports.iter());
    }

    pub(in crate::state) fn restore_numbers(&mut self, numbers: &Numbers) {
        self.ended = numbers.ended;
    }

    pub(in crate::state) fn restore_running(&mut self, (started, played): RunningRow) {
        self.running = Some(Arc::new(Running::again(started, played)));
    }

    /// Whether a cassette runs.
    pub(in crate::state) fn restore_miss(&mut self, miss: Arc<Miss>) -> bool {
        let running = self.running.as_mut().map(Arc::make_mut);
        running.map(|running| running.restore_miss(miss)).is_some()
    }

    pub(in crate::state) fn restore_report(&mut self, (name, report): ReportRow) {
        self.reports.insert(name, report);
    }
}
