//! Answers that come as a stream of events.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::shared::Cel;

/// A stream of server-sent events: each is sent as one chunk, after its pause.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct EventStream {
    /// Whether the answer is this stream: `dig(input, 'stream', false)`. Where it does not hold, the body
    /// beside it is answered, as usual. Always, if left out. Only in a tool.
    pub when: Option<Cel>,
    /// Milliseconds of wall time before each event but the first; none, if left out.
    pub pause: Option<u32>,
    /// The events, in their order. In a tool, their templates and expressions see `sequence`: the event's
    /// number in the stream, from 0.
    pub events: Vec<Event>,
}

/// An event, or a group of events. In a tool, its texts are templates, as in `jsonBody`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Event {
    /// Whether it is sent; always, if left out. With `each`: whether it is sent for this element. Only in a
    /// tool.
    pub when: Option<Cel>,
    /// It is sent once for each element of this list. Only in a tool.
    pub each: Option<Cel>,
    /// What the element is called in its templates and expressions.
    #[serde(rename = "as")]
    pub name: Option<String>,
    /// What the element's number is called there, from 0.
    pub index: Option<String>,
    /// The events of a group. `when`, `each` and `pause` are then those of the group.
    pub events: Option<Vec<Event>>,
    /// Milliseconds of wall time before it, where that is not the stream's `pause`. Of a group: before each
    /// of its events.
    pub pause: Option<u32>,
    /// A line that clients pass over, before the event.
    pub comment: Option<String>,
    /// The event's name; no line, where it is empty.
    pub event: Option<String>,
    /// The event's id; no line, where it is empty.
    pub id: Option<String>,
    /// After how many milliseconds a client that lost the stream should come back.
    pub retry: Option<u32>,
    /// What it carries: a text as it stands, anything else as JSON in one line.
    pub data: Option<Value>,
}
