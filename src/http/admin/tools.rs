//! Tools: what an agent can call, with schemas.

use axum::Extension;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::extract::NoQuery;
use super::{App, json};
use crate::definition::compiled::{Pack, Tool};
use crate::engine::Stage;
use crate::http::problem::Problem;

/// All tools of all packs, with the JSON Schemas of what they take and answer.
#[utoipa::path(
    get, path = "/__admin/tools", tag = "tools",
    responses((status = 200, description = "`{\"tools\": [{name, pack, description, inputSchema, outputSchema, routes}]}`"))
)]
pub(super) async fn list(Extension(app): Extension<App>, _: NoQuery) -> Result<Response, Problem> {
    let definitions = app.service.definitions();
    let wrong = app.service.stage(&app.sandbox, Stage::TellTools).await?;
    let tools: Vec<Value> = definitions
        .packs
        .iter()
        .flat_map(|pack| pack.tools.values().map(move |tool| (pack, tool)))
        .map(|(pack, tool)| {
            let mut shown = shown(pack, tool);
            if let Some(schema) = wrong.get(tool.name.to_string()) {
                shown["inputSchema"] = schema.clone();
            }
            shown
        })
        .collect();
    let total = tools.len();
    Ok(json(
        StatusCode::OK,
        &json!({ "tools": tools, "total": total }),
    ))
}

fn shown(pack: &Pack, tool: &Tool) -> Value {
    let below = |route: &str| match route.split_once(' ') {
        Some((method, path)) => format!("{method} {}{path}", pack.prefix),
        None => route.to_owned(),
    };
    let own = tool.routes.iter().map(|route| below(route));
    let doors = pack.doors.iter().filter(|_| !tool.internal);
    let doors = doors.map(|door| below(&door.route));
    let routes: Vec<String> = own
        .chain(doors.map(|route| route.replace("{tool}", &tool.name.name)))
        .collect();
    json!({
        "name": &*tool.name.name,
        "pack": &*pack.name,
        "description": tool.description,
        "inputSchema": *tool.input.schema,
        "outputSchema": tool.output.as_ref().map(|output| (*output.schema).clone()),
        "routes": routes,
    })
}
