//! The entries of a cassette by what they answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Key, Normaliser, tool_call};
use crate::cassette::model::{Cassette, Request};

/// Entries that answer the same request, by their number: the first answers it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group(pub u32);

/// What a call is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The group that it is of: what was used is counted by it.
    pub group: Group,
    /// The entry, from 0; nothing, if every entry of the group was used.
    pub entry: Option<usize>,
    /// How many entries the group has.
    pub entries: usize,
}

/// Finds the entry that a call is for: as fast in a cassette of a hundred thousand as in one of ten.
#[derive(Debug)]
pub struct Index {
    pub(super) cassette: Arc<Cassette>,
    pub(super) normaliser: Normaliser,
    /// The group of each key: of requests, and of calls of tools.
    groups: BTreeMap<Key, Group>,
    /// The entries of each group, in their order.
    entries: Vec<Vec<u32>>,
    /// The group of each entry.
    group_of: Vec<Group>,
    pub(super) by_tool: BTreeMap<String, Vec<u32>>,
    pub(super) by_path: BTreeMap<String, Vec<u32>>,
}

impl Index {
    /// The index of a cassette. Entries beyond the first four thousand millions are left out.
    #[must_use]
    pub fn new(cassette: Arc<Cassette>, normaliser: Normaliser) -> Self {
        let mut index = Self {
            normaliser,
            groups: BTreeMap::new(),
            entries: Vec::new(),
            group_of: Vec::new(),
            by_tool: BTreeMap::new(),
            by_path: BTreeMap::new(),
            cassette,
        };
        let cassette = index.cassette.clone();
        for (entry, number) in cassette.entries.iter().zip(0_u32..) {
            let request = index.normaliser.key(&entry.request);
            let tool = entry.tool.as_ref().and_then(|tool| {
                // A door that names the tool otherwise has an input that nobody can tell here.
                let (named, input) = tool_call(&entry.request)?;
                (named == *tool).then(|| index.normaliser.tool_key(tool, &input))
            });
            let keys = tool.into_iter().chain([request]);
            let group = index.group(keys);
            index.entries[group.0 as usize].push(number);
            index.group_of.push(group);
            if let Some(tool) = &entry.tool {
                index.by_tool.entry(tool.clone()).or_default().push(number);
            }
            let path = index.normaliser.path(&entry.request);
            index.by_path.entry(path).or_default().push(number);
        }
        index
    }

    /// The group of keys that mean the same: that of the first that is known, or a new one.
    fn group(&mut self, keys: impl Iterator<Item = Key>) -> Group {
        let keys: Vec<Key> = keys.collect();
        let known = keys.iter().find_map(|key| self.groups.get(key).copied());
        let group = known.unwrap_or_else(|| {
            self.entries.push(Vec::new());
            Group(u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX))
        });
        for key in keys {
            self.groups.entry(key).or_insert(group);
        }
        group
    }

    /// The cassette.
    #[must_use]
    pub fn cassette(&self) -> &Arc<Cassette> {
        &self.cassette
    }

    /// The entry that a request is for, when `used` tells how many of a group were used already;
    /// nothing, if no entry answers it.
    #[must_use]
    pub fn find(&self, request: &Request, used: impl FnOnce(Group) -> usize) -> Option<Hit> {
        let group = self.group_for(request)?;
        let entries = &self.entries[group.0 as usize];
        Some(Hit {
            group,
            entry: entries.get(used(group)).map(|entry| *entry as usize),
            entries: entries.len(),
        })
    }

    /// Whether an entry, from 0, answers a request.
    #[must_use]
    pub fn fits(&self, entry: usize, request: &Request) -> bool {
        let group = self.group_of.get(entry);
        group.is_some() && group.copied() == self.group_for(request)
    }

    /// The entries of a group, from 0, in their order.
    pub fn entries(&self, group: Group) -> impl Iterator<Item = usize> + '_ {
        let entries = self.entries.get(group.0 as usize);
        entries.into_iter().flatten().map(|entry| *entry as usize)
    }

    /// How many groups there are: their numbers are below it.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.entries.len()
    }

    fn group_for(&self, request: &Request) -> Option<Group> {
        let of = |key: Key| self.groups.get(&key).copied();
        of(self.normaliser.key(request)).or_else(|| {
            let (tool, input) = tool_call(request)?;
            let known = self.by_tool.contains_key(&tool);
            known.then(|| of(self.normaliser.tool_key(&tool, &input)))?
        })
    }
}
