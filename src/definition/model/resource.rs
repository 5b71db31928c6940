//! Resources: collections behind routes of their own.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::idempotency::Idempotency;
use super::pagination::Pagination;
use super::rate_limit::RateLimit;
use super::shared::{Named, OneOrMany};
use super::stub::Response;

/// A collection behind routes of its own. Each operation is a tool, named after the resource:
/// `contacts` with the noun `contact` has `list_contacts`, `get_contact`, `create_contact`,
/// `replace_contact`, `update_contact` and `delete_contact`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Resource {
    /// The path of the whole: `/crm/v1/contacts`. One record is below it, by its key.
    pub path: String,
    /// The collection; the one of the resource's name, if left out.
    pub collection: Option<String>,
    /// What one record is called, in names of tools and in messages; the collection's noun, if left
    /// out.
    pub noun: Option<String>,
    /// What can be done; all of it, if left out.
    pub operations: Option<Vec<Operation>>,
    /// The JSON Schema of a record. `create` and `replace` check all of it, `update` the members that
    /// are given. What is set by the API is not asked for: the key, where the collection makes it, and
    /// the members of `readOnly`, `set` and `onUpdate`.
    pub schema: Option<Map<String, Value>>,
    /// Members that a caller cannot set; giving one is refused as `invalid_input`. Those that the
    /// schema calls `readOnly` are meant too, and the member that holds a machine's state.
    #[serde(default)]
    pub read_only: Vec<String>,
    /// Members that `create` sets; strings are templates, which see `input`.
    #[serde(default)]
    pub set: Map<String, Value>,
    /// Members that `replace` and `update` set; strings are templates, which see `input`, and `record`
    /// as it was before.
    #[serde(default)]
    pub on_update: Map<String, Value>,
    /// Members by which `list` filters: parameters of these names, equal to the member or, where it is
    /// a list, in it.
    #[serde(default)]
    pub filters: Vec<String>,
    /// Members by which `list` sorts, by the parameter `sort`, unless `pagination` names another: `sort=email`, or `sort=-email` for the
    /// greatest first.
    #[serde(default)]
    pub sort: Vec<String>,
    /// The parameter of `list` and `get` that names the members to show, separated by commas:
    /// `fields=id,email`.
    pub fields: Option<String>,
    /// How `list` comes in pages; the profile `offset`, if left out.
    pub pagination: Option<Named<Pagination>>,
    /// Whether records carry entity tags: `ETag` in replies, `If-Match` and `If-None-Match` in
    /// requests. With `required`, a change without `If-Match` is refused as `precondition_required`.
    #[serde(default)]
    pub etag: Etag,
    /// What `delete` answers, as JSON whose strings are templates; without it, an empty 204.
    pub deleted: Option<Value>,
    /// The scopes that a caller needs, where the pack checks credentials.
    pub auth: Option<ResourceAuth>,
    /// How much of each operation may be called in what time, beside the pack's own limits.
    pub rate_limit: Option<OneOrMany<Named<RateLimit>>>,
    /// Whether a `create` or `update` that is sent again is recognised by its key.
    pub idempotency: Option<Named<Idempotency>>,
    /// What is different for single operations.
    #[serde(default)]
    pub tools: Overrides,
}

/// What can be done with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Operation {
    /// `GET path`: its records.
    List,
    /// `GET path/{key}`: one record.
    Get,
    /// `POST path`: makes a record.
    Create,
    /// `PUT path/{key}`: puts another in its place.
    Replace,
    /// `PATCH path/{key}`: changes the members that are given.
    Update,
    /// `DELETE path/{key}`: drops it.
    Delete,
}

/// Whether records carry entity tags: `true`, `false`, or `required`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Etag {
    /// They do not.
    #[default]
    Off,
    /// They do, and a request may have conditions.
    On,
    /// They do, and a change must have a condition.
    Required,
}

impl<'de> Deserialize<'de> for Etag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Bool(true) => Ok(Self::On),
            Value::Bool(false) => Ok(Self::Off),
            Value::String(text) if text == "required" => Ok(Self::Required),
            _ => Err(D::Error::custom("expected true, false or required")),
        }
    }
}

impl JsonSchema for Etag {
    fn schema_name() -> Cow<'static, str> {
        "Etag".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "enum": [true, false, "required"],
            "description": "Whether replies carry an entity tag, and changes may or must bring it."
        })
    }
}

/// The scopes that a caller of a resource needs.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct ResourceAuth {
    /// To `list` and to `get`.
    pub read: Vec<String>,
    /// To do anything else.
    pub write: Vec<String>,
}

/// What is different for single operations of a resource.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Overrides {
    /// `GET path`.
    pub list: Option<Override>,
    /// `GET path/{key}`.
    pub get: Option<Override>,
    /// `POST path`.
    pub create: Option<Override>,
    /// `PUT path/{key}`.
    pub replace: Option<Override>,
    /// `PATCH path/{key}`.
    pub update: Option<Override>,
    /// `DELETE path/{key}`.
    pub delete: Option<Override>,
}

/// What is different for one operation.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Override {
    /// The tool's name.
    pub name: Option<String>,
    /// What it does, for whoever chooses a tool.
    pub description: Option<String>,
    /// The scopes that it needs.
    pub auth: Option<super::auth::AuthRule>,
    /// Its limits, instead of the resource's.
    pub rate_limit: Option<OneOrMany<Named<RateLimit>>>,
    /// How it recognises a call that is sent again, instead of the resource's.
    pub idempotency: Option<Named<Idempotency>>,
    /// What it answers. Its templates see `record`; those of `list` see `page`, as those of
    /// `pagination` do; those of `get` see what `fields` leaves of the record as `shown`.
    pub response: Option<OneOrMany<Response>>,
}

impl Operation {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 6] = [
        Self::List,
        Self::Get,
        Self::Create,
        Self::Replace,
        Self::Update,
        Self::Delete,
    ];

    /// As a pack writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Get => "get",
            Self::Create => "create",
            Self::Replace => "replace",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn reads(self) -> bool {
        matches!(self, Self::List | Self::Get)
    }
}

impl Overrides {
    /// What is different for this operation.
    #[must_use]
    pub fn of(&self, operation: Operation) -> Option<&Override> {
        match operation {
            Operation::List => self.list.as_ref(),
            Operation::Get => self.get.as_ref(),
            Operation::Create => self.create.as_ref(),
            Operation::Replace => self.replace.as_ref(),
            Operation::Update => self.update.as_ref(),
            Operation::Delete => self.delete.as_ref(),
        }
    }
}
