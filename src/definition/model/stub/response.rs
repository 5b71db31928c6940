//! What answers.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::definition::model::shared::OneOrMany;

/// What answers: of a stub or a tool.
///
/// A tool's templates see `input`, `request`, `tool`, `agent`, `credential`, `now`, what `let` has
/// named, and `record` where a step has made it. A stub's see `request` and `now`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Response {
    /// The status code; 200, if left out.
    pub status: Option<u16>,
    /// Headers. In a tool, or with `response-template`, the values are templates.
    pub headers: IndexMap<String, OneOrMany<String>>,
    /// The body as text. In a tool, or with `response-template`, a template.
    pub body: Option<String>,
    /// The body as JSON. In a tool, its strings are templates, and one that is exactly one
    /// `{{path}}` keeps the type of what it names.
    pub json_body: Option<Value>,
    /// The body from a file in `__files`.
    pub body_file_name: Option<String>,
    /// Milliseconds of wall time before the answer.
    pub fixed_delay_milliseconds: Option<u64>,
    /// The call is sent on to this URL, and what answers there answers: its path and query follow this
    /// text. With `response-template`, a template.
    pub proxy_base_url: Option<String>,
    /// With `proxyBaseUrl`: what the call's path begins with that is not sent on.
    pub proxy_url_prefix_to_remove: Option<String>,
    /// With `proxyBaseUrl`: headers that are sent beside the call's own.
    pub additional_proxy_request_headers: IndexMap<String, OneOrMany<String>>,
    /// With `proxyBaseUrl`: headers of the call that are not sent on, in small letters.
    pub remove_proxy_request_headers: Vec<String>,
    /// `response-template` makes the stub's texts templates.
    pub transformers: Vec<String>,
}
