//! Sending calls on: a call whose answer comes from elsewhere is decided on, carried out, and then
//! answered and logged.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{Sandbox, Service, micros_since, now, stopwatch};
use crate::definition::compiled::Target;
use crate::domain::call::Call;
use crate::domain::name::SandboxId;
use crate::domain::reply::Reply;
use crate::engine::{Decision, Forward, Input, Pending, Unreached, Upstream as Came};
use crate::log::{Logged, Proxied};

/// What is told of a call that was sent on and came to no end.
const LOST: &str = "the server failed while it was waiting";

/// Sends calls on to other servers. What stands behind it is the edge's.
pub trait Upstream: Send + Sync {
    /// Sends one call of a sandbox on, and gives its answer: it always comes to an end. What one
    /// sandbox waits for must not keep another waiting.
    fn forward<'a>(
        &'a self,
        sandbox: &'a SandboxId,
        forward: Forward,
    ) -> Pin<Box<dyn Future<Output = Result<Reply, Unreached>> + Send + 'a>>;

    /// Whether calls may be sent on to a URL, as far as its text tells; or why not.
    ///
    /// # Errors
    /// When it is no URL, or none that may be sent to.
    fn permits(&self, url: &str) -> Result<(), String>;
}

/// A call that was decided about and is to be sent on.
pub(super) struct Sent {
    pub(super) call: Call,
    pub(super) forward: Box<Forward>,
    /// The stub that said so.
    pub(super) claimed: Option<Target>,
    pub(super) decision: Decision,
    pub(super) at: Timestamp,
    pub(super) wall: Timestamp,
    pub(super) started: Instant,
    pub(super) peer: Arc<str>,
    pub(super) version: http::Version,
}

impl Service {
    /// Sends a call on, answers it with what comes, and logs it. A caller that goes away meanwhile
    /// changes nothing: the call has happened.
    pub(super) async fn send_on(self: &Arc<Self>, sandbox: &Arc<Sandbox>, sent: Sent) -> Reply {
        let (service, sandbox) = (self.clone(), sandbox.clone());
        let answered = tokio::spawn(async move { service.sent_on(&sandbox, sent).await });
        match answered.await {
            Ok(reply) => reply,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }

    /// Lets happen to a reply what was decided when its call was sent on. In a sandbox that is deleted
    /// meanwhile nothing happens.
    async fn go_wrong(
        &self,
        sandbox: &Sandbox,
        pending: &Pending,
        reply: Reply,
        decision: &mut Decision,
    ) -> Reply {
        let upstream = Came {
            pending,
            reply: &reply,
        };
        let input = Input::Upstream(&upstream);
        let definitions = self.definitions();
        let Ok(committed) = self.transact(sandbox, &definitions, &input, now()).await else {
            return reply;
        };
        let came = committed.decision;
        decision.trace.0.extend(came.trace.0);
        let both = decision.effects.iter().chain(&*came.effects);
        decision.effects = both.cloned().collect();
        came.reply.unwrap_or(reply)
    }

    async fn sent_on(self: &Arc<Self>, sandbox: &Arc<Sandbox>, mut sent: Sent) -> Reply {
        let asked = stopwatch();
        let url: Arc<str> = sent.forward.url.as_str().into();
        let dribble = sent.forward.dribble;
        let faults = std::mem::take(&mut sent.forward.faults);
        sent.forward.within = sandbox.caps().targets.clone();
        // Of its own: what a call holds must be freed even if this fails.
        let (upstream, id) = (self.upstream.clone(), sandbox.id.clone());
        let came = tokio::spawn(async move { upstream.forward(&id, *sent.forward).await });
        let came = came
            .await
            .unwrap_or_else(|_| Err(Unreached::Network(LOST.into())));
        let proxied = Proxied {
            url: url.clone(),
            answered: came.is_ok(),
            micros: micros_since(asked),
        };
        let own = sent.decision.reply.take();
        let own = own.unwrap_or_else(|| Reply::empty(http::StatusCode::OK));
        let mut reply = match sent.decision.by_cassette {
            None => Forward::answer(&url, came, &own, dribble),
            Some(_) => {
                let latency = Duration::from_micros(proxied.micros);
                sandbox
                    .record_upstream(&sent.call, came.as_ref(), sent.wall, latency)
                    .await;
                match came {
                    Err(unreached) => unreached.problem(&url),
                    came => Forward::answer(&url, came, &own, dribble),
                }
            }
        };
        if !faults.is_empty() {
            reply = self
                .go_wrong(sandbox, &faults, reply, &mut sent.decision)
                .await;
        }
        if sent.decision.by_cassette.is_none() && sandbox.records() {
            let tool = sent.decision.tool.as_ref();
            let recorded = sandbox.record_simulated(&sent.call, &reply, tool, sent.at);
            recorded.await;
        }
        let in_flight = sent.decision.in_flight;
        let (decision, claimed) = (sent.decision, sent.claimed.as_ref());
        sandbox.tell(Logged {
            call: &sent.call,
            version: sent.version,
            reply: &reply,
            prepared: None,
            at: sent.at,
            received_at: sent.wall,
            duration_micros: micros_since(sent.started),
            peer: sent.peer,
            matched: claimed.is_some() || decision.by_cassette.is_some(),
            stub: claimed.and_then(Target::stub).map(|stub| &stub.named),
            pack: claimed.and_then(Target::pack).map(|pack| &pack.name),
            tool: decision.tool,
            agent: decision.agent,
            trace: decision.trace,
            effects: decision.effects,
            proxied: Some(proxied),
        });
        if in_flight {
            let delay = std::mem::take(&mut reply.delay);
            self.hold(sandbox, sent.call.number, delay).await;
        }
        reply
    }
}
