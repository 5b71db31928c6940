//! Webhooks: who is told of events, and how.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::shared::{Cel, OneOrMany};

/// An event of which endpoints are told. It is delivered after the call, never inside it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Emit {
    /// What happened: `order.paid`. A template, such as `"{{record.type}}"`; one that gives no name of an
    /// event (letters, digits and `. _ - : /`, at most 200) is a mistake of the pack.
    pub event: String,
    /// What is told of it: `event.data` in the body. Strings are templates. `record`, if left out.
    pub data: Option<Value>,
}

/// Who is told of the pack's events, and how.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Webhooks {
    /// How requests are signed and tried again: a profile by its name. `standard`, if left out.
    pub profile: Option<String>,
    /// Endpoints that are records: most often a tool makes them.
    pub endpoints: Option<Endpoints>,
    /// Endpoints that are always there.
    pub declared: Vec<DeclaredEndpoint>,
    /// The body: JSON whose strings are templates over `event` (`id`, `type`, `at`, `data`).
    pub body: Option<Value>,
    /// What goes wrong on purpose. The first that an event meets decides.
    pub faults: Vec<WebhookFault>,
}

/// Endpoints that are records of a collection. All expressions see one `record`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Endpoints {
    /// The collection.
    pub collection: String,
    /// The URL of an endpoint.
    pub url: Cel,
    /// Its secret. Without one, its requests are not signed.
    pub secret: Option<Cel>,
    /// Which events it wants: a list of patterns such as `order.*`. All, if left out, null or empty.
    pub events: Option<Cel>,
    /// Which records are endpoints; all, if left out.
    pub when: Option<Cel>,
}

/// An endpoint that is always there.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DeclaredEndpoint {
    /// Its URL.
    pub url: String,
    /// Its secret. Without one, its requests are not signed.
    pub secret: Option<String>,
    /// Which events it wants: patterns such as `order.*`. All, if left out.
    #[serde(default)]
    pub events: Vec<String>,
}

/// A way in which deliveries go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WebhookFaultMode {
    /// The same event, with the same id, is delivered twice.
    Duplicate,
    /// It goes after the next one for the same endpoint, or after `seconds`.
    Reorder,
    /// It goes after `seconds`.
    Delay,
    /// It never goes.
    Drop,
    /// It goes after the next event of the same record, or after `seconds`.
    Late,
    /// Its signature is wrong.
    BadSignature,
    /// Its time is `seconds` off.
    ClockSkew,
}

/// A fault of deliveries.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WebhookFault {
    /// What goes wrong.
    pub mode: WebhookFaultMode,
    /// With which events: patterns. Any, if left out.
    #[serde(default)]
    pub events: Vec<String>,
    /// With every third of them, every tenth …
    pub every: Option<u64>,
    /// With the first of them, the second …
    #[serde(default)]
    pub calls: Vec<u64>,
    /// With how many of them, from 0 to 1, by the sandbox's seed.
    pub probability: Option<f64>,
    /// How many seconds; 300, if left out. With `clock_skew`, less than 0 is in the past.
    pub seconds: Option<i64>,
}

/// How requests to endpoints are signed and tried again.
///
/// Its templates see `event` (`id`, `type`, `at`), `delivery` (`id`, `attempt`), `timestamp`
/// (the attempt's, in seconds) and `body`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WebhookProfile {
    /// How requests are signed; not at all, if left out.
    pub signature: Option<WebhookSignature>,
    /// Headers beside the signature's; the values are templates.
    #[serde(default)]
    pub headers: IndexMap<String, String>,
    /// When each attempt is made, from what came of the one before: `[0s, 5s, 5m, 2h]`. The first is
    /// counted from the event.
    pub retries: Vec<String>,
    /// By how much of itself each wait is off, at the most, by the sandbox's seed: 0 to 1.
    pub jitter: Option<f64>,
    /// The statuses by which an endpoint says that it wants nothing more.
    #[serde(default)]
    pub disable_on: Vec<u16>,
    /// How long an endpoint may take to answer; `15s`, if left out.
    pub timeout: Option<String>,
}

/// A signature: an HMAC with SHA-256.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WebhookSignature {
    /// The header that carries it.
    pub header: String,
    /// What is signed: a template.
    pub signed: String,
    /// The header's value: a template that sees `signature`, too.
    pub value: String,
    /// How the signature is written.
    pub encoding: SignatureEncoding,
    /// What of a secret is the key.
    #[serde(default)]
    pub secret: SecretForm,
    /// What secrets begin with that is no part of the key.
    pub secret_prefix: Option<String>,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SignatureEncoding {
    /// Hexadecimal, in small letters.
    Hex,
    /// Base64 (RFC 4648 §4), padded.
    Base64,
}

/// What of a secret is the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SecretForm {
    /// Its text.
    #[default]
    Text,
    /// The bytes that its text is the base64 of.
    Base64,
}

/// Something that a server does when it has answered, in WireMock's words: of `serveEventListeners`
/// or `postServeActions`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ServeEventListener {
    /// `webhook`.
    pub name: String,
    /// When; after the answer, whatever is given.
    pub request_phases: Option<Vec<String>>,
    /// What is sent.
    #[serde(default)]
    pub parameters: WebhookParameters,
}

/// What a stub sends when it has answered. Its texts are templates over `originalRequest` and over
/// these `parameters`, among which may be any of the author's own.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct WebhookParameters {
    /// The method; POST, if left out.
    pub method: Option<String>,
    /// The URL. Without one, nothing is sent.
    pub url: String,
    /// Headers.
    pub headers: IndexMap<String, OneOrMany<String>>,
    /// The body, as text.
    pub body: Option<String>,
    /// The body, as base64 of its bytes.
    pub base64_body: Option<String>,
    /// Wall time before it is sent.
    pub delay: Option<WebhookDelay>,
}

/// A delay.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WebhookDelay {
    /// `fixed`.
    #[serde(rename = "type")]
    pub kind: String,
    /// How long.
    pub milliseconds: u64,
}

/// The older forms of `serveEventListeners`: a list of listeners, or parameters by their name.
#[derive(Clone, Debug)]
pub struct PostServeActions(pub Vec<ServeEventListener>);

impl<'de> Deserialize<'de> for PostServeActions {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let actions = match Value::deserialize(deserializer)? {
            Value::Object(named) => named
                .into_iter()
                .map(|(name, parameters)| {
                    Ok(ServeEventListener {
                        name,
                        request_phases: None,
                        parameters: serde_json::from_value(parameters)?,
                    })
                })
                .collect(),
            listed => serde_json::from_value(listed),
        };
        let actions: Result<_, serde_json::Error> = actions;
        actions.map(Self).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for PostServeActions {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PostServeActions".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let listener = generator.subschema_for::<ServeEventListener>();
        let parameters = generator.subschema_for::<WebhookParameters>();
        schemars::json_schema!({
            "description": "The older forms of `serveEventListeners`: a list of listeners, or parameters by their name.",
            "anyOf": [
                { "type": "array", "items": listener },
                { "type": "object", "additionalProperties": parameters }
            ]
        })
    }
}
