//! Replies in the place of the clean one.

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Injected, alter, written};
use crate::behaviours::Refusal;
use crate::domain::cause::{INJECTED, known_cause};
use crate::domain::chance::Chance;
use crate::domain::fault::{Mode, RetryAfter, With};
use crate::domain::reply::Reply;
use crate::state::faults::Rule;

/// The statuses of servers that fail.
const SERVER_ERRORS: [u16; 4] = [500, 502, 503, 504];

/// After how many seconds a caller may come back, where nothing is said.
const RETRY_AFTER_SECONDS: u64 = 30;

/// An error that is worded as the API at hand words its errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape<'a> {
    /// One of which nothing but the status is known.
    Status {
        /// The status.
        status: StatusCode,
        /// What it says, if that is not the status's own phrase.
        message: Option<&'a str>,
    },
    /// One that has a named cause.
    Cause {
        /// The cause.
        cause: &'a str,
        /// What it says, if that is not the cause's own title.
        message: Option<&'a str>,
    },
    /// One that tells the caller to slow down.
    RateLimited {
        /// After how many seconds the caller may come back, if it is told.
        retry_after: Option<u64>,
        /// What it says.
        message: Option<&'a str>,
    },
}

impl Shape<'_> {
    /// The refusal that a pack words; `now` is the time by the sandbox clock.
    #[must_use]
    pub fn refusal(&self, now: Timestamp) -> Refusal {
        match *self {
            Self::Status { status, message } => {
                let phrase = status.canonical_reason().unwrap_or("Error");
                Refusal::new(INJECTED, message.unwrap_or(phrase))
            }
            Self::Cause { cause, message } => {
                let title = known_cause(cause).map_or("Error", |known| known.title);
                Refusal::new(cause, message.unwrap_or(title))
            }
            Self::RateLimited {
                retry_after,
                message,
                ..
            } => {
                let wait = retry_after.map_or_else(String::new, |seconds| {
                    format!("; try again in {seconds} seconds")
                });
                let said = format!("too many requests{wait}");
                Refusal::new("rate_limited", message.unwrap_or(&said))
                    .with("limit", limit(retry_after, now))
            }
        }
    }

    /// The status, where it is not the cause's own.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Status { status, .. } => Some(*status),
            Self::Cause { .. } | Self::RateLimited { .. } => None,
        }
    }
}

/// A limit that is used up, as templates of refusals see limits.
fn limit(retry_after: Option<u64>, now: Timestamp) -> Value {
    const LIMIT: u64 = 100;
    const WINDOW: u64 = 60;
    let wait = retry_after.unwrap_or(WINDOW);
    let reset = now
        .as_second()
        .saturating_add(i64::try_from(wait).unwrap_or(i64::MAX));
    let reset_at = Timestamp::from_second(reset).map_or(Value::Null, |at| at.to_string().into());
    let mut limit = json!({
        "name": "requests",
        "limit": LIMIT,
        "capacity": LIMIT,
        "remaining": 0,
        "used": LIMIT,
        "window": WINDOW,
        "reset": reset,
        "resetIn": wait,
        "resetInMs": wait.saturating_mul(1000),
        "resetDuration": format!("{wait}s"),
        "resetAt": reset_at,
        "resetAtSecond": reset_at,
        "cost": 1,
        "allowed": false,
    });
    if let Some(seconds) = retry_after {
        limit["retryAfter"] = seconds.into();
        limit["retryAfterMs"] = seconds.saturating_mul(1000).into();
        limit["retryAfterDuration"] = format!("{seconds}s").into();
    }
    limit
}

/// What a rule of the phase `Replace` puts in the place of a reply; nothing, if it could not be told from
/// the clean one. `shape` words errors as the API at hand does.
#[must_use]
pub fn replace(
    rule: &Rule,
    clean: &Reply,
    shape: &mut dyn FnMut(Shape<'_>) -> Reply,
    chance: &Chance,
) -> Option<Injected> {
    let mut injected = match rule.mode {
        Mode::WrongStatus => Some(wrong_status(rule, clean, shape, chance)),
        Mode::ErrorInOk if rule.with.beside == Some(true) => beside(&rule.with, clean),
        Mode::ErrorInOk => Some(error_in_ok(&rule.with, shape)),
        Mode::RateLimited => Some(rate_limited(&rule.with, shape)),
        Mode::SilentNoOp => no_op(&rule.with, clean),
        _ => None,
    }?;
    // An error is not known to be one by how soon it comes.
    injected.reply.delay = clean.delay;
    Some(injected)
}

fn wrong_status(
    rule: &Rule,
    clean: &Reply,
    shape: &mut dyn FnMut(Shape<'_>) -> Reply,
    chance: &Chance,
) -> Injected {
    let with = &rule.with;
    let message = with.message.as_deref();
    let declared = match with.statuses.as_slice() {
        _ if with.status.is_some() => with.status,
        [] => None,
        statuses => Some(drawn(statuses, chance)),
    };
    let declared = declared.map(status);
    let status = declared.unwrap_or_else(|| status(drawn(&SERVER_ERRORS, chance)));
    let reply = match (&with.body, &with.cause) {
        (Some(body), _) => written(status, body),
        (None, Some(cause)) => {
            let mut reply = shape(Shape::Cause { cause, message });
            reply.status = declared.unwrap_or(reply.status);
            reply
        }
        (None, None) if rule.commits() => Reply {
            status,
            reason: None,
            ..clean.clone()
        },
        (None, None) => shape(Shape::Status { status, message }),
    };
    told(reply)
}

fn drawn(statuses: &[u16], chance: &Chance) -> u16 {
    statuses[super::values::below(chance, "status", statuses.len())]
}

/// A status that can end a call.
fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code)
        .ok()
        .filter(|status| !status.is_informational())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn told(reply: Reply) -> Injected {
    Injected {
        detail: json!({ "status": reply.status.as_u16() }),
        reply,
    }
}

/// An error under the status of a success.
fn error_in_ok(with: &With, shape: &mut dyn FnMut(Shape<'_>) -> Reply) -> Injected {
    let message = with.message.as_deref();
    let mut reply = match (&with.body, &with.cause) {
        (Some(body), _) => written(StatusCode::OK, body),
        (None, Some(cause)) => shape(Shape::Cause { cause, message }),
        (None, None) => shape(Shape::Status {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            message,
        }),
    };
    reply.status = with.status.map_or(StatusCode::OK, status);
    reply.reason = None;
    let is_problem = reply
        .headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| value == "application/problem+json");
    if is_problem {
        // That would say that it is an error.
        reply.set_header("content-type", "application/json");
    }
    told(reply)
}

/// An error beside the clean answer.
fn beside(with: &With, clean: &Reply) -> Option<Injected> {
    let Value::Object(mut members) = alter::document(clean)? else {
        return None;
    };
    let code = with.cause.as_deref().unwrap_or("internal_error");
    let message = with.message.as_deref();
    let message = message.unwrap_or("an internal error occurred");
    let error = json!({ "code": code, "message": message });
    let errors = members.entry("errors").or_insert_with(|| json!([]));
    errors.as_array_mut()?.push(error);
    let mut reply = alter::with_document(clean, &Value::Object(members));
    reply.status = with.status.map_or(reply.status, status);
    let detail = json!({ "status": reply.status.as_u16(), "added": ["errors"] });
    Some(Injected { reply, detail })
}

fn rate_limited(with: &With, shape: &mut dyn FnMut(Shape<'_>) -> Reply) -> Injected {
    let retry_after = match with.retry_after {
        None => Some(RETRY_AFTER_SECONDS),
        Some(RetryAfter::Seconds(seconds)) => Some(seconds),
        Some(RetryAfter::Untold) => None,
    };
    let declared = with.status.map(status);
    let mut reply = match &with.body {
        Some(body) => written(StatusCode::TOO_MANY_REQUESTS, body),
        None => shape(Shape::RateLimited {
            retry_after,
            message: with.message.as_deref(),
        }),
    };
    // The limits of a tool have a status of their own, as its API has.
    reply.status = declared.unwrap_or(reply.status);
    match retry_after {
        Some(seconds) => {
            let told = reply.headers.contains_key(RETRY_AFTER);
            if !told {
                reply.headers.insert(RETRY_AFTER, seconds.into());
            }
        }
        None => forget_wait(&mut reply, with.body.is_some()),
    }
    let mut injected = told(reply);
    injected.detail["retryAfter"] = retry_after.map_or(Value::Bool(false), Value::from);
    injected
}

/// Takes from a refusal what tells when the caller may come back; a body that a tester has written stays.
fn forget_wait(reply: &mut Reply, written: bool) {
    reply.headers.remove(RETRY_AFTER);
    reply.headers.remove("retry-after-ms");
    if written || reply.headers.contains_key(CONTENT_ENCODING) {
        return;
    }
    let body = serde_json::from_slice::<Value>(&reply.body.to_bytes());
    if let Ok(Value::Object(mut members)) = body
        && forget(&mut members)
    {
        *reply = alter::with_document(reply, &Value::Object(members));
    }
}

/// Takes out the members that tell of a wait; whether there were any. What serde has read is not nested
/// deeply.
fn forget(members: &mut Map<String, Value>) -> bool {
    let before = members.len();
    members.retain(|name, _| !tells_wait(name));
    let mut forgotten = members.len() < before;
    for member in members.values_mut() {
        match member {
            Value::Object(inner) => forgotten |= forget(inner),
            Value::Array(items) => {
                for inner in items.iter_mut().filter_map(Value::as_object_mut) {
                    forgotten |= forget(inner);
                }
            }
            _ => {}
        }
    }
    forgotten
}

fn tells_wait(name: &str) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let name: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    ["retryafter", "retrydelay", "retryin"]
        .iter()
        .any(|told| name.starts_with(told))
}

/// A success that has changed nothing. What was refused has changed nothing anyway.
fn no_op(with: &With, clean: &Reply) -> Option<Injected> {
    if clean.status.is_client_error() || clean.status.is_server_error() {
        return None;
    }
    let mut reply = clean.clone();
    if let Some(body) = &with.body {
        let own = written(clean.status, body);
        reply.kept = None;
        reply.body = own.body;
        crate::domain::reply::drop_digests(&mut reply.headers);
        reply.headers.remove(CONTENT_ENCODING);
        let kind = own.headers.get(CONTENT_TYPE).cloned();
        let kind = kind.unwrap_or_else(|| HeaderValue::from_static("text/plain"));
        reply.headers.insert(CONTENT_TYPE, kind);
    }
    Some(told(reply))
}
