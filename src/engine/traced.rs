//! What goes out because of a call goes on with its caller's trace (W3C Trace Context): the call is a
//! span of that trace, and what is sent is told to be below it.

use std::sync::Arc;

use http::HeaderValue;

use super::{Decision, Forward};
use crate::domain::call::Call;
use crate::domain::traceparent::{TRACEPARENT, TraceParent};
use crate::state::Effect;
use crate::state::webhooks::WebhookEffect;

/// Lets what a decision on a call sends go on with the call's trace, if it is part of one.
pub(super) fn carry(call: &Call, decision: &mut Decision) {
    let Some(span) = call.span() else {
        return;
    };
    if let Some(forward) = &mut decision.forward {
        carry_on(call, span, forward);
    }
    let tells =
        |effect: &Effect| matches!(effect, Effect::Webhook(WebhookEffect::DeliveryQueued(_)));
    if !decision.effects.iter().any(tells) {
        return;
    }
    // What was due before the call began is nobody's.
    let began = |effect: &Effect| matches!(effect, Effect::CallBegan { .. });
    let begin = decision.effects.iter().position(began).unwrap_or(0);
    for effect in &mut Arc::make_mut(&mut decision.effects)[begin..] {
        if let Effect::Webhook(WebhookEffect::DeliveryQueued(delivery)) = effect {
            delivery.trace = Some(span);
        }
    }
}

/// The caller's header gives way to one of ours, or to the stub's own. A stub that removes the header
/// wants none.
fn carry_on(call: &Call, span: TraceParent, forward: &mut Forward) {
    let callers = call.headers.get(TRACEPARENT);
    let sent = forward.headers.get_all(TRACEPARENT);
    let own = sent.iter().find(|value| Some(*value) != callers).cloned();
    let passed_on = sent.iter().next().is_some();
    let value = own.or_else(|| HeaderValue::try_from(span.to_string()).ok());
    if let (true, Some(value)) = (passed_on, value) {
        forward.headers.insert(TRACEPARENT, value);
    }
}
