//! A call as it is kept: small, and written once; a reader gets an [`Entry`].

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Version};
use jiff::Timestamp;
use serde_json::json;

use super::entry::{Answered, Entry, StubName, Wall};
use super::packed::Packed;
use super::size;
use crate::definition::compiled::Stub;
use crate::domain::call::Call;
use crate::domain::name::{Name, SandboxId};
use crate::domain::reply::{Body, Fault, Reply};
use crate::engine::{Trace, TraceLine, answer_prepared};
use crate::state::Effect;

/// A call that has been decided about, and what is told of it.
#[derive(Debug)]
pub struct Logged<'a> {
    /// The call.
    pub call: &'a Call,
    /// The version of HTTP that it came by.
    pub version: Version,
    /// What it is answered with.
    pub reply: &'a Reply,
    /// Whether that is what the stub answers every call with.
    pub prepared: bool,
    /// The sandbox clock when it was decided.
    pub at: Timestamp,
    /// When the last byte of the request had arrived.
    pub received_at: Timestamp,
    /// How long deciding took.
    pub duration_micros: u64,
    /// Who called: address and port.
    pub peer: Arc<str>,
    /// Whether a stub, door or route claimed it.
    pub matched: bool,
    /// The stub, if one answered.
    pub stub: Option<&'a Arc<Stub>>,
    /// The pack, if one answered.
    pub pack: Option<&'a Arc<str>>,
    /// The tool, if one was called.
    pub tool: Option<Name>,
    /// For whom.
    pub agent: Option<Arc<str>>,
    /// What was decided, step by step; of a stub that has done nothing but answer, nothing.
    pub trace: Trace,
    /// What changed.
    pub effects: Vec<Effect>,
}

/// A call, as it is kept.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) number: u64,
    pub(super) at: Timestamp,
    pub(super) matched: bool,
    pub(super) status: u16,
    pub(super) tool: Option<Name>,
    pub(super) agent: Option<Arc<str>>,
    version: Version,
    method: Method,
    /// The target, what stands before it, the headers and the body.
    request: Packed,
    /// The headers and the body; nothing, where the stub has them.
    reply: Option<Packed>,
    delay: Duration,
    fault: Option<Fault>,
    stub: Option<Arc<Stub>>,
    pack: Option<Arc<str>>,
    trace: Trace,
    effects: Vec<Effect>,
    received_at: Timestamp,
    duration_micros: u64,
    peer: Arc<str>,
}

impl Record {
    pub(super) fn of(logged: Logged<'_>) -> Self {
        let (call, reply) = (logged.call, logged.reply);
        let prepared = logged.prepared && logged.stub.is_some();
        Self {
            number: call.number,
            at: logged.at,
            matched: logged.matched,
            status: reply.status.as_u16(),
            tool: logged.tool,
            agent: logged.agent,
            version: logged.version,
            method: call.method.clone(),
            request: Packed::of([&call.target, &call.base_url], &call.headers, &call.body),
            reply: (!prepared).then(|| packed(reply)),
            delay: reply.delay,
            fault: reply.fault,
            stub: logged.stub.cloned(),
            pack: logged.pack.cloned(),
            trace: logged.trace,
            effects: logged.effects,
            received_at: logged.received_at,
            duration_micros: logged.duration_micros,
            peer: logged.peer,
        }
    }

    /// About how many bytes it takes. It looks at all that the call has brought, so ask once.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>()
            + self.request.size()
            + self.reply.as_ref().map_or(0, Packed::size)
            + self.agent.as_ref().map_or(0, |agent| agent.len())
            + size::trace(&self.trace)
            + self.effects.iter().map(size::effect).sum::<usize>()
    }

    /// The call for a reader.
    pub(super) fn open(&self, sandbox: &SandboxId) -> Entry {
        let ([target, base_url], headers, body) = self.request.open();
        let (reply_headers, reply_body) = self.reply();
        let traceparent = headers.get("traceparent");
        let traceparent = traceparent.and_then(|value| Some(value.to_str().ok()?.to_owned()));
        Entry {
            number: self.number,
            sandbox: sandbox.clone(),
            at: self.at,
            method: self.method.clone(),
            target,
            base_url,
            headers,
            body,
            reply: Answered {
                status: self.status,
                headers: reply_headers,
                body: reply_body,
                delay: self.delay,
                fault: self.fault,
            },
            matched: self.matched,
            stub: self.stub.as_ref().map(|stub| StubName {
                id: stub.id.clone(),
                name: stub.name.clone(),
                source: stub.source.clone(),
            }),
            pack: self.pack.clone(),
            tool: self.tool.clone(),
            agent: self.agent.clone(),
            trace: self.trace(),
            effects: self.effects.clone(),
            wall: Wall {
                received_at: self.received_at,
                duration_micros: self.duration_micros,
                version: self.version,
                peer: self.peer.clone(),
                traceparent,
            },
        }
    }

    fn reply(&self) -> (HeaderMap, Bytes) {
        if let Some(packed) = &self.reply {
            let ([], headers, body) = packed.open();
            return (headers, body);
        }
        let prepared = self.stub.as_deref().and_then(answer_prepared);
        let reply = prepared.and_then(|decision| decision.reply);
        reply.map_or_else(Default::default, |reply| {
            (reply.headers, reply.body.to_bytes())
        })
    }

    /// The trace; that of a stub that has done nothing but answer is always the same.
    fn trace(&self) -> Trace {
        if !self.trace.0.is_empty() || self.stub.is_none() {
            return self.trace.clone();
        }
        Trace(vec![TraceLine {
            step: "response".into(),
            outcome: "ok",
            detail: json!({ "status": self.status }),
        }])
    }
}

fn packed(reply: &Reply) -> Packed {
    match &reply.body {
        Body::Bytes(bytes) => Packed::of([], &reply.headers, bytes),
        Body::Chunks(_) => Packed::of([], &reply.headers, &reply.body.to_bytes()),
    }
}
