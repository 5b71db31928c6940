//! The OpenAPI document of the admin API, and a page that shows it without a network.

use axum::response::{Html, IntoResponse, Response};
use http::header::CONTENT_TYPE;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::extract::NoQuery;
use super::{
    JSON, audit, auth, backup, calls, cassettes, clock, collections, definitions, errors, events,
    faults, files, ledger, limits, mappings, meta, metrics, pagination, recordings, requests,
    reset, sandboxes, scenarios, settings, timeline, tools, wallets, webhooks,
};

/// The admin API.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sparring admin API",
        description = "Sets the stage, queues errors, reads what was called. Every path also exists below `/s/{id}`, for the sandbox of that id, except `/__admin/sandboxes`, `/__admin/definitions`, `/__admin/metrics`, `/__admin/backup` and `/__admin/shutdown`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    modifiers(&Tokens),
    security(("bearer" = []), ("sparringToken" = []), ()),
    paths(
        meta::index,
        meta::health,
        meta::version,
        meta::shutdown,
        audit::list,
        backup::make,
        metrics::get,
        definitions::list,
        definitions::reload,
        sandboxes::create,
        sandboxes::list,
        sandboxes::get,
        sandboxes::prolong,
        sandboxes::delete,
        timeline::snapshots::take,
        timeline::snapshots::list,
        timeline::snapshots::get,
        timeline::snapshots::delete,
        timeline::restore::restore,
        timeline::fork::fork,
        timeline::diff::diff,
        reset::reset,
        tools::list,
        errors::queue,
        errors::list,
        errors::clear,
        errors::remove,
        faults::list,
        faults::create,
        faults::clear,
        faults::get,
        faults::replace,
        faults::remove,
        faults::pause,
        faults::resume,
        faults::events,
        faults::forget_events,
        faults::list_presets,
        faults::load_preset,
        pagination::queue,
        pagination::list,
        pagination::clear,
        auth::list,
        auth::enforce,
        calls::list,
        calls::get,
        calls::clear,
        events::stream,
        cassettes::list,
        cassettes::get,
        cassettes::put,
        cassettes::delete,
        cassettes::start,
        cassettes::stop,
        cassettes::report,
        wallets::list,
        wallets::get,
        wallets::set,
        ledger::transfers,
        ledger::audit,
        limits::list,
        limits::set,
        limits::clear,
        collections::list,
        collections::records,
        collections::add,
        collections::clear,
        collections::get,
        collections::put,
        collections::delete,
        clock::get,
        clock::set,
        clock::advance,
        mappings::list,
        mappings::create,
        mappings::clear,
        mappings::get,
        mappings::replace,
        mappings::delete,
        mappings::reset,
        mappings::save,
        recordings::status,
        recordings::start,
        recordings::stop,
        recordings::snapshot,
        mappings::import::import,
        mappings::remove::remove,
        mappings::metadata::find_by_metadata,
        mappings::metadata::remove_by_metadata,
        mappings::unmatched::unmatched,
        mappings::unmatched::remove_unmatched,
        requests::list,
        requests::clear,
        requests::reset,
        requests::get,
        requests::delete,
        requests::count,
        requests::find,
        requests::unmatched,
        requests::remove,
        requests::remove_by_metadata,
        requests::near_misses::unmatched,
        requests::near_misses::of_request,
        requests::near_misses::of_pattern,
        files::list,
        files::get,
        files::put,
        files::delete,
        scenarios::list,
        scenarios::reset,
        scenarios::set,
        settings::get,
        settings::put,
        settings::post,
        settings::extend,
        webhooks::deliveries,
        webhooks::delivery,
        webhooks::redeliver,
        webhooks::enable,
        webhooks::faults,
        webhooks::queue_fault,
        webhooks::clear_faults,
        webhooks::remove_fault,
    )
)]
struct AdminApi;

/// How a caller shows who it is, on a server that asks.
struct Tokens;

impl Modify for Tokens {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let mut bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        bearer = bearer.description(Some("A token of the auth file, where the server has one."));
        let described = "The same, where `Authorization` is the simulated API's.";
        let own = ApiKeyValue::with_description("Sparring-Token", described);
        let components = document.components.get_or_insert_default();
        let bearer = SecurityScheme::Http(bearer.build());
        components.add_security_scheme("bearer", bearer);
        let own = SecurityScheme::ApiKey(ApiKey::Header(own));
        components.add_security_scheme("sparringToken", own);
    }
}

/// The OpenAPI document as JSON text, the same for every build of one version.
#[must_use]
pub fn document() -> String {
    AdminApi::openapi().to_pretty_json().unwrap_or_default() + "\n"
}

/// The OpenAPI document.
pub(super) async fn serve(_: NoQuery) -> Response {
    ([(CONTENT_TYPE, JSON)], document()).into_response()
}

/// A page that shows the document.
pub(super) async fn docs(_: NoQuery) -> Html<&'static str> {
    Html(include_str!("docs.html"))
}
