//! Many stubs at once: all of them, or none.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Extension;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;

use super::{App, answer, mistakes, text};
use crate::definition::compiled::Stub;
use crate::definition::load::{self, Imported};
use crate::definition::model::DuplicatePolicy;
use crate::service::StubChange;
use crate::state::overlay::Overlay;

/// Adds stubs, or replaces them. One that is wrong refuses all.
#[utoipa::path(
    post, path = "/__admin/mappings/import", tag = "mappings", request_body = Object,
    responses((status = 200, description = "An empty body"), (status = 422, description = "`{\"errors\": []}`: every mistake of every stub"))
)]
pub(in crate::http::admin) async fn import(
    Extension(app): Extension<App>,
    body: Bytes,
) -> Response {
    let definitions = app.service.definitions();
    let imported = app.service.change_stubs(&app.sandbox, |state, ids| {
        let mut name = |given: Option<Arc<str>>| given.unwrap_or_else(|| ids.fresh());
        let body = text(&body)?;
        // Thousands of stubs take a while: other calls of this worker must not wait for them.
        let read = || load::import(body, &mut name, &definitions);
        let imported = tokio::task::block_in_place(read)
            .map_err(|diagnostics| Box::new(mistakes(&diagnostics)))?;
        Ok((change(imported, &state.overlay), ()))
    });
    let imported = imported.await;
    answer(imported.map(|made| made.map(|()| StatusCode::OK.into_response())))
}

/// What an import changes. The first of its stubs is to be the newest, and of two with one id the
/// first is the one that stays.
fn change(imported: Imported, overlay: &Overlay) -> StubChange {
    let keeps = imported.policy == DuplicatePolicy::Ignore;
    let ids: BTreeSet<Arc<str>> = imported.stubs.iter().map(|stub| stub.id.clone()).collect();
    let others = overlay.iter().map(|(id, _)| id);
    let remove = if imported.deletes_others {
        others.filter(|id| !ids.contains(*id)).cloned().collect()
    } else {
        Vec::new()
    };
    let mut taken = BTreeMap::new();
    let mut put: Vec<Arc<Stub>> = Vec::new();
    for stub in imported.stubs.into_iter().rev() {
        match taken.get(&stub.id) {
            _ if keeps && overlay.get(&stub.id).is_some() => {}
            Some(_) if keeps => {}
            Some(at) => put[*at] = stub,
            None => {
                taken.insert(stub.id.clone(), put.len());
                put.push(stub);
            }
        }
    }
    StubChange { put, remove }
}
