//! Definitions: what is served, and reading it again.

use axum::Extension;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

use super::extract::NoQuery;
use super::{App, json};
use crate::definition::compiled::Definitions;
use crate::definition::load;
use crate::http::problem::Problem;

/// The packs that are served.
#[utoipa::path(get, path = "/__admin/definitions", tag = "server", responses((status = 200, description = "`{\"packs\": [], \"mappings\": 0}`")))]
pub(super) async fn list(Extension(app): Extension<App>, _: NoQuery) -> Response {
    json(StatusCode::OK, &shown(&app.service.definitions()))
}

/// Reads the definition files again. A set with mistakes is refused with all of them, and the old
/// one stays. Sandboxes keep their state.
#[utoipa::path(
    post, path = "/__admin/definitions/reload", tag = "server",
    responses((status = 200, description = "What is served now"), (status = 422, description = "A problem with `diagnostics`: `{file, line, column, message, label, help}`"))
)]
pub(super) async fn reload(Extension(app): Extension<App>, _: NoQuery) -> Response {
    match app.service.reload().await {
        Ok(definitions) => json(StatusCode::OK, &shown(&definitions)),
        Err(error) => refused(&error),
    }
}

fn shown(definitions: &Definitions) -> Value {
    let packs: Vec<Value> = definitions
        .packs
        .iter()
        .map(|pack| {
            json!({
                "name": &*pack.name,
                "title": pack.title,
                "description": pack.description,
                "prefix": pack.prefix,
                "tools": pack.tools.len(),
                "doors": pack.doors.iter().map(|door| door.route.as_str()).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "packs": packs, "mappings": definitions.mappings.len() })
}

fn refused(error: &load::Error) -> Response {
    let load::Error::Mistakes(mistakes) = error else {
        return Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()).into_response();
    };
    let diagnostics: Vec<Value> = mistakes
        .iter()
        .map(|mistake| {
            let (line, column) = mistake.line_column();
            json!({
                "file": &*mistake.source.path,
                "line": line,
                "column": column,
                "message": mistake.message,
                "label": mistake.label,
                "help": mistake.help,
            })
        })
        .collect();
    let count = diagnostics.len();
    let mistakes = if count == 1 { "mistake" } else { "mistakes" };
    let detail = format!("the files have {count} {mistakes}; the definitions before stay in force");
    let problem = json!({
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": detail,
        "diagnostics": diagnostics,
    });
    let mut response = json(StatusCode::UNPROCESSABLE_ENTITY, &problem);
    let kind = http::HeaderValue::from_static("application/problem+json");
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, kind);
    response
}
