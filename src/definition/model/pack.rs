//! A pack: what one simulated API declares. Its files are read as one.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::auth::Auth;
use super::dataset::{CellType, Generate};
use super::fault::FaultRule;
use super::forms::Forms;
use super::idempotency::Idempotency;
use super::machine::Machine;
use super::profile::Profiles;
use super::rate_limit::RateLimit;
use super::resource::Resource;
use super::shared::{Cel, Named, OneOrMany};
use super::step::Step;
use super::stub::StubMapping;
use super::tool::Tool;
use super::webhook::Webhooks;

/// A definition file of a pack. All files of a pack's folder are read as one: a key that names
/// things (`tools`, `collections` …) may stand in several files, a name only once.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Sparring pack file")]
pub struct PackFile {
    /// For editors; ignored.
    #[serde(rename = "$schema")]
    pub schema: Option<String>,
    /// The pack's name. Without it, the folder's name.
    pub pack: Option<String>,
    /// What the API is called.
    pub title: Option<String>,
    /// What the API is for.
    pub description: Option<String>,
    /// Where the pack is served: what stands before all of its routes, doors, resources and stubs, such
    /// as `/shop`. So its files can have the paths of the API itself. `--mount PACK=/other` goes before
    /// it, and `--mount PACK=/` serves the pack at the root.
    pub prefix: Option<String>,
    /// Whom a call is made for: a CEL expression over `input` and `request`. Shown in the call log,
    /// counted in `calls(agent, window)`.
    pub agent: Option<Cel>,
    /// What names of form bodies and of queries are: `flat` (names; if left out), or `nested` (paths); or
    /// `{ style: nested, empty: null }`, where an empty text in them is null.
    pub forms: Option<Forms>,
    /// Headers of all replies of the pack's tools, refused or not, that do not have them by themselves; the
    /// values are templates. `Content-Type` stands for that of JSON.
    #[serde(default)]
    pub headers: IndexMap<String, OneOrMany<String>>,
    /// Ways in to the pack's tools.
    #[serde(default)]
    pub doors: Vec<Door>,
    /// What an agent can call.
    #[serde(default)]
    pub tools: IndexMap<String, Tool>,
    /// Steps by name, for whatever does the same in several places: `do: NAME` does them.
    #[serde(default)]
    pub steps: IndexMap<String, Vec<Step>>,
    /// JSON Schemas by name, for `$ref: '#/schemas/NAME'` in the tools' schemas.
    #[serde(default)]
    pub schemas: IndexMap<String, Value>,
    /// Stored records, by collection.
    #[serde(default)]
    pub collections: IndexMap<String, Collection>,
    /// Collections behind routes of their own: list, get, create, replace, update, delete.
    #[serde(default)]
    pub resources: IndexMap<String, Resource>,
    /// Members that hold the key of a record of another collection, by name, wherever a reply has them:
    /// `{ customer: customers, source: [charges, refunds] }`. For the `expand` of tools.
    #[serde(default)]
    pub references: IndexMap<String, OneOrMany<String>>,
    /// State machines over the records of a collection.
    #[serde(default)]
    pub machines: IndexMap<String, Machine>,
    /// The books: currencies, wallets and opening balances.
    pub ledger: Option<Ledger>,
    /// How a refusal looks on this API's wire.
    pub refusals: Option<Refusals>,
    /// The pack's own ways of paging, limiting and so on, for its stubs and tools to name.
    #[serde(default)]
    pub profiles: Profiles,
    /// How credentials are checked; without it, any credential passes.
    pub auth: Option<Named<Auth>>,
    /// How much of the pack's tools may be called in what time, all of them together.
    pub rate_limit: Option<OneOrMany<Named<RateLimit>>>,
    /// How a request that is sent again is recognised: for all tools, where they are called by POST. A
    /// tool's own `idempotency` goes before it, key by key, and counts for all methods.
    pub idempotency: Option<Named<Idempotency>>,
    /// Who is told of events, and how.
    pub webhooks: Option<Webhooks>,
    /// Stubs, as WireMock writes them.
    #[serde(default)]
    pub mappings: Vec<StubMapping>,
    /// What goes wrong on purpose in every sandbox: at all of the pack, where a rule names neither tools
    /// nor stubs.
    #[serde(default)]
    pub faults: Vec<FaultRule>,
}

/// A way in: a route behind which tools are called.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Door {
    /// Method and path, such as `POST /v1/{tool}`. `{tool}` stands for a tool's name.
    pub route: String,
    /// Whether the body is the tool's input, or an envelope `{"tool": …, "input": …}` around it.
    #[serde(default)]
    pub envelope: Envelope,
    /// The header that names the tool, where neither the path nor an envelope does:
    /// `{ header: X-Amz-Target, prefix: Shop_2026. }`.
    pub tool: Option<ToolHeader>,
}

/// A header that names a tool. Without it, with another prefix, or with a name that no tool has, the call
/// is refused as `unknown_tool`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ToolHeader {
    /// The header.
    pub header: String,
    /// What stands before the tool's name in it.
    #[serde(default)]
    pub prefix: String,
}

/// Whether a body is an envelope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Envelope {
    /// The body is the input.
    #[default]
    None,
    /// The body is the input, or an envelope around it.
    Optional,
    /// The body is an envelope.
    Required,
}

/// Stored records of one kind.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Collection {
    /// What one record is called in messages; the collection's name, if left out.
    pub noun: Option<String>,
    /// The member of a record that is its key.
    pub key: String,
    /// A template for the key of a new record that brings none, such as
    /// `order_{{randomValue type='HEXADECIMAL' length=12}}`.
    pub new_key: Option<String>,
    /// Members that no two records may have in common: a second one is refused as `already_exists`.
    #[serde(default)]
    pub unique: Vec<String>,
    /// The records that a sandbox opens with. Beside `from` or `generate` they come after its rows, or
    /// replace the one of the same key.
    #[serde(default)]
    pub records: Vec<Map<String, Value>>,
    /// A file in the pack's folder whose rows a sandbox opens with, such as `data/contacts.csv`: CSV
    /// with a line of names, NDJSON, or JSON (a list of objects, or an object of objects by key).
    pub from: Option<String>,
    /// With a CSV file: what the cells of a column are; text, if left out. An empty cell is left out
    /// of its row.
    #[serde(default)]
    pub types: IndexMap<String, CellType>,
    /// Made-up rows that a sandbox opens with.
    pub generate: Option<Generate>,
}

/// The books.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Ledger {
    /// The units in which accounts are kept: codes of ISO 4217, or other units with their decimals
    /// (`{ USD: 2, points: 0 }`). The first one is the default.
    pub currencies: Units,
    /// Whether agents have wallets here, and what they open with.
    pub wallets: Option<Wallets>,
    /// Accounts that a sandbox opens with, and their balances: `{ stock/mug: { pieces: "25" } }`.
    #[serde(default)]
    pub accounts: IndexMap<String, BTreeMap<String, String>>,
}

/// Units of account: a list of ISO 4217 codes, or units with their number of decimals.
#[derive(Clone, Debug)]
pub struct Units {
    /// Codes, and the decimals where they are given.
    pub units: Vec<(String, Option<u32>)>,
}

impl<'de> Deserialize<'de> for Units {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let units = match Value::deserialize(deserializer)? {
            Value::Object(units) => units
                .into_iter()
                .map(|(code, decimals)| (code, decimals.as_u64().map(|n| n as u32)))
                .collect(),
            listed => serde_json::from_value::<Vec<String>>(listed)
                .map_err(serde::de::Error::custom)?
                .into_iter()
                .map(|code| (code, None))
                .collect(),
        };
        Ok(Self { units })
    }
}

impl JsonSchema for Units {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Units".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "Codes of ISO 4217, or units with their number of decimals.",
            "anyOf": [
                { "type": "array", "items": { "type": "string" }, "minItems": 1 },
                { "type": "object", "additionalProperties": { "type": "integer", "minimum": 0, "maximum": 8 }, "minProperties": 1 }
            ]
        })
    }
}

/// Wallets: the accounts that a tool's `opens` opens.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Wallets {
    /// What a wallet opens with, by currency.
    #[serde(default)]
    pub opening: BTreeMap<String, String>,
}

/// How refusals look on the wire.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Refusals {
    /// What every refusal looks like, unless its cause says otherwise. Templates see `cause`,
    /// `status`, `title`, `message`, `tool`, `errors` and what the cause adds (`noun`, `state` …).
    pub shape: Option<RefusalShape>,
    /// Status, title and shape by cause. A cause of one's own is declared here, and named by
    /// `require … else`.
    #[serde(default)]
    pub causes: IndexMap<String, Cause>,
}

/// The shape of a refusal.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RefusalShape {
    /// Names for the templates, by CEL, over what they see, each with those before. One that names nothing,
    /// or fails on a refusal, is left out: `{ messages: "errors.map(e, '[ERROR] ' + e.message)" }`.
    #[serde(default, rename = "let")]
    pub names: IndexMap<String, Cel>,
    /// Headers; the values are templates.
    #[serde(default)]
    pub headers: IndexMap<String, OneOrMany<String>>,
    /// The body, as JSON whose strings are templates.
    pub json_body: Option<Value>,
}

/// One cause of refusal.
///
/// Beside what every refusal's templates see, some causes add names of their own. `not_found`: `noun`
/// and, of a record, `key`. `already_exists`: `noun`, `key`. `illegal_transition`: `transition`,
/// `machine`, `noun`, `state`. `insufficient_funds`: `available`, `needed`. `over_limit`: `limit`,
/// `cap`, `spent`, `asked`. `invalid_input`: `errors`, `violations`. `cannot_expand`: `path`. The causes of `auth`: `credential`, `needed`.
/// Those of `idempotency`: `idempotency`.
///
/// Each of `errors` has `field` (`items.0.price`) and `message`. Each of `violations` has these, `path` (the
/// field as a form writes it: `items[0][price]`) and `place` (as programs do: `items[0].price`); where the input does not
/// fit the tool's schema, also `kind` (the keyword: `required`, `additionalProperties`, `type`, `enum`,
/// `minimum` …), `expected` (the keyword's value, such as 50), `value` (what was given, shortened to 300
/// characters), `found` (its type) and `json` (its JSON text). So `"Invalid {{violations.0.expected}}:
/// {{violations.0.value}}"` says `Invalid integer: abc`.
///
/// `missing_member`, `unknown_member`, `wrong_type`, `not_one_of` and `out_of_range` are cases of
/// `invalid_input`: where the pack declares one, an input whose first error is of that kind is refused for
/// it. What it does not say of itself, `invalid_input` says.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Cause {
    /// The status code.
    pub status: Option<u16>,
    /// Names for the templates, by CEL, as the shape has them, beside those of the shape.
    #[serde(default, rename = "let")]
    pub names: IndexMap<String, Cel>,
    /// A short sentence: a template.
    pub title: Option<String>,
    /// Headers beside those of the shape; the values are templates.
    #[serde(default)]
    pub headers: IndexMap<String, OneOrMany<String>>,
    /// A body instead of the shape's.
    pub json_body: Option<Value>,
}

/// The JSON Schema of a pack file.
#[must_use]
pub fn pack_schema() -> Value {
    // It is asked for once a file, and never changes.
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(PackFile).to_value());
    SCHEMA.clone()
}
