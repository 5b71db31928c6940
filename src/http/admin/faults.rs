//! Fault rules: what is to go wrong, and what has.

use axum::Extension;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::extract::{self, NoQuery, Path, Query};
use super::{App, json};
use crate::definition::compile::fault::presets;
use crate::definition::load::{FaultsError, PostedFaults};
use crate::domain::fault::Mode;
use crate::engine::Stage;
use crate::engine::stage::{FaultChange, shown_rule};
use crate::http::problem::Problem;
use crate::state::faults::{EVENTS_MAX, Event};

/// How many events are listed, unless the reader says otherwise.
const LIMIT_DEFAULT: usize = 100;

/// Which events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only those of this rule.
    rule: Option<String>,
    /// Only those of this mode.
    #[param(value_type = Option<String>)]
    mode: Option<Mode>,
    /// Only those at calls of this tool, bare or as `pack.tool`.
    tool: Option<String>,
    /// How many at the most: 1 to 10000, 100 if left out. The newest are listed.
    #[serde(default, deserialize_with = "extract::number")]
    limit: Option<usize>,
}

/// The rules of the sandbox, in their order, and how often each has happened.
#[utoipa::path(get, path = "/__admin/faults", tag = "faults", responses((status = 200, description = "`{\"paused\": false, \"faults\": [], \"total\": 0}`")))]
pub(super) async fn list(Extension(app): Extension<App>, _: NoQuery) -> Result<Response, Problem> {
    let state = app.service.read(&app.sandbox).await?;
    let rules = state
        .faults
        .iter()
        .map(|planned| shown_rule(planned, state.faults.fired(&planned.rule.id)));
    let rules: Vec<Value> = rules.collect();
    let document = json!({
        "paused": state.faults.is_paused(),
        "total": rules.len(),
        "faults": rules,
    });
    Ok(json(StatusCode::OK, &document))
}

/// Makes a rule, or all rules of a list or a plan.
#[utoipa::path(
    post, path = "/__admin/faults", tag = "faults",
    request_body(
        content = Object,
        description = "A rule: `mode`, and if need be `id`, `tools`, `stubs`, `agents`, `when`, `times`, `surface` and `with`, the mode's settings; or a list of rules, or `{\"faults\": […]}`",
        example = json!({"mode": "lost_reply", "tools": ["pay"], "when": {"probability": 0.3}, "times": 1})
    ),
    responses(
        (status = 201, description = "The rule with its `id`, and `warnings` where it can never happen; of a list or a plan, `{\"faults\": [], \"total\": 0}`"),
        (status = 409, body = Problem, description = "The id is taken, or a bare name could mean several things"),
        (status = 422, body = Problem)
    )
)]
pub(super) async fn create(
    Extension(app): Extension<App>,
    _: NoQuery,
    body: Bytes,
) -> Result<Response, Problem> {
    let read = app.service.fault_rules(Some(&app.sandbox), text(&body)?);
    let PostedFaults { rules, single } = read.map_err(problem)?;
    let made = put(&app, rules, false).await?;
    let shown = match single {
        true => made.get(0).cloned().unwrap_or_default(),
        false => listed(&made),
    };
    Ok(json(StatusCode::CREATED, &shown))
}

/// Drops all rules. What has happened stays listed.
#[utoipa::path(delete, path = "/__admin/faults", tag = "faults", responses((status = 200, description = "`{}`")))]
pub(super) async fn clear(Extension(app): Extension<App>, _: NoQuery) -> Result<Response, Problem> {
    done(&app, FaultChange::Clear).await
}

/// One rule.
#[utoipa::path(
    get, path = "/__admin/faults/{id}", tag = "faults", params(("id" = String, Path, description = "The rule's id")),
    responses((status = 200, description = "The rule"), (status = 404, body = Problem))
)]
pub(super) async fn get(
    Extension(app): Extension<App>,
    Path(id): Path<String>,
    _: NoQuery,
) -> Result<Response, Problem> {
    let state = app.service.read(&app.sandbox).await?;
    let rule = state.faults.get(&id);
    let rule = rule.ok_or_else(|| Problem::not_found(format!("there is no rule {id:?}")))?;
    Ok(json(
        StatusCode::OK,
        &shown_rule(rule, state.faults.fired(&rule.rule.id)),
    ))
}

/// Makes a rule of this id, or replaces it: then it begins to count again.
#[utoipa::path(
    put, path = "/__admin/faults/{id}", tag = "faults",
    request_body(content = Object, description = "A rule", example = json!({"mode": "latency", "with": {"milliseconds": 500}})),
    params(("id" = String, Path, description = "The rule's id")),
    responses(
        (status = 200, description = "The rule"),
        (status = 409, body = Problem), (status = 422, body = Problem)
    )
)]
pub(super) async fn replace(
    Extension(app): Extension<App>,
    Path(id): Path<String>,
    _: NoQuery,
    body: Bytes,
) -> Result<Response, Problem> {
    let rule = with_id(text(&body)?, &id)?;
    let read = app.service.fault_rules(Some(&app.sandbox), &rule);
    let rules = read.map_err(problem)?.rules;
    let made = put(&app, rules, true).await?;
    Ok(json(StatusCode::OK, &made[0]))
}

/// Drops a rule.
#[utoipa::path(
    delete, path = "/__admin/faults/{id}", tag = "faults", params(("id" = String, Path, description = "The rule's id")),
    responses((status = 200, description = "`{}`"), (status = 404, body = Problem))
)]
pub(super) async fn remove(
    Extension(app): Extension<App>,
    Path(id): Path<String>,
    _: NoQuery,
) -> Result<Response, Problem> {
    done(&app, FaultChange::Remove(id)).await
}

/// From now on no rule does anything; calls are counted all the same.
#[utoipa::path(post, path = "/__admin/faults/pause", tag = "faults", responses((status = 200, description = "`{\"paused\": true}`")))]
pub(super) async fn pause(Extension(app): Extension<App>, _: NoQuery) -> Result<Response, Problem> {
    done(&app, FaultChange::Pause(true)).await?;
    Ok(json(StatusCode::OK, &json!({ "paused": true })))
}

/// Rules happen again.
#[utoipa::path(post, path = "/__admin/faults/resume", tag = "faults", responses((status = 200, description = "`{\"paused\": false}`")))]
pub(super) async fn resume(
    Extension(app): Extension<App>,
    _: NoQuery,
) -> Result<Response, Problem> {
    done(&app, FaultChange::Pause(false)).await?;
    Ok(json(StatusCode::OK, &json!({ "paused": false })))
}

/// What has happened, the oldest first.
#[utoipa::path(
    get, path = "/__admin/faults/events", tag = "faults", params(Filter),
    responses((status = 200, description = "`{\"events\": [], \"total\": 0}`: `total` counts all that fit"), (status = 422, body = Problem))
)]
pub(super) async fn events(
    Extension(app): Extension<App>,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let limit = filter.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=EVENTS_MAX).contains(&limit) {
        return Err(Problem::invalid(
            "limit",
            format!("expected 1 to {EVENTS_MAX}, found {limit}"),
        ));
    }
    let state = app.service.read(&app.sandbox).await?;
    let fit = || state.faults.events().filter(|event| fits(event, &filter));
    let mut newest: Vec<Value> = fit()
        .rev()
        .take(limit)
        .map(|event| serde_json::to_value(&**event).unwrap_or_default())
        .collect();
    newest.reverse();
    let document = json!({ "events": newest, "total": fit().count() });
    Ok(json(StatusCode::OK, &document))
}

fn fits(event: &Event, filter: &Filter) -> bool {
    let of_tool = |wanted: &String| {
        let tool = event.tool.as_ref();
        tool.is_some_and(|tool| *tool.name == **wanted || tool.to_string() == *wanted)
    };
    filter
        .rule
        .as_ref()
        .is_none_or(|rule| *event.rule == **rule)
        && filter.mode.is_none_or(|mode| event.mode == mode)
        && filter.tool.as_ref().is_none_or(of_tool)
}

/// Forgets what has happened. Rules keep what they have counted.
#[utoipa::path(delete, path = "/__admin/faults/events", tag = "faults", responses((status = 200, description = "`{}`")))]
pub(super) async fn forget_events(
    Extension(app): Extension<App>,
    _: NoQuery,
) -> Result<Response, Problem> {
    done(&app, FaultChange::ForgetEvents).await
}

/// The fault plans that ship.
#[utoipa::path(get, path = "/__admin/faults/presets", tag = "faults", responses((status = 200, description = "`{\"presets\": [{\"name\", \"title\", \"description\", \"rules\"}], \"total\": 0}`")))]
pub(super) async fn list_presets(_: NoQuery) -> Response {
    let all = presets().iter().map(|preset| {
        json!({
            "name": preset.name,
            "title": preset.plan.title,
            "description": preset.plan.description.as_deref().map(str::trim),
            "rules": preset.plan.faults.len(),
        })
    });
    let all: Vec<Value> = all.collect();
    json(
        StatusCode::OK,
        &json!({ "presets": all, "total": all.len() }),
    )
}

/// Makes the rules of a fault plan that ships. Those of them that are there begin again.
#[utoipa::path(
    post, path = "/__admin/faults/presets/{name}", tag = "faults", params(("name" = String, Path, description = "The plan's name")),
    responses((status = 201, description = "The rules: `{\"faults\": [], \"total\": 0}`"), (status = 404, body = Problem))
)]
pub(super) async fn load_preset(
    Extension(app): Extension<App>,
    Path(name): Path<String>,
    _: NoQuery,
) -> Result<Response, Problem> {
    let rules = app.service.preset(Some(&app.sandbox), &name);
    let made = put(&app, rules.map_err(problem)?, true).await?;
    Ok(json(StatusCode::CREATED, &listed(&made)))
}

async fn put(
    app: &App,
    rules: Vec<crate::state::faults::Rule>,
    replace: bool,
) -> Result<Value, Problem> {
    let change = FaultChange::Put { rules, replace };
    Ok(app
        .service
        .stage(&app.sandbox, Stage::Faults(change))
        .await?)
}

async fn done(app: &App, change: FaultChange) -> Result<Response, Problem> {
    app.service
        .stage(&app.sandbox, Stage::Faults(change))
        .await?;
    Ok(json(StatusCode::OK, &json!({})))
}

fn listed(made: &Value) -> Value {
    let total = made.as_array().map_or(0, Vec::len);
    json!({ "faults": made, "total": total })
}

fn text(body: &Bytes) -> Result<&str, Problem> {
    std::str::from_utf8(body)
        .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the body is not UTF-8").field("body"))
}

/// The rule of a body under the id that the path names.
fn with_id(text: &str, id: &str) -> Result<String, Problem> {
    // What cannot be read is refused by whoever reads the rule.
    let Ok(mut rule) = serde_json::from_str::<Value>(text) else {
        return Ok(text.to_owned());
    };
    let Some(members) = rule.as_object_mut().filter(|it| !it.contains_key("faults")) else {
        return Err(Problem::invalid("body", "expected one rule: an object"));
    };
    match members.get("id").filter(|id| !id.is_null()) {
        Some(given) if *given != id => {
            let message = format!("the path says {id:?}, and the body {given}");
            Err(Problem::invalid("id", message))
        }
        Some(_) => Ok(text.to_owned()),
        None => {
            members.insert("id".into(), id.into());
            Ok(rule.to_string())
        }
    }
}

/// Why there are no rules, as a problem.
pub(super) fn problem(error: FaultsError) -> Problem {
    match error {
        FaultsError::Mistakes(mistakes) => Problem::of_mistakes(&mistakes),
        FaultsError::Ambiguous { name, candidates } => {
            let detail = format!("{name} could mean {}", candidates.join(" or "));
            Problem {
                candidates: candidates.into(),
                ..Problem::new(StatusCode::CONFLICT, detail)
            }
        }
        FaultsError::UnknownPreset { name, nearest } => {
            let near = nearest.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            Problem::not_found(format!("there is no preset {name:?}{near}"))
        }
    }
}
