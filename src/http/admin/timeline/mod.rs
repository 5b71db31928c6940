//! A sandbox in time: its snapshots, going back to how it was, and going on twice from there.
//!
//! Every route stands twice: below `/__admin/sandboxes/{id}` at the root, and in the sandbox's own admin
//! API, where it concerns the sandbox in which it stands.

pub(super) mod diff;
pub(super) mod fork;
mod lifetime;
pub(super) mod restore;
pub(super) mod snapshots;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::routing::{get, post};
use http::StatusCode;
use http::request::Parts;

use super::App;
use crate::domain::name::SandboxId;
use crate::http::problem::Problem;
use crate::service::{Moment, Sandbox};

pub(super) use lifetime::{Lifetime, expires_at};

/// The routes, below a sandbox.
pub(super) fn routes() -> Router {
    Router::new()
        .route("/snapshots", get(snapshots::list).post(snapshots::take))
        .route(
            "/snapshots/{snapshot}",
            get(snapshots::get).delete(snapshots::delete),
        )
        .route("/restore", post(restore::restore))
        .route("/fork", post(fork::fork))
        .route("/diff", get(diff::diff))
}

/// What a request is about: the sandbox that its path names, or the one in which it stands.
struct Place {
    app: App,
    sandbox: Arc<Sandbox>,
    /// The snapshot that the path names; empty, if it names none.
    snapshot: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Place {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let lost = || Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "no sandbox was found");
        let app = parts.extensions.get::<App>().ok_or_else(lost)?.clone();
        // A route without variables has none to be read.
        let named: BTreeMap<String, String> =
            match RawPathParams::from_request_parts(parts, state).await {
                Ok(named) => named
                    .iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
                Err(_) => BTreeMap::new(),
            };
        let sandbox = match named.get("id") {
            None => app.sandbox.clone(),
            Some(id) => sandbox(&app, id)?,
        };
        Ok(Self {
            app,
            sandbox,
            snapshot: named.get("snapshot").cloned().unwrap_or_default(),
        })
    }
}

/// The sandbox of this id.
pub(super) fn sandbox(app: &App, id: &str) -> Result<Arc<Sandbox>, Problem> {
    let found = SandboxId::parse(id).ok();
    let found = found.filter(|id| app.visitor.sees(id));
    let found = found.and_then(|id| app.service.sandbox(&id));
    found.ok_or_else(|| Problem::not_found(format!("there is no sandbox {id}")))
}

/// The moment that is meant by a call or by a snapshot; as it is, if by neither.
fn moment(
    call: Option<u64>,
    call_field: &str,
    snapshot: Option<String>,
) -> Result<Moment, Problem> {
    match (call, snapshot) {
        (Some(_), Some(_)) => {
            let message = format!("say either a snapshot or {call_field}");
            Err(Problem::invalid("snapshot", message))
        }
        (Some(call), None) => Ok(Moment::Call(call)),
        (None, Some(snapshot)) => Ok(Moment::Snapshot(snapshot)),
        (None, None) => Ok(Moment::Now),
    }
}
