//! A state in another place of time or in another sandbox: what goes along, and what stays where it is.
//!
//! A state is a value, so to go back to one, or to go on from one twice, is to take a copy. What does not
//! go along is what somebody outside is about to tell the sandbox: the end of a call, what came of a
//! delivery, the reply of a server behind it, the file that is being recorded to.

use std::sync::Arc;

use super::SandboxState;
use super::cassette::Mode;
use super::opening::Opening;
use super::recording::Recording;
use super::webhooks::delivery::Status;

/// What is told of a delivery that was under way when its sandbox was set back.
const SET_BACK: &str = "the sandbox was set back while it was under way";

/// What is told of a delivery that a fork does not make.
const FORKED: &str = "the sandbox was forked, and the other one delivers it";

impl SandboxState {
    /// This state in the place of the one that its sandbox is in now: that one is set back, or goes on
    /// again where it was set back from.
    ///
    /// - Numbers of calls and of deliveries go on, so none is given twice.
    /// - Calls that have ended meanwhile hold nothing any more; those that are still under way do.
    /// - A delivery that was under way is given up, because its answer has come long since; what comes
    ///   of one that is under way now is nobody's. What had still to be delivered is delivered.
    /// - How long the sandbox lives stays as it is now, and so do the reports of cassettes.
    /// - A recording that was under way is over.
    #[must_use]
    pub fn in_place_of(&self, now: &Self) -> Self {
        let mut state = self.clone();
        state.opening = now.opening.clone();
        state.calls = self.calls.max(now.calls);
        for call in self.in_flight.keys() {
            if !now.in_flight.contains_key(call) {
                state.end_call(*call);
            }
        }
        state.faults.await_at_most(&now.faults);
        let under_way = |status| status == Status::InFlight;
        state.webhooks.give_up(under_way, SET_BACK);
        state.webhooks.go_on_after(&now.webhooks);
        state.record_nothing();
        state.cassettes.keep_reports_of(&now.cassettes);
        state
    }

    /// This state as the beginning of another sandbox, which opens again as `opening` says and whose calls
    /// are numbered from `calls` on.
    ///
    /// - The seed is the same: what happens in both alike has the same outcome in both.
    /// - No call is under way in the fork, so none holds anything.
    /// - What has still to be delivered is delivered by the original alone; here it is given up.
    /// - Nothing is being recorded in the fork. A cassette that is played plays on in both.
    #[must_use]
    pub fn fork(&self, opening: Opening, calls: u64) -> Self {
        let mut state = self.clone();
        state.opening = Arc::new(opening);
        state.calls = self.calls.max(calls);
        for call in self.in_flight.keys() {
            state.end_call(*call);
        }
        state.faults.await_nothing();
        let open = |status: Status| !status.is_final();
        state.webhooks.give_up(open, FORKED);
        state.record_nothing();
        state
    }

    /// Ends what is being recorded. The stub that sends calls on meanwhile is a part of that.
    fn record_nothing(&mut self) {
        if let Recording::Running(running) = &self.recording {
            if let Some(proxy) = &running.proxy {
                self.overlay.remove(proxy);
            }
            self.recording = Recording::Stopped;
        }
        let running = self.cassettes.running();
        if running.is_some_and(|running| running.started.mode == Mode::Record) {
            self.cassettes.drop_running();
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::name::Name;
    use crate::state::in_flight::Held;
    use crate::state::limits::{Change, Counter, CounterId};
    use crate::state::webhooks::WebhookEffect;
    use crate::state::webhooks::delivery::{
        Delivery, Endpoint, Event, Origin, Outcome, Payload, Sender,
    };
    use crate::state::{Effect, recording};

    fn beginning() -> SandboxState {
        SandboxState::new(Arc::default(), Timestamp::UNIX_EPOCH)
    }

    fn after(mut state: SandboxState, effects: &[Effect]) -> SandboxState {
        effects.iter().for_each(|effect| state.apply(effect));
        state
    }

    fn slots() -> CounterId {
        CounterId {
            pack: "pack".into(),
            limit: "at_once".into(),
            key: "".into(),
        }
    }

    /// So many calls are under way, each with a slot.
    fn under_way(calls: &[u64]) -> SandboxState {
        let in_flight = calls.len() as u64;
        let mut effects = vec![Effect::LimitCounted {
            id: slots(),
            change: Change::Put(Counter::Concurrency { in_flight }),
            fresh_at_ms: i64::MAX,
        }];
        effects.extend(calls.iter().map(|call| Effect::CallHeld {
            call: *call,
            held: Held {
                key: None,
                slots: vec![(slots(), 1)],
            },
        }));
        after(beginning(), &effects)
    }

    fn taken(state: &SandboxState) -> u64 {
        match state.limits.get(&slots()).map(|held| &held.counter) {
            Some(Counter::Concurrency { in_flight }) => *in_flight,
            _ => 0,
        }
    }

    #[test]
    fn who_has_gone_holds_nothing() {
        let then = under_way(&[1, 2, 3]);
        let now = under_way(&[3, 4]);
        let back = then.in_place_of(&now);
        assert_eq!((taken(&back), back.in_flight.len()), (1, 1));
        let ended = after(back, &[Effect::CallEnded { call: 3 }]);
        assert_eq!(taken(&ended), 0);
        // The answer of call 4 comes to a sandbox in which it has never begun.
        assert_eq!(taken(&after(ended, &[Effect::CallEnded { call: 4 }])), 0);
        let fork = then.fork(Opening::default(), 0);
        assert_eq!((taken(&fork), fork.in_flight.len()), (0, 0));
    }

    #[test]
    fn numbers_go_on() {
        let then = after(beginning(), &[Effect::CallBegan { call: 3 }]);
        let now = after(beginning(), &[Effect::CallBegan { call: 9 }]);
        assert_eq!(then.in_place_of(&now).calls, 9);
        assert_eq!(now.in_place_of(&then).calls, 9);
        assert_eq!(then.fork(Opening::default(), 5).calls, 5);
        assert_eq!(now.fork(Opening::default(), 5).calls, 9);
    }

    fn delivery(id: u64, status: Status) -> Effect {
        let at = Timestamp::UNIX_EPOCH;
        Effect::Webhook(WebhookEffect::DeliveryQueued(Box::new(Delivery {
            id,
            event: Event {
                id: format!("evt_{id}").into(),
                kind: "order.paid".into(),
                at,
                subject: None,
            },
            endpoint: Endpoint {
                id: "endpoint".into(),
                url: "http://localhost:1/".into(),
                origin: Origin::Declared(0),
            },
            sender: Sender::Pack("pack".into()),
            payload: Payload::Text("{}".into()),
            status,
            next_attempt_at: (status == Status::Pending).then_some(at),
            waits_for: None,
            flaw: None,
            attempts: Vec::new(),
            trace: None,
        })))
    }

    fn statuses(state: &SandboxState) -> Vec<Status> {
        let deliveries = state.webhooks.deliveries();
        deliveries.map(|delivery| delivery.status).collect()
    }

    #[test]
    fn nothing_is_delivered_twice_by_a_fork() {
        let sent = Effect::Webhook(WebhookEffect::DeliverySent {
            id: 1,
            at: Timestamp::UNIX_EPOCH,
        });
        let queued = [1, 2].map(|id| delivery(id, Status::Pending));
        let then = after(after(beginning(), &queued), &[sent]);
        let fork = then.fork(Opening::default(), 0);
        assert_eq!(statuses(&fork), [Status::Failed, Status::Failed]);
        assert_eq!(fork.next_due(), None);
        let attempts = &fork.webhooks.delivery(1).expect("a delivery").attempts;
        assert_eq!(attempts[0].outcome, Some(Outcome::Failed(FORKED.into())));

        // Set back, the second goes out when the first is given up, and its number is given to no other.
        let now = after(then.clone(), &[delivery(7, Status::Delivered)]);
        let back = then.in_place_of(&now);
        assert_eq!(statuses(&back), [Status::Failed, Status::Pending]);
        assert_eq!(back.webhooks.next().map(|(_, next)| next.id), Some(2));
        assert_eq!(back.webhooks.next_id(), 8);
        assert!(back.webhooks.life() > now.webhooks.life());
    }

    #[test]
    fn a_recording_stays_where_it_is() {
        let running = recording::Running {
            spec: Arc::default(),
            proxy: Some("proxy".into()),
            after: 0,
        };
        let stub = |id: &str| Effect::StubPut {
            id: id.into(),
            mapping: Arc::default(),
        };
        let then = after(
            beginning(),
            &[
                stub("own"),
                stub("proxy"),
                Effect::RecordingStarted(running),
            ],
        );
        for state in [
            then.fork(Opening::default(), 0),
            then.in_place_of(&beginning()),
        ] {
            assert_eq!(state.recording, Recording::Stopped);
            let stubs: Vec<&str> = state.overlay.iter().map(|(id, _)| &**id).collect();
            assert_eq!(stubs, ["own"]);
        }
    }

    #[test]
    fn a_fork_shares_what_neither_has_changed() {
        let things = Name::new(&"pack".into(), "things");
        let put = |at: usize| Effect::RecordPut {
            collection: things.clone(),
            key: format!("k{at}").into(),
            record: Arc::new(at.into()),
        };
        let records: Vec<Effect> = (0..5_000).map(put).collect();
        let state = after(beginning(), &records);
        let fork = state.fork(Opening::default(), 0);
        assert!(fork.collections.ptr_eq(&state.collections));
        let fork = after(fork, &[put(7)]);
        let [mine, theirs] = [&state, &fork].map(|one| one.collections[&things].iter());
        let shared = mine.zip(theirs);
        let shared = shared.filter(|(mine, theirs)| Arc::ptr_eq(&mine.1, &theirs.1));
        assert_eq!(shared.count(), 4_999);
    }

    #[test]
    fn a_life_does_not_grow_longer_by_going_back() {
        let lives_until = |second| Opening {
            expires_at: Timestamp::from_second(second).ok(),
            ..Opening::default()
        };
        let then = SandboxState::new(Arc::new(lives_until(1)), Timestamp::UNIX_EPOCH);
        let now = SandboxState::new(Arc::new(lives_until(2)), Timestamp::UNIX_EPOCH);
        assert_eq!(*then.in_place_of(&now).opening, lives_until(2));
        assert_eq!(*then.fork(lives_until(3), 0).opening, lives_until(3));
    }
}
