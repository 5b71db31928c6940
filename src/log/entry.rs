//! One call, as the log keeps it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Version};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::domain::call::{Call, address, span_of};
use crate::domain::name::{Name, SandboxId};
use crate::domain::reply::Fault;
use crate::domain::request_id::request_id;
use crate::domain::stub_name::StubName;
use crate::domain::trace::{FAULT, INJECTED, Trace};
use crate::domain::traceparent::TraceParent;
use crate::state::Effect;

/// A call and everything that was decided about it.
#[derive(Debug)]
pub struct Entry {
    /// Its number in the sandbox.
    pub number: u64,
    /// The sandbox.
    pub sandbox: SandboxId,
    /// The sandbox clock when it was decided.
    pub at: Timestamp,
    /// The method.
    pub method: Method,
    /// Path and query.
    pub target: String,
    /// What stands before `target` in an absolute link.
    pub base_url: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// What it was answered with.
    pub reply: Answered,
    /// Whether a stub, door or route claimed it.
    pub matched: bool,
    /// The stub, if one answered.
    pub stub: Option<Arc<StubName>>,
    /// The pack, if one answered.
    pub pack: Option<Arc<str>>,
    /// The tool, if one was called.
    pub tool: Option<Name>,
    /// For whom.
    pub agent: Option<Arc<str>>,
    /// What was decided, step by step.
    pub trace: Trace,
    /// What changed.
    pub effects: Arc<[Effect]>,
    /// Where its answer came from, if it was sent on.
    pub proxied: Option<Proxied>,
    /// What differs between two runs of the same calls.
    pub wall: Wall,
}

/// That a call was sent on to another server.
#[derive(Clone, Debug)]
pub struct Proxied {
    /// Where it was sent.
    pub url: Arc<str>,
    /// Whether an answer came.
    pub answered: bool,
    /// How long it took, in wall time.
    pub micros: u64,
}

/// A reply, as the log keeps it.
#[derive(Debug)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// How long it was held back.
    pub delay: Duration,
    /// What happened on the wire instead of it.
    pub fault: Option<Fault>,
}

/// What the machine's clock and the network say of a call.
#[derive(Clone, Debug)]
pub struct Wall {
    /// When the last byte of the request had arrived.
    pub received_at: Timestamp,
    /// How long deciding took.
    pub duration_micros: u64,
    /// The version of HTTP that was spoken.
    pub version: Version,
    /// Who called: address and port.
    pub peer: Arc<str>,
    /// Where the call stands in its caller's trace (W3C Trace Context), if that is told.
    pub traceparent: Option<TraceParent>,
}

impl Entry {
    /// The call as it was, to be asked whether it fits a pattern.
    #[must_use]
    pub fn to_call(&self) -> Call {
        Call::new(
            self.number,
            self.method.clone(),
            self.target.clone(),
            self.headers.clone(),
            self.body.clone(),
            self.base_url.clone(),
            address(&self.wall.peer).into(),
        )
    }

    /// What the server did for the caller, as a span of the caller's trace.
    #[must_use]
    pub fn span(&self) -> Option<TraceParent> {
        let parent = self.wall.traceparent?;
        Some(span_of(&self.sandbox, self.number, parent))
    }

    /// What went wrong on purpose: rule, mode, and what the reply would have been.
    #[must_use]
    pub fn faults(&self) -> Vec<&Value> {
        let lines = self.trace.0.iter();
        let injected = lines.filter(|line| line.step == FAULT && line.outcome == INJECTED);
        injected.map(|line| &line.detail).collect()
    }

    /// The effects that change something: which call it was is told by its number.
    fn changes(&self) -> Vec<&Effect> {
        let effects = self.effects.iter();
        effects.filter(|effect| effect.call().is_none()).collect()
    }

    /// The call for a reader; without `wall`, equal runs read equal.
    #[must_use]
    pub fn to_json(&self, wall: bool) -> Value {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let mut shown = json!({
            "id": self.number,
            "requestId": request_id(&self.sandbox, self.number).to_string(),
            "sandbox": self.sandbox.as_str(),
            "at": self.at.to_string(),
            "matched": self.matched,
            "pack": self.pack.as_deref(),
            "tool": self.tool.as_ref().map(|tool| &*tool.name),
            "agent": self.agent.as_deref(),
            "status": self.reply.status,
            "stub": self.stub.as_ref().map(|stub| json!({ "id": &*stub.id, "name": stub.name.as_deref() })),
            "request": {
                "method": self.method.as_str(),
                "url": self.target,
                "path": path,
                "query": query,
                "headers": headers(&self.headers),
                "body": body(&self.body),
            },
            "reply": {
                "status": self.reply.status,
                "headers": headers(&self.reply.headers),
                "body": body(&self.reply.body),
            },
            "trace": self.trace,
            "faults": self.faults(),
            "effects": serde_json::to_value(self.changes()).unwrap_or_default(),
        });
        if let Some(proxied) = &self.proxied {
            shown["proxied"] = json!({ "url": &*proxied.url, "answered": proxied.answered });
        }
        if wall {
            shown["wall"] = json!({
                "receivedAt": self.wall.received_at.to_string(),
                "durationMicros": self.wall.duration_micros,
                "peer": &*self.wall.peer,
                "traceparent": self.wall.traceparent,
                "traceId": self.wall.traceparent.map(|parent| parent.trace_id()),
                "parentId": self.wall.traceparent.map(|parent| parent.span_id()),
                "spanId": self.span().map(|span| span.span_id()),
            });
            if let Some(proxied) = &self.proxied {
                shown["wall"]["upstreamMicros"] = proxied.micros.into();
            }
        }
        shown
    }
}

fn headers(headers: &HeaderMap) -> Value {
    let mut shown = Map::new();
    for name in headers.keys() {
        let values: Vec<String> = headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        shown.insert(name.to_string(), values.join(", ").into());
    }
    Value::Object(shown)
}

/// A body as JSON where it is JSON, else as text; bytes that are no text are counted.
fn body(bytes: &Bytes) -> Value {
    if bytes.is_empty() {
        return Value::Null;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        Err(_) => json!({ "bytes": bytes.len() }),
    }
}
