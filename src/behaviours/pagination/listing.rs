//! The list behind the pages: its records in their order, from any place on, in both directions.
//!
//! In the order of their making nothing is sorted: a page costs what its rows cost, wherever it is. So
//! it is in the order of the keys, where the collection has them in order. In any other order every
//! page goes over all records, and holds no more of them than the page needs.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::Value;

use super::select::{self, Nearest, Place};
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
}

type Rows<'l> = Box<dyn Iterator<Item = Result<Row, Refusal>> + 'l>;

/// A row that was found in its place, and not made yet.
#[derive(Debug)]
struct Found {
    spot: Spot,
    key: Arc<str>,
    wanted: bool,
}

/// How many rows are taken to be wanted, where nobody says.
const EXPECTED: u64 = 1_000;

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
        Ok(Self {
            collection: view.state.collections.get(&view.name(&spec.collection)),
            equal: equal.collect(),
            order: order(spec, given)?,
            view,
            spec,
        })
    }

    /// The rows behind a spot, in the list's order.
    pub(super) fn after(&self, spot: Option<&Spot>) -> Rows<'_> {
        self.rows(spot, false, EXPECTED)
    }

    /// The rows behind a spot in the list's order, or before it, the nearest first, if `backward`. Of
    /// a list that has to be sorted so many are held at once as are `expected` to be taken.
    pub(super) fn rows(&self, spot: Option<&Spot>, backward: bool, expected: u64) -> Rows<'_> {
        if let Order::Age = self.order {
            return self.aged(spot, self.spec.newest_first != backward);
        }
        if let Some(keys) = self.in_key_order(spot, backward) {
            return self.keyed(keys);
        }
        self.made(self.sorted(spot, backward, expected))
    }

    /// All rows but the first `skipped` that are wanted; so many are `expected` to be taken.
    ///
    /// # Errors
    /// When a filter fails.
    pub(super) fn from(&self, skipped: u64, expected: u64) -> Result<Rows<'_>, Refusal> {
        let all = usize::try_from(skipped).unwrap_or(usize::MAX);
        let row = |aged| self.row(aged);
        match (&self.order, self.collection) {
            (Order::Age, Some(collection)) if !self.filtered() => {
                return Ok(match self.spec.newest_first {
                    true => Box::new(past(collection.before(None), all).map(row)),
                    false => Box::new(past(collection.after(None), all).map(row)),
                });
            }
            (Order::Age, _) => {
                let mut rows = self.after(None);
                pass(&mut rows, skipped, |row| row.wanted)?;
                return Ok(rows);
            }
            _ => {}
        }
        if let Some(keys) = self.in_key_order(None, false) {
            if !self.filtered() {
                return Ok(self.keyed(Box::new(keys.skip(all))));
            }
            let mut rows = self.keyed(keys);
            pass(&mut rows, skipped, |row| row.wanted)?;
            return Ok(rows);
        }
        let mut found = self.sorted(None, false, skipped.saturating_add(expected));
        pass(&mut found, skipped, |found| found.wanted)?;
        Ok(self.made(found))
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
        // In whichever order they are counted.
        self.count(self.aged(None, false))
    }

    /// How many rows are wanted up to a spot, itself included.
    ///
    /// # Errors
    /// When a filter fails.
    pub(super) fn up_to(&self, spot: &Spot) -> Result<u64, Refusal> {
        if let Order::Age = self.order {
            let total = self.total()?;
            return Ok(total.saturating_sub(self.count(self.after(Some(spot)))?));
        }
        let end = self.place(spot);
        let mut count = 0;
        for (age, key, record) in self.collection.into_iter().flat_map(|c| c.after(None)) {
            if self.wants(&record)? {
                let place = self.place(&self.spot(age, &key, &record)?);
                count += u64::from(self.compare(&place, &end).is_le());
            }
        }
        Ok(count)
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
            return Ok(Some(key_spot(key)));
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
        let order = self.compare(&self.place(&row.spot), &self.place(spot));
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

    /// The keys in their order, if that is the list's and the collection has it.
    fn in_key_order(
        &self,
        spot: Option<&Spot>,
        backward: bool,
    ) -> Option<Box<dyn Iterator<Item = Arc<str>> + '_>> {
        let Order::Key = self.order else {
            return None;
        };
        let key = spot.map(|spot| spot.values.first().and_then(Value::as_str));
        self.collection?
            .in_key_order(key.map(Option::unwrap_or_default), backward)
    }

    /// The rows of keys in their order.
    fn keyed<'l>(&'l self, keys: Box<dyn Iterator<Item = Arc<str>> + 'l>) -> Rows<'l> {
        let scanned = self.scanned();
        let row = move |key: Arc<str>| {
            let record = self.collection?.get(&key)?;
            let wanted = match self.wants(&record) {
                Ok(wanted) => wanted,
                Err(refusal) => return Some(Err(refusal)),
            };
            let spot = key_spot(&key);
            (wanted || scanned).then_some(Ok(Row {
                spot,
                key,
                record,
                wanted,
            }))
        };
        Box::new(keys.filter_map(row))
    }

    /// The rows behind a spot, or before it, where they have to be sorted.
    fn sorted(
        &self,
        spot: Option<&Spot>,
        backward: bool,
        expected: u64,
    ) -> impl Iterator<Item = Result<Found, Refusal>> + '_ {
        let from = spot.map(|spot| self.place(spot));
        let order = move |one: &Place, other: &Place| {
            let order = self.compare(one, other);
            if backward { order.reverse() } else { order }
        };
        select::in_order(expected, from, order, |nearest| self.offer(nearest))
    }

    /// Offers all rows to a selection.
    fn offer(&self, nearest: &mut Nearest<'_, Found>) -> Result<(), Refusal> {
        let Some(collection) = self.collection else {
            return Ok(());
        };
        let scanned = self.scanned();
        if let Order::Key = self.order {
            for key in collection.keys() {
                let spot = key_spot(&key);
                let place = self.place(&spot);
                if !nearest.wants(&place) {
                    continue;
                }
                // Only a row that comes into question is made.
                let wanted = match self.filtered() {
                    true => self.wants(&collection.get(&key).unwrap_or_default())?,
                    false => true,
                };
                if wanted || scanned {
                    nearest.take(place, Found { spot, key, wanted });
                }
            }
            return Ok(());
        }
        for (age, key, record) in collection.after(None) {
            let wanted = self.wants(&record)?;
            if wanted || scanned {
                let spot = self.spot(age, &key, &record)?;
                let place = self.place(&spot);
                if nearest.wants(&place) {
                    nearest.take(place, Found { spot, key, wanted });
                }
            }
        }
        Ok(())
    }

    /// The rows that were found.
    fn made<'l>(&'l self, all: impl Iterator<Item = Result<Found, Refusal>> + 'l) -> Rows<'l> {
        let record = |found: &Found| match self.order {
            Order::Key => self.collection?.get(&found.key),
            _ => {
                let mut there = self.collection?.after(found.spot.age.checked_sub(1));
                there.next().map(|(.., record)| record)
            }
        };
        let row = move |found: Found| {
            Some(Row {
                record: record(&found)?,
                spot: found.spot,
                key: found.key,
                wanted: found.wanted,
            })
        };
        Box::new(all.filter_map(move |found| found.map(&row).transpose()))
    }

    /// Whether rows that are not wanted are rows of a page nevertheless.
    fn scanned(&self) -> bool {
        self.spec.size_counts == SizeCounts::Scanned
    }

    fn place(&self, spot: &Spot) -> Place {
        Place {
            ranks: self.ranks(spot),
            age: spot.age,
        }
    }

    /// Which of two places comes first in the list.
    fn compare(&self, one: &Place, other: &Place) -> Ordering {
        let order = one.ranks.cmp(&other.ranks);
        order.then_with(|| self.by_age(one.age, other.age))
    }

    fn spot(&self, age: u64, key: &Arc<str>, record: &Value) -> Result<Spot, Refusal> {
        let values = match &self.order {
            Order::Age => Vec::new(),
            Order::Key => return Ok(key_spot(key)),
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
}

/// Where a key stands in the order of keys. They are never equal, so the age says nothing.
fn key_spot(key: &str) -> Spot {
    Spot {
        values: vec![key.into()],
        age: 0,
    }
}

/// Passes over so many rows that are wanted.
fn pass<T>(
    rows: &mut impl Iterator<Item = Result<T, Refusal>>,
    mut left: u64,
    wanted: impl Fn(&T) -> bool,
) -> Result<(), Refusal> {
    while left > 0
        && let Some(row) = rows.next()
    {
        left -= u64::from(wanted(&row?));
    }
    Ok(())
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
                .with("value", super::parameter::shown(&value)));
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
        (Value::Bool(flag), Value::String(text)) => text == if *flag { "true" } else { "false" },
        (Value::Number(_), Value::String(_)) => SortValue::of(found) == SortValue::of(wanted),
        _ => found == wanted,
    }
}
