//! What answers a call, prepared as far as can be.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use super::{FileSpec, ProxySpec, StreamSpec};
use crate::domain::delay::Delays;
use crate::domain::reply::{Body, Fault, Kept, Reply};
use crate::matching::condition::Expression;
use crate::render::{Document, Template};

/// What answers a call of a tool: one of several.
#[derive(Debug)]
pub struct Responses {
    /// Of these, the first that holds answers.
    pub alternatives: Vec<(Expression, ResponseSpec)>,
    /// What answers where none does.
    pub otherwise: ResponseSpec,
}

impl From<ResponseSpec> for Responses {
    fn from(otherwise: ResponseSpec) -> Self {
        Self {
            alternatives: Vec::new(),
            otherwise,
        }
    }
}

impl Responses {
    /// All of them, in their order.
    pub fn all(&self) -> impl Iterator<Item = &ResponseSpec> {
        let alternatives = self.alternatives.iter().map(|(_, response)| response);
        alternatives.chain([&self.otherwise])
    }

    /// Whether what answers is the same for every call.
    #[must_use]
    pub fn is_static(&self) -> bool {
        self.alternatives.is_empty() && self.otherwise.is_static()
    }
}

/// What answers a call.
#[derive(Debug)]
pub struct ResponseSpec {
    /// Names that are given before all else.
    pub names: Vec<(Arc<str>, Expression)>,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: Vec<HeaderSpec>,
    /// The body.
    pub body: BodySpec,
    /// The events that come instead of the body.
    pub stream: Option<Box<StreamSpec>>,
    /// What is said after the status, if it is not the usual.
    pub reason: Option<Arc<str>>,
    /// Wall time before the answer.
    pub delay: Delays,
    /// How the body comes in pieces, if it does.
    pub dribble: Option<Dribble>,
    /// What happens on the wire instead of the answer.
    pub fault: Option<Fault>,
    /// Where the answer comes from, if it is not made here: then only `headers` and `delay` count.
    pub proxy: Option<Box<ProxySpec>>,
    /// The body, where it is always the same.
    pub kept: Option<Arc<Kept>>,
    /// What a stub's templates see as `parameters`.
    pub parameters: Value,
}

/// How a body comes in pieces.
#[derive(Clone, Copy, Debug)]
pub struct Dribble {
    /// How many.
    pub chunks: usize,
    /// How long it takes until the last is sent, in wall time.
    pub total: Duration,
}

/// A header of an answer.
#[derive(Debug)]
pub enum HeaderSpec {
    /// It is always the same.
    Static(HeaderName, HeaderValue),
    /// It is made for each call.
    Template(HeaderName, Template),
}

/// The body of an answer.
#[derive(Debug)]
pub enum BodySpec {
    /// It is always the same: bytes that stand ready.
    Static(Bytes),
    /// A text made for each call.
    Template(Template),
    /// A JSON document made for each call.
    Document(Document),
    /// A file that is looked up for each call.
    File(Box<FileSpec>),
}

impl ResponseSpec {
    /// Whether it is the same for every call.
    #[must_use]
    pub fn is_static(&self) -> bool {
        self.proxy.is_none()
            && self.stream.is_none()
            && matches!(self.body, BodySpec::Static(_))
            && self
                .headers
                .iter()
                .all(|header| matches!(header, HeaderSpec::Static(..)))
    }

    /// The reply, if it is always the same.
    #[must_use]
    pub fn prepared(&self) -> Option<Reply> {
        let (BodySpec::Static(bytes), None) = (&self.body, &self.delay.drawn) else {
            return None;
        };
        if self.proxy.is_some() || self.stream.is_some() {
            return None;
        }
        let mut reply = self.on_the_wire();
        for header in &self.headers {
            let HeaderSpec::Static(name, value) = header else {
                return None;
            };
            reply.headers.append(name.clone(), value.clone());
        }
        reply.delay = self.delay.fixed.unwrap_or_default();
        reply.body = self.body_of(bytes.clone());
        Some(reply)
    }

    /// What of a reply does not depend on the call.
    #[must_use]
    pub fn on_the_wire(&self) -> Reply {
        let mut reply = Reply::empty(self.status);
        reply.reason = self.reason.clone();
        reply.fault = self.fault;
        reply.kept = self.kept.clone();
        reply
    }

    /// These bytes as a body.
    #[must_use]
    pub fn body_of(&self, bytes: Bytes) -> Body {
        match self.dribble {
            None => Body::Bytes(bytes),
            Some(dribble) => Body::dribbled(bytes, dribble.chunks, dribble.total),
        }
    }
}
