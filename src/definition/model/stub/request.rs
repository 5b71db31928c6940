//! What a request must be like.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Pattern;

/// What a request must be like. What is left out matches anything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct RequestPattern {
    /// The method, or `ANY`.
    pub method: Option<String>,
    /// Path and query, exactly.
    pub url: Option<String>,
    /// Path and query, as a regular expression for the whole of it.
    pub url_pattern: Option<String>,
    /// The path, exactly.
    pub url_path: Option<String>,
    /// The path, as a regular expression for the whole of it.
    pub url_path_pattern: Option<String>,
    /// The path, with variables: `/contacts/{id}`.
    pub url_path_template: Option<String>,
    /// Headers, by name.
    pub headers: IndexMap<String, Pattern>,
    /// Query parameters, by name.
    pub query_parameters: IndexMap<String, Pattern>,
    /// What the body must be like: all of these.
    pub body_patterns: Vec<Pattern>,
}
