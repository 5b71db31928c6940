//! The settings of faults. Each mode has its own among them.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::delay::Delay;

/// The settings of a fault; what is left out is as its mode has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[schemars(title = "Fault settings")]
pub struct With {
    /// How long, in milliseconds of wall time: `latency`, `timeout`, `slow_drip`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u64>,
    /// How long, drawn for each call: `latency`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Delay>,
    /// In how many pieces: `slow_drip`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunks: Option<u32>,
    /// The status: `wrong_status`, `error_in_ok`, `rate_limited`; of `timeout`, the status that comes after
    /// all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The statuses that one is drawn from: `wrong_status`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<u16>,
    /// The body: `wrong_status`, `error_in_ok`, `rate_limited`, `silent_no_op`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// The named cause that the pack words the error of: `error_in_ok`, `wrong_status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// What the error says: `error_in_ok`, `wrong_status`, `rate_limited`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether the error stands beside the clean answer, which is then done: `error_in_ok`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside: Option<bool>,
    /// After how many seconds the caller may come back, or false if it is not told: `rate_limited`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<RetryAfter>,
    /// The members concerned, as paths from the body's root: `a.b`, through lists into each element; a name
    /// alone is looked for at the root, and then wherever it stands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Which share of the members, from 0 to 1, or of the bytes: `partial_response`, `truncated_body`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Old names and new ones: `renamed_field`, `schema_drift`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub rename: IndexMap<String, String>,
    /// Members that come: `added_field`, `schema_drift`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub add: Map<String, Value>,
    /// Members that go: `schema_drift`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
    /// Members and their new types: `schema_drift`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub retype: IndexMap<String, Kind>,
    /// The new type: `type_change`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Kind>,
    /// As it was so many calls ago; 1 is before the previous call: `stale_read`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<u64>,
    /// As it was so many seconds of the sandbox clock ago: `stale_read`; how long a webhook waits for the
    /// next: `out_of_order`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// How many rows fewer: `short_page`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// What has expired: `expired_token`. The page's token, where the call brings one; else the credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
    /// How the caller sees that nothing comes: `lost_reply`, `lost_request`.
    #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
    pub lost_as: Option<LostAs>,
    /// Whether what the call asks for is done all the same: modes in which the reply is lost or replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub committed: Option<bool>,
    /// After how many bytes: `truncated_body`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// After how many events of a stream: `truncated_body`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<u64>,
    /// Whether the length that is told is that of what comes, so that the cut shows only in the body:
    /// `truncated_body`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub framed: Option<bool>,
    /// What comes: `garbage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub garbage: Option<Garbage>,
    /// What is wrong with the tool: `broken_tool_schema`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flaw: Option<ToolFlaw>,
}

/// After how many seconds a caller may come back, if it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// After so many.
    Seconds(u64),
    /// It is not told.
    Untold,
}

/// A type of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(title = "JSON type")]
pub enum Kind {
    /// A text.
    String,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A list, of the value itself.
    Array,
    /// An object, with the value as `value`.
    Object,
    /// Null.
    Null,
}

/// What expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(title = "Expiring token")]
pub enum Token {
    /// The token of the page.
    Page,
    /// What the caller shows of itself.
    Credential,
}

/// How a caller sees that nothing comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(title = "Loss")]
pub enum LostAs {
    /// The connection is reset.
    Reset,
    /// The connection is closed.
    Close,
    /// Nothing happens, for `milliseconds`; then the connection is closed.
    Timeout,
}

/// What comes instead of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Garbage {
    /// A good head, and bytes that mean nothing.
    Body,
    /// A good head, and a page of a gateway (HTML).
    Html,
    /// A good head and a broken chunk, and the connection closes.
    Chunk,
    /// Bytes that are no HTTP, and the connection closes.
    Wire,
}

/// What is wrong with the description of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Tool flaw")]
pub enum ToolFlaw {
    /// The `type` of a parameter is null.
    NullType,
    /// A parameter is called otherwise.
    RenamedParameter,
}

impl Serialize for RetryAfter {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Seconds(seconds) => serializer.serialize_u64(*seconds),
            Self::Untold => serializer.serialize_bool(false),
        }
    }
}

impl<'de> Deserialize<'de> for RetryAfter {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match (value.as_u64(), value.as_bool()) {
            (Some(seconds), _) => Ok(Self::Seconds(seconds)),
            (_, Some(false)) => Ok(Self::Untold),
            _ => {
                let message = format!("expected whole seconds, or false; found {value}");
                Err(serde::de::Error::custom(message))
            }
        }
    }
}

impl JsonSchema for RetryAfter {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RetryAfter".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "anyOf": [{ "type": "integer", "minimum": 0 }, { "const": false }]
        })
    }
}
