//! Stubs that no call in the log was answered by.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Extension;
use axum::response::Response;
use serde_json::Value;

use super::{App, answer_always, done, failed, listed, removing};
use crate::log::Query;
use crate::service::Sandbox;

/// The stubs that no call in the log was answered by.
#[utoipa::path(get, path = "/__admin/mappings/unmatched", tag = "mappings", responses((status = 200, description = "`{\"mappings\": [], \"meta\": {\"total\": 0}}`")))]
pub(in crate::http::admin) async fn unmatched(Extension(app): Extension<App>) -> Response {
    let state = match app.service.read(&app.sandbox).await {
        Ok(state) => state,
        Err(problem) => return failed(&problem),
    };
    let matched = matched(&app.sandbox);
    let all = state.overlay.iter();
    let others = all.filter(|(id, _)| !matched.contains(*id));
    let found: Vec<&Value> = others.map(|(_, mapping)| &**mapping).collect();
    listed(&found, found.len())
}

/// Drops the stubs that no call in the log was answered by.
#[utoipa::path(delete, path = "/__admin/mappings/unmatched", tag = "mappings", responses((status = 200, description = "`{}`")))]
pub(in crate::http::admin) async fn remove_unmatched(Extension(app): Extension<App>) -> Response {
    let removed = app.service.change_stubs(&app.sandbox, |state, _| {
        let matched = matched(&app.sandbox);
        let all = state.overlay.iter().map(|(id, _)| id);
        let ids = all.filter(|id| !matched.contains(*id)).cloned().collect();
        Ok((removing(ids), done()))
    });
    answer_always(removed.await)
}

/// The ids of the stubs that calls in the log were answered by.
fn matched(sandbox: &Sandbox) -> BTreeSet<Arc<str>> {
    let all = Query {
        matched: Some(true),
        limit: usize::MAX - 1,
        ..Query::default()
    };
    let calls = sandbox.log.find(&all).calls.into_iter();
    calls
        .filter_map(|call| Some(call.stub.as_ref()?.id.clone()))
        .collect()
}
