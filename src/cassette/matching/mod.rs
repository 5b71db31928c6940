//! Finds the entry that a call is for: by a hash of the normalised request, or by its place.

mod difference;
mod index;
mod nearest;
mod normalised;
mod paths;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::cassette::model::Request;
use crate::cassette::redaction::Redaction;
use paths::Paths;

pub use difference::Difference;
pub use index::{Group, Hit, Index};
pub use nearest::Nearest;

/// What does not count when requests are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MatchingSettings {
    /// Headers that count; no others do.
    pub headers: Vec<String>,
    /// Parameters of the query that do not count. Letter case, `-` and `_` make no difference.
    pub ignored_query: Vec<String>,
    /// Members of a body (of JSON, or the fields of a form) that do not count: paths from the root
    /// (`order.created`), `*` for any one member or item (`items.*.id`), `**.` before a path for
    /// wherever it stands.
    pub ignored_body: Vec<String>,
    /// Whether what usually differs from call to call counts too: timestamps, request ids, nonces,
    /// keys of idempotency.
    pub volatile: bool,
}

/// The members and parameters that differ from call to call, wherever they stand.
const VOLATILE: [&str; 15] = [
    "timestamp",
    "ts",
    "nonce",
    "requestId",
    "clientRequestId",
    "requestTimestamp",
    "requestTime",
    "correlationId",
    "traceId",
    "spanId",
    "traceparent",
    "idempotencyKey",
    "idempotencyToken",
    "sentAt",
    "cacheBuster",
];

/// What makes two requests the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(u128);

/// Makes of a request what counts of it.
#[derive(Clone, Debug)]
pub struct Normaliser {
    headers: Vec<String>,
    query: Paths,
    body: Paths,
    redaction: Redaction,
}

impl Default for Normaliser {
    fn default() -> Self {
        let settings = MatchingSettings::default();
        Self::new(&settings, Redaction::default()).expect("the defaults are well formed")
    }
}

impl Normaliser {
    /// A normaliser by these settings, for cassettes out of which `redaction` took the secrets: they
    /// are taken out of every request before it is compared.
    ///
    /// # Errors
    /// When a path is none.
    pub fn new(settings: &MatchingSettings, redaction: Redaction) -> Result<Self, String> {
        let volatile = match settings.volatile {
            true => &[][..],
            false => &VOLATILE[..],
        };
        let everywhere: Vec<String> = volatile.iter().map(|name| format!("**.{name}")).collect();
        let with = |more: &[String]| Paths::new(everywhere.iter().chain(more));
        let headers = settings
            .headers
            .iter()
            .map(|name| name.to_ascii_lowercase());
        Ok(Self {
            headers: headers.collect(),
            query: with(&settings.ignored_query)?,
            body: with(&settings.ignored_body)?,
            redaction,
        })
    }

    /// The key of a request: method, path, query, body, and the headers that count.
    #[must_use]
    pub fn key(&self, request: &Request) -> Key {
        hash(&self.normalised(request))
    }

    /// The key of a call of a tool, through whatever door.
    #[must_use]
    pub fn tool_key(&self, tool: &str, input: &Value) -> Key {
        hash(&self.normalised_tool(tool, input))
    }
}

/// The tool that a request may call, and with what input, as its body and its path say it: a call of
/// the envelope's door (`{"tool", "input"}`), or of a door that ends with the tool's name.
#[must_use]
pub fn tool_call(request: &Request) -> Option<(String, Value)> {
    if request.method != "POST" {
        return None;
    }
    let body = match request.body.is_empty() {
        true => Value::Object(serde_json::Map::new()),
        false => serde_json::from_slice(&request.body).ok()?,
    };
    let members = body.as_object()?;
    if let Some(Value::String(tool)) = members.get("tool")
        && members.keys().all(|name| name == "tool" || name == "input")
    {
        let input = members.get("input").filter(|input| !input.is_null());
        let input = input
            .cloned()
            .unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        return Some((tool.clone(), input));
    }
    let name: Cow<'_, str> = crate::domain::call::decode(request.path().rsplit('/').next()?, false);
    (!name.is_empty()).then(|| (name.into_owned(), body))
}

fn hash(normalised: &[u8]) -> Key {
    let digest = Sha256::digest(normalised);
    let bytes: [u8; 16] = digest[..16].try_into().expect("a digest has 32 bytes");
    Key(u128::from_be_bytes(bytes))
}
