//! The alarm: wakes sandboxes in which something is due, without a call, and ends those whose time is
//! over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;

use super::{Service, now};
use crate::domain::name::SandboxId;

/// When each sandbox is to be woken, and when it is to end, by the machine's clock.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    wake: Mutex<Times>,
    end: Mutex<Times>,
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
        if locked(&self.wake).set(sandbox, due) {
            self.changed.notify_one();
        }
    }

    /// Ends a sandbox then, and at no other time; never, if there is no time.
    pub(super) fn set_end(&self, sandbox: &SandboxId, due: Option<Timestamp>) {
        if locked(&self.end).set(sandbox, due) {
            self.changed.notify_one();
        }
    }

    /// When there is something to do next.
    pub(super) fn next(&self) -> Option<Timestamp> {
        let (wake, end) = (locked(&self.wake).next(), locked(&self.end).next());
        wake.into_iter().chain(end).min()
    }

    /// Takes out the sandboxes that are to be woken.
    pub(super) fn take_due(&self, now: Timestamp) -> Vec<SandboxId> {
        locked(&self.wake).take_due(now)
    }

    /// Takes out the sandboxes that are to end.
    pub(super) fn take_ended(&self, now: Timestamp) -> Vec<SandboxId> {
        locked(&self.end).take_due(now)
    }
}

impl Times {
    /// Whether this is news.
    fn set(&mut self, sandbox: &SandboxId, due: Option<Timestamp>) -> bool {
        if self.of.get(sandbox).copied() == due {
            return false;
        }
        if let Some(before) = self.of.remove(sandbox) {
            self.due.remove(&(before, sandbox.clone()));
        }
        if let Some(due) = due {
            self.of.insert(sandbox.clone(), due);
            self.due.insert((due, sandbox.clone()));
        }
        true
    }

    fn next(&self) -> Option<Timestamp> {
        self.due.first().map(|(due, _)| *due)
    }

    fn take_due(&mut self, now: Timestamp) -> Vec<SandboxId> {
        let mut due = Vec::new();
        while self.next().is_some_and(|at| at <= now) {
            if let Some((_, sandbox)) = self.due.pop_first() {
                self.of.remove(&sandbox);
                due.push(sandbox);
            }
        }
        due
    }
}

fn locked(times: &Mutex<Times>) -> MutexGuard<'_, Times> {
    times.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Wakes and ends sandboxes as long as the service lives.
pub(super) async fn run(service: Weak<Service>) {
    /// A machine's clock may be set while we sleep, so no sleep is longer than this.
    const LONGEST: Duration = Duration::from_secs(60);
    while let Some(alive) = service.upgrade() {
        for sandbox in alive.alarm.take_due(now()) {
            alive.wake(&sandbox).await;
        }
        for sandbox in alive.alarm.take_ended(now()) {
            alive.expire(&sandbox).await;
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
