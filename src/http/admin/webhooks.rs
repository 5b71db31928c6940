//! Webhooks: what was told to whom, what came of it, and what is to go wrong.

use axum::Extension;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::extract::{self, Body, NoQuery, Path, Query};
use super::{App, json};
use crate::domain::event_pattern::EventPattern;
use crate::engine::Stage;
use crate::http::problem::Problem;
use crate::state::webhooks::Disabled;
use crate::state::webhooks::delivery::{Delivery, Payload, Status};
use crate::state::webhooks::faults::{FaultMode, QueuedFault};

/// How many deliveries are listed, unless the reader says otherwise.
const LIMIT_DEFAULT: usize = 100;

/// How many deliveries are listed at the most.
const LIMIT_MAX: usize = 10_000;

/// How far a fault delays or skews, unless it says otherwise.
const SECONDS_DEFAULT: i64 = 300;

/// The most seconds of a fault: a year.
const SECONDS_MAX: i64 = 366 * 86_400;

/// Which deliveries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only those that stand so: `pending`, `inFlight`, `delivered`, `failed`, `dropped`, `disabled`.
    status: Option<String>,
    /// Only those of events that fit this pattern: `order.paid`, `order.*`.
    event: Option<String>,
    /// How many at the most: 1 to 10000, 100 if left out. The newest are listed.
    #[serde(default, deserialize_with = "extract::number")]
    limit: Option<usize>,
}

/// What is to go wrong with the next events.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct NewFault {
    /// `duplicate`, `reorder`, `delay`, `drop`, `late`, `bad_signature` or `clock_skew`.
    #[schema(value_type = String)]
    mode: FaultMode,
    /// With how many events.
    #[serde(default = "one")]
    times: u64,
    /// With which events, as patterns; any, if there is none.
    #[serde(default)]
    events: Vec<String>,
    /// How many seconds; 300, if left out.
    seconds: Option<i64>,
}

fn one() -> u64 {
    1
}

/// Deliveries, the oldest first, and the endpoints that want nothing more.
#[utoipa::path(
    get, path = "/__admin/webhooks/deliveries", tag = "webhooks", params(Filter),
    responses((status = 200, description = "`{\"deliveries\": [], \"total\": 0, \"disabledEndpoints\": []}`"), (status = 422, body = Problem))
)]
pub(super) async fn deliveries(
    Extension(app): Extension<App>,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let limit = filter.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        let message = format!("expected 1 to {LIMIT_MAX}, found {limit}");
        return Err(Problem::invalid("limit", message));
    }
    let status = filter.status.as_deref().map(status).transpose()?;
    let event = filter.event.as_deref();
    let event = event.map(|text| pattern(text, "event")).transpose()?;
    let wanted = |delivery: &&Delivery| {
        status.is_none_or(|status| delivery.status == status)
            && event
                .as_ref()
                .is_none_or(|pattern| pattern.fits(&delivery.event.kind))
    };
    let state = app.service.read(&app.sandbox).await?;
    let all = state.webhooks.deliveries().map(|delivery| &**delivery);
    let found: Vec<&Delivery> = all.filter(wanted).collect();
    let newest = &found[found.len().saturating_sub(limit)..];
    let listed: Vec<Value> = newest.iter().map(|delivery| shown(delivery)).collect();
    let disabled = state.webhooks.disabled();
    let disabled = disabled
        .map(|(endpoint, Disabled { url, at })| json!({ "endpoint": &**endpoint, "url": &**url, "disabledAt": at.to_string() }));
    let listed = json!({
        "deliveries": listed,
        "total": found.len(),
        "disabledEndpoints": disabled.collect::<Vec<_>>(),
    });
    Ok(json(StatusCode::OK, &listed))
}

fn pattern(text: &str, field: &str) -> Result<EventPattern, Problem> {
    text.parse()
        .map_err(|message: String| Problem::invalid(field, message))
}

fn status(text: &str) -> Result<Status, Problem> {
    serde_json::from_value(text.into()).map_err(|_| {
        let message = format!(
            "expected pending, inFlight, delivered, failed, dropped or disabled, found {text:?}"
        );
        Problem::invalid("status", message)
    })
}

/// One delivery, with its body.
#[utoipa::path(
    get, path = "/__admin/webhooks/deliveries/{id}", tag = "webhooks", params(("id" = String, Path, description = "The delivery's id: `dlv_1`")),
    responses((status = 200, description = "The delivery"), (status = 404, body = Problem))
)]
pub(super) async fn delivery(
    Extension(app): Extension<App>,
    Path(id): Path<String>,
    _: NoQuery,
) -> Result<Response, Problem> {
    answer(&app, number(&id)?, StatusCode::OK).await
}

/// Sends a delivery again, whatever has become of it, even if it is under way: the same event, with
/// the same id.
#[utoipa::path(
    post, path = "/__admin/webhooks/deliveries/{id}/redeliver", tag = "webhooks", params(("id" = String, Path, description = "The delivery's id: `dlv_1`")),
    responses((status = 202, description = "The delivery, on its way"), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn redeliver(
    Extension(app): Extension<App>,
    Path(id): Path<String>,
    _: NoQuery,
) -> Result<Response, Problem> {
    let number = number(&id)?;
    app.service
        .stage(&app.sandbox, Stage::Redeliver(number))
        .await?;
    answer(&app, number, StatusCode::ACCEPTED).await
}

/// Which endpoints.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct Endpoints {
    /// Only the endpoint of this id, as `disabledEndpoints` of the deliveries has it.
    endpoint: Option<String>,
}

/// Tells endpoints again that wanted nothing more.
#[utoipa::path(
    delete, path = "/__admin/webhooks/disabled", tag = "webhooks", params(Endpoints),
    responses((status = 200, description = "`{}`"), (status = 404, body = Problem))
)]
pub(super) async fn enable(
    Extension(app): Extension<App>,
    Query(which): Query<Endpoints>,
) -> Result<Response, Problem> {
    app.service
        .stage(&app.sandbox, Stage::EnableEndpoint(which.endpoint))
        .await?;
    Ok(json(StatusCode::OK, &json!({})))
}

async fn answer(app: &App, number: u64, status: StatusCode) -> Result<Response, Problem> {
    let state = app.service.read(&app.sandbox).await?;
    let delivery = state.webhooks.delivery(number);
    let delivery = delivery.ok_or_else(|| no_such(&format!("dlv_{number}")))?;
    let mut whole = shown(delivery);
    match &delivery.payload {
        Payload::Text(text) => whole["body"] = (&**text).into(),
        Payload::Base64(text) => whole["base64Body"] = (&**text).into(),
        Payload::Forgotten => whole["bodyForgotten"] = true.into(),
    }
    Ok(json(status, &whole))
}

fn number(id: &str) -> Result<u64, Problem> {
    let digits = id.strip_prefix("dlv_").unwrap_or(id);
    digits.parse().map_err(|_| no_such(id))
}

fn no_such(id: &str) -> Problem {
    Problem::not_found(format!("there is no delivery {id}"))
}

/// A delivery as it is listed: never with a secret, for it has none.
fn shown(delivery: &Delivery) -> Value {
    json!({
        "id": delivery.name(),
        "event": {
            "id": &*delivery.event.id,
            "type": &*delivery.event.kind,
            "at": delivery.event.at.to_string(),
        },
        "endpoint": { "id": &*delivery.endpoint.id, "url": &*delivery.endpoint.url },
        "status": delivery.status,
        "nextAttemptAt": delivery.next_attempt_at.map(|at| at.to_string()),
        "waitsFor": delivery.waits_for,
        "flaw": delivery.flaw,
        "attempts": delivery.attempts,
    })
}

/// Faults in line, the first first.
#[utoipa::path(get, path = "/__admin/webhooks/faults", tag = "webhooks", responses((status = 200, description = "`{\"faults\": []}`")))]
pub(super) async fn faults(
    Extension(app): Extension<App>,
    _: NoQuery,
) -> Result<Response, Problem> {
    let state = app.service.read(&app.sandbox).await?;
    let faults: Vec<&QueuedFault> = state.webhooks.faults.iter().collect();
    Ok(json(StatusCode::OK, &json!({ "faults": faults })))
}

/// Puts a fault in line for the next events of which somebody is told.
#[utoipa::path(
    post, path = "/__admin/webhooks/faults", tag = "webhooks", request_body = NewFault,
    responses((status = 201, description = "The fault with its `id`"), (status = 422, body = Problem))
)]
pub(super) async fn queue_fault(
    Extension(app): Extension<App>,
    _: NoQuery,
    Body(new): Body<NewFault>,
) -> Result<Response, Problem> {
    if new.times == 0 {
        return Err(Problem::invalid("times", "expected at least 1"));
    }
    let seconds = new.seconds.unwrap_or(SECONDS_DEFAULT);
    let least = match new.mode {
        FaultMode::ClockSkew => -SECONDS_MAX,
        _ => 0,
    };
    if !(least..=SECONDS_MAX).contains(&seconds) {
        let message = format!("expected {least} to {SECONDS_MAX}, found {seconds}");
        return Err(Problem::invalid("seconds", message));
    }
    let events = new.events.iter().map(|text| pattern(text, "events"));
    let events = events.collect::<Result<_, _>>()?;
    let fault = QueuedFault {
        id: 0,
        mode: new.mode,
        times: new.times,
        events,
        seconds,
    };
    let queued = app
        .service
        .stage(&app.sandbox, Stage::QueueFault(fault))
        .await?;
    Ok(json(StatusCode::CREATED, &queued))
}

/// Empties the line of faults.
#[utoipa::path(delete, path = "/__admin/webhooks/faults", tag = "webhooks", responses((status = 200, description = "`{}`")))]
pub(super) async fn clear_faults(
    Extension(app): Extension<App>,
    _: NoQuery,
) -> Result<Response, Problem> {
    app.service.stage(&app.sandbox, Stage::ClearFaults).await?;
    Ok(json(StatusCode::OK, &json!({})))
}

/// Takes a fault out of line.
#[utoipa::path(
    delete, path = "/__admin/webhooks/faults/{id}", tag = "webhooks", params(("id" = u64, Path, description = "The fault's id")),
    responses((status = 200, description = "`{}`"), (status = 404, body = Problem))
)]
pub(super) async fn remove_fault(
    Extension(app): Extension<App>,
    Path(id): Path<String>,
    _: NoQuery,
) -> Result<Response, Problem> {
    let number = id
        .parse()
        .map_err(|_| Problem::not_found(format!("there is no queued fault {id}")))?;
    app.service
        .stage(&app.sandbox, Stage::RemoveFault(number))
        .await?;
    Ok(json(StatusCode::OK, &json!({})))
}
