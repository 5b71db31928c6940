//! Datasets: rows that a collection opens with, from a file or generated.

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What the cells of a CSV column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CellType {
    /// Text; here an empty cell is an empty text, and not left out.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Any JSON.
    Json,
}

/// Rows that are made up: the same ones on every server and in every sandbox.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Generate {
    /// How many rows.
    pub count: u64,
    /// What all chance in them comes from; the names of pack and collection, if left out.
    pub seed: Option<u64>,
    /// How the keys of the rows are made.
    pub key: RowKey,
    /// The other members of a row, in their order.
    #[serde(default)]
    pub fields: IndexMap<String, Field>,
}

/// How the keys of generated rows are made.
#[derive(Clone, Debug)]
pub enum RowKey {
    /// UUIDs.
    Uuid,
    /// Numbers in order.
    Sequence(SequenceKey),
    /// Random-looking characters.
    Id(IdKey),
}

/// Numbers in order: `{ sequence: "c_", start: 1, width: 6 }` makes `c_000001`, `c_000002` …
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SequenceKey {
    /// What stands before the number; may be empty.
    pub sequence: String,
    /// The number of the first row; 1, if left out.
    #[serde(default = "one")]
    pub start: u64,
    /// How many digits the number has at least, with zeros before it; as many as it needs, if left
    /// out.
    #[serde(default)]
    #[schemars(range(max = 20))]
    pub width: usize,
}

/// Random-looking characters: `{ id: "cus_", length: 14 }` makes `cus_4k9x2m7bq1wz8e` and the like,
/// each once.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct IdKey {
    /// What stands before the characters; may be empty.
    pub id: String,
    /// How many characters.
    #[schemars(range(min = 1, max = 64))]
    pub length: usize,
    /// Which characters.
    #[serde(default)]
    pub alphabet: KeyAlphabet,
}

/// What random-looking keys are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum KeyAlphabet {
    /// Small letters and digits.
    #[default]
    Base36,
    /// Small hexadecimal digits.
    Hex,
    /// Decimal digits.
    Digits,
}

fn one() -> u64 {
    1
}

impl<'de> Deserialize<'de> for RowKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Read by way of a `Value`, because an untagged enum would lose the text of numbers.
        let value = Value::deserialize(deserializer)?;
        let key = match &value {
            Value::String(word) if word == "uuid" => Ok(Self::Uuid),
            Value::Object(members) if members.contains_key("sequence") => {
                serde_json::from_value(value).map(Self::Sequence)
            }
            _ => serde_json::from_value(value).map(Self::Id),
        };
        key.map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for RowKey {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RowKey".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let sequence = generator.subschema_for::<SequenceKey>();
        let id = generator.subschema_for::<IdKey>();
        json_schema!({
            "description": "How the keys of generated rows are made: `uuid`, a sequence, or random-looking ids.",
            "anyOf": [{ "const": "uuid", "description": "UUIDs." }, sequence, id]
        })
    }
}

/// What a member of a generated row holds: a word, such as `email`, or an object with one key, such
/// as `{ integer: { from: 0, to: 100 } }`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Field {
    /// A given name. The names and the mail of one row are one person's.
    FirstName,
    /// A family name.
    LastName,
    /// A given and a family name.
    FullName,
    /// A mail address of the row's person; no two rows share one.
    Email,
    /// A name to log in with, of the row's person; no two rows share one.
    Username,
    /// A telephone number, of those that belong to nobody.
    Phone,
    /// The name of a company.
    Company,
    /// A job.
    JobTitle,
    /// A domain that belongs to nobody.
    Domain,
    /// An address on the web.
    Url,
    /// A street with a number.
    Street,
    /// A city. The city and the country of one row belong together.
    City,
    /// A country.
    Country,
    /// A country's code of two letters.
    CountryCode,
    /// A postal code of five digits.
    PostalCode,
    /// The name of a product.
    Product,
    /// A word.
    Word,
    /// A sentence.
    Sentence,
    /// Some sentences.
    Paragraph,
    /// True or false.
    Boolean,
    /// A UUID.
    Uuid,
    /// The number of the row, from 1.
    Row,
    /// A whole number: `{ from: 0, to: 100 }`, both included.
    Integer(IntegerField),
    /// A decimal text with as many decimals as its bounds: `{ from: "1.00", to: "999.99" }`.
    Amount(AmountField),
    /// A moment: `{ from: "2024-01-01T00:00:00Z", to: "2026-01-01T00:00:00Z" }`.
    Date(DateField),
    /// One of these values; or of these words, each with its weight.
    OneOf(Choices),
    /// The key of a row of another collection of the pack.
    Ref(String),
    /// An object with these members.
    Object(IndexMap<String, Field>),
    /// A list: `{ of: word, min: 0, max: 3 }`.
    List(Box<ListField>),
    /// A text with `{row}` (the number of the row, from 1), `{key}`, or a field that stands before it,
    /// such as `{first_name}`.
    Text(String),
    /// Always this value.
    Value(Value),
}

/// A whole number.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct IntegerField {
    /// The least.
    pub from: i64,
    /// The greatest.
    pub to: i64,
}

/// A decimal text.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AmountField {
    /// The least, as a text.
    pub from: String,
    /// The greatest, as a text.
    pub to: String,
}

/// A moment.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct DateField {
    /// The first moment, of RFC 3339; 2024-01-01T00:00:00Z, if left out.
    pub from: Option<String>,
    /// The last moment, of RFC 3339; 2026-01-01T00:00:00Z, if left out.
    pub to: Option<String>,
    /// Whether a later row has no earlier moment.
    pub ascending: bool,
    /// How it is written.
    #[serde(rename = "as")]
    pub format: DateForm,
}

/// How a moment is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DateForm {
    /// `2026-01-01T00:00:00Z`.
    #[default]
    Instant,
    /// `2026-01-01`.
    Day,
    /// Seconds since 1970, as a number.
    UnixSeconds,
    /// Milliseconds since 1970, as a number.
    UnixMillis,
}

/// Values of which one is drawn.
#[derive(Clone, Debug)]
pub struct Choices {
    /// The values, each with its weight.
    pub values: Vec<(Value, u64)>,
}

impl<'de> Deserialize<'de> for Choices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = match Value::deserialize(deserializer)? {
            Value::Object(weights) => weights
                .into_iter()
                .map(|(word, weight)| Some((word.into(), weight.as_u64()?)))
                .collect::<Option<_>>(),
            Value::Array(values) => Some(values.into_iter().map(|value| (value, 1)).collect()),
            _ => None,
        };
        let expected = || serde::de::Error::custom("expected values, or words with their weights");
        let values = values.ok_or_else(expected)?;
        Ok(Self { values })
    }
}

impl JsonSchema for Choices {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Choices".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Values, such as [lead, customer, null]; or words with their weights, such as { lead: 7, customer: 3 }.",
            "anyOf": [
                { "type": "array", "items": true, "minItems": 1 },
                { "type": "object", "additionalProperties": { "type": "integer", "minimum": 0, "maximum": 1_000_000 }, "minProperties": 1 }
            ]
        })
    }
}

/// A list.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ListField {
    /// What its items are.
    pub of: Field,
    /// How many at the least; none, if left out.
    #[serde(default)]
    pub min: u64,
    /// How many at the most.
    #[schemars(range(max = 1000))]
    pub max: u64,
}
