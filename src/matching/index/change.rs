//! Entries that come and go, one at a time.

use std::cmp::Reverse;

use super::{Entry, Index, Rank, shape};
use crate::matching::pattern::UrlPattern;

impl<T> Index<T> {
    /// Files an entry. What comes back takes it out again.
    pub fn insert(&mut self, entry: Entry<T>) -> usize {
        let slot = self.free.pop().unwrap_or(self.slots.len());
        let rank = Rank {
            priority: entry.priority,
            age: Reverse(entry.age),
            slot,
        };
        let shelf = self.shelf(&entry.pattern.url);
        let at = shelf.partition_point(|other| *other < rank);
        shelf.insert(at, rank);
        match self.slots.get_mut(slot) {
            Some(place) => *place = Some(entry),
            None => self.slots.push(Some(entry)),
        }
        slot
    }

    /// Takes out the entry that was filed in this slot, if it is still there.
    pub fn remove(&mut self, slot: usize) -> Option<Entry<T>> {
        let entry = self.slots.get_mut(slot)?.take()?;
        let rank = Rank {
            priority: entry.priority,
            age: Reverse(entry.age),
            slot,
        };
        let shelf = self.shelf(&entry.pattern.url);
        if let Ok(at) = shelf.binary_search(&rank) {
            shelf.remove(at);
        }
        if shelf.is_empty() {
            self.drop_shelf(&entry.pattern.url);
        }
        self.free.push(slot);
        Some(entry)
    }

    /// Drops a shelf on which nothing stands any more: stubs that come and go must not leave theirs.
    fn drop_shelf(&mut self, url: &UrlPattern) {
        match url {
            UrlPattern::Url(url) => drop(self.by_url.remove(url.as_str())),
            UrlPattern::Path(path) => drop(self.by_path.remove(path.as_str())),
            UrlPattern::Template(template) => match shape(template) {
                Some((literal, key)) => {
                    let families = self.by_template.entry(literal.len()).or_default();
                    for family in families.iter_mut() {
                        if family.literal == literal {
                            family.by_literals.remove(key.as_str());
                        }
                    }
                    families.retain(|family| !family.by_literals.is_empty());
                }
                None => self.drop_prefix(template.prefix()),
            },
            UrlPattern::UrlRegex(regex) | UrlPattern::PathRegex(regex) => {
                self.drop_prefix(regex.prefix());
            }
            UrlPattern::Any => {}
        }
    }

    fn drop_prefix(&mut self, prefix: &str) {
        for (length, by_prefix) in &mut self.by_prefix {
            if *length == prefix.len() {
                by_prefix.remove(prefix);
            }
        }
        self.by_prefix.retain(|(_, shelves)| !shelves.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use http::{HeaderMap, Method};

    use jiff::Timestamp;

    use super::*;
    use crate::domain::call::Call;
    use crate::matching::pattern::{PathTemplate, RequestPattern};
    use crate::matching::regular_expression::Whole;
    use crate::matching::seen::Seen;

    /// Files stubs written `url priority` in this order, takes out those at these places, and gives
    /// which answers each target.
    fn check(stubs: &[(&str, u32)], gone: &[usize], expected: &[(&str, Option<usize>)]) {
        let mut index: Index<usize> = Index::default();
        let mut slots = Vec::new();
        for (at, (url, priority)) in stubs.iter().enumerate() {
            let url = match url.split_once(' ') {
                Some(("template", path)) => {
                    UrlPattern::Template(PathTemplate::parse(path).expect("a template"))
                }
                Some(("regex", regex)) => {
                    UrlPattern::PathRegex(Whole::compile(regex).expect("a pattern"))
                }
                Some(("url", url)) => UrlPattern::Url(url.into()),
                _ if *url == "any" => UrlPattern::Any,
                _ => UrlPattern::Path((*url).into()),
            };
            let pattern = RequestPattern {
                url,
                ..RequestPattern::default()
            };
            slots.push(index.insert(Entry {
                pattern: Arc::new(pattern),
                priority: *priority,
                age: at as u64,
                target: at,
            }));
        }
        for at in gone {
            let entry = index.remove(slots[*at]).expect("it is there");
            assert_eq!(entry.target, *at);
            assert!(index.remove(slots[*at]).is_none(), "it is gone");
        }
        assert_eq!(index.entries().len(), stubs.len() - gone.len());
        for (target, expected) in expected {
            let call = Call::new(
                1,
                Method::GET,
                (*target).into(),
                HeaderMap::new(),
                Bytes::new(),
                String::new(),
                "".into(),
            );
            let seen = Seen::new(&call, Timestamp::UNIX_EPOCH);
            let found = index.find(&seen).map(|(entry, _)| entry.target);
            assert_eq!(found, *expected, "{target} without {gone:?}");
        }
    }

    #[test]
    fn what_was_taken_out_answers_no_more() {
        let stubs = [
            ("/a", 5),
            ("/a", 5),
            ("/a", 1),
            ("any", 9),
            ("template /b/{id}", 5),
            ("template /b/{id}", 5),
            ("url /a?x=1", 5),
            ("regex /re/.*", 5),
            ("regex /re/.*", 5),
        ];
        let all = [("/a", Some(2)), ("/b/1", Some(5)), ("/c", Some(3))];
        check(&stubs, &[], &all);
        check(&stubs, &[2], &[("/a", Some(1)), ("/a?x=1", Some(6))]);
        check(&stubs, &[2, 1], &[("/a", Some(0))]);
        check(&stubs, &[2, 1, 0], &[("/a", Some(3)), ("/a?x=1", Some(6))]);
        check(&stubs, &[6, 2, 0, 1], &[("/a?x=1", Some(3))]);
        check(&stubs, &[5], &[("/b/1", Some(4))]);
        check(&stubs, &[4, 5], &[("/b/1", Some(3))]);
        check(&stubs, &[3], &[("/c", None)]);
        check(&stubs, &[], &[("/re/1", Some(8))]);
        check(&stubs, &[8], &[("/re/1", Some(7))]);
        check(&stubs, &[7, 8], &[("/re/1", Some(3))]);
    }

    #[test]
    fn a_slot_is_used_again() {
        let mut index: Index<u8> = Index::default();
        let entry = |age| Entry {
            pattern: Arc::default(),
            priority: 5,
            age,
            target: 0,
        };
        let slot = index.insert(entry(1));
        index.insert(entry(2));
        index.remove(slot);
        assert_eq!(index.insert(entry(3)), slot);
        assert_eq!(index.slots.len(), 2);
    }
}
