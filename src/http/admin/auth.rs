//! Simulated authentication: which packs check credentials.

use axum::Extension;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::extract::{Body, NoQuery, Path};
use super::{App, json};
use crate::domain::name::Name;
use crate::engine::Stage;
use crate::http::problem::Problem;

/// Whether a pack checks credentials.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Enforced {
    /// Whether it does.
    enforced: bool,
}

/// The packs that declare `auth`. The credentials are the records of the collection `keys`.
#[utoipa::path(
    get, path = "/__admin/auth", tag = "auth",
    responses((status = 200, description = "`{\"packs\": [{\"pack\", \"enforced\", \"keys\", \"credentials\"}]}`: whether it checks credentials, their collection, and how many there are"))
)]
pub(super) async fn list(Extension(app): Extension<App>, _: NoQuery) -> Result<Response, Problem> {
    let state = app.service.read(&app.sandbox).await?;
    let definitions = app.service.definitions();
    let packs: Vec<Value> = definitions
        .packs
        .iter()
        .filter_map(|pack| {
            let spec = pack.auth.as_ref()?;
            let said = state.auth_enforced.get(&pack.name);
            let keys = Name::new(&pack.name, &spec.keys);
            let records = state.collections.get(&keys);
            Some(json!({
                "pack": &*pack.name,
                "enforced": said.copied().unwrap_or(spec.enforced),
                "keys": keys.to_string(),
                "credentials": records.map_or(0, |records| records.len()),
            }))
        })
        .collect();
    Ok(json(StatusCode::OK, &json!({ "packs": packs })))
}

/// Says whether a pack checks credentials.
#[utoipa::path(
    put, path = "/__admin/auth/{pack}", tag = "auth", request_body = Enforced, params(("pack" = String, Path, description = "The pack")),
    responses((status = 200, description = "`{\"pack\", \"enforced\"}`"), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn enforce(
    Extension(app): Extension<App>,
    Path(pack): Path<String>,
    _: NoQuery,
    Body(new): Body<Enforced>,
) -> Result<Response, Problem> {
    let stage = Stage::EnforceAuth {
        pack,
        enforced: new.enforced,
    };
    let set = app.service.stage(&app.sandbox, stage).await?;
    Ok(json(StatusCode::OK, &set))
}
