//! Tools: what an agent calls.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::auth::AuthRule;
use super::batch::Batch;
use super::fault::OwnFault;
use super::idempotency::Idempotency;
use super::pack::Cause;
use super::pagination::Pagination;
use super::rate_limit::RateLimit;
use super::shared::{Cel, Named, OneOrMany};
use super::step::Step;
use super::stub::Response;

/// A tool: what it takes, what it does, what it answers.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Tool {
    /// What it does, for whoever chooses a tool.
    pub description: String,
    /// The JSON Schema of its input. `type: object` is understood. A call that does not fit is
    /// refused as `invalid_input`, with every failing member named, or as the closer cause that the pack
    /// declares: `missing_member`, `unknown_member`, `wrong_type`, `not_one_of`, `out_of_range`.
    pub input: Option<Map<String, Value>>,
    /// The JSON Schema of what it answers. A reply that does not fit is shown in the call's trace.
    pub output: Option<Map<String, Value>>,
    /// Whom a call is made for, where it is not what the pack says.
    pub agent: Option<Cel>,
    /// A route of its own, beside the pack's doors: `POST /orders/{order_id}/pay`. The input is
    /// the members of the body (JSON or a form), the query's and the path's, in this order of
    /// precedence from low to high. What form, query and path carry is text; where `input` wants an
    /// integer, a number, a boolean, an object or an array, it is read as one. Several routes reach the
    /// same tool.
    pub route: Option<OneOrMany<String>>,
    /// Whether the parameters of a route's query are members of the input. They are, if left out;
    /// `false` suits a tool that stores its input as it came.
    pub query: Option<bool>,
    /// What a caller must be allowed, where the pack checks credentials.
    pub auth: Option<AuthRule>,
    /// How much of it may be called in what time, beside the pack's own limits.
    pub rate_limit: Option<OneOrMany<Named<RateLimit>>>,
    /// Whether a call that is sent again is recognised by its key.
    pub idempotency: Option<Named<Idempotency>>,
    /// Names of accounts that an accepted call opens as wallets, where they are not open yet.
    #[serde(default)]
    pub opens: Vec<Cel>,
    /// What it does, step by step. A step that refuses ends the call, and nothing of it remains.
    #[serde(default, rename = "do")]
    pub steps: Vec<Step>,
    /// It answers with a page of a list. After the steps of `do`.
    pub pagination: Option<Named<Pagination>>,
    /// It takes many items and does each by another tool. After the steps of `do`.
    pub batch: Option<Named<Batch>>,
    /// The reply carries an entity tag in the header `ETag`: that of `record` as it is then (`true`), or
    /// that of the reply's body (`body`: of a list, say). A GET whose `If-None-Match` has it is answered
    /// 304, without a body.
    #[serde(default)]
    pub etag: TagOf,
    /// Only batches and routes of its own call it: no door leads to it.
    #[serde(default)]
    pub internal: bool,
    /// Which references of the reply's body are replaced by the records that they refer to: a CEL
    /// expression that gives a list of dotted paths, such as `input.expand`, or nothing. A path goes
    /// through lists (`data.customer`) and on from what it has replaced (`latest_charge.customer`). One
    /// that leads to no member of the pack's `references`, more than 20 paths, and more than 4 references
    /// in a path are refused as `cannot_expand`. Null stays null.
    pub expand: Option<Cel>,
    /// What it answers. Beside `pagination` or `batch`: instead of what the profile answers; it sees
    /// `page` or `batch`, and the profile's own body as `page.body` or `batch.body`. Of a list of responses,
    /// the first whose `when` holds answers.
    pub response: Option<OneOrMany<Response>>,
    /// How its own refusals look, by cause, where they look otherwise than the pack's: what a cause does not
    /// say here, the profile says that refuses, or the pack.
    pub refusals: Option<ToolRefusals>,
    /// What goes wrong with it on purpose, in every sandbox.
    #[serde(default)]
    pub faults: Vec<OwnFault>,
}

/// How the refusals of one tool look.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ToolRefusals {
    /// Status, title, headers and body by cause: causes that the engine knows, or that the pack declares.
    pub causes: IndexMap<String, Cause>,
}

/// Of what a reply carries the entity tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TagOf {
    /// Of nothing.
    #[default]
    Nothing,
    /// Of the record at hand.
    Record,
    /// Of the reply's body.
    Body,
}

impl<'de> Deserialize<'de> for TagOf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Bool(true) => Ok(Self::Record),
            Value::Bool(false) => Ok(Self::Nothing),
            Value::String(text) if text == "body" => Ok(Self::Body),
            _ => Err(serde::de::Error::custom("expected true, false or body")),
        }
    }
}

impl JsonSchema for TagOf {
    fn schema_name() -> Cow<'static, str> {
        "TagOf".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": [true, false, "body"] })
    }
}
