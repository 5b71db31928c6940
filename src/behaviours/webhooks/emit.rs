//! An event becomes deliveries: one for each endpoint that wants it.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::endpoints::{self, Wanting, subject};
use super::faults::{Struck, strike};
use super::schedule::{attempt_at, chance_of};
use crate::behaviours::{Refusal, Variables, View};
use crate::definition::compiled::{EmitSpec, ProfileSpec, WebhookSpec};
use crate::domain::chance::Chance;
use crate::domain::event_pattern::is_event;
use crate::domain::time::shift;
use crate::state::webhooks::WebhookEffect;
use crate::state::webhooks::delivery::{
    Delivery, Endpoint, Event, Payload, Sender, Status, WaitsFor,
};
use crate::state::webhooks::faults::{FaultMode, Flaw};
use crate::state::{Effect, SandboxState};

/// How much of a name that is none is told, in characters.
const SHOWN_CHARS_MAX: usize = 100;

/// What came of an event.
#[derive(Debug)]
pub struct Emitted {
    /// What changes.
    pub effects: Vec<Effect>,
    /// What the trace says of it.
    pub detail: Value,
}

/// Tells the pack's endpoints that something happened. `at_hand` is the record that it happened to:
/// its collection and its key.
///
/// # Errors
/// When an expression or a template of the pack fails.
pub fn emit(
    view: &View<'_>,
    emit: &EmitSpec,
    at_hand: Option<&(Arc<str>, Arc<str>)>,
) -> Result<Emitted, Refusal> {
    let kind: Arc<str> = view.render(&emit.event)?.into();
    if !is_event(&kind) {
        let shown: String = kind.chars().take(SHOWN_CHARS_MAX).collect();
        let message = format!("`{shown}` is no name of an event");
        return Err(Refusal::definition("emit.event", message));
    }
    let name = view.name(&kind);
    let nth = view.state.webhooks.emitted(&name) + 1;
    let mut effects = vec![Effect::Webhook(WebhookEffect::EventEmitted {
        event: name.clone(),
    })];
    let spec = view.pack.webhooks.as_ref();
    let spec = spec.ok_or_else(|| Refusal::definition("emit", "the pack has no webhooks"))?;
    let event = Event {
        id: event_id(view.state.seed, &name.to_string(), nth).into(),
        kind,
        at: view.now(),
        subject: subject(at_hand, view.pack),
    };
    let Wanting {
        endpoints: wanting,
        passed_over,
    } = endpoints::wanting(view, spec, &event.kind);
    let mut detail = json!({ "event": &*event.kind, "id": &*event.id });
    if !passed_over.is_empty() {
        detail["passedOver"] = passed_over.into();
    }
    if !wanting.is_empty() {
        let data = match &emit.data {
            Some(data) => view.fill(data)?,
            None => view.record().cloned().unwrap_or_default(),
        };
        let payload = Payload::Text(body(view, spec, &event, data)?.into());
        let struck = strike(view, spec, &event.kind, nth, &mut effects);
        if let Some(struck) = struck {
            detail["fault"] = serde_json::to_value(struck.mode).unwrap_or_default();
        }
        let mut queue = Queue {
            state: view.state,
            profile: &spec.profile,
            next_id: view.state.webhooks.next_id(),
            effects: &mut effects,
        };
        let mut deliveries = Vec::new();
        for endpoint in wanting {
            let delivery = |endpoint| Delivery {
                id: 0,
                event: event.clone(),
                endpoint,
                sender: Sender::Pack(view.pack.name.clone()),
                payload: payload.clone(),
                status: Status::Pending,
                next_attempt_at: Some(view.now()),
                waits_for: None,
                flaw: None,
                attempts: Vec::new(),
                trace: None,
            };
            deliveries.extend(queue.tell(&endpoint, delivery(endpoint.clone()), struck));
        }
        detail["deliveries"] = deliveries.into();
    }
    Ok(Emitted { effects, detail })
}

fn event_id(seed: u64, name: &str, nth: u64) -> String {
    let chance = Chance::new(seed, &format!("event {name}"), nth);
    let [first, second] = [0, 1].map(|half| chance.draw("id", half));
    format!("evt_{first:016x}{:08x}", second >> 32)
}

fn body(
    view: &View<'_>,
    spec: &WebhookSpec,
    event: &Event,
    data: Value,
) -> Result<String, Refusal> {
    let mut told = serde_json::to_value(event).unwrap_or_default();
    told["data"] = data;
    let variables = Variables::from_iter([("event".to_owned(), told)]);
    let view = View {
        variables: &variables,
        record: None,
        ..*view
    };
    Ok(view.fill(&spec.body)?.to_string())
}

/// Queues the deliveries of one event.
struct Queue<'a> {
    state: &'a SandboxState,
    profile: &'a ProfileSpec,
    next_id: u64,
    effects: &'a mut Vec<Effect>,
}

impl Queue<'_> {
    /// Queues the event for one endpoint, and lets go what waited for it.
    fn tell(
        &mut self,
        endpoint: &Endpoint,
        delivery: Delivery,
        struck: Option<Struck>,
    ) -> Vec<String> {
        let held: Vec<Arc<Delivery>> = self.state.webhooks.held(&endpoint.id).cloned().collect();
        let swaps = held
            .iter()
            .any(|held| held.waits_for == Some(WaitsFor::NextDelivery));
        let event = delivery.event.clone();
        let mut named = Vec::new();
        let mut delivery = self.scheduled(delivery);
        let mut twice = false;
        if let Some(Struck { mode, seconds }) = struck {
            let later = shift(self.state.now, seconds.saturating_mul(1_000));
            match mode {
                FaultMode::Duplicate => twice = true,
                // What another one waits for changes places with it: waiting too would undo that.
                FaultMode::Reorder if swaps => {}
                FaultMode::Reorder => hold(&mut delivery, later, WaitsFor::NextDelivery),
                FaultMode::Late => hold(&mut delivery, later, WaitsFor::NextOfSubject),
                FaultMode::Delay => delivery.next_attempt_at = Some(later),
                FaultMode::Drop => {
                    delivery.status = Status::Dropped;
                    delivery.next_attempt_at = None;
                }
                FaultMode::BadSignature => delivery.flaw = Some(Flaw::BadSignature),
                FaultMode::ClockSkew => delivery.flaw = Some(Flaw::ClockSkew(seconds)),
            }
        }
        if twice {
            named.push(self.push(delivery.clone()));
        }
        named.push(self.push(delivery));
        for held in held {
            let goes = match held.waits_for {
                Some(WaitsFor::NextDelivery) => true,
                Some(WaitsFor::NextOfSubject) => held.event.subject == event.subject,
                None => false,
            };
            if goes {
                let released = WebhookEffect::DeliveryReleased {
                    id: held.id,
                    at: self.state.now,
                };
                self.effects.push(Effect::Webhook(released));
            }
        }
        named
    }

    /// The delivery, due when the profile's first attempt is.
    fn scheduled(&self, mut delivery: Delivery) -> Delivery {
        let chance = chance_of(self.state.seed, &delivery);
        let first = attempt_at(self.profile, 0, self.state.now, chance);
        delivery.next_attempt_at = Some(first.unwrap_or(self.state.now));
        delivery
    }

    fn push(&mut self, mut delivery: Delivery) -> String {
        delivery.id = self.next_id;
        self.next_id += 1;
        let name = delivery.name();
        let queued = WebhookEffect::DeliveryQueued(Box::new(delivery));
        self.effects.push(Effect::Webhook(queued));
        name
    }
}

fn hold(delivery: &mut Delivery, until: Timestamp, waits_for: WaitsFor) {
    delivery.next_attempt_at = Some(until);
    delivery.waits_for = Some(waits_for);
}
