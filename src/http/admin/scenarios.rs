//! Scenarios, as WireMock's clients handle them.

use std::sync::Arc;

use axum::Extension;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::mappings::{CODE_MALFORMED, error, failed, malformed, text};
use super::{App, json};
use crate::domain::java_order::in_java_order;
use crate::domain::json::parse_strict;
use crate::engine::scenario::{self, Known};
use crate::engine::{Stage, stage};
use crate::service::StageError;

/// WireMock's code of a scenario that there is not.
const CODE_UNKNOWN: u32 = 404;

/// WireMock's code of a state that a scenario has not.
const CODE_STATE: u32 = 11;

/// All scenarios, and where each stands.
#[utoipa::path(get, path = "/__admin/scenarios", tag = "scenarios", responses((status = 200, description = "`{\"scenarios\": [{id, name, state, possibleStates, mappings}]}`")))]
pub(super) async fn list(Extension(app): Extension<App>) -> Response {
    let state = match app.service.read(&app.sandbox).await {
        Ok(state) => state,
        Err(problem) => return failed(&problem),
    };
    let known = scenario::known(&app.service.definitions(), &state);
    let scenarios: Vec<Value> = known
        .iter()
        .map(|(name, known)| {
            // The oldest first.
            let stubs: Vec<&Value> = known.stubs.iter().rev().map(|stub| &**stub).collect();
            json!({
                "id": &**name,
                "name": &**name,
                "state": state.scenarios.state(name),
                "possibleStates": states(known),
                "mappings": stubs,
            })
        })
        .collect();
    json(StatusCode::OK, &json!({ "scenarios": scenarios }))
}

/// The states that the stubs of a scenario speak of, in WireMock's order.
fn states(known: &Known) -> Vec<&str> {
    let mut states: Vec<&str> = Vec::new();
    for key in ["requiredScenarioState", "newScenarioState"] {
        for stub in known.stubs.iter().rev() {
            let state = stub.get(key).and_then(Value::as_str);
            states.extend(state.filter(|state| !states.contains(state)));
        }
    }
    in_java_order(states, |state| state)
}

/// All scenarios begin again.
#[utoipa::path(post, path = "/__admin/scenarios/reset", tag = "scenarios", responses((status = 200, description = "`{}`")))]
pub(super) async fn reset(Extension(app): Extension<App>) -> Response {
    match app.service.stage(&app.sandbox, Stage::ResetScenarios).await {
        Ok(_) => json(StatusCode::OK, &json!({})),
        Err(problem) => failed(&problem),
    }
}

/// Puts a scenario into a state; with an empty body, it begins again.
#[utoipa::path(
    put, path = "/__admin/scenarios/{name}/state", tag = "scenarios", request_body = Object, params(("name" = String, Path, description = "The scenario")),
    responses((status = 200, description = "`{}`"), (status = 404, description = "`{\"errors\": []}`: no such scenario"), (status = 422, description = "`{\"errors\": []}`: no such state"))
)]
pub(super) async fn set(
    Extension(app): Extension<App>,
    name: Result<Path<String>, PathRejection>,
    body: Bytes,
) -> Response {
    let name = name.map_or_else(|error| error.body_text(), |Path(name)| name);
    let wanted = match wanted(&body) {
        Ok(wanted) => wanted,
        Err(refused) => return *refused,
    };
    let change = Stage::SetScenario {
        name: name.into(),
        to: wanted,
    };
    match app.service.stage(&app.sandbox, change).await {
        Ok(_) => json(StatusCode::OK, &json!({})),
        Err(StageError::Stage(stage::Error::NotFound(title))) => {
            error(StatusCode::NOT_FOUND, CODE_UNKNOWN, &title, None, None)
        }
        Err(StageError::Stage(stage::Error::Invalid { message, .. })) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            error(status, CODE_STATE, &message, None, None)
        }
        Err(problem) => failed(&problem),
    }
}

/// The state that a body asks for; nothing, where it is empty.
fn wanted(body: &[u8]) -> Result<Option<Arc<str>>, Box<Response>> {
    if body.is_empty() {
        return Ok(None);
    }
    let document = parse_strict(text(body)?.as_bytes())
        .map_err(|error| Box::new(malformed(&error.to_string())))?;
    let Value::Object(members) = document else {
        let detail = format!("expected `{{\"state\": …}}`, found {document}");
        return Err(Box::new(malformed(&detail)));
    };
    named(&members).map(Some)
}

/// A state of another kind is told to be none of the scenario's, in WireMock's words.
fn named(members: &Map<String, Value>) -> Result<Arc<str>, Box<Response>> {
    if let Some(other) = members.keys().find(|name| *name != "state") {
        return Err(Box::new(error(
            StatusCode::UNPROCESSABLE_ENTITY,
            CODE_MALFORMED,
            "Error parsing JSON",
            Some(&format!("/{other}")),
            Some(&format!("Unrecognized field {other:?}; there is state")),
        )));
    }
    Ok(match members.get("state") {
        Some(Value::String(state)) => state.as_str().into(),
        None | Some(Value::Null) => "null".into(),
        Some(other) => other.to_string().into(),
    })
}
