//! The error queue: the tester's hand. It comes before everything else that a call meets.
//!
//! The first entry in line that concerns the call decides: it lets the call through if it has
//! still to wait (`after`), and answers it otherwise. A queued answer touches nothing else.

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use super::Step;
use crate::domain::name::Name;
use crate::domain::reply::Reply;
use crate::state::errors::QueuedError;
use crate::state::{Effect, SandboxState};

/// Decides for one call of `tool` (or of a stub that is no tool). `shape` gives the pack's own body
/// for an error that brings none.
pub fn decide(
    state: &SandboxState,
    tool: Option<&Name>,
    shape: impl FnOnce(StatusCode) -> Reply,
) -> Step {
    let Some(error) = state.errors.iter().find(|error| error.concerns(tool)) else {
        return Step::Continue(Vec::new());
    };
    if error.after > 0 {
        return Step::Continue(vec![Effect::ErrorPassed { id: error.id }]);
    }
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Step::Answer(
        answer(error, status, shape),
        vec![Effect::ErrorTaken { id: error.id }],
    )
}

fn answer(
    error: &QueuedError,
    status: StatusCode,
    shape: impl FnOnce(StatusCode) -> Reply,
) -> Reply {
    let mut reply = match error.body.as_deref() {
        None => shape(status),
        Some(Value::String(text)) => {
            let mut reply = Reply::empty(status);
            reply.set_header("content-type", "text/plain");
            reply.body = crate::domain::reply::Body::Bytes(text.clone().into());
            reply
        }
        Some(body) => Reply::json(status, body),
    };
    for (name, value) in error.headers.iter() {
        match value {
            Value::String(text) => reply.set_header(name, text),
            other => reply.set_header(name, &other.to_string()),
        }
    }
    reply.delay = Duration::from_millis(error.delay_milliseconds);
    reply
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;
    use serde_json::Map;

    use super::*;

    fn error(id: u64, status: u16, tool: Option<&str>, count: u64, after: u64) -> Effect {
        Effect::ErrorQueued(QueuedError {
            id,
            status,
            count,
            tool: tool.map(|tool| Name::new(&"p".into(), tool)),
            after,
            headers: Arc::new(Map::new()),
            body: None,
            delay_milliseconds: 0,
        })
    }

    /// Calls the tools named, in order, and compares the statuses; `-` is a call let through.
    fn check(queue: &[Effect], calls: &[(&str, &str)]) {
        let mut state = SandboxState::new(Arc::default(), Timestamp::UNIX_EPOCH);
        queue.iter().for_each(|effect| state.apply(effect));
        for (at, (tool, expected)) in calls.iter().enumerate() {
            let name = (*tool != "-").then(|| Name::new(&"p".into(), tool));
            let (seen, effects) = match decide(&state, name.as_ref(), Reply::empty) {
                Step::Continue(effects) => ("-".to_owned(), effects),
                Step::Answer(reply, effects) => (reply.status.as_u16().to_string(), effects),
            };
            assert_eq!(&seen, expected, "call {at} of {tool}");
            effects.iter().for_each(|effect| state.apply(effect));
        }
    }

    #[test]
    fn first_in_first_out() {
        check(
            &[error(1, 503, None, 2, 0), error(2, 429, None, 1, 0)],
            &[("a", "503"), ("b", "503"), ("a", "429"), ("a", "-")],
        );
    }

    #[test]
    fn only_calls_of_the_tool_are_concerned() {
        check(
            &[error(1, 500, Some("a"), 1, 0), error(2, 502, None, 1, 0)],
            &[
                ("b", "502"),
                ("b", "-"),
                ("-", "-"),
                ("a", "500"),
                ("a", "-"),
            ],
        );
    }

    #[test]
    fn some_calls_are_let_through_first() {
        check(
            &[error(1, 500, Some("a"), 1, 2)],
            &[("a", "-"), ("b", "-"), ("a", "-"), ("a", "500"), ("a", "-")],
        );
    }
}
