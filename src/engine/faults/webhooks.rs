//! Faults of what a call tells endpoints: its deliveries are changed before anybody can send them.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::behaviours::fault::body::alter_json;
use crate::behaviours::fault::choose::Chosen;
use crate::domain::fault::{Mode, Phase};
use crate::domain::json::parse_strict;
use crate::domain::time::shift;
use crate::engine::draft::{Draft, Mark};
use crate::state::Effect;
use crate::state::webhooks::WebhookEffect;
use crate::state::webhooks::delivery::{Delivery, Origin, Payload, Status, WaitsFor};

/// How long a delivery waits, or waits for the next one, where a rule does not say, in seconds.
const SECONDS: u64 = 60;

/// Lets a fault happen to the deliveries that were queued since `mark`, and tells what it did; nothing, if
/// there are none that it could change.
pub(super) fn befall(chosen: &Chosen, draft: &mut Draft, mark: &Mark) -> Option<Value> {
    let mut effects = draft.since(mark).to_vec();
    let released = |effect: &Effect| {
        matches!(
            effect,
            Effect::Webhook(WebhookEffect::DeliveryReleased { .. })
        )
    };
    // What another one waited for has changed places with it: waiting too would undo that.
    if chosen.planned.rule.mode == Mode::OutOfOrder && effects.iter().any(released) {
        return None;
    }
    let mut fault = Fault {
        chosen,
        later: later(chosen, draft.state().now),
        next_id: draft.state().webhooks.next_id(),
        more: Vec::new(),
        fields: Value::Null,
    };
    let mut events = 0;
    for effect in &mut effects {
        if let Effect::Webhook(WebhookEffect::DeliveryQueued(delivery)) = effect {
            events += usize::from(fault.change(delivery));
        }
    }
    if events == 0 {
        return None;
    }
    effects.append(&mut fault.more);
    draft.roll_back(mark.clone());
    draft.extend(effects);
    let mut detail = json!({ "events": events });
    if !fault.fields.is_null() {
        detail["changed"] = fault.fields;
    }
    Some(detail)
}

/// When a delivery goes that waits.
fn later(chosen: &Chosen, now: Timestamp) -> Timestamp {
    let with = &chosen.planned.rule.with;
    let told = with
        .seconds
        .or(with.milliseconds.map(|ms| ms.div_ceil(1_000)));
    let millis = told.unwrap_or(SECONDS).saturating_mul(1_000);
    shift(now, i64::try_from(millis).unwrap_or(i64::MAX))
}

struct Fault<'a> {
    chosen: &'a Chosen,
    later: Timestamp,
    next_id: u64,
    /// Deliveries that come on top.
    more: Vec<Effect>,
    /// What was changed in the first body.
    fields: Value,
}

impl Fault<'_> {
    /// Changes a delivery; whether it did.
    fn change(&mut self, delivery: &mut Delivery) -> bool {
        let rule = &self.chosen.planned.rule;
        match rule.mode {
            Mode::DuplicateDelivery => self.repeat(delivery),
            // What stubs say goes at once, and in no order.
            Mode::OutOfOrder if delivery.endpoint.origin == Origin::Stub => return false,
            Mode::OutOfOrder => {
                delivery.next_attempt_at = Some(self.later);
                delivery.waits_for = Some(WaitsFor::NextDelivery);
            }
            Mode::Latency => delivery.next_attempt_at = Some(self.later),
            Mode::LostReply | Mode::LostRequest => {
                delivery.status = Status::Dropped;
                delivery.next_attempt_at = None;
            }
            mode if mode.phase() == Phase::Alter => return self.alter(delivery),
            _ => return false,
        }
        true
    }

    fn repeat(&mut self, delivery: &Delivery) {
        let again = Delivery {
            id: self.next_id,
            ..delivery.clone()
        };
        self.next_id += 1;
        let queued = WebhookEffect::DeliveryQueued(Box::new(again));
        self.more.push(Effect::Webhook(queued));
    }

    fn alter(&mut self, delivery: &mut Delivery) -> bool {
        let Payload::Text(text) = &delivery.payload else {
            return false;
        };
        let Ok(body) = parse_strict(text.as_bytes()) else {
            return false;
        };
        let Chosen {
            planned, chance, ..
        } = self.chosen;
        let Some((altered, detail)) = alter_json(&planned.rule, &body, chance) else {
            return false;
        };
        delivery.payload = Payload::Text(Arc::from(altered.to_string()));
        if self.fields.is_null() {
            self.fields = detail;
        }
        true
    }
}
