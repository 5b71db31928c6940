//! A stub that is dropped by its document.

use std::sync::Arc;

use axum::Extension;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;

use super::{App, answer, compiled, removing};
use crate::state::overlay::Overlay;

/// Drops the stub with the id of this one; without such a stub, all whose request is the same.
#[utoipa::path(
    post, path = "/__admin/mappings/remove", tag = "mappings", request_body = Object,
    responses((status = 200, description = "An empty body, whether there was one or not"), (status = 422, description = "`{\"errors\": []}`"))
)]
pub(in crate::http::admin) async fn remove(
    Extension(app): Extension<App>,
    body: Bytes,
) -> Response {
    let definitions = app.service.definitions();
    let removed = app.service.change_stubs(&app.sandbox, |state, _| {
        // A document without an id has none that a stub could have.
        let stub = compiled(&body, &mut Option::unwrap_or_default, &definitions)?;
        let ids = same(&state.overlay, &stub.id, &stub.source);
        Ok((removing(ids), StatusCode::OK.into_response()))
    });
    answer(removed.await)
}

fn same(overlay: &Overlay, id: &Arc<str>, document: &Value) -> Vec<Arc<str>> {
    if overlay.get(id).is_some() {
        return vec![id.clone()];
    }
    let all = overlay.iter();
    let same = all.filter(|(_, mapping)| mapping.get("request") == document.get("request"));
    same.map(|(id, _)| id.clone()).collect()
}
