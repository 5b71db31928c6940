//! Webhooks on the stage: a delivery goes again, and faults are put in line.

use serde_json::Value;

use super::Error;
use crate::engine::draft::Draft;
use crate::state::Effect;
use crate::state::webhooks::WebhookEffect;
use crate::state::webhooks::delivery::Payload;
use crate::state::webhooks::faults::QueuedFault;

/// Lets a delivery go again, whatever has become of it; without what was wrong with it on purpose.
/// What comes of an attempt that is still under way means nothing then.
pub(super) fn redeliver(draft: &mut Draft, id: u64) -> Result<Value, Error> {
    let Some(delivery) = draft.state().webhooks.delivery(id) else {
        return Err(Error::NotFound(format!("there is no delivery dlv_{id}")));
    };
    if delivery.payload == Payload::Forgotten {
        return Err(Error::Invalid {
            field: "id".into(),
            message: format!("the body of dlv_{id} is kept no longer"),
        });
    }
    let at = draft.state().now;
    push(draft, WebhookEffect::DeliveryReleased { id, at });
    Ok(Value::Null)
}

/// An endpoint that has said that it wants nothing more is told again; all of them, if none is named.
pub(super) fn enable(draft: &mut Draft, endpoint: Option<&str>) -> Result<Value, Error> {
    let disabled = draft.state().webhooks.disabled();
    let ids = disabled.map(|(id, _)| id.clone());
    let ids: Vec<_> = ids
        .filter(|id| endpoint.is_none_or(|one| **id == *one))
        .collect();
    if let (Some(one), true) = (endpoint, ids.is_empty()) {
        return Err(Error::NotFound(format!(
            "there is no disabled endpoint {one:?}"
        )));
    }
    for endpoint in ids {
        push(draft, WebhookEffect::EndpointEnabled { endpoint });
    }
    Ok(Value::Null)
}

/// Puts a fault in line; gives it with its number.
pub(super) fn queue_fault(draft: &mut Draft, fault: &QueuedFault) -> Value {
    let queued = QueuedFault {
        id: draft.state().webhooks.faults.next_id(),
        ..fault.clone()
    };
    let shown = serde_json::to_value(&queued).unwrap_or_default();
    push(draft, WebhookEffect::FaultQueued(queued));
    shown
}

/// Takes a fault out of line.
pub(super) fn remove_fault(draft: &mut Draft, id: u64) -> Result<Value, Error> {
    let there = {
        let mut faults = draft.state().webhooks.faults.iter();
        faults.any(|fault| fault.id == id)
    };
    if !there {
        return Err(Error::NotFound(format!("there is no queued fault {id}")));
    }
    push(draft, WebhookEffect::FaultRemoved { id });
    Ok(Value::Null)
}

/// Empties the line.
pub(super) fn clear_faults(draft: &mut Draft) -> Value {
    push(draft, WebhookEffect::FaultsCleared);
    Value::Null
}

fn push(draft: &mut Draft, effect: WebhookEffect) {
    draft.push(Effect::Webhook(effect));
}
