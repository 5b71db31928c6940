//! Backups of a server that runs.

use axum::Extension;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::extract::Body;
use super::{App, Problem, json};
use crate::service::BackupError;

/// A backup to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// The name of its file, which is made in the folder `backups` of the data directory: letters,
    /// digits, `.`, `_` and `-`.
    to: String,
}

/// Copies everything that is kept, as it is at one moment, into a new file; calls go on meanwhile. With the
/// command `sparring restore` a data directory is made of it.
#[utoipa::path(
    post, path = "/__admin/backup", tag = "server", request_body = Wanted,
    responses((status = 201, description = "`{\"to\": \"the path of the file\"}`"), (status = 400, body = Problem), (status = 409, body = Problem, description = "The server keeps nothing, or the file is there already"), (status = 503, body = Problem))
)]
pub(super) async fn make(
    Extension(app): Extension<App>,
    Body(wanted): Body<Wanted>,
) -> Result<Response, Problem> {
    match app.service.backup(&wanted.to).await {
        Ok(file) => Ok(json(
            StatusCode::CREATED,
            &json!({ "to": file.display().to_string() }),
        )),
        Err(BackupError::Name) => Err(Problem::invalid(
            "to",
            "expected 1 to 64 letters, digits, `.`, `_` and `-`, and no `.` at the beginning",
        )),
        Err(BackupError::InMemory) => Err(Problem::new(
            StatusCode::CONFLICT,
            "this server keeps everything in memory; start it with --data-dir",
        )),
        Err(BackupError::Exists(file)) => Err(Problem::new(
            StatusCode::CONFLICT,
            format!("{} is there already", file.display()),
        )
        .field("to")),
        Err(BackupError::Failed(why)) => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, why)),
    }
}
