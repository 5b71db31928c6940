//! Generated rows: each is a function of the seed and of its number.

use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Row;
use super::fake::{Keys, Kind, RowScope};
use super::key::KeyMaker;
use crate::domain::chance::Chance;

/// Datasets of at most so many rows keep those that were made: with rows of a kilobyte that is 20 MB
/// for all sandboxes together. The rows of larger ones are made each time that they are looked at.
pub const KEPT_ROWS_MAX: u64 = 20_000;

/// How rows are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recipe {
    /// How many rows there are; at most as many as there are [keys](KeyMaker::room).
    pub count: u64,
    /// What all chance in them comes from.
    pub seed: u64,
    /// The member that is the key.
    pub key_member: Arc<str>,
    /// How keys are made.
    pub key: KeyMaker,
    /// The other members, in their order.
    pub fields: Vec<(Arc<str>, Kind)>,
}

/// Rows that are made by a recipe when they are looked at.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "Recipe", into = "Recipe")]
pub struct Generated {
    recipe: Recipe,
    /// What was made already, of a small dataset: a function's value, remembered.
    kept: OnceLock<Box<[OnceLock<Row>]>>,
}

impl From<Recipe> for Generated {
    fn from(recipe: Recipe) -> Self {
        Self {
            recipe,
            kept: OnceLock::new(),
        }
    }
}

impl From<Generated> for Recipe {
    fn from(generated: Generated) -> Self {
        generated.recipe
    }
}

impl PartialEq for Generated {
    fn eq(&self, other: &Self) -> bool {
        self.recipe == other.recipe
    }
}

impl fmt::Debug for Generated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.recipe.fmt(f)
    }
}

impl Generated {
    /// How the rows are made.
    #[must_use]
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.recipe.count
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The keys of the rows, for others to refer to.
    #[must_use]
    pub fn keys(&self) -> Keys {
        Keys::Made {
            maker: self.recipe.key.clone(),
            seed: self.recipe.seed,
            count: self.recipe.count,
        }
    }

    /// The row of this number, from 0.
    #[must_use]
    pub fn row(&self, index: u64) -> Option<Row> {
        if index >= self.len() {
            return None;
        }
        if self.len() > KEPT_ROWS_MAX {
            return Some(self.recipe.made(index));
        }
        let kept = self
            .kept
            .get_or_init(|| (0..self.len()).map(|_| OnceLock::new()).collect());
        let slot = kept.get(usize::try_from(index).ok()?)?;
        Some(slot.get_or_init(|| self.recipe.made(index)).clone())
    }

    /// The key of the row of this number, from 0.
    #[must_use]
    pub fn key(&self, index: u64) -> Option<Arc<str>> {
        (index < self.len()).then(|| self.recipe.key.key(self.recipe.seed, index))
    }

    /// The number of the row with this key.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<u64> {
        let index = self.recipe.key.index(self.recipe.seed, key)?;
        (index < self.len()).then_some(index)
    }

    /// Whether each row's key stands, as a text, behind that of the row before.
    #[must_use]
    pub fn ascends(&self) -> bool {
        self.recipe.key.ascends(self.len())
    }
}

impl Recipe {
    fn made(&self, index: u64) -> Row {
        let key = self.key.key(self.seed, index);
        let chance = Chance::new(self.seed, "row", index);
        let scope = RowScope {
            index,
            count: self.count,
            key: &key,
            person: chance.named("person"),
            label: (index + 1).to_string(),
        };
        let mut members = Map::with_capacity(self.fields.len() + 1);
        members.insert(self.key_member.to_string(), (*key).into());
        for (name, kind) in &self.fields {
            let value = kind.draw(chance.named(name), &scope, &members);
            members.insert(name.to_string(), value);
        }
        (key, Arc::new(Value::Object(members)))
    }
}

#[cfg(test)]
mod tests;
