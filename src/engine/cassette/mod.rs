//! Calls while a cassette runs: played back, or sent on to the server behind it. No pack is asked; a
//! tester's queue comes first, as ever.

mod played;
mod report;

use std::sync::Arc;

use serde_json::json;

use super::draft::{Draft, numbered};
use super::{ByCassette, Decision, Forward, faults, proxy, respond};
use crate::behaviours::{Step, error_queue};
use crate::domain::call::Call;
use crate::domain::name::Name;
use crate::domain::reply::Reply;
use crate::domain::trace::Trace;
use crate::state::cassette::{Found, Loaded, Mode, Running};
use crate::state::{Effect, SandboxState};

pub use played::HOP_BY_HOP;
use played::Played;
pub(super) use report::interrupted;
pub use report::{Taken, report};

/// The cassette that decides about the calls of a sandbox, if one does.
pub(super) fn deciding(state: &SandboxState) -> Option<&Arc<Running>> {
    let running = state.cassettes.running()?;
    let decides = running.started.loaded.is_some() || running.started.sends_to().is_some();
    decides.then_some(running)
}

/// Decides about a call while a cassette runs that decides. Nothing looks at the draft when it is
/// decided, so what becomes of the cassette is not taken into it.
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
    let mut became = None;
    match queue {
        Step::Answer(reply, effects) => {
            let status = json!({ "status": reply.status.as_u16() });
            trace.note("errorQueue", "answered", status);
            draft.extend(effects);
            decision.reply = Some(reply);
        }
        Step::Continue(effects) => {
            draft.extend(effects);
            let mark = draft.mark();
            let answered = match found {
                Some((loaded, found)) => played::played(running, loaded, found, call),
                None => {
                    let sent = to_upstream(running, call);
                    let answered = sent_on(running, &sent);
                    decision.forward = Some(Box::new(sent));
                    answered
                }
            };
            trace.note("cassette", answered.outcome, answered.detail);
            let reply = answered.reply;
            let (reply, done) = match answered.outcome {
                played::UNMATCHED => {
                    decision.by_cassette = Some(ByCassette::Unmatched);
                    (reply, true)
                }
                _ => {
                    let (draft, forward) = (&mut draft, &mut decision.forward);
                    faults::at_cassette(tool, call, &mark, draft, &mut trace, reply, forward)
                }
            };
            decision.reply = Some(reply);
            // What is not done uses no entry up: whoever asks again gets it.
            became = done.then_some(answered.effect);
        }
    }
    let mut effects = draft.into_effects();
    effects.extend(became);
    decision.effects = numbered(effects, call.number);
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

fn to_upstream(running: &Running, call: &Call) -> Forward {
    let upstream = running.started.sends_to().map_or("", |upstream| upstream);
    let is_read = running.started.mode == Mode::Record;
    proxy::to_upstream(upstream, call, is_read)
}

/// A call that is sent on: what comes is answered as it is.
fn sent_on(running: &Running, sent: &Forward) -> Played {
    let started = &running.started;
    Played {
        reply: Reply::empty(http::StatusCode::OK),
        effect: Effect::CassettePassed,
        outcome: "sent",
        detail: json!({ "name": &*started.name, "mode": started.mode.word(), "url": sent.url }),
    }
}
