//! Guards: what a call meets before its input is looked at, in their order. What they count stays
//! counted, whatever becomes of the call.

use serde_json::{Value, json};

use super::draft::Draft;
use super::respond;
use super::steps::Run;
use super::trace::Trace;
use crate::behaviours::rate_limit::{self, Subject};
use crate::behaviours::{Refusal, View};
use crate::definition::compiled::{LimitSpec, Tool};
use crate::domain::reply::Reply;
use std::sync::Arc;

/// What the guards leave for the reply.
#[derive(Debug, Default)]
pub(super) struct Passed {
    /// The limits that were met, each with what its templates see as `limit`.
    told: Vec<(Arc<LimitSpec>, Value)>,
    /// Whether a limit has refused the call.
    refused: bool,
}

/// Lets a call pass, or refuses it. `passed` has then what was found until there.
///
/// # Errors
/// The refusal of the first guard that does not let the call pass.
pub(super) fn pass(
    tool: &Tool,
    subject: &Subject<'_>,
    run: &Run<'_>,
    draft: &mut Draft,
    trace: &mut Trace,
    passed: &mut Passed,
) -> Result<(), Refusal> {
    let guards = &tool.guards;
    if !guards.limits.is_empty() {
        let counted = rate_limit::decide(&run.view(draft.state()), &guards.limits, subject)?;
        draft.extend(counted.effects);
        passed.told = counted.told;
        let facts: Vec<&Value> = passed.told.iter().map(|(_, facts)| facts).collect();
        let outcome = match &counted.refusal {
            Some(_) => "refused",
            None => "ok",
        };
        trace.note("rateLimit", outcome, json!(facts));
        if let Some(refusal) = counted.refusal {
            passed.refused = true;
            return Err(refusal);
        }
    }
    Ok(())
}

impl Passed {
    /// Adds to a reply what the limits tell on every one.
    ///
    /// # Errors
    /// When a template fails on this call.
    pub(super) fn tell(&self, reply: &mut Reply, view: &View<'_>) -> Result<(), Refusal> {
        if self.told.is_empty() {
            return Ok(());
        }
        let mut variables = view.variables.clone();
        let all: Vec<Value> = self.told.iter().map(|(_, facts)| facts.clone()).collect();
        variables.insert("limits".into(), all.into());
        for (spec, facts) in &self.told {
            variables.insert("limit".into(), facts.clone());
            let seen = View {
                variables: &variables,
                ..*view
            };
            respond::headers(reply, &spec.headers, &seen)?;
            if let Some(body) = &spec.body
                && reply.status.is_success()
                && !self.refused
            {
                respond::lay_into(reply, &seen.fill(body)?);
            }
        }
        Ok(())
    }
}
