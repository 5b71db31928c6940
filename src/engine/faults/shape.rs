//! How an error on purpose looks: as the pack words its own.

use crate::behaviours::fault::replace::Shape;
use crate::domain::reply::Reply;
use crate::engine::door::Entered;
use crate::engine::respond;
use crate::engine::steps::Run;
use crate::engine::unknown::named;
use crate::state::SandboxState;

/// An error of a tool. That of a rate limit looks as the tool's own limits have it, if it has any.
pub(super) fn of_tool(
    shape: Shape<'_>,
    run: &Run<'_>,
    state: &SandboxState,
    entered: &Entered<'_>,
) -> Reply {
    let (view, named) = (run.view(state), named(entered));
    let mut refusal = shape.refusal(state.now);
    let mut limits = entered.tool.iter().flat_map(|tool| &tool.guards.limits);
    if let (Shape::RateLimited { .. }, Some(limit)) = (shape, limits.next()) {
        refusal = refusal.shaped(&limit.refusals);
    }
    respond::refusal_of_status(&refusal, &view, named, shape.status())
}

/// An error of a stub that belongs to no pack.
pub(super) fn of_stub(shape: Shape<'_>, state: &SandboxState) -> Reply {
    respond::without_pack(&shape.refusal(state.now), shape.status())
}
