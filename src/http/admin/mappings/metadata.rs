//! Stubs that are found by their metadata.

use axum::Extension;
use axum::response::Response;
use bytes::Bytes;
use serde_json::Value;

use super::super::requests::metadata_pattern;
use super::{App, answer, done, failed, listed, removing};

/// The stubs whose metadata fit a content pattern.
#[utoipa::path(
    post, path = "/__admin/mappings/find-by-metadata", tag = "mappings", request_body = Object,
    responses((status = 200, description = "`{\"mappings\": [], \"meta\": {\"total\": 0}}`"), (status = 422, description = "`{\"errors\": []}`"))
)]
pub(in crate::http::admin) async fn find_by_metadata(
    Extension(app): Extension<App>,
    body: Bytes,
) -> Response {
    let pattern = match metadata_pattern(&body) {
        Ok(pattern) => pattern,
        Err(refused) => return *refused,
    };
    let state = match app.service.read(&app.sandbox).await {
        Ok(state) => state,
        Err(problem) => return failed(&problem),
    };
    let all = state.overlay.iter().map(|(_, mapping)| &**mapping);
    let found: Vec<&Value> = all
        .filter(|mapping| pattern.fits(mapping, state.now))
        .collect();
    listed(&found, found.len())
}

/// Drops the stubs whose metadata fit a content pattern.
#[utoipa::path(
    post, path = "/__admin/mappings/remove-by-metadata", tag = "mappings", request_body = Object,
    responses((status = 200, description = "`{}`"), (status = 422, description = "`{\"errors\": []}`"))
)]
pub(in crate::http::admin) async fn remove_by_metadata(
    Extension(app): Extension<App>,
    body: Bytes,
) -> Response {
    let removed = app.service.change_stubs(&app.sandbox, |state, _| {
        let pattern = metadata_pattern(&body)?;
        let all = state.overlay.iter();
        let found = all.filter(|(_, mapping)| pattern.fits(mapping, state.now));
        let ids = found.map(|(id, _)| id.clone()).collect();
        Ok((removing(ids), done()))
    });
    answer(removed.await)
}
