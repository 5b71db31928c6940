//! The index: finds the stub for a call at a cost that does not grow with the number of stubs.
//!
//! Exact URLs and paths are looked up by hash, and so are path templates, by the literal segments
//! that a path has in the same places, and regular expressions, by what they begin with. Only what
//! begins with something else than a literal, or matches any URL, is tried one by one, and stubs for
//! one URL that differ in their headers, query or body.

mod shelves;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::HashMap;

use super::pattern::{PathTemplate, RequestPattern, UrlPattern, Variables};
use super::seen::Seen;
use shelves::Shelves;

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
    /// By what a URL begins with, for each length of such a beginning.
    by_prefix: Vec<(usize, HashMap<String, Vec<usize>>)>,
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
            by_prefix: Vec::new(),
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
    pub fn find(&self, seen: &Seen<'_>) -> Option<(&Entry<T>, Variables)> {
        self.shelves(seen).find_map(|at| self.tried(at, seen))
    }

    /// The entries that a call fits, in the order in which they are asked, up to the first for which
    /// `stop` says that no other is needed.
    pub fn candidates(
        &self,
        seen: &Seen<'_>,
        stop: impl Fn(&T) -> bool,
    ) -> Vec<(&Entry<T>, Variables)> {
        let mut found = Vec::new();
        for candidate in self.shelves(seen).filter_map(|at| self.tried(at, seen)) {
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
    pub fn entries(&self) -> &[Entry<T>] {
        &self.entries
    }

    /// The positions of the entries that a call may fit.
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

    fn tried(&self, at: usize, seen: &Seen<'_>) -> Option<(&Entry<T>, Variables)> {
        let entry = &self.entries[at];
        Some((entry, entry.pattern.test(seen)?))
    }

    fn shelf(&mut self, url: &UrlPattern) -> &mut Vec<usize> {
        match url {
            UrlPattern::Url(url) => self.by_url.entry(url.clone()).or_default(),
            UrlPattern::Path(path) => self.by_path.entry(path.clone()).or_default(),
            UrlPattern::Template(template) => self.shelf_of_template(template),
            UrlPattern::UrlRegex(regex) | UrlPattern::PathRegex(regex) => {
                self.shelf_of_prefix(regex.prefix())
            }
            UrlPattern::Any => &mut self.others,
        }
    }

    fn shelf_of_template(&mut self, template: &PathTemplate) -> &mut Vec<usize> {
        let Some(literals) = template.literals() else {
            return self.shelf_of_prefix(template.prefix());
        };
        let (mut literal, mut key) = (Vec::new(), String::new());
        for segment in literals {
            literal.push(segment.is_some());
            if let Some(segment) = segment {
                key.push('/');
                key.push_str(segment);
            }
        }
        let families = self.by_template.entry(literal.len()).or_default();
        let known = families.iter().position(|family| family.literal == literal);
        let at = known.unwrap_or_else(|| {
            families.push(Family {
                literal,
                by_literals: HashMap::new(),
            });
            families.len() - 1
        });
        families[at].by_literals.entry(key).or_default()
    }

    fn shelf_of_prefix(&mut self, prefix: &str) -> &mut Vec<usize> {
        // Every path begins with a slash: that tells nothing.
        if prefix.len() < 2 {
            return &mut self.others;
        }
        let length = prefix.len();
        let known = self
            .by_prefix
            .iter()
            .position(|(known, _)| *known == length);
        let at = known.unwrap_or_else(|| {
            self.by_prefix.push((length, HashMap::new()));
            self.by_prefix.len() - 1
        });
        self.by_prefix[at].1.entry(prefix.to_owned()).or_default()
    }
}

fn order<T>(one: &Entry<T>, other: &Entry<T>) -> Ordering {
    (one.priority, std::cmp::Reverse(one.age)).cmp(&(other.priority, std::cmp::Reverse(other.age)))
}
