//! Rate limits: what they have counted, and how much is left of them.

use axum::Extension;
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Body, NoQuery, Query};
use super::{App, json};
use crate::engine::Stage;
use crate::engine::stage::{LimitChange, declared_limits};
use crate::http::problem::Problem;
use crate::state::limits::standing;

/// How much is left of a limit.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct NewLimit {
    /// The limit, bare or as `pack.limit`.
    limit: Option<String>,
    /// All limits of this tool, bare or as `pack.tool`, or of the stub of this id, where no `limit` is
    /// named.
    tool: Option<String>,
    /// Whose counter, as `GET /__admin/limits` shows it; all of them, and those of callers who have not
    /// called yet, if left out.
    key: Option<String>,
    /// How much is left: 3 lets three more calls of cost 1.
    remaining: u64,
}

/// Which limits.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// The limit, bare or as `pack.limit`; all, if left out.
    limit: Option<String>,
}

/// All rate limits of tools and stubs, with what each has counted.
#[utoipa::path(
    get, path = "/__admin/limits", tag = "limits",
    responses((status = 200, description = "`{\"limits\": [{\"limit\", \"tools\", \"counters\": [{\"key\", \"limit\", \"used\", \"remaining\", \"resetAt\"}]}]}`"))
)]
pub(super) async fn list(Extension(app): Extension<App>, _: NoQuery) -> Result<Response, Problem> {
    let state = app.service.read(&app.sandbox).await?;
    let now_ms = state.now.as_millisecond();
    let limits: Vec<Value> = declared_limits(&app.service.definitions(), &app.sandbox.stubs())
        .into_iter()
        .map(|limit| {
            let counters = state.limits.iter().filter(|(id, _)| {
                id.pack == limit.name.pack && id.limit == limit.name.name
            });
            let counters: Vec<Value> = counters
                .map(|(id, counter)| {
                    let stands = standing(&limit.spec.policy, Some(&counter.counter), now_ms);
                    json!({
                        "key": &*id.key,
                        "limit": stands.limit,
                        "used": stands.used,
                        "remaining": stands.remaining,
                        "resetAt": Timestamp::from_millisecond(stands.reset_ms).ok().map(|at| at.to_string()),
                    })
                })
                .collect();
            let fresh = standing(&limit.spec.policy, None, now_ms);
            json!({
                "limit": limit.name.to_string(),
                "tools": limit.tools.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "allows": fresh.remaining,
                "windowMs": fresh.window_ms,
                "counters": counters,
            })
        })
        .collect();
    Ok(json(StatusCode::OK, &json!({ "limits": limits })))
}

/// Sets how much is left of a limit, or of all limits of a tool.
#[utoipa::path(
    put, path = "/__admin/limits", tag = "limits", request_body = NewLimit,
    responses(
        (status = 200, description = "`{\"limits\": [{\"limit\", \"remaining\"}]}`: what was set"),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)
    )
)]
pub(super) async fn set(
    Extension(app): Extension<App>,
    _: NoQuery,
    Body(new): Body<NewLimit>,
) -> Result<Response, Problem> {
    let change = LimitChange {
        limit: new.limit,
        tool: new.tool,
        key: new.key,
        remaining: new.remaining,
        overlay: app.sandbox.stubs(),
    };
    let stage = Stage::SetLimit(change);
    let set = app.service.stage(&app.sandbox, stage).await?;
    Ok(json(StatusCode::OK, &set))
}

/// Forgets what the limits have counted.
#[utoipa::path(
    delete, path = "/__admin/limits", tag = "limits", params(Which),
    responses((status = 200, description = "`{}`"), (status = 404, body = Problem))
)]
pub(super) async fn clear(
    Extension(app): Extension<App>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let stage = Stage::ClearLimits {
        limit: which.limit,
        overlay: app.sandbox.stubs(),
    };
    app.service.stage(&app.sandbox, stage).await?;
    Ok(json(StatusCode::OK, &json!({})))
}
