//! Tools: what an agent calls.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::auth::AuthRule;
use super::batch::Batch;
use super::fault::OwnFault;
use super::idempotency::Idempotency;
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
    /// The reply carries the entity tag of `record` as it is then, in the header `ETag`; a GET whose
    /// `If-None-Match` has it is answered 304, without a body.
    #[serde(default)]
    pub etag: bool,
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
    /// What goes wrong with it on purpose, in every sandbox.
    #[serde(default)]
    pub faults: Vec<OwnFault>,
}
