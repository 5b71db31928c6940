//! Numbers of calls, which never restart: not after a crash either.
//!
//! A call that changes nothing is written nowhere, so numbers are set aside in the store before they are
//! given: [`CALLS_AHEAD`] at a time. After a crash the next call has the first number that was not set
//! aside; after a good end, the next after the last.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::task::JoinSet;

use super::{Sandbox, Service};
use crate::store::journal::CALLS_AHEAD;

/// The numbers that are set aside for a sandbox.
#[derive(Debug)]
pub(super) struct Numbers {
    upto: AtomicU64,
    /// More are asked for.
    asking: AtomicBool,
}

impl Numbers {
    /// Numbers up to this one.
    pub(super) fn upto(upto: u64) -> Self {
        Self {
            upto: AtomicU64::new(upto),
            asking: AtomicBool::new(false),
        }
    }
}

impl Service {
    /// The number of the next call. More numbers are set aside before they run out.
    pub(super) fn number(&self, sandbox: &Sandbox) -> u64 {
        let number = sandbox.log.next_number();
        let upto = sandbox.numbers.upto.load(Ordering::Acquire);
        if number.saturating_add(CALLS_AHEAD / 2) > upto
            && !sandbox.numbers.asking.swap(true, Ordering::AcqRel)
            && let Some((service, sandbox)) = self.me.upgrade().zip(self.sandbox(&sandbox.id))
        {
            tokio::spawn(async move {
                service.set_aside(&sandbox, number).await;
                sandbox.numbers.asking.store(false, Ordering::Release);
            });
        }
        number
    }

    /// Waits until a call's number is set aside. If it cannot be, because the disk is full, the call goes on:
    /// what it reads it may read all the same.
    pub(super) async fn number_is_safe(&self, sandbox: &Sandbox, number: u64) {
        if number > sandbox.numbers.upto.load(Ordering::Acquire) {
            self.set_aside(sandbox, number).await;
        }
    }

    async fn set_aside(&self, sandbox: &Sandbox, number: u64) {
        let upto = number.saturating_add(CALLS_AHEAD);
        match self.store.reserve(&sandbox.key, upto).await {
            Ok(()) => drop(sandbox.numbers.upto.fetch_max(upto, Ordering::AcqRel)),
            Err(error) => {
                tracing::debug!(sandbox.id = %sandbox.id, %error, "no numbers of calls were set aside");
            }
        }
    }

    /// Writes down what the last numbers were, so that the next server goes on right there.
    pub(super) async fn settle_numbers(self: &Arc<Self>) {
        let mut settling = JoinSet::new();
        for sandbox in self.sandboxes.iter().map(|entry| entry.clone()) {
            let service = self.clone();
            settling.spawn(async move {
                let last = sandbox.log.last_number();
                let _ = service.store.reserve(&sandbox.key, last).await;
            });
        }
        while settling.join_next().await.is_some() {}
    }
}
