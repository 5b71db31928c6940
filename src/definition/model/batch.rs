//! Batches: many items in one call, each decided by itself.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::pack::Cause;

/// Many items in one call, each decided by itself.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Batch {
    /// The profile that it builds on.
    pub profile: Option<String>,
    /// How refusals of the whole batch look, by cause.
    pub refusals: IndexMap<String, Cause>,
}
