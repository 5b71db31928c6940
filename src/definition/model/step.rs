//! Steps: what a tool does, in the order in which it does it.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::shared::Cel;
use super::webhook::Emit;

/// One step: exactly one verb, and perhaps `when`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Step {
    /// The step is passed over unless this holds.
    pub when: Option<Cel>,
    /// Gives names to values, for the steps that follow and for the response.
    #[serde(rename = "let")]
    pub bind: Option<IndexMap<String, LetValue>>,
    /// Refuses the call unless a condition holds.
    pub require: Option<Require>,
    /// Goes on only if the request's own conditions hold: `If-Match`, `If-None-Match`.
    pub precondition: Option<Precondition>,
    /// Looks up a record; from here on it is `record`.
    pub find: Option<Find>,
    /// Makes a record; from here on it is `record`.
    pub create: Option<Create>,
    /// Sets members of `record`.
    pub update: Option<Update>,
    /// Drops a record.
    pub delete: Option<Delete>,
    /// Adds to numbers in a record, which is made if it is not there.
    pub increment: Option<Increment>,
    /// Does steps for each of several records or values; afterwards `record` is again what it was.
    pub each: Option<Each>,
    /// Does the steps of this name, which the pack has under `steps`. They see what the steps here see, and
    /// the names of `with`; afterwards the names that they gave are gone, and `record` is what it was.
    #[serde(rename = "do")]
    pub named: Option<String>,
    /// With `do`: names for those steps.
    pub with: IndexMap<String, Cel>,
    /// Moves `record` through its machine: `machine.transition`.
    pub transition: Option<String>,
    /// Moves an amount between accounts at once.
    pub transfer: Option<Transfer>,
    /// Reserves an amount, to be posted or voided later.
    pub hold: Option<Hold>,
    /// Lets a hold of `record` reach its destination.
    pub post: Option<Post>,
    /// Gives a hold of `record` back.
    pub void: Option<Void>,
    /// Sets how much an account may spend.
    pub limits: Option<Limits>,
    /// Tells the pack's webhook endpoints that something happened.
    pub emit: Option<Emit>,
}

/// A value that gets a name.
#[derive(Clone, Debug)]
pub enum LetValue {
    /// What a CEL expression gives.
    Expression(Cel),
    /// What is found in the sandbox.
    Query(Box<Query>),
}

impl<'de> Deserialize<'de> for LetValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if value.is_object() {
            serde_json::from_value(value).map(Self::Query)
        } else {
            serde_json::from_value(value).map(Self::Expression)
        }
        .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for LetValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "LetValue".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let expression = generator.subschema_for::<Cel>();
        let query = generator.subschema_for::<Query>();
        schemars::json_schema!({
            "description": "A value that gets a name: what an expression gives, or what is found in the sandbox.",
            "anyOf": [expression, query]
        })
    }
}

/// A look into the sandbox, or into a value: exactly one of `list`, `transfers`, `account`, `pick`,
/// `document`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Query {
    /// Records of a collection, as `items`, with their `total` (before `limit`) and `sum`.
    pub list: Option<String>,
    /// With `list`: which records; `record` is the one that is looked at.
    #[serde(rename = "where")]
    pub filter: Option<Cel>,
    /// With `list`: in which order; the order of their making decides among equals.
    pub order_by: Vec<OrderBy>,
    /// With `list` or `transfers`: how many at the most; never more than 10,000.
    pub limit: Option<Cel>,
    /// With `list`: sums over the records found, by name.
    pub sum: IndexMap<String, Cel>,
    /// Of an object, or of each object in a list: the members that `fields` names, and no others.
    pub pick: Option<Cel>,
    /// With `pick` or `list`: the names of the members, as a list or as a text with commas. All, where
    /// the expression names nothing.
    pub fields: Option<Cel>,
    /// What moved on an account, newest first, as `items` with their `total`.
    pub transfers: Option<Cel>,
    /// An account: `available`, `balance`, `pending`, `limits`, `spent`, `remaining`, `openedAt`.
    pub account: Option<Cel>,
    /// JSON whose strings are templates, as in a response: a member whose template names nothing is left
    /// out.
    pub document: Option<Value>,
    /// With a `document` that is an object: an object that it is laid over, member by member. One that
    /// names nothing, or null, is as if it were left out.
    pub over: Option<Cel>,
    /// With `account` or `transfers`: in which currency; the ledger's first, if left out (`account`),
    /// or all (`transfers`).
    pub currency: Option<Cel>,
}

/// What a list is ordered by.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OrderBy {
    /// A value of each `record` (of each element, in an `each` with `of`).
    pub by: Cel,
    /// The greatest first.
    #[serde(default)]
    pub descending: bool,
}

/// A condition that must hold.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Require {
    /// The condition.
    pub that: Cel,
    /// The cause of the refusal, if it does not.
    #[serde(rename = "else")]
    pub cause: String,
    /// What the refusal says: a template.
    pub message: Option<String>,
}

/// A record that is looked up.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Find {
    /// The collection.
    #[serde(rename = "in")]
    pub collection: String,
    /// The record's key.
    pub key: Cel,
    /// Another name for the record as it is now: it keeps it when `record` is another one.
    #[serde(rename = "as")]
    pub name: Option<String>,
    /// The cause of the refusal, if it is not there; `not_found`, if left out.
    #[serde(rename = "else")]
    pub cause: Option<String>,
}

/// Conditions that the request itself carries (RFC 9110 §13), on the entity tag of a record. One that
/// does not hold is refused as `precondition_failed`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Precondition {
    /// A request without `If-Match` is refused as `precondition_required` (RFC 6585).
    pub required: bool,
    /// The collection of a record that may not be there. Without it, the conditions are on `record`.
    #[serde(rename = "in")]
    pub collection: Option<String>,
    /// With `in`: that record's key.
    pub key: Option<Cel>,
}

/// A record that is made. A key that is taken is refused as `already_exists`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Create {
    /// The collection.
    #[serde(rename = "in")]
    pub collection: String,
    /// An object whose members it begins with, such as `input`.
    pub from: Option<Cel>,
    /// Its members, laid over those of `from`; strings are templates. The key comes first if it is
    /// made by the collection.
    #[serde(default)]
    pub record: Map<String, Value>,
    /// Whether it takes the place of a record whose key it has, of which nothing remains.
    #[serde(default)]
    pub replace: bool,
}

/// A change of `record`. Its key stays, and so does the member that holds its state.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Update {
    /// An object that is merged into it (RFC 7396, JSON Merge Patch): null drops a member, an object
    /// is merged into an object, anything else replaces what was there.
    pub merge: Option<Cel>,
    /// An object that takes its place.
    pub replace: Option<Cel>,
    /// With `merge` or `replace`: members that stay as they are, whatever the object says.
    pub keep: Vec<String>,
    /// Members that are set after that; strings are templates, which see `record` as it was before. A
    /// member whose template names nothing stays as it is.
    pub set: Map<String, Value>,
    /// A JSON Schema that the record must fit then; otherwise the call is refused as `invalid_input`.
    pub schema: Option<Map<String, Value>>,
}

/// A record that is dropped.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Delete {
    /// The collection.
    #[serde(rename = "in")]
    pub collection: String,
    /// The record's key.
    pub key: Cel,
}

/// Numbers that are added to.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Increment {
    /// The collection.
    #[serde(rename = "in")]
    pub collection: String,
    /// The record's key.
    pub key: Cel,
    /// What is added, by member: whole numbers.
    pub fields: IndexMap<String, i64>,
}

/// Steps that are done for each of several records (`in`), the oldest first, or for each of several
/// values (`of`), in their order. If one of them refuses, the whole call is refused, and nothing of it
/// remains. A call does at most 10,000 rounds, those within others included.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Each {
    /// The collection: in each round, `record` is one of its records.
    #[serde(rename = "in")]
    pub collection: Option<String>,
    /// Instead of `in`: a list, such as `input.entries`. Where the expression names nothing, or null,
    /// there are no rounds.
    pub of: Option<Cel>,
    /// What the element is called; needed with `of`. With `in`, the record as it was when its round
    /// began.
    #[serde(rename = "as")]
    pub name: Option<String>,
    /// What the number of the round is called: 0, 1, 2 …
    pub index: Option<String>,
    /// Which of them: with `in`, `record` is the one that is looked at, with `of`, what `as` says. All,
    /// if left out.
    #[serde(rename = "where")]
    pub filter: Option<Cel>,
    /// In which order; among equals, the order in which they are there.
    pub order_by: Vec<OrderBy>,
    /// How many at the most.
    pub limit: Option<Cel>,
    /// The steps. Names that they give are gone after them.
    #[serde(rename = "do")]
    pub steps: Vec<Step>,
    /// Lists that are there after the last round, by name: what the expression gave at the end of each
    /// round. Empty, where there was no round.
    pub collect: IndexMap<String, Cel>,
}

/// An amount that moves at once. Without `from` it comes from outside, without `to` it goes there.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Transfer {
    /// What it is called in the books.
    pub kind: String,
    /// The account that it leaves.
    pub from: Option<Cel>,
    /// The account that it reaches.
    pub to: Option<Cel>,
    /// How much.
    pub amount: Cel,
    /// In which currency; the ledger's first, if left out.
    pub currency: Option<Cel>,
    /// Whether it counts against the limits of the account that it leaves.
    #[serde(default)]
    pub spends: bool,
}

/// An amount that is reserved on `record`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Hold {
    /// How transitions of this record name it.
    pub name: String,
    /// What it is called in the books.
    pub kind: String,
    /// The account from which it is taken; from outside, if left out.
    pub from: Option<Cel>,
    /// The account that it reaches when posted; outside, if left out.
    pub to: Option<Cel>,
    /// How much.
    pub amount: Cel,
    /// In which currency; the ledger's first, if left out.
    pub currency: Option<Cel>,
    /// Whether it counts against the limits of the account that it leaves. What goes back is given
    /// back to them.
    #[serde(default)]
    pub spends: bool,
}

/// A hold that reaches its destination.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Post {
    /// The hold's name.
    pub hold: String,
    /// How much of it; the rest goes back. All of it, if left out.
    pub amount: Option<Cel>,
}

/// A hold that goes back.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Void {
    /// The hold's name.
    pub hold: String,
}

/// How much an account may spend. A limit whose expression names nothing stays as it is, `null`
/// lifts it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Limits {
    /// The account.
    pub account: Cel,
    /// In which currency; the ledger's first, if left out.
    pub currency: Option<Cel>,
    /// In one transfer or hold.
    pub per_transaction: Option<Cel>,
    /// In one day (UTC).
    pub daily: Option<Cel>,
    /// In one month (UTC).
    pub monthly: Option<Cel>,
}

impl Step {
    /// The verbs that this step has, by name: exactly one in a valid step.
    #[must_use]
    pub fn verbs(&self) -> Vec<&'static str> {
        [
            ("let", self.bind.is_some()),
            ("require", self.require.is_some()),
            ("precondition", self.precondition.is_some()),
            ("find", self.find.is_some()),
            ("create", self.create.is_some()),
            ("update", self.update.is_some()),
            ("delete", self.delete.is_some()),
            ("increment", self.increment.is_some()),
            ("each", self.each.is_some()),
            ("do", self.named.is_some()),
            ("transition", self.transition.is_some()),
            ("transfer", self.transfer.is_some()),
            ("hold", self.hold.is_some()),
            ("post", self.post.is_some()),
            ("void", self.void.is_some()),
            ("limits", self.limits.is_some()),
            ("emit", self.emit.is_some()),
        ]
        .into_iter()
        .filter_map(|(verb, there)| there.then_some(verb))
        .collect()
    }
}
