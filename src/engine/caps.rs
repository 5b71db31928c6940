//! What a sandbox may hold: a decision that would bring it over that is refused whole.

use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;

use super::{Decision, Input, stage};
use crate::access::Caps;
use crate::domain::reply::Reply;
use crate::state::{Effect, SandboxState};

/// Names the quota that a call was refused by: the simulated API answers 403, too.
const QUOTA_HEADER: HeaderName = HeaderName::from_static("sparring-quota");

/// A decision as it is, or its refusal where the state would hold more than it may, and more than before.
///
/// Only what somebody asks for is refused. What happens by itself cannot be: it would be due again at once.
#[must_use]
pub fn hold(state: &SandboxState, input: &Input<'_>, decision: Decision, caps: &Caps) -> Decision {
    let asked = matches!(input, Input::Call(..) | Input::Stage(_));
    let grows =
        |effect: &Effect| matches!(effect, Effect::RecordPut { .. } | Effect::StubPut { .. });
    if !asked || !caps.bound_state() || !decision.effects.iter().any(grows) {
        return decision;
    }
    let mut after = state.clone();
    for effect in decision.effects.iter() {
        after.apply(effect);
    }
    match exceeded(Some(state), &after, caps) {
        Some(error) => refused(input, decision, error),
        None => decision,
    }
}

/// The quota that a state is over, and was not as far over before.
#[must_use]
pub fn exceeded(
    before: Option<&SandboxState>,
    after: &SandboxState,
    caps: &Caps,
) -> Option<stage::Error> {
    let over = |quota: &'static str, max: Option<usize>, count: fn(&SandboxState) -> usize| {
        let max = max?;
        let now = count(after);
        let grown = before.is_none_or(|before| count(before) < now);
        (now > max && grown).then_some(stage::Error::Quota { quota, max })
    };
    over("records", caps.records, records).or_else(|| over("stubs", caps.stubs, stubs))
}

/// How many records are kept for the sandbox alone.
fn records(state: &SandboxState) -> usize {
    state.collections.values().map(|it| it.own_len()).sum()
}

fn stubs(state: &SandboxState) -> usize {
    state.overlay.len()
}

fn refused(input: &Input<'_>, decision: Decision, error: stage::Error) -> Decision {
    let mut trace = decision.trace;
    trace.note("quota", "refused", json!({ "because": error.to_string() }));
    let refused = Decision {
        claimed: decision.claimed,
        tool: decision.tool,
        agent: decision.agent,
        trace,
        ..Decision::default()
    };
    match input {
        Input::Call(..) => Decision {
            reply: Some(told(&error)),
            ..refused
        },
        _ => Decision {
            staged: Some(Err(error)),
            ..refused
        },
    }
}

/// What a caller is told: not by the simulated API, which knows of no quota.
fn told(error: &stage::Error) -> Reply {
    let status = StatusCode::FORBIDDEN;
    let mut problem = json!({
        "type": "about:blank",
        "title": status.canonical_reason(),
        "status": status.as_u16(),
        "detail": error.to_string(),
    });
    let mut quota = None;
    if let stage::Error::Quota { quota: name, .. } = error {
        problem["quota"] = (*name).into();
        quota = Some(HeaderValue::from_static(name));
    }
    let mut reply = Reply::json(status, &problem);
    let kind = HeaderValue::from_static("application/problem+json");
    reply.headers.insert(CONTENT_TYPE, kind);
    if let Some(quota) = quota {
        reply.headers.insert(QUOTA_HEADER, quota);
    }
    reply
}
