//! How an error on purpose looks: as the pack words its own.

use jiff::Timestamp;

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
    let refusal = shape.refusal(state.now);
    match shape {
        Shape::Status { status, .. } => respond::forced(&refusal, status, &view, named),
        Shape::Cause { .. } => respond::refusal(&refusal, &view, named),
        Shape::RateLimited { profile, .. } => {
            // The limit that the rule names, or else the first that the tool has.
            let own = entered.tool.map(|tool| tool.guards.limits.as_slice());
            let own = own.unwrap_or_default();
            let is_meant = |name: &str| profile == Some(name);
            let mut all = own.iter().chain(&entered.pack.limits);
            let limit = all.find(|limit| is_meant(&limit.name)).or(own.first());
            let refusal = match limit {
                Some(limit) => refusal.shaped(&limit.refusals),
                None => refusal,
            };
            respond::refusal(&refusal, &view, named)
        }
    }
}

/// An error of a stub that belongs to no pack.
pub(super) fn of_stub(shape: Shape<'_>, now: Timestamp) -> Reply {
    let refusal = shape.refusal(now);
    match shape.status() {
        Some(status) => respond::plain(&refusal, status),
        None => respond::without_pack(&refusal),
    }
}
