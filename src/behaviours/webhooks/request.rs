//! The request of a delivery, signed for the moment at which it goes out.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};

use super::endpoints::secret;
use super::schedule::chance_of;
use super::signature::sign;
use crate::definition::compiled::{Pack, WebhookSpec};
use crate::domain::targets::{Target, Targets};
use crate::domain::traceparent::TRACEPARENT;
use crate::render::{RenderEnv, Template};
use crate::state::SandboxState;
use crate::state::webhooks::delivery::{Delivery, Payload, Sender};
use crate::state::webhooks::faults::Flaw;

/// How long the receiver of what a stub sends may take to answer.
const STUB_TIMEOUT: Duration = Duration::from_secs(15);

/// Why a delivery cannot be sent any more.
const FORGOTTEN: &str = "its body is kept no longer";

/// A text whose bytes wait for their turn without being copied.
struct Shared(Arc<str>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// A request for the edge to carry out.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The delivery's number.
    pub delivery: u64,
    /// The how-manieth attempt it is, from 1.
    pub attempt: usize,
    /// In which life of the sandbox it is sent.
    pub life: u64,
    /// The method.
    pub method: Method,
    /// Where it goes.
    pub target: Target,
    /// The headers, without those of the connection.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// Wall time that all of it may take, from the connection to the answer's head.
    pub timeout: Duration,
    /// Wall time before it is sent.
    pub delay: Duration,
    /// What the address is held against, once the host's name is resolved.
    pub targets: Arc<Targets>,
}

/// The request of a delivery, for an attempt now.
///
/// # Errors
/// Why it can never be sent.
pub fn outgoing(
    pack: Option<&Arc<Pack>>,
    state: &SandboxState,
    targets: &Arc<Targets>,
    delivery: &Delivery,
) -> Result<Outgoing, String> {
    let target = targets.check_url(&delivery.endpoint.url);
    let target = target.map_err(|error| error.to_string())?;
    let body = match &delivery.payload {
        Payload::Forgotten => return Err(FORGOTTEN.into()),
        Payload::Text(text) => Bytes::from_owner(Shared(text.clone())),
        Payload::Base64(text) => {
            let bytes = STANDARD.decode(text.as_bytes());
            bytes.map_err(|error| error.to_string())?.into()
        }
    };
    let mut request = Outgoing {
        delivery: delivery.id,
        attempt: delivery.attempts.len(),
        life: state.webhooks.life(),
        method: Method::POST,
        target,
        headers: HeaderMap::new(),
        body,
        timeout: STUB_TIMEOUT,
        delay: Duration::ZERO,
        targets: targets.clone(),
    };
    match &delivery.sender {
        Sender::Pack(name) => {
            let pack = pack.ok_or_else(|| format!("there is no pack {name} any more"))?;
            let spec = pack.webhooks.as_ref();
            let spec = spec.ok_or_else(|| format!("{name} has no webhooks any more"))?;
            request.timeout = spec.profile.timeout;
            request.headers = signed(pack, spec, state, delivery)?;
        }
        Sender::Stub {
            method,
            headers,
            delay_milliseconds,
        } => {
            request.delay = Duration::from_millis(*delay_milliseconds);
            request.method = method.parse().unwrap_or(Method::POST);
            for (name, value) in headers.iter() {
                add(&mut request.headers, name, value)?;
            }
        }
    }
    if let Some(trace) = &delivery.trace
        && !request.headers.contains_key(TRACEPARENT)
    {
        add(&mut request.headers, TRACEPARENT, &trace.to_string())?;
    }
    Ok(request)
}

/// The headers by which a pack's request is known for its own.
fn signed(
    pack: &Arc<Pack>,
    spec: &WebhookSpec,
    state: &SandboxState,
    delivery: &Delivery,
) -> Result<HeaderMap, String> {
    let skew = match delivery.flaw {
        Some(Flaw::ClockSkew(seconds)) => seconds,
        Some(Flaw::BadSignature) | None => 0,
    };
    // The attempt's own time: what waited for its turn is signed for when it was due.
    let at = delivery.attempts.last().map_or(state.now, |last| last.at);
    let timestamp = at.as_second().saturating_add(skew);
    let body = match &delivery.payload {
        Payload::Text(text) | Payload::Base64(text) => &**text,
        Payload::Forgotten => "",
    };
    let mut model = json!({
        "event": delivery.event,
        "delivery": { "id": delivery.name(), "attempt": delivery.attempts.len() },
        "timestamp": timestamp,
        "body": body,
    });
    let chance = chance_of(state.seed, delivery);
    let env = RenderEnv {
        now: at,
        chance: &chance,
    };
    let render = |template: &Template, model: &Value| {
        let text = template.render(model, &env);
        text.map_err(|error| error.to_string())
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, template) in &spec.profile.headers {
        let value = render(template, &model)?;
        headers.insert(name, header_value(&value)?);
    }
    let secret = secret(pack, spec, state, &delivery.endpoint)?;
    if let (Some(signature), Some(secret)) = (&spec.profile.signature, secret) {
        let text = render(&signature.signed, &model)?;
        let wrong = delivery.flaw == Some(Flaw::BadSignature);
        model["signature"] = sign(signature, &secret, text.as_bytes(), wrong)?.into();
        let value = render(&signature.value, &model)?;
        headers.insert(&signature.header, header_value(&value)?);
    }
    Ok(headers)
}

fn add(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), String> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| error.to_string())?;
    headers.append(name, header_value(value)?);
    Ok(())
}

fn header_value(text: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(text).map_err(|_| "a header has characters that it cannot carry".into())
}
