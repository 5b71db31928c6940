//! Health and version.

use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::extract::NoQuery;
use super::{App, json};

/// Whether the server is well.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Health {
    /// `healthy`.
    status: &'static str,
    /// In words.
    message: &'static str,
    /// The server's version.
    version: &'static str,
    /// How long it has been running, in seconds.
    uptime_in_seconds: u64,
    /// What the machine's clock shows.
    timestamp: String,
}

/// The server's version.
#[derive(Serialize, ToSchema)]
pub(super) struct Version {
    /// As in its `Cargo.toml`.
    version: &'static str,
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where everything is.
#[utoipa::path(get, path = "/__admin", tag = "server", responses((status = 200, description = "Links")))]
pub(super) async fn index(Extension(app): Extension<App>, _: NoQuery) -> Response {
    let at = |path: &str| format!("{}/__admin/{path}", app.base_url);
    let links = json!({
        "docs": at("docs"), "openapi": at("openapi.json"), "health": at("health"),
        "tools": at("tools"), "calls": at("calls"), "errors": at("errors"), "clock": at("clock"),
        "wallets": at("wallets"), "ledger": at("ledger/audit"), "collections": at("collections"),
        "mappings": at("mappings"),
    });
    json(
        StatusCode::OK,
        &json!({ "sandbox": app.sandbox.id.as_str(), "links": links }),
    )
}

/// Whether the server is well.
#[utoipa::path(get, path = "/__admin/health", tag = "server", responses((status = 200, body = Health)))]
pub(super) async fn health(Extension(app): Extension<App>, _: NoQuery) -> Json<Health> {
    let (timestamp, uptime) = app.service.uptime();
    Json(Health {
        status: "healthy",
        message: "Sparring is ok",
        version: VERSION,
        uptime_in_seconds: uptime.as_secs(),
        timestamp: timestamp.to_string(),
    })
}

/// The server's version.
#[utoipa::path(get, path = "/__admin/version", tag = "server", responses((status = 200, body = Version)))]
pub(super) async fn version(headers: HeaderMap, _: NoQuery) -> Response {
    let accepted = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    // As WireMock answers whom plain text is enough for.
    if accepted.is_some_and(|accept| accept.contains("text/plain")) {
        return ([(CONTENT_TYPE, "text/plain")], VERSION).into_response();
    }
    Json(Version { version: VERSION }).into_response()
}

/// Stops the server, once it has finished the calls that are running.
#[utoipa::path(post, path = "/__admin/shutdown", tag = "server", responses((status = 200, description = "An empty body"), (status = 404, description = "Below `/s/{id}`: a sandbox has no server of its own")))]
pub(super) async fn shutdown(Extension(app): Extension<App>, _: NoQuery) -> StatusCode {
    app.service.stop();
    StatusCode::OK
}
