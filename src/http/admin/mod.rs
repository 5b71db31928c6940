//! The admin API, under `/__admin`: one file a resource.
//!
//! Every route works on the sandbox that the request names; what concerns the whole process
//! (`/sandboxes`, `/definitions`) exists at the root only. The OpenAPI document is made from the
//! same handlers.

mod audit;
mod auth;
mod backup;
mod calls;
mod cassettes;
mod clock;
mod collections;
mod definitions;
mod errors;
mod events;
mod extract;
mod faults;
mod files;
mod ledger;
mod limits;
mod mappings;
mod meta;
mod metrics;
mod openapi;
mod pagination;
mod recordings;
mod requests;
mod reset;
mod sandboxes;
mod scenarios;
mod settings;
mod stages;
mod timeline;
mod tools;
mod wallets;
mod webhooks;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post, put};
use axum::{Extension, Router};
use http::{HeaderValue, StatusCode};

use self::requests::near_misses;
use super::access::Visitor;
use super::problem::Problem;
use crate::domain::name::SandboxId;
use crate::service::{Sandbox, Service};

pub use openapi::document as openapi_document;

/// What an admin request is about.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The sandbox.
    pub(super) sandbox: SandboxId,
    /// Whether the path named it.
    pub(super) by_prefix: bool,
    /// What stands before a path in an absolute link to the sandbox.
    pub(super) base_url: String,
    /// Who is asking.
    pub(super) visitor: Visitor,
}

/// What handlers work with.
#[derive(Clone)]
struct App {
    service: Arc<Service>,
    sandbox: Arc<Sandbox>,
    base_url: String,
    visitor: Visitor,
}

/// The router. It takes requests with a [`Target`] among their extensions, and paths that begin
/// with `/__admin`.
pub(super) fn router(service: Arc<Service>) -> Router {
    let root_only = Router::new()
        .route("/sandboxes", get(sandboxes::list).post(sandboxes::create))
        .route(
            "/sandboxes/{id}",
            get(sandboxes::get)
                .patch(sandboxes::prolong)
                .delete(sandboxes::delete),
        )
        .route("/audit", get(audit::list))
        .nest("/sandboxes/{id}", timeline::routes())
        .route("/definitions", get(definitions::list))
        .route("/definitions/reload", post(definitions::reload))
        .route("/metrics", get(metrics::get))
        .route("/shutdown", post(meta::shutdown))
        .route("/backup", post(backup::make))
        .route_layer(middleware::from_fn_with_state(service.clone(), at_root));
    let each = Router::new()
        .route("/", get(meta::index))
        .route("/health", get(meta::health))
        .route("/version", get(meta::version))
        .route("/openapi.json", get(openapi::serve))
        .route("/docs", get(openapi::docs))
        .route("/docs/swagger", get(openapi::serve))
        .route("/tools", get(tools::list))
        .route(
            "/errors",
            get(errors::list).post(errors::queue).delete(errors::clear),
        )
        .route("/errors/{id}", delete(errors::remove))
        .route(
            "/pagination/quirks",
            get(pagination::list)
                .post(pagination::queue)
                .delete(pagination::clear),
        )
        .route(
            "/faults",
            get(faults::list).post(faults::create).delete(faults::clear),
        )
        .route("/faults/pause", post(faults::pause))
        .route("/faults/resume", post(faults::resume))
        .route(
            "/faults/events",
            get(faults::events).delete(faults::forget_events),
        )
        .route("/faults/presets", get(faults::list_presets))
        .route("/faults/presets/{name}", post(faults::load_preset))
        .route(
            "/faults/{id}",
            get(faults::get).put(faults::replace).delete(faults::remove),
        )
        .route("/auth", get(auth::list))
        .route("/auth/{pack}", put(auth::enforce))
        .route("/calls", get(calls::list).delete(calls::clear))
        .route("/calls/{id}", get(calls::get))
        .route("/events", get(events::stream))
        .route("/wallets", get(wallets::list))
        .route("/wallets/{agent}", get(wallets::get).put(wallets::set))
        .route("/ledger/transfers", get(ledger::transfers))
        .route("/ledger/audit", get(ledger::audit))
        .route(
            "/limits",
            get(limits::list).put(limits::set).delete(limits::clear),
        )
        .route("/collections", get(collections::list))
        .route(
            "/collections/{name}",
            get(collections::records)
                .post(collections::add)
                .delete(collections::clear),
        )
        .route(
            "/collections/{name}/{key}",
            get(collections::get)
                .put(collections::put)
                .delete(collections::delete),
        )
        .route("/clock", get(clock::get).put(clock::set))
        .route("/clock/advance", post(clock::advance))
        .route("/webhooks/deliveries", get(webhooks::deliveries))
        .route("/webhooks/deliveries/{id}", get(webhooks::delivery))
        .route(
            "/webhooks/deliveries/{id}/redeliver",
            post(webhooks::redeliver),
        )
        .route(
            "/webhooks/faults",
            get(webhooks::faults)
                .post(webhooks::queue_fault)
                .delete(webhooks::clear_faults),
        )
        .route("/webhooks/disabled", delete(webhooks::enable))
        .route("/webhooks/faults/{id}", delete(webhooks::remove_fault))
        .route("/reset", post(reset::reset));
    let cassettes = Router::new()
        .route("/cassettes", get(cassettes::list))
        .route(
            "/cassettes/{name}",
            get(cassettes::get)
                .put(cassettes::put)
                .delete(cassettes::delete),
        )
        .route("/cassettes/{name}/start", post(cassettes::start))
        .route("/cassettes/{name}/stop", post(cassettes::stop))
        .route("/cassettes/{name}/report", get(cassettes::report));
    let recordings = Router::new()
        .route("/recordings/status", get(recordings::status))
        .route("/recordings/start", post(recordings::start))
        .route("/recordings/stop", post(recordings::stop))
        .route("/recordings/snapshot", post(recordings::snapshot));
    let requests = Router::new()
        .route("/requests", get(requests::list).delete(requests::clear))
        .route("/requests/reset", post(requests::reset))
        .route("/requests/count", post(requests::count))
        .route("/requests/find", post(requests::find))
        .route("/requests/remove", post(requests::remove))
        .route(
            "/requests/remove-by-metadata",
            post(requests::remove_by_metadata),
        )
        .route("/requests/unmatched", get(requests::unmatched))
        .route(
            "/requests/unmatched/near-misses",
            get(near_misses::unmatched),
        )
        .route("/near-misses/request", post(near_misses::of_request))
        .route(
            "/near-misses/request-pattern",
            post(near_misses::of_pattern),
        )
        .route(
            "/requests/{id}",
            get(requests::get).delete(requests::delete),
        );
    let wiremock = Router::new()
        .route("/files", get(files::list))
        .route(
            "/files/{*path}",
            get(files::get).put(files::put).delete(files::delete),
        )
        .route("/scenarios", get(scenarios::list))
        .route("/scenarios/reset", post(scenarios::reset))
        .route("/scenarios/{name}/state", put(scenarios::set))
        .route(
            "/settings",
            get(settings::get).put(settings::put).post(settings::post),
        )
        .route("/settings/extended", patch(settings::extend));
    let in_sandbox = middleware::from_fn_with_state(service, with_sandbox);
    let of_sandbox = Router::new()
        .nest(
            "/__admin",
            each.merge(cassettes)
                .merge(mappings::routes())
                .merge(recordings)
                .merge(requests)
                .merge(timeline::routes())
                .merge(wiremock),
        )
        .route("/__admin/", get(meta::index))
        .route_layer(in_sandbox);
    Router::new()
        .nest("/__admin", root_only)
        .merge(of_sandbox)
        .fallback(unknown_route)
        .method_not_allowed_fallback(unknown_method)
        // The edge has bounded the body already.
        .layer(DefaultBodyLimit::disable())
}

/// Finds the sandbox of a request, or creates it: an admin call may, if it concerns a sandbox.
async fn with_sandbox(
    axum::extract::State(service): axum::extract::State<Arc<Service>>,
    Extension(target): Extension<Target>,
    mut request: Request,
    next: Next,
) -> Response {
    match service.sandbox_or_create(&target.sandbox).await {
        Ok(sandbox) => {
            request.extensions_mut().insert(App {
                service,
                sandbox,
                base_url: target.base_url,
                visitor: target.visitor,
            });
            next.run(request).await
        }
        Err(error) => Problem::from(error).into_response(),
    }
}

/// Lets only requests pass that name no sandbox in their path. A header does no harm, and creates
/// nothing: these routes work on no sandbox, and stand in `default`.
async fn at_root(
    axum::extract::State(service): axum::extract::State<Arc<Service>>,
    Extension(target): Extension<Target>,
    mut request: Request,
    next: Next,
) -> Response {
    if target.by_prefix {
        let detail = "this route concerns the whole server: call it without /s/{id}";
        return Problem::not_found(detail).into_response();
    }
    match service
        .sandbox_or_create(&SandboxId::default_sandbox())
        .await
    {
        Ok(sandbox) => {
            request.extensions_mut().insert(App {
                service,
                sandbox,
                base_url: target.base_url,
                visitor: target.visitor,
            });
            next.run(request).await
        }
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn unknown_route(request: Request) -> Problem {
    Problem::no_route(request.uri().path())
}

async fn unknown_method(request: Request) -> Response {
    Problem::no_method(request.method(), request.uri().path()).into_response()
}

/// The media type of JSON.
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A JSON document as an answer.
fn json(status: StatusCode, document: &serde_json::Value) -> Response {
    (
        status,
        [(http::header::CONTENT_TYPE, JSON)],
        document.to_string(),
    )
        .into_response()
}
