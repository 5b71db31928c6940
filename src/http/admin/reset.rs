//! Reset: a sandbox begins again.

use axum::Extension;
use axum::response::Response;
use http::StatusCode;
use serde_json::json;

use super::extract::NoQuery;
use super::{App, json};
use crate::http::problem::Problem;

/// Brings the sandbox back to how it opened: stubs, state, queue, log, counters and clock. No file
/// is read again.
#[utoipa::path(post, path = "/__admin/reset", tag = "sandboxes", responses((status = 200, description = "`{}`")))]
pub(super) async fn reset(Extension(app): Extension<App>, _: NoQuery) -> Result<Response, Problem> {
    app.service.reset(&app.sandbox, true).await?;
    Ok(json(StatusCode::OK, &json!({})))
}
