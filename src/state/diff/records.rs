//! What is different between the records of two states.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::members::{Change, changes};
use super::{Diff, Machine, Pair};
use crate::domain::name::Name;
use crate::state::SandboxState;
use crate::state::collection::{Collection, Difference, without};

/// A record that is there once.
#[derive(Debug, PartialEq, Serialize)]
pub struct Record {
    /// Its collection, with its pack.
    pub collection: String,
    /// Its key.
    pub key: Arc<str>,
    /// All of it.
    pub record: Arc<Value>,
}

/// A record that is there twice.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangedRecord {
    /// Its collection, with its pack.
    pub collection: String,
    /// Its key.
    pub key: Arc<str>,
    /// What is different.
    pub changes: Vec<Change>,
    /// How many changes are not told.
    pub left_out: usize,
}

/// A collection that holds the rows of something else.
#[derive(Debug, PartialEq, Serialize)]
pub struct Refilled {
    /// The collection, with its pack.
    pub collection: String,
    /// How many records it has.
    pub records: Pair<usize>,
}

/// A record whose machine is in another state.
#[derive(Debug, PartialEq, Serialize)]
pub struct MovedRecord {
    /// The machine, with its pack.
    pub machine: String,
    /// The record's key.
    pub key: Arc<str>,
    /// The states.
    #[serde(flatten)]
    pub state: Pair<Value>,
}

/// Compares all collections.
pub(super) fn compare(
    from: &SandboxState,
    to: &SandboxState,
    machines: &[Machine],
    most: usize,
    diff: &mut Diff,
) {
    let none = Collection::default();
    let mut names: BTreeMap<&Name, ()> = BTreeMap::new();
    names.extend(from.collections.keys().map(|name| (name, ())));
    names.extend(to.collections.keys().map(|name| (name, ())));
    for name in names.into_keys() {
        let before = from.collections.get(name).unwrap_or(&none);
        let after = to.collections.get(name).unwrap_or(&none);
        let mut one = One {
            name,
            machines: machines
                .iter()
                .filter(|machine| machine.collection == *name)
                .collect(),
            most,
            diff,
        };
        match before.compare(after) {
            None => one.refilled(before, after),
            Some(difference) => one.compare(before, after, difference),
        }
    }
}

/// The comparison of one collection.
struct One<'a> {
    name: &'a Name,
    machines: Vec<&'a Machine>,
    most: usize,
    diff: &'a mut Diff,
}

impl One<'_> {
    fn refilled(&mut self, before: &Collection, after: &Collection) {
        self.diff.refilled.add(self.most, || Refilled {
            collection: self.name.to_string(),
            records: Pair {
                from: before.len(),
                to: after.len(),
            },
        });
    }

    fn compare(&mut self, before: &Collection, after: &Collection, found: Difference) {
        // A record that was dropped and made again under its key has another age, and is the same.
        let mut places: BTreeMap<Arc<str>, [Option<Arc<Value>>; 2]> = BTreeMap::new();
        for age in found.ages {
            for (side, row) in [before.at(age), after.at(age)].into_iter().enumerate() {
                if let Some((key, record)) = row {
                    places.entry(key).or_default()[side] = Some(record);
                }
            }
        }
        // The other of two such may be a row of the base that nobody has touched.
        let mut told = [BTreeSet::new(), BTreeSet::new()];
        for (key, mut sides) in places {
            for (at, side) in [before, after].into_iter().enumerate() {
                if sides[at].is_none() {
                    told[at].extend(side.age_of(&key));
                    sides[at] = side.get(&key);
                }
            }
            match sides {
                [None, Some(record)] => self.added(key, record),
                [Some(record), None] => self.removed(key, record),
                [Some(from), Some(to)] if from != to => self.changed(&key, &from, &to),
                _ => {}
            }
        }
        // Of whole runs of rows only as many are made as are told.
        for run in without(&found.dropped, &told[0]) {
            self.run(run, before, true);
        }
        for run in without(&found.back, &told[1]) {
            self.run(run, after, false);
        }
    }

    fn run(&mut self, (first, behind): (u64, u64), side: &Collection, removed: bool) {
        for age in first..behind {
            let list = match removed {
                true => &mut self.diff.removed,
                false => &mut self.diff.added,
            };
            if list.items.len() >= self.most {
                list.leave_out(behind - age);
                return;
            }
            if let Some((key, record)) = side.at(age) {
                match removed {
                    true => self.removed(key, record),
                    false => self.added(key, record),
                }
            }
        }
    }

    fn added(&mut self, key: Arc<str>, record: Arc<Value>) {
        let (collection, most) = (self.name, self.most);
        self.diff.added.add(most, || Record {
            collection: collection.to_string(),
            key,
            record,
        });
    }

    fn removed(&mut self, key: Arc<str>, record: Arc<Value>) {
        let (collection, most) = (self.name, self.most);
        self.diff.removed.add(most, || Record {
            collection: collection.to_string(),
            key,
            record,
        });
    }

    fn changed(&mut self, key: &Arc<str>, from: &Value, to: &Value) {
        let (collection, most) = (self.name, self.most);
        self.diff.changed.add(most, || {
            let (changes, left_out) = changes(from, to);
            ChangedRecord {
                collection: collection.to_string(),
                key: key.clone(),
                changes,
                left_out,
            }
        });
        for machine in &self.machines {
            let [from, to] = [from, to].map(|record| record.get(&machine.field));
            if from != to {
                self.diff.machines.add(most, || MovedRecord {
                    machine: machine.name.to_string(),
                    key: key.clone(),
                    state: Pair {
                        from: from.cloned().unwrap_or_default(),
                        to: to.cloned().unwrap_or_default(),
                    },
                });
            }
        }
    }
}
