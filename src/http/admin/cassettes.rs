//! Cassettes: calls are recorded to files, and played back from them.

use axum::Extension;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::extract::{Body, NoQuery, Path, Query};
use super::{App, json};
use crate::cassette::{Format, Kind};
use crate::http::problem::Problem;
use crate::service::{CassetteError, Listed, Start};
use crate::state::cassette::Started;

/// How a cassette is to be written.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct Shape {
    /// `yaml`, `json`, `document`, `har`, `vcr` or `wiremock`; what `Accept` asks for, if left out, or
    /// as the file has it.
    format: Option<String>,
}

/// Every cassette, and the one that runs in this sandbox.
#[utoipa::path(
    get, path = "/__admin/cassettes", tag = "cassettes",
    responses((status = 200, description = "`{\"cassettes\": [{name, file, bytes, format, entries}], \"running\": {name, mode}}`; of a file that is no cassette `error` says why, and `recordingIn` names the sandbox that is recording one"))
)]
pub(super) async fn list(Extension(app): Extension<App>, _: NoQuery) -> Result<Response, Refused> {
    let cassettes = app.service.cassettes(&app.sandbox).await?;
    let running = app.service.running_cassette(&app.sandbox);
    let running = running.map_err(CassetteError::from)?;
    let running = match running {
        None => Value::Null,
        Some(started) => running_shown(&app, &started),
    };
    let cassettes: Vec<Value> = cassettes.iter().map(listed).collect();
    let document = json!({ "cassettes": cassettes, "running": running });
    Ok(json(StatusCode::OK, &document))
}

fn running_shown(app: &App, started: &Started) -> Value {
    let mut shown = json!({ "name": &*started.name, "mode": started.mode });
    if let Some(upstream) = started.sends_to() {
        shown["upstream"] = (**upstream).into();
    }
    let report = app.service.cassette_report(&app.sandbox, &started.name);
    let error = report.ok().and_then(|report| report.get("error").cloned());
    if let Some(error) = error {
        shown["error"] = error;
    }
    shown
}

fn listed(cassette: &Listed) -> Value {
    let mut shown = json!({
        "name": cassette.name,
        "file": cassette.file,
        "bytes": cassette.bytes,
    });
    match &cassette.content {
        Ok((format, entries)) => {
            shown["format"] = name_of(*format).into();
            shown["entries"] = (*entries).into();
        }
        Err(error) => shown["error"] = error.as_str().into(),
    }
    if let Some(sandbox) = &cassette.recording {
        shown["recordingIn"] = sandbox.as_str().into();
    }
    shown
}

/// One cassette, as its file has it or in another format.
#[utoipa::path(
    get, path = "/__admin/cassettes/{name}", tag = "cassettes",
    params(("name" = String, Path, description = "Its name"), Shape),
    responses((status = 200, description = "The text"), (status = 404, body = Problem), (status = 422, description = "The file is no cassette: a problem with `diagnostics`"))
)]
pub(super) async fn get(
    Extension(app): Extension<App>,
    Path(name): Path<String>,
    Query(shape): Query<Shape>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let format = match &shape.format {
        Some(format) => Some(format_named(format)?),
        None => accepted(&headers),
    };
    let (text, format) = app
        .service
        .cassette_text(&app.sandbox, &name, format)
        .await?;
    let kind = match format {
        Format::Yaml | Format::Vcr => HeaderValue::from_static("application/yaml"),
        Format::Json | Format::Document | Format::Har | Format::WireMock => super::JSON,
    };
    Ok((StatusCode::OK, [(CONTENT_TYPE, kind)], text).into_response())
}

fn format_named(text: &str) -> Result<Format, Problem> {
    let mut names = Format::NAMES.iter();
    match names.find(|(name, _)| *name == text) {
        Some((_, format)) => Ok(*format),
        None => {
            let names = Format::NAMES.map(|(name, _)| name).join(", ");
            let message = format!("expected one of {names}, found {text:?}");
            Err(Problem::invalid("format", message))
        }
    }
}

fn name_of(format: Format) -> &'static str {
    let mut names = Format::NAMES.iter();
    let name = names.find(|(_, one)| *one == format);
    name.map_or("", |(name, _)| name)
}

fn accepted(headers: &HeaderMap) -> Option<Format> {
    let accept = headers.get(ACCEPT)?.to_str().ok()?;
    let mut kinds = accept.split(',').map(|kind| kind.split(';').next());
    kinds.find_map(|kind| match kind.unwrap_or_default().trim() {
        "application/json" => Some(Format::Json),
        "application/yaml" | "application/x-yaml" | "text/yaml" => Some(Format::Yaml),
        _ => None,
    })
}

/// A cassette is this one from now on: of any format that is read, which its content tells. It is kept in
/// this project's own.
#[utoipa::path(
    put, path = "/__admin/cassettes/{name}", tag = "cassettes", request_body(content = String, content_type = "application/yaml"),
    params(("name" = String, Path, description = "Its name")),
    responses((status = 200, description = "`{\"name\": \"a\", \"entries\": 3}`"), (status = 201, description = "The same, of one that is new"), (status = 409, body = Problem), (status = 422, description = "It is no cassette: a problem with `diagnostics`"))
)]
pub(super) async fn put(
    Extension(app): Extension<App>,
    Path(name): Path<String>,
    _: NoQuery,
    request: Request,
) -> Result<Response, Refused> {
    // The edge has bounded it already, as the server was told to.
    let text: Bytes = to_bytes(request.into_body(), usize::MAX)
        .await
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))?;
    let (entries, before) = app.service.put_cassette(&app.sandbox, &name, text).await?;
    let status = match before {
        true => StatusCode::OK,
        false => StatusCode::CREATED,
    };
    Ok(json(status, &json!({ "name": name, "entries": entries })))
}

/// Deletes a cassette. Where it is being played, it is played on.
#[utoipa::path(
    delete, path = "/__admin/cassettes/{name}", tag = "cassettes",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 204, description = "It is gone"), (status = 404, body = Problem), (status = 409, description = "It is being recorded", body = Problem))
)]
pub(super) async fn delete(
    Extension(app): Extension<App>,
    Path(name): Path<String>,
    _: NoQuery,
) -> Result<StatusCode, Refused> {
    app.service.delete_cassette(&app.sandbox, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Starts a cassette in this sandbox. Only `mode` must be said.
#[utoipa::path(
    post, path = "/__admin/cassettes/{name}/start", tag = "cassettes",
    request_body(
        content = Object,
        description = "`mode` (`live`, `record`, `playback` or `passthrough`), and if need be `upstream`, `match`, `strict`, `latency`, `ignore`, `headers`, `volatile`, `redact` and `overwrite`",
        example = json!({"mode": "record", "upstream": "http://127.0.0.1:9000"})
    ),
    params(("name" = String, Path, description = "Its name")),
    responses((status = 200, description = "`{\"name\": \"a\", \"mode\": \"record\"}`"), (status = 404, body = Problem), (status = 409, description = "Another one is running, or there is such a file already", body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn start(
    Extension(app): Extension<App>,
    Path(name): Path<String>,
    _: NoQuery,
    Body(start): Body<Start>,
) -> Result<Response, Refused> {
    app.service
        .start_cassette(&app.sandbox, &name, start)
        .await?;
    let running = app.service.running_cassette(&app.sandbox);
    let running = running.map_err(CassetteError::from)?;
    let shown = running.map_or(Value::Null, |started| running_shown(&app, &started));
    Ok(json(StatusCode::OK, &shown))
}

/// Stops the cassette, and reports of it.
#[utoipa::path(
    post, path = "/__admin/cassettes/{name}/stop", tag = "cassettes",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 200, description = "The report, as below `/report`"), (status = 409, description = "It is not running", body = Problem))
)]
pub(super) async fn stop(
    Extension(app): Extension<App>,
    Path(name): Path<String>,
    _: NoQuery,
) -> Result<Response, Refused> {
    let report = app.service.stop_cassette(&app.sandbox, &name).await?;
    Ok(json(StatusCode::OK, &report))
}

/// What became of the cassette that runs in this sandbox, or ran in it last under this name.
#[utoipa::path(
    get, path = "/__admin/cassettes/{name}/report", tag = "cassettes",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 200, description = "`{\"name\": \"a\", \"mode\": \"playback\", \"total_calls\": 3, \"failures\": 0, \"failure_details\": [], \"passed\": true, \"matched\": 3, \"unmatched\": [], \"neverAsked\": []}`"), (status = 404, body = Problem))
)]
pub(super) async fn report(
    Extension(app): Extension<App>,
    Path(name): Path<String>,
    _: NoQuery,
) -> Result<Response, Refused> {
    let report = app.service.cassette_report(&app.sandbox, &name)?;
    Ok(json(StatusCode::OK, &report))
}

/// Why not, as an answer.
pub(super) struct Refused(Response);

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem.into_response())
    }
}

impl From<CassetteError> for Refused {
    fn from(error: CassetteError) -> Self {
        let detail = error.to_string();
        let conflict = || Problem::new(StatusCode::CONFLICT, detail.clone());
        Self(
            match error {
                CassetteError::Wrong(error) => return Self(wrong(&error)),
                CassetteError::Name(_) => {
                    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).field("name")
                }
                CassetteError::Unknown { nearest, .. } => Problem {
                    candidates: nearest.into_iter().collect(),
                    ..Problem::not_found(detail)
                },
                CassetteError::NeverRan(_) => Problem::not_found(detail),
                CassetteError::Several { files, .. } => Problem {
                    candidates: files.into(),
                    ..conflict()
                },
                CassetteError::Exists(_) | CassetteError::Recording { .. } => conflict(),
                CassetteError::Invalid { field, message } => Problem::invalid(field, message),
                CassetteError::File(_) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail),
                CassetteError::Stage(error) => error.into(),
            }
            .into_response(),
        )
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        self.0
    }
}

/// A file that is no cassette, with the place at which that shows.
fn wrong(error: &crate::cassette::Error) -> Response {
    let status = match error.kind {
        Kind::Malformed => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
    };
    let problem = json!({
        "type": "about:blank",
        "title": status.canonical_reason(),
        "status": status.as_u16(),
        "detail": error.to_string(),
        "diagnostics": [{
            "file": &*error.path,
            "line": error.line,
            "column": error.column,
            "message": error.message,
            "help": error.help,
        }],
    });
    let mut response = json(status, &problem);
    let kind = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
