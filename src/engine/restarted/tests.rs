//! What a restart does to a state in which everything was under way.

use std::sync::Arc;

use super::*;
use crate::domain::time::Tick;
use crate::engine::{Input, decide};
use crate::state::image::tests::effects;
use crate::state::image::{STACK_BYTES, fingerprint};

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn restarted(state: &SandboxState, now: &str) -> (SandboxState, Decision) {
    let tick = Tick {
        now: at(now),
        wall: at(now),
    };
    let decision = decide(&Definitions::default(), state, &Input::Restarted, tick);
    let mut after = state.clone();
    for effect in decision.effects.iter() {
        after.apply(effect);
    }
    (after, decision)
}

/// A state in which everything was under way, and what more is said.
fn under_way(more: &[Effect]) -> SandboxState {
    let mut state = SandboxState::new(Arc::default(), Timestamp::UNIX_EPOCH);
    for effect in effects::all().iter().chain(more) {
        state.apply(effect);
    }
    state
}

fn on_a_large_stack(check: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    if let Err(panic) = thread.spawn(check).expect("a thread").join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn what_was_under_way_has_ended() {
    on_a_large_stack(|| {
        let before = under_way(&[]);
        assert!(!before.in_flight.is_empty() && before.faults.awaited().any(|(_, it)| it > 0));
        let (state, decision) = restarted(&before, "2026-03-01T10:01:00Z");
        assert!(state.in_flight.is_empty());
        assert!(state.faults.awaited().all(|(_, replies)| replies == 0));
        assert_eq!(state.recording.status(), "Stopped");
        // The stub that sent calls on is gone, and the others are not.
        let stubs: Vec<&str> = state.overlay.iter().map(|(id, _)| &**id).collect();
        assert_eq!(stubs, ["root2", "root1", "s1"]);
        let told: Vec<&str> = decision.trace.0.iter().map(|line| line.outcome).collect();
        assert!(
            told.starts_with(&["calls ended", "recording stopped", "sent again"]),
            "{told:?}"
        );
        // What is played goes on.
        assert!(state.cassettes.running().is_some());
        // Nothing is left to be ended a second time.
        let (again, second) = restarted(&state, "2026-03-01T10:01:00Z");
        assert_eq!(second.effects.len(), 0, "{:?}", second.effects);
        assert_eq!(fingerprint(&again), fingerprint(&state));
    });
}

#[test]
fn a_cassette_that_was_recorded_is_stopped_and_says_so() {
    on_a_large_stack(|| {
        let mut started = (*under_way(&[]).cassettes.running().expect("one").started).clone();
        started.mode = Mode::Record;
        started.loaded = None;
        started.name = "rec".into();
        let state = under_way(&[Effect::CassetteStarted(Arc::new(started))]);
        let (state, _) = restarted(&state, "2026-03-01T10:01:00Z");
        assert!(state.cassettes.running().is_none());
        let report = state.cassettes.report("rec").expect("a report");
        assert_eq!(report["passed"], false);
        assert!(
            report["error"]
                .as_str()
                .is_some_and(|why| why.contains("ended"))
        );
    });
}

#[test]
fn an_attempt_that_never_came_back_is_due_again_and_what_was_due_meanwhile_has_happened() {
    on_a_large_stack(|| {
        let before = under_way(&[]);
        let lost = before.webhooks.delivery(2).expect("a delivery");
        assert_eq!((lost.status, lost.attempts.len()), (Status::InFlight, 1));
        assert!(before.timers.len() > 1);
        let (state, decision) = restarted(&before, "2026-03-04T00:00:00Z");
        let again = state.webhooks.delivery(2).expect("a delivery");
        // It was tried, and is tried again: no pack is there which could sign it, and that is told.
        let outcomes = again.attempts.iter().map(|one| one.outcome.clone());
        let outcomes: Vec<Option<Outcome>> = outcomes.collect();
        assert_eq!(outcomes[0], Some(Outcome::Failed(UNKNOWN.into())));
        assert_eq!(outcomes.len(), 2, "{outcomes:?}");
        assert_eq!(state.now, at("2026-03-04T00:00:00Z"));
        assert!(state.timers.is_empty());
        let fired: Vec<Timestamp> = decision
            .effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::TimerTaken { at, .. } => Some(*at),
                _ => None,
            })
            .collect();
        assert!(
            fired.is_sorted() && fired.len() == before.timers.len(),
            "{fired:?}"
        );
    });
}
