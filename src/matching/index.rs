//! The index: finds the stub for a call at a cost that does not grow with the number of stubs.
//!
//! Exact URLs and paths are looked up by hash, path templates by their number of segments and
//! their first one. Only what is a regular expression, or matches any URL, is tried one by one.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::pattern::{RequestPattern, UrlPattern, Variables};
use crate::domain::call::Call;

/// A pattern, its rank, and what it stands for.
#[derive(Clone, Debug)]
pub struct Entry<T> {
    /// What a call must be like.
    pub pattern: RequestPattern,
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
    /// In the order in which they are asked.
    entries: Vec<Entry<T>>,
    by_url: HashMap<String, Vec<usize>>,
    by_path: HashMap<String, Vec<usize>>,
    by_shape: HashMap<(usize, String), Vec<usize>>,
    others: Vec<usize>,
}

impl<T> Default for Index<T> {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl<T> Index<T> {
    /// Files all entries.
    #[must_use]
    pub fn new(mut entries: Vec<Entry<T>>) -> Self {
        entries.sort_by(order);
        let mut index = Self {
            entries: Vec::new(),
            by_url: HashMap::new(),
            by_path: HashMap::new(),
            by_shape: HashMap::new(),
            others: Vec::new(),
        };
        for (at, entry) in entries.iter().enumerate() {
            index.shelf(&entry.pattern.url).push(at);
        }
        index.entries = entries;
        index
    }

    /// The entry that a call is for, with the variables of its path.
    #[must_use]
    pub fn find(&self, call: &Call) -> Option<(&Entry<T>, Variables)> {
        let path = call.path();
        let segments = path.matches('/').count();
        let first = path.strip_prefix('/').unwrap_or(path).split('/').next();
        let shape = (segments, first.unwrap_or("").to_owned());
        let shelves = [
            self.by_url.get(&call.target).map_or(&[][..], Vec::as_slice),
            self.by_path.get(path).map_or(&[][..], Vec::as_slice),
            self.by_shape.get(&shape).map_or(&[][..], Vec::as_slice),
            &self.others,
        ];
        merged(shelves).find_map(|at| {
            let entry = &self.entries[at];
            Some((entry, entry.pattern.test(call)?))
        })
    }

    /// All entries, in the order in which they are asked.
    #[must_use]
    pub fn entries(&self) -> &[Entry<T>] {
        &self.entries
    }

    fn shelf(&mut self, url: &UrlPattern) -> &mut Vec<usize> {
        match url {
            UrlPattern::Url(url) => self.by_url.entry(url.clone()).or_default(),
            UrlPattern::Path(path) => self.by_path.entry(path.clone()).or_default(),
            UrlPattern::Template(template) => match template.shape() {
                (segments, Some(first)) => self
                    .by_shape
                    .entry((segments, first.to_owned()))
                    .or_default(),
                (_, None) => &mut self.others,
            },
            UrlPattern::Any | UrlPattern::UrlRegex(_) | UrlPattern::PathRegex(_) => {
                &mut self.others
            }
        }
    }
}

fn order<T>(one: &Entry<T>, other: &Entry<T>) -> Ordering {
    (one.priority, std::cmp::Reverse(one.age)).cmp(&(other.priority, std::cmp::Reverse(other.age)))
}

/// The positions on all shelves, ascending: each shelf is ascending already.
fn merged(mut shelves: [&[usize]; 4]) -> impl Iterator<Item = usize> {
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
    use super::super::pattern::PathTemplate;
    use super::*;

    fn entry(
        url: UrlPattern,
        priority: u32,
        age: u64,
        target: &'static str,
    ) -> Entry<&'static str> {
        Entry {
            pattern: RequestPattern {
                url,
                ..RequestPattern::default()
            },
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
            ("/other", "any"),
        ] {
            assert_eq!(find(&index, target), Some(expected), "{target}");
        }
        assert_eq!(find(&Index::default(), "/a"), None);
    }
}
