//! A collection: stored JSON objects by key, listed in the order in which they came.

use std::sync::Arc;

use imbl::OrdMap;
use serde_json::Value;

/// The records of one collection.
#[derive(Clone, Debug, Default)]
pub struct Collection {
    by_key: OrdMap<Arc<str>, Stored>,
    by_age: OrdMap<u64, Arc<str>>,
    next_age: u64,
}

/// A record, its key, and its age.
pub type Aged = (u64, Arc<str>, Arc<Value>);

#[derive(Clone, Debug)]
struct Stored {
    age: u64,
    record: Arc<Value>,
}

impl Collection {
    /// The record under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Arc<Value>> {
        self.by_key.get(key).map(|stored| &stored.record)
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// How many records there have ever been.
    #[must_use]
    pub fn made(&self) -> u64 {
        self.next_age
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// All records with their keys, the oldest first. A replaced record keeps its place.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<Value>)> {
        self.by_age
            .values()
            .filter_map(|key| Some((key, &self.by_key.get(key)?.record)))
    }

    /// The age of the record under `key`: the place from which [`after`](Self::after) and
    /// [`before`](Self::before) go on.
    #[must_use]
    pub fn age_of(&self, key: &str) -> Option<u64> {
        self.by_key.get(key).map(|stored| stored.age)
    }

    /// The records that are younger than `age`, which need not be there any more; all of them without
    /// one. The oldest first.
    pub fn after(&self, age: Option<u64>) -> impl Iterator<Item = Aged> {
        let from = age.map_or(0, |age| age.saturating_add(1));
        self.by_age
            .range(from..)
            .filter_map(|(age, key)| Some((*age, key.clone(), self.get(key)?.clone())))
    }

    /// The records that are older than `age`, which need not be there any more; all of them without
    /// one. The youngest first.
    pub fn before(&self, age: Option<u64>) -> impl Iterator<Item = Aged> {
        self.by_age
            .range(..age.unwrap_or(u64::MAX))
            .rev()
            .filter_map(|(age, key)| Some((*age, key.clone(), self.get(key)?.clone())))
    }

    /// Makes or replaces a record.
    pub(super) fn put(&mut self, key: &Arc<str>, record: &Arc<Value>) {
        let age = match self.by_key.get(key) {
            Some(stored) => stored.age,
            None => {
                let age = self.next_age;
                self.next_age += 1;
                self.by_age.insert(age, key.clone());
                age
            }
        };
        let record = record.clone();
        self.by_key.insert(key.clone(), Stored { age, record });
    }

    /// Drops a record, if it is there.
    pub(super) fn remove(&mut self, key: &str) {
        if let Some(stored) = self.by_key.remove(key) {
            self.by_age.remove(&stored.age);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_are_listed_by_age_and_keep_their_place() {
        let mut collection = Collection::default();
        for key in ["z", "a", "m"] {
            collection.put(&key.into(), &Arc::new(json!({ "v": 1 })));
        }
        collection.put(&"a".into(), &Arc::new(json!({ "v": 2 })));
        collection.remove("z");
        collection.remove("nothing");
        collection.put(&"z".into(), &Arc::new(json!({ "v": 3 })));
        let listed: Vec<_> = collection
            .iter()
            .map(|(key, record)| format!("{key}{}", record["v"]))
            .collect();
        assert_eq!(listed, ["a2", "m1", "z3"]);
        assert_eq!(collection.len(), 3);
    }
}
