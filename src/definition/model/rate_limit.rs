//! Rate limits: how much may be called in what time.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::pack::Cause;
use super::shared::{Cel, OneOrMany};

/// How much may be called in what time, and how that looks on the wire. A call is served when every
/// limit that it meets lets it; then it counts against all of them.
///
/// Templates of `headers` and `refusals` see `limit` (`name`, `limit`, `remaining`, `used`, `resource`,
/// `window` in seconds, `reset`: the second of the epoch at which it is fresh again, `resetIn`: seconds
/// until then, `resetAt`: RFC 3339, `retryAfter`: the exact wait, rounded up to `retryAfterUnit`,
/// `retryAfterMs`, `cost`) and `limits`: all that the call met.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct RateLimit {
    /// The profile that it builds on.
    pub profile: Option<String>,
    /// What the limit is called. Limits of one name in a pack count together, so they have the same
    /// policy and key. The profile's name, if left out; a limit that has neither counts for its tool
    /// alone.
    pub name: Option<String>,
    /// How calls are counted; `fixedWindow`, if left out.
    pub algorithm: Option<AlgorithmName>,
    /// How much may be called in one window: the sum of the costs.
    pub limit: Option<u64>,
    /// How long a window is: `1s`, `15m`, `1h`, `1d`. Not for `concurrency` and `quota`.
    pub per: Option<String>,
    /// How much may come at once, for `tokenBucket`, `leakyBucket` and `gcra`; `limit`, if left out.
    pub burst: Option<u64>,
    /// Whether a `fixedWindow` begins with the first call; at the clock's full windows, if left out.
    pub from_first_call: Option<bool>,
    /// The time zone at whose midnight a `quota` begins again: an IANA name; UTC, if left out.
    pub zone: Option<String>,
    /// By what is counted: one of `sandbox`, `apiKey`, `agent`, `tool`, `route`, `address`, or a CEL
    /// expression; several count by all of them together. `sandbox`, if left out.
    pub key: Option<OneOrMany<String>>,
    /// What a call costs: a whole number; 1, if left out. A call that has another cost is refused as
    /// `invalid_input`, and counts as 1.
    pub cost: Option<Cel>,
    /// Which calls are counted; all, if left out.
    pub when: Option<Cel>,
    /// Whether refused calls count too.
    pub count_refused: Option<bool>,
    /// Statuses of replies that do not count: `[304]` lets a caller ask as often as it likes whether
    /// something has changed. What the headers tell then is as if the call had not come. Not for
    /// `concurrency`.
    pub uncounted: Vec<u16>,
    /// What is limited, as some APIs tell it in a header.
    pub resource: Option<String>,
    /// What `retryAfter` is rounded up to: `1s`, if left out.
    pub retry_after_unit: Option<String>,
    /// Headers of every reply, whether refused or not; the values are templates.
    pub headers: IndexMap<String, OneOrMany<String>>,
    /// Members laid into the JSON of every reply that is served; strings are templates.
    pub body: Option<serde_json::Value>,
    /// How a refusal looks: `rate_limited`, and `quota_exceeded` for one that no wait of the window
    /// helps (its `rate_limited`, if left out).
    pub refusals: IndexMap<String, Cause>,
    /// Several limits in one: each has what it does not say itself from here.
    pub limits: Vec<RateLimit>,
}

/// How calls are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AlgorithmName {
    /// So much in each window of the clock. Twice as much may come around a window's end.
    FixedWindow,
    /// So much in any stretch of a window's length: every call is remembered.
    SlidingLog,
    /// The sliding log, estimated from this window and the one before.
    SlidingCounter,
    /// A bucket of tokens that fills steadily; each call takes some.
    TokenBucket,
    /// A bucket that leaks steadily; each call pours some in.
    LeakyBucket,
    /// The generic cell rate algorithm: calls are spaced, and may come early by a burst.
    Gcra,
    /// So many calls at the same time.
    Concurrency,
    /// So much each day of a time zone.
    Quota,
}
