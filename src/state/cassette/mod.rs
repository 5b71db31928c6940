//! The cassette that runs in a sandbox, and what has become of it so far.

pub(super) mod image;
mod loaded;
mod miss;
mod running;
mod written;

use std::sync::Arc;

use imbl::OrdMap;
use serde_json::Value;

pub use loaded::{Loaded, NO_PACK, Settings, asked, headers};
pub use miss::{Miss, Nearest};
pub use running::{DELAY_MAX, Found, MISSES_MAX, Matching, Mode, Running, Started};

/// How many reports of cassettes that have ended are kept.
pub const REPORTS_MAX: usize = 100;

/// The cassette that runs, and the reports of those that have ended.
#[derive(Clone, Debug, Default)]
pub struct Cassettes {
    running: Option<Arc<Running>>,
    /// By name; a number tells which is the oldest.
    reports: OrdMap<Arc<str>, (u64, Arc<Value>)>,
    ended: u64,
}

impl Cassettes {
    /// The cassette that runs, if one does.
    #[must_use]
    pub fn running(&self) -> Option<&Arc<Running>> {
        self.running.as_ref()
    }

    /// What was reported of the cassette of this name when it ended.
    #[must_use]
    pub fn report(&self, name: &str) -> Option<&Arc<Value>> {
        self.reports.get(name).map(|(_, report)| report)
    }

    /// What was reported is told of files, which do not go back in time.
    pub(super) fn keep_reports_of(&mut self, other: &Self) {
        self.reports = other.reports.clone();
        self.ended = other.ended;
    }

    /// Nothing runs, and nothing is reported of it.
    pub(super) fn drop_running(&mut self) {
        self.running = None;
    }

    pub(super) fn start(&mut self, started: &Arc<Started>) {
        self.running = Some(Arc::new(Running::new(started.clone())));
    }

    /// What runs, to change it: there is nothing to change where nothing runs.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Running)) {
        if let Some(running) = &mut self.running {
            change(Arc::make_mut(running));
        }
    }

    pub(super) fn stop(&mut self, report: &Arc<Value>) {
        let Some(running) = self.running.take() else {
            return;
        };
        self.ended += 1;
        let name = running.started.name.clone();
        self.reports.insert(name, (self.ended, report.clone()));
        if self.reports.len() > REPORTS_MAX {
            let oldest = self.reports.iter().min_by_key(|(_, (ended, _))| *ended);
            let oldest = oldest.map(|(name, _)| name.clone());
            oldest.and_then(|name| self.reports.remove(&name));
        }
    }
}

#[cfg(test)]
mod tests;
