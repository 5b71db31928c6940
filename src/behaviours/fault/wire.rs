//! What faults make of a reply on its way: it is late, cut, garbled, slow, or it never comes.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::body::part_of;
use super::{Injected, events};
use crate::domain::chance::Chance;
use crate::domain::fault::{Garbage, LostAs, Mode, With};
use crate::domain::reply::{Body, Chunk, Fault, Reply, drop_digests};
use crate::state::faults::Rule;

/// How late a reply is, where nothing is said.
const LATENCY: Duration = Duration::from_secs(1);

/// How late a reply is at the most, whatever is drawn.
const LATENCY_MAX: Duration = Duration::from_secs(3600);

/// After which time a caller has given up, where nothing is said.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long a body drips, and in how many pieces, where nothing is said.
const DRIP: Duration = Duration::from_secs(5);
const DRIP_CHUNKS: u32 = 10;

/// In how many pieces a body drips at the most.
const DRIP_CHUNKS_MAX: u32 = 10_000;

/// How many bytes of garbage there are, whatever the body's length is.
const GARBAGE_BYTES: std::ops::RangeInclusive<usize> = 32..=4096;

/// How the type of a stream of events begins.
const EVENT_STREAM: &[u8] = b"text/event-stream";

/// What a gateway says that gets nothing from behind it.
const GATEWAY_PAGE: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
    <center><h1>502 Bad Gateway</h1></center>\r\n<hr>\r\n</body>\r\n</html>\r\n";

/// What a rule of the phase `Wire` makes of a reply; nothing, if there is nothing in this one that the rule
/// could change.
pub(super) fn carry(rule: &Rule, reply: &Reply, chance: &Chance) -> Option<Injected> {
    let with = &rule.with;
    match rule.mode {
        Mode::Latency => late(with, reply, chance),
        Mode::Timeout => Some(time_out(with, reply)),
        Mode::ConnectionReset => Some(lost(reply, Fault::ConnectionResetByPeer)),
        Mode::EmptyReply => Some(lost(reply, Fault::EmptyResponse)),
        Mode::LostReply | Mode::LostRequest => Some(match with.lost_as.unwrap_or(LostAs::Reset) {
            LostAs::Reset => lost(reply, Fault::ConnectionResetByPeer),
            LostAs::Close => lost(reply, Fault::EmptyResponse),
            LostAs::Timeout => silence(reply, length(with, TIMEOUT)),
        }),
        Mode::TruncatedBody => truncated(with, reply),
        Mode::Garbage => garbage(with, reply, chance),
        Mode::SlowDrip => drip(with, reply),
        _ => None,
    }
}

fn late(with: &With, reply: &Reply, chance: &Chance) -> Option<Injected> {
    let drawn = with.distribution.map(|delay| delay.sample(chance));
    let drawn = drawn.map(|drawn| drawn.min(LATENCY_MAX));
    let fixed = with.milliseconds.map(Duration::from_millis);
    let by = match (fixed, drawn) {
        (None, None) => LATENCY,
        (fixed, drawn) => fixed
            .unwrap_or_default()
            .saturating_add(drawn.unwrap_or_default()),
    };
    let mut reply = reply.clone();
    reply.delay = reply.delay.saturating_add(by);
    (by > Duration::ZERO).then(|| Injected {
        reply,
        detail: json!({ "milliseconds": millis(by) }),
    })
}

fn length(with: &With, default: Duration) -> Duration {
    with.milliseconds.map_or(default, Duration::from_millis)
}

fn millis(length: Duration) -> Value {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX).into()
}

fn time_out(with: &With, reply: &Reply) -> Injected {
    let after = length(with, TIMEOUT);
    let status = with
        .status
        .and_then(|status| StatusCode::from_u16(status).ok());
    let Some(status) = status else {
        return silence(reply, after);
    };
    let mut late = match &with.body {
        Some(body) => super::written(status, body),
        None => gave_up(status),
    };
    late.delay = after;
    Injected {
        reply: late,
        detail: json!({ "milliseconds": millis(after), "status": status.as_u16() }),
    }
}

/// What somebody between the caller and the API says who got no answer in time.
fn gave_up(status: StatusCode) -> Reply {
    let title = status.canonical_reason().unwrap_or("Error");
    let problem = json!({
        "type": "about:blank",
        "title": title,
        "status": status.as_u16(),
        "detail": "the request took too long",
    });
    let mut reply = Reply::json(status, &problem);
    reply.set_header("content-type", "application/problem+json");
    reply
}

/// Nothing comes, and then the connection closes.
fn silence(reply: &Reply, length: Duration) -> Injected {
    let mut lost = lost(reply, Fault::EmptyResponse);
    lost.reply.delay = length;
    lost.detail["milliseconds"] = millis(length);
    lost
}

fn lost(reply: &Reply, fault: Fault) -> Injected {
    let mut reply = reply.clone();
    reply.fault = Some(fault);
    let seen = match fault {
        Fault::ConnectionResetByPeer => "reset",
        _ => "closed",
    };
    Injected {
        reply,
        detail: json!({ "connection": seen }),
    }
}

/// Whether there is a body that comes.
fn has_body(reply: &Reply) -> bool {
    may_have_body(reply) && !reply.body.is_empty()
}

/// Whether a body would come (RFC 9110 §6.4.1).
fn may_have_body(reply: &Reply) -> bool {
    let none = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];
    reply.fault.is_none() && !none.contains(&reply.status)
}

/// Whether the body is a stream of events.
fn is_stream(reply: &Reply) -> bool {
    let kind = reply.headers.get(CONTENT_TYPE);
    let kind = kind.map_or(&b""[..], HeaderValue::as_bytes);
    let own = EVENT_STREAM.len().min(kind.len());
    kind[..own].eq_ignore_ascii_case(EVENT_STREAM) && !reply.headers.contains_key(CONTENT_ENCODING)
}

fn truncated(with: &With, reply: &Reply) -> Option<Injected> {
    if !has_body(reply) {
        return None;
    }
    let whole = reply.body.to_bytes().len();
    let most = whole - 1;
    let count = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let wanted = match (with.events, with.bytes) {
        (Some(_), _) if !is_stream(reply) => return None,
        (Some(events), _) => events::end_of(count(events), &reply.body.to_bytes()),
        (None, Some(bytes)) => count(bytes),
        (None, None) => part_of(whole, with.share.unwrap_or(0.5)),
    };
    let kept = wanted.min(most);
    let framed = with.framed == Some(true);
    let mut cut = reply.clone();
    cut.body = match (&reply.body, framed) {
        (Body::Bytes(bytes), true) => Body::Bytes(bytes.slice(..kept)),
        (Body::Bytes(bytes), false) => Body::Cut {
            begun: begun(
                &[Chunk {
                    after: Duration::ZERO,
                    bytes: bytes.clone(),
                }],
                kept,
            ),
            length: u64::try_from(whole).ok(),
        },
        (Body::Chunks(chunks), true) => Body::Chunks(begun(chunks, kept)),
        (Body::Chunks(chunks), false) => Body::Cut {
            begun: begun(chunks, kept),
            length: None,
        },
        (
            Body::Cut {
                begun: chunks,
                length,
            },
            _,
        ) => Body::Cut {
            begun: begun(chunks, kept),
            length: *length,
        },
    };
    cut.kept = None;
    if framed {
        drop_digests(&mut cut.headers);
    }
    Some(Injected {
        reply: cut,
        detail: json!({ "bytes": kept, "of": whole, "framed": framed }),
    })
}

/// The first bytes of a body in chunks.
fn begun(chunks: &[Chunk], mut length: usize) -> Vec<Chunk> {
    let mut begun = Vec::new();
    for Chunk { after, bytes } in chunks {
        let taken = bytes.slice(..bytes.len().min(length));
        length -= taken.len();
        if taken.is_empty() {
            break;
        }
        begun.push(Chunk {
            after: *after,
            bytes: taken,
        });
    }
    begun
}

fn garbage(with: &With, reply: &Reply, chance: &Chance) -> Option<Injected> {
    let kind = with.garbage.unwrap_or(Garbage::Body);
    let mut garbled = reply.clone();
    match kind {
        Garbage::Chunk => garbled.fault = Some(Fault::MalformedResponseChunk),
        Garbage::Wire => garbled.fault = Some(Fault::RandomDataThenClose),
        Garbage::Body | Garbage::Html if !may_have_body(reply) => return None,
        Garbage::Body => {
            let length = reply.body.to_bytes().len();
            let length = length.clamp(*GARBAGE_BYTES.start(), *GARBAGE_BYTES.end());
            replace_body(&mut garbled, noise(length, chance));
        }
        Garbage::Html => {
            replace_body(&mut garbled, Bytes::from_static(GATEWAY_PAGE.as_bytes()));
            let html = HeaderValue::from_static("text/html");
            garbled.headers.insert(CONTENT_TYPE, html);
        }
    }
    Some(Injected {
        reply: garbled,
        detail: json!({ "garbage": kind }),
    })
}

fn replace_body(reply: &mut Reply, bytes: Bytes) {
    reply.body = Body::Bytes(bytes);
    reply.kept = None;
    without_promises(&mut reply.headers);
}

/// Headers of a body that is another now.
fn without_promises(headers: &mut HeaderMap) {
    headers.remove(CONTENT_ENCODING);
    drop_digests(headers);
}

/// Bytes that are neither text nor JSON: no character of UTF-8 begins like the first.
fn noise(length: usize, chance: &Chance) -> Bytes {
    let draws = (0..).flat_map(|index| chance.draw("garbage", index).to_be_bytes());
    let mut bytes: Vec<u8> = draws.take(length).collect();
    if let Some(first) = bytes.first_mut() {
        *first = 0x80 | (*first & 0x3f);
    }
    bytes.into()
}

fn drip(with: &With, reply: &Reply) -> Option<Injected> {
    if !has_body(reply) {
        return None;
    }
    let total = length(with, DRIP);
    let bytes = reply.body.to_bytes();
    let (dripping, chunks) = match with.chunks {
        None if is_stream(reply) => events::spread(&bytes, total),
        chunks => {
            let chunks = chunks.unwrap_or(DRIP_CHUNKS).min(DRIP_CHUNKS_MAX);
            let chunks = usize::try_from(chunks).unwrap_or(usize::MAX);
            (Body::dribbled(bytes, chunks, total), chunks)
        }
    };
    let mut slow = reply.clone();
    slow.kept = None;
    slow.body = match (&reply.body, dripping) {
        // What is cut stays cut.
        (Body::Cut { length, .. }, Body::Chunks(begun)) => Body::Cut {
            begun,
            length: *length,
        },
        (_, dripping) => dripping,
    };
    Some(Injected {
        reply: slow,
        detail: json!({ "milliseconds": millis(total), "chunks": chunks }),
    })
}
