//! The index: finds the stub for a call at a cost that does not grow with the number of stubs.
//!
//! Exact URLs and paths are looked up by hash, and so are path templates: by the literal segments
//! that a path has in the same places. Only what is a regular expression, or matches any URL, is
//! tried one by one, and stubs for one URL that differ in their headers, query or body.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::pattern::{PathTemplate, RequestPattern, UrlPattern, Variables};
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
    /// By the number of segments.
    by_template: HashMap<usize, Vec<Family>>,
    others: Vec<usize>,
}

/// Templates whose literal segments stand in the same places. An API has few of these, however many
/// templates it has.
#[derive(Clone, Debug)]
struct Family {
    /// Of each segment, whether it is literal.
    literal: Vec<bool>,
    by_literals: HashMap<String, Vec<usize>>,
}

impl Family {
    /// What a path has where the templates of this family are literal.
    fn literals(&self, path: &str) -> String {
        let segments = path.split('/').skip(1).zip(&self.literal);
        let literals = segments.filter(|(_, literal)| **literal);
        literals.fold(String::new(), |key, (segment, _)| key + "/" + segment)
    }

    fn find(&self, path: &str) -> Option<&[usize]> {
        self.by_literals
            .get(&self.literals(path))
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
    pub fn new(mut entries: Vec<Entry<T>>) -> Self {
        entries.sort_by(order);
        let mut index = Self {
            entries: Vec::new(),
            by_url: HashMap::new(),
            by_path: HashMap::new(),
            by_template: HashMap::new(),
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
        self.near(call).find_map(|at| {
            let entry = &self.entries[at];
            Some((entry, entry.pattern.test(call)?))
        })
    }

    /// The positions of all entries whose URL may fit.
    fn near(&self, call: &Call) -> impl Iterator<Item = usize> {
        let path = call.path();
        let families = self.by_template.get(&path.matches('/').count());
        let families = families.map_or(&[][..], Vec::as_slice);
        let exact = [self.by_url.get(&call.target), self.by_path.get(path)];
        let mut shelves = Vec::with_capacity(exact.len() + families.len() + 1);
        shelves.extend(exact.into_iter().flatten().map(Vec::as_slice));
        shelves.extend(families.iter().filter_map(|family| family.find(path)));
        shelves.push(&self.others);
        merged(shelves)
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
        for at in self.near(call) {
            let entry = &self.entries[at];
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
    pub fn entries(&self) -> &[Entry<T>] {
        &self.entries
    }

    fn shelf(&mut self, url: &UrlPattern) -> &mut Vec<usize> {
        match url {
            UrlPattern::Url(url) => self.by_url.entry(url.clone()).or_default(),
            UrlPattern::Path(path) => self.by_path.entry(path.clone()).or_default(),
            UrlPattern::Template(template) => self.shelf_of_template(template),
            UrlPattern::Any | UrlPattern::UrlRegex(_) | UrlPattern::PathRegex(_) => {
                &mut self.others
            }
        }
    }

    fn shelf_of_template(&mut self, template: &PathTemplate) -> &mut Vec<usize> {
        let literal: Vec<bool> = template
            .literals()
            .map(|segment| segment.is_some())
            .collect();
        let families = self.by_template.entry(literal.len()).or_default();
        let known = families.iter().position(|family| family.literal == literal);
        let at = known.unwrap_or_else(|| {
            families.push(Family {
                literal,
                by_literals: HashMap::new(),
            });
            families.len() - 1
        });
        let family = &mut families[at];
        let literals = family.literals(&template.to_string());
        family.by_literals.entry(literals).or_default()
    }
}

fn order<T>(one: &Entry<T>, other: &Entry<T>) -> Ordering {
    (one.priority, std::cmp::Reverse(one.age)).cmp(&(other.priority, std::cmp::Reverse(other.age)))
}

/// The positions on all shelves, ascending: each shelf is ascending already.
fn merged(mut shelves: Vec<&[usize]>) -> impl Iterator<Item = usize> {
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
