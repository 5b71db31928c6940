//! Datasets: the rows that a collection opens with, read from a file or generated.
//!
//! A [`Dataset`] never changes, and all sandboxes share it by `Arc`. [`Rows`] are held in memory with
//! an index of their keys. [`Generated`] rows are a function of a seed and their number: nothing is
//! stored, and a row is found by its key because every kind of key can be read back into the number
//! that it was made of ([`key`]). Reading files and checking what an author wrote happen elsewhere.

pub mod fake;
pub mod generated;
pub mod key;
mod permutation;
pub mod rows;
mod words;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use generated::Generated;
pub use rows::Rows;

/// A record and its key.
pub type Row = (Arc<str>, Arc<Value>);

/// The rows that a collection opens with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Dataset {
    /// Rows that are held.
    Rows(Rows),
    /// Rows that are made when they are looked at.
    Generated(Generated),
}

impl Default for Dataset {
    /// No rows.
    fn default() -> Self {
        Self::Rows(Rows::from(Vec::new()))
    }
}

impl Dataset {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Self::Rows(rows) => rows.len(),
            Self::Generated(generated) => generated.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row of this number, from 0.
    #[must_use]
    pub fn row(&self, index: u64) -> Option<Row> {
        match self {
            Self::Rows(rows) => rows.row(index),
            Self::Generated(generated) => generated.row(index),
        }
    }

    /// The key of the row of this number, from 0: cheaper than the whole row.
    #[must_use]
    pub fn key(&self, index: u64) -> Option<Arc<str>> {
        match self {
            Self::Rows(rows) => rows.row(index).map(|(key, _)| key),
            Self::Generated(generated) => generated.key(index),
        }
    }

    /// The number of the row with this key.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<u64> {
        match self {
            Self::Rows(rows) => rows.find(key),
            Self::Generated(generated) => generated.find(key),
        }
    }

    /// Whether each row's key stands, as a text, behind that of the row before.
    #[must_use]
    pub fn ascends(&self) -> bool {
        match self {
            Self::Rows(rows) => rows.ascends(),
            Self::Generated(generated) => generated.ascends(),
        }
    }
}
