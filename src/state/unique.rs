//! Unique members: what no two records of a collection may have in common, found without a scan.
//!
//! The rows that a collection opens with are indexed when a value is first asked for, once for all
//! sandboxes: some hundred bytes a row. What is put over them is indexed as it comes.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::dataset::Dataset;

/// A member that is unique, with the index of the rows that its collection opens with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UniqueMember {
    /// The member.
    pub name: Arc<str>,
    #[serde(skip)]
    rows: Arc<OnceLock<BTreeMap<Arc<str>, u64>>>,
}

impl PartialEq for UniqueMember {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl UniqueMember {
    /// The member of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            rows: Arc::default(),
        }
    }

    /// The age of the first row that has this value.
    pub(super) fn row(&self, base: &Dataset, value: &str) -> Option<u64> {
        let index = self.rows.get_or_init(|| {
            let rows = (0..base.len()).rev();
            rows.filter_map(|age| {
                let (_, record) = base.row(age)?;
                Some((value_of(&record, &self.name)?, age))
            })
            .collect()
        });
        index.get(value).copied()
    }
}

/// What was put, by unique member and value.
#[derive(Clone, Debug)]
pub(super) struct UniqueIndex {
    pub(super) member: UniqueMember,
    by_value: OrdMap<Arc<str>, u64>,
}

impl UniqueIndex {
    pub(super) fn new(member: UniqueMember) -> Self {
        Self {
            member,
            by_value: OrdMap::new(),
        }
    }

    pub(super) fn put(&mut self, record: &Value, age: u64) {
        if let Some(value) = value_of(record, &self.member.name) {
            self.by_value.insert(value, age);
        }
    }

    pub(super) fn remove(&mut self, record: &Value, age: u64) {
        if let Some(value) = value_of(record, &self.member.name)
            && self.by_value.get(&value) == Some(&age)
        {
            self.by_value.remove(&value);
        }
    }

    /// The values that were put, and the ages of their records.
    pub(super) fn values(&self) -> impl Iterator<Item = (&Arc<str>, u64)> {
        self.by_value.iter().map(|(value, age)| (value, *age))
    }

    pub(super) fn restore(&mut self, value: Arc<str>, age: u64) {
        self.by_value.insert(value, age);
    }

    pub(super) fn put_with(&self, value: &str) -> Option<u64> {
        self.by_value.get(value).copied()
    }
}

/// A value as it is compared; nothing, where there is none: many records may lack it.
#[must_use]
pub fn value_of(record: &Value, member: &str) -> Option<Arc<str>> {
    match record.get(member)? {
        Value::Null => None,
        Value::String(text) => Some(text.as_str().into()),
        other => Some(other.to_string().into()),
    }
}
