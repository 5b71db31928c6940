//! The journal as WireMock's clients handle it: the call log in their words, and verification.
//!
//! `/requests` and `/calls` are two views of one log: what empties one empties both. The log is
//! bounded, and a verification can only speak of what is kept: when older calls were dropped, each
//! answer says how many in the header `Sparring-Dropped-Calls`. It is no member of the answer, for
//! clients in Java refuse members that they do not know.

mod ask;
mod event;
mod given;
pub(super) mod near_misses;

use std::sync::Arc;

use axum::Extension;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderName, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;
use uuid::Uuid;

use super::mappings::{CODE_MALFORMED, error};
use super::{App, json};
use crate::domain::request_id::number_of;
use crate::log::Entry;
use crate::matching::pattern::RequestPattern;
pub(super) use ask::metadata_pattern;
use ask::{Wanted, request_pattern};

/// Says how many older calls the log no longer has.
const DROPPED: HeaderName = HeaderName::from_static("sparring-dropped-calls");

/// The `{id}` of a path, or why there is none.
type Id = Result<Path<String>, PathRejection>;

/// Which calls.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "it only describes the parameters for the OpenAPI document"
)]
pub(super) struct Parameters {
    /// How many at the most.
    limit: Option<usize>,
    /// Only calls after this time on the sandbox clock: an ISO 8601 date-time with its offset.
    since: Option<String>,
    /// `true`: only calls that nothing claimed.
    unmatched: Option<bool>,
    /// Only calls that the stub of this UUID answered.
    #[serde(rename = "matchingStub")]
    matching_stub: Option<String>,
}

/// The logged calls as WireMock's serve events, the newest first.
#[utoipa::path(
    get, path = "/__admin/requests", tag = "requests", params(Parameters),
    responses((status = 200, description = "`{\"requests\": [], \"meta\": {\"total\": 0}, \"requestJournalDisabled\": false}`; the header `Sparring-Dropped-Calls` says how many older calls were dropped, if any"), (status = 400, description = "`{\"errors\": []}`"))
)]
pub(super) async fn list(
    Extension(app): Extension<App>,
    request: axum::extract::Request,
) -> Response {
    let wanted = match Wanted::read(request.uri().query().unwrap_or("")) {
        Ok(wanted) => wanted,
        Err(refused) => return *refused,
    };
    aside(move || {
        let (mut entries, dropped) = app.sandbox.log.entries();
        entries.reverse();
        entries.retain(|entry| wanted.concerns(entry));
        let total = entries.len();
        let shown = entries.iter().filter(|entry| wanted.is_after(entry));
        let shown: Vec<Value> = shown
            .take(wanted.limit)
            .map(|entry| event::event(entry))
            .collect();
        let listed = json!({
            "requests": shown,
            "meta": { "total": total },
            "requestJournalDisabled": false,
        });
        answer(&listed, dropped)
    })
    .await
}

/// Forgets all calls, of `/__admin/calls` too.
#[utoipa::path(delete, path = "/__admin/requests", tag = "requests", responses((status = 200, description = "`{}`")))]
pub(super) async fn clear(Extension(app): Extension<App>) -> Response {
    app.sandbox.log.clear();
    json(StatusCode::OK, &json!({}))
}

/// Forgets all calls: an older way to say DELETE.
#[utoipa::path(post, path = "/__admin/requests/reset", tag = "requests", responses((status = 200, description = "`{}`")))]
pub(super) async fn reset(app: Extension<App>) -> Response {
    clear(app).await
}

/// One logged call.
#[utoipa::path(
    get, path = "/__admin/requests/{id}", tag = "requests", params(("id" = String, Path, description = "The call's UUID: `requestId` of `/__admin/calls`")),
    responses((status = 200, description = "The serve event"), (status = 400, description = "`{\"errors\": []}`"), (status = 404, description = "Nothing"))
)]
pub(super) async fn get(Extension(app): Extension<App>, id: Id) -> Response {
    let number = match number(&app, id) {
        Ok(number) => number,
        Err(refused) => return *refused,
    };
    match number.and_then(|number| app.sandbox.log.get(number)) {
        Some(entry) => json(StatusCode::OK, &event::event(&entry)),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Forgets one call. It need not be there.
#[utoipa::path(
    delete, path = "/__admin/requests/{id}", tag = "requests", params(("id" = String, Path, description = "The call's UUID")),
    responses((status = 200, description = "`{}`"), (status = 400, description = "`{\"errors\": []}`"))
)]
pub(super) async fn delete(Extension(app): Extension<App>, id: Id) -> Response {
    match number(&app, id) {
        Ok(number) => app.sandbox.log.remove(number.as_slice()),
        Err(refused) => return *refused,
    }
    json(StatusCode::OK, &json!({}))
}

/// The number of the call that a path names, if it names one of this sandbox.
fn number(app: &App, id: Id) -> Result<Option<u64>, Box<Response>> {
    let id = id.map_or_else(|error| error.body_text(), |Path(id)| id);
    let uuid = Uuid::try_parse(&id).map_err(|_| {
        let title = format!("{id} is not a valid UUID");
        Box::new(error(
            StatusCode::BAD_REQUEST,
            CODE_MALFORMED,
            &title,
            None,
            None,
        ))
    })?;
    Ok(number_of(&app.sandbox.id, uuid))
}

/// How many logged calls fit a request pattern.
#[utoipa::path(
    post, path = "/__admin/requests/count", tag = "requests", request_body = Object,
    responses((status = 200, description = "`{\"count\": 0, \"requestJournalDisabled\": false}`; the header `Sparring-Dropped-Calls` says how many older calls were dropped and are not counted, if any"), (status = 422, description = "`{\"errors\": []}`"))
)]
pub(super) async fn count(Extension(app): Extension<App>, body: Bytes) -> Response {
    let pattern = match request_pattern(&body) {
        Ok(pattern) => pattern,
        Err(refused) => return *refused,
    };
    aside(move || {
        let (entries, dropped) = app.sandbox.log.entries();
        let fitting = entries.iter().filter(|entry| fits(&pattern, entry));
        let counted = json!({ "count": fitting.count(), "requestJournalDisabled": false });
        answer(&counted, dropped)
    })
    .await
}

/// The logged requests that fit a request pattern, the oldest first.
#[utoipa::path(
    post, path = "/__admin/requests/find", tag = "requests", request_body = Object,
    responses((status = 200, description = "`{\"requests\": [], \"requestJournalDisabled\": false}`"), (status = 422, description = "`{\"errors\": []}`"))
)]
pub(super) async fn find(Extension(app): Extension<App>, body: Bytes) -> Response {
    let pattern = match request_pattern(&body) {
        Ok(pattern) => pattern,
        Err(refused) => return *refused,
    };
    aside(move || {
        let (mut entries, dropped) = app.sandbox.log.entries();
        entries.retain(|entry| fits(&pattern, entry));
        requests(&entries, dropped)
    })
    .await
}

/// The logged requests that nothing claimed, the newest first.
#[utoipa::path(get, path = "/__admin/requests/unmatched", tag = "requests", responses((status = 200, description = "`{\"requests\": [], \"requestJournalDisabled\": false}`")))]
pub(super) async fn unmatched(Extension(app): Extension<App>) -> Response {
    aside(move || {
        let (mut entries, dropped) = app.sandbox.log.entries();
        entries.reverse();
        entries.retain(|entry| !entry.matched);
        requests(&entries, dropped)
    })
    .await
}

fn requests(entries: &[Arc<Entry>], dropped: u64) -> Response {
    let shown: Vec<Value> = entries.iter().map(|entry| event::request(entry)).collect();
    let found = json!({ "requests": shown, "requestJournalDisabled": false });
    answer(&found, dropped)
}

/// Forgets the calls that fit a request pattern.
#[utoipa::path(
    post, path = "/__admin/requests/remove", tag = "requests", request_body = Object,
    responses((status = 200, description = "What is gone: `{\"serveEvents\": []}`"), (status = 422, description = "`{\"errors\": []}`"))
)]
pub(super) async fn remove(Extension(app): Extension<App>, body: Bytes) -> Response {
    match request_pattern(&body) {
        Ok(pattern) => aside(move || forget(&app, |entry| fits(&pattern, entry))).await,
        Err(refused) => *refused,
    }
}

/// Forgets the calls that were answered by stubs whose metadata fit a pattern.
#[utoipa::path(
    post, path = "/__admin/requests/remove-by-metadata", tag = "requests", request_body = Object,
    responses((status = 200, description = "What is gone: `{\"serveEvents\": []}`"), (status = 422, description = "`{\"errors\": []}`"))
)]
pub(super) async fn remove_by_metadata(Extension(app): Extension<App>, body: Bytes) -> Response {
    match metadata_pattern(&body) {
        Ok(pattern) => {
            let fits = move |entry: &Entry| pattern.fits(&event::mapping(entry), entry.at);
            aside(move || forget(&app, fits)).await
        }
        Err(refused) => *refused,
    }
}

/// Forgets the calls that are meant, and tells them, the newest first.
fn forget(app: &App, is_meant: impl Fn(&Entry) -> bool) -> Response {
    let (mut entries, dropped) = app.sandbox.log.entries();
    entries.reverse();
    entries.retain(|entry| is_meant(entry));
    let numbers: Vec<u64> = entries.iter().map(|entry| entry.number).collect();
    app.sandbox.log.remove(&numbers);
    let gone: Vec<Value> = entries.iter().map(|entry| event::event(entry)).collect();
    answer(&json!({ "serveEvents": gone }), dropped)
}

/// Whether a logged call is as a pattern wants it.
fn fits(pattern: &RequestPattern, entry: &Entry) -> bool {
    pattern.fits(&entry.to_call(), entry.at)
}

/// Looks through a whole log where it keeps no call waiting.
async fn aside(work: impl FnOnce() -> Response + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(response) => response,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// An answer about the log, which also says what the log no longer has.
fn answer(document: &Value, dropped: u64) -> Response {
    let mut response = json(StatusCode::OK, document);
    if dropped > 0 {
        response.headers_mut().insert(DROPPED, dropped.into());
    }
    response
}
