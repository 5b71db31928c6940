//! Batches: many items in one call, each decided by itself.

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::pack::Cause;
use super::shared::{Cel, OneOrMany};

/// Many items in one call, each decided by itself: it enters at the input schema of a tool, with that
/// tool's steps, response and refusals, and sees what the items before have done.
///
/// `item` is the item: its own members (`item.email`), `item.given` the item as it was given,
/// `item.index` from 0, `item.number` from 1, `item.group`. Until it is decided its own members go
/// before these names; afterwards these and the following go before its own members: `item.id`,
/// `item.input` what the tool was called with, `item.ok`, `item.status`, `item.headers` and `item.body`
/// of what it would have been answered with alone, and where it failed `item.cause`, `item.title`,
/// `item.message`, `item.errors`, `item.injected` and `item.code` out of `codes`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Batch {
    /// The profile that it builds on.
    pub profile: Option<String>,
    /// The items: a list, or an object of lists, whose names are then the items' `item.group`.
    pub items: Option<Cel>,
    /// For bodies of lines (`application/x-ndjson`): `input.lines` are the lines, and `input.pairs` an
    /// object `{action, source}` of each line and the one after it. An action is an object of one member.
    /// Where this expression over `line` holds, it has no source; where it is null, the line is no action,
    /// and the call is refused as `malformed_batch`, with `line` and `action`.
    pub paired: Option<Cel>,
    /// The tool of this pack that does an item; or a choice: `{ by: "has(item.put) ? 'put' : 'drop'",
    /// put: put_item, drop: { tool: drop_item, input: … } }`.
    pub tool: Option<Choice>,
    /// What the tool is called with: strings are templates over `item`, and `input` without its lists
    /// and objects. The item itself, if left out, or if it names nothing.
    pub input: Option<Value>,
    /// Instead of `tool`: the item is a request for any route or stub of this pack.
    pub call: Option<ItemCall>,
    /// How many items there may be at most, up to 50000; 10000, if left out. More are refused as
    /// `batch_too_large`.
    pub max: Option<u64>,
    /// How many items there must be; 1, if left out. Fewer are refused as `batch_empty`.
    pub min: Option<u64>,
    /// The id of an item. Ids that are not distinct are refused as `batch_ids_not_distinct`; where
    /// `refusals` has `batch_id_missing`, an item without one is refused so.
    pub id: Option<Cel>,
    /// Whether items are tried after one that failed; `independent`, if left out.
    pub mode: Option<BatchMode>,
    /// Whether a failure undoes all items.
    pub all_or_nothing: Option<Cel>,
    /// Which failed items undo all, over `item`; every one, if left out.
    pub fatal: Option<Cel>,
    /// Where a failure undoes all: whether each item is reported, those that are undone with the cause
    /// `rolled_back`, or the call is refused as the first failed item is; `report`, if left out.
    pub on_failure: Option<OnFailure>,
    /// Whether an item is linked with the next one: of such a chain all are done, or none. The first that
    /// fails keeps its cause, the others have `linked_event_failed`. A chain that the last item leaves
    /// open fails with `linked_event_chain_open`.
    pub linked: Option<Cel>,
    /// The ids of items that must have been done before; otherwise the item is not tried and fails with
    /// `failed_dependency`.
    pub depends_on: Option<Cel>,
    /// The order of the entries in the reply; `kept`, if left out.
    pub order: Option<EntryOrder>,
    /// Failures that are made up: the item is not tried.
    pub fail: Option<OneOrMany<InjectedFailure>>,
    /// More members of `item`, over `item` once it is decided, each with those before; one that names
    /// nothing, or fails on an item, is left out.
    pub facts: IndexMap<String, Cel>,
    /// What stands for a cause as `item.code`: any JSON, strings are templates over `item`. `default` is
    /// for all other causes; the cause itself, if there is none.
    pub codes: IndexMap<String, Value>,
    /// The entry of an item that was done; its body, if left out.
    #[serde(deserialize_with = "given")]
    pub succeeded: Option<Value>,
    /// The entry of an item that was not; `{index, cause, message}`, if left out.
    #[serde(deserialize_with = "given")]
    pub failed: Option<Value>,
    /// The entry of an item that was not tried, because one before it failed; as `failed`, with the cause
    /// `not_tried`, if left out.
    #[serde(deserialize_with = "given")]
    pub skipped: Option<Value>,
    /// A second entry of an item that was not done, for `batch.errors`.
    #[serde(deserialize_with = "given")]
    pub error: Option<Value>,
    /// Puts each entry into an object, under the name that this gives over `item`.
    pub under: Option<Cel>,
    /// The body of the reply: strings are templates. They see `batch`: `count.total`, `.succeeded`,
    /// `.failed` and `.skipped`, `ok` (nothing failed), `hasFailed`, `took` (0), `entries` in the order of
    /// the items, `succeeded`, `failed` and `skipped`: their entries, `errors`, `groups`: the failed items as
    /// they were given, by group, and `ifFailed` and `ifSucceeded`: `{count, entries, errors}`, there only
    /// if so. `ifFailed.ownFirst` are its entries, those that failed by themselves before those that were
    /// undone with them.
    #[serde(deserialize_with = "given")]
    pub body: Option<Value>,
    /// Headers of the reply; the values are templates, as in `body`.
    pub headers: IndexMap<String, OneOrMany<String>>,
    /// The status of the reply.
    pub status: Option<BatchStatus>,
    /// A cause with which the whole call is refused, when made-up failures leave no item done.
    pub none_succeeded: Option<String>,
    /// How refusals of the whole batch look, by cause, and those that a batch gives its items.
    pub refusals: IndexMap<String, Cause>,
}

/// A document that is there, even if it is null.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// The tool that does an item.
#[derive(Clone, Debug)]
pub enum Choice {
    /// Always the same.
    One(String),
    /// The one of the name that an expression gives.
    By(Cel, IndexMap<String, Chosen>),
}

impl Choice {
    /// The tools that it names.
    pub fn tools(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::One(tool) => Box::new(std::iter::once(tool.as_str())),
            Self::By(_, tools) => Box::new(tools.values().map(|chosen| chosen.tool.as_str())),
        }
    }
}

/// A tool that may be chosen, and what it is called with.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[schemars(title = "Chosen tool")]
pub struct Chosen {
    /// The tool.
    pub tool: String,
    /// What it is called with, instead of the batch's own `input`.
    pub input: Option<Value>,
}

impl<'de> Deserialize<'de> for Choice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let mut members = match Value::deserialize(deserializer)? {
            Value::String(tool) => return Ok(Self::One(tool)),
            Value::Object(members) => members,
            _ => return Err(D::Error::custom("expected a tool, or a choice of tools")),
        };
        let by = members.shift_remove("by");
        let by = by.ok_or_else(|| D::Error::custom("a choice of tools has `by`"))?;
        let by = serde_json::from_value(by).map_err(D::Error::custom)?;
        let mut tools = IndexMap::new();
        for (name, chosen) in members {
            let chosen = match chosen {
                Value::String(tool) => Chosen { tool, input: None },
                chosen => serde_json::from_value(chosen).map_err(D::Error::custom)?,
            };
            tools.insert(name, chosen);
        }
        Ok(Self::By(by, tools))
    }
}

impl JsonSchema for Choice {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Choice".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let by = generator.subschema_for::<Cel>();
        let chosen = generator.subschema_for::<Chosen>();
        json_schema!({ "anyOf": [
            { "type": "string", "description": "The name of a tool." },
            {
                "type": "object",
                "properties": { "by": by },
                "required": ["by"],
                "additionalProperties": { "anyOf": [{ "type": "string" }, chosen] }
            }
        ] })
    }
}

/// A request that an item stands for. All are templates over `item`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct ItemCall {
    /// The method; `GET`, if left out or empty.
    pub method: Option<String>,
    /// Path and query, below the pack's prefix.
    pub url: String,
    /// The headers: an object, or a template that names one.
    pub headers: Option<Value>,
    /// The body: a text as it stands, anything else as JSON.
    pub body: Option<Value>,
}

/// Whether items are tried after one that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum BatchMode {
    /// They are.
    Independent,
    /// They are not.
    StopAtFirst,
}

/// What becomes of a call whose items are all undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnFailure {
    /// It is refused, as the first failed item is.
    Refuse,
    /// It is answered, with an entry for each item.
    Report,
}

/// The order of the entries in the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EntryOrder {
    /// That of the items.
    Kept,
    /// Any: a function of the seed.
    Shuffled,
}

/// A failure that is made up. Where several of `items`, `every`, `where` and `probability` are given,
/// all of them must hold.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct InjectedFailure {
    /// Which items, counted from 1.
    pub items: Option<Vec<u64>>,
    /// Every so manieth item.
    pub every: Option<u64>,
    /// The items for which this holds, over `item`.
    #[serde(rename = "where")]
    pub filter: Option<Cel>,
    /// With which probability: 0 to 1. Drawn for each item, from the seed.
    pub probability: Option<serde_json::Number>,
    /// The cause; `unavailable`, if left out.
    pub cause: Option<String>,
    /// The message: a template over `item`.
    pub message: Option<String>,
    /// On which calls of this tool only, counted from 1.
    pub on_calls: Option<Vec<u64>>,
}

/// The status of a batch's reply.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct BatchStatus {
    /// When all items were done; 200, if left out.
    pub all: Option<u16>,
    /// When some were; as `all`, if left out.
    pub some: Option<u16>,
    /// When none was; as `some`, if left out.
    pub none: Option<u16>,
}
