//! Settings: what holds for all answers of a sandbox, as WireMock's clients say it.

use std::sync::Arc;

use axum::Extension;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::mappings::{CODE_MALFORMED, error, failed, malformed, text};
use super::{App, json};
use crate::domain::json::parse_strict;
use crate::engine::Stage;
use crate::state::settings::Settings;

type Refused = Box<Response>;

/// What holds for all answers.
#[utoipa::path(get, path = "/__admin/settings", tag = "settings", responses((status = 200, description = "`{\"settings\": {fixedDelay, delayDistribution, extended, proxyPassThrough}}`")))]
pub(super) async fn get(Extension(app): Extension<App>) -> Response {
    match app.service.read(&app.sandbox).await {
        Ok(state) => json(StatusCode::OK, &json!({ "settings": state.settings })),
        Err(problem) => failed(&problem),
    }
}

/// Says anew what holds for all answers: what is left out holds no longer.
#[utoipa::path(
    put, path = "/__admin/settings", tag = "settings", request_body = Object,
    responses((status = 200, description = "An empty body"), (status = 422, description = "`{\"errors\": []}`"))
)]
pub(super) async fn put(Extension(app): Extension<App>, body: Bytes) -> Response {
    let settings = match object(&body).and_then(|members| settings(&members)) {
        Ok(settings) => settings,
        Err(refused) => return *refused,
    };
    let change = Stage::SetSettings(settings);
    match app.service.stage(&app.sandbox, change).await {
        Ok(_) => StatusCode::OK.into_response(),
        Err(problem) => failed(&problem),
    }
}

/// As PUT.
#[utoipa::path(
    post, path = "/__admin/settings", tag = "settings", request_body = Object,
    responses((status = 200, description = "An empty body"), (status = 422, description = "`{\"errors\": []}`"))
)]
pub(super) async fn post(app: Extension<App>, body: Bytes) -> Response {
    put(app, body).await
}

/// Lays members over the extended settings; `null` takes one away.
#[utoipa::path(
    patch, path = "/__admin/settings/extended", tag = "settings", request_body = Object,
    responses((status = 200, description = "`{}`"), (status = 422, description = "`{\"errors\": []}`"))
)]
pub(super) async fn extend(Extension(app): Extension<App>, body: Bytes) -> Response {
    let more = match object(&body).and_then(|members| extension(&members)) {
        Ok(more) => more,
        Err(refused) => return *refused,
    };
    match app
        .service
        .stage(&app.sandbox, Stage::ExtendSettings(more))
        .await
    {
        Ok(_) => json(StatusCode::OK, &json!({})),
        Err(problem) => failed(&problem),
    }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Refused> {
    match parse_strict(text(body)?.as_bytes()) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(other) => Err(Box::new(malformed(&format!(
            "expected an object, found {other}"
        )))),
        Err(error) => Err(Box::new(malformed(&error.to_string()))),
    }
}

/// Settings as they stand, or within `settings`.
fn settings(members: &Map<String, Value>) -> Result<Settings, Refused> {
    if let Some(Value::Object(inner)) = members.get("settings") {
        known(members, &["settings"], "")?;
        return settings_at(inner, "/settings");
    }
    settings_at(members, "")
}

fn settings_at(members: &Map<String, Value>, at: &str) -> Result<Settings, Refused> {
    let names = [
        "fixedDelay",
        "delayDistribution",
        "extended",
        "proxyPassThrough",
    ];
    known(members, &names, at)?;
    let place = |name: &str| format!("{at}/{name}");
    let given = |name: &str| members.get(name).filter(|value| !value.is_null());
    let fixed_delay = given("fixedDelay").map(|value| {
        let delay = value.as_i64().filter(|delay| i32::try_from(*delay).is_ok());
        delay.ok_or_else(|| {
            wrong(
                &place("fixedDelay"),
                "expected milliseconds, a whole number",
            )
        })
    });
    let drawn = given("delayDistribution").map(|value| {
        let delay = serde_json::from_value(value.clone());
        delay.map_err(|error| wrong(&place("delayDistribution"), &error.to_string()))
    });
    let extended = given("extended").map(|value| {
        let extended = value.as_object().cloned().map(Arc::new);
        extended.ok_or_else(|| wrong(&place("extended"), "expected an object"))
    });
    let passes = given("proxyPassThrough").map(|value| {
        let passes = value.as_bool();
        passes.ok_or_else(|| wrong(&place("proxyPassThrough"), "expected true or false"))
    });
    Ok(Settings {
        fixed_delay: fixed_delay.transpose()?,
        delay_distribution: drawn.transpose()?,
        extended: extended.transpose()?,
        // As in WireMock: it holds only until settings are said that leave it out.
        proxy_pass_through: passes.transpose()?.unwrap_or(false),
    })
}

fn extension(members: &Map<String, Value>) -> Result<Map<String, Value>, Refused> {
    known(members, &["extended"], "")?;
    match members.get("extended") {
        Some(Value::Object(more)) => Ok(more.clone()),
        _ => Err(wrong("/extended", "expected an object")),
    }
}

fn known(members: &Map<String, Value>, names: &[&str], at: &str) -> Result<(), Refused> {
    match members.keys().find(|name| !names.contains(&name.as_str())) {
        None => Ok(()),
        Some(other) => {
            let detail = format!(
                "Unrecognized field {other:?}; there are {}",
                names.join(", ")
            );
            Err(wrong(&format!("{at}/{other}"), &detail))
        }
    }
}

fn wrong(pointer: &str, detail: &str) -> Refused {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let title = "Error parsing JSON";
    Box::new(error(
        status,
        CODE_MALFORMED,
        title,
        Some(pointer),
        Some(detail),
    ))
}
