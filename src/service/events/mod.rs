//! What happens in a sandbox, told while it happens to whoever listens.
//!
//! The latest events stand in a ring, and each listener reads it at its own pace: none is waited for,
//! and none has a queue of its own. Who falls behind by more than the ring holds is told how much it
//! has missed. While nobody listens, nothing is kept: a call asks one atomic. The ring outlives its last
//! listener for a while, so that one that has lost its connection can go on where it was.

mod listener;
mod ring;
mod told;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

pub use listener::{Item, Listener, Resume};
pub use told::Kind;

use ring::Ring;
pub use told::Told;
pub(super) use told::of_decision;

/// How many may listen to a sandbox at a time.
pub const LISTENERS_MAX: usize = 64;

/// How many events of a sandbox are kept for those who listen.
const KEPT_MAX: usize = 1_000;

/// How long they are kept when nobody listens any more, in microseconds.
const KEPT_MICROS: u64 = 5 * 60 * 1_000_000;

/// The events of one sandbox.
#[derive(Debug)]
pub struct Events {
    listened: AtomicBool,
    ring: Mutex<Ring>,
    listeners: AtomicUsize,
    changed: watch::Sender<()>,
}

/// Why there are no more events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The sandbox is deleted.
    Deleted,
    /// The server stops.
    Stopped,
}

/// So many listen already that no more may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

impl Default for Events {
    fn default() -> Self {
        Self {
            listened: AtomicBool::new(false),
            ring: Mutex::new(Ring::new(KEPT_MAX)),
            listeners: AtomicUsize::new(0),
            changed: watch::Sender::new(()),
        }
    }
}

impl Events {
    /// Whether somebody wants to know what happens.
    pub(super) fn listened(&self) -> bool {
        self.listened.load(Ordering::Acquire)
    }

    /// Tells of what has happened, in this order.
    pub(super) fn tell(&self, told: impl IntoIterator<Item = Told>) {
        let mut told = told.into_iter().peekable();
        if told.peek().is_none() {
            return;
        }
        let mut ring = self.ring();
        if ring.is_forgotten(KEPT_MICROS) && self.listeners.load(Ordering::Acquire) == 0 {
            ring.clear();
            self.listened.store(false, Ordering::Release);
            return;
        }
        for told in told {
            ring.push(told);
        }
        drop(ring);
        self.changed.send_replace(());
    }

    /// There are no more events.
    pub(super) fn end(&self, why: End) {
        self.ring().end(why);
        self.changed.send_replace(());
    }

    /// Listens: from now on, or from where a listener was before.
    ///
    /// # Errors
    /// When so many listen already that no more may.
    pub fn listen(self: &Arc<Self>, resume: Option<Resume>) -> Result<Listener, TooMany> {
        let entered = self
            .listeners
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
                (count < LISTENERS_MAX).then_some(count + 1)
            });
        entered.map_err(|_| TooMany)?;
        let mut ring = self.ring();
        if !self.listened.swap(true, Ordering::AcqRel) {
            ring.begin(super::now().as_millisecond());
        }
        ring.left = None;
        drop(ring);
        Ok(Listener::new(self.clone(), resume))
    }

    /// A listener has gone.
    fn leave(&self) {
        let mut ring = self.ring();
        if self.listeners.fetch_sub(1, Ordering::AcqRel) == 1 {
            ring.left = Some(crate::meter::Stopwatch::start());
        }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
