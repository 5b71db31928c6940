//! Delivering: what a decision hands out is sent, and what came of it is decided on. No lock is held
//! meanwhile, and no call waits for it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::{Sandbox, Service, now};
use crate::domain::name::SandboxId;
use crate::engine::{Answer, Input, Outgoing};
use crate::state::webhooks::delivery::Outcome;

/// What is told of an attempt that ended without an outcome.
const LOST: &str = "the server failed while it was sending";

/// Sends requests to others. What stands behind it is the edge's.
pub trait Deliverer: Send + Sync {
    /// Sends one request of a sandbox, and tells what came of it: it always comes to an end. What
    /// one sandbox sends must not keep another's waiting.
    fn deliver<'a>(
        &'a self,
        sandbox: &'a SandboxId,
        outgoing: Outgoing,
    ) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;
}

impl Service {
    /// Sends what a decision has handed out. Each answer is decided on by itself, and may let the
    /// next delivery of its endpoint go.
    pub(super) fn hand_out(&self, sandbox: &Sandbox, outgoing: Vec<Outgoing>) {
        let caps = sandbox.caps();
        for mut outgoing in outgoing {
            if let Some(own) = &caps.targets {
                outgoing.targets = Arc::new(outgoing.targets.within(own));
            }
            let (me, key) = (self.me.clone(), sandbox.key.clone());
            let deliverer = self.deliverer.clone();
            tokio::spawn(async move {
                let (delivery, attempt, life) =
                    (outgoing.delivery, outgoing.attempt, outgoing.life);
                let id = key.id.clone();
                // Of its own: an outcome that is lost would keep the endpoint waiting for ever.
                let sent = tokio::spawn(async move { deliverer.deliver(&id, outgoing).await });
                let outcome = sent.await.unwrap_or_else(|_| Outcome::Failed(LOST.into()));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::compiled::Definitions;
    use crate::definition::load::Sources;
    use crate::domain::reply::Reply;
    use crate::domain::time::Clock;
    use crate::engine::{Decision, Forward, Unreached};
    use crate::log::Bounds;
    use crate::service::{AccessSettings, Settings, Upstream};
    use crate::state::webhooks::WebhookEffect;
    use crate::state::webhooks::delivery::{
        Delivery, Endpoint, Event, Origin, Payload, Sender, Status,
    };
    use crate::state::{Effect, SandboxState};
    use crate::store::{Any, Store};

    struct Broken;

    impl Deliverer for Broken {
        fn deliver<'a>(
            &'a self,
            _: &'a SandboxId,
            _: Outgoing,
        ) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
            Box::pin(async { panic!("this deliverer is broken") })
        }
    }

    impl Upstream for Broken {
        fn forward<'a>(
            &'a self,
            _: &'a SandboxId,
            _: Forward,
        ) -> Pin<Box<dyn Future<Output = Result<Reply, Unreached>> + Send + 'a>> {
            Box::pin(async { panic!("this upstream is broken") })
        }

        fn permits(&self, _: &str) -> Result<(), String> {
            Ok(())
        }
    }

    fn queued() -> Effect {
        let delivery = Delivery {
            id: 1,
            event: Event {
                id: "evt".into(),
                kind: "a.b".into(),
                at: now(),
                subject: None,
            },
            endpoint: Endpoint {
                id: "stub/1".into(),
                url: "http://localhost:9/".into(),
                origin: Origin::Stub,
            },
            sender: Sender::Stub {
                method: "POST".into(),
                headers: Arc::new([]),
                delay_milliseconds: 0,
            },
            payload: Payload::Text("{}".into()),
            status: Status::Pending,
            next_attempt_at: Some(now()),
            waits_for: None,
            flaw: None,
            attempts: Vec::new(),
            trace: None,
        };
        Effect::Webhook(WebhookEffect::DeliveryQueued(Box::new(delivery)))
    }

    #[test]
    fn an_outcome_that_is_lost_is_a_failure() {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let settings = Settings {
                seed: 1,
                clock: Clock::System,
                log: Bounds::default(),
                sources: Sources::default(),
                cassettes: "cassettes".into(),
                data_dir: None,
                watcher: None,
                access: AccessSettings::default(),
            };
            let service = Service::start(
                settings,
                Definitions::default(),
                Any::default(),
                Arc::new(Broken),
            );
            let service = service.await.expect("a service");
            let id = SandboxId::default_sandbox();
            let sandbox = service.sandbox(&id).expect("a sandbox");
            let queue = |_: &SandboxState| Decision {
                effects: [queued()].into(),
                ..Decision::default()
            };
            let queued = service.store.transact(&sandbox.key, queue).await;
            queued.expect("a delivery");
            service.wake(&id).await;
            for _ in 0..1_000 {
                let state = service.store.read(&sandbox.key).expect("a state");
                let delivery = state.webhooks.delivery(1).expect("a delivery");
                if delivery.status == Status::Failed {
                    let outcome = delivery.attempts[0].outcome.clone();
                    assert_eq!(outcome, Some(Outcome::Failed(LOST.into())));
                    return;
                }
                tokio::task::yield_now().await;
            }
            panic!("nothing came of it");
        });
    }
}
