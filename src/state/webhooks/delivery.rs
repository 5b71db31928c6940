//! A delivery: one event on its way to one endpoint.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::faults::Flaw;
use crate::domain::name::Name;
use crate::domain::traceparent::TraceParent;

/// Something that happened, as receivers are told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Its id: the same in every attempt, and in every duplicate.
    pub id: Arc<str>,
    /// What happened: `order.paid`.
    #[serde(rename = "type")]
    pub kind: Arc<str>,
    /// When, by the sandbox clock.
    pub at: Timestamp,
    /// What it happened to: collection and key of a record, where it was one.
    pub subject: Option<Arc<str>>,
}

/// Where a delivery goes. A secret is not part of it: it is looked up when it is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Which endpoint: deliveries of one endpoint go out one after the other.
    pub id: Arc<str>,
    /// Its URL.
    pub url: Arc<str>,
    /// What makes it one.
    pub origin: Origin,
}

impl Endpoint {
    /// The id of an endpoint that is a record.
    #[must_use]
    pub fn id_of_record(collection: &Name, key: &str) -> String {
        format!("{}{key}", Self::id_in_collection(collection))
    }

    /// What the ids of all endpoints begin with that are records of a collection.
    pub(in crate::state) fn id_in_collection(collection: &Name) -> String {
        format!("{}/{}/", collection.pack, collection.name)
    }
}

/// What makes an endpoint: there its secret is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Origin {
    /// The pack declares it, at this place of its list.
    Declared(usize),
    /// It is a record of the pack.
    Record {
        /// The collection.
        collection: Name,
        /// The record's key.
        key: Arc<str>,
    },
    /// A stub names its URL, and it has no secret.
    Stub,
}

/// What makes the request of a delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Sender {
    /// A pack, in the way of its profile: signed.
    Pack(Arc<str>),
    /// A stub that said all of it: sent as it is.
    Stub {
        /// The method.
        method: Arc<str>,
        /// The headers.
        headers: Arc<[(Arc<str>, Arc<str>)]>,
        /// Milliseconds of wall time before it is sent.
        delay_milliseconds: u64,
    },
}

/// The bytes of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Payload {
    /// A text.
    Text(Arc<str>),
    /// Any bytes, as base64.
    Base64(Arc<str>),
    /// They are kept no longer: there was too much to keep.
    Forgotten,
}

impl Payload {
    /// How many bytes it keeps.
    #[must_use]
    pub fn kept(&self) -> usize {
        match self {
            Self::Text(text) | Self::Base64(text) => text.len(),
            Self::Forgotten => 0,
        }
    }
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// It will be tried, or tried again.
    Pending,
    /// An attempt is under way.
    InFlight,
    /// The endpoint has taken it.
    Delivered,
    /// It is given up.
    Failed,
    /// A fault has swallowed it: it is never sent.
    Dropped,
    /// Its endpoint wants nothing more.
    Disabled,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// The endpoint answered, with this status.
    Status(u16),
    /// There was no answer, for this reason.
    Failed(Arc<str>),
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// When it was sent, by the sandbox clock.
    pub at: Timestamp,
    /// What came of it; nothing yet, if it is under way.
    pub outcome: Option<Outcome>,
}

/// What a delivery that is held back waits for, unless its time comes first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WaitsFor {
    /// The next event for the same endpoint.
    NextDelivery,
    /// The next event of the same subject for the same endpoint.
    NextOfSubject,
}

/// One event on its way to one endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Its number in the sandbox: 1, 2, 3 …
    pub id: u64,
    /// What happened.
    pub event: Event,
    /// Who is told.
    pub endpoint: Endpoint,
    /// Who tells.
    pub sender: Sender,
    /// What is told.
    pub payload: Payload,
    /// How it stands.
    pub status: Status,
    /// When it is tried next, by the sandbox clock.
    pub next_attempt_at: Option<Timestamp>,
    /// What may let it go before that.
    pub waits_for: Option<WaitsFor>,
    /// What is wrong with it, on purpose.
    pub flaw: Option<Flaw>,
    /// What was tried, the first first.
    pub attempts: Vec<Attempt>,
    /// The call that it is sent because of, as a span of its caller's trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceParent>,
}

impl Delivery {
    /// What it is called: `dlv_1`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("dlv_{}", self.id)
    }
}

impl Status {
    /// Whether nothing more will happen by itself.
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::InFlight)
    }
}
