//! A call and what came of it, as an entry of a cassette.

use std::time::Duration;

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HOST};
use http::{HeaderName, Method};
use jiff::Timestamp;

use crate::cassette::{Entry, Lost, Response};
use crate::domain::call::Call;
use crate::domain::reply::{Body, Fault, Reply};
use crate::engine::{HOP_BY_HOP, Unreached};
use crate::service::record::unpacked;
use crate::state::cassette::{asked, headers};

/// What came of a call that was recorded.
pub(in crate::service) struct Came<'a> {
    /// The reply, or why there is none.
    pub(in crate::service) reply: Result<&'a Reply, &'a Unreached>,
    /// The tool that was called, if it was one.
    pub(in crate::service) tool: Option<&'a str>,
    /// When it was asked.
    pub(in crate::service) at: Timestamp,
    /// How long the reply took.
    pub(in crate::service) latency: Duration,
}

/// An entry of a call.
pub(in crate::service) fn entry(call: &Call, came: &Came<'_>) -> Entry {
    let mut request = asked(call);
    request.headers = headers(&call.told_headers()).collect();
    // Where it was asked, and how it was sent, is another matter each time.
    let left_out = [HOST, CONTENT_LENGTH, CONTENT_ENCODING];
    let kept = |name: &str| {
        let is = |one: &HeaderName| one.as_str() == name;
        !HOP_BY_HOP.iter().any(is) && !left_out.iter().any(is) && name != "sparring-sandbox"
    };
    request.headers.retain(|(name, _)| kept(name));
    let response = match came.reply {
        Ok(reply) => response(call, reply),
        Err(unreached) => Response {
            status: unreached.status().as_u16(),
            lost: Some(lost(unreached)),
            ..Response::default()
        },
    };
    Entry {
        tool: came.tool.map(str::to_owned),
        request,
        response,
        at: Some(came.at),
        latency: came.latency,
    }
}

fn response(call: &Call, reply: &Reply) -> Response {
    let body = reply.body.to_bytes();
    let readable = unpacked(&reply.headers, &body);
    let is_unpacked = readable != body;
    let kept = |name: &str| {
        // Only the answer to a HEAD says how long a body is that it does not have.
        let length = name == CONTENT_LENGTH.as_str() && call.method != Method::HEAD;
        let packed = name == CONTENT_ENCODING.as_str() && is_unpacked;
        !length && !packed && !HOP_BY_HOP.iter().any(|one| one.as_str() == name)
    };
    Response {
        status: reply.status.as_u16(),
        reason: reply.reason.as_deref().map(str::to_owned),
        headers: headers(&reply.headers)
            .filter(|(name, _)| kept(name))
            .collect(),
        body: readable,
        schema: None,
        lost: reply.fault.map(|fault| match fault {
            Fault::ConnectionResetByPeer => Lost::Reset,
            _ => Lost::Closed,
        }),
    }
}

/// How long a reply keeps its caller waiting, as far as it says so itself.
pub(in crate::service) fn held_back(reply: &Reply) -> Duration {
    let pauses: Duration = match &reply.body {
        Body::Bytes(_) => Duration::ZERO,
        Body::Chunks(chunks) | Body::Cut { begun: chunks, .. } => {
            chunks.iter().map(|chunk| chunk.after).sum()
        }
    };
    reply.delay + pauses
}

fn lost(unreached: &Unreached) -> Lost {
    match unreached {
        Unreached::TimedOut(_) => Lost::TimedOut,
        Unreached::Network(why) if why.contains("reset") => Lost::Reset,
        Unreached::Network(_) | Unreached::Tls(_) | Unreached::Denied(_) => Lost::Closed,
    }
}
