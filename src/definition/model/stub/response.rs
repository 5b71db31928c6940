//! What answers.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::definition::model::shared::OneOrMany;

/// What answers: of a stub or a tool.
///
/// A tool's templates see `input`, `request`, `tool`, `agent`, `credential`, `now`, what `let` has
/// named, and `record` where a step has made it. A stub's see `request` and
/// `parameters`.
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
    /// `response-template` makes the stub's texts templates.
    pub transformers: Vec<String>,
    /// What the templates of a stub see as `parameters`.
    pub transformer_parameters: Option<Map<String, Value>>,
}
