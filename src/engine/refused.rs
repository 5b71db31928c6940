//! The reply of a call that is refused, and why, in its trace.

use serde_json::json;

use super::door::Entered;
use super::draft::Draft;
use super::respond;
use super::steps::Run;
use super::unknown::named;
use crate::behaviours::Refusal;
use crate::domain::reply::Reply;
use crate::domain::trace::Trace;

pub(super) fn refused(
    refusal: &Refusal,
    entered: &Entered<'_>,
    run: &Run<'_>,
    draft: &Draft,
    trace: &mut Trace,
) -> Reply {
    let reply = respond::refusal(refusal, &run.view(draft.state()), named(entered));
    let detail = json!({
        "cause": &*refusal.cause,
        "message": refusal.message,
        "status": reply.status.as_u16(),
    });
    trace.note("refusal", "refused", detail);
    reply
}
