//! Going on twice.

use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Place, expires_at, moment};
use crate::domain::name::SandboxId;
use crate::http::admin::extract::{Body, NoQuery};
use crate::http::admin::{json, sandboxes};
use crate::http::problem::Problem;
use crate::service::StageError;
use crate::store;

/// A sandbox that goes on from another one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Fork {
    /// The new sandbox's id.
    to: String,
    /// The number of a call: from right after it on. From now on, if neither this nor a snapshot is said.
    at: Option<u64>,
    /// A snapshot's id: from there on.
    snapshot: Option<String>,
    /// How long the new sandbox lives, as an ISO 8601 duration (`PT2H`) or in seconds; for ever, if left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    expires_after: Value,
}

/// Makes another sandbox that goes on from how this one is, or was. They share what neither changes, so
/// it costs nothing; what happens in one is invisible in the other.
#[utoipa::path(
    post, path = "/__admin/sandboxes/{id}/fork", tag = "timeline", request_body = Fork, params(("id" = String, Path, description = "The sandbox's id")),
    responses(
        (status = 201, description = "The new sandbox"),
        (status = 404, body = Problem, description = "There is no such sandbox, snapshot or call"),
        (status = 409, body = Problem, description = "There is a sandbox of the new id"),
        (status = 410, body = Problem, description = "The call is too long ago"),
        (status = 422, body = Problem)
    )
)]
pub(super) async fn fork(
    place: Place,
    _: NoQuery,
    Body(fork): Body<Fork>,
) -> Result<Response, Problem> {
    let to = SandboxId::parse(&fork.to);
    let to = to.map_err(|error| Problem::invalid("to", error.to_string()))?;
    let moment = moment(fork.at, "at", fork.snapshot)?;
    let expires_at = expires_at(&fork.expires_after)?;
    let Place { app, sandbox, .. } = &place;
    app.visitor.check_own(&to)?;
    let made = app.service.fork(sandbox, moment, to, expires_at).await;
    let made = made.map_err(|error| match error {
        StageError::Store(store::Error::SandboxExists) => {
            Problem::new(StatusCode::CONFLICT, error.to_string()).field("to")
        }
        error => error.into(),
    })?;
    let shown = sandboxes::shown(app, &made).await?;
    Ok(json(StatusCode::CREATED, &shown))
}
