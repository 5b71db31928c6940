//! Pagination: a list that comes in pages.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::pack::Cause;
use super::shared::{Cel, OneOrMany};
use super::step::OrderBy;
use crate::domain::quirk::Quirk;

/// A list that comes in pages: which records it has, and how it is asked for and told. All keys can
/// stand in a profile as well.
///
/// Templates of `body`, `headers` and so on see, beside the call's own names, `page`: `items`, `count`,
/// `size`, `requested`, `total`, `pages`, `number`, `offset`, `nextOffset`, `scanned`, `hasMore` (in the
/// direction of paging), `hasNext`, `hasPrevious`, `next` and `previous` (as the caller sends them
/// back), `edges` (`cursor`, `node`), `startCursor`, `endCursor`, `first` and `last` (the records),
/// `links` (`self`, `next`, `previous`, `first`, `last`: absolute), `paths` (the same, from the path
/// on), and `path` (that of the call, without the prefix below which the pack is mounted). A response
/// of the tool's own sees `page.body` too: what the profile would answer.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Pagination {
    /// The profile that it builds on.
    pub profile: Option<String>,
    /// The collection; the pack's only one, if left out.
    pub list: Option<String>,
    /// Which records: a condition over `record` and the call's names.
    #[serde(rename = "where")]
    pub filter: Option<Cel>,
    /// In which order; the order of their making, if left out, which is the only one whose pages cost
    /// the same however long the list is.
    pub order_by: Option<Vec<OrderBy>>,
    /// In the order of their keys, as text. Then the key of a record that is gone is still a position.
    pub order_by_key: Option<bool>,
    /// The newest first. With `orderBy`: among equals.
    pub newest_first: Option<bool>,
    /// Where the input has a member of such a name, the record's must be equal to it.
    pub filters: Option<Vec<String>>,
    /// The caller chooses the order.
    pub sort: Option<SortParameter>,
    /// The caller chooses members of the rows: `a,b,c`.
    pub fields: Option<FieldsParameter>,
    /// Names for `item`: values over `record` and the call's names, each with those before; one that names
    /// nothing, or fails on a record, is left out. So a row shows lists made of lists:
    /// `labels: "record.labels.map(name, {'name': name})"`.
    pub facts: IndexMap<String, Cel>,
    /// What a row looks like on the wire: a document over `record`, the `facts`, and `cursor` where `after`
    /// is a token. The record itself, if left out.
    pub item: Option<Value>,
    /// What the profile's `$items` is called here.
    pub items: Option<String>,
    /// How many rows a page has.
    pub size: SizeParameter,
    /// How many rows a page has that is asked for backwards, where that is another parameter.
    pub size_before: Option<SizeParameter>,
    /// Where the page begins.
    pub after: Option<PositionParameter>,
    /// Where the page ends, for going backwards.
    pub before: Option<PositionParameter>,
    /// Groups of parameters of which a call may have only one: `conflicting_parameters`.
    pub exclusive: Option<Vec<Vec<String>>>,
    /// Where a call has a position, the only other parameters that it may have:
    /// `conflicting_parameters`.
    pub alone: Option<Vec<String>>,
    /// Parameters that a call must have that has no position: `missing_parameter`.
    pub requires: Option<Vec<String>>,
    /// A parameter: how many rows to pass over after the position.
    pub skip: Option<String>,
    /// A parameter: how many rows the caller wants in all, on however many pages.
    pub most: Option<SizeParameter>,
    /// Another profile, where a parameter is not given.
    pub otherwise: Option<Otherwise>,
    /// What a token remembers: the row it stands behind, or a number of rows.
    pub semantics: Option<Semantics>,
    /// What the size counts: rows that are returned, or rows that are looked at.
    pub size_counts: Option<SizeCounts>,
    /// Whether a full page that happens to be the last one knows it; yes, if left out. Otherwise an
    /// empty page follows.
    pub knows_end: Option<bool>,
    /// How many rows deep paging goes by numbers: beyond, `too_deep`.
    pub deepest: Option<u64>,
    /// How long a token lives, by the sandbox clock: `3d`.
    pub token_lifetime: Option<String>,
    /// What a token is bound to, beside the tool and the sandbox's seed.
    pub token_binding: Option<TokenBinding>,
    /// Whether the total is counted.
    pub total: Option<Total>,
    /// The body of a page. `$items`, as a member's name, stands for what `items` says.
    pub body: Option<Value>,
    /// Laid into the body when there is more.
    pub more: Option<Map<String, Value>>,
    /// Laid into the body when there is no more.
    pub end: Option<Map<String, Value>>,
    /// Laid into the body when there is a page before.
    pub back: Option<Map<String, Value>>,
    /// Laid into the body when there is no page before.
    pub start: Option<Map<String, Value>>,
    /// Laid into the body where a condition over the call's names and `page` holds.
    pub also: Option<Vec<Also>>,
    /// Headers of every page; the values are templates.
    pub headers: IndexMap<String, OneOrMany<String>>,
    /// The relations of the `Link` header (RFC 8288), in their order, each where there is such a page.
    /// Without any, there is no header.
    pub link: Option<Vec<Relation>>,
    /// What a relation is called, where it is not its own name: `{ prev: previous }`.
    pub link_names: IndexMap<String, String>,
    /// Which of the other parameters links keep; all, if left out.
    pub link_keeps: Option<Vec<String>>,
    /// How refusals look, by cause: `invalid_cursor`, `expired_cursor` (as `invalid_cursor`, if left
    /// out), `invalid_page_size` (or apart: `page_size_malformed`, `page_size_too_small`,
    /// `page_size_too_large`), `conflicting_parameters`, `missing_parameter`, `invalid_sort`,
    /// `too_deep`. Templates see `parameter`, `value`, `min`, `max`, `reason`;
    /// a member called `$parameter` is called as the parameter at fault is.
    pub refusals: IndexMap<String, Cause>,
    /// Flaws that its pages have.
    pub quirks: Option<Vec<Quirk>>,
}

/// Members that not every page has.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Further members")]
pub struct Also {
    /// The condition.
    pub when: Cel,
    /// The members.
    pub body: Map<String, Value>,
}

/// How many rows are asked for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct SizeParameter {
    /// The input's member.
    pub parameter: Option<String>,
    /// A template, where it stands elsewhere; one that renders nothing is as if it were not given.
    pub from: Option<String>,
    /// How many, if the call does not say; 20, if left out.
    pub default: Option<u64>,
    /// The least; 1, if left out.
    pub min: Option<u64>,
    /// The most; 100, if left out. 0 is as many as a page can have here: 10,000; of `most`,
    /// any number.
    pub max: Option<u64>,
    /// Whether a text that spells a number is none where it stands in a body.
    pub strict: Option<bool>,
    /// What becomes of a zero, where it is not what becomes of all that is too small.
    pub zero: Option<OnBad>,
    /// What becomes of less than the least.
    pub too_small: Option<OnBad>,
    /// What becomes of more than the most.
    pub too_large: Option<OnBad>,
    /// What becomes of anything but a whole number.
    pub malformed: Option<OnBad>,
}

/// What becomes of a parameter that is not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Bad parameter")]
pub enum OnBad {
    /// The call is refused.
    Refuse,
    /// The nearest that is allowed.
    Clamp,
    /// As if it were not given.
    Default,
}

/// Where a page begins or ends.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct PositionParameter {
    /// The input's member.
    pub parameter: Option<String>,
    /// A template for the position's text, where it is not the member itself: `{{input.key.id.S}}`.
    pub from: Option<String>,
    /// What it is.
    #[serde(rename = "as")]
    pub kind: Option<PositionKind>,
    /// What it looks like where it is written: a document, with `{{cursor}}` for its text.
    pub value: Option<Value>,
    /// What stands before a token.
    pub prefix: Option<String>,
    /// What stands behind a token, before the number of the next row: `-` for `TOKEN-2000`.
    pub offset_after: Option<String>,
    /// Whether it is the last segment of the path: then links have it there.
    pub in_path: Option<bool>,
    /// What becomes of an empty one; it is the first page, if left out.
    pub empty: Option<OnBad>,
    /// What becomes of a `null`; it is the first page, if left out.
    pub null: Option<OnBad>,
    /// What becomes of one that cannot be read; refused, if left out. `default` is the first page.
    pub malformed: Option<OnBad>,
}

/// What a position is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PositionKind {
    /// The key of the row behind (or before) which the page is.
    Key,
    /// An opaque, signed text.
    Token,
    /// A number of rows before the page.
    Offset,
    /// The number of the page, from 1.
    Page,
}

/// The caller chooses the order.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct SortParameter {
    /// The input's member: the name of a record's member; with a `-` before it, the greatest first.
    pub parameter: String,
    /// The members that may be named; any other is refused: `invalid_sort`.
    pub by: Vec<String>,
    /// Another member of the input, that says `asc` or `desc`.
    pub direction: Option<String>,
}

/// The caller chooses members of the rows.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct FieldsParameter {
    /// The input's member.
    pub parameter: String,
}

/// Another profile.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[schemars(title = "Other profile")]
pub struct Otherwise {
    /// The parameter that must be there, for this profile to hold.
    pub unless: String,
    /// The profile that holds otherwise.
    pub profile: String,
}

/// What a token remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Token semantics")]
pub enum Semantics {
    /// The row that it stands behind: what is made or dropped meanwhile moves nothing.
    #[default]
    Keyset,
    /// A number of rows: what is made or dropped before them shows some twice or not at all.
    Offset,
}

/// What the size counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SizeCounts {
    /// The rows of the page.
    #[default]
    Returned,
    /// The rows that were looked at, before the filters: a page can be empty, and more follow.
    Scanned,
}

/// What a token is bound to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TokenBinding {
    /// All other parameters: with others, it is invalid.
    #[default]
    Query,
    /// All other parameters, and the caller's credential.
    Caller,
    /// Nothing else.
    None,
    /// Nothing else: it brings the other parameters of the first call along.
    Carries,
}

/// Whether the total is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Total {
    /// Not at all.
    #[default]
    None,
    /// To the row. With filters, every page looks at the whole list for it.
    Exact,
    /// Rounded to two digits.
    Estimate,
}

/// A relation of a link (RFC 8288).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Link relation")]
pub enum Relation {
    /// The page before.
    Prev,
    /// The next page.
    Next,
    /// The last page, where pages have numbers.
    Last,
    /// The first page.
    First,
}
