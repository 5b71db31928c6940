//! Saved replies: what requests with an idempotency key were answered with, so that one that is sent
//! again can be answered the same.
//!
//! A key is in flight from the decision on its first request until that request's reply has left. What
//! is kept is bounded in number and in bytes: one too many, and the one that expires soonest goes.

mod image;
mod reply;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::name::Name;

pub use reply::{Bytes64, SavedReply};

/// How many keys a sandbox remembers.
pub const SAVED_MAX: usize = 100_000;

/// How many bytes the keys of a sandbox and their replies take at the most.
pub const SAVED_BYTES_MAX: usize = 256 << 20;

/// What a key takes beside its texts, about, in bytes.
const FIXED_BYTES: usize = 256;

/// How many expired keys are dropped whenever one is remembered: more than come in, so that they cannot
/// pile up, and few, so that no call pays for all.
const DROPPED_PER_PUT: usize = 2;

/// Which key: of which tool, of whom.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SavedId {
    /// The tool.
    pub tool: Name,
    /// Whom it is bound to: a credential, an agent; empty for the whole sandbox.
    pub scope: Arc<str>,
    /// The key itself.
    pub key: Arc<str>,
}

/// What is remembered of a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Saved {
    /// A digest of the first request: another one is another request.
    pub fingerprint: Arc<str>,
    /// When the first request came, by the sandbox clock.
    pub at: Timestamp,
    /// From when on the key is as if it had never been used.
    pub until: Timestamp,
    /// The call whose reply is under way.
    pub in_flight: Option<u64>,
    /// What is answered again; nothing, if the reply is not one that is saved.
    pub reply: Option<Arc<SavedReply>>,
}

/// All keys that a sandbox remembers.
#[derive(Clone, Debug, Default)]
pub struct SavedReplies {
    by_id: OrdMap<SavedId, Saved>,
    /// In the order in which they may go.
    by_expiry: OrdSet<(Timestamp, SavedId)>,
    bytes: usize,
}

impl SavedReplies {
    /// What is remembered of a key that has not expired by `now`. What is in flight does not expire.
    #[must_use]
    pub fn get(&self, id: &SavedId, now: Timestamp) -> Option<&Saved> {
        let saved = self.by_id.get(id)?;
        (saved.in_flight.is_some() || now < saved.until).then_some(saved)
    }

    /// How many keys are remembered, expired ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Remembers a key, in the place of what was remembered of it. Others go that have expired by
    /// `now`, or for which there is no room.
    pub(super) fn put(&mut self, id: &SavedId, saved: &Saved, now: Timestamp) {
        self.put_within(SAVED_MAX, SAVED_BYTES_MAX, id, saved, now);
    }

    fn put_within(
        &mut self,
        keys: usize,
        bytes: usize,
        id: &SavedId,
        saved: &Saved,
        now: Timestamp,
    ) {
        self.remove(id);
        for _ in 0..DROPPED_PER_PUT {
            let soonest = self.by_expiry.get_min();
            if soonest.is_some_and(|(until, _)| *until <= now) {
                self.remove_soonest();
            }
        }
        // The new one is put last, so that it never makes room for itself.
        let size = size(id, saved);
        while !self.is_empty() && (self.len() >= keys || self.bytes + size > bytes) {
            self.remove_soonest();
        }
        self.bytes += size;
        self.by_expiry.insert((goes_at(saved), id.clone()));
        self.by_id.insert(id.clone(), saved.clone());
    }

    /// The reply of a call has left: its key is in flight no more. One without a reply that is saved is
    /// as if it had never been used.
    pub(super) fn settle(&mut self, id: &SavedId, call: u64) {
        let Some(saved) = self.by_id.get_mut(id) else {
            return;
        };
        if saved.in_flight != Some(call) {
            return;
        }
        self.by_expiry.remove(&(goes_at(saved), id.clone()));
        saved.in_flight = None;
        self.by_expiry.insert((goes_at(saved), id.clone()));
        if saved.reply.is_none() {
            self.remove(id);
        }
    }

    fn remove(&mut self, id: &SavedId) {
        if let Some(saved) = self.by_id.remove(id) {
            self.by_expiry.remove(&(goes_at(&saved), id.clone()));
            self.bytes = self.bytes.saturating_sub(size(id, &saved));
        }
    }

    fn remove_soonest(&mut self) {
        if let Some((_, id)) = self.by_expiry.get_min().cloned() {
            self.remove(&id);
        }
    }
}

/// When a key may go: what is in flight stays as long as it is.
fn goes_at(saved: &Saved) -> Timestamp {
    match saved.in_flight {
        Some(_) => Timestamp::MAX,
        None => saved.until,
    }
}

/// About how many bytes a key takes.
fn size(id: &SavedId, saved: &Saved) -> usize {
    let reply = saved.reply.as_ref().map_or(0, |reply| reply.size());
    FIXED_BYTES + id.scope.len() + id.key.len() + saved.fingerprint.len() + reply
}
