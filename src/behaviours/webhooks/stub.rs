//! What a stub sends when it has answered: deliveries that nothing signs and nobody tries again.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::behaviours::{Fills, Refusal, StubView, View};
use crate::definition::compiled::{ListenerBody, ListenerSpec};
use crate::domain::chance::Chance;
use crate::domain::name::Name;
use crate::render::Model;
use crate::state::Effect;
use crate::state::webhooks::WebhookEffect;
use crate::state::webhooks::delivery::{
    Delivery, Endpoint, Event, Origin, Payload, Sender, Status,
};

/// What such a delivery's event is called.
const EVENT: &str = "stub.served";

/// Queues what a stub sends, drawn by how often it has sent before, and says what came of each: `model`
/// is what the templates of one with these parameters see.
pub fn queue_listeners<'l, M: Model>(
    view: &View<'_>,
    stub: &str,
    listeners: &'l [ListenerSpec],
    model: impl Fn(&'l Value) -> M,
) -> (Vec<Effect>, Vec<Value>) {
    // Of no pack: whatever a stub is called, it is no event of one.
    let event = Name::new(&Arc::from(""), stub);
    let nth = view.state.webhooks.emitted(&event) + 1;
    let emitted = WebhookEffect::EventEmitted { event };
    let (mut effects, mut details) = (vec![Effect::Webhook(emitted)], Vec::new());
    let mut id = view.state.webhooks.next_id();
    for (at, listener) in listeners.iter().enumerate() {
        let view = StubView {
            model: &model(&listener.parameters),
            state: view.state,
            chance: Chance::new(view.state.seed, &format!("listener {stub} {at}"), nth),
        };
        // The call has been answered: what fails now must not take its answer back.
        match delivery(&view, stub, at, id, listener) {
            Ok(delivery) => {
                details.push(json!({ "delivery": delivery.name() }));
                let queued = WebhookEffect::DeliveryQueued(Box::new(delivery));
                effects.push(Effect::Webhook(queued));
                id += 1;
            }
            Err(refusal) => details.push(json!({ "because": refusal.message })),
        }
    }
    (effects, details)
}

fn delivery(
    view: &StubView<'_>,
    stub: &str,
    at: usize,
    id: u64,
    listener: &ListenerSpec,
) -> Result<Delivery, Refusal> {
    let url = view.text_of(&listener.url)?;
    let mut headers: Vec<(Arc<str>, Arc<str>)> = Vec::new();
    for (name, value) in &listener.headers {
        headers.push((name.as_str().into(), view.text_of(value)?.into()));
    }
    let payload = match &listener.body {
        ListenerBody::Text(text) => Payload::Text(view.text_of(text)?.into()),
        ListenerBody::Base64(text) => Payload::Base64(text.clone()),
    };
    Ok(Delivery {
        id,
        event: Event {
            id: format!("evt_{:016x}", view.chance.draw("event", 0)).into(),
            kind: EVENT.into(),
            at: view.state.now,
            subject: None,
        },
        endpoint: Endpoint {
            // Of its own: WireMock sends what stubs say at once, and in no order.
            id: format!("stub/{stub}/{at}/{id}").into(),
            url: url.into(),
            origin: Origin::Stub,
        },
        sender: Sender::Stub {
            method: listener.method.as_str().into(),
            headers: headers.into(),
            delay_milliseconds: u64::try_from(listener.delay.as_millis()).unwrap_or(u64::MAX),
        },
        payload,
        status: Status::Pending,
        next_attempt_at: Some(view.state.now),
        waits_for: None,
        flaw: None,
        attempts: Vec::new(),
        trace: None,
    })
}
