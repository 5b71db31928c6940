//! A call as it is kept: small, and written once; a reader gets an [`Entry`].

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Version};
use jiff::Timestamp;
use serde_json::json;

use super::entry::{Answered, Entry, Proxied, Wall};
use super::packed::Packed;
use super::size;
use crate::domain::call::Call;
use crate::domain::name::{Name, SandboxId};
use crate::domain::reply::{Body, Fault, Reply};
use crate::domain::stub_name::StubName;
use crate::domain::trace::{Trace, TraceLine};
use crate::domain::traceparent::{TRACEPARENT, TraceParent};
use crate::state::Effect;
use crate::state::size::effect as effects_size;

/// A call that has been decided about, and what is told of it.
#[derive(Debug)]
pub struct Logged<'a> {
    /// The call.
    pub call: &'a Call,
    /// The version of HTTP that it came by.
    pub version: Version,
    /// What it is answered with.
    pub reply: &'a Reply,
    /// The same, where the stub answers every call with it: then the log shares it.
    pub prepared: Option<Arc<Reply>>,
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
    pub stub: Option<&'a Arc<StubName>>,
    /// The pack, if one answered.
    pub pack: Option<&'a Arc<str>>,
    /// The tool, if one was called.
    pub tool: Option<Name>,
    /// For whom.
    pub agent: Option<Arc<str>>,
    /// What was decided, step by step; of a stub that has done nothing but answer, nothing.
    pub trace: Trace,
    /// What changed.
    pub effects: Arc<[Effect]>,
    /// Where its answer came from, if it was sent on.
    pub proxied: Option<Proxied>,
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
    reply: Told,
    delay: Duration,
    fault: Option<Fault>,
    stub: Option<Arc<StubName>>,
    pack: Option<Arc<str>>,
    trace: Trace,
    effects: Arc<[Effect]>,
    proxied: Option<Box<Proxied>>,
    received_at: Timestamp,
    duration_micros: u64,
    peer: Arc<str>,
}

/// The headers and the body of a reply.
#[derive(Debug)]
enum Told {
    /// As all calls of the stub are told.
    Prepared(Arc<Reply>),
    /// To this call.
    Packed(Packed),
}

impl Record {
    pub(super) fn of(logged: Logged<'_>) -> Self {
        let (call, reply) = (logged.call, logged.reply);
        let told = match logged.prepared {
            Some(prepared) => Told::Prepared(prepared),
            None => Told::Packed(packed(reply)),
        };
        Self {
            number: call.number,
            at: logged.at,
            matched: logged.matched,
            status: reply.status.as_u16(),
            tool: logged.tool,
            agent: logged.agent,
            version: logged.version,
            method: call.method.clone(),
            request: Packed::of(
                [&call.target, &call.base_url],
                &call.told_headers(),
                &call.body,
            ),
            reply: told,
            delay: reply.delay,
            fault: reply.fault,
            stub: logged.stub.cloned(),
            pack: logged.pack.cloned(),
            trace: logged.trace,
            effects: logged.effects,
            proxied: logged.proxied.map(Box::new),
            received_at: logged.received_at,
            duration_micros: logged.duration_micros,
            peer: logged.peer,
        }
    }

    /// About how many bytes it takes. It looks at all that the call has brought, so ask once.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>()
            + self.request.size()
            + match &self.reply {
                Told::Prepared(_) => 0,
                Told::Packed(packed) => packed.size(),
            }
            + self.agent.as_ref().map_or(0, |agent| agent.len())
            + self
                .proxied
                .as_ref()
                .map_or(0, |it| size_of::<Proxied>() + it.url.len())
            + size::trace(&self.trace)
            + self.effects.iter().map(effects_size).sum::<usize>()
    }

    /// Whether the call is part of this trace, told as 32 digits. Only that header is read.
    pub(super) fn is_of_trace(&self, trace_id: &str) -> bool {
        let values = self.request.header::<2>(TRACEPARENT);
        let [only] = values[..] else {
            return false;
        };
        let parent = std::str::from_utf8(only).ok().and_then(TraceParent::parse);
        parent.is_some_and(|parent| parent.is_of(trace_id))
    }

    /// The call for a reader.
    pub(super) fn open(&self, sandbox: &SandboxId) -> Entry {
        let ([target, base_url], headers, body) = self.request.open();
        let (reply_headers, reply_body) = self.reply();
        let traceparent = TraceParent::of(&headers);
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
            stub: self.stub.clone(),
            pack: self.pack.clone(),
            tool: self.tool.clone(),
            agent: self.agent.clone(),
            trace: self.trace(),
            effects: self.effects.clone(),
            proxied: self.proxied.as_deref().cloned(),
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
        match &self.reply {
            Told::Prepared(reply) => (reply.headers.clone(), reply.body.to_bytes()),
            Told::Packed(packed) => {
                let ([], headers, body) = packed.open();
                (headers, body)
            }
        }
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
        Body::Chunks(_) | Body::Cut { .. } => {
            Packed::of([], &reply.headers, &reply.body.to_bytes())
        }
    }
}
