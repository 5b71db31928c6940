//! Mappings: a sandbox's own stubs, as WireMock's clients handle them. Errors have WireMock's shape.

use std::sync::Arc;

use axum::Extension;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{App, json};
use crate::definition::compiled::{Definitions, Stub};
use crate::definition::load;
use crate::definition::source::{self, Diagnostic};
use crate::domain::call::decode;
use crate::engine::Stage;
use crate::service::StageError;

/// WireMock's codes of errors.
pub(super) const CODE_MALFORMED: u32 = 10;
const CODE_NOT_FOUND: u32 = 50;

/// The `{id}` of a path, or why there is none.
type Id = Result<Path<String>, PathRejection>;

/// A page of mappings.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "it only describes the parameters for the OpenAPI document"
)]
pub(super) struct Page {
    /// How many at the most.
    limit: Option<usize>,
    /// How many to pass over.
    offset: Option<usize>,
}

/// An error as WireMock answers it.
pub(super) fn error(
    status: StatusCode,
    code: u32,
    title: &str,
    source: Option<&str>,
    detail: Option<&str>,
) -> Response {
    let mut error = Map::from_iter([("code".to_owned(), code.into())]);
    if let Some(source) = source {
        error.insert("source".into(), json!({ "pointer": source }));
    }
    error.insert("title".into(), title.into());
    if let Some(detail) = detail {
        error.insert("detail".into(), detail.into());
    }
    json(status, &json!({ "errors": [error] }))
}

fn malformed(detail: &str) -> Response {
    error(
        StatusCode::UNPROCESSABLE_ENTITY,
        CODE_MALFORMED,
        "Error parsing JSON",
        None,
        Some(detail),
    )
}

fn not_found(id: &str) -> Response {
    let detail = format!("there is no stub {id}");
    error(
        StatusCode::NOT_FOUND,
        CODE_NOT_FOUND,
        "Not found",
        None,
        Some(&detail),
    )
}

fn failed(problem: &StageError) -> Response {
    error(
        StatusCode::NOT_FOUND,
        CODE_NOT_FOUND,
        &problem.to_string(),
        None,
        None,
    )
}

/// All mistakes of a mapping, each as an error with its place: a JSON pointer, as in WireMock; for
/// what is no JSON, line and column.
pub(super) fn mistakes(diagnostics: &[Diagnostic]) -> Response {
    let document = diagnostics
        .first()
        .and_then(|mistake| source::parse(mistake.source.clone()).ok());
    let errors: Vec<Value> = diagnostics
        .iter()
        .map(|mistake| {
            let mut detail = mistake.message.clone();
            if let Some(help) = &mistake.help {
                detail.push_str("; ");
                detail.push_str(help);
            }
            let mut error = json!({ "code": CODE_MALFORMED, "title": "Error parsing JSON" });
            match &document {
                Some(document) => {
                    let pointer = document.pointer_at(mistake.span.start);
                    error["source"] = json!({ "pointer": pointer });
                }
                None => {
                    let (line, column) = mistake.line_column();
                    detail = format!("line {line}, column {column}: {detail}");
                }
            }
            error["detail"] = detail.into();
            error
        })
        .collect();
    json(
        StatusCode::UNPROCESSABLE_ENTITY,
        &json!({ "errors": errors }),
    )
}

/// The sandbox's stubs, the newest first.
#[utoipa::path(get, path = "/__admin/mappings", tag = "mappings", params(Page), responses((status = 200, description = "`{\"mappings\": [], \"meta\": {\"total\": 0}}`")))]
pub(super) async fn list(
    Extension(app): Extension<App>,
    request: axum::extract::Request,
) -> Response {
    let page = match page(request.uri().query().unwrap_or("")) {
        Ok(page) => page,
        Err(detail) => {
            let title = "Invalid query parameter";
            return error(
                StatusCode::BAD_REQUEST,
                CODE_MALFORMED,
                title,
                None,
                Some(&detail),
            );
        }
    };
    let state = match app.service.read(&app.sandbox).await {
        Ok(state) => state,
        Err(problem) => return failed(&problem),
    };
    let mappings: Vec<&Value> = state
        .overlay
        .iter()
        .map(|(_, mapping)| &**mapping)
        .skip(page.0)
        .take(page.1)
        .collect();
    let total = state.overlay.len();
    json(
        StatusCode::OK,
        &json!({ "mappings": mappings, "meta": { "total": total } }),
    )
}

/// Offset and limit.
fn page(query: &str) -> Result<(usize, usize), String> {
    let (mut offset, mut limit) = (0, usize::MAX);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decode(value, true);
        let number = || {
            value
                .parse()
                .map_err(|_| format!("{name}: expected a number, found {value:?}"))
        };
        match name {
            "offset" => offset = number()?,
            "limit" => limit = number()?,
            _ => {
                return Err(format!(
                    "{name}: unknown parameter; there are limit, offset"
                ));
            }
        }
    }
    Ok((offset, limit))
}

/// Adds a stub.
#[utoipa::path(post, path = "/__admin/mappings", tag = "mappings", request_body = Object, responses((status = 201, description = "The stub with its `id`"), (status = 422, description = "`{\"errors\": [{code, source, title, detail}]}`")))]
pub(super) async fn create(Extension(app): Extension<App>, body: Bytes) -> Response {
    let given = match given_id(&body) {
        Ok(given) => given,
        Err(refused) => return *refused,
    };
    if let Some(id) = given {
        return put(&app, &body, &id, StatusCode::CREATED).await;
    }
    let definitions = app.service.definitions();
    let make = |id: &Arc<str>| compiled(&body, id, &definitions);
    match app.service.add_stub(&app.sandbox, make).await {
        Ok(Ok(stub)) => json(StatusCode::CREATED, &stub.source),
        Ok(Err(refused)) => *refused,
        Err(problem) => failed(&problem),
    }
}

/// Replaces a stub.
#[utoipa::path(
    put, path = "/__admin/mappings/{id}", tag = "mappings", request_body = Object, params(("id" = String, Path, description = "The stub's UUID")),
    responses((status = 200, description = "The stub"), (status = 404, description = "`{\"errors\": []}`"), (status = 422, description = "`{\"errors\": []}`"))
)]
pub(super) async fn replace(Extension(app): Extension<App>, id: Id, body: Bytes) -> Response {
    let id = match known(&app, id) {
        Ok(stub) => stub.id.clone(),
        Err(refused) => return *refused,
    };
    put(&app, &body, &id, StatusCode::OK).await
}

async fn put(app: &App, body: &Bytes, id: &Arc<str>, status: StatusCode) -> Response {
    let stub = match compiled(body, id, &app.service.definitions()) {
        Ok(stub) => stub,
        Err(refused) => return *refused,
    };
    match app.service.put_stub(&app.sandbox, &stub).await {
        Ok(()) => json(status, &stub.source),
        Err(problem) => failed(&problem),
    }
}

/// The stub that a body describes, or all its mistakes.
fn compiled(
    body: &Bytes,
    id: &Arc<str>,
    definitions: &Definitions,
) -> Result<Arc<Stub>, Box<Response>> {
    let text =
        std::str::from_utf8(body).map_err(|_| Box::new(malformed("the body is not UTF-8")))?;
    load::stub(text, id, &definitions.files, definitions.templated).map_err(|diagnostics| {
        Box::new(if diagnostics.is_empty() {
            malformed("the body is empty")
        } else {
            mistakes(&diagnostics)
        })
    })
}

/// The id that a mapping gives itself, in small letters. Everything else of it is read later.
fn given_id(body: &[u8]) -> Result<Option<Arc<str>>, Box<Response>> {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return Ok(None);
    };
    let given = members.get("id").or_else(|| members.get("uuid"));
    let Some(given) = given else {
        return Ok(None);
    };
    match given.as_str().map(Uuid::try_parse) {
        Some(Ok(id)) => Ok(Some(id.to_string().into())),
        _ => {
            let detail = format!("{given} is not a valid UUID");
            Err(Box::new(error(
                StatusCode::UNPROCESSABLE_ENTITY,
                CODE_MALFORMED,
                "Error parsing JSON",
                Some("/id"),
                Some(&detail),
            )))
        }
    }
}

/// The stub of this id.
fn known(app: &App, id: Id) -> Result<Arc<Stub>, Box<Response>> {
    let id = id.map_or_else(|error| error.body_text(), |Path(id)| id);
    let Ok(canonical) = Uuid::try_parse(&id) else {
        let title = format!("{id} is not a valid UUID");
        return Err(Box::new(error(
            StatusCode::BAD_REQUEST,
            CODE_MALFORMED,
            &title,
            None,
            None,
        )));
    };
    // A file may spell an id as it likes.
    app.sandbox
        .stub(&canonical.to_string())
        .or_else(|| app.sandbox.stub(&id))
        .ok_or_else(|| Box::new(not_found(&id)))
}

/// One stub.
#[utoipa::path(
    get, path = "/__admin/mappings/{id}", tag = "mappings", params(("id" = String, Path, description = "The stub's UUID")),
    responses((status = 200, description = "The stub"), (status = 404, description = "`{\"errors\": []}`"))
)]
pub(super) async fn get(Extension(app): Extension<App>, id: Id) -> Response {
    match known(&app, id) {
        Ok(stub) => json(StatusCode::OK, &stub.source),
        Err(refused) => *refused,
    }
}

/// Drops a stub.
#[utoipa::path(
    delete, path = "/__admin/mappings/{id}", tag = "mappings", params(("id" = String, Path, description = "The stub's UUID")),
    responses((status = 200, description = "`{}`"), (status = 404, description = "`{\"errors\": []}`"))
)]
pub(super) async fn delete(Extension(app): Extension<App>, id: Id) -> Response {
    let stub = match known(&app, id) {
        Ok(stub) => stub,
        Err(refused) => return *refused,
    };
    changed(&app, Stage::RemoveStub(stub.id.clone())).await
}

/// Drops all stubs of the sandbox.
#[utoipa::path(delete, path = "/__admin/mappings", tag = "mappings", responses((status = 200, description = "`{}`")))]
pub(super) async fn clear(Extension(app): Extension<App>) -> Response {
    changed(&app, Stage::ClearStubs).await
}

/// Brings the stubs back to those of the files, and empties the call log.
#[utoipa::path(post, path = "/__admin/mappings/reset", tag = "mappings", responses((status = 200, description = "`{}`")))]
pub(super) async fn reset(Extension(app): Extension<App>) -> Response {
    changed(&app, Stage::ResetStubs).await
}

async fn changed(app: &App, change: Stage) -> Response {
    match app.service.change_stubs(&app.sandbox, change).await {
        Ok(()) => json(StatusCode::OK, &json!({})),
        Err(problem) => failed(&problem),
    }
}
