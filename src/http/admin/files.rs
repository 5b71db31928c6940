//! Files that bodies come from, as WireMock's clients handle them: a sandbox lays its own over those
//! that lie beside the definitions.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Extension;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::Value;

use super::mappings::{CODE_MALFORMED, error, failed, not_found};
use super::{App, json};
use crate::engine::{Stage, stage};
use crate::service::StageError;
use crate::state::files::{Laid, plain_name};

/// What stands before the name of a file in a path.
const PREFIX: &str = "/files/";

/// The names of all files.
#[utoipa::path(get, path = "/__admin/files", tag = "files", responses((status = 200, description = "`[\"a.txt\", \"b/c.json\"]`")))]
pub(super) async fn list(Extension(app): Extension<App>) -> Response {
    let state = match app.service.read(&app.sandbox).await {
        Ok(state) => state,
        Err(problem) => return failed(&problem),
    };
    let definitions = app.service.definitions();
    let mut names: BTreeSet<&str> = definitions.files.names().collect();
    for (name, content) in state.files.iter() {
        match content {
            Some(_) => names.insert(name),
            None => names.remove(&**name),
        };
    }
    json(StatusCode::OK, &names.into_iter().collect::<Value>())
}

/// The content of a file.
#[utoipa::path(
    get, path = "/__admin/files/{path}", tag = "files", params(("path" = String, Path, description = "Its name, which may have slashes in it")),
    responses((status = 200, description = "The content"), (status = 404, description = "No such file"))
)]
pub(super) async fn get(Extension(app): Extension<App>, request: Request) -> Response {
    let name = match name(&request) {
        Ok(name) => name,
        Err(refused) => return *refused,
    };
    let state = match app.service.read(&app.sandbox).await {
        Ok(state) => state,
        Err(problem) => return failed(&problem),
    };
    let beside = || app.service.definitions().files.get(&name).cloned();
    let content = match state.files.get(&name) {
        Laid::Content(content) => Some(content.clone()),
        Laid::Gone => None,
        Laid::Nothing => beside(),
    };
    // Nothing says what kind of file it is.
    content.map_or_else(not_found, |content| {
        Response::new(axum::body::Body::from(content))
    })
}

/// A file has this content from now on, in this sandbox alone.
#[utoipa::path(
    put, path = "/__admin/files/{path}", tag = "files", request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(("path" = String, Path, description = "Its name, which may have slashes in it")),
    responses((status = 200, description = "The content as Base64, in a JSON text"), (status = 400, description = "`{\"errors\": []}`: the name leads out of the files"), (status = 422, description = "`{\"errors\": []}`: too much"))
)]
pub(super) async fn put(Extension(app): Extension<App>, request: Request) -> Response {
    let name = match name(&request) {
        Ok(name) => name,
        Err(refused) => return *refused,
    };
    // The edge has bounded it already, as the server was told to.
    let content = match to_bytes(request.into_body(), usize::MAX).await {
        Ok(content) => content,
        Err(broken) => return refusal(StatusCode::BAD_REQUEST, &broken.to_string()),
    };
    let encoded = STANDARD.encode(&content);
    let change = Stage::PutFile { name, content };
    match app.service.stage(&app.sandbox, change).await {
        Ok(_) => json(StatusCode::OK, &encoded.into()),
        Err(StageError::Stage(invalid @ stage::Error::Invalid { .. })) => {
            refusal(StatusCode::UNPROCESSABLE_ENTITY, &invalid.to_string())
        }
        Err(problem) => failed(&problem),
    }
}

/// A file is not there from now on, in this sandbox alone.
#[utoipa::path(
    delete, path = "/__admin/files/{path}", tag = "files", params(("path" = String, Path, description = "Its name, which may have slashes in it")),
    responses((status = 200, description = "An empty body, whether there was one or not"), (status = 400, description = "`{\"errors\": []}`: the name leads out of the files"))
)]
pub(super) async fn delete(Extension(app): Extension<App>, request: Request) -> Response {
    let name = match name(&request) {
        Ok(name) => name,
        Err(refused) => return *refused,
    };
    let change = Stage::RemoveFile(name);
    match app.service.stage(&app.sandbox, change).await {
        Ok(_) => StatusCode::OK.into_response(),
        Err(problem) => failed(&problem),
    }
}

/// The name in a path, as it stands there: WireMock decodes nothing in it.
fn name(request: &Request) -> Result<Arc<str>, Box<Response>> {
    let path = request.uri().path();
    let name = path.find(PREFIX).map(|at| &path[at + PREFIX.len()..]);
    let name = name.unwrap_or_default();
    plain_name(name).map(Arc::from).ok_or_else(|| {
        let title = format!("{name:?} is no name of a file");
        Box::new(refusal(StatusCode::BAD_REQUEST, &title))
    })
}

fn refusal(status: StatusCode, title: &str) -> Response {
    error(status, CODE_MALFORMED, title, None, None)
}
