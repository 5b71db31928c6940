//! Rows that are held: what was read from a file.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Row;

/// Rows in the order of their file, and an index of their keys.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<Row>", into = "Vec<Row>")]
pub struct Rows {
    rows: Vec<Row>,
    by_key: BTreeMap<Arc<str>, u64>,
    ascends: bool,
}

impl From<Vec<Row>> for Rows {
    /// Of several rows with one key only the first is found by it.
    fn from(rows: Vec<Row>) -> Self {
        let mut by_key = BTreeMap::new();
        for (index, (key, _)) in (0..).zip(&rows) {
            by_key.entry(key.clone()).or_insert(index);
        }
        let ascends = rows.is_sorted_by(|(one, _), (other, _)| one < other);
        Self {
            rows,
            by_key,
            ascends,
        }
    }
}

impl From<Rows> for Vec<Row> {
    fn from(rows: Rows) -> Self {
        rows.rows
    }
}

impl Rows {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row of this number, from 0.
    #[must_use]
    pub fn row(&self, index: u64) -> Option<Row> {
        self.rows.get(usize::try_from(index).ok()?).cloned()
    }

    /// The number of the row with this key.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<u64> {
        self.by_key.get(key).copied()
    }

    /// Whether each row's key stands behind that of the row before.
    #[must_use]
    pub fn ascends(&self) -> bool {
        self.ascends
    }
}

/// A file may have a million rows: of them only the number is shown.
impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rows({})", self.rows.len())
    }
}
