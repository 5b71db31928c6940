//! The alarm: wakes sandboxes in which something is due, without a call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;

use super::{Service, now};
use crate::domain::name::SandboxId;

/// When each sandbox is to be woken, by the machine's clock.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    times: Mutex<Times>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Times {
    due: BTreeSet<(Timestamp, SandboxId)>,
    of: BTreeMap<SandboxId, Timestamp>,
}

impl Alarm {
    /// Wakes a sandbox then, and at no other time; never, if there is no time.
    pub(super) fn set(&self, sandbox: &SandboxId, due: Option<Timestamp>) {
        let mut times = self.times();
        if times.of.get(sandbox).copied() == due {
            return;
        }
        if let Some(before) = times.of.remove(sandbox) {
            times.due.remove(&(before, sandbox.clone()));
        }
        if let Some(due) = due {
            times.of.insert(sandbox.clone(), due);
            times.due.insert((due, sandbox.clone()));
        }
        drop(times);
        self.changed.notify_one();
    }

    pub(super) fn next(&self) -> Option<Timestamp> {
        self.times().due.first().map(|(due, _)| *due)
    }

    /// Takes out the sandboxes that are due.
    pub(super) fn take_due(&self, now: Timestamp) -> Vec<SandboxId> {
        let mut times = self.times();
        let mut due = Vec::new();
        while let Some((at, sandbox)) = times.due.first().cloned() {
            if at > now {
                break;
            }
            times.due.pop_first();
            times.of.remove(&sandbox);
            due.push(sandbox);
        }
        due
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes sandboxes as long as the service lives.
pub(super) async fn run(service: Weak<Service>) {
    /// A machine's clock may be set while we sleep, so no sleep is longer than this.
    const LONGEST: Duration = Duration::from_secs(60);
    while let Some(alive) = service.upgrade() {
        for sandbox in alive.alarm.take_due(now()) {
            alive.wake(&sandbox).await;
        }
        let wait = match alive.alarm.next() {
            None => LONGEST,
            Some(due) => Duration::try_from(due.duration_since(now()))
                .unwrap_or(Duration::ZERO)
                .min(LONGEST),
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = alive.alarm.changed.notified() => {}
        }
    }
}
