//! Stubs, in WireMock's words.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::auth::AuthRule;
use super::batch::Batch;
use super::idempotency::Idempotency;
use super::pagination::Pagination;
use super::rate_limit::RateLimit;
use super::shared::{Named, OneOrMany};
use super::webhook::{PostServeActions, ServeEventListener};

/// A file of stubs: one, or `{"mappings": […]}`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StubFile {
    /// The stubs.
    pub mappings: Vec<StubMapping>,
    /// For editors; ignored.
    #[serde(rename = "$schema")]
    pub schema: Option<String>,
    /// WireMock's note of how many there are; ignored.
    pub meta: Option<Map<String, Value>>,
}

/// A stub: a request pattern and what answers it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct StubMapping {
    /// For editors; ignored.
    #[serde(rename = "$schema")]
    pub schema: Option<String>,
    /// A UUID. Made up, if left out.
    pub id: Option<String>,
    /// Another name for `id`.
    pub uuid: Option<String>,
    /// A name for people.
    pub name: Option<String>,
    /// Which of several matching stubs answers: 1 is the highest, 5 the default; the newest among
    /// equals.
    pub priority: Option<u32>,
    /// What a request must be like.
    pub request: Option<RequestPattern>,
    /// What answers it.
    pub response: Option<Response>,
    /// What is sent when it has answered.
    pub serve_event_listeners: Vec<ServeEventListener>,
    /// The older form of `serveEventListeners`.
    pub post_serve_actions: Option<PostServeActions>,
    /// Kept for WireMock's clients.
    pub persistent: Option<bool>,
    /// Anything that you want to find the stub by.
    pub metadata: Option<Map<String, Value>>,
    /// What a caller must be allowed, where the pack checks credentials.
    pub auth: Option<AuthRule>,
    /// How much may be called in what time. Templates see `input`: the members of the body, the
    /// query's over them, the path's over these.
    pub rate_limit: Option<OneOrMany<Named<RateLimit>>>,
    /// Whether a call that is sent again is recognised by its key.
    pub idempotency: Option<Named<Idempotency>>,
    /// It answers with a page of one of its pack's collections.
    pub pagination: Option<Named<Pagination>>,
    /// It takes many items and does each by a tool of its pack.
    pub batch: Option<Named<Batch>>,
}

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

/// What a value must be like: exactly one operator.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Pattern {
    /// Equal to this text.
    pub equal_to: Option<String>,
    /// With `equalTo`: whether case counts.
    pub case_insensitive: Option<bool>,
    /// Has this text in it.
    pub contains: Option<String>,
    /// Matches this regular expression, as a whole.
    pub matches: Option<String>,
    /// Does not match this regular expression.
    pub does_not_match: Option<String>,
    /// Is not there.
    pub absent: Option<bool>,
    /// Equal to this JSON: a document, or a text that holds one.
    pub equal_to_json: Option<Value>,
    /// With `equalToJson`: the order of arrays does not count.
    pub ignore_array_order: Option<bool>,
    /// With `equalToJson`: members that are not in the pattern do not count.
    pub ignore_extra_elements: Option<bool>,
    /// Has something at this JSONPath: a text, or `{"expression": …}` with an operator for what
    /// is found there.
    #[schemars(with = "Option<JsonPathPattern>")]
    pub matches_json_path: Option<Value>,
}

/// A JSONPath, or one with an operator.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it only describes the shape for the JSON Schema")]
enum JsonPathPattern {
    /// The path.
    Path(String),
    /// The path as `expression`, and an operator for what is found.
    With(BTreeMap<String, Value>),
}

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
    /// `response-template` makes the stub's texts templates.
    pub transformers: Vec<String>,
}

/// The JSON Schema of one stub.
#[must_use]
pub fn stub_schema() -> Value {
    // It is asked for once a file, and never changes.
    static SCHEMA: LazyLock<Value> =
        LazyLock::new(|| schemars::schema_for!(StubMapping).to_value());
    SCHEMA.clone()
}

/// The JSON Schema of a file of stubs.
#[must_use]
pub fn stub_file_schema() -> Value {
    // It is asked for once a file, and never changes.
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(StubFile).to_value());
    SCHEMA.clone()
}
