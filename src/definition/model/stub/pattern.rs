//! What a value must be like.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

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
