//! Webhooks: what is told to endpoints, what came of it, and what is to be sent next.
//!
//! Here deliveries are kept and put in order. Whom to tell, how to sign and when to try again is
//! decided elsewhere, and nothing here meets a network.

mod bodies;
pub mod delivery;
mod effect;
pub mod faults;
pub(super) mod image;
pub(super) mod queue;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::name::Name;
use bodies::Bodies;
use delivery::{Attempt, Delivery, Endpoint, Outcome, Payload, Status};
pub use effect::WebhookEffect;
use faults::FaultQueue;
use queue::Queues;

/// How many deliveries are kept. The oldest that are over go first.
pub const DELIVERIES_MAX: usize = 10_000;

/// How many bytes of bodies are kept. The bodies of the oldest that are over go first.
pub const BODIES_BYTES_MAX: usize = 64 << 20;

/// What is told of an attempt whose outcome nobody waits for any more.
const OVERTAKEN: &str = "it was sent again meanwhile";

/// All deliveries of a sandbox.
#[derive(Clone, Debug, Default)]
pub struct Webhooks {
    deliveries: OrdMap<u64, Arc<Delivery>>,
    /// Those that are over.
    finished: OrdSet<u64>,
    /// Those that wait for a next event, by endpoint.
    held: OrdMap<Arc<str>, OrdSet<u64>>,
    queues: Queues,
    bodies: Bodies,
    /// Endpoints that want nothing more, by their ids.
    disabled: OrdMap<Arc<str>, Disabled>,
    /// How often each event has happened.
    emitted: OrdMap<Name, u64>,
    /// How many events each rule for faults has met.
    met: OrdMap<Name, u64>,
    /// The faults that a tester has put in line.
    pub faults: FaultQueue,
    last_id: u64,
    /// The how-manieth life of the sandbox this is: what comes of an attempt of a life before must
    /// not be taken for this one's.
    life: u64,
}

/// An endpoint that wants nothing more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disabled {
    /// The URL that has said so.
    pub url: Arc<str>,
    /// When.
    pub at: Timestamp,
}

impl Webhooks {
    /// Nothing to tell, in a new life of the sandbox: numbers begin again.
    #[must_use]
    pub(super) fn reborn(&self) -> Self {
        Self {
            life: self.life + 1,
            ..Self::default()
        }
    }

    /// The how-manieth life of the sandbox this is.
    #[must_use]
    pub fn life(&self) -> u64 {
        self.life
    }

    /// All deliveries, the oldest first.
    pub fn deliveries(&self) -> impl DoubleEndedIterator<Item = &Arc<Delivery>> {
        self.deliveries.values()
    }

    /// How many deliveries are not over yet.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.deliveries.len() - self.finished.len()
    }

    /// The delivery of this number.
    #[must_use]
    pub fn delivery(&self, id: u64) -> Option<&Arc<Delivery>> {
        self.deliveries.get(&id)
    }

    /// The number that the next delivery gets.
    #[must_use]
    pub fn next_id(&self) -> u64 {
        self.last_id + 1
    }

    /// The delivery that can be sent first, and when.
    #[must_use]
    pub fn next(&self) -> Option<(Timestamp, &Arc<Delivery>)> {
        let (at, id) = self.queues.next()?;
        Some((at, self.deliveries.get(&id)?))
    }

    /// The deliveries of an endpoint that wait for a next event, the oldest first.
    pub fn held(&self, endpoint: &str) -> impl Iterator<Item = &Arc<Delivery>> {
        let held = self.held.get(endpoint).into_iter().flatten();
        held.filter_map(|id| self.deliveries.get(id))
    }

    /// Whether an endpoint wants nothing more. With another URL than the one that has said so it
    /// does.
    #[must_use]
    pub fn is_disabled(&self, endpoint: &Endpoint) -> bool {
        let disabled = self.disabled.get(&endpoint.id);
        disabled.is_some_and(|disabled| disabled.url == endpoint.url)
    }

    /// Endpoints that want nothing more, by their ids.
    pub fn disabled(&self) -> impl Iterator<Item = (&Arc<str>, &Disabled)> {
        self.disabled.iter()
    }

    /// How often an event has happened.
    #[must_use]
    pub fn emitted(&self, event: &Name) -> u64 {
        self.emitted.get(event).copied().unwrap_or(0)
    }

    /// How many events a rule for faults has met.
    #[must_use]
    pub fn met(&self, rule: &Name) -> u64 {
        self.met.get(rule).copied().unwrap_or(0)
    }

    pub(super) fn apply(&mut self, effect: &WebhookEffect) {
        match effect {
            WebhookEffect::EventEmitted { event } => {
                *self.emitted.entry(event.clone()).or_insert(0) += 1;
            }
            WebhookEffect::FaultRuleMet { rule } => {
                *self.met.entry(rule.clone()).or_insert(0) += 1;
            }
            WebhookEffect::DeliveryQueued(delivery) => self.add(delivery),
            WebhookEffect::DeliveryReleased { id, at } => self.change(*id, |delivery| {
                delivery.status = Status::Pending;
                delivery.next_attempt_at = Some(*at);
                delivery.waits_for = None;
                delivery.flaw = None;
                let last = delivery.attempts.last_mut();
                if let Some(under_way) = last.filter(|last| last.outcome.is_none()) {
                    under_way.outcome = Some(Outcome::Failed(OVERTAKEN.into()));
                }
            }),
            WebhookEffect::DeliverySent { id, at } => self.change(*id, |delivery| {
                delivery.status = Status::InFlight;
                delivery.next_attempt_at = None;
                delivery.waits_for = None;
                delivery.attempts.push(Attempt {
                    at: *at,
                    outcome: None,
                });
            }),
            WebhookEffect::DeliveryAttempted {
                id,
                outcome,
                status,
                next_attempt_at,
            } => self.attempted(*id, outcome, *status, *next_attempt_at),
            WebhookEffect::EndpointDisabled { endpoint, url, at } => {
                self.disable(endpoint, url, *at);
            }
            WebhookEffect::EndpointEnabled { endpoint } => drop(self.disabled.remove(endpoint)),
            WebhookEffect::FaultQueued(fault) => self.faults.push(fault),
            WebhookEffect::FaultTaken { id } => self.faults.take(*id),
            WebhookEffect::FaultRemoved { id } => self.faults.remove(*id),
            WebhookEffect::FaultsCleared => self.faults.clear(),
        }
    }

    /// Gives up what stands so.
    pub(super) fn give_up(&mut self, which: impl Fn(Status) -> bool, why: &str) {
        let open = self.deliveries.values().filter(|one| which(one.status));
        let open: Vec<u64> = open.map(|one| one.id).collect();
        for id in open {
            self.change(id, |delivery| {
                delivery.status = Status::Failed;
                delivery.next_attempt_at = None;
                delivery.waits_for = None;
                let last = delivery.attempts.last_mut();
                if let Some(under_way) = last.filter(|last| last.outcome.is_none()) {
                    under_way.outcome = Some(Outcome::Failed(why.into()));
                }
            });
        }
    }

    /// Begins a new life after another one, which has given numbers too: none is given twice, and what
    /// comes of an attempt of that life concerns nothing here.
    pub(super) fn go_on_after(&mut self, other: &Self) {
        self.life = self.life.max(other.life) + 1;
        self.last_id = self.last_id.max(other.last_id);
    }

    fn add(&mut self, delivery: &Delivery) {
        if self.deliveries.len() >= DELIVERIES_MAX {
            self.forget_one();
        }
        if let Some(before) = self.deliveries.remove(&delivery.id) {
            self.unfile(&before);
        }
        self.last_id = self.last_id.max(delivery.id);
        self.file(delivery);
        self.deliveries
            .insert(delivery.id, Arc::new(delivery.clone()));
        while self.bodies.bytes() > BODIES_BYTES_MAX {
            let Some(first) = self.bodies.first_to_go() else {
                return;
            };
            self.forget_body(first);
        }
    }

    /// A delivery that has not been sent cannot be any more.
    fn forget_body(&mut self, id: u64) {
        self.change(id, |delivery| {
            delivery.payload = Payload::Forgotten;
            if delivery.status == Status::Pending {
                delivery.status = Status::Failed;
                delivery.next_attempt_at = None;
                delivery.waits_for = None;
            }
        });
    }

    /// A record is gone: what is made under its key is another endpoint.
    pub(super) fn forget_record(&mut self, collection: &Name, key: &str) {
        if !self.disabled.is_empty() {
            self.disabled
                .remove(Endpoint::id_of_record(collection, key).as_str());
        }
    }

    /// All records of a collection are gone.
    pub(super) fn forget_collection(&mut self, collection: &Name) {
        let begins = Endpoint::id_in_collection(collection);
        let disabled = self.disabled.iter();
        let others = disabled.filter(|(id, _)| !id.starts_with(&begins));
        self.disabled = others.map(|(id, one)| (id.clone(), one.clone())).collect();
    }

    /// The oldest that is over goes; the oldest of all, if none is.
    fn forget_one(&mut self) {
        let oldest = || self.deliveries.get_min().map(|(id, _)| *id);
        let Some(id) = self.finished.get_min().copied().or_else(oldest) else {
            return;
        };
        if let Some(delivery) = self.deliveries.remove(&id) {
            self.unfile(&delivery);
        }
    }

    fn attempted(&mut self, id: u64, outcome: &Outcome, status: Status, next: Option<Timestamp>) {
        self.change(id, |delivery| {
            delivery.status = status;
            delivery.next_attempt_at = next;
            if let Some(last) = delivery.attempts.last_mut() {
                last.outcome = Some(outcome.clone());
            }
        });
    }

    fn disable(&mut self, endpoint: &Arc<str>, url: &Arc<str>, at: Timestamp) {
        let url = url.clone();
        let concerns = |one: &Endpoint| one.id == *endpoint && one.url == url;
        let waiting: Vec<u64> = self
            .deliveries
            .values()
            .filter(|one| concerns(&one.endpoint) && one.status == Status::Pending)
            .map(|one| one.id)
            .collect();
        self.disabled.insert(endpoint.clone(), Disabled { url, at });
        for id in waiting {
            self.change(id, |delivery| {
                delivery.status = Status::Disabled;
                delivery.next_attempt_at = None;
                delivery.waits_for = None;
            });
        }
    }

    /// Changes a delivery, and keeps the indices right.
    fn change(&mut self, id: u64, change: impl FnOnce(&mut Delivery)) {
        let Some(mut delivery) = self.deliveries.get(&id).cloned() else {
            return;
        };
        self.unfile(&delivery);
        change(Arc::make_mut(&mut delivery));
        self.file(&delivery);
        self.deliveries.insert(id, delivery);
    }

    fn file(&mut self, delivery: &Delivery) {
        self.bodies.add(delivery);
        let endpoint = &delivery.endpoint.id;
        match delivery.status {
            Status::Pending => {
                if let Some(at) = delivery.next_attempt_at {
                    self.queues.add(endpoint, at, delivery.id);
                }
            }
            Status::InFlight => self.queues.begin(endpoint, delivery.id),
            _ => drop(self.finished.insert(delivery.id)),
        }
        if delivery.waits_for.is_some() {
            let held = self.held.entry(endpoint.clone()).or_default();
            held.insert(delivery.id);
        }
    }

    fn unfile(&mut self, delivery: &Delivery) {
        self.bodies.remove(delivery);
        let endpoint = &delivery.endpoint.id;
        match delivery.status {
            Status::Pending => {
                if let Some(at) = delivery.next_attempt_at {
                    self.queues.remove(endpoint, at, delivery.id);
                }
            }
            Status::InFlight => self.queues.end(endpoint, delivery.id),
            _ => drop(self.finished.remove(&delivery.id)),
        }
        if delivery.waits_for.is_some()
            && let Some(held) = self.held.get_mut(endpoint)
        {
            held.remove(&delivery.id);
            if held.is_empty() {
                self.held.remove(endpoint);
            }
        }
    }
}
