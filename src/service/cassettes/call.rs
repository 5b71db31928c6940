//! Calls of a sandbox in which a cassette decides: nothing is matched before.

use std::sync::Arc;
use std::time::Instant;

use http::Version;
use jiff::Timestamp;

use crate::definition::compiled::Definitions;
use crate::domain::call::Call;
use crate::domain::reply::Reply;
use crate::engine::{ByCassette, Input};
use crate::log::Logged;
use crate::service::proxy::Sent;
use crate::service::{Sandbox, Service, micros_since};
use crate::store;

impl Service {
    /// Answers a call by the cassette that decides in a sandbox, and logs it; gives the call back, if none
    /// does any longer.
    ///
    /// # Errors
    /// When the sandbox is deleted meanwhile.
    pub(in crate::service) async fn call_cassette(
        self: &Arc<Self>,
        sandbox: &Arc<Sandbox>,
        definitions: &Definitions,
        (call, wall, started): (Call, Timestamp, Instant),
        peer: Arc<str>,
        version: Version,
    ) -> Result<Result<Reply, Call>, store::Error> {
        let input = Input::Call(&call, &[]);
        let committed = self.transact(sandbox, definitions, &input, wall).await?;
        let (mut decision, at) = (committed.decision, committed.state.now);
        if let Some(forward) = decision.forward.take() {
            let sent = Sent {
                call,
                forward,
                claimed: None,
                decision,
                at,
                wall,
                started,
                peer,
                version,
            };
            return Ok(Ok(self.send_on(sandbox, sent).await));
        }
        let (Some(by), Some(reply)) = (decision.by_cassette, decision.reply) else {
            return Ok(Err(call));
        };
        sandbox.tell(Logged {
            call: &call,
            version,
            reply: &reply,
            prepared: None,
            at,
            received_at: wall,
            duration_micros: micros_since(started),
            peer,
            matched: by == ByCassette::Answered,
            stub: None,
            pack: None,
            tool: decision.tool,
            agent: None,
            trace: decision.trace,
            effects: decision.effects,
            proxied: None,
        });
        Ok(Ok(reply))
    }
}
