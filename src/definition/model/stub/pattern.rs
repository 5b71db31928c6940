//! What a value must be like.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What a value must be like: exactly one operator, and what belongs to it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Pattern {
    /// Equal to this text.
    pub equal_to: Option<String>,
    /// With `equalTo`: case does not count.
    pub case_insensitive: Option<bool>,
    /// Has this text in it.
    pub contains: Option<String>,
    /// Does not have this text in it; also where there is nothing.
    pub does_not_contain: Option<String>,
    /// Matches this regular expression, as a whole.
    pub matches: Option<String>,
    /// Does not match this regular expression; also where there is nothing.
    pub does_not_match: Option<String>,
    /// Whatever it is, also nothing. The text does not count.
    pub anything: Option<String>,
    /// Is not there. The value does not count.
    #[serde(deserialize_with = "given")]
    pub absent: Option<Value>,
    /// A URL whose path fits this template.
    pub matches_path_template: Option<String>,
    /// A body that has these bytes, in base64.
    pub binary_equal_to: Option<String>,
    /// Equal to this JSON: a document, or a text that holds one.
    #[serde(deserialize_with = "given")]
    pub equal_to_json: Option<Value>,
    /// With `equalToJson`: the order of arrays does not count.
    pub ignore_array_order: Option<bool>,
    /// With `equalToJson`: members that are not in the pattern do not count.
    pub ignore_extra_elements: Option<bool>,
    /// Has something at this JSONPath: a text, or `{"expression": …}` with an operator for what
    /// is found there.
    #[schemars(with = "Option<PathPattern>")]
    pub matches_json_path: Option<Value>,
    /// JSON that this schema takes: a document, or a text that holds one.
    #[serde(deserialize_with = "given")]
    pub matches_json_schema: Option<Value>,
    /// With `matchesJsonSchema`: the version of a schema that does not say it by `$schema`.
    pub schema_version: Option<SchemaVersion>,
    /// Equal to this XML.
    pub equal_to_xml: Option<String>,
    /// With `equalToXml`: texts such as `${xmlunit.ignore}` stand for what they name.
    pub enable_placeholders: Option<bool>,
    /// With `equalToXml`: what a placeholder begins with, as a regular expression.
    pub placeholder_opening_delimiter_regex: Option<String>,
    /// With `equalToXml`: what a placeholder ends with, as a regular expression.
    pub placeholder_closing_delimiter_regex: Option<String>,
    /// With `equalToXml`: the kinds of difference that do not count.
    pub exempted_comparisons: Option<Vec<String>>,
    /// With `equalToXml`: the order of elements of one name does not count.
    pub ignore_order_of_same_node: Option<bool>,
    /// With `equalToXml`: how namespaces are compared.
    pub namespace_awareness: Option<NamespaceAwareness>,
    /// Has something at this XPath: a text, or `{"expression": …}` with an operator for what is
    /// found there.
    #[schemars(with = "Option<PathPattern>")]
    pub matches_x_path: Option<Value>,
    /// With `matchesXPath`: the namespaces of its prefixes.
    pub x_path_namespaces: Option<IndexMap<String, String>>,
    /// A time before this one, or before now: `now -3 days`.
    pub before: Option<String>,
    /// A time after this one, or after now: `now +3 days`.
    pub after: Option<String>,
    /// This time.
    pub equal_to_date_time: Option<String>,
    /// With the operators of time: the format in which the request has it.
    pub actual_format: Option<String>,
    /// With the operators of time: how the expected time is cut: `first hour of day`.
    pub truncate_expected: Option<String>,
    /// With the operators of time: how the actual time is cut.
    pub truncate_actual: Option<String>,
    /// With the operators of time: the offset counts before the expected time is cut.
    pub apply_truncation_last: Option<bool>,
    /// With the operators of time: how much is added to the expected time.
    pub expected_offset: Option<i64>,
    /// With `expectedOffset`: its unit, such as `days`.
    pub expected_offset_unit: Option<String>,
    /// All of these.
    pub and: Option<Vec<Pattern>>,
    /// One of these.
    pub or: Option<Vec<Pattern>>,
    /// Not this.
    pub not: Option<Box<Pattern>>,
    /// Of a header, a query parameter or a member of a form: as many values as here, one for each of
    /// these.
    pub has_exactly: Option<Vec<Pattern>>,
    /// Of a header, a query parameter or a member of a form: a value for each of these.
    pub includes: Option<Vec<Pattern>>,
}

/// A version of JSON Schema.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
pub enum SchemaVersion {
    /// Draft 4.
    V4,
    /// Draft 6.
    V6,
    /// Draft 7.
    V7,
    /// 2019-09.
    V201909,
    /// 2020-12.
    V202012,
}

/// How namespaces of XML are compared.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NamespaceAwareness {
    /// By their addresses, and prefixes count too.
    Strict,
    /// By their addresses, where the expected document has any.
    Legacy,
    /// Not at all.
    None,
}

/// A path, or one with an operator.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it only describes the shape for the JSON Schema")]
enum PathPattern {
    /// The path.
    Path(String),
    /// The path as `expression`, and an operator for what is found.
    With(BTreeMap<String, Value>),
}

/// A value that may be null: that is a value too.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
