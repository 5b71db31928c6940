//! What came of an attempt, and what follows: it is done, it is tried again, or it is given up.

use std::sync::Arc;

use super::schedule::{attempt_at, chance_of};
use crate::definition::compiled::Pack;
use crate::state::webhooks::WebhookEffect;
use crate::state::webhooks::delivery::{Delivery, Outcome, Sender, Status};
use crate::state::{Effect, SandboxState};

/// What came of an attempt, as the edge tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The delivery's number.
    pub delivery: u64,
    /// The how-manieth attempt it was.
    pub attempt: usize,
    /// In which life of the sandbox it was sent.
    pub life: u64,
    /// What came of it.
    pub outcome: Outcome,
}

/// What follows from an attempt. Nothing does, if it is not the one that is under way: then it is of
/// a life of the sandbox that is over.
#[must_use]
pub fn answered(pack: Option<&Arc<Pack>>, state: &SandboxState, answer: &Answer) -> Vec<Effect> {
    let Some(delivery) = state.webhooks.delivery(answer.delivery) else {
        return Vec::new();
    };
    let under_way = delivery.status == Status::InFlight
        && delivery.attempts.len() == answer.attempt
        && state.webhooks.life() == answer.life;
    if !under_way {
        return Vec::new();
    }
    let spec = match &delivery.sender {
        Sender::Pack(_) => pack.and_then(|pack| pack.webhooks.as_ref()),
        Sender::Stub { .. } => None,
    };
    let profile = spec.map(|spec| &spec.profile);
    let retry = profile.and_then(|profile| {
        let chance = chance_of(state.seed, delivery);
        // From the attempt's own time on, so that a clock advanced over several of them sees them all.
        let from = delivery.attempts.last().map_or(state.now, |last| last.at);
        attempt_at(profile, delivery.attempts.len(), from, chance)
    });
    let (status, next_attempt_at) = match &answer.outcome {
        Outcome::Status(200..=299) => (Status::Delivered, None),
        Outcome::Status(status)
            if profile.is_some_and(|profile| profile.disable_on.contains(status)) =>
        {
            (Status::Disabled, None)
        }
        _ if state.webhooks.is_disabled(&delivery.endpoint) => (Status::Failed, None),
        _ => match retry {
            Some(at) => (Status::Pending, Some(at)),
            None => (Status::Failed, None),
        },
    };
    let attempted = WebhookEffect::DeliveryAttempted {
        id: delivery.id,
        outcome: answer.outcome.clone(),
        status,
        next_attempt_at,
    };
    let mut effects = vec![Effect::Webhook(attempted)];
    if status == Status::Disabled {
        effects.push(Effect::Webhook(disabled(delivery, state)));
    }
    effects
}

fn disabled(delivery: &Delivery, state: &SandboxState) -> WebhookEffect {
    WebhookEffect::EndpointDisabled {
        endpoint: delivery.endpoint.id.clone(),
        url: delivery.endpoint.url.clone(),
        at: state.now,
    }
}
