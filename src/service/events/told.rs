//! What is told of what happens: short, and written once for all who listen.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::definition::compiled::Definitions;
use crate::domain::name::{Name, SandboxId};
use crate::domain::traceparent::TraceParent;
use crate::engine::{Decision, Input};
use crate::log::Logged;
use crate::state::webhooks::WebhookEffect;
use crate::state::webhooks::delivery::{Delivery, Outcome, Status};
use crate::state::{Effect, SandboxState};
use crate::store::Committed;

/// The longest text that is told, in bytes; of longer ones the beginning is.
const TEXT_BYTES_MAX: usize = 1024;

/// What kind of thing has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A call was answered.
    Call,
    /// Something went wrong on purpose.
    Fault,
    /// A record came into another state of a machine.
    Transition,
    /// A webhook was queued or sent, or something came of it.
    Webhook,
    /// The sandbox began again.
    Reset,
    /// A snapshot was taken, or the sandbox was set back.
    Snapshot,
}

/// One thing that has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What kind of thing.
    pub kind: Kind,
    /// What, as a JSON document in one line.
    pub data: Arc<str>,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Call,
        Self::Fault,
        Self::Transition,
        Self::Webhook,
        Self::Reset,
        Self::Snapshot,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Fault => "fault",
            Self::Transition => "transition",
            Self::Webhook => "webhook",
            Self::Reset => "reset",
            Self::Snapshot => "snapshot",
        }
    }
}

impl Told {
    fn new(kind: Kind, data: &Value) -> Self {
        Self {
            kind,
            data: data.to_string().into(),
        }
    }

    /// A snapshot was taken of a sandbox that is in this state.
    pub(in crate::service) fn taken(state: &SandboxState, snapshot: &str) -> Self {
        let at = state.now.to_string();
        let data = json!({ "at": at, "stage": "taken", "snapshot": cut(snapshot) });
        Self::new(Kind::Snapshot, &data)
    }

    /// A sandbox was set back, and is in this state now: that of a snapshot, or that after a call.
    pub(in crate::service) fn restored(
        state: &SandboxState,
        snapshot: Option<&str>,
        call: Option<u64>,
    ) -> Self {
        let data = json!({
            "at": state.now.to_string(),
            "stage": "restored",
            "snapshot": snapshot.map(cut),
            "call": call,
        });
        Self::new(Kind::Snapshot, &data)
    }

    /// A call was answered.
    pub(in crate::service) fn of_call(sandbox: &SandboxId, logged: &Logged<'_>) -> Self {
        let call = logged.call;
        let parent = TraceParent::of(&call.headers);
        let span = parent.and(call.span());
        let data = json!({
            "call": call.number,
            "sandbox": sandbox.as_str(),
            "at": logged.at.to_string(),
            "method": cut(call.method.as_str()),
            "path": cut(call.path()),
            "pack": logged.pack.map(|pack| &**pack),
            "tool": logged.tool.as_ref().map(|tool| &*tool.name),
            "agent": logged.agent.as_deref().map(cut),
            "status": logged.reply.status.as_u16(),
            "matched": logged.matched,
            "answered": logged.reply.fault.is_none(),
            "durationMicros": logged.duration_micros,
            "traceId": parent.map(|parent| parent.trace_id()),
            "parentId": parent.map(|parent| parent.span_id()),
            "spanId": span.map(|span| span.span_id()),
        });
        Self::new(Kind::Call, &data)
    }
}

/// What a decision has made happen, beside that a call was answered. `before` is how the sandbox was.
pub(in crate::service) fn of_decision(
    definitions: &Definitions,
    input: &Input<'_>,
    before: &SandboxState,
    committed: &Committed<Decision>,
) -> Vec<Told> {
    let mut telling = Telling {
        definitions,
        before,
        after: &committed.state,
        records: BTreeMap::new(),
        context: context(input, committed),
        told: Vec::new(),
    };
    for effect in committed.decision.effects.iter() {
        telling.effect(effect);
    }
    telling.told
}

/// When, because of what, and in which change of the sandbox.
fn context(input: &Input<'_>, committed: &Committed<Decision>) -> Value {
    let (by, call) = match input {
        Input::Call(call, _) => ("call", Some(call.number)),
        Input::Answered(call) => ("call", Some(*call)),
        Input::Upstream(_) => ("call", None),
        Input::Wake => ("time", None),
        Input::Delivered(_) => ("delivery", None),
        // Whatever else there is, somebody has done it by way of the admin API.
        _ => ("admin", None),
    };
    json!({
        "at": committed.state.now.to_string(),
        "by": by,
        "call": call,
        "commit": committed.commit,
    })
}

struct Telling<'a> {
    definitions: &'a Definitions,
    before: &'a SandboxState,
    after: &'a SandboxState,
    /// The records as the effects so far have left them.
    records: BTreeMap<(&'a Name, &'a Arc<str>), Option<&'a Value>>,
    context: Value,
    told: Vec<Told>,
}

impl<'a> Telling<'a> {
    fn effect(&mut self, effect: &'a Effect) {
        match effect {
            Effect::RecordPut {
                collection,
                key,
                record,
            } => {
                self.moved(collection, key, record);
                self.records.insert((collection, key), Some(record));
            }
            Effect::RecordDeleted { collection, key } => {
                self.records.insert((collection, key), None);
            }
            Effect::FaultHappened(event) => {
                let tool = event.tool.as_ref();
                self.tell(
                    Kind::Fault,
                    json!({
                        "number": event.number,
                        "rule": cut(&event.rule),
                        "mode": event.mode,
                        "call": event.call,
                        "pack": tool.map(|tool| &*tool.pack),
                        "tool": tool.map(|tool| &*tool.name),
                        "stub": event.stub.as_deref().map(cut),
                        "agent": event.agent.as_deref().map(cut),
                    }),
                );
            }
            Effect::Webhook(effect) => self.webhook(effect),
            Effect::Cleared { .. } => self.tell(Kind::Reset, json!({})),
            _ => {}
        }
    }

    /// A record was put: it may be in another state of its machines than before.
    fn moved(&mut self, collection: &'a Name, key: &'a Arc<str>, record: &'a Value) {
        let Some(pack) = self.definitions.pack(&collection.pack) else {
            return;
        };
        let machines = pack.machines.values();
        for machine in machines.filter(|machine| machine.collection == collection.name) {
            let state = |record: &Value| record[&machine.field].as_str().map(str::to_owned);
            let from = match self.records.get(&(collection, key)) {
                Some(record) => record.and_then(state),
                None => {
                    let record = self.before.record(collection, key);
                    record.and_then(|record| state(&record))
                }
            };
            let to = state(record);
            if from == to {
                continue;
            }
            let data = json!({
                "pack": &*collection.pack,
                "machine": &*machine.name.name,
                "collection": &*collection.name,
                "key": cut(key),
                "from": from.as_deref().map(cut),
                "to": to.as_deref().map(cut),
            });
            self.tell(Kind::Transition, data);
        }
    }

    fn webhook(&mut self, effect: &WebhookEffect) {
        match effect {
            WebhookEffect::DeliveryQueued(delivery) => {
                let stage = match delivery.status {
                    Status::Dropped => "dropped",
                    Status::Disabled => "disabled",
                    _ => "queued",
                };
                self.delivery(delivery, stage, None);
            }
            WebhookEffect::DeliverySent { id, .. } => self.known(*id, "sent", None),
            WebhookEffect::DeliveryAttempted {
                id,
                outcome,
                status,
                ..
            } => {
                let stage = match status {
                    Status::Delivered => "delivered",
                    Status::Pending | Status::InFlight => "retrying",
                    Status::Failed | Status::Dropped => "failed",
                    Status::Disabled => "disabled",
                };
                self.known(*id, stage, Some(outcome));
            }
            _ => {}
        }
    }

    fn known(&mut self, id: u64, stage: &str, outcome: Option<&Outcome>) {
        if let Some(delivery) = self.after.webhooks.delivery(id).cloned() {
            self.delivery(&delivery, stage, outcome);
        }
    }

    fn delivery(&mut self, delivery: &Delivery, stage: &str, outcome: Option<&Outcome>) {
        let (status, because) = match outcome {
            Some(Outcome::Status(status)) => (Some(*status), None),
            Some(Outcome::Failed(why)) => (None, Some(cut(why))),
            None => (None, None),
        };
        let data = json!({
            "delivery": delivery.name(),
            "stage": stage,
            "event": cut(&delivery.event.kind),
            "endpoint": cut(&delivery.endpoint.id),
            "url": cut(&delivery.endpoint.url),
            "attempt": delivery.attempts.len(),
            "status": status,
            "because": because,
            "traceId": delivery.trace.map(|trace| trace.trace_id()),
        });
        self.tell(Kind::Webhook, data);
    }

    /// Tells of something; what it says itself of its context goes first.
    fn tell(&mut self, kind: Kind, mut data: Value) {
        if let (Some(data), Some(context)) = (data.as_object_mut(), self.context.as_object()) {
            for (name, value) in context {
                data.entry(name).or_insert_with(|| value.clone());
            }
        }
        self.told.push(Told::new(kind, &data));
    }
}

/// The beginning of a text.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}
