//! Faults on purpose: which rules happen at a call, and what they make of its reply.
//!
//! Which happen is chosen before a call is decided; what they do is done to the clean reply, so that the
//! log can tell what it would have been. What is decided here is a function of the sandbox's seed, the
//! rule, the tool and the how-manieth call of it this is.

pub mod alter;
pub mod body;
pub mod choose;
mod events;
mod fields;
pub mod flat;
pub mod replace;
#[cfg(test)]
mod tests;
pub mod tools;
mod values;
mod wire;

use http::StatusCode;
use serde_json::Value;

use crate::domain::reply::{Body, Reply};

/// What a fault has made of a reply.
#[derive(Clone, Debug)]
pub struct Injected {
    /// The reply.
    pub reply: Reply,
    /// What exactly went wrong, for the log: the members, the status, the delay …
    pub detail: Value,
}

/// A reply with a body as a rule gives it: a text as it stands, anything else as JSON.
fn written(status: StatusCode, body: &Value) -> Reply {
    match body {
        Value::String(text) => {
            let mut reply = Reply::empty(status);
            reply.set_header("content-type", "text/plain");
            reply.body = Body::Bytes(text.clone().into());
            reply
        }
        document => Reply::json(status, document),
    }
}
