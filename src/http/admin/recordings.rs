//! Recordings: what another server answers becomes stubs. Errors have WireMock's shape.

use axum::Extension;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use super::mappings::{error, mistakes};
use super::{App, json};
use crate::domain::json::parse_strict;
use crate::service::{RecordError, Recorded};

/// WireMock's codes of errors.
const CODE_MALFORMED: u32 = 10;
const CODE_NOT_RECORDING: u32 = 30;
const CODE_OTHER: u32 = 50;

/// Whether calls are recorded: `NeverStarted`, `Recording` or `Stopped`.
#[utoipa::path(get, path = "/__admin/recordings/status", tag = "recordings", responses((status = 200, description = "`{\"status\": \"Recording\"}`")))]
pub(super) async fn status(Extension(app): Extension<App>) -> Response {
    match app.service.recording(&app.sandbox) {
        Ok(status) => json(StatusCode::OK, &json!({ "status": status })),
        Err(problem) => failed(RecordError::Stage(problem)),
    }
}

/// Sends all calls on to `targetBaseUrl` from now on, and records them. While a recording is under way,
/// it changes nothing.
#[utoipa::path(
    post, path = "/__admin/recordings/start", tag = "recordings", request_body = Object,
    responses((status = 200, description = "`{}`"), (status = 422, description = "`{\"errors\": [{code, source, title, detail}]}`"))
)]
pub(super) async fn start(Extension(app): Extension<App>, body: Bytes) -> Response {
    if body.is_empty() {
        return malformed("/", "No content to map due to end-of-input");
    }
    let document = match document(&body) {
        Ok(document) => document,
        Err(refused) => return *refused,
    };
    match app.service.start_recording(&app.sandbox, document).await {
        Ok(()) => json(StatusCode::OK, &json!({})),
        Err(error) => failed(error),
    }
}

/// Ends the recording, and adds what it has recorded to the mappings.
#[utoipa::path(
    post, path = "/__admin/recordings/stop", tag = "recordings",
    responses((status = 200, description = "`{\"mappings\": []}`, or `{\"ids\": []}`"), (status = 400, description = "There is no recording: `{\"errors\": []}`"))
)]
pub(super) async fn stop(Extension(app): Extension<App>) -> Response {
    match app.service.stop_recording(&app.sandbox).await {
        Ok(recorded) => told(&recorded),
        Err(error) => failed(error),
    }
}

/// Makes mappings of the calls in the log that were sent on to another server, and adds them.
#[utoipa::path(
    post, path = "/__admin/recordings/snapshot", tag = "recordings", request_body = Object,
    responses((status = 200, description = "`{\"mappings\": []}`, or `{\"ids\": []}`"), (status = 422, description = "`{\"errors\": []}`"))
)]
pub(super) async fn snapshot(Extension(app): Extension<App>, body: Bytes) -> Response {
    let document = match body.is_empty() {
        true => Ok(json!({})),
        false => document(&body),
    };
    let document = match document {
        Ok(document) => document,
        Err(refused) => return *refused,
    };
    match app.service.snapshot(&app.sandbox, document).await {
        Ok(recorded) => told(&recorded),
        Err(error) => failed(error),
    }
}

fn document(body: &[u8]) -> Result<Value, Box<Response>> {
    parse_strict(body).map_err(|error| Box::new(malformed("/", &error)))
}

fn told(recorded: &Recorded) -> Response {
    let stubs = recorded.stubs.iter();
    let document = match recorded.ids_only {
        true => json!({ "ids": stubs.map(|stub| &*stub.id).collect::<Vec<_>>() }),
        false => json!({ "mappings": stubs.map(|stub| &*stub.source).collect::<Vec<_>>() }),
    };
    json(StatusCode::OK, &document)
}

fn failed(problem: RecordError) -> Response {
    match problem {
        RecordError::NotRecording => {
            let title = "Not currently recording.";
            error(
                StatusCode::BAD_REQUEST,
                CODE_NOT_RECORDING,
                title,
                None,
                None,
            )
        }
        RecordError::Wrong(wrong) => malformed(&wrong.pointer, &wrong.message),
        RecordError::Mistakes(diagnostics) => mistakes(&diagnostics),
        RecordError::Stage(problem) => error(
            StatusCode::NOT_FOUND,
            CODE_OTHER,
            &problem.to_string(),
            None,
            None,
        ),
    }
}

fn malformed(pointer: &str, detail: &str) -> Response {
    error(
        StatusCode::UNPROCESSABLE_ENTITY,
        CODE_MALFORMED,
        "Error parsing JSON",
        Some(pointer),
        Some(detail),
    )
}
