//! A collection: stored JSON objects by key, listed in the order in which they came.
//!
//! A collection may stand on a [`Dataset`], its base. The base's rows have the ages 0 to n-1, and
//! what is changed lies over them: an untouched collection of a million rows is as small as an empty
//! one. What is made later has the ages from n on. An age is never given twice.

mod by_key;
mod compare;
pub(super) mod image;

use std::iter::{Peekable, Rev};
use std::sync::Arc;

use imbl::OrdMap;
use imbl::shared_ptr::DefaultSharedPtr;
use serde_json::Value;

use super::dataset::{Dataset, Row};
use super::unique::{UniqueIndex, UniqueMember};

pub use compare::{Difference, without};

/// The records of one collection.
#[derive(Clone, Debug, Default)]
pub struct Collection {
    base: Option<Arc<Dataset>>,
    /// What was put, by age: over a row of the base, or new.
    by_age: OrdMap<u64, Row>,
    /// The age of what was put.
    by_key: OrdMap<Arc<str>, u64>,
    /// The rows of the base that are gone, as runs of ages: the first, and the one behind the last.
    gone: OrdMap<u64, u64>,
    live: usize,
    next_age: u64,
    unique: Vec<UniqueIndex>,
}

/// Some of a map by age.
type Ranged<'a, T> = imbl::ordmap::RangedIter<'a, u64, T, DefaultSharedPtr>;

/// A record, its key, and its age.
pub type Aged = (u64, Arc<str>, Arc<Value>);

impl Collection {
    /// A collection that holds the rows of a dataset.
    #[must_use]
    pub fn over(base: Arc<Dataset>) -> Self {
        Self {
            live: usize::try_from(base.len()).unwrap_or(usize::MAX),
            next_age: base.len(),
            base: Some(base),
            ..Self::default()
        }
    }

    /// The record under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Arc<Value>> {
        let age = self.age_of(key)?;
        match self.by_age.get(&age) {
            Some((_, record)) => Some(record.clone()),
            None => Some(self.base.as_ref()?.row(age)?.1),
        }
    }

    /// Whether there is a record under `key`: cheaper than to get it.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.age_of(key).is_some()
    }

    /// The age of the record under `key`: the place from which [`after`](Self::after) and
    /// [`before`](Self::before) go on.
    #[must_use]
    pub fn age_of(&self, key: &str) -> Option<u64> {
        if let Some(age) = self.by_key.get(key) {
            return Some(*age);
        }
        let age = self.base.as_ref()?.find(key)?;
        (!self.is_gone(age)).then_some(age)
    }

    /// The key of the record that has this value in a member that is unique; nothing, if the member is
    /// not, or no record has it.
    #[must_use]
    pub fn with_unique(&self, member: &str, value: &str) -> Option<Arc<str>> {
        let index = self
            .unique
            .iter()
            .find(|index| &*index.member.name == member)?;
        if let Some(age) = index.put_with(value) {
            return self.by_age.get(&age).map(|(key, _)| key.clone());
        }
        let base = self.base.as_ref()?;
        let age = index.member.row(base, value)?;
        // What lies over a row has a value of its own.
        let bare = !self.by_age.contains_key(&age) && !self.is_gone(age);
        bare.then(|| base.key(age)).flatten()
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.live
    }

    /// How many records are kept here, and not made of the base when they are asked for.
    #[must_use]
    pub fn own_len(&self) -> usize {
        self.by_age.len()
    }

    /// How many records there have ever been.
    #[must_use]
    pub fn made(&self) -> u64 {
        self.next_age
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// All records with their keys, the oldest first. A replaced record keeps its place.
    pub fn iter(&self) -> impl Iterator<Item = Row> {
        self.after(None).map(|(_, key, record)| (key, record))
    }

    /// The keys of all records, the oldest first: cheaper than the records.
    pub fn keys(&self) -> impl Iterator<Item = Arc<str>> {
        let mut ages = self.ages_after(None);
        std::iter::from_fn(move || {
            let (age, put) = ages.step()?;
            match put {
                Some((key, _)) => Some(key.clone()),
                None => self.base.as_ref()?.key(age),
            }
        })
    }

    /// The records that are younger than `age`, which need not be there any more; all of them without
    /// one. The oldest first. To begin costs O(log n) wherever it is, and each record O(1), whatever
    /// is gone in between; [`nth`](Iterator::nth) passes over the base without making its rows.
    pub fn after(&self, age: Option<u64>) -> After<'_> {
        After {
            ages: self.ages_after(age),
            base: self.base.as_deref(),
        }
    }

    /// The records that are older than `age`, which need not be there any more; all of them without
    /// one. The youngest first, at the same cost as [`after`](Self::after).
    pub fn before(&self, age: Option<u64>) -> Before<'_> {
        let end = age.unwrap_or(self.next_age).min(self.next_age);
        Before {
            collection: self,
            rows_left: end.min(self.base_len()),
            put: self.by_age.range(..end).rev().peekable(),
            gone: self.gone.range(..end).rev().peekable(),
        }
    }

    /// Holds the rows of a dataset, and nothing else. Of an empty one no age is given anew.
    /// The records that do not stand as they are in these rows: those that were put, and where the collection
    /// opened with other rows that are held, those, too.
    pub fn put_over<'a>(&'a self, rows: Option<&Dataset>) -> Box<dyn Iterator<Item = Row> + 'a> {
        let base = self.base.as_deref();
        match base {
            Some(base @ Dataset::Rows(_)) if Some(base) != rows => Box::new(self.iter()),
            _ => Box::new(self.by_age.values().cloned()),
        }
    }

    /// Whether these are the members in which no two records may have the same.
    #[must_use]
    pub fn is_unique_in(&self, members: &[UniqueMember]) -> bool {
        let own = self.unique.iter().map(|index| &index.member);
        own.eq(members)
    }

    pub(super) fn fill(&mut self, base: &Arc<Dataset>) {
        let next_age = self.next_age;
        let unique = std::mem::take(&mut self.unique);
        *self = Self::over(base.clone());
        self.unique_are(unique.into_iter().map(|index| index.member));
        if base.is_empty() {
            self.next_age = next_age;
        }
    }

    /// Says which members are unique, of what there is and what will come.
    pub(super) fn unique_are(&mut self, members: impl IntoIterator<Item = UniqueMember>) {
        self.unique = members.into_iter().map(UniqueIndex::new).collect();
        for index in &mut self.unique {
            for (age, (_, record)) in &self.by_age {
                index.put(record, *age);
            }
        }
    }

    /// Makes or replaces a record.
    pub(super) fn put(&mut self, key: &Arc<str>, record: &Arc<Value>) {
        let age = self.age_of(key).unwrap_or_else(|| {
            let age = self.next_age;
            self.next_age += 1;
            self.live += 1;
            age
        });
        self.by_key.insert(key.clone(), age);
        let before = self.by_age.insert(age, (key.clone(), record.clone()));
        for index in &mut self.unique {
            if let Some((_, before)) = &before {
                index.remove(before, age);
            }
            index.put(record, age);
        }
    }

    /// Drops a record, if it is there.
    pub(super) fn remove(&mut self, key: &str) {
        let Some(age) = self.age_of(key) else {
            return;
        };
        self.by_key.remove(key);
        let before = self.by_age.remove(&age);
        for index in &mut self.unique {
            if let Some((_, before)) = &before {
                index.remove(before, age);
            }
        }
        self.live -= 1;
        if age < self.base_len() {
            self.let_go(age);
        }
    }

    fn base_len(&self) -> u64 {
        self.base.as_ref().map_or(0, |base| base.len())
    }

    fn is_gone(&self, age: u64) -> bool {
        let run = self.gone.get_prev(&age);
        run.is_some_and(|(_, behind)| age < *behind)
    }

    /// Adds an age to the runs of those that are gone, and joins the runs that it connects.
    fn let_go(&mut self, age: u64) {
        let behind = self.gone.remove(&(age + 1)).unwrap_or(age + 1);
        let run = self.gone.get_prev(&age);
        let first = run.filter(|(_, behind)| **behind == age);
        let first = first.map_or(age, |(first, _)| *first);
        self.gone.insert(first, behind);
    }

    fn ages_after(&self, age: Option<u64>) -> Ages<'_> {
        let next = age.map_or(0, |age| age.saturating_add(1));
        let mut ages = Ages {
            collection: self,
            base_len: self.base_len(),
            next,
            put: self.by_age.range(next..).peekable(),
            gone: self.gone.range(next..).peekable(),
        };
        if let Some((_, behind)) = self.gone.get_prev(&next)
            && next < *behind
        {
            ages.go_to(*behind);
        }
        ages
    }
}

/// The ages at which there are records, ascending.
#[derive(Debug)]
struct Ages<'a> {
    collection: &'a Collection,
    base_len: u64,
    /// The next age that is looked at; it lies in no run of those that are gone, unless one begins
    /// there.
    next: u64,
    put: Peekable<Ranged<'a, Row>>,
    gone: Peekable<Ranged<'a, u64>>,
}

impl<'a> Ages<'a> {
    /// Goes on from another age, which is no earlier one.
    fn go_to(&mut self, next: u64) {
        self.next = next;
        self.put = self.collection.by_age.range(next..).peekable();
        self.gone = self.collection.gone.range(next..).peekable();
    }

    /// The next age, and what was put there.
    fn step(&mut self) -> Option<(u64, Option<&'a Row>)> {
        while let Some((_, behind)) = self.gone.next_if(|(first, _)| **first <= self.next) {
            self.next = *behind;
        }
        if self.next >= self.base_len {
            return self.put.next().map(|(age, row)| (*age, Some(row)));
        }
        let age = self.next;
        self.next += 1;
        let put = self.put.next_if(|(put, _)| **put == age);
        Some((age, put.map(|(_, row)| row)))
    }

    /// Passes over so many ages, of which at least as many are there or the end comes first.
    fn pass(&mut self, mut count: u64) {
        let in_base = self.next < self.base_len;
        while count > 0 && self.next < self.base_len {
            let run = self.gone.peek().map(|(first, behind)| (**first, **behind));
            let (end, then) = match run {
                Some((first, behind)) => (first, behind),
                None => (self.base_len, self.base_len),
            };
            let there = end.saturating_sub(self.next);
            if count < there {
                self.next += count;
                count = 0;
            } else {
                count -= there;
                self.next = then;
                self.gone.next();
            }
        }
        if in_base {
            self.put = self.collection.by_age.range(self.next..).peekable();
        }
        for _ in 0..count {
            if self.put.next().is_none() {
                break;
            }
        }
    }
}

/// Records, the oldest first.
#[derive(Debug)]
pub struct After<'a> {
    ages: Ages<'a>,
    base: Option<&'a Dataset>,
}

impl Iterator for After<'_> {
    type Item = Aged;

    fn next(&mut self) -> Option<Aged> {
        let (age, put) = self.ages.step()?;
        let (key, record) = match put {
            Some(row) => row.clone(),
            None => self.base?.row(age)?,
        };
        Some((age, key, record))
    }

    fn nth(&mut self, n: usize) -> Option<Aged> {
        self.ages.pass(n as u64);
        self.next()
    }
}

/// Records, the youngest first.
#[derive(Debug)]
pub struct Before<'a> {
    collection: &'a Collection,
    /// How many rows of the base have not been looked at: the next one has the age below.
    rows_left: u64,
    put: Peekable<Rev<Ranged<'a, Row>>>,
    gone: Peekable<Rev<Ranged<'a, u64>>>,
}

impl Before<'_> {
    /// Passes over so many ages, of which at least as many are there or the end comes first.
    fn pass(&mut self, mut count: u64) {
        while count > 0
            && self
                .put
                .next_if(|(age, _)| **age >= self.rows_left)
                .is_some()
        {
            count -= 1;
        }
        if count == 0 {
            return;
        }
        while count > 0 && self.rows_left > 0 {
            self.pass_gone();
            let floor = self.gone.peek().map_or(0, |(_, behind)| **behind);
            let passed = count.min(self.rows_left.saturating_sub(floor));
            count -= passed;
            self.rows_left -= passed;
        }
        let put = self.collection.by_age.range(..self.rows_left);
        self.put = put.rev().peekable();
    }

    /// Passes over the run of those that are gone, if one ends here.
    fn pass_gone(&mut self) {
        while let Some((first, _)) = self.gone.next_if(|(_, behind)| **behind >= self.rows_left) {
            self.rows_left = self.rows_left.min(*first);
        }
    }
}

impl Iterator for Before<'_> {
    type Item = Aged;

    fn next(&mut self) -> Option<Aged> {
        let new = self.put.next_if(|(age, _)| **age >= self.rows_left);
        if let Some((age, (key, record))) = new {
            return Some((*age, key.clone(), record.clone()));
        }
        self.pass_gone();
        self.rows_left = self.rows_left.checked_sub(1)?;
        let age = self.rows_left;
        let (key, record) = match self.put.next_if(|(put, _)| **put == age) {
            Some((_, row)) => row.clone(),
            None => self.collection.base.as_ref()?.row(age)?,
        };
        Some((age, key, record))
    }

    fn nth(&mut self, n: usize) -> Option<Aged> {
        self.pass(n as u64);
        self.next()
    }
}

#[cfg(test)]
mod tests;
