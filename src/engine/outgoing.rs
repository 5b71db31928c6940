//! What is due to go out: handed to the edge with the decision, and marked as under way.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::Decision;
use super::draft::Draft;
use super::timers;
use crate::behaviours::webhooks::{self, Answer};
use crate::definition::compiled::{Definitions, Pack};
use crate::domain::trace::Trace;
use crate::state::webhooks::WebhookEffect;
use crate::state::webhooks::delivery::{Delivery, Outcome, Sender, Status};
use crate::state::{Effect, SandboxState};

/// Decides on what came of an attempt.
pub(super) fn answered(
    definitions: &Definitions,
    state: &SandboxState,
    answer: &Answer,
    now: Timestamp,
) -> Decision {
    let mut draft = Draft::new(state);
    let mut trace = Trace::default();
    timers::fire_due(definitions, &mut draft, now, &mut trace);
    let delivery = draft.state().webhooks.delivery(answer.delivery).cloned();
    if let Some(delivery) = delivery {
        let pack = pack_of(definitions, &delivery);
        let effects = webhooks::answered(pack, draft.state(), answer);
        draft.extend(effects);
    }
    Decision {
        effects: draft.into_effects().into(),
        trace,
        ..Decision::default()
    }
}

/// Adds to a decision what can be sent now, with what the decision itself has queued.
pub(super) fn send(definitions: &Definitions, state: &SandboxState, decision: &mut Decision) {
    // What is refused must not have changed anything.
    if matches!(decision.staged, Some(Err(_))) || !may_send(state, &decision.effects) {
        return;
    }
    let mut draft = Draft::new(state);
    draft.extend(decision.effects.iter().cloned());
    let mut sent = Vec::new();
    while let Some((at, id)) = due(draft.state()) {
        push(&mut draft, WebhookEffect::DeliverySent { id, at });
        let Some(delivery) = draft.state().webhooks.delivery(id).cloned() else {
            break;
        };
        let pack = pack_of(definitions, &delivery);
        match webhooks::outgoing(pack, draft.state(), &definitions.targets, &delivery) {
            Ok(outgoing) => {
                sent.push(delivery.name());
                decision.outgoing.push(outgoing);
            }
            Err(reason) => {
                let failed = WebhookEffect::DeliveryAttempted {
                    id,
                    outcome: Outcome::Failed(reason.as_str().into()),
                    status: Status::Failed,
                    next_attempt_at: None,
                };
                push(&mut draft, failed);
                let detail = json!({ "delivery": delivery.name(), "because": reason });
                decision.trace.note("webhooks", "failed", detail);
            }
        }
    }
    if !sent.is_empty() {
        decision.trace.note("webhooks", "sent", sent.into());
    }
    decision.effects = draft.into_effects().into();
}

/// Whether there can be something to send: most calls must not pay for looking.
fn may_send(state: &SandboxState, effects: &[Effect]) -> bool {
    let tells = |effect: &Effect| matches!(effect, Effect::Webhook(_) | Effect::Cleared { .. });
    let shown = effects.iter().rev().find_map(|effect| match effect {
        Effect::TimePassed { to } => Some(*to),
        Effect::ClockSet { now, .. } => Some(*now),
        _ => None,
    });
    let now = shown.unwrap_or(state.now);
    effects.iter().any(tells) || state.webhooks.next().is_some_and(|(at, _)| at <= now)
}

fn push(draft: &mut Draft, effect: WebhookEffect) {
    draft.push(Effect::Webhook(effect));
}

/// What is due, and since when: an attempt that had to wait for its turn, or for a clock that was
/// advanced over it, is one of the time at which it was due.
fn due(state: &SandboxState) -> Option<(Timestamp, u64)> {
    let (at, delivery) = state.webhooks.next()?;
    (at <= state.now).then_some((at, delivery.id))
}

fn pack_of<'d>(definitions: &'d Definitions, delivery: &Delivery) -> Option<&'d Arc<Pack>> {
    match &delivery.sender {
        Sender::Pack(name) => definitions.pack(name),
        Sender::Stub { .. } => None,
    }
}
