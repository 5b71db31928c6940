//! What happens in a sandbox, as a stream of server-sent events.

use axum::Extension;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::App;
use super::extract::Query;
use crate::http::events::{KEEP_ALIVE, Stream};
use crate::http::problem::Problem;
use crate::service::{Kind, LISTENERS_MAX, Resume, TooMany};

/// The header in which a reader that comes back says where it was.
const LAST_EVENT_ID: &str = "last-event-id";

/// Which events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only these, with commas between them: `calls`, `faults`, `transitions`, `webhooks`, `resets`,
    /// `snapshots`.
    types: Option<String>,
    /// The `id` of the last event that was read: what has come since is told first. The header
    /// `Last-Event-ID` goes before it.
    last_event_id: Option<String>,
}

/// Tells what happens, while it happens, as server-sent events: `call`, `fault`, `transition`,
/// `webhook`, `reset` and `snapshot`, each with a JSON document; first `open`, `gap` where events are lost, and
/// `end` when the sandbox is deleted or the server stops.
#[utoipa::path(
    get, path = "/__admin/events", tag = "calls", params(Wanted),
    responses((status = 200, description = "Events, until the reader goes", content_type = "text/event-stream"), (status = 422, body = Problem), (status = 503, description = "So many read already that no more may", body = Problem))
)]
pub(super) async fn stream(
    Extension(app): Extension<App>,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let kinds = match &wanted.types {
        Some(types) => kinds(types)?,
        None => Kind::ALL.to_vec(),
    };
    let header = headers.get(LAST_EVENT_ID).map(|id| id.to_str());
    let resume = match header.transpose() {
        Err(_) => {
            return Err(Problem::invalid(
                "Last-Event-ID",
                "expected the id of an event",
            ));
        }
        Ok(Some(id)) => Some(resume(id, "Last-Event-ID")?),
        Ok(None) => {
            let asked = wanted.last_event_id.as_deref();
            asked.map(|id| resume(id, "lastEventId")).transpose()?
        }
    };
    let listener = app.sandbox.events.listen(resume).map_err(|TooMany| {
        let detail = format!("{LISTENERS_MAX} read the events of this sandbox already");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    })?;
    let opening = json!({
        "sandbox": app.sandbox.id.as_str(),
        "lastCall": app.sandbox.log.last_number(),
    });
    let stream = Stream::start(listener, kinds, &opening.to_string(), KEEP_ALIVE);
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::new(stream)).into_response())
}

fn resume(id: &str, field: &str) -> Result<Resume, Problem> {
    id.parse()
        .map_err(|message: String| Problem::invalid(field, message))
}

fn kinds(types: &str) -> Result<Vec<Kind>, Problem> {
    let kind = |name: &str| {
        let mut all = Kind::ALL.into_iter();
        all.find(|kind| name.strip_suffix('s') == Some(kind.name()))
            .ok_or_else(|| {
                let all: Vec<String> = Kind::ALL.map(|kind| format!("{}s", kind.name())).into();
                let message = format!("expected some of {}, found {name:?}", all.join(", "));
                Problem::invalid("types", message)
            })
    };
    types.split(',').map(kind).collect()
}
