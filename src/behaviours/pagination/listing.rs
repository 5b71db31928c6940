//! The list behind the pages: its records in their order, from any place on, in both directions.
//!
//! In the order of their making nothing is sorted: a page costs what its rows cost, wherever it is. In
//! any other order every page sorts all records that the filters want.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::Value;

use crate::behaviours::{Refusal, View};
use crate::definition::compiled::{PageSpec, SortKey};
use crate::definition::model::SizeCounts;
use crate::domain::order::SortValue;
use crate::state::collection::{Aged, Collection};

/// Where a row stands in its list: what it is sorted by, and its age, which decides among equals. It
/// is a place even when the row is gone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spot {
    pub(super) values: Vec<Value>,
    pub(super) age: u64,
}

/// A record in its list.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) spot: Spot,
    pub(super) key: Arc<str>,
    pub(super) record: Arc<Value>,
    /// Whether the filters want it.
    pub(super) wanted: bool,
}

/// What a list is sorted by.
#[derive(Debug)]
enum Order<'a> {
    /// The order of making.
    Age,
    /// The key.
    Key,
    /// Values of expressions.
    By(&'a [SortKey]),
    /// A member, because the caller wants it so.
    Member { name: String, descending: bool },
}

/// A list.
#[derive(Debug)]
pub(super) struct Listing<'a> {
    view: View<'a>,
    spec: &'a PageSpec,
    collection: Option<&'a Collection>,
    /// Members and what they must be equal to.
    equal: Vec<(String, Value)>,
    order: Order<'a>,
    /// The rows in their order, where they had to be sorted.
    sorted: Option<Vec<(Vec<SortValue>, Row)>>,
}

type Rows<'l> = Box<dyn Iterator<Item = Result<Row, Refusal>> + 'l>;

impl<'a> Listing<'a> {
    /// The list as the call at hand wants it: `view` has its input.
    ///
    /// # Errors
    /// `invalid_sort`, or when an expression fails.
    pub(super) fn new(view: View<'a>, spec: &'a PageSpec) -> Result<Self, Refusal> {
        let input = view.variables.get("input");
        let given = |name: &str| input.and_then(|input| input.get(name)).cloned();
        let equal = spec.filters.iter().filter_map(|name| {
            let value = given(name).filter(|value| !value.is_null())?;
            Some((name.clone(), value))
        });
        let mut listing = Self {
            collection: view.state.collections.get(&view.name(&spec.collection)),
            equal: equal.collect(),
            order: order(spec, given)?,
            sorted: None,
            view,
            spec,
        };
        if !matches!(listing.order, Order::Age) {
            listing.sorted = Some(listing.sort()?);
        }
        Ok(listing)
    }

    /// The rows behind a spot, in the list's order.
    pub(super) fn after(&self, spot: Option<&Spot>) -> Rows<'_> {
        let Some(sorted) = &self.sorted else {
            return self.aged(spot, self.spec.newest_first);
        };
        let from = spot.map_or(0, |spot| self.position(sorted, spot, Ordering::is_le));
        Box::new(sorted[from..].iter().map(|(_, row)| Ok(row.clone())))
    }

    /// The rows before a spot, the nearest first.
    pub(super) fn before(&self, spot: Option<&Spot>) -> Rows<'_> {
        let Some(sorted) = &self.sorted else {
            return self.aged(spot, !self.spec.newest_first);
        };
        let to = spot.map_or(sorted.len(), |spot| {
            self.position(sorted, spot, Ordering::is_lt)
        });
        Box::new(sorted[..to].iter().rev().map(|(_, row)| Ok(row.clone())))
    }

    /// All rows but the first `skipped` that are wanted.
    ///
    /// # Errors
    /// When a filter fails.
    pub(super) fn from(&self, skipped: u64) -> Result<Rows<'_>, Refusal> {
        let plain = self.sorted.is_none() && !self.filtered();
        if let (true, Some(collection)) = (plain, self.collection) {
            let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
            let row = |aged| self.row(aged);
            return Ok(match self.spec.newest_first {
                true => Box::new(past(collection.before(None), skipped).map(row)),
                false => Box::new(past(collection.after(None), skipped).map(row)),
            });
        }
        let mut rows = self.after(None);
        let mut left = skipped;
        while left > 0
            && let Some(row) = rows.next()
        {
            left -= u64::from(row?.wanted);
        }
        Ok(rows)
    }

    /// How many rows are wanted.
    ///
    /// # Errors
    /// When a filter fails.
    pub(super) fn total(&self) -> Result<u64, Refusal> {
        if !self.filtered() {
            let len = self.collection.map_or(0, Collection::len);
            return Ok(u64::try_from(len).unwrap_or(u64::MAX));
        }
        self.count(self.after(None))
    }

    /// How many rows are wanted up to a spot, itself included.
    ///
    /// # Errors
    /// When a filter fails.
    pub(super) fn up_to(&self, spot: &Spot) -> Result<u64, Refusal> {
        let total = self.total()?;
        Ok(total.saturating_sub(self.count(self.after(Some(spot)))?))
    }

    fn count(&self, rows: Rows<'_>) -> Result<u64, Refusal> {
        let mut count = 0;
        for row in rows {
            count += u64::from(row?.wanted);
        }
        Ok(count)
    }

    /// Where the record under a key stands; nothing, if there is none and the order does not know it.
    ///
    /// # Errors
    /// When what it is sorted by fails.
    pub(super) fn spot_of(&self, key: &str) -> Result<Option<Spot>, Refusal> {
        if matches!(self.order, Order::Key) {
            let values = vec![key.into()];
            return Ok(Some(Spot { values, age: 0 }));
        }
        let Some(collection) = self.collection else {
            return Ok(None);
        };
        let Some(age) = collection.age_of(key) else {
            return Ok(None);
        };
        let found = collection.after(age.checked_sub(1)).next();
        found
            .map(|(_, key, record)| self.spot(age, &key, &record))
            .transpose()
    }

    /// Whether a row stands at a spot, or on its other side as one goes on.
    pub(super) fn reaches(&self, row: &Row, spot: &Spot, backward: bool) -> bool {
        let order = self.ranks(&row.spot).cmp(&self.ranks(spot));
        let order = order.then_with(|| self.by_age(row.spot.age, spot.age));
        match backward {
            true => order.is_le(),
            false => order.is_ge(),
        }
    }

    /// How many values a spot has.
    pub(super) fn width(&self) -> usize {
        match &self.order {
            Order::Age => 0,
            Order::Key | Order::Member { .. } => 1,
            Order::By(keys) => keys.len(),
        }
    }

    fn aged(&self, spot: Option<&Spot>, backwards: bool) -> Rows<'_> {
        let Some(collection) = self.collection else {
            return Box::new(std::iter::empty());
        };
        let age = spot.map(|spot| spot.age);
        let row = |aged| self.row(aged);
        match backwards {
            true => Box::new(collection.before(age).map(row)),
            false => Box::new(collection.after(age).map(row)),
        }
    }

    fn row(&self, (age, key, record): Aged) -> Result<Row, Refusal> {
        Ok(Row {
            wanted: self.wants(&record)?,
            spot: Spot {
                values: Vec::new(),
                age,
            },
            key,
            record,
        })
    }

    fn filtered(&self) -> bool {
        !self.equal.is_empty() || self.spec.filter.is_some()
    }

    fn wants(&self, record: &Value) -> Result<bool, Refusal> {
        let equal = |(name, value): &(String, Value)| {
            record.get(name).is_some_and(|found| same(found, value))
        };
        if !self.equal.iter().all(equal) {
            return Ok(false);
        }
        let filter = self.spec.filter.as_ref();
        filter.map_or(Ok(true), |filter| self.view.of(record).test(filter))
    }

    fn sort(&self) -> Result<Vec<(Vec<SortValue>, Row)>, Refusal> {
        let all = self.spec.size_counts == SizeCounts::Scanned;
        let mut sorted = Vec::new();
        for (age, key, record) in self.collection.into_iter().flat_map(|c| c.after(None)) {
            let wanted = self.wants(&record)?;
            if wanted || all {
                let row = Row {
                    spot: self.spot(age, &key, &record)?,
                    key,
                    record,
                    wanted,
                };
                sorted.push((self.ranks(&row.spot), row));
            }
        }
        sorted.sort_by(|(one, row), (other, next)| {
            one.cmp(other)
                .then_with(|| self.by_age(row.spot.age, next.spot.age))
        });
        Ok(sorted)
    }

    fn spot(&self, age: u64, key: &Arc<str>, record: &Value) -> Result<Spot, Refusal> {
        let values = match &self.order {
            Order::Age => Vec::new(),
            // Keys are never equal, so the age says nothing.
            Order::Key => {
                return Ok(Spot {
                    values: vec![(**key).into()],
                    age: 0,
                });
            }
            Order::By(keys) => {
                let of = self.view.of(record);
                let values = keys.iter().map(|key| of.eval_optional(&key.by));
                let values = values.map(|value| Ok(value?.unwrap_or_default()));
                values.collect::<Result<_, Refusal>>()?
            }
            Order::Member { name, .. } => vec![record.get(name).cloned().unwrap_or_default()],
        };
        Ok(Spot { values, age })
    }

    fn ranks(&self, spot: &Spot) -> Vec<SortValue> {
        let descending = |at: usize| match &self.order {
            Order::Age | Order::Key => false,
            Order::By(keys) => keys.get(at).is_some_and(|key| key.descending),
            Order::Member { descending, .. } => *descending,
        };
        let values = spot.values.iter().enumerate();
        values
            .map(|(at, value)| match (&self.order, descending(at)) {
                // A key is a text, whatever it spells.
                (Order::Key, _) => SortValue::Text(value.as_str().unwrap_or_default().to_owned()),
                (_, true) => SortValue::of(value).reversed(),
                (_, false) => SortValue::of(value),
            })
            .collect()
    }

    fn by_age(&self, one: u64, other: u64) -> Ordering {
        match self.spec.newest_first {
            true => other.cmp(&one),
            false => one.cmp(&other),
        }
    }

    /// How many rows stand at, or before, a spot.
    fn position(
        &self,
        sorted: &[(Vec<SortValue>, Row)],
        spot: &Spot,
        stands: fn(Ordering) -> bool,
    ) -> usize {
        let ranks = self.ranks(spot);
        sorted.partition_point(|(found, row)| {
            let order = found.cmp(&ranks);
            stands(order.then_with(|| self.by_age(row.spot.age, spot.age)))
        })
    }
}

fn past(mut rows: impl Iterator<Item = Aged>, skipped: usize) -> impl Iterator<Item = Aged> {
    if let Some(last) = skipped.checked_sub(1) {
        rows.nth(last);
    }
    rows
}

/// The order in which the call wants the list.
fn order<'a>(
    spec: &'a PageSpec,
    given: impl Fn(&str) -> Option<Value>,
) -> Result<Order<'a>, Refusal> {
    if let Some(sort) = &spec.sort
        && let Some(value) = given(&sort.parameter).filter(|value| !value.is_null())
    {
        let text = value.as_str().unwrap_or_default();
        let (name, minus) = match text.strip_prefix('-') {
            Some(name) => (name, true),
            None => (text, false),
        };
        let direction = sort.direction.as_ref().and_then(|name| given(name));
        let descending = direction.is_some_and(|direction| direction == "desc");
        if !sort.by.iter().any(|known| known == name) {
            let message = format!("`{}` must be one of {}", sort.parameter, sort.by.join(", "));
            return Err(Refusal::new("invalid_sort", message)
                .with("parameter", sort.parameter.as_str())
                .with("value", super::request::shown(&value)));
        }
        return Ok(Order::Member {
            name: name.to_owned(),
            descending: minus || descending,
        });
    }
    Ok(match (spec.by_key, spec.order.as_slice()) {
        (true, _) => Order::Key,
        (false, []) => Order::Age,
        (false, keys) => Order::By(keys),
    })
}

/// Whether a member is what the input wants. Queries carry only text.
fn same(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Bool(_) | Value::Number(_), Value::String(text)) => found.to_string() == *text,
        _ => found == wanted,
    }
}
