//! Idempotency: a request that is sent again is recognised by its key.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::pack::Cause;

/// A request that is sent again is recognised by its key, and answered as the first time.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Idempotency {
    /// The profile that it builds on.
    pub profile: Option<String>,
    /// How refusals look, by cause.
    pub refusals: IndexMap<String, Cause>,
}
