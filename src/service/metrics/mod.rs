//! What is counted of a running server, for a monitor that asks now and then.
//!
//! Each sandbox counts in a [`Meter`] of its own, by atomics: no lock is shared between sandboxes, and
//! nothing is formatted until somebody asks ([`text`]). How many series there can be is bounded
//! ([`LABELLED`]): what finds no place is counted together, as `other`.

mod gather;
mod labels;
mod meter;
mod reading;
mod retries;
mod text;
mod traced;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::name::SandboxId;
use labels::{LABELLED, Labels};
pub(super) use meter::Meter;
pub use text::Format;

/// What is counted of a server.
#[derive(Debug)]
pub struct Metrics {
    labels: Mutex<Labels>,
    /// The connections that are open.
    pub connections: Level,
    /// The requests that are being answered.
    pub requests: Level,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            labels: Mutex::new(Labels::new(LABELLED)),
            connections: Level::default(),
            requests: Level::default(),
        }
    }
}

impl Metrics {
    /// A sandbox begins: what it counts in.
    pub(super) fn open(&self, id: &SandboxId) -> Arc<Meter> {
        self.labels().open(id)
    }

    /// A sandbox is deleted.
    pub(super) fn close(&self, id: &SandboxId) {
        self.labels().close(id);
    }

    fn labels(&self) -> MutexGuard<'_, Labels> {
        self.labels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many of something there are at a time.
#[derive(Debug, Default)]
pub struct Level(AtomicU64);

/// One of them, as long as it lasts.
#[derive(Debug)]
pub struct Inside<'a>(&'a Level);

impl Level {
    /// There is one more, until what comes back is dropped.
    pub fn enter(&self) -> Inside<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Inside(self)
    }

    /// How many there are.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
