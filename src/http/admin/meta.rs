//! Health and version.

use axum::response::Response;
use axum::{Extension, Json};
use http::StatusCode;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::extract::NoQuery;
use super::{App, json};

/// Whether the server is well.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// `healthy`.
    status: &'static str,
    /// In words.
    message: &'static str,
    /// The server's version.
    version: &'static str,
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
pub(super) async fn health(_: NoQuery) -> Json<Health> {
    Json(Health {
        status: "healthy",
        message: "Sparring is ok",
        version: VERSION,
    })
}

/// The server's version.
#[utoipa::path(get, path = "/__admin/version", tag = "server", responses((status = 200, body = Version)))]
pub(super) async fn version(_: NoQuery) -> Json<Version> {
    Json(Version { version: VERSION })
}
