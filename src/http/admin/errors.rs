//! The error queue: answers in line for the next calls.

use std::sync::Arc;

use axum::Extension;
use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::extract::{Body, NoQuery, Path};
use super::{App, json};
use crate::engine::Stage;
use crate::http::problem::Problem;
use crate::state::errors::QueuedError;

/// An answer to put in line.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct NewError {
    /// The status: 200 to 599. A 200 with a body replaces the next answer without touching state.
    status: u16,
    /// How many calls it answers.
    #[serde(default = "one")]
    count: u64,
    /// Only calls of this tool, bare or as `pack.tool`; any matched call, if none is named.
    tool: Option<String>,
    /// How many matching calls it lets through first.
    #[serde(default)]
    after: u64,
    /// Headers of the answer.
    #[serde(default)]
    #[schema(value_type = Object)]
    headers: Map<String, Value>,
    /// The body: JSON, or a text. Without one, the pack's own shape of an error.
    #[schema(value_type = Option<Object>)]
    body: Option<Value>,
    /// Milliseconds of wall time before the answer.
    #[serde(default)]
    delay_milliseconds: u64,
}

/// Longer than this, no client waits.
const DELAY_MILLISECONDS_MAX: u64 = 3_600_000;

fn one() -> u64 {
    1
}

/// Puts an answer in line: first in, first out.
#[utoipa::path(
    post, path = "/__admin/errors", tag = "errors", request_body = NewError,
    responses((status = 201, description = "The answer with its `id`"), (status = 422, body = Problem))
)]
pub(super) async fn queue(
    Extension(app): Extension<App>,
    _: NoQuery,
    Body(new): Body<NewError>,
) -> Result<Response, Problem> {
    check(&new)?;
    let error = QueuedError {
        id: 0,
        status: new.status,
        count: new.count,
        tool: None,
        after: new.after,
        headers: Arc::new(new.headers),
        body: new.body.map(Arc::new),
        delay_milliseconds: new.delay_milliseconds,
    };
    let stage = Stage::QueueError {
        error,
        tool: new.tool,
    };
    let queued = app.service.stage(&app.sandbox, stage).await?;
    Ok(json(StatusCode::CREATED, &queued))
}

fn check(new: &NewError) -> Result<(), Problem> {
    if !(200..=599).contains(&new.status) {
        return Err(Problem::invalid(
            "status",
            format!("expected 200 to 599, found {}", new.status),
        ));
    }
    if new.count == 0 {
        return Err(Problem::invalid("count", "expected at least 1"));
    }
    if new.delay_milliseconds > DELAY_MILLISECONDS_MAX {
        let message = format!("expected at most {DELAY_MILLISECONDS_MAX}");
        return Err(Problem::invalid("delayMilliseconds", message));
    }
    for (name, value) in &new.headers {
        let field = format!("headers.{name}");
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(Problem::invalid(&field, "is not a name of a header"));
        }
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return Err(Problem::invalid(&field, "expected a text")),
        };
        if HeaderValue::from_str(&text).is_err() {
            return Err(Problem::invalid(
                &field,
                "has characters that a header cannot carry",
            ));
        }
    }
    Ok(())
}

/// What is in line, the first first.
#[utoipa::path(get, path = "/__admin/errors", tag = "errors", responses((status = 200, description = "`{\"errors\": []}`")))]
pub(super) async fn list(Extension(app): Extension<App>, _: NoQuery) -> Result<Response, Problem> {
    let state = app.service.read(&app.sandbox).await?;
    let errors: Vec<&QueuedError> = state.errors.iter().collect();
    Ok(json(StatusCode::OK, &json!({ "errors": errors })))
}

/// Empties the line.
#[utoipa::path(delete, path = "/__admin/errors", tag = "errors", responses((status = 200, description = "`{}`")))]
pub(super) async fn clear(Extension(app): Extension<App>, _: NoQuery) -> Result<Response, Problem> {
    app.service.stage(&app.sandbox, Stage::ClearErrors).await?;
    Ok(json(StatusCode::OK, &json!({})))
}

/// Takes an answer out of line.
#[utoipa::path(
    delete, path = "/__admin/errors/{id}", tag = "errors", params(("id" = u64, Path, description = "The answer's id")),
    responses((status = 200, description = "`{}`"), (status = 404, body = Problem))
)]
pub(super) async fn remove(
    Extension(app): Extension<App>,
    Path(id): Path<String>,
    _: NoQuery,
) -> Result<Response, Problem> {
    let number = id
        .parse()
        .map_err(|_| Problem::not_found(format!("there is no queued error {id}")))?;
    app.service
        .stage(&app.sandbox, Stage::RemoveError(number))
        .await?;
    Ok(json(StatusCode::OK, &json!({})))
}
