//! Guards: what a call meets before its input is looked at, in their order. What they count stays
//! counted, whatever becomes of the call.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::draft::Draft;
use super::respond;
use super::steps::Run;
use crate::behaviours::auth::{self, Identity};
use crate::behaviours::idempotency::{self, Found, Key, Requester};
use crate::behaviours::rate_limit::{self, Revocable, Subject};
use crate::behaviours::{Refusal, View};
use crate::definition::compiled::{IdempotencySpec, LimitSpec, ScopeRule, Tool};
use crate::domain::reply::Reply;
use crate::domain::trace::Trace;
use crate::state::Effect;
use crate::state::in_flight::Held;
use crate::state::limits::CounterId;

/// What the trace and templates call what is known of a key.
const IDEMPOTENCY: &str = "idempotency";

/// What the guards leave for the reply.
#[derive(Debug, Default)]
pub(super) struct Passed {
    /// The limits that were met, each with what its templates see as `limit`.
    told: Vec<(Arc<LimitSpec>, Value)>,
    /// What is undone, should the reply be one that does not count.
    revocable: Vec<Revocable>,
    /// Whether a limit has refused the call.
    refused: bool,
    /// The counters of what is in flight in which the call counts.
    slots: Vec<(CounterId, u64)>,
    /// The key, where the call is the first one with it.
    first: Option<(Arc<IdempotencySpec>, Key)>,
}

/// Lets a caller in who may call, or refuses it. `rule` says what it must be allowed; nothing is asked
/// without.
///
/// # Errors
/// Why it may not call; or why that cannot be told.
pub(super) fn admit(
    rule: Option<&ScopeRule>,
    identity: Result<&Identity, &Refusal>,
    run: &Run<'_>,
    draft: &Draft,
    trace: &mut Trace,
) -> Result<(), Refusal> {
    let (Some(spec), Some(rule)) = (&run.pack.auth, rule) else {
        return Ok(());
    };
    let view = run.view(draft.state());
    if rule.public || !auth::is_enforced(&view, spec) {
        let reason = match rule.public {
            true => "anybody may call it",
            false => "credentials are not checked in this sandbox",
        };
        trace.note("auth", "skipped", json!({ "reason": reason }));
        return Ok(());
    }
    if rule.optional && identity.is_ok_and(|identity| identity.key.is_none()) {
        let reason = "no credential was given, and none is needed";
        trace.note("auth", "skipped", json!({ "reason": reason }));
        return Ok(());
    }
    let admitted = match identity {
        Ok(identity) => auth::check(&view, spec, rule, identity).map(|()| identity.shown()),
        Err(refusal) => Err(refusal.clone()),
    };
    match admitted {
        Ok(shown) => {
            trace.note("auth", "ok", shown);
            Ok(())
        }
        Err(refusal) => {
            let detail = json!({
                "cause": &*refusal.cause,
                "message": refusal.message,
                "needed": rule.scopes,
            });
            trace.note("auth", "refused", detail);
            Err(refusal)
        }
    }
}

/// Lets a call pass, or refuses it; or answers it as the first time, if it has come before. `passed`
/// has then what was found until there.
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
) -> Result<Option<Reply>, Refusal> {
    let guards = &tool.guards;
    if !guards.limits.is_empty() {
        let counted = rate_limit::decide(&run.view(draft.state()), &guards.limits, subject);
        draft.extend(counted.effects);
        passed.told = counted.told;
        passed.slots = counted.slots;
        passed.revocable = counted.revocable;
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
    match &guards.idempotency {
        Some(spec) => looked_up(spec, tool, subject, run, draft, trace, passed),
        None => Ok(None),
    }
}

/// What the call was answered with before, if it has come before.
fn looked_up(
    spec: &Arc<IdempotencySpec>,
    tool: &Tool,
    subject: &Subject<'_>,
    run: &Run<'_>,
    draft: &Draft,
    trace: &mut Trace,
    passed: &mut Passed,
) -> Result<Option<Reply>, Refusal> {
    let requester = Requester {
        tool: &tool.name,
        credential: subject.credential,
        agent: subject.agent,
    };
    let view = run.view(draft.state());
    let found = idempotency::look_up(&view, spec, subject.call, &requester);
    let found = found.inspect_err(|refusal| {
        let detail = json!({ "cause": &*refusal.cause, "message": refusal.message });
        trace.note(IDEMPOTENCY, "refused", detail);
    })?;
    match found {
        Found::Unkeyed(why) => {
            trace.note(IDEMPOTENCY, "skipped", json!({ "reason": why }));
            Ok(None)
        }
        Found::First(key) => {
            trace.note(IDEMPOTENCY, "first", json!({ "key": &*key.id.key }));
            passed.first = Some((spec.clone(), key));
            Ok(None)
        }
        Found::Again(saved, facts) => {
            let detail = facts.get(IDEMPOTENCY).cloned().unwrap_or_default();
            trace.note(IDEMPOTENCY, "replayed", detail);
            let mut variables = run.variables.clone();
            variables.extend(facts);
            let seen = View {
                variables: &variables,
                ..view
            };
            let mut reply = saved.reply();
            respond::headers(&mut reply, &spec.replay_headers, &seen)?;
            Ok(Some(reply))
        }
    }
}

impl Passed {
    /// Undoes what limits have counted for which a reply of this status does not count.
    pub(super) fn revoke(&mut self, status: StatusCode, draft: &mut Draft, trace: &mut Trace) {
        for Revocable { at, undo, facts } in std::mem::take(&mut self.revocable) {
            let Some((spec, told)) = self.told.get_mut(at) else {
                continue;
            };
            if spec.uncounted.contains(&status) {
                let detail = json!({ "limit": &*spec.name, "status": status.as_u16() });
                trace.note("rateLimit", "uncounted", detail);
                draft.push(undo);
                *told = facts;
            }
        }
    }

    /// Saves a reply under its key, and holds what the call holds until the reply has left. Where it
    /// leaves at once, nothing is held: the next call is decided after it.
    pub(super) fn keep(
        &mut self,
        call: u64,
        reply: &Reply,
        run: &Run<'_>,
        draft: &mut Draft,
        trace: &mut Trace,
    ) {
        let leaves_later = run.late || !reply.delay.is_zero();
        let mut held = Held {
            key: None,
            slots: std::mem::take(&mut self.slots),
        };
        if let Some((spec, key)) = self.first.take() {
            let id = key.id.clone();
            let in_flight = leaves_later.then_some(call);
            let view = run.view(draft.state());
            let saved = idempotency::save(&view, &spec, key, reply, run.begun, in_flight);
            let outcome = match &saved {
                Some(Effect::ReplySaved { saved, .. }) if saved.reply.is_some() => "saved",
                _ => "notSaved",
            };
            trace.note(IDEMPOTENCY, outcome, Value::Null);
            if let Some(effect) = saved {
                draft.push(effect);
                held.key = Some(id).filter(|_| leaves_later);
            }
        }
        if held.is_empty() {
            return;
        }
        draft.push(Effect::CallHeld { call, held });
        if !leaves_later {
            draft.push(Effect::CallEnded { call });
        }
    }

    /// Adds to a reply what the limits tell on every one. The call has been decided: what cannot be
    /// told of it is left out, and noted in the trace.
    pub(super) fn tell(&self, reply: &mut Reply, view: &View<'_>, trace: &mut Trace) {
        if self.told.is_empty() {
            return;
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
            let mut left_out = respond::headers_that_can(reply, &spec.headers, &seen);
            if let Some(body) = &spec.body
                && reply.status.is_success()
                && !self.refused
            {
                match seen.fill(body) {
                    Ok(told) => respond::lay_into(reply, &told),
                    Err(refusal) => left_out.push(refusal),
                }
            }
            for refusal in left_out {
                let detail = json!({ "limit": &*spec.name, "message": refusal.message });
                trace.note("rateLimit", "leftOut", detail);
            }
        }
    }
}
