//! Deciding: what a call is answered with and what it changes, as a pure function.
//!
//! [`decide`] takes definitions, state, an input and a tick, and gives a [`Decision`]: a reply,
//! effects, and a trace that explains them. It does no IO, reads no clock, draws no number of its
//! own and keeps no lock, so it may run twice and must give the same both times.
//!
//! The order in which a call meets things is fixed, in `call`: due timers, the error queue, which faults
//! are to happen, the guards (credentials, rate limits, idempotency keys), the input schema, the steps,
//! the response, the reply schema, what is saved under a key, and the faults. While a cassette decides,
//! it answers in the place of all that stands between the error queue and the faults.

mod arm;
mod asked;
mod batch;
mod brought;
mod call;
pub mod caps;
mod cassette;
mod conditional;
mod door;
mod draft;
mod expanded;
mod faults;
mod file;
mod given;
mod guards;
mod misfits;
pub mod opening;
mod outgoing;
mod page;
mod proxy;
mod refused;
mod respond;
mod restarted;
mod rounds;
pub mod scenario;
pub mod stage;
mod steps;
mod stream;
mod timers;
mod traced;
mod typed;
mod unknown;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::definition::compiled::{Definitions, Stub, Target};
use crate::domain::call::Call;
use crate::domain::name::Name;
use crate::domain::reply::Reply;
use crate::domain::time::Tick;
use crate::matching::index::Entry;
use crate::matching::pattern::Variables as PathVariables;
use crate::state::{Effect, SandboxState};

pub use crate::behaviours::webhooks::{Answer, Outgoing};
pub use crate::domain::trace::{Trace, TraceLine};
pub use cassette::{HOP_BY_HOP, Taken, report as cassette_report};
pub use faults::{Pending, Upstream};
pub use misfits::misfits;
pub use opening::Opening;
pub use proxy::{Forward, Unreached};
pub use restarted::RESTART;
pub use stage::Stage;

/// What the engine decides about.
#[derive(Debug)]
pub enum Input<'a> {
    /// A call, and what it may be for: the first of these whose scenario is in the state that it
    /// wants.
    Call(&'a Call, &'a [Matched<'a>]),
    /// The reply of the call of this number has left: what it held is free.
    Answered(u64),
    /// Time has passed: something may be due.
    Wake,
    /// Other definitions are served from now on.
    Reloaded,
    /// The process that the sandbox was in has ended, and another one has taken it up. It comes first.
    Restarted,
    /// A tester sets the stage.
    Stage(&'a Stage),
    /// What came of a delivery's attempt.
    Delivered(&'a Answer),
    /// The reply has come of a call that was sent on, and at which fault rules happen.
    Upstream(&'a Upstream<'a>),
}

/// What a call is for, or may be for.
#[derive(Debug)]
pub struct Matched<'a> {
    /// The stub, door or route.
    pub target: &'a Target,
    /// The variables of its path.
    pub variables: PathVariables,
}

impl<'a> From<(&'a Entry<Target>, PathVariables)> for Matched<'a> {
    fn from((entry, variables): (&'a Entry<Target>, PathVariables)) -> Self {
        Self {
            target: &entry.target,
            variables,
        }
    }
}

/// What was decided.
#[derive(Debug, Default)]
pub struct Decision {
    /// What a call is answered with; nothing, if there was no call.
    pub reply: Option<Reply>,
    /// Where the answer comes from, if it is not made here: then `reply` is what is laid over it.
    pub forward: Option<Box<Forward>>,
    /// Which of the things that a call may be for it was for, from 0.
    pub claimed: Option<usize>,
    /// Whether the call holds something until its reply has left: the edge sends
    /// [`Input::Answered`] then, whatever becomes of the caller.
    pub in_flight: bool,
    /// The reply, where the stub answers every call with it.
    pub prepared: Option<Arc<Reply>>,
    /// What changes, in order.
    pub effects: Arc<[Effect]>,
    /// What was decided, and why; nothing, if a stub has answered and that was all.
    pub trace: Trace,
    /// The tool that was called, if it was one.
    pub tool: Option<Name>,
    /// For whom, if the pack can tell.
    pub agent: Option<Arc<str>>,
    /// What a tester is told.
    pub staged: Option<Result<Value, stage::Error>>,
    /// What the edge is to send, when the effects are taken in.
    pub outgoing: Vec<Outgoing>,
    /// What a cassette has to do with it, if one has decided.
    pub by_cassette: Option<ByCassette>,
}

/// What a cassette has to do with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByCassette {
    /// The call is answered, or sent on.
    Answered,
    /// It fits no entry.
    Unmatched,
}

impl AsRef<Arc<[Effect]>> for Decision {
    fn as_ref(&self) -> &Arc<[Effect]> {
        &self.effects
    }
}

/// Decides about one input.
#[must_use]
pub fn decide(
    definitions: &Definitions,
    state: &SandboxState,
    input: &Input<'_>,
    tick: Tick,
) -> Decision {
    let mut decision = match input {
        Input::Call(call, claims) => call::decide(definitions, state, call, claims, tick),
        Input::Answered(call) => {
            let held = state.in_flight.contains_key(call);
            Decision {
                effects: held
                    .then_some(Effect::CallEnded { call: *call })
                    .into_iter()
                    .collect(),
                ..Decision::default()
            }
        }
        Input::Wake => {
            let mut draft = draft::Draft::new(state);
            let mut trace = Trace::default();
            timers::fire_due(definitions, &mut draft, tick.now, &mut trace);
            Decision {
                effects: draft.into_effects().into(),
                trace,
                ..Decision::default()
            }
        }
        Input::Reloaded => misfits::reloaded(definitions, state, tick.now),
        Input::Restarted => restarted::decide(definitions, state, tick.now),
        Input::Stage(stage) => stage::decide(definitions, state, stage, tick),
        Input::Upstream(upstream) => faults::came(state, upstream),
        Input::Delivered(answer) => outgoing::answered(definitions, state, answer, tick.now),
    };
    if let Input::Call(call, _) = input {
        traced::carry(call, &mut decision);
    }
    outgoing::send(definitions, state, &mut decision);
    misfits::look_again(definitions, state, &mut decision);
    decision
}

/// Answers a call of a stub whose answer is always the same; nothing, if it is not.
#[must_use]
pub fn answer_prepared(stub: &Stub) -> Option<Decision> {
    let prepared = stub.prepared.as_ref()?;
    Some(Decision {
        prepared: Some(prepared.clone()),
        ..answered((Reply::clone(prepared), None))
    })
}

/// Answers a call of a stub without a transaction: a caller that knows that nothing is queued may do
/// that, for the stub changes nothing and needs of the state only its clock and seed.
#[must_use]
pub fn answer_stub(
    stub: &Stub,
    call: &Call,
    matched: &Matched<'_>,
    state: &SandboxState,
) -> Decision {
    let mut decision = answered(call::stub_answer(stub, call, matched, state));
    traced::carry(call, &mut decision);
    decision
}

fn answered((reply, forward): (Reply, Option<Box<Forward>>)) -> Decision {
    let mut trace = Trace::default();
    if forward.is_some() {
        call::note_response(&reply, forward.as_deref(), &mut trace);
    }
    Decision {
        reply: Some(reply),
        forward,
        trace,
        claimed: Some(0),
        ..Decision::default()
    }
}

/// Whether a cassette decides about the calls of a sandbox, so that nothing else needs to be looked for.
#[must_use]
pub fn cassette_decides(state: &SandboxState) -> bool {
    cassette::deciding(state).is_some()
}

/// When something is due next in a sandbox, by its clock: the edge sends a [`Input::Wake`] then.
#[must_use]
pub fn next_due(state: &SandboxState) -> Option<Timestamp> {
    state.next_due()
}

#[cfg(test)]
mod tests;
