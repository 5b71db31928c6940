//! What a fault makes of a reply that is there.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use serde_json::Value;

use super::{Injected, body, wire};
use crate::domain::chance::Chance;
use crate::domain::fault::Phase;
use crate::domain::json::parse_strict;
use crate::domain::reply::{Body, Reply, drop_digests};
use crate::state::faults::Rule;

/// What a rule of the phases `Alter` and `Wire` makes of a reply; nothing, if there is nothing in this one
/// that it could change.
#[must_use]
pub fn alter(rule: &Rule, reply: &Reply, chance: &Chance) -> Option<Injected> {
    match rule.mode.phase() {
        Phase::Decide | Phase::Replace => None,
        Phase::Wire => wire::carry(rule, reply, chance),
        Phase::Alter => {
            let document = document(reply)?;
            let (altered, detail) = body::alter_json(rule, &document, chance)?;
            let reply = with_document(reply, &altered);
            Some(Injected { reply, detail })
        }
    }
}

/// The object or the list that a success brings; nothing, if it is packed, or brings something else.
pub(super) fn document(reply: &Reply) -> Option<Value> {
    let refused = reply.status.is_client_error() || reply.status.is_server_error();
    let cut = matches!(reply.body, Body::Cut { .. });
    let packed = reply.headers.contains_key(CONTENT_ENCODING);
    if refused || cut || packed || reply.fault.is_some() {
        return None;
    }
    // A name that stands twice would stand once afterwards.
    let document = parse_strict(&reply.body.to_bytes()).ok()?;
    (document.is_object() || document.is_array()).then_some(document)
}

/// A reply with another document, sent at the same pace.
pub(super) fn with_document(reply: &Reply, document: &Value) -> Reply {
    let bytes = Bytes::from(document.to_string());
    let mut altered = reply.clone();
    altered.kept = None;
    altered.body = match &reply.body {
        Body::Chunks(chunks) => {
            let pauses = chunks.iter().map(|chunk| chunk.after);
            let total = pauses.fold(Duration::ZERO, Duration::saturating_add);
            Body::dribbled(bytes, chunks.len(), total)
        }
        Body::Bytes(_) | Body::Cut { .. } => Body::Bytes(bytes),
    };
    drop_digests(&mut altered.headers);
    altered
}
