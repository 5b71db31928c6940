//! The index: finds the stub for a call at a cost that does not grow with the number of stubs.
//!
//! Exact URLs and paths are looked up by hash, and so are path templates: by the literal segments
//! that a path has in the same places. Only what is a regular expression, or matches any URL, is
//! tried one by one, and stubs for one URL that differ in their headers, query or body.
//!
//! Entries come and go one at a time ([`change`]) at a cost that does not grow with their number
//! either, for a tester adds thousands between calls.

mod change;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use super::pattern::{RequestPattern, Variables};
use crate::domain::call::Call;

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
    fn new(literal: Vec<bool>) -> Self {
        Self {
            literal,
            by_literals: HashMap::new(),
        }
    }

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
            others: Vec::new(),
        };
        for entry in entries {
            index.insert(entry);
        }
        index
    }

    /// The entry that a call is for, with the variables of its path.
    #[must_use]
    pub fn find(&self, call: &Call) -> Option<(&Entry<T>, Variables)> {
        self.near(call)
            .find_map(|entry| Some((entry, entry.pattern.test(call)?)))
    }

    /// All entries whose URL may fit, in the order in which they are asked.
    fn near(&self, call: &Call) -> impl Iterator<Item = &Entry<T>> {
        let path = call.path();
        let families = self.by_template.get(&path.matches('/').count());
        let families = families.map_or(&[][..], Vec::as_slice);
        let exact = [
            self.by_url.get(call.target.as_str()),
            self.by_path.get(path),
        ];
        let mut shelves = Vec::with_capacity(exact.len() + families.len() + 1);
        shelves.extend(exact.into_iter().flatten().map(Vec::as_slice));
        shelves.extend(families.iter().filter_map(|family| family.find(path)));
        shelves.push(&self.others);
        merged(shelves).filter_map(|rank| self.slots[rank.slot].as_ref())
    }

    /// The entries that a call may be for, in the order in which they are asked, up to the first that
    /// `certain` says is one whatever else holds.
    #[must_use]
    pub fn candidates(
        &self,
        call: &Call,
        certain: impl Fn(&T) -> bool,
    ) -> Vec<(&Entry<T>, Variables)> {
        let mut candidates = Vec::new();
        for entry in self.near(call) {
            if let Some(variables) = entry.pattern.test(call) {
                candidates.push((entry, variables));
                if certain(&entry.target) {
                    break;
                }
            }
        }
        candidates
    }

    /// All entries, in the order in which they are asked.
    #[must_use]
    pub fn entries(&self) -> Vec<&Entry<T>> {
        let mut entries: Vec<&Entry<T>> = self.slots.iter().flatten().collect();
        entries.sort_by_key(|entry| (entry.priority, Reverse(entry.age)));
        entries
    }
}

/// What stands on all shelves, ascending: each shelf is ascending already.
fn merged(mut shelves: Vec<&[Rank]>) -> impl Iterator<Item = Rank> {
    std::iter::from_fn(move || {
        let shelf = shelves
            .iter_mut()
            .filter(|shelf| !shelf.is_empty())
            .min_by_key(|shelf| shelf[0])?;
        let (at, rest) = shelf.split_first()?;
        *shelf = rest;
        Some(*at)
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, Method};

    use super::super::operator::whole;
    use super::super::pattern::{PathTemplate, UrlPattern};
    use super::*;

    fn entry(
        url: UrlPattern,
        priority: u32,
        age: u64,
        target: &'static str,
    ) -> Entry<&'static str> {
        Entry {
            pattern: Arc::new(RequestPattern {
                url,
                ..RequestPattern::default()
            }),
            priority,
            age,
            target,
        }
    }

    fn find(index: &Index<&'static str>, target: &str) -> Option<&'static str> {
        let call = Call::new(
            1,
            Method::GET,
            target.into(),
            HeaderMap::new(),
            Bytes::new(),
            String::new(),
            "".into(),
        );
        index.find(&call).map(|(entry, _)| entry.target)
    }

    #[test]
    fn the_highest_priority_answers_and_the_newest_among_equals() {
        let path = || UrlPattern::Path("/a".into());
        let regex = |text: &str| UrlPattern::PathRegex(whole(text).expect("a pattern"));
        let template =
            |text: &str| UrlPattern::Template(PathTemplate::parse(text).expect("a template"));
        let index = Index::new(vec![
            entry(path(), 5, 1, "old"),
            entry(path(), 5, 2, "new"),
            entry(UrlPattern::Url("/a?x=1".into()), 1, 0, "url"),
            entry(regex("/b.*"), 5, 3, "regex"),
            entry(template("/b/{id}"), 5, 4, "template"),
            entry(template("/{any}/z"), 5, 5, "first variable"),
            entry(template("/{any}"), 9, 6, "only variable"),
            entry(template("/c/{id}/d"), 5, 6, "one part"),
            entry(template("/c/{id}/e"), 5, 7, "another part"),
            entry(template("/c/{id}/{part}"), 5, 8, "any part"),
            entry(template("/c/{id}/f"), 1, 0, "an old part of high priority"),
            entry(template("/c/{id}/g"), 5, 9, "a new part"),
            entry(UrlPattern::Any, 9, 9, "any"),
        ]);
        for (target, expected) in [
            ("/a", "new"),
            ("/a?x=2", "new"),
            ("/a?x=1", "url"),
            ("/bb", "regex"),
            ("/b/1", "template"),
            ("/b/1/2", "regex"),
            ("/q/z", "first variable"),
            ("/b/z", "first variable"),
            ("/c/1/d", "any part"),
            ("/c/1/f", "an old part of high priority"),
            ("/c/1/g", "a new part"),
            ("/c/d/1/2", "any"),
            ("/c//g", "any"),
            ("/other", "any"),
            ("//", "any"),
            ("", "any"),
            ("c/1/g", "any"),
        ] {
            assert_eq!(find(&index, target), Some(expected), "{target}");
        }
        assert_eq!(find(&Index::default(), "/a"), None);
    }
}
