//! Pagination: a list that comes in pages.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::pack::Cause;

/// A list that comes in pages: what is listed, and how its pages look on the wire.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Pagination {
    /// The profile that it builds on.
    pub profile: Option<String>,
    /// How refusals look, by cause.
    pub refusals: IndexMap<String, Cause>,
}
