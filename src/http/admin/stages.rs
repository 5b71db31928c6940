//! One-line stages: what a new sandbox is set up for, by a name. They are made of wallets, queued errors
//! and fault rules.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::definition::source::nearest;
use crate::engine::opening::OpeningWallet;
use crate::http::problem::Problem;
use crate::state::errors::QueuedError;
use crate::state::opening::Opening;

/// What a stage can be.
const STAGES: [&str; 4] = ["funded", "failing", "rate_limited", "timing_out"];

/// How long a call takes at the most.
const MILLISECONDS_MAX: u64 = 3_600_000;

/// So many calls that nobody makes more.
const ALWAYS: u64 = 1 << 53;

/// What stages take.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct Parameters {
    /// `funded`: whose wallet, bare or with its pack.
    #[serde(alias = "agent_id")]
    agent: Option<String>,
    /// `funded`: what is on it; `100.00`, if left out.
    balance: Option<String>,
    /// `funded`: in which currency; the ledger's first, if left out.
    currency: Option<String>,
    /// `failing`: how many calls fail; 3, if left out.
    #[serde(alias = "failure_count")]
    failures: Option<u64>,
    /// `failing`: with which status; 500, if left out.
    #[serde(alias = "status_code")]
    status: Option<u16>,
    /// `rate_limited`: how many calls pass before all others are refused; 5, if left out.
    #[serde(alias = "burst_limit")]
    burst: Option<u64>,
    /// `rate_limited`: after how many seconds a caller is told to come back; 60, if left out.
    #[serde(alias = "retry_after")]
    retry_after: Option<u64>,
    /// `timing_out`: which tools; all, if left out.
    #[serde(alias = "timeout_tools")]
    tools: Option<Vec<String>>,
    /// `timing_out`: after how many milliseconds of wall time 504 is answered; 30000, if left out.
    #[serde(alias = "timeout_ms")]
    milliseconds: Option<u64>,
}

impl Parameters {
    /// Those that are given, each with the stage that takes it.
    fn given(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        [
            (self.agent.is_some(), "agent", "funded"),
            (self.balance.is_some(), "balance", "funded"),
            (self.currency.is_some(), "currency", "funded"),
            (self.failures.is_some(), "failures", "failing"),
            (self.status.is_some(), "status", "failing"),
            (self.burst.is_some(), "burst", "rate_limited"),
            (self.retry_after.is_some(), "retryAfter", "rate_limited"),
            (self.tools.is_some(), "tools", "timing_out"),
            (self.milliseconds.is_some(), "milliseconds", "timing_out"),
        ]
        .into_iter()
        .filter(|(given, _, _)| *given)
        .map(|(_, name, stage)| (name, stage))
    }
}

/// The stages that are named: one, or a list.
pub(super) fn names(given: &Value) -> Result<Vec<String>, Problem> {
    let names: Vec<&Value> = match given {
        Value::Null => Vec::new(),
        Value::Array(names) => names.iter().collect(),
        one => vec![one],
    };
    let known = |name: &Value| match name.as_str() {
        Some(name) if STAGES.contains(&name) => Ok(name.to_owned()),
        found => {
            let near = found.and_then(|name| nearest(name, STAGES));
            let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            let all = STAGES.join(", ");
            Err(Problem::invalid(
                "stage",
                format!("expected {all}; found {name}{near}"),
            ))
        }
    };
    names.into_iter().map(known).collect()
}

/// Sets an opening up for stages; gives the fault rules that belong to them, as they are written.
pub(super) fn set_up(
    stages: &[String],
    parameters: &Parameters,
    opening: &mut Opening,
) -> Result<Vec<Value>, Problem> {
    for (name, stage) in parameters.given() {
        if !stages.iter().any(|named| named == stage) {
            let message = format!("is for the stage {stage}, which is not named");
            return Err(Problem::invalid(&format!("parameters.{name}"), message));
        }
    }
    let mut rules = Vec::new();
    for stage in stages {
        match stage.as_str() {
            "funded" => fund(parameters, opening)?,
            "failing" => {
                let count = parameters.failures.unwrap_or(3);
                if count == 0 {
                    let message = "expected at least 1";
                    return Err(Problem::invalid("parameters.failures", message));
                }
                let status = status(parameters.status.unwrap_or(500))?;
                opening.errors.push(error(status, count, 0, Map::new()));
            }
            "rate_limited" => {
                let wait = parameters.retry_after.unwrap_or(60).to_string();
                let headers = Map::from_iter([("retry-after".to_owned(), Value::from(wait))]);
                let burst = parameters.burst.unwrap_or(5);
                opening.errors.push(error(429, ALWAYS, burst, headers));
            }
            _ => rules.push(time_out(parameters)?),
        }
    }
    Ok(rules)
}

fn fund(parameters: &Parameters, opening: &mut Opening) -> Result<(), Problem> {
    let Some(agent) = &parameters.agent else {
        let message = "the stage funded needs it: whose wallet?";
        return Err(Problem::invalid("parameters.agent", message));
    };
    let balance = parameters.balance.as_deref().unwrap_or("100.00").to_owned();
    let currency = parameters.currency.clone();
    let wallet = OpeningWallet { balance, currency };
    if opening.wallets.insert(agent.clone(), wallet).is_some() {
        let message = format!("`wallets` says what {agent} has");
        return Err(Problem::invalid("parameters.agent", message));
    }
    Ok(())
}

fn time_out(parameters: &Parameters) -> Result<Value, Problem> {
    let millis = parameters.milliseconds.unwrap_or(30_000);
    if millis > MILLISECONDS_MAX {
        let message = format!("expected at most {MILLISECONDS_MAX}");
        return Err(Problem::invalid("parameters.milliseconds", message));
    }
    Ok(json!({
        "id": "timing_out",
        "mode": "timeout",
        "tools": parameters.tools.as_deref().unwrap_or_default(),
        "with": { "milliseconds": millis, "status": 504 },
    }))
}

fn error(status: u16, count: u64, after: u64, headers: Map<String, Value>) -> QueuedError {
    QueuedError {
        id: 0,
        status,
        count,
        tool: None,
        after,
        headers: Arc::new(headers),
        body: None,
        delay_milliseconds: 0,
    }
}

fn status(status: u16) -> Result<u16, Problem> {
    if (200..=599).contains(&status) {
        return Ok(status);
    }
    let message = format!("expected 200 to 599, found {status}");
    Err(Problem::invalid("parameters.status", message))
}
