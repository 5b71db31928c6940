//! What a call's trace tells a monitor.

use std::borrow::Cow;

use crate::domain::trace::{FAULT, INJECTED};
use crate::log::Logged;

/// The error that stands for a fault that happened on purpose.
const INJECTED_FAULT: &str = "fault";

/// The error that stands for one that a tester had queued.
const QUEUED: &str = "queued";

/// The error that stands for a call that nothing claims.
const UNMATCHED: &str = "unmatched";

/// The causes that say that a caller was too quick, or has had enough.
const LIMITS: [&str; 2] = ["rate_limited", "quota_exceeded"];

/// What is told of a call, in words of which there are few.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Traced<'a> {
    /// What kind of error it met: a fault before a queued error, before the cause of a refusal.
    pub(super) error: Option<Cow<'a, str>>,
    /// Whether some items of a batch were done, and others were not.
    pub(super) partial: bool,
    /// Whether it was answered as the call before with the same idempotency key.
    pub(super) replayed: bool,
    /// Whether a limit refused it.
    pub(super) limited: bool,
}

impl<'a> Traced<'a> {
    /// Reads it off what was decided.
    pub(super) fn of(logged: &'a Logged<'_>) -> Self {
        let mut told = Self::default();
        let (mut cause, mut queued, mut injected) = (None, false, false);
        for line in &logged.trace.0 {
            match (&*line.step, line.outcome) {
                ("refusal", _) => cause = line.detail["cause"].as_str(),
                ("errorQueue", "answered") => queued = true,
                ("batch", "partial") => told.partial = true,
                ("idempotency", "replayed") => told.replayed = true,
                (FAULT, INJECTED) => injected = true,
                _ => {}
            }
        }
        told.limited = cause.is_some_and(|cause| LIMITS.contains(&cause));
        told.error = match (injected, queued, cause) {
            (true, ..) => Some(INJECTED_FAULT.into()),
            (_, true, _) => Some(QUEUED.into()),
            (.., Some(cause)) => Some(cause.into()),
            _ => (!logged.matched).then_some(UNMATCHED.into()),
        };
        told
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use http::{HeaderMap, Method, StatusCode, Version};
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::call::Call;
    use crate::domain::reply::Reply;
    use crate::domain::trace::Trace;

    /// What is told of a call with these lines in its trace.
    #[track_caller]
    fn check(matched: bool, lines: &[(&str, &'static str, Value)], expected: &Traced<'_>) {
        let mut trace = Trace::default();
        for (step, outcome, detail) in lines {
            trace.note(*step, outcome, detail.clone());
        }
        let peer: Arc<str> = "127.0.0.1".into();
        let (headers, base) = (HeaderMap::new(), "http://a".into());
        let call = Call::new(
            1,
            Method::GET,
            "/".into(),
            headers,
            Bytes::new(),
            base,
            peer.clone(),
        );
        let logged = Logged {
            call: &call,
            version: Version::HTTP_11,
            reply: &Reply::empty(StatusCode::OK),
            prepared: None,
            at: Timestamp::UNIX_EPOCH,
            received_at: Timestamp::UNIX_EPOCH,
            duration_micros: 0,
            peer,
            matched,
            stub: None,
            pack: None,
            tool: None,
            agent: None,
            trace,
            effects: Arc::default(),
            proxied: None,
        };
        assert_eq!(Traced::of(&logged), *expected, "{lines:?}");
    }

    fn error(error: &str) -> Traced<'_> {
        Traced {
            error: Some(error.into()),
            ..Traced::default()
        }
    }

    #[test]
    fn a_trace_is_told_in_few_words() {
        let nothing = Traced::default();
        let refused = ("refusal", "refused", json!({ "cause": "not_found" }));
        let limited = ("refusal", "refused", json!({ "cause": "rate_limited" }));
        let queued = ("errorQueue", "answered", Value::Null);
        let injected = (FAULT, INJECTED, Value::Null);
        check(true, &[], &nothing);
        check(false, &[], &error(UNMATCHED));
        check(true, &[("errorQueue", "passed", Value::Null)], &nothing);
        check(true, &[(FAULT, "skipped", Value::Null)], &nothing);
        check(true, std::slice::from_ref(&refused), &error("not_found"));
        check(true, std::slice::from_ref(&queued), &error(QUEUED));
        check(true, &[refused, injected.clone()], &error(INJECTED_FAULT));
        check(true, &[injected, queued], &error(INJECTED_FAULT));
        let limited_too = Traced {
            limited: true,
            ..error("rate_limited")
        };
        check(true, &[limited], &limited_too);
        let partial = Traced {
            partial: true,
            ..Traced::default()
        };
        check(true, &[("batch", "partial", Value::Null)], &partial);
        check(true, &[("batch", "ok", Value::Null)], &nothing);
        let replayed = Traced {
            replayed: true,
            ..Traced::default()
        };
        check(true, &[("idempotency", "replayed", Value::Null)], &replayed);
        check(true, &[("idempotency", "first", Value::Null)], &nothing);
    }
}
