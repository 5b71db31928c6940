//! Replies to conditional requests: the entity tag of what was served, and 304 for who has it.

use http::header::{CONTENT_TYPE, ETAG};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::draft::Draft;
use super::steps::Run;
use crate::behaviours::preconditions::{body_tag, entity_tag};
use crate::definition::model::TagOf;
use crate::domain::name::Name;
use crate::domain::reply::{Body, Reply};
use crate::domain::trace::Trace;

/// Puts the entity tag of the record at hand, as the call leaves it, or of the body into a successful
/// reply. A caller that has it already is only told so (RFC 9110 §15.4.5).
pub(super) fn tag(of: TagOf, reply: &mut Reply, run: &Run<'_>, draft: &Draft, trace: &mut Trace) {
    if !reply.status.is_success() {
        return;
    }
    let tag = match (of, &reply.body) {
        (TagOf::Record, _) => of_record(run, draft),
        (TagOf::Body, Body::Bytes(bytes)) => Some(body_tag(bytes)),
        (TagOf::Body | TagOf::Nothing, _) => None,
    };
    let Some(tag) = tag else {
        return;
    };
    if let Ok(value) = HeaderValue::from_str(&tag) {
        reply.headers.insert(ETAG, value);
    }
    if !run.conditions.not_modified(&tag) {
        trace.note("etag", "ok", json!({ "etag": tag }));
        return;
    }
    reply.status = StatusCode::NOT_MODIFIED;
    reply.headers.remove(CONTENT_TYPE);
    reply.body = Body::Bytes(bytes::Bytes::new());
    trace.note(
        "etag",
        "notModified",
        json!({ "etag": tag, "reason": "If-None-Match has it" }),
    );
}

fn of_record(run: &Run<'_>, draft: &Draft) -> Option<String> {
    let (collection, key) = run.at_hand.as_ref()?;
    let name = Name::new(&run.pack.name, collection);
    let record = draft.state().record(&name, key)?;
    Some(entity_tag(&record))
}
