//! About how many bytes of memory an effect takes: what bounds a log and a history. It is asked for every
//! call, so what is in every call's effects is counted without looking at all of it.

use std::mem::size_of;

use serde_json::Value;

use super::Effect;
use super::ledger::{Hold, LedgerEffect, Transfer};
use super::limits::{Change, Counter};
use super::saved::Saved;
use super::webhooks::WebhookEffect;
use super::webhooks::delivery::{Delivery, Outcome};

/// The names that nearly every effect brings, of packs, tools and collections: most are shared.
const NAMES: usize = 32;

/// A JSON value with all that is in it.
#[must_use]
pub fn json(value: &Value) -> usize {
    /// A member's name, its hash, and its place in the index.
    const MEMBER: usize = size_of::<String>() + 3 * size_of::<usize>();
    let content = match value {
        Value::Null | Value::Bool(_) => 0,
        // A number is kept as it was written.
        Value::Number(number) => number.as_str().len(),
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(json).sum(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| MEMBER + name.len() + json(value))
            .sum(),
    };
    size_of::<Value>() + content
}

/// An effect with what it brings into the state: whoever keeps it can outlive what the state keeps of it.
#[must_use]
pub fn effect(effect: &Effect) -> usize {
    size_of::<Effect>() + content(effect)
}

fn content(effect: &Effect) -> usize {
    match effect {
        Effect::TimePassed { .. }
        | Effect::CallBegan { .. }
        | Effect::CallNoted { .. }
        | Effect::CallEnded { .. }
        | Effect::CassettePlayed { .. }
        | Effect::CassettePassed => 0,
        // It is shared by all that hold it, as what it is read from is.
        Effect::CollectionFilled { .. } | Effect::CassetteStarted(_) => NAMES,
        Effect::ToolCalled { agent, .. } => NAMES + agent.as_ref().map_or(0, |agent| agent.len()),
        Effect::RecordPut { key, record, .. } => NAMES + key.len() + json(record),
        Effect::RecordDeleted { key, .. } | Effect::TimersCleared { key, .. } => NAMES + key.len(),
        Effect::TimerSet { timer, .. } | Effect::TimerTaken { timer, .. } => {
            NAMES + timer.key.len()
        }
        Effect::LimitCounted { id, change, .. } => NAMES + id.key.len() + counted(change),
        Effect::Ledger(effect) => NAMES + ledger(effect),
        Effect::ReplySaved { id, saved } => {
            NAMES + id.scope.len() + id.key.len() + self::saved(saved)
        }
        Effect::StubPut { id, mapping } | Effect::RootStubPut { id, mapping } => {
            id.len() + json(mapping)
        }
        Effect::StubRemoved { id } => id.len(),
        Effect::StubCalled { stub, .. } => stub.len(),
        Effect::ScenarioMoved { scenario, to } => scenario.len() + to.len(),
        Effect::FilePut { name, content } => name.len() + content.0.len(),
        Effect::Webhook(WebhookEffect::DeliveryQueued(delivery)) => self::delivery(delivery),
        Effect::Webhook(WebhookEffect::DeliveryAttempted { outcome, .. }) => match outcome {
            Outcome::Status(_) => 0,
            Outcome::Failed(why) => why.len(),
        },
        Effect::Webhook(WebhookEffect::DeliverySent { .. }) => 0,
        Effect::Webhook(WebhookEffect::EventEmitted { .. }) => NAMES,
        // All others are rare and flat, so they take about as much as their text.
        other => serde_json::to_string(other).map_or(0, |text| text.len()),
    }
}

fn counted(change: &Change) -> usize {
    match change {
        // A log holds more the more was counted.
        Change::Put(Counter::Log(_)) => serde_json::to_string(change).map_or(0, |text| text.len()),
        Change::Put(_) | Change::Logged(_) => 0,
    }
}

fn ledger(effect: &LedgerEffect) -> usize {
    match effect {
        LedgerEffect::Transferred { transfer } => self::transfer(transfer),
        LedgerEffect::HoldPlaced { hold, transfer }
        | LedgerEffect::HoldPosted { hold, transfer }
        | LedgerEffect::HoldVoided { hold, transfer } => {
            self::hold(hold) + self::transfer(transfer)
        }
        other => serde_json::to_string(other).map_or(0, |text| text.len()),
    }
}

fn transfer(transfer: &Transfer) -> usize {
    let reference = transfer.reference.as_ref();
    2 * NAMES + transfer.kind.len() + reference.map_or(0, |text| text.len())
}

fn hold(hold: &Hold) -> usize {
    let reference = hold.reference.as_ref();
    2 * NAMES + hold.kind.len() + reference.map_or(0, |text| text.len())
}

fn saved(saved: &Saved) -> usize {
    saved.fingerprint.len() + saved.reply.as_ref().map_or(0, |reply| reply.size())
}

fn delivery(delivery: &Delivery) -> usize {
    let subject = delivery.event.subject.as_ref().map_or(0, |it| it.len());
    let endpoint = delivery.endpoint.id.len() + delivery.endpoint.url.len();
    size_of::<Delivery>() + 2 * NAMES + subject + endpoint + delivery.payload.kept()
}
