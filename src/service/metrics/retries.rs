//! Which calls are retries of a failure.
//!
//! A call is a retry when it is the same request (method, path with query, body, and agent, where the
//! pack can tell) as one of the sandbox's latest failures that nothing has repeated yet. A failure is
//! an answer of 429 or of 500 and above, or a connection that was broken instead of answering. While
//! nothing has failed, asking costs one atomic load.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::log::Logged;

/// How many failures are remembered, the latest.
const FAILURES_MAX: usize = 256;

/// The failures of a sandbox that nothing has repeated yet.
#[derive(Debug, Default)]
pub(super) struct Failures {
    count: AtomicUsize,
    /// What tells one request from another; the oldest first.
    failed: Mutex<VecDeque<u64>>,
}

impl Failures {
    /// Takes note of a call; whether it is a retry.
    pub(super) fn note(&self, logged: &Logged<'_>) -> bool {
        let failed = has_failed(logged);
        if !failed && self.count.load(Ordering::Acquire) == 0 {
            return false;
        }
        self.seen(print(logged), failed)
    }

    fn seen(&self, print: u64, failed: bool) -> bool {
        let mut kept = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let before = kept.iter().position(|kept| *kept == print);
        if let Some(at) = before {
            kept.remove(at);
        }
        if failed {
            if kept.len() == FAILURES_MAX {
                kept.pop_front();
            }
            kept.push_back(print);
        }
        self.count.store(kept.len(), Ordering::Release);
        before.is_some()
    }
}

fn has_failed(logged: &Logged<'_>) -> bool {
    let status = logged.reply.status.as_u16();
    logged.reply.fault.is_some() || status == 429 || status >= 500
}

fn print(logged: &Logged<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    let call = logged.call;
    (&call.method, &call.target, &call.body, &logged.agent).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requests, each with whether it fails and whether it is taken for a retry.
    #[track_caller]
    fn check(calls: &[(u64, bool, bool)]) {
        let failures = Failures::default();
        for (at, (print, failed, retry)) in calls.iter().enumerate() {
            assert_eq!(failures.seen(*print, *failed), *retry, "call {at}");
        }
    }

    #[test]
    fn what_repeats_a_failure_is_a_retry_once() {
        check(&[(1, false, false), (1, false, false)]);
        check(&[(1, true, false), (1, false, true), (1, false, false)]);
        check(&[(1, true, false), (1, true, true), (1, false, true)]);
        check(&[
            (1, true, false),
            (2, false, false),
            (2, true, false),
            (1, false, true),
            (2, false, true),
        ]);
    }

    #[test]
    fn only_the_latest_failures_are_remembered() {
        let failures = Failures::default();
        let all = FAILURES_MAX as u64 + 1;
        for print in 0..all {
            assert!(!failures.seen(print, true));
        }
        assert!(!failures.seen(0, false), "forgotten");
        assert!(failures.seen(1, false), "remembered");
    }
}
