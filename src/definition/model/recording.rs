//! What is to be recorded, and how, in WireMock's words.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What is to be recorded, and how.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct RecordSpec {
    /// While it is recorded, all calls are sent on to here.
    pub target_base_url: Option<String>,
    /// Which calls: what a request must be like, and `ids` and `allowNonProxied` beside it.
    pub filters: Option<Map<String, Value>>,
    /// Which headers of a call its stub wants, and how.
    pub capture_headers: Option<IndexMap<String, Option<CaptureHeader>>>,
    /// How a stub looks at the body.
    pub request_body_pattern: Option<BodyPatternSpec>,
    /// How large a body is that stands in a file.
    pub extract_body_criteria: Option<Value>,
    /// `FULL` or `IDS`.
    pub output_format: Option<String>,
    /// Whether the stubs are marked as persistent; they are, if it is left out.
    pub persist: Option<bool>,
    /// Whether equal calls become a scenario; they do, if it is left out.
    pub repeats_as_scenarios: Option<bool>,
    /// Extensions of WireMock, which there are none of here.
    pub transformers: Option<Vec<String>>,
    /// What they are told.
    pub transformer_parameters: Option<Map<String, Value>>,
}

/// How a stub wants a header.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct CaptureHeader {
    /// Whether case does not count.
    pub case_insensitive: Option<bool>,
}

/// How a stub looks at the body of a call.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct BodyPatternSpec {
    /// `auto`, `equalTo`, `equalToJson` or `equalToXml`.
    pub matcher: Option<String>,
    /// Of JSON: the order of arrays does not count.
    pub ignore_array_order: Option<bool>,
    /// Of JSON: members that are not in the pattern do not count.
    pub ignore_extra_elements: Option<bool>,
    /// Of text: case does not count.
    pub case_insensitive: Option<bool>,
}
