//! Calls that the edge refuses: nothing is decided about them, but the log tells of them.

use serde_json::json;

use super::{Received, Sandbox, Service, now};
use crate::domain::call::{Call, address};
use crate::domain::reply::Reply;
use crate::log::{Answered, Entry, Wall, copied};

impl Service {
    /// Logs a call whose body was not read, so that nothing else could see it.
    pub fn refused(&self, sandbox: &Sandbox, received: Received, reply: &Reply) {
        let received_at = now();
        let call = Call::new(
            sandbox.log.next_number(),
            received.method,
            received.target,
            received.headers,
            received.body,
            received.base_url,
            address(&received.peer).into(),
        );
        let (headers, body) = copied(&call);
        sandbox.log.add(Entry {
            number: call.number,
            sandbox: sandbox.id.clone(),
            at: sandbox.shows(received_at),
            headers,
            body,
            reply: Answered::of(reply),
            matched: false,
            stub: None,
            pack: None,
            tool: None,
            agent: None,
            trace: json!([{ "step": "body", "outcome": "refused" }]),
            effects: Vec::new(),
            wall: Wall {
                received_at,
                duration_micros: 0,
                peer: received.peer,
                traceparent: call.header("traceparent").map(str::to_owned),
            },
            method: call.method,
            target: call.target,
            base_url: call.base_url,
            version: received.version,
        });
    }
}
