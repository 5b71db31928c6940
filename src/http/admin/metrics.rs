//! Metrics, for a monitor.

use axum::Extension;
use axum::response::Response;
use http::HeaderMap;

use super::App;
use super::extract::NoQuery;
use crate::http::metrics;

/// What is counted of the whole server: as OpenMetrics to who accepts that, else in the text of
/// Prometheus. `GET /metrics` answers the same, unless a stub claims it.
#[utoipa::path(get, path = "/__admin/metrics", tag = "server", responses((status = 200, description = "Families of metrics, as text", content_type = "text/plain"), (status = 404, description = "Below `/s/{id}`: a sandbox has no server of its own")))]
pub(super) async fn get(
    Extension(app): Extension<App>,
    headers: HeaderMap,
    _: NoQuery,
) -> Response {
    metrics::answer(&app.service, &headers)
}
