//! Compiled webhooks.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, Method};
use jiff::SignedDuration;
use serde_json::Value;

use crate::definition::model::{SecretForm, SignatureEncoding};
use crate::domain::event_pattern::EventPattern;
use crate::domain::name::Name;
use crate::matching::condition::Expression;
use crate::render::{Document, Template};
use crate::state::webhooks::faults::FaultMode;

/// Who is told of a pack's events, and how.
#[derive(Debug)]
pub struct WebhookSpec {
    /// How requests are signed and tried again.
    pub profile: ProfileSpec,
    /// Endpoints that are records.
    pub endpoints: Option<EndpointsSpec>,
    /// Endpoints that are always there.
    pub declared: Vec<DeclaredSpec>,
    /// The body of a request.
    pub body: Document,
    /// What goes wrong on purpose.
    pub faults: Vec<FaultSpec>,
}

/// Endpoints that are records of a collection.
#[derive(Debug)]
pub struct EndpointsSpec {
    /// The collection.
    pub collection: Arc<str>,
    /// The URL.
    pub url: Expression,
    /// The secret.
    pub secret: Option<Expression>,
    /// Which events it wants.
    pub events: Option<Expression>,
    /// Which records are endpoints.
    pub when: Option<Expression>,
}

/// An endpoint that is always there.
#[derive(Debug)]
pub struct DeclaredSpec {
    /// Its URL.
    pub url: Arc<str>,
    /// Its secret.
    pub secret: Option<String>,
    /// Which events it wants, as patterns; all, if there is none.
    pub events: Vec<EventPattern>,
}

/// How requests are signed and tried again.
#[derive(Debug)]
pub struct ProfileSpec {
    /// How requests are signed.
    pub signature: Option<SignatureSpec>,
    /// Headers beside the signature's.
    pub headers: Vec<(HeaderName, Template)>,
    /// How long each attempt waits.
    pub retries: Vec<SignedDuration>,
    /// By how much of itself each wait is off at the most, in thousandths.
    pub jitter_per_mille: u32,
    /// The statuses by which an endpoint says that it wants nothing more.
    pub disable_on: Vec<u16>,
    /// How long an endpoint may take to answer.
    pub timeout: Duration,
}

/// A signature: an HMAC with SHA-256.
#[derive(Debug)]
pub struct SignatureSpec {
    /// The header that carries it.
    pub header: HeaderName,
    /// What is signed.
    pub signed: Template,
    /// The header's value.
    pub value: Template,
    /// How the signature is written.
    pub encoding: SignatureEncoding,
    /// What of a secret is the key.
    pub secret: SecretForm,
    /// What secrets begin with that is no part of the key.
    pub secret_prefix: String,
}

/// A fault of deliveries.
#[derive(Debug)]
pub struct FaultSpec {
    /// Its name: the pack, and its place in the list.
    pub name: Name,
    /// What goes wrong.
    pub mode: FaultMode,
    /// With which events, as patterns; any, if there is none.
    pub events: Vec<EventPattern>,
    /// With which of them.
    pub which: Which,
    /// How many seconds.
    pub seconds: i64,
}

/// Which of the events that a rule meets, counted from 1.
#[derive(Debug)]
pub enum Which {
    /// All.
    All,
    /// Every so-manieth.
    Every(u64),
    /// These.
    Nth(Vec<u64>),
    /// So many of a million, by the seed.
    Chance(u32),
}

/// What an event is, and what is told of it.
#[derive(Debug)]
pub struct EmitSpec {
    /// What happened.
    pub event: Template,
    /// What is told; the record at hand, if nothing is given.
    pub data: Option<Document>,
}

/// What a stub sends when it has answered.
#[derive(Debug)]
pub struct ListenerSpec {
    /// The method.
    pub method: Method,
    /// The URL.
    pub url: Template,
    /// The headers.
    pub headers: Vec<(HeaderName, Template)>,
    /// The body.
    pub body: ListenerBody,
    /// Wall time before it is sent.
    pub delay: Duration,
    /// All that its author has said about it: its templates see it as `parameters`.
    pub parameters: Value,
}

/// The body of what a stub sends.
#[derive(Debug)]
pub enum ListenerBody {
    /// A text.
    Text(Template),
    /// Base64 of bytes, which has been checked.
    Base64(Arc<str>),
}
