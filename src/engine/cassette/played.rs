//! What a call is answered with that an entry of the cassette is for, and what a call is for that none
//! is.

use std::sync::Arc;

use http::header::{CONNECTION, CONTENT_ENCODING, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::cassette::{Difference, Entry, Lost};
use crate::domain::call::Call;
use crate::domain::reply::{Body, Fault, Reply};
use crate::state::Effect;
use crate::state::cassette::{Found, Loaded, Miss, Nearest, Running};

/// What the trace calls a call that fits no entry.
pub(super) const UNMATCHED: &str = "unmatched";

/// The status of a call that fits no entry. No client takes it for success, and none tries again: it
/// is a client's error, and not one of those that pass with time. No API means anything else by it
/// (RFC 9110 §15.5.19), so nobody takes it for the API's own answer.
const UNMATCHED_STATUS: StatusCode = StatusCode::IM_A_TEAPOT;

/// What is said after that status.
const UNMATCHED_REASON: &str = "Not in the cassette";

/// The header by which a program can tell such an answer from any other.
const UNMATCHED_HEADER: &str = "sparring-cassette";

/// What one connection says to the next, and nobody behind it (RFC 9110 §7.6.1).
pub const HOP_BY_HOP: [HeaderName; 7] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// What the cassette says about a call, before anything goes wrong with it on purpose.
#[derive(Debug)]
pub(super) struct Played {
    /// What it is answered with; of a call that is sent on, nothing is laid over what comes.
    pub(super) reply: Reply,
    /// What changes.
    pub(super) effect: Effect,
    /// What the trace calls it.
    pub(super) outcome: &'static str,
    /// What the trace tells of it.
    pub(super) detail: Value,
}

/// What a call is answered with for which this was found.
pub(super) fn played(running: &Running, loaded: &Loaded, found: Found, call: &Call) -> Played {
    let (at, again) = match found {
        Found::Fresh(at) => (at, false),
        Found::Again(at) => (at, true),
        Found::UsedUp(_) | Found::OutOfOrder(_) | Found::AtEnd | Found::Nothing => {
            return missed(running, loaded, found, call);
        }
    };
    let reply = loaded.entry(at).map(|entry| reply(running, entry));
    Played {
        reply: reply.unwrap_or_else(|| Reply::empty(StatusCode::NOT_FOUND)),
        effect: Effect::CassettePlayed { entry: at, again },
        outcome: "played",
        detail: json!({
            "name": &*running.started.name, "mode": running.started.mode.word(), "entry": at + 1,
        }),
    }
}

/// An entry as a reply. What is the connection's to say is left to the connection.
fn reply(running: &Running, entry: &Entry) -> Reply {
    let recorded = &entry.response;
    let status = StatusCode::from_u16(recorded.status).ok();
    // What only announces an answer is none.
    let status = status.filter(|status| !status.is_informational());
    let mut reply = Reply::empty(status.unwrap_or(StatusCode::BAD_GATEWAY));
    reply.reason = recorded.reason.as_deref().map(Into::into);
    reply.headers.reserve(recorded.headers.len());
    for (name, value) in &recorded.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Some(value)) = (name, header_value(value))
            && !HOP_BY_HOP.contains(&name)
        {
            reply.headers.append(name, value);
        }
    }
    if is_unpacked(&reply, &recorded.body) {
        reply.headers.remove(CONTENT_ENCODING);
    }
    reply.body = Body::Bytes(recorded.body.clone());
    reply.delay = running.started.delay(entry.latency);
    reply.fault = recorded.lost.map(|lost| match lost {
        Lost::Reset => Fault::ConnectionResetByPeer,
        Lost::Closed | Lost::TimedOut => Fault::EmptyResponse,
    });
    reply
}

/// A header's value, of which a character is a byte.
fn header_value(text: &str) -> Option<HeaderValue> {
    if text.is_ascii() {
        return HeaderValue::from_str(text).ok();
    }
    let bytes: Option<Vec<u8>> = text.chars().map(|byte| u8::try_from(byte).ok()).collect();
    HeaderValue::from_bytes(&bytes?).ok()
}

/// Whether a body that is said to be packed with gzip is not: some recorders unpack what they record,
/// and leave the header.
fn is_unpacked(reply: &Reply, body: &[u8]) -> bool {
    const MAGIC: &[u8] = b"\x1f\x8b";
    let says = reply.headers.get(CONTENT_ENCODING);
    says.is_some_and(|says| says == "gzip") && !body.starts_with(MAGIC)
}

/// A call that fits no entry, or none that is left: loudly.
fn missed(running: &Running, loaded: &Loaded, found: Found, call: &Call) -> Played {
    let name = &running.started.name;
    let (reason, wanted) = match found {
        Found::UsedUp(last) => {
            let times = loaded.place(last).map_or(1, |(_, before)| before + 1);
            let reason = match times {
                1 => "the one entry that fits was asked for before".to_owned(),
                _ => format!("all {times} entries that fit were asked for before"),
            };
            (reason, Some(last))
        }
        Found::OutOfOrder(next) => {
            let reason = format!("the order wants entry {} next", next + 1);
            (reason, Some(next))
        }
        Found::AtEnd => {
            let reason = format!("all {} entries were asked for before", loaded.len());
            (reason, None)
        }
        Found::Fresh(_) | Found::Again(_) | Found::Nothing => ("no entry fits".to_owned(), None),
    };
    let (nearest, diff) = nearest(loaded, wanted, call);
    let miss = Miss {
        call: call.number,
        method: call.method.as_str().into(),
        target: call.target.as_str().into(),
        tool: None,
        reason: reason.as_str().into(),
        nearest,
        diff: Arc::new(diff),
    };
    let problem = json!({
        "type": "about:blank",
        "title": UNMATCHED_REASON,
        "status": UNMATCHED_STATUS.as_u16(),
        "detail": format!("{} {} is not in the cassette {name}: {reason}", call.method, call.target),
        "cassette": &**name,
        "call": call.number,
        "nearest": &miss.nearest,
        "diff": &*miss.diff,
    });
    let mut reply = Reply::json(UNMATCHED_STATUS, &problem);
    reply.set_header("content-type", "application/problem+json");
    reply.set_header(UNMATCHED_HEADER, UNMATCHED);
    reply.reason = Some(UNMATCHED_REASON.into());
    let detail = json!({
        "name": &**name,
        "mode": running.started.mode.word(),
        "reason": reason,
        "nearest": &miss.nearest,
    });
    Played {
        reply,
        effect: Effect::CassetteMissed(Arc::new(miss)),
        outcome: UNMATCHED,
        detail,
    }
}

/// The entry that comes nearest to a call, and where the call differs; `wanted`, if that is the one.
fn nearest(loaded: &Loaded, wanted: Option<usize>, call: &Call) -> (Option<Nearest>, Value) {
    let nearest = loaded.nearest(call, wanted);
    let Some((at, differences)) = nearest else {
        return (None, json!([]));
    };
    let diff = differences.into_iter().map(|difference| {
        let Difference {
            at,
            recorded,
            asked,
        } = difference;
        json!({ "at": at, "recorded": recorded, "asked": asked })
    });
    let nearest = loaded.entry(at).map(|entry| Nearest {
        entry: at + 1,
        method: entry.request.method.as_str().into(),
        target: entry.request.target.as_str().into(),
        tool: entry.tool.as_deref().map(Into::into),
    });
    (nearest, diff.collect())
}
