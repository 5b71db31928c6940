//! What is told of faults: in the log of the call, and among the sandbox's events.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::behaviours::Refusal;
use crate::behaviours::fault::choose::Chosen;
use crate::domain::name::Name;
use crate::domain::reply::Reply;
use crate::domain::trace::{FAULT, INJECTED, Trace};
use crate::engine::call::Called;
use crate::engine::draft::Draft;
use crate::state::Effect;
use crate::state::faults::{Event, Planned, Rule, Site};

/// How much of a clean body is told, in bytes.
const SHOWN_BYTES_MAX: usize = 64 << 10;

/// What a fault happened to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    pub(super) call: Option<u64>,
    pub(super) tool: Option<&'a Name>,
    pub(super) stub: Option<&'a Arc<str>>,
    pub(super) agent: Option<&'a str>,
}

impl<'a> Subject<'a> {
    /// A call of a tool.
    pub(super) fn of(called: &Called<'a>) -> Self {
        let (tool, stub) = match called.site {
            Some(Site::Tool(tool)) => (Some(tool), None),
            Some(Site::Stub(stub)) => (None, Some(stub)),
            None => (None, None),
        };
        Self {
            call: Some(called.call.number),
            tool,
            stub,
            agent: called.agent,
        }
    }
}

/// The rules that happen; of the others it is noted why it cannot be told whether they do.
pub(super) fn settled(
    found: Vec<Result<Chosen, (Arc<Planned>, Refusal)>>,
    trace: &mut Trace,
) -> Vec<Chosen> {
    let mut settled = Vec::with_capacity(found.len());
    for found in found {
        match found {
            Ok(chosen) => settled.push(chosen),
            Err((planned, refusal)) => {
                let mut told = rule(&planned.rule);
                told["message"] = refusal.message.into();
                trace.note(FAULT, "failed", told);
            }
        }
    }
    settled
}

/// Notes that a fault had nothing to change.
pub(super) fn passed_over(rule: &Rule, trace: &mut Trace) {
    let mut told = self::rule(rule);
    told["reason"] = "there is nothing in this reply that it could change".into();
    trace.note(FAULT, "skipped", told);
}

/// Notes that a fault has happened, and what the reply would have been.
pub(super) fn happened(
    chosen: &Chosen,
    subject: &Subject<'_>,
    clean: &Reply,
    detail: Value,
    draft: &mut Draft,
    trace: &mut Trace,
) {
    let event = event(chosen, subject, detail, draft);
    trace.note(FAULT, INJECTED, injected(chosen, &event, clean));
    draft.push(Effect::FaultHappened(Arc::new(event)));
}

/// Notes that a fault has happened to an item of a batch.
pub(super) fn happened_to_item(
    chosen: &Chosen,
    subject: &Subject<'_>,
    detail: Value,
    draft: &mut Draft,
    trace: &mut Trace,
) {
    let event = event(chosen, subject, detail, draft);
    trace.note(FAULT, INJECTED, told(chosen, &event));
    draft.push(Effect::FaultHappened(Arc::new(event)));
}

/// The event of a fault, with the number that follows.
fn event(chosen: &Chosen, subject: &Subject<'_>, detail: Value, draft: &Draft) -> Event {
    let rule = &chosen.planned.rule;
    Event {
        number: draft.state().faults.happened() + 1,
        rule: rule.id.clone(),
        mode: rule.mode,
        call: subject.call,
        tool: subject.tool.cloned(),
        stub: subject.stub.cloned(),
        agent: subject.agent.map(Into::into),
        nth: Some(chosen.nth),
        at: draft.state().now,
        detail,
    }
}

fn injected(chosen: &Chosen, event: &Event, clean: &Reply) -> Value {
    let mut told = told(chosen, event);
    told["committed"] = chosen.planned.rule.commits().into();
    told["clean"] = shown(clean);
    told
}

fn told(chosen: &Chosen, event: &Event) -> Value {
    let mut told = rule(&chosen.planned.rule);
    told["event"] = event.number.into();
    if !event.detail.is_null() {
        told["detail"] = event.detail.clone();
    }
    told
}

fn rule(rule: &Rule) -> Value {
    json!({ "rule": &*rule.id, "mode": rule.mode })
}

/// A reply for a reader: its body as JSON, where it is some.
fn shown(reply: &Reply) -> Value {
    let mut headers = serde_json::Map::new();
    for (name, value) in &reply.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        headers.entry(name.as_str()).or_insert_with(|| value.into());
    }
    let bytes = reply.body.to_bytes();
    let mut shown = json!({ "status": reply.status.as_u16(), "headers": headers });
    if bytes.len() > SHOWN_BYTES_MAX {
        shown["bodyBytes"] = bytes.len().into();
        return shown;
    }
    let body = serde_json::from_slice(&bytes);
    shown["body"] = body.unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into());
    shown
}
