//! What is different between two moments.

use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::snapshots::NOW;
use super::{Place, sandbox};
use crate::definition::compiled::Definitions;
use crate::domain::name::Name;
use crate::http::admin::extract::{self, Query};
use crate::http::admin::{App, json};
use crate::http::problem::Problem;
use crate::service::{Moment, Sandbox};
use crate::state::SandboxState;
use crate::state::diff::{Machine, diff as compare};

/// How many differences of each kind are told, unless the reader says otherwise.
const LIMIT_DEFAULT: usize = 100;

/// How many differences of each kind can be told.
const LIMIT_MAX: usize = 10_000;

/// What begins the name of another sandbox.
const SANDBOX: &str = "sandbox:";

/// Which moments.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Moments {
    /// The earlier one: the number of a call, a snapshot's id, `now`, or `sandbox:` and the id of another
    /// sandbox, as that is now.
    from: String,
    /// The later one, in the same words; `now`, if left out.
    to: Option<String>,
    /// How many differences of each kind are told: 1 to 10000, 100 if left out.
    #[serde(default, deserialize_with = "extract::number")]
    limit: Option<usize>,
}

/// What is different between two moments of a sandbox, or between two sandboxes.
#[utoipa::path(
    get, path = "/__admin/sandboxes/{id}/diff", tag = "timeline", params(("id" = String, Path, description = "The sandbox's id"), Moments),
    responses(
        (status = 200, description = "`clock`, `counts`, and lists with `items`, `total` and `leftOut`: `calls` by tool, records `added`, `removed` and `changed` (as JSON patches), `refilled` collections, `machines`, `wallets`, `scenarios`, `limits`"),
        (status = 404, body = Problem, description = "There is no such sandbox, snapshot or call"),
        (status = 410, body = Problem, description = "The call is too long ago"),
        (status = 422, body = Problem)
    )
)]
pub(super) async fn diff(
    place: Place,
    Query(moments): Query<Moments>,
) -> Result<Response, Problem> {
    let limit = moments.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        let message = format!("expected 1 to {LIMIT_MAX}, found {limit}");
        return Err(Problem::invalid("limit", message));
    }
    let Place { app, sandbox, .. } = &place;
    let (from, to) = (&moments.from, moments.to.as_deref().unwrap_or(NOW));
    let before = state(app, sandbox, from, "from").await?;
    let after = state(app, sandbox, to, "to").await?;
    let machines = machines(&app.service.definitions());
    // Two sandboxes share nothing but what they open with, so there may be much to look at.
    let found = tokio::task::spawn_blocking(move || {
        let found = compare(&before, &after, &machines, limit);
        serde_json::to_value(&found)
    });
    let found = match found.await {
        Ok(found) => found
            .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    };
    let mut shown = json!({ "from": from, "to": to });
    if let (Some(shown), serde_json::Value::Object(found)) = (shown.as_object_mut(), found) {
        shown.extend(found);
    }
    Ok(json(StatusCode::OK, &shown))
}

async fn state(
    app: &App,
    own: &Arc<Sandbox>,
    text: &str,
    field: &str,
) -> Result<SandboxState, Problem> {
    let other;
    let (of, moment) = match text.strip_prefix(SANDBOX) {
        Some(id) => {
            other = sandbox(app, id)?;
            (&other, Moment::Now)
        }
        None if text == NOW => (own, Moment::Now),
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => match text.parse() {
            Ok(call) => (own, Moment::Call(call)),
            Err(_) => return Err(Problem::invalid(field, "expected a call or a snapshot")),
        },
        None => (own, Moment::Snapshot(text.to_owned())),
    };
    Ok(app.service.at(of, &moment).await?)
}

fn machines(definitions: &Definitions) -> Vec<Machine> {
    let packs = definitions.packs.iter();
    let machines = packs.flat_map(|pack| {
        pack.machines.values().map(|machine| Machine {
            name: machine.name.clone(),
            collection: Name::new(&pack.name, &machine.collection),
            field: machine.field.clone(),
        })
    });
    machines.collect()
}
