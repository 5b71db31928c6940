//! Going back.

use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Place, moment};
use crate::http::admin::extract::{Body, NoQuery};
use crate::http::admin::{json, sandboxes};
use crate::http::problem::Problem;
use crate::service::Moment;

/// Where to go back to: one of both.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Back {
    /// A snapshot's id.
    snapshot: Option<String>,
    /// The number of a call: right after it.
    call: Option<u64>,
}

/// Sets the sandbox back to how it was. Its call log stays, calls are numbered on, and one can go
/// forward again in the same way.
#[utoipa::path(
    post, path = "/__admin/sandboxes/{id}/restore", tag = "timeline", request_body = Back, params(("id" = String, Path, description = "The sandbox's id")),
    responses(
        (status = 200, description = "The sandbox"),
        (status = 404, body = Problem, description = "There is no such sandbox, snapshot or call"),
        (status = 409, body = Problem, description = "Something is being recorded"),
        (status = 410, body = Problem, description = "The call is too long ago"),
        (status = 422, body = Problem)
    )
)]
pub(super) async fn restore(
    place: Place,
    _: NoQuery,
    Body(back): Body<Back>,
) -> Result<Response, Problem> {
    let moment = moment(back.call, "call", back.snapshot)?;
    if moment == Moment::Now {
        let message = "expected a snapshot or a call to go back to";
        return Err(Problem::invalid("snapshot", message));
    }
    let Place { app, sandbox, .. } = &place;
    let state = app.service.restore(sandbox, moment).await?;
    let mut shown = sandboxes::described(app, sandbox, &state);
    shown["call"] = json!(state.calls);
    Ok(json(StatusCode::OK, &shown))
}
