//! What calls hold until their replies have left: idempotency keys, and slots of limits of concurrency.

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use super::limits::CounterId;
use super::saved::SavedId;

/// What one call holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// The key that is in flight.
    pub key: Option<SavedId>,
    /// The counters of what is in flight, each with the weight that is given back.
    pub slots: Vec<(CounterId, u64)>,
}

impl Held {
    /// Whether it is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.key.is_none() && self.slots.is_empty()
    }
}

/// What calls hold, by the number of the call.
pub type InFlight = OrdMap<u64, Held>;

/// Calls hold none of these slots any more: a tester forgot them, so none is there to be given back.
pub(super) fn free(in_flight: &mut InFlight, which: impl Fn(&CounterId) -> bool) {
    let holds = |held: &Held| held.slots.iter().any(|(id, _)| which(id));
    let holding = in_flight.iter().filter(|(_, held)| holds(held));
    let calls: Vec<u64> = holding.map(|(call, _)| *call).collect();
    for call in calls {
        if let Some(held) = in_flight.get_mut(&call) {
            held.slots.retain(|(id, _)| !which(id));
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::time::Clock;
    use crate::state::limits::{Change, Counter};
    use crate::state::opening::Opening;
    use crate::state::{Effect, SandboxState};

    fn id(limit: &str) -> CounterId {
        CounterId {
            pack: "pack".into(),
            limit: limit.into(),
            key: "".into(),
        }
    }

    /// A call takes a slot of both limits, and is under way.
    fn takes(state: &mut SandboxState, call: u64) {
        for limit in ["one", "other"] {
            let held = state.limits.get(&id(limit)).map(|held| &held.counter);
            let in_flight = match held {
                Some(Counter::Concurrency { in_flight }) => in_flight + 1,
                _ => 1,
            };
            state.apply(&Effect::LimitCounted {
                id: id(limit),
                change: Change::Put(Counter::Concurrency { in_flight }),
                fresh_at_ms: i64::MAX,
            });
        }
        let slots = vec![(id("one"), 1), (id("other"), 1)];
        let held = Held { key: None, slots };
        state.apply(&Effect::CallHeld { call, held });
    }

    fn check(clear: &[Effect], left: [u64; 2]) {
        let opening = Opening {
            seed: 1,
            clock: Clock::System,
            ..Opening::default()
        };
        let mut state = SandboxState::new(opening.into(), Timestamp::UNIX_EPOCH);
        takes(&mut state, 1);
        for effect in clear {
            state.apply(effect);
        }
        takes(&mut state, 2);
        state.apply(&Effect::CallEnded { call: 1 });
        let used = ["one", "other"].map(|limit| {
            match state.limits.get(&id(limit)).map(|held| &held.counter) {
                Some(Counter::Concurrency { in_flight }) => *in_flight,
                _ => 0,
            }
        });
        assert_eq!(used, left, "{clear:?}");
        state.apply(&Effect::CallEnded { call: 2 });
        assert!(state.limits.is_empty() && state.in_flight.is_empty());
    }

    #[test]
    fn a_call_gives_back_no_slot_that_a_tester_forgot() {
        check(&[], [1, 1]);
        check(&[Effect::LimitsCleared], [1, 1]);
        check(&[Effect::LimitCleared { id: id("one") }], [1, 1]);
    }
}
