//! Sandboxes: created, listed, dropped.

use std::collections::BTreeMap;

use axum::Extension;
use axum::response::Response;
use http::StatusCode;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::clock::Mode;
use super::extract::{Body, Path};
use super::stages::{self, Parameters};
use super::timeline::{self, Lifetime, expires_at};
use super::wallets::NewBalance;
use super::{App, faults, json};
use crate::access::Hash;
use crate::domain::name::{SandboxId, SandboxIdError};
use crate::domain::time::{Clock, parse_instant};
use crate::engine::opening::OpeningWallet;
use crate::engine::stage::RULES_MAX;
use crate::http::problem::Problem;
use crate::service::{Sandbox, StageError};
use crate::state::SandboxState;
use crate::state::faults::Rule;
use crate::state::misfits::Misfit;
use crate::store;

/// A sandbox to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSandbox {
    /// 1 to 64 characters out of `A-Z a-z 0-9 . _ -`.
    id: String,
    /// What all its chance comes from; a hash of the server's seed and the id, if left out.
    seed: Option<u64>,
    /// How its clock runs; as the server's, if left out.
    clock: Option<OpeningClock>,
    /// Wallets by agent, and what they have.
    #[serde(default)]
    wallets: BTreeMap<String, NewBalance>,
    /// Records by collection.
    #[serde(default)]
    #[schema(value_type = Object)]
    collections: IndexMap<String, Vec<Value>>,
    /// Whether credentials are checked, by pack; as the packs say, if left out.
    #[serde(default)]
    #[schema(value_type = Object)]
    auth: IndexMap<String, bool>,
    /// What is to go wrong: fault rules, and names of plans that ship, such as `"flaky-30"`.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    faults: Vec<Value>,
    /// What it is set up for: `funded`, `failing`, `rate_limited` or `timing_out`, or a list of these.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    stage: Value,
    /// Keys of the simulated API that choose this sandbox: whoever sends one in `Authorization` (`Bearer` or
    /// `Basic`), `x-api-key` or `api-key` need not name it. Only their hashes are kept.
    #[serde(default, rename = "apiKeys")]
    api_keys: Vec<String>,
    /// The parameters of its stages.
    #[serde(default)]
    parameters: Parameters,
    /// How long it lives by the machine's clock, as an ISO 8601 duration (`PT2H`) or in seconds; for ever,
    /// if left out.
    #[serde(default, rename = "expiresAfter")]
    #[schema(value_type = Option<String>)]
    expires_after: Value,
}

/// How a new sandbox's clock runs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OpeningClock {
    /// `system`, `frozen` or `offset`.
    mode: Mode,
    /// What it shows (RFC 3339); the machine's time, if left out.
    now: Option<String>,
}

/// Creates a sandbox.
#[utoipa::path(
    post, path = "/__admin/sandboxes", tag = "sandboxes", request_body = NewSandbox,
    responses((status = 201, description = "The sandbox"), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn create(
    Extension(app): Extension<App>,
    Body(new): Body<NewSandbox>,
) -> Result<Response, Problem> {
    let id =
        SandboxId::parse(&new.id).map_err(|error| Problem::invalid("id", error.to_string()))?;
    app.visitor.check_own(&id)?;
    let mut opening = app.service.opening(&id);
    if let Some(seed) = new.seed {
        opening.seed = seed;
    }
    if let Some(clock) = &new.clock {
        opening.clock = clock_of(clock)?;
    }
    opening.wallets = new
        .wallets
        .into_iter()
        .map(|(agent, wallet)| {
            let (balance, currency) = wallet.into_parts();
            (agent, OpeningWallet { balance, currency })
        })
        .collect();
    opening.api_keys = api_keys(&app, &new.api_keys)?;
    opening.collections = new.collections;
    opening.auth = new.auth;
    let stages = stages::names(&new.stage)?;
    let staged = stages::set_up(&stages, &new.parameters, &mut opening)?;
    opening.faults = faults(&app, &new.faults, |at| format!("faults[{at}]"))?;
    let staged = faults(&app, &staged, |_| "parameters".to_owned())?;
    opening.faults.extend(staged);
    opening.expires_at = expires_at(&new.expires_after)?;
    let sandbox = app.service.create(&id, opening).await?;
    let shown = shown(&app, &sandbox).await?;
    let mut response = json(StatusCode::CREATED, &shown);
    // For the audit log: the path does not tell.
    response.extensions_mut().insert(id);
    Ok(response)
}

/// The hashes of the keys that choose the sandbox. A tenant's keys stand in the auth file, so that they are
/// no other's.
fn api_keys(app: &App, given: &[String]) -> Result<Vec<String>, Problem> {
    if !given.is_empty() && !app.visitor.operates() {
        let detail = "the keys of a tenant stand in the auth file; only operators bind others";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail).field("apiKeys"));
    }
    let is_key = |key: &&String| {
        (1..=API_KEY_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let hash = |(at, key): (usize, &String)| match is_key(&key) {
        true => Ok(Hash::of(key).to_string()),
        false => Err(Problem::invalid(
            &format!("apiKeys[{at}]"),
            format!("expected 1 to {API_KEY_MAX} visible ASCII characters"),
        )),
    };
    if given.len() > API_KEYS_MAX {
        let message = format!("a sandbox has at most {API_KEYS_MAX} keys");
        return Err(Problem::invalid("apiKeys", message));
    }
    given.iter().enumerate().map(hash).collect()
}

/// How many keys choose a sandbox.
const API_KEYS_MAX: usize = 100;

/// The longest key, in bytes.
const API_KEY_MAX: usize = 1_024;

/// The rules that are given, and those of the plans that are named.
fn faults(
    app: &App,
    given: &[Value],
    place: impl Fn(usize) -> String,
) -> Result<Vec<Rule>, Problem> {
    if given.len() > RULES_MAX {
        let message = format!("a sandbox has at most {RULES_MAX} rules");
        return Err(Problem::invalid("faults", message));
    }
    let mut rules = Vec::new();
    for (at, given) in given.iter().enumerate() {
        let read = match given.as_str() {
            Some(name) => app.service.preset(None, name),
            None => {
                let read = app.service.fault_rules(None, &given.to_string());
                read.map(|read| read.rules)
            }
        };
        rules.extend(read.map_err(|error| faults::problem(error).within(&place(at)))?);
    }
    Ok(rules)
}

fn clock_of(clock: &OpeningClock) -> Result<Clock, Problem> {
    let now = match &clock.now {
        None => None,
        Some(text) => Some(parse_instant(text).ok_or_else(|| {
            Problem::invalid(
                "clock.now",
                format!("expected an RFC 3339 date-time, found {text:?}"),
            )
        })?),
    };
    let machine = crate::service::now();
    match (clock.mode, now) {
        (Mode::System, None) => Ok(Clock::System),
        (Mode::System, Some(_)) => Err(Problem::invalid(
            "clock.now",
            "a system clock shows the machine's time; use frozen or offset",
        )),
        (Mode::Frozen, now) => Ok(Clock::Frozen {
            now: now.unwrap_or(machine),
        }),
        (Mode::Offset, now) => Ok(Clock::Offset {
            ahead_ms: now.map_or(0, |now| now.as_millisecond() - machine.as_millisecond()),
        }),
    }
}

/// All sandboxes.
#[utoipa::path(get, path = "/__admin/sandboxes", tag = "sandboxes", responses((status = 200, description = "`{\"sandboxes\": [], \"total\": 0}`")))]
pub(super) async fn list(Extension(app): Extension<App>) -> Result<Response, Problem> {
    let mut sandboxes = Vec::new();
    let ids = app.service.sandbox_ids();
    for id in ids.into_iter().filter(|id| app.visitor.sees(id)) {
        let Some(sandbox) = app.service.sandbox(&id) else {
            continue;
        };
        match app.service.read(&sandbox).await {
            Ok(state) => sandboxes.push(described(&app, &sandbox, &state)),
            // It was deleted since it was listed.
            Err(StageError::Store(store::Error::NoSuchSandbox)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let total = sandboxes.len();
    Ok(json(
        StatusCode::OK,
        &json!({ "sandboxes": sandboxes, "total": total }),
    ))
}

/// One sandbox.
#[utoipa::path(
    get, path = "/__admin/sandboxes/{id}", tag = "sandboxes", params(("id" = String, Path, description = "The sandbox's id")),
    responses((status = 200, description = "The sandbox"), (status = 404, body = Problem))
)]
pub(super) async fn get(
    Extension(app): Extension<App>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let sandbox = timeline::sandbox(&app, &id)?;
    let shown = shown(&app, &sandbox).await?;
    Ok(json(StatusCode::OK, &shown))
}

/// Lets a sandbox live so long from now on, or for ever. `default` always exists.
#[utoipa::path(
    patch, path = "/__admin/sandboxes/{id}", tag = "sandboxes", request_body = Lifetime, params(("id" = String, Path, description = "The sandbox's id")),
    responses((status = 200, description = "The sandbox"), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn prolong(
    Extension(app): Extension<App>,
    Path(id): Path<String>,
    Body(lifetime): Body<Lifetime>,
) -> Result<Response, Problem> {
    let sandbox = timeline::sandbox(&app, &id)?;
    let until = expires_at(&lifetime.expires_after)?;
    if sandbox.id == SandboxId::default_sandbox() && until.is_some() {
        let detail = "the sandbox default always exists";
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    app.service.prolong(&sandbox, until).await?;
    let shown = shown(&app, &sandbox).await?;
    Ok(json(StatusCode::OK, &shown))
}

/// Drops a sandbox. `default` always exists.
#[utoipa::path(
    delete, path = "/__admin/sandboxes/{id}", tag = "sandboxes", params(("id" = String, Path, description = "The sandbox's id")),
    responses((status = 200, description = "`{}`"), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn delete(
    Extension(app): Extension<App>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let missing = |_: SandboxIdError| Problem::not_found(format!("there is no sandbox {id}"));
    let sandbox = SandboxId::parse(&id).map_err(missing)?;
    if !app.visitor.sees(&sandbox) {
        return Err(missing(SandboxIdError));
    }
    if sandbox == SandboxId::default_sandbox() {
        let detail = "the sandbox default always exists; POST /__admin/reset clears it";
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    app.service.delete(&sandbox).await?;
    Ok(json(StatusCode::OK, &json!({})))
}

pub(super) async fn shown(app: &App, sandbox: &Sandbox) -> Result<Value, Problem> {
    let state = app.service.read(sandbox).await?;
    Ok(described(app, sandbox, &state))
}

pub(super) fn described(app: &App, sandbox: &Sandbox, state: &SandboxState) -> Value {
    let mode = match state.clock {
        Clock::System => "system",
        Clock::Frozen { .. } => "frozen",
        Clock::Offset { .. } => "offset",
    };
    let id = sandbox.id.as_str();
    // What is asked below a sandbox's prefix has that in its links.
    let here = format!("/s/{}", app.sandbox.id);
    let root = app.base_url.strip_suffix(&here).unwrap_or(&app.base_url);
    json!({
        "id": id,
        "seed": state.seed,
        "clock": { "mode": mode, "now": state.now.to_string() },
        "baseUrl": format!("{root}/s/{id}"),
        "stubs": state.overlay.len(),
        "expiresAt": state.opening.expires_at.map(|at| at.to_string()),
        "records": state.collections.values().map(|records| records.len()).sum::<usize>(),
        "misfits": state.misfits.iter().map(Misfit::shown).collect::<Vec<_>>(),
    })
}
