//! What the end of a process does to a sandbox that outlives it.
//!
//! Whatever was under way when it ended has ended, too: replies have left or never will, a recording has
//! lost what it was about to write, and nobody knows what became of an attempt to deliver something. Such
//! an attempt is made again, as real systems do: receivers may get an event twice, and always with the
//! same id. What was due meanwhile happens, in its order and each at its own time.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::draft::Draft;
use super::{Decision, cassette, misfits, stage, timers};
use crate::definition::compiled::Definitions;
use crate::domain::trace::Trace;
use crate::state::cassette::Mode;
use crate::state::recording::Recording;
use crate::state::webhooks::WebhookEffect;
use crate::state::webhooks::delivery::{Outcome, Status};
use crate::state::{Effect, SandboxState};

/// What the lines of a trace are called that tell what was ended.
pub const RESTART: &str = "restart";

/// What is told of an attempt of which nobody knows what became of it.
const UNKNOWN: &str = "the server ended while it was sending";

pub(super) fn decide(definitions: &Definitions, state: &SandboxState, now: Timestamp) -> Decision {
    let mut draft = Draft::new(state);
    let mut trace = Trace::default();
    end_calls(&mut draft, &mut trace);
    end_recording(&mut draft, &mut trace);
    end_cassette(&mut draft, &mut trace);
    send_again(&mut draft, &mut trace);
    misfits::note(definitions, &mut draft);
    timers::fire_due(definitions, &mut draft, now, &mut trace);
    Decision {
        effects: draft.into_effects().into(),
        trace,
        ..Decision::default()
    }
}

/// Calls hold nothing any more, and no reply comes to which a fault could happen.
fn end_calls(draft: &mut Draft, trace: &mut Trace) {
    let calls: Vec<u64> = draft.state().in_flight.keys().copied().collect();
    if !calls.is_empty() {
        trace.note(RESTART, "calls ended", json!({ "calls": &calls }));
    }
    draft.extend(calls.into_iter().map(|call| Effect::CallEnded { call }));
    let awaited: Vec<(Arc<str>, u64)> = draft.state().faults.awaited().collect();
    for (id, replies) in awaited {
        draft.extend((0..replies).map(|_| Effect::FaultSettled { id: id.clone() }));
    }
}

/// A recording of stubs is made of the call log, which has ended with the process.
fn end_recording(draft: &mut Draft, trace: &mut Trace) {
    let Recording::Running(running) = draft.state().recording.clone() else {
        return;
    };
    draft.push(Effect::RecordingStopped);
    let proxy = running.proxy.iter().cloned();
    stage::drop_stubs(draft, &proxy.collect::<Vec<_>>());
    let detail = json!({ "because": "the calls that it had seen are gone with the call log" });
    trace.note(RESTART, "recording stopped", detail);
}

/// What is played goes on where it was. What was recorded stands in its file, up to the last call that
/// was answered.
fn end_cassette(draft: &mut Draft, trace: &mut Trace) {
    let running = draft.state().cassettes.running().cloned();
    let Some(running) = running.filter(|running| running.started.mode == Mode::Record) else {
        return;
    };
    let report = cassette::interrupted(&running, draft.state().calls);
    draft.push(Effect::CassetteStopped {
        report: Arc::new(report),
    });
    let name = &*running.started.name;
    trace.note(RESTART, "cassette stopped", json!({ "cassette": name }));
}

fn send_again(draft: &mut Draft, trace: &mut Trace) {
    let deliveries = draft.state().webhooks.deliveries();
    let lost: Vec<_> = deliveries
        .filter(|delivery| delivery.status == Status::InFlight)
        .cloned()
        .collect();
    let now = draft.state().now;
    for delivery in &lost {
        let wanted = !draft.state().webhooks.is_disabled(&delivery.endpoint);
        draft.push(Effect::Webhook(WebhookEffect::DeliveryAttempted {
            id: delivery.id,
            outcome: Outcome::Failed(UNKNOWN.into()),
            status: if wanted {
                Status::Pending
            } else {
                Status::Failed
            },
            next_attempt_at: wanted.then_some(now),
        }));
    }
    if !lost.is_empty() {
        let names: Vec<String> = lost.iter().map(|delivery| delivery.name()).collect();
        trace.note(RESTART, "sent again", json!({ "deliveries": names }));
    }
}

#[cfg(test)]
mod tests;
