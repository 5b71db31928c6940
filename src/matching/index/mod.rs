//! The index: finds the stub for a call at a cost that does not grow with the number of stubs.
//!
//! Exact URLs and paths are looked up by hash, and so are path templates, by the literal segments
//! that a path has in the same places, and regular expressions, by what they begin with. Only what
//! begins with something else than a literal, or matches any URL, is tried one by one, and stubs for
//! one URL that differ in their headers, query or body.
//!
//! Entries come and go one at a time (`change`) at a cost that does not grow with their number
//! either, for a tester adds thousands between calls.

mod change;
mod shelves;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use super::pattern::{RequestPattern, Variables};
use super::seen::Seen;
use shelves::Shelves;

/// A pattern, its rank, and what it stands for.
#[derive(Clone, Debug)]
pub struct Entry<T> {
    /// What a call must be like.
    pub pattern: Arc<RequestPattern>,
    /// 1 is the highest.
    pub priority: u32,
    /// The newest wins among equals of priority.
    pub age: u64,
    /// What it stands for.
    pub target: T,
}

/// All entries, filed for look-up.
#[derive(Clone, Debug)]
pub struct Index<T> {
    /// Each entry keeps its slot, so that nothing moves when another comes or goes.
    slots: Vec<Option<Entry<T>>>,
    /// The slots that are free.
    free: Vec<usize>,
    by_url: HashMap<Arc<str>, Shelf>,
    by_path: HashMap<Arc<str>, Shelf>,
    /// By the number of segments.
    by_template: HashMap<usize, Vec<Family>>,
    /// By what a URL begins with, for each length of such a beginning.
    by_prefix: Vec<(usize, HashMap<Arc<str>, Shelf>)>,
    others: Shelf,
}

/// Entries that are asked one after the other, in this order.
type Shelf = Vec<Rank>;

/// When an entry is asked, and its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    priority: u32,
    age: Reverse<u64>,
    slot: usize,
}

/// Templates whose literal segments stand in the same places. An API has few of these, however many
/// templates it has.
#[derive(Clone, Debug)]
struct Family {
    /// Of each segment, whether it is literal.
    literal: Vec<bool>,
    by_literals: HashMap<Arc<str>, Shelf>,
}

impl Family {
    /// What a path has where the templates of this family are literal.
    fn literals(&self, path: &str) -> String {
        let segments = path.split('/').skip(1).zip(&self.literal);
        let literals = segments.filter(|(_, literal)| **literal);
        literals.fold(String::new(), |key, (segment, _)| key + "/" + segment)
    }

    fn find(&self, path: &str) -> Option<&[Rank]> {
        self.by_literals
            .get(self.literals(path).as_str())
            .map(Vec::as_slice)
    }
}

impl<T> Default for Index<T> {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl<T> Index<T> {
    /// Files all entries.
    #[must_use]
    pub fn new(entries: Vec<Entry<T>>) -> Self {
        let mut index = Self {
            slots: Vec::with_capacity(entries.len()),
            free: Vec::new(),
            by_url: HashMap::new(),
            by_path: HashMap::new(),
            by_template: HashMap::new(),
            by_prefix: Vec::new(),
            others: Vec::new(),
        };
        for entry in entries {
            index.insert(entry);
        }
        index
    }

    /// The entry that a call is for, with the variables of its path.
    #[must_use]
    pub fn find(&self, seen: &Seen<'_>) -> Option<(&Entry<T>, Variables)> {
        self.shelves(seen).find_map(|rank| self.tried(rank, seen))
    }

    /// The entries that a call fits, in the order in which they are asked, up to the first for which
    /// `stop` says that no other is needed.
    pub fn candidates(
        &self,
        seen: &Seen<'_>,
        stop: impl Fn(&T) -> bool,
    ) -> Vec<(&Entry<T>, Variables)> {
        let mut found = Vec::new();
        for candidate in self.shelves(seen).filter_map(|rank| self.tried(rank, seen)) {
            let is_last = stop(&candidate.0.target);
            found.push(candidate);
            if is_last {
                break;
            }
        }
        found
    }

    /// All entries, in the order in which they are asked.
    #[must_use]
    pub fn entries(&self) -> Vec<&Entry<T>> {
        let mut entries: Vec<&Entry<T>> = self.slots.iter().flatten().collect();
        entries.sort_by_key(|entry| (entry.priority, Reverse(entry.age)));
        entries
    }

    /// The ranks of the entries that a call may fit.
    fn shelves<'i>(&'i self, seen: &Seen<'_>) -> Shelves<'i> {
        let (url, path) = (seen.url(), seen.call.path());
        let mut shelves = Shelves::default();
        shelves.add(self.by_url.get(url));
        shelves.add(self.by_path.get(path));
        if !self.by_template.is_empty() {
            let families = self.by_template.get(&path.matches('/').count());
            for family in families.into_iter().flatten() {
                shelves.extend(family.find(path));
            }
        }
        for (length, by_prefix) in &self.by_prefix {
            // Where it is no boundary of characters, no text of this length is there either.
            shelves.add(url.get(..*length).and_then(|start| by_prefix.get(start)));
        }
        shelves.extend(Some(&self.others));
        shelves
    }

    fn tried(&self, rank: Rank, seen: &Seen<'_>) -> Option<(&Entry<T>, Variables)> {
        let entry = self.slots[rank.slot].as_ref()?;
        Some((entry, entry.pattern.test(seen)?))
    }
}
