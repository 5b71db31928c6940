//! The audit log: who has changed what.

use axum::Extension;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::extract::NoQuery;
use super::{App, json};

/// Who has changed something, or was refused, the oldest first: an operator is told of everybody, a tenant of
/// its own. `dropped` says how many older ones are not kept in memory.
#[utoipa::path(
    get, path = "/__admin/audit", tag = "server",
    responses((status = 200, description = "`{\"entries\": [{time, tenant, name, peer, method, path, sandbox, status}], \"total\": 1, \"dropped\": 0}`"))
)]
pub(super) async fn list(Extension(app): Extension<App>, _: NoQuery) -> Response {
    let tenant = app.visitor.tenant().map(|tenant| &tenant.name);
    let (entries, dropped) = app.service.settings().access.audit.entries(tenant);
    let entries: Vec<Value> = entries.iter().map(|entry| entry.to_json()).collect();
    let total = entries.len();
    let mut listed = json!({ "entries": entries, "total": total, "dropped": dropped });
    if tenant.is_none() {
        listed["notWritten"] = app.service.settings().access.audit.lost().into();
    }
    json(StatusCode::OK, &listed)
}
