//! Calls while a cassette runs: played back, or sent on to the server behind it. No pack is asked; a
//! tester's queue comes first, as ever.

mod played;
mod report;

use std::sync::Arc;

use serde_json::{Value, json};

use super::draft::Draft;
use super::{ByCassette, Decision, faults, proxy, respond};
use crate::behaviours::{Step, error_queue};
use crate::domain::call::Call;
use crate::domain::name::Name;
use crate::domain::reply::Reply;
use crate::domain::trace::Trace;
use crate::state::cassette::{Found, Loaded, Mode, Running};
use crate::state::{Effect, SandboxState};

pub use played::HOP_BY_HOP;
pub(super) use played::Played;
pub use report::{Taken, report};

/// The cassette that decides about the calls of a sandbox, if one does.
pub(super) fn deciding(state: &SandboxState) -> Option<&Arc<Running>> {
    let running = state.cassettes.running()?;
    let decides = running.started.loaded.is_some() || running.started.sends_to().is_some();
    decides.then_some(running)
}

/// Decides about a call while a cassette runs that decides.
pub(super) fn decide(
    running: &Running,
    call: &Call,
    mut draft: Draft,
    mut trace: Trace,
) -> Decision {
    let loaded = running.started.loaded.as_deref();
    let found = loaded.map(|loaded| (loaded, running.find(loaded, loaded.fitting(call))));
    let tool = found.and_then(|(loaded, found)| tool_of(loaded, found));
    let queue = error_queue::decide(draft.state(), tool, respond::queued_without_pack);
    let mut decision = Decision {
        by_cassette: Some(ByCassette::Answered),
        tool: tool.cloned(),
        ..Decision::default()
    };
    match queue {
        Step::Answer(reply, effects) => {
            let status = json!({ "status": reply.status.as_u16() });
            trace.note("errorQueue", "answered", status);
            draft.extend(effects);
            decision.reply = Some(reply);
        }
        Step::Continue(effects) => {
            draft.extend(effects);
            let answered = match found {
                Some((loaded, found)) => played::played(running, loaded, found, call),
                None => sent_on(running, call),
            };
            let Played {
                reply,
                effects,
                outcome,
                detail,
            } = answered;
            trace.note("cassette", outcome, told(running, detail));
            draft.extend(effects);
            if outcome == played::UNMATCHED {
                decision.by_cassette = Some(ByCassette::Unmatched);
            }
            let readable = running.started.mode == Mode::Record;
            let upstream = running.started.sends_to();
            decision.forward =
                upstream.map(|upstream| Box::new(proxy::to_upstream(upstream, call, readable)));
            let unmatched = outcome == played::UNMATCHED;
            decision.reply = Some(match unmatched {
                true => reply,
                false => {
                    let (draft, forward) = (&mut draft, &mut decision.forward);
                    faults::at_cassette(tool, call, draft, &mut trace, reply, forward)
                }
            });
        }
    }
    decision.effects = draft.into_effects();
    decision.trace = trace;
    decision
}

/// The tool of the entry that is found, as packs name it.
fn tool_of(loaded: &Loaded, found: Found) -> Option<&Name> {
    match found {
        Found::Fresh(entry) | Found::Again(entry) => loaded.tool(entry),
        Found::UsedUp(_) | Found::OutOfOrder(_) | Found::AtEnd | Found::Nothing => None,
    }
}

/// A call that is sent on: what comes is answered as it is.
fn sent_on(running: &Running, call: &Call) -> Played {
    let upstream = running.started.sends_to().map_or("", |upstream| upstream);
    Played {
        reply: Reply::empty(http::StatusCode::OK),
        effects: vec![Effect::CassettePassed],
        outcome: "sent",
        detail: json!({ "url": format!("{upstream}{}", call.target) }),
    }
}

/// What the trace tells of a call: which cassette it met, and what became of it.
fn told(running: &Running, detail: Value) -> Value {
    let mut told = json!({ "name": &*running.started.name, "mode": running.started.mode });
    if let (Value::Object(told), Value::Object(detail)) = (&mut told, detail) {
        told.extend(detail);
    }
    told
}
