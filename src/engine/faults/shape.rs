//! How an error on purpose looks: as the pack words its own.

use http::StatusCode;
use serde_json::json;

use crate::behaviours::Refusal;
use crate::behaviours::fault::replace::Shape;
use crate::domain::reply::Reply;
use crate::engine::door::Entered;
use crate::engine::respond;
use crate::engine::steps::Run;
use crate::engine::unknown::named;
use crate::state::SandboxState;

/// An error of a tool.
pub(super) fn of_tool(
    shape: Shape<'_>,
    run: &Run<'_>,
    state: &SandboxState,
    entered: &Entered<'_>,
) -> Reply {
    let (view, named) = (run.view(state), named(entered));
    match shape {
        Shape::Status(status, _) => respond::queued(status, &view, named),
        Shape::Cause { cause, message } => {
            respond::refusal(&Refusal::new(cause, message), &view, named)
        }
        Shape::RateLimited {
            retry_after,
            message,
        } => {
            let facts = json!({
                "retryAfter": retry_after,
                "limit": 0,
                "remaining": 0,
            });
            let refusal = Refusal::new("rate_limited", message).with("limit", facts);
            let limits = entered.tool.map(|tool| tool.guards.limits.as_slice());
            let refusal = match limits.and_then(<[_]>::first) {
                Some(limit) => refusal.shaped(&limit.refusals),
                None => refusal,
            };
            respond::refusal(&refusal, &view, named)
        }
    }
}

/// An error of a stub that belongs to no pack.
pub(super) fn of_stub(shape: Shape<'_>) -> Reply {
    match shape {
        Shape::Status(status, _) => respond::queued_without_pack(status),
        Shape::Cause { cause, message } => respond::without_pack(&Refusal::new(cause, message)),
        Shape::RateLimited { message, .. } => {
            let mut reply = respond::without_pack(&Refusal::new("rate_limited", message));
            reply.status = StatusCode::TOO_MANY_REQUESTS;
            reply
        }
    }
}
