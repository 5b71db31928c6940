//! Quirks of paging in line for the next pages.

use axum::Extension;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::extract::{Body, NoQuery};
use super::{App, json};
use crate::domain::quirk::Quirk;
use crate::engine::Stage;
use crate::http::problem::Problem;
use crate::state::quirks::QueuedQuirk;

/// A quirk to put in line.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct NewQuirk {
    /// Only pages of this tool, bare or as `pack.tool`; any page, if none is named.
    tool: Option<String>,
    /// What it is: `shortPage`, `emptyPage`, `loop`, `omit`, `totalDrift`, `insertRows`,
    /// `deleteRows`, `expireToken`, `clampSize`, `malformedNext`; with `onPage` and `times`.
    #[schema(value_type = Object)]
    quirk: Quirk,
}

/// Puts a quirk in line: the next page that it concerns has it, or the next `times` pages.
#[utoipa::path(
    post, path = "/__admin/pagination/quirks", tag = "pagination", request_body = NewQuirk,
    responses((status = 201, description = "The quirk with its `id`"), (status = 422, body = Problem))
)]
pub(super) async fn queue(
    Extension(app): Extension<App>,
    _: NoQuery,
    Body(new): Body<NewQuirk>,
) -> Result<Response, Problem> {
    let nothing = Quirk {
        on_page: new.quirk.on_page,
        times: new.quirk.times,
        ..Quirk::default()
    };
    if new.quirk == nothing {
        return Err(Problem::invalid(
            "quirk",
            "expected a quirk, such as {\"shortPage\": 3}",
        ));
    }
    if new.quirk.times == Some(0) {
        return Err(Problem::invalid("quirk.times", "expected at least 1"));
    }
    if new.quirk.on_page == Some(0) {
        return Err(Problem::invalid("quirk.onPage", "expected at least 1"));
    }
    let stage = Stage::QueueQuirk {
        quirk: new.quirk,
        tool: new.tool,
    };
    let queued = app.service.stage(&app.sandbox, stage).await?;
    Ok(json(StatusCode::CREATED, &queued))
}

/// What is in line, the first first.
#[utoipa::path(get, path = "/__admin/pagination/quirks", tag = "pagination", responses((status = 200, description = "`{\"quirks\": []}`")))]
pub(super) async fn list(Extension(app): Extension<App>, _: NoQuery) -> Result<Response, Problem> {
    let state = app.service.read(&app.sandbox).await?;
    let quirks: Vec<&QueuedQuirk> = state.quirks.iter().collect();
    Ok(json(StatusCode::OK, &json!({ "quirks": quirks })))
}

/// Empties the line.
#[utoipa::path(delete, path = "/__admin/pagination/quirks", tag = "pagination", responses((status = 200, description = "`{}`")))]
pub(super) async fn clear(Extension(app): Extension<App>, _: NoQuery) -> Result<Response, Problem> {
    app.service.stage(&app.sandbox, Stage::ClearQuirks).await?;
    Ok(json(StatusCode::OK, &json!({})))
}
