//! One change of what is being delivered, as data.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::delivery::{Delivery, Outcome, Status};
use super::faults::QueuedFault;
use crate::domain::name::Name;

/// One change of what is being delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum WebhookEffect {
    /// Something happened of which endpoints may be told.
    EventEmitted {
        /// What, with its pack.
        event: Name,
    },
    /// An event met a rule for faults, whether or not it went wrong.
    FaultRuleMet {
        /// The rule: its pack, and its place in the list.
        rule: Name,
    },
    /// A delivery is on its way, or was dropped at once.
    DeliveryQueued(Box<Delivery>),
    /// A delivery that was held back goes now, or a tester wants it to go again. Nothing is wrong
    /// with it any more.
    DeliveryReleased {
        /// Which.
        id: u64,
        /// When it goes.
        at: Timestamp,
    },
    /// An attempt is under way.
    DeliverySent {
        /// Which delivery.
        id: u64,
        /// When it was sent.
        at: Timestamp,
    },
    /// An attempt came to its end.
    DeliveryAttempted {
        /// Which delivery.
        id: u64,
        /// What came of it.
        outcome: Outcome,
        /// How the delivery stands now.
        status: Status,
        /// When it is tried again, if it is.
        next_attempt_at: Option<Timestamp>,
    },
    /// An endpoint wants nothing more: what was queued for it stays.
    EndpointDisabled {
        /// Which.
        endpoint: Arc<str>,
        /// The URL that has said so: another one of the same endpoint may want more.
        url: Arc<str>,
        /// Since when.
        at: Timestamp,
    },
    /// A tester said that an endpoint wants more again.
    EndpointEnabled {
        /// Which.
        endpoint: Arc<str>,
    },
    /// A tester put a fault in line.
    FaultQueued(QueuedFault),
    /// A fault in line was used.
    FaultTaken {
        /// Which.
        id: u64,
    },
    /// A tester took a fault back.
    FaultRemoved {
        /// Which.
        id: u64,
    },
    /// A tester emptied the line.
    FaultsCleared,
}
