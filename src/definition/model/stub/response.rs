//! What answers.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::definition::model::event_stream::EventStream;
use crate::definition::model::loose;
use crate::definition::model::shared::{Cel, OneOrMany};
use crate::domain::delay::Delay;
use crate::domain::reply::Fault;

/// WireMock's name for templates in a stub's response.
pub const RESPONSE_TEMPLATE: &str = "response-template";

/// What answers: of a stub or a tool.
///
/// A tool's templates see `input`, `request`, `tool`, `agent`, `credential`, `now`, what `let` has
/// named, and `record` where a step has made it. A stub's see `request` and
/// `parameters`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Response {
    /// Whether this answers: only in a list of responses, where the first whose `when` holds does. The last
    /// has none, and answers where no other does.
    pub when: Option<Cel>,
    /// Names for this response: CEL that is evaluated when all that the tool does is done, so that it sees
    /// `page` and `batch`, and the names before it. Only in a tool.
    #[serde(rename = "let")]
    pub names: IndexMap<String, Cel>,
    /// The status code; 200, if left out.
    #[serde(deserialize_with = "loose::whole")]
    #[schemars(schema_with = "loose::whole_schema")]
    pub status: Option<i64>,
    /// What is said after the status code, over HTTP/1; the code's own phrase, if left out.
    pub status_message: Option<String>,
    /// Headers. In a tool, or with `response-template`, the values are templates.
    #[serde(deserialize_with = "loose::or_nothing")]
    #[schemars(with = "Option<IndexMap<String, OneOrMany<String>>>")]
    pub headers: IndexMap<String, OneOrMany<String>>,
    /// The body as text. In a tool, or with `response-template`, a template. Of a stub with several
    /// bodies this one counts, then `jsonBody`, `base64Body`, and `bodyFileName`.
    #[serde(deserialize_with = "loose::text")]
    #[schemars(schema_with = "loose::text_schema")]
    pub body: Option<String>,
    /// The body as JSON. In a tool, its strings are templates, and one that is exactly one
    /// `{{path}}` keeps the type of what it names.
    pub json_body: Option<Value>,
    /// The body as Base64 of its bytes.
    pub base64_body: Option<String>,
    /// The body from a file in `__files`.
    pub body_file_name: Option<String>,
    /// The answer is a stream of server-sent events, as `text/event-stream` unless `headers` say otherwise.
    /// A body beside it is what is answered where the stream's `when` does not hold.
    pub event_stream: Option<EventStream>,
    /// Milliseconds of wall time before the answer.
    #[serde(deserialize_with = "loose::whole")]
    #[schemars(schema_with = "loose::whole_schema")]
    pub fixed_delay_milliseconds: Option<i64>,
    /// Wall time before the answer that is drawn for each call; `fixedDelayMilliseconds` comes on top.
    pub delay_distribution: Option<Delay>,
    /// The body comes in pieces, with a pause before each.
    pub chunked_dribble_delay: Option<ChunkedDribbleDelay>,
    /// What happens on the wire instead of the answer, after its delay.
    pub fault: Option<Fault>,
    /// The call is sent on to this URL, and what answers there answers: its path and query follow this
    /// text. With `response-template`, a template.
    pub proxy_base_url: Option<String>,
    /// With `proxyBaseUrl`: what the call's path begins with that is not sent on.
    pub proxy_url_prefix_to_remove: Option<String>,
    /// With `proxyBaseUrl`: headers that are sent beside the call's own.
    pub additional_proxy_request_headers: IndexMap<String, OneOrMany<String>>,
    /// With `proxyBaseUrl`: headers of the call that are not sent on, in small letters.
    pub remove_proxy_request_headers: Vec<String>,
    /// `response-template` makes the stub's texts templates. A stub may name others, which do nothing.
    #[serde(deserialize_with = "loose::or_nothing")]
    #[schemars(with = "Option<Vec<String>>")]
    pub transformers: Vec<String>,
    /// What the templates of a stub see as `parameters`.
    pub transformer_parameters: Option<Map<String, Value>>,
    /// Taken and not looked at: recordings of WireMock have it.
    pub from_configured_stub: Option<bool>,
}

impl Response {
    /// Makes its texts templates, whether or not it names the transformer.
    pub fn make_templated(&mut self) {
        if !self
            .transformers
            .iter()
            .any(|name| name == RESPONSE_TEMPLATE)
        {
            self.transformers.push(RESPONSE_TEMPLATE.to_owned());
        }
    }
}

/// How a body comes in pieces.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ChunkedDribbleDelay {
    /// How many pieces; the body's length, if that is less.
    pub number_of_chunks: i32,
    /// How many milliseconds of wall time all pauses take together.
    pub total_duration: u32,
}
