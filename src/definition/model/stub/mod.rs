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
use super::fault::OwnFault;
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
#[schemars(title = "Stub")]
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
    /// Which of the stubs it was when WireMock saved it; ignored.
    pub insertion_index: Option<u64>,
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
    /// What goes wrong with it on purpose.
    pub faults: Vec<OwnFault>,
}

/// Stubs as they are imported. Other members mean nothing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StubImport {
    /// The stubs, the newest first.
    pub mappings: Vec<StubMapping>,
    /// What becomes of the stubs that are there.
    pub import_options: Option<ImportOptions>,
}

/// What becomes of the stubs that are there when others are imported.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct ImportOptions {
    /// Which of two stubs with one id stays: the one that is there, if left out. Without any options,
    /// it is the imported one.
    pub duplicate_policy: Option<DuplicatePolicy>,
    /// Whether all stubs go that are not imported.
    pub delete_all_not_in_import: Option<bool>,
}

/// Which of two stubs with one id stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum DuplicatePolicy {
    /// The imported one.
    Overwrite,
    /// The one that is there.
    Ignore,
}

/// The JSON Schema of an import.
#[must_use]
pub fn stub_import_schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(StubImport).to_value());
    &SCHEMA
}

/// The JSON Schema of one stub.
#[must_use]
pub fn stub_schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> =
        LazyLock::new(|| schemars::schema_for!(StubMapping).to_value());
    &SCHEMA
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
