//! Mappings: a sandbox's own stubs, as WireMock's clients handle them. Errors have WireMock's shape.

mod error;
pub(super) mod import;
pub(super) mod metadata;
mod page;
pub(super) mod remove;
pub(super) mod unmatched;

use std::convert::Infallible;
use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::{get as get_of, post};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{App, json};
use crate::definition::compiled::{Definitions, Stub};
use crate::definition::load;
use crate::service::{StageError, StubChange};
use crate::state::SandboxState;

pub(super) use error::{
    CODE_MALFORMED, error, failed, malformed, mistakes, no_uuid, not_found, text,
};
pub(super) use import::import;
pub(super) use metadata::{find_by_metadata, remove_by_metadata};
use page::Page;
pub(super) use remove::remove;
pub(super) use unmatched::{remove_unmatched, unmatched};

/// The `{id}` of a path, or why there is none.
type Id = Result<Path<String>, PathRejection>;

/// The routes.
pub(super) fn routes() -> axum::Router {
    axum::Router::new()
        .route("/mappings", get_of(list).post(create).delete(clear))
        .route("/mappings/reset", post(reset))
        .route("/mappings/save", post(save))
        .route("/mappings/import", post(import))
        .route("/mappings/remove", post(remove))
        .route("/mappings/find-by-metadata", post(find_by_metadata))
        .route("/mappings/remove-by-metadata", post(remove_by_metadata))
        .route(
            "/mappings/unmatched",
            get_of(unmatched).delete(remove_unmatched),
        )
        .route("/mappings/{id}", get_of(get).put(replace).delete(delete))
}

/// The sandbox's stubs, the newest first.
#[utoipa::path(get, path = "/__admin/mappings", tag = "mappings", params(Page), responses((status = 200, description = "`{\"mappings\": [], \"meta\": {\"total\": 0}}`")))]
pub(super) async fn list(Extension(app): Extension<App>, request: Request) -> Response {
    let page = match Page::of(request.uri().query().unwrap_or("")) {
        Ok(page) => page,
        Err(refused) => return *refused,
    };
    let state = match app.service.read(&app.sandbox).await {
        Ok(state) => state,
        Err(problem) => return failed(&problem),
    };
    let mut all: Vec<&Value> = state.overlay.iter().map(|(_, it)| &**it).collect();
    // As they are asked: by priority, the newest first among equals.
    all.sort_by_key(|mapping| mapping["priority"].as_u64().unwrap_or(PRIORITY_DEFAULT));
    let shown: Vec<&Value> = all
        .into_iter()
        .skip(page.offset())
        .take(page.limit())
        .collect();
    listed(&shown, state.overlay.len())
}

/// The priority of a stub that says none.
const PRIORITY_DEFAULT: u64 = 5;

/// Some stubs, and how many there are.
fn listed(mappings: &[&Value], total: usize) -> Response {
    let document = json!({ "mappings": mappings, "meta": { "total": total } });
    json(StatusCode::OK, &document)
}

/// Adds a stub.
#[utoipa::path(
    post, path = "/__admin/mappings", tag = "mappings", request_body = Object,
    responses(
        (status = 201, description = "The stub with its `id`"),
        (status = 422, description = "`{\"errors\": [{code, source, title, detail}]}`: it is none, or its id is taken")
    )
)]
pub(super) async fn create(Extension(app): Extension<App>, body: Bytes) -> Response {
    let definitions = app.service.definitions();
    let made = app.service.change_stubs(&app.sandbox, |state, ids| {
        let mut name = |given: Option<Arc<str>>| given.unwrap_or_else(|| ids.fresh());
        let stub = compiled(&body, &mut name, &definitions)?;
        match state.overlay.get(&stub.id) {
            Some(_) => Err(Box::new(error::duplicate(&stub.id))),
            None => Ok((putting(&stub), stub)),
        }
    });
    let made = made
        .await
        .map(|made| made.map(|stub| json(StatusCode::CREATED, &stub.source)));
    answer(made)
}

/// Replaces a stub.
#[utoipa::path(
    put, path = "/__admin/mappings/{id}", tag = "mappings", request_body = Object, params(("id" = String, Path, description = "The stub's UUID")),
    responses((status = 200, description = "The stub"), (status = 400, description = "`{\"errors\": []}`: no UUID"), (status = 404, description = "No such stub"), (status = 422, description = "`{\"errors\": []}`"))
)]
pub(super) async fn replace(Extension(app): Extension<App>, id: Id, body: Bytes) -> Response {
    let definitions = app.service.definitions();
    let made = app.service.change_stubs(&app.sandbox, |state, _| {
        let (id, _) = known(state, id)?;
        let stub = compiled(&body, &mut |_| id.clone(), &definitions)?;
        Ok((putting(&stub), stub))
    });
    let made = made
        .await
        .map(|made| made.map(|stub| json(StatusCode::OK, &stub.source)));
    answer(made)
}

/// One stub.
#[utoipa::path(
    get, path = "/__admin/mappings/{id}", tag = "mappings", params(("id" = String, Path, description = "The stub's UUID")),
    responses((status = 200, description = "The stub"), (status = 400, description = "`{\"errors\": []}`: no UUID"), (status = 404, description = "No such stub"))
)]
pub(super) async fn get(Extension(app): Extension<App>, id: Id) -> Response {
    let state = match app.service.read(&app.sandbox).await {
        Ok(state) => state,
        Err(problem) => return failed(&problem),
    };
    match known(&state, id) {
        Ok((_, mapping)) => json(StatusCode::OK, &mapping),
        Err(refused) => *refused,
    }
}

/// Drops a stub.
#[utoipa::path(
    delete, path = "/__admin/mappings/{id}", tag = "mappings", params(("id" = String, Path, description = "The stub's UUID")),
    responses((status = 200, description = "`{}`"), (status = 400, description = "`{\"errors\": []}`: no UUID"), (status = 404, description = "No such stub"))
)]
pub(super) async fn delete(Extension(app): Extension<App>, id: Id) -> Response {
    let dropped = app.service.change_stubs(&app.sandbox, |state, _| {
        let (id, _) = known(state, id)?;
        Ok((removing(vec![id]), done()))
    });
    answer(dropped.await)
}

/// Drops all stubs of the sandbox. The journal stays.
#[utoipa::path(delete, path = "/__admin/mappings", tag = "mappings", responses((status = 200, description = "`{}`")))]
pub(super) async fn clear(Extension(app): Extension<App>) -> Response {
    match app.service.clear_stubs(&app.sandbox).await {
        Ok(()) => done(),
        Err(problem) => failed(&problem),
    }
}

/// Writes all stubs of `default` to the folder of the WireMock root that is served, a file each.
#[utoipa::path(post, path = "/__admin/mappings/save", tag = "mappings", responses((status = 200, description = "An empty body"), (status = 500, description = "`{\"errors\": []}`: there is no such folder, or it cannot be written to")))]
pub(super) async fn save(Extension(app): Extension<App>) -> Response {
    match app.service.save_stubs(&app.sandbox).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(problem) => failed(&problem),
    }
}

/// Brings the stubs back to those of the files, and empties the call log.
#[utoipa::path(post, path = "/__admin/mappings/reset", tag = "mappings", responses((status = 200, description = "An empty body")))]
pub(super) async fn reset(Extension(app): Extension<App>) -> Response {
    match app.service.reset(&app.sandbox, false).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(problem) => failed(&problem),
    }
}

/// The stub that a body describes, or all its mistakes.
fn compiled(
    body: &Bytes,
    ids: load::Ids<'_>,
    definitions: &Definitions,
) -> Result<Arc<Stub>, Box<Response>> {
    load::stub(text(body)?, ids, definitions)
        .map_err(|diagnostics| Box::new(mistakes(&diagnostics)))
}

/// The stub of the id in a path, and the id as it is kept.
fn known(state: &SandboxState, id: Id) -> Result<(Arc<str>, Arc<Value>), Box<Response>> {
    let id = id.map_or_else(|error| error.body_text(), |Path(id)| id);
    let Ok(canonical) = Uuid::try_parse(&id) else {
        return Err(Box::new(no_uuid(&id)));
    };
    let id: Arc<str> = canonical.to_string().into();
    match state.overlay.get(&id) {
        Some(mapping) => Ok((id, mapping.clone())),
        None => Err(Box::new(not_found())),
    }
}

fn putting(stub: &Arc<Stub>) -> StubChange {
    StubChange {
        put: vec![stub.clone()],
        ..StubChange::default()
    }
}

fn removing(ids: Vec<Arc<str>>) -> StubChange {
    StubChange {
        remove: ids,
        ..StubChange::default()
    }
}

/// WireMock's way to say that it is done.
fn done() -> Response {
    json(StatusCode::OK, &json!({}))
}

/// What came of a change: its own answer, or why it was not made.
fn answer(changed: Result<Result<Response, Box<Response>>, StageError>) -> Response {
    match changed {
        Ok(Ok(response)) => response,
        Ok(Err(refused)) => *refused,
        Err(problem) => failed(&problem),
    }
}

/// What came of a change that nothing refuses.
fn answer_always(changed: Result<Result<Response, Infallible>, StageError>) -> Response {
    match changed {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(problem) => failed(&problem),
    }
}
