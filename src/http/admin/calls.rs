//! The call log.

use axum::Extension;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::extract::{self, NoQuery, Path, Query};
use super::{App, json};
use crate::domain::time::parse_instant;
use crate::domain::traceparent::is_trace_id;
use crate::http::problem::Problem;
use crate::log::{self, Since};

/// How many calls a page has, unless the reader says otherwise.
const LIMIT_DEFAULT: usize = 100;

/// How many calls a page has at the most.
const LIMIT_MAX: usize = 1_000;

/// Which calls.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only calls of this tool, bare or as `pack.tool`.
    tool: Option<String>,
    /// Only calls for this agent.
    agent: Option<String>,
    /// Only calls answered with this status.
    #[serde(default, deserialize_with = "extract::number")]
    status: Option<u16>,
    /// Only calls that something claimed (`true`), or that nothing did.
    #[serde(default, deserialize_with = "extract::flag")]
    matched: Option<bool>,
    /// Only calls of this trace (W3C Trace Context): 32 digits of 0-9 and a-f.
    trace_id: Option<String>,
    /// Only calls after this number, or at this sandbox time (RFC 3339) or later.
    since: Option<String>,
    /// How many at the most: 1 to 1000, 100 if left out.
    #[serde(default, deserialize_with = "extract::number")]
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// `false` leaves out each call's `wall`, which alone differs between two runs of equal calls.
    #[serde(default, deserialize_with = "extract::flag")]
    wall: Option<bool>,
}

/// Whether `wall` is shown.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Shown {
    /// `false` leaves out `wall`.
    #[serde(default, deserialize_with = "extract::flag")]
    wall: Option<bool>,
}

/// Calls, the oldest first. `dropped` says how many older ones are kept no longer.
#[utoipa::path(
    get, path = "/__admin/calls", tag = "calls", params(Filter),
    responses((status = 200, description = "`{\"calls\": [], \"total\": 0, \"dropped\": 0, \"next\": null}`"), (status = 422, body = Problem))
)]
pub(super) async fn list(
    Extension(app): Extension<App>,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let limit = filter.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::invalid(
            "limit",
            format!("expected 1 to {LIMIT_MAX}, found {limit}"),
        ));
    }
    if let Some(id) = filter.trace_id.as_deref().filter(|id| !is_trace_id(id)) {
        let message = format!("expected 32 digits of 0-9 and a-f, found {id:?}");
        return Err(Problem::invalid("traceId", message));
    }
    let query = log::Query {
        trace_id: filter.trace_id,
        tool: filter.tool,
        agent: filter.agent,
        status: filter.status,
        matched: filter.matched,
        since: filter.since.as_deref().map(since).transpose()?,
        after: filter.cursor.as_deref().map(cursor).transpose()?,
        limit,
    };
    let page = app.sandbox.log.find(&query);
    let wall = filter.wall.unwrap_or(true);
    let calls: Vec<Value> = page.calls.iter().map(|call| call.to_json(wall)).collect();
    let listed = json!({
        "calls": calls,
        "total": page.total,
        "dropped": page.dropped,
        "next": page.next.map(|number| number.to_string()),
    });
    Ok(json(StatusCode::OK, &listed))
}

fn since(text: &str) -> Result<Since, Problem> {
    let number = text.parse().map(Since::Number).ok();
    number
        .or_else(|| parse_instant(text).map(Since::Time))
        .ok_or_else(|| {
            let message =
                format!("expected a call's number or an RFC 3339 date-time, found {text:?}");
            Problem::invalid("since", message)
        })
}

fn cursor(text: &str) -> Result<u64, Problem> {
    text.parse().map_err(|_| {
        Problem::invalid(
            "cursor",
            format!("expected the `next` of a page, found {text:?}"),
        )
    })
}

/// One call.
#[utoipa::path(
    get, path = "/__admin/calls/{id}", tag = "calls", params(("id" = u64, Path, description = "The call's number"), Shown),
    responses((status = 200, description = "The call, with its trace and effects"), (status = 404, body = Problem))
)]
pub(super) async fn get(
    Extension(app): Extension<App>,
    Path(id): Path<String>,
    Query(shown): Query<Shown>,
) -> Result<Response, Problem> {
    let call = id
        .parse()
        .ok()
        .and_then(|number| app.sandbox.log.get(number));
    let call =
        call.ok_or_else(|| Problem::not_found(format!("there is no call {id} in the log")))?;
    Ok(json(
        StatusCode::OK,
        &call.to_json(shown.wall.unwrap_or(true)),
    ))
}

/// Forgets all calls. Their numbers are not given again.
#[utoipa::path(delete, path = "/__admin/calls", tag = "calls", responses((status = 200, description = "`{}`")))]
pub(super) async fn clear(Extension(app): Extension<App>, _: NoQuery) -> Response {
    app.sandbox.log.clear();
    json(StatusCode::OK, &json!({}))
}
