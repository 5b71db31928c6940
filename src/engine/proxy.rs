//! Sending a call on: the request that another server gets, and what is answered with its answer.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::json;

use super::faults::Pending;
use super::respond;
use crate::behaviours::{Fills, Refusal};
use crate::definition::compiled::{BaseUrl, Dribble, ProxySpec, ResponseSpec};
use crate::domain::call::Call;
use crate::domain::reply::{Body, Reply};
use crate::domain::targets::Targets;

/// What is the connection's to say and not the caller's. The body is sent whole when it is there, so
/// nobody needs to ask for leave first.
const NOT_SENT: [HeaderName; 5] = [
    TRANSFER_ENCODING,
    CONTENT_LENGTH,
    CONNECTION,
    UPGRADE,
    EXPECT,
];

/// A call that is sent on: the edge carries it out, and [`Forward::answer`] makes the reply.
#[derive(Clone, Debug)]
pub struct Forward {
    /// The method.
    pub method: Method,
    /// Where it goes. Nothing has looked at this text yet: it may be no URL at all.
    pub url: String,
    /// The headers. `Host` is among them only if the stub says what it is to be.
    pub headers: HeaderMap,
    /// The host that the caller named, if the stub lets it be told.
    pub host: Option<HeaderValue>,
    /// The body.
    pub body: Bytes,
    /// How the answer's body comes in pieces, if it does.
    pub dribble: Option<Dribble>,
    /// What goes wrong with the answer on purpose.
    pub faults: Pending,
    /// Where it may go, of what the server may send to; anywhere of that, if nothing is said.
    pub within: Option<Arc<Targets>>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreached {
    /// The server may not send anything there.
    Denied(String),
    /// Nothing can be agreed on by way of TLS.
    Tls(String),
    /// The URL is none, nobody is there, or what came is no answer.
    Network(String),
    /// Nobody waits for it any longer.
    TimedOut(String),
}

/// The request that a call is sent on as, if it is.
///
/// # Errors
/// When a template fails on this call.
pub(super) fn forward(
    response: &ResponseSpec,
    call: &Call,
    view: &dyn Fills,
) -> Result<Option<Box<Forward>>, Refusal> {
    let Some(spec) = &response.proxy else {
        return Ok(None);
    };
    let mut forward = sent(spec, call, view)?;
    forward.dribble = response.dribble;
    Ok(Some(Box::new(forward)))
}

/// The request that a call is sent on as to the server behind a cassette. What comes back is to be read,
/// so it is not to be packed.
pub(super) fn to_upstream(upstream: &str, call: &Call, readable: bool) -> Forward {
    let headers = call.headers.iter();
    let headers = headers.filter(|(name, _)| !NOT_SENT.contains(name));
    let mut headers: HeaderMap = headers
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if readable {
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
    let host = headers.remove(HOST);
    Forward {
        method: call.method.clone(),
        url: format!("{upstream}{}", call.target),
        headers,
        host,
        body: call.body.clone(),
        dribble: None,
        faults: Pending::default(),
        within: None,
    }
}

fn sent(spec: &ProxySpec, call: &Call, view: &dyn Fills) -> Result<Forward, Refusal> {
    let mut url = match &spec.base {
        BaseUrl::Static(base) => base.clone(),
        BaseUrl::Template(base) => view.text_of(base)?,
    };
    let rest = call.target.strip_prefix(spec.prefix.as_str());
    url.push_str(rest.unwrap_or(&call.target));
    let sent = |name: &HeaderName| {
        !NOT_SENT.contains(name) && !spec.removes.iter().any(|removed| removed == name.as_str())
    };
    let mut headers = HeaderMap::with_capacity(call.headers.len() + spec.adds.len());
    for (name, value) in call.headers.iter().filter(|(name, _)| sent(name)) {
        headers.append(name.clone(), value.clone());
    }
    let host = headers.remove(HOST);
    for (name, value) in respond::made(&spec.adds, view)? {
        headers.append(name, value);
    }
    Ok(Forward {
        method: call.method.clone(),
        url,
        headers,
        host,
        body: call.body.clone(),
        dribble: None,
        faults: Pending::default(),
        within: None,
    })
}

impl Forward {
    /// What the caller is answered: what came, with the headers and the delay of the stub's `own`
    /// reply, in the stub's pieces; or that nothing came, and why.
    #[must_use]
    pub fn answer(
        url: &str,
        came: Result<Reply, Unreached>,
        own: &Reply,
        dribble: Option<Dribble>,
    ) -> Reply {
        let mut reply = match came {
            Ok(reply) => reply,
            Err(unreached) => return unreached.reply(url),
        };
        reply.headers.remove(TRANSFER_ENCODING);
        reply.headers.remove(CONNECTION);
        for (name, value) in &own.headers {
            reply.headers.append(name.clone(), value.clone());
        }
        reply.delay = own.delay;
        if let Some(dribble) = dribble {
            reply.body = Body::dribbled(reply.body.to_bytes(), dribble.chunks, dribble.total);
        }
        reply
    }
}

impl Unreached {
    /// The status that says so.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Denied(_) | Self::Tls(_) | Self::Network(_) => StatusCode::BAD_GATEWAY,
            Self::TimedOut(_) => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// What a caller is answered for whom nothing came from the server behind a cassette.
    #[must_use]
    pub fn problem(&self, url: &str) -> Reply {
        let (Self::Denied(why) | Self::Tls(why) | Self::Network(why) | Self::TimedOut(why)) = self;
        let status = self.status();
        let problem = json!({
            "type": "about:blank",
            "title": status.canonical_reason(),
            "status": status.as_u16(),
            "detail": format!("{url} has given no answer: {why}"),
        });
        let mut reply = Reply::json(status, &problem);
        reply.set_header("content-type", "application/problem+json");
        reply
    }

    /// What a caller is answered for whom nothing came, in WireMock's words.
    fn reply(self, url: &str) -> Reply {
        let (kind, reason) = match self {
            Self::Denied(reason) => {
                let mut reply = Reply::empty(StatusCode::INTERNAL_SERVER_ERROR);
                reply.set_header("content-type", "text/plain");
                reply.body =
                    Body::Bytes(format!("The target proxy address is denied: {reason}").into());
                return reply;
            }
            Self::Tls(reason) => ("SSL", reason),
            Self::Network(reason) | Self::TimedOut(reason) => ("Network", reason),
        };
        let text = format!(
            "{kind} failure trying to make a proxied request from WireMock to {url}\r\n{reason}"
        );
        let mut reply = Reply::empty(StatusCode::INTERNAL_SERVER_ERROR);
        reply.body = Body::Bytes(text.into());
        reply
    }
}
