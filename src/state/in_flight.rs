//! What calls hold until their replies have left: idempotency keys, and slots of limits of concurrency.

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use super::limits::CounterId;
use super::saved::SavedId;

/// What one call holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// The key that is in flight.
    pub key: Option<SavedId>,
    /// The counters of what is in flight, each with the weight that is given back.
    pub slots: Vec<(CounterId, u64)>,
}

impl Held {
    /// Whether it is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.key.is_none() && self.slots.is_empty()
    }
}

/// What calls hold, by the number of the call.
pub type InFlight = OrdMap<u64, Held>;
