//! Near misses: which stubs calls came near to, and which calls came near to a pattern.

use axum::Extension;
use axum::response::Response;
use bytes::Bytes;
use serde_json::{Value, json};

use super::super::App;
use super::ask::{malformed, parsed, request_pattern};
use super::{answer, aside, event, given};
use crate::definition::compiled::Target;
use crate::domain::name::SandboxId;
use crate::matching::explain::nearest_calls;
use crate::service::Miss;

/// How many pairs of a call and a stub one answer about all unmatched calls looks at. What is older
/// than what fits is left out.
const PAIRS_MAX: usize = 2_000_000;

/// For each logged call that nothing claimed, the newest first, the stubs that it came nearest to.
#[utoipa::path(
    get, path = "/__admin/requests/unmatched/near-misses", tag = "requests",
    responses((status = 200, description = "`{\"nearMisses\": [{request, stubMapping, matchResult: {distance}}]}`, up to three a call"))
)]
pub(in super::super) async fn unmatched(Extension(app): Extension<App>) -> Response {
    aside(move || {
        let (mut entries, dropped) = app.sandbox.log.entries();
        entries.reverse();
        entries.retain(|entry| !entry.matched);
        let stubs = app.service.definitions().index.entries().len() + app.sandbox.stubs().len();
        entries.truncate((PAIRS_MAX / stubs.max(1)).max(1));
        let mut shown = Vec::new();
        for entry in entries {
            let call = entry.to_call();
            let misses = app.service.near_misses(&app.sandbox, &call, Some(entry.at));
            let request = event::request(&entry);
            let misses = misses.iter();
            shown.extend(misses.map(|miss| of_stub(&app.sandbox.id, &request, miss)));
        }
        near_misses(&shown, dropped)
    })
    .await
}

/// The stubs that a request comes nearest to.
#[utoipa::path(
    post, path = "/__admin/near-misses/request", tag = "requests", request_body = Object,
    responses((status = 200, description = "`{\"nearMisses\": [{request, stubMapping, matchResult: {distance}}]}`, the nearest first, up to three"), (status = 422, description = "`{\"errors\": []}`"))
)]
pub(in super::super) async fn of_request(Extension(app): Extension<App>, body: Bytes) -> Response {
    let given = match parsed(&body) {
        Ok(Value::Object(given)) => given,
        Ok(other) => return *malformed(&format!("expected a request, found {other}")),
        Err(refused) => return *refused,
    };
    let (call, request) = match given::read(&given) {
        Ok(read) => read,
        Err(detail) => return *malformed(&detail),
    };
    let misses = app.service.near_misses(&app.sandbox, &call, None);
    let shown: Vec<Value> = misses
        .iter()
        .map(|miss| of_stub(&app.sandbox.id, &request, miss))
        .collect();
    near_misses(&shown, 0)
}

/// The logged calls that come nearest to a request pattern.
#[utoipa::path(
    post, path = "/__admin/near-misses/request-pattern", tag = "requests", request_body = Object,
    responses((status = 200, description = "`{\"nearMisses\": [{request, requestPattern, matchResult: {distance}}]}`, the nearest first, up to three"), (status = 422, description = "`{\"errors\": []}`"))
)]
pub(in super::super) async fn of_pattern(Extension(app): Extension<App>, body: Bytes) -> Response {
    let pattern = match request_pattern(&body) {
        Ok(pattern) => pattern,
        Err(refused) => return *refused,
    };
    let wanted = match parsed(&body) {
        Ok(wanted) => with_method(wanted),
        Err(refused) => return *refused,
    };
    aside(move || {
        let (mut entries, dropped) = app.sandbox.log.entries();
        entries.reverse();
        let calls = entries.iter().map(|entry| (entry.to_call(), entry.at));
        let calls: Vec<_> = calls.collect();
        let misses = nearest_calls(&pattern, &calls).into_iter();
        let shown: Vec<Value> = misses
            .map(|(at, distance)| {
                json!({
                    "request": event::request(&entries[at]),
                    "requestPattern": wanted,
                    "matchResult": result(distance),
                })
            })
            .collect();
        near_misses(&shown, dropped)
    })
    .await
}

fn near_misses(shown: &[Value], dropped: u64) -> Response {
    answer(&json!({ "nearMisses": shown }), dropped)
}

fn of_stub(sandbox: &SandboxId, request: &Value, miss: &Miss) -> Value {
    json!({
        "request": request,
        "stubMapping": mapping(sandbox, miss),
        "matchResult": result(miss.distance),
    })
}

fn result(distance: f64) -> Value {
    json!({ "subEvents": [], "diffDescriptions": [], "distance": distance })
}

/// A pattern as WireMock shows it: the method stands in it, said or not.
fn with_method(mut pattern: Value) -> Value {
    if let Some(members) = pattern.as_object_mut() {
        members.entry("method").or_insert_with(|| "ANY".into());
    }
    pattern
}

fn mapping(sandbox: &SandboxId, miss: &Miss) -> Value {
    let (pack, tool) = match &miss.target {
        Target::Stub(stub) => return (*stub.source).clone(),
        Target::Door(pack, _) => (pack, None),
        Target::Route(pack, tool) => (pack, Some(&*tool.name.name)),
    };
    let response = json!({ "status": 200 });
    event::stand_in(sandbox, &pack.name, tool, &miss.request, &response)
}
