//! A compiled pagination.

use std::sync::Arc;

use super::pack::RefusalSpec;
use super::response::HeaderSpec;
use super::step::SortKey;
use crate::definition::model::{
    OnBad, PositionKind, Relation, Semantics, SizeCounts, SortParameter, TokenBinding, Total,
};
use crate::domain::quirk::{LeadsBy, Quirk};
use crate::matching::condition::Expression;
use crate::render::{Document, Template};

/// A list that comes in pages.
#[derive(Debug)]
pub struct PageSpec {
    /// The collection.
    pub collection: Arc<str>,
    /// Which records.
    pub filter: Option<Expression>,
    /// Members that must be equal to those of the input.
    pub filters: Vec<String>,
    /// In which order; in that of their making, without any.
    pub order: Vec<SortKey>,
    /// In the order of their keys.
    pub by_key: bool,
    /// The newest first.
    pub newest_first: bool,
    /// The caller chooses the order.
    pub sort: Option<SortParameter>,
    /// The input's member by which the caller chooses members of the rows.
    pub fields: Option<String>,
    /// What the document of a row sees beside its record, by name.
    pub facts: Vec<(String, Expression)>,
    /// What a row looks like on the wire.
    pub item: Option<Document>,
    /// Whether a row, or the body, shows each row's own cursor.
    pub cursors: bool,
    /// How many rows a page has.
    pub size: SizeSpec,
    /// The same for pages that are asked for backwards, where it is another parameter.
    pub size_before: Option<SizeSpec>,
    /// Where the page begins.
    pub after: Option<PositionSpec>,
    /// Where the page ends.
    pub before: Option<PositionSpec>,
    /// Groups of parameters of which only one may be given.
    pub exclusive: Vec<Vec<String>>,
    /// What alone may be given beside a position.
    pub alone: Option<Vec<String>>,
    /// What must be given without a position.
    pub requires: Vec<String>,
    /// How many rows to pass over.
    pub skip: Option<String>,
    /// How many rows are wanted in all.
    pub most: Option<SizeSpec>,
    /// What holds instead, where this parameter is not given.
    pub otherwise: Option<(String, Arc<PageSpec>)>,
    /// What tokens remember.
    pub semantics: Semantics,
    /// What the size counts.
    pub size_counts: SizeCounts,
    /// Whether a full last page knows that it is the last.
    pub knows_end: bool,
    /// How many rows deep paging by numbers goes.
    pub deepest: Option<u64>,
    /// How long a token lives, in milliseconds.
    pub token_lifetime_ms: Option<u64>,
    /// What tokens are bound to.
    pub token_binding: TokenBinding,
    /// Whether the total is counted.
    pub total: Total,
    /// What is answered.
    pub shape: PageShape,
    /// Flaws of its pages.
    pub quirks: Vec<Quirk>,
    /// Whether the tool has a response of its own.
    pub responds: bool,
    /// How refusals look.
    pub refusals: Arc<RefusalSpec>,
}

impl PageSpec {
    /// By what its pages lead on: there are two ways, where the call decides.
    #[must_use]
    pub fn ways(&self) -> Vec<LeadsBy> {
        let otherwise = self.otherwise.as_ref().map(|(_, other)| &**other);
        let specs = [Some(self), otherwise].into_iter().flatten();
        let positions = specs.filter_map(|spec| spec.after.as_ref());
        positions
            .map(|after| match after.kind {
                PositionKind::Token => LeadsBy::Token,
                PositionKind::Key => LeadsBy::Key,
                PositionKind::Offset | PositionKind::Page => LeadsBy::Number,
            })
            .collect()
    }
}

/// What a page looks like.
#[derive(Debug)]
pub struct PageShape {
    /// The body.
    pub body: Document,
    /// Laid into it when there is more.
    pub more: Option<Document>,
    /// Laid into it when there is no more.
    pub end: Option<Document>,
    /// Laid into it when there is a page before.
    pub back: Option<Document>,
    /// Laid into it when there is none before.
    pub start: Option<Document>,
    /// Laid into it where a condition holds.
    pub also: Vec<(Expression, Document)>,
    /// The headers.
    pub headers: Vec<HeaderSpec>,
    /// The relations of the `Link` header, with their names.
    pub link: Vec<(Relation, String)>,
    /// Which other parameters links keep.
    pub link_keeps: Option<Vec<String>>,
}

/// How many rows are asked for.
#[derive(Debug)]
pub struct SizeSpec {
    /// The input's member.
    pub parameter: Option<String>,
    /// Where else it stands.
    pub from: Option<Template>,
    /// How many, without it.
    pub default: u64,
    /// The least.
    pub min: u64,
    /// The most.
    pub max: u64,
    /// Whether a text in a body is no number.
    pub strict: bool,
    /// What becomes of zero.
    pub zero: OnBad,
    /// What becomes of too little.
    pub too_small: OnBad,
    /// What becomes of too much.
    pub too_large: OnBad,
    /// What becomes of anything else.
    pub malformed: OnBad,
}

/// Where a page begins or ends.
#[derive(Debug)]
pub struct PositionSpec {
    /// The input's member.
    pub parameter: Option<String>,
    /// Where its text stands.
    pub from: Option<Template>,
    /// What it is.
    pub kind: PositionKind,
    /// How it is written.
    pub value: Option<Document>,
    /// What stands before a token.
    pub prefix: String,
    /// What stands behind a token, before the number of the next row.
    pub offset_after: Option<String>,
    /// Whether it is the last segment of the path.
    pub in_path: bool,
    /// What becomes of an empty one.
    pub empty: OnBad,
    /// What becomes of a null.
    pub null: OnBad,
    /// What becomes of one that cannot be read.
    pub malformed: OnBad,
}
