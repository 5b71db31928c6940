//! Calls that the edge refuses: nothing is decided about them, but the log tells of them.

use serde_json::Value;

use super::{Received, Sandbox, Service, now};
use crate::domain::call::{Call, address};
use crate::domain::reply::Reply;
use crate::domain::trace::Trace;
use crate::log::Logged;

impl Service {
    /// Logs a call whose body was not read, so that nothing else could see it.
    pub fn refused(&self, sandbox: &Sandbox, received: Received, reply: &Reply) {
        let received_at = now();
        let call = Call::new(
            self.number(sandbox),
            received.method,
            received.target,
            received.headers,
            received.body,
            received.base_url,
            address(&received.peer).into(),
        )
        .concealing(self.concealed(received.concealed));
        let mut trace = Trace::default();
        trace.note("body", "refused", Value::Null);
        sandbox.tell(Logged {
            call: &call,
            version: received.version,
            reply,
            prepared: None,
            at: sandbox.shows(received_at),
            received_at,
            duration_micros: 0,
            peer: received.peer,
            matched: false,
            stub: None,
            pack: None,
            tool: None,
            agent: None,
            trace,
            effects: std::sync::Arc::default(),
            proxied: None,
        });
    }
}
