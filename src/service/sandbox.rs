//! What a running server keeps for a sandbox beside its state.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::{ArcSwap, ArcSwapOption, Guard};
use jiff::Timestamp;

use super::alarm::Alarm;
use super::cassettes::Recorder;
use super::events::{End, Events};
use super::metrics::Meter;
use super::numbers::Numbers;
use super::overlay::Overlay;
use super::traffic::Traffic;
use crate::access::Caps;
use crate::definition::compiled::Stub;
use crate::domain::name::SandboxId;
use crate::domain::time::Clock;
use crate::engine;
use crate::log::{Bounds, CallLog, Watcher};
use crate::state::SandboxState;
use crate::state::faults::Faults;
use crate::store::Key;

/// A sandbox of a running server.
#[derive(Debug)]
pub struct Sandbox {
    /// Its id.
    pub id: SandboxId,
    /// Its calls.
    pub log: CallLog,
    /// What is going on in it.
    pub traffic: Arc<Traffic>,
    /// Which life of the id it is.
    pub(super) key: Key,
    /// What happens in it, for who listens.
    pub events: Arc<Events>,
    /// What is counted of it.
    pub(super) meter: Arc<Meter>,
    pub(super) overlay: Overlay,
    /// Changes of the overlay come one at a time, so that state and index agree.
    pub(super) changing: tokio::sync::Mutex<()>,
    /// A recording begins or ends one at a time.
    pub(super) recording: tokio::sync::Mutex<()>,
    /// A cassette begins or ends one at a time.
    pub(super) cassette: tokio::sync::Mutex<()>,
    /// What is being recorded to a cassette.
    pub(super) recorder: ArcSwapOption<Recorder>,
    /// The numbers that its calls may have.
    pub(super) numbers: Numbers,
    noted: Mutex<Noted>,
    interferes: AtomicBool,
    cassette_decides: AtomicBool,
    clock: ArcSwap<Clock>,
    faults: ArcSwap<Faults>,
    caps: ArcSwap<Caps>,
}

/// What has been noted beside the state. Commits may come to be noted in another order than they
/// were made in, so only a newer one is taken.
#[derive(Debug, Default)]
struct Noted {
    commit: Option<u64>,
    /// When the alarm is set for.
    due: Option<Timestamp>,
    /// When it is set to end the sandbox.
    end: Option<Timestamp>,
}

impl Sandbox {
    pub(super) fn new(
        key: Key,
        bounds: Bounds,
        watcher: Option<Arc<dyn Watcher>>,
        clock: Clock,
        numbers: Numbers,
        meter: Arc<Meter>,
    ) -> Self {
        Self {
            meter,
            events: Arc::default(),
            id: key.id.clone(),
            log: CallLog::new(key.id.clone(), bounds).watched(watcher),
            traffic: Traffic::new(),
            key,
            overlay: Overlay::default(),
            changing: tokio::sync::Mutex::new(()),
            recording: tokio::sync::Mutex::new(()),
            cassette: tokio::sync::Mutex::new(()),
            recorder: ArcSwapOption::empty(),
            numbers,
            noted: Mutex::default(),
            interferes: AtomicBool::new(false),
            cassette_decides: AtomicBool::new(false),
            clock: ArcSwap::from_pointee(clock),
            faults: ArcSwap::default(),
            caps: ArcSwap::default(),
        }
    }

    /// What it may hold, and where it may send. It takes no lock.
    pub(super) fn caps(&self) -> Guard<Arc<Caps>> {
        self.caps.load()
    }

    /// From now on it may hold so much.
    pub(super) fn limit(&self, caps: Caps) {
        self.log.bound(caps.log_bytes);
        self.caps.store(Arc::new(caps));
    }

    /// The stub of the overlay with this id.
    #[must_use]
    pub fn stub(&self, id: &str) -> Option<Arc<Stub>> {
        self.overlay.get(id)
    }

    /// All stubs of the overlay, by their ids.
    #[must_use]
    pub fn stubs(&self) -> Vec<Arc<Stub>> {
        self.overlay.all()
    }

    /// Whether a tester has said something that concerns any answer: one in line, or a delay.
    pub(super) fn tester_interferes(&self) -> bool {
        self.interferes.load(Ordering::Acquire)
    }

    /// Whether fault rules may concern calls of a stub. It takes no lock.
    pub(super) fn may_go_wrong(&self, stub: &str) -> bool {
        self.faults.load().concern_stub(stub)
    }

    /// Whether a cassette decides about calls. It takes no lock.
    pub(super) fn cassette_decides(&self) -> bool {
        self.cassette_decides.load(Ordering::Acquire)
    }

    /// What the sandbox clock shows while the machine's shows `wall`. It takes no lock.
    pub(super) fn shows(&self, wall: Timestamp) -> Timestamp {
        self.clock.load().read(wall)
    }

    /// Notes what calls look at without a lock, and sets the alarm, if nothing newer is noted.
    pub(super) fn after(&self, commit: u64, state: &SandboxState, alarm: &Alarm) {
        let mut noted = self.noted();
        if noted.commit.is_some_and(|newest| newest >= commit) {
            return;
        }
        noted.commit = Some(commit);
        let interferes = !state.errors.is_empty() || state.settings.delay_answers();
        if self.interferes.load(Ordering::Relaxed) != interferes {
            self.interferes.store(interferes, Ordering::Release);
        }
        let decides = engine::cassette_decides(state);
        if self.cassette_decides.load(Ordering::Relaxed) != decides {
            self.cassette_decides.store(decides, Ordering::Release);
        }
        if **self.clock.load() != state.clock {
            self.clock.store(Arc::new(state.clock));
        }
        if !self.faults.load().concern_the_same(&state.faults) {
            self.faults.store(Arc::new(state.faults.clone()));
        }
        let due = engine::next_due(state).and_then(|due| state.clock.wall_time_of(due));
        // All sandboxes share the alarm, so it is left alone unless there is news.
        if noted.due != due {
            noted.due = due;
            alarm.set(&self.id, due);
        }
        let end = state.opening.expires_at;
        if noted.end != end {
            noted.end = end;
            alarm.set_end(&self.id, end);
        }
    }

    /// The alarm has gone off, and must be set again even for the same time.
    pub(super) fn alarm_went_off(&self) {
        self.noted().due = None;
    }

    /// The sandbox is deleted: what is still under way for it sets no alarm any more, and what is being
    /// recorded ends.
    pub(super) fn close(&self, alarm: &Alarm) {
        self.recorder.store(None);
        self.events.end(End::Deleted);
        self.noted().commit = Some(u64::MAX);
        alarm.set(&self.id, None);
        alarm.set_end(&self.id, None);
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::name::Name;
    use crate::state::Effect;
    use crate::state::timers::Timer;

    fn second(at: i64) -> Timestamp {
        Timestamp::from_second(at).expect("a time")
    }

    /// A state in which something is due then, if that is given; else its clock stands still.
    fn state(due: Option<i64>) -> SandboxState {
        let mut state = SandboxState::new(Arc::default(), second(0));
        match due {
            None => state.clock = Clock::Frozen { now: second(0) },
            Some(due) => {
                state.clock = Clock::System;
                let timer = Timer {
                    machine: Name::new(&"pack".into(), "machine"),
                    key: "key".into(),
                    transition: "end".into(),
                    alternative: 0,
                };
                let at = second(due);
                state.apply(&Effect::TimerSet { timer, at });
            }
        }
        state
    }

    /// Notes commits in this order, and gives what the sandbox shows at second 9 and what the alarm
    /// is set for.
    fn check(noted: &[(u64, Option<i64>)], close: bool, expected: (i64, Option<i64>)) {
        let (key, alarm) = (
            Key {
                id: SandboxId::default_sandbox(),
                generation: 0,
            },
            Alarm::default(),
        );
        let bounds = Bounds { calls: 1, bytes: 1 };
        let sandbox = Sandbox::new(
            key,
            bounds,
            None,
            Clock::System,
            Numbers::upto(u64::MAX),
            Arc::default(),
        );
        if close {
            sandbox.close(&alarm);
        }
        for (commit, due) in noted {
            sandbox.after(*commit, &state(*due), &alarm);
        }
        let seen = (
            sandbox.shows(second(9)).as_second(),
            alarm.next().map(Timestamp::as_second),
        );
        assert_eq!(seen, expected, "{noted:?}");
    }

    #[test]
    fn the_newest_commit_is_noted_in_whatever_order_they_come() {
        check(&[(0, Some(5))], false, (9, Some(5)));
        check(&[(1, Some(5)), (2, Some(6))], false, (9, Some(6)));
        check(&[(2, Some(6)), (1, Some(5))], false, (9, Some(6)));
        check(&[(2, None), (1, Some(5)), (0, Some(4))], false, (0, None));
        check(&[(1, Some(5)), (2, None)], false, (0, None));
    }

    #[test]
    fn a_deleted_sandbox_sets_no_alarm() {
        check(&[(1, Some(5)), (2, None)], true, (9, None));
    }

    #[test]
    fn an_alarm_that_went_off_is_set_again_for_the_same_time() {
        let id = SandboxId::default_sandbox();
        let key = Key { id, generation: 0 };
        let (bounds, alarm) = (Bounds { calls: 1, bytes: 1 }, Alarm::default());
        let sandbox = Sandbox::new(
            key,
            bounds,
            None,
            Clock::System,
            Numbers::upto(u64::MAX),
            Arc::default(),
        );
        sandbox.after(1, &state(Some(5)), &alarm);
        assert_eq!(alarm.take_due(second(5)).len(), 1);
        sandbox.alarm_went_off();
        sandbox.after(2, &state(Some(5)), &alarm);
        assert_eq!(alarm.next(), Some(second(5)));
    }
}
