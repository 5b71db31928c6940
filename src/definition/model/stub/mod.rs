//! Stubs, in WireMock's words: the mapping here, what a request must be like, what a value must be
//! like, and what answers in the files beside.

mod pattern;
mod request;
mod response;

use std::sync::LazyLock;

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

pub use pattern::{NamespaceAwareness, Pattern, SchemaVersion};
pub use request::{MatchingType, MultipartPattern, RequestPattern};
pub use response::{ChunkedDribbleDelay, RESPONSE_TEMPLATE, Response};

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
    /// The scenario that the stub is part of: a story in states.
    pub scenario_name: Option<String>,
    /// The state in which it answers; any, if left out. A scenario begins in `Started`.
    pub required_scenario_state: Option<String>,
    /// The state that follows when it has answered.
    pub new_scenario_state: Option<String>,
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

/// The JSON Schema of one stub.
#[must_use]
pub fn stub_schema() -> Value {
    // It is asked for once a file, and never changes.
    static SCHEMA: LazyLock<Value> =
        LazyLock::new(|| schemars::schema_for!(StubMapping).to_value());
    SCHEMA.clone()
}

/// The JSON Schema of what a request must be like, on its own.
#[must_use]
pub fn request_pattern_schema() -> Value {
    // It is asked for once a question about requests, and never changes.
    static SCHEMA: LazyLock<Value> =
        LazyLock::new(|| schemars::schema_for!(RequestPattern).to_value());
    SCHEMA.clone()
}

/// The JSON Schema of a file of stubs.
#[must_use]
pub fn stub_file_schema() -> Value {
    // It is asked for once a file, and never changes.
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(StubFile).to_value());
    SCHEMA.clone()
}
