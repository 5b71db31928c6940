//! Delivering: what a decision hands out is sent, and what came of it is decided on. No lock is held
//! meanwhile, and no call waits for it.

use std::future::Future;
use std::pin::Pin;

use super::{Sandbox, Service, now};
use crate::engine::{Answer, Input, Outgoing};
use crate::state::webhooks::delivery::Outcome;

/// Sends requests to others. What stands behind it is the edge's.
pub trait Deliverer: Send + Sync {
    /// Sends one request, and tells what came of it: it always comes to an end.
    fn deliver(&self, outgoing: Outgoing) -> Pin<Box<dyn Future<Output = Outcome> + Send + '_>>;
}

impl Service {
    /// Sends what a decision has handed out. Each answer is decided on by itself, and may let the
    /// next delivery of its endpoint go.
    pub(super) fn hand_out(&self, sandbox: &Sandbox, outgoing: Vec<Outgoing>) {
        for outgoing in outgoing {
            let (me, key) = (self.me.clone(), sandbox.key.clone());
            let deliverer = self.deliverer.clone();
            tokio::spawn(async move {
                let (delivery, attempt, life) =
                    (outgoing.delivery, outgoing.attempt, outgoing.life);
                let outcome = deliverer.deliver(outgoing).await;
                let Some(service) = me.upgrade() else {
                    return;
                };
                let sandbox = service.sandbox(&key.id);
                let Some(sandbox) = sandbox.filter(|sandbox| sandbox.key == key) else {
                    return;
                };
                let answer = Answer {
                    delivery,
                    attempt,
                    life,
                    outcome,
                };
                service.answered(&sandbox, &answer).await;
            });
        }
    }

    async fn answered(&self, sandbox: &Sandbox, answer: &Answer) {
        let definitions = self.definitions();
        let input = Input::Delivered(answer);
        // A sandbox that is deleted meanwhile has nobody whom it could matter to.
        let _ = self.transact(sandbox, &definitions, &input, now()).await;
    }
}
