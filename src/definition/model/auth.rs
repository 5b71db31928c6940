//! Simulated authentication: credentials that are checked.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::pack::Cause;

/// Credentials that are checked: where a call carries one, and how it is refused without.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Auth {
    /// The profile that it builds on.
    pub profile: Option<String>,
    /// How refusals look, by cause.
    pub refusals: IndexMap<String, Cause>,
}

/// What a caller must be allowed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct AuthRule {
    /// The scopes that the credential must have: all of them.
    pub scopes: Vec<String>,
}
