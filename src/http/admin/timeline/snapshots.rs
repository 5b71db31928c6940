//! Snapshots: how a sandbox is, kept under a name.

use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::Place;
use crate::domain::name::SandboxId;
use crate::http::admin::extract::{NoQuery, OptionalBody};
use crate::http::admin::json;
use crate::http::problem::Problem;
use crate::state::ledger::{AccountKind, Ledger};
use crate::store::Snapshot;

/// The longest note, in bytes.
const NOTE_BYTES_MAX: usize = 1000;

/// The word that means how a sandbox is.
pub(super) const NOW: &str = "now";

/// A snapshot to take.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSnapshot {
    /// What it is called: 1 to 64 characters out of `A-Z a-z 0-9 . _ -`, no number and not `now`; the
    /// first of `s1`, `s2` … that is free, if left out.
    id: Option<String>,
    /// What it is for.
    note: Option<String>,
}

/// Takes a snapshot: the sandbox as it is, under a name. It shares what has not changed since, so it
/// costs nothing. A sandbox has at most 100.
#[utoipa::path(
    post, path = "/__admin/sandboxes/{id}/snapshots", tag = "timeline", request_body = NewSnapshot, params(("id" = String, Path, description = "The sandbox's id")),
    responses((status = 201, description = "`{id, note, takenAt, call, clock, records, wallets}`"), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn take(
    place: Place,
    _: NoQuery,
    OptionalBody(new): OptionalBody<NewSnapshot>,
) -> Result<Response, Problem> {
    if let Some(id) = &new.id {
        check_id(id)?;
    }
    let note = new.note.as_deref();
    if note.is_some_and(|note| note.len() > NOTE_BYTES_MAX) {
        let message = format!("expected at most {NOTE_BYTES_MAX} bytes");
        return Err(Problem::invalid("note", message));
    }
    let (id, note) = (new.id.map(Into::into), note.map(Into::into));
    let service = &place.app.service;
    let taken = service.take_snapshot(&place.sandbox, id, note).await?;
    Ok(json(StatusCode::CREATED, &shown(&taken)))
}

/// A snapshot is told from a call, and from now, by what it is called.
fn check_id(id: &str) -> Result<(), Problem> {
    let number = id.bytes().all(|byte| byte.is_ascii_digit());
    if SandboxId::parse(id).is_err() || number || id == NOW {
        let message = "expected 1 to 64 characters out of A-Z a-z 0-9 . _ -, no number and not now";
        return Err(Problem::invalid("id", message));
    }
    Ok(())
}

/// All snapshots, the oldest first.
#[utoipa::path(
    get, path = "/__admin/sandboxes/{id}/snapshots", tag = "timeline", params(("id" = String, Path, description = "The sandbox's id")),
    responses((status = 200, description = "`{\"snapshots\": [], \"total\": 0}`"), (status = 404, body = Problem))
)]
pub(super) async fn list(place: Place, _: NoQuery) -> Result<Response, Problem> {
    let kept = place.app.service.snapshots(&place.sandbox)?;
    let shown: Vec<Value> = kept.iter().map(shown).collect();
    let document = json!({ "total": shown.len(), "snapshots": shown });
    Ok(json(StatusCode::OK, &document))
}

/// One snapshot.
#[utoipa::path(
    get, path = "/__admin/sandboxes/{id}/snapshots/{snapshot}", tag = "timeline",
    params(("id" = String, Path, description = "The sandbox's id"), ("snapshot" = String, Path, description = "The snapshot's id")),
    responses((status = 200, description = "The snapshot"), (status = 404, body = Problem))
)]
pub(super) async fn get(place: Place, _: NoQuery) -> Result<Response, Problem> {
    let service = &place.app.service;
    let found = service.snapshot_of(&place.sandbox, &place.snapshot)?;
    Ok(json(StatusCode::OK, &shown(&found)))
}

/// Drops a snapshot.
#[utoipa::path(
    delete, path = "/__admin/sandboxes/{id}/snapshots/{snapshot}", tag = "timeline",
    params(("id" = String, Path, description = "The sandbox's id"), ("snapshot" = String, Path, description = "The snapshot's id")),
    responses((status = 200, description = "`{}`"), (status = 404, body = Problem))
)]
pub(super) async fn delete(place: Place, _: NoQuery) -> Result<Response, Problem> {
    let service = &place.app.service;
    service
        .drop_snapshot(&place.sandbox, &place.snapshot)
        .await?;
    Ok(json(StatusCode::OK, &json!({})))
}

fn shown(snapshot: &Snapshot) -> Value {
    let state = &snapshot.state;
    let records = state.collections.values().map(|records| records.len());
    json!({
        "id": &*snapshot.id,
        "note": snapshot.note.as_deref(),
        "takenAt": snapshot.taken_at.to_string(),
        "call": state.calls,
        "clock": { "now": state.now.to_string() },
        "records": records.sum::<usize>(),
        "wallets": wallets(&state.ledger),
    })
}

/// How many names there are that money belongs to.
fn wallets(ledger: &Ledger) -> usize {
    let owned = ledger
        .accounts()
        .filter(|(_, account)| account.kind == AccountKind::Wallet);
    let mut names: Vec<_> = owned.map(|(id, _)| (&id.pack, &id.name)).collect();
    names.dedup();
    names.len()
}
