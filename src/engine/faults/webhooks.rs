//! Faults of what a call tells endpoints: they are in line while the call is decided.

use serde_json::{Value, json};

use crate::behaviours::fault::choose::Chosen;
use crate::domain::fault::Mode;
use crate::engine::draft::{Draft, Mark};
use crate::state::Effect;
use crate::state::webhooks::WebhookEffect;
use crate::state::webhooks::faults::{FaultMode, QueuedFault};

/// How long a delivery waits, or waits for the next one, where a rule does not say, in seconds.
const SECONDS: i64 = 60;

/// With how many events of one call something goes wrong at the most.
const EVENTS_MAX: u64 = 1_000;

/// Puts in line what goes wrong with the events of a call, and gives its number.
pub(super) fn arm(chosen: &Chosen, draft: &mut Draft) -> Option<u64> {
    let rule = &chosen.planned.rule;
    let mode = match rule.mode {
        Mode::DuplicateDelivery => FaultMode::Duplicate,
        Mode::OutOfOrder => FaultMode::Reorder,
        Mode::Latency => FaultMode::Delay,
        Mode::LostReply | Mode::LostRequest => FaultMode::Drop,
        _ => return None,
    };
    let told = rule
        .with
        .seconds
        .or(rule.with.milliseconds.map(|ms| ms.div_ceil(1_000)));
    let id = draft.state().webhooks.faults.next_id();
    draft.push(Effect::Webhook(WebhookEffect::FaultQueued(QueuedFault {
        id,
        mode,
        times: EVENTS_MAX,
        events: Vec::new(),
        seconds: told
            .and_then(|seconds| i64::try_from(seconds).ok())
            .unwrap_or(SECONDS),
    })));
    Some(id)
}

/// Takes out of line what was put there, and tells how many events it met, if it met any.
pub(super) fn disarm(id: u64, draft: &mut Draft, since: &Mark) -> Option<Value> {
    let taken = Effect::Webhook(WebhookEffect::FaultTaken { id });
    let met = draft
        .since(since)
        .iter()
        .filter(|effect| **effect == taken)
        .count();
    draft.push(Effect::Webhook(WebhookEffect::FaultRemoved { id }));
    (met > 0).then(|| json!({ "events": met }))
}
