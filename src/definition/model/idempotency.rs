//! Idempotency: a request that is sent again is recognised by its key.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::pack::Cause;
use super::shared::OneOrMany;

/// A request that is sent again is recognised by its key, and answered as the first time. A key counts
/// for one tool; the same key on another tool is another key.
///
/// Templates of `replayHeaders` and `refusals` see `idempotency`: `key`, `header`, `maxLength`, and of a
/// key that was used before `firstAt`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Idempotency {
    /// The profile that it builds on.
    pub profile: Option<String>,
    /// The header that carries the key; `Idempotency-Key`, if neither it nor `key` is given.
    pub header: Option<String>,
    /// A template of the key, for APIs that carry it in the body: `{{input.client_token}}`. Where it
    /// gives an empty text, there is no key.
    pub key: Option<String>,
    /// What a key looks like: `text` (as it stands), if left out, or `structuredString`, a quoted
    /// string of RFC 8941. Any other is refused as `idempotency_key_invalid`.
    pub format: Option<KeyFormat>,
    /// How many characters a key has at the most: 1 to 4096; 255, if left out. A longer one is refused as
    /// `idempotency_key_invalid`.
    pub max_length: Option<u64>,
    /// Whether a request without a key is refused, as `idempotency_key_missing`.
    pub required: Option<bool>,
    /// How long a key is remembered, by the sandbox clock; `24h`, if left out. After that, the same key
    /// is a new one.
    pub retention: Option<String>,
    /// What a key is bound to beside its tool: `apiKey`, the credential of the call, if left out;
    /// `agent`, or nothing but the `sandbox`.
    pub scope: Option<KeyScope>,
    /// Which replies are saved: `executed`, if left out. A request whose reply is not saved is done
    /// anew when it comes again. What credentials, rate limits and the key itself refuse is never
    /// saved, and neither is an error that a tester has queued.
    pub saves: Option<Saves>,
    /// What becomes of another request under a key that was used: `refuse` it as
    /// `idempotency_mismatch`, if left out. Another request is one of another method, path, query or
    /// body; the order of a JSON body's members does not count.
    pub mismatch: Option<Mismatch>,
    /// Headers of a reply that is given again; the values are templates.
    pub replay_headers: IndexMap<String, OneOrMany<String>>,
    /// How refusals look: `idempotency_key_missing`, `idempotency_key_invalid`, `idempotency_mismatch`,
    /// and `idempotency_in_flight` for a key whose first request has not been answered yet.
    pub refusals: IndexMap<String, Cause>,
}

/// What a key looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum KeyFormat {
    /// Any text, as it stands.
    #[default]
    Text,
    /// A string of RFC 8941: in quotes.
    StructuredString,
}

/// What a key is bound to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum KeyScope {
    /// The credential that the call carries.
    #[default]
    ApiKey,
    /// Whom the call is made for.
    Agent,
    /// The sandbox.
    Sandbox,
}

/// Which replies are saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Saved replies")]
pub enum Saves {
    /// Those of requests whose input was right: what was done, and also a refusal or a failure then.
    #[default]
    Executed,
    /// Those with a status of success.
    Success,
    /// All, a refusal of the input too.
    All,
}

/// What becomes of another request under a key that was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Key mismatch")]
pub enum Mismatch {
    /// It is refused.
    #[default]
    Refuse,
    /// It is answered as the first one was.
    Replay,
    /// It is done as if it had no key.
    Execute,
}
