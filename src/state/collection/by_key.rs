//! The records of a collection in the order of their keys, where nothing has to be sorted for it: what
//! was put is indexed by key, and the base's keys ascend with its rows, or there is none.

use std::cmp::Ordering;
use std::iter::Peekable;
use std::ops::Bound;
use std::sync::Arc;

use super::Collection;

type Keys<'a> = Box<dyn Iterator<Item = Arc<str>> + 'a>;

impl Collection {
    /// The keys behind `key`, ascending, or before it, descending if `backward`; `key` itself need not
    /// be there; all keys without one. To begin costs O(log n), and so does each key. Nothing, if the
    /// base's keys do not [ascend](super::Dataset::ascends).
    #[must_use]
    pub fn in_key_order(&self, key: Option<&str>, backward: bool) -> Option<Keys<'_>> {
        let ascends = self.base.as_ref().is_none_or(|base| base.ascends());
        if !ascends {
            return None;
        }
        Some(match backward {
            false => {
                let behind = key.map_or(Bound::Unbounded, Bound::Excluded);
                let put = self.by_key.range::<_, str>((behind, Bound::Unbounded));
                let first = key.map_or(0, |key| self.rows_until(|found| found <= key));
                Box::new(Merged {
                    base: self.base_keys(first).peekable(),
                    put: put.map(|(key, _)| key.clone()).peekable(),
                    first: Ordering::Less,
                })
            }
            true => {
                let before = key.map_or(Bound::Unbounded, Bound::Excluded);
                let put = self.by_key.range::<_, str>((Bound::Unbounded, before));
                let end = key.map_or(self.base_len(), |key| self.rows_until(|found| found < key));
                Box::new(Merged {
                    base: self.base_keys_before(end).peekable(),
                    put: put.rev().map(|(key, _)| key.clone()).peekable(),
                    first: Ordering::Greater,
                })
            }
        })
    }

    /// How many rows of the base have keys for which something holds that ceases to hold once.
    fn rows_until(&self, holds: impl Fn(&str) -> bool) -> u64 {
        let Some(base) = &self.base else {
            return 0;
        };
        let (mut from, mut to) = (0, base.len());
        while from < to {
            let middle = from + (to - from) / 2;
            match base.key(middle).is_some_and(|key| holds(&key)) {
                true => from = middle + 1,
                false => to = middle,
            }
        }
        from
    }

    /// The keys of the base's rows from one on that are not gone.
    fn base_keys(&self, first: u64) -> impl Iterator<Item = Arc<str>> {
        let mut next = first;
        std::iter::from_fn(move || {
            let run = self.gone.get_prev(&next);
            if let Some((_, behind)) = run.filter(|(_, behind)| next < **behind) {
                next = *behind;
            }
            let key = self.base.as_ref()?.key(next)?;
            next += 1;
            Some(key)
        })
    }

    /// The keys of the base's rows before one that are not gone, the last first.
    fn base_keys_before(&self, end: u64) -> impl Iterator<Item = Arc<str>> {
        let mut end = end;
        std::iter::from_fn(move || {
            let mut age = end.checked_sub(1)?;
            let run = self.gone.get_prev(&age);
            if let Some((first, _)) = run.filter(|(_, behind)| age < **behind) {
                age = first.checked_sub(1)?;
            }
            end = age;
            self.base.as_ref()?.key(age)
        })
    }
}

/// Two lists of keys as one. A row of the base that was replaced is in both.
struct Merged<B: Iterator<Item = Arc<str>>, P: Iterator<Item = Arc<str>>> {
    base: Peekable<B>,
    put: Peekable<P>,
    /// How the key that comes first compares with the other one.
    first: Ordering,
}

impl<B: Iterator<Item = Arc<str>>, P: Iterator<Item = Arc<str>>> Iterator for Merged<B, P> {
    type Item = Arc<str>;

    fn next(&mut self) -> Option<Arc<str>> {
        let (Some(base), Some(put)) = (self.base.peek(), self.put.peek()) else {
            return self.base.next().or_else(|| self.put.next());
        };
        let order = base.cmp(put);
        if order == Ordering::Equal {
            self.put.next();
        }
        match order == Ordering::Equal || order == self.first {
            true => self.base.next(),
            false => self.put.next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::state::dataset::generated::Recipe;
    use crate::state::dataset::key::KeyMaker;
    use crate::state::dataset::{Dataset, Generated};

    fn sequence(count: u64) -> Collection {
        Collection::over(Arc::new(Dataset::Generated(Generated::from(Recipe {
            count,
            seed: 7,
            key_member: "id".into(),
            key: KeyMaker::Sequence {
                prefix: "k".into(),
                start: 0,
                width: 12,
            },
            fields: Vec::new(),
        }))))
    }

    #[test]
    fn a_place_in_a_list_of_any_length_is_found() {
        let mut collection = sequence(1_000_000_000_000);
        for at in 5..2_000 {
            collection.remove(&format!("k{at:012}"));
        }
        collection.put(&"k000000000003a".into(), &Arc::new(json!(0)));
        let some = |key: &str, backward: bool| -> Vec<String> {
            let keys = collection.in_key_order(Some(key), backward);
            let keys = keys.expect("it ascends").take(3);
            keys.map(|key| key.trim_start_matches(['k', '0']).to_owned())
                .collect()
        };
        assert_eq!(some("k000000000002", false), ["3", "3a", "4"]);
        assert_eq!(some("k000000000004", false), ["2000", "2001", "2002"]);
        assert_eq!(some("k000000002001", true), ["2000", "4", "3a"]);
        assert_eq!(some("l", true)[0], "999999999999");
        assert_eq!(some("l", false), [] as [&str; 0]);
    }

    proptest! {
        #[test]
        fn keys_come_in_their_order(
            count in 0..20_u64,
            deeds in prop::collection::vec((any::<bool>(), 0..30_u8, any::<bool>()), 0..40),
            from in prop::option::of((0..30_u8, any::<bool>())),
        ) {
            let key = |at: u8, behind: bool| format!("k{at:012}{}", if behind { "x" } else { "" });
            let mut collection = sequence(count);
            for (put, at, behind) in deeds {
                match put {
                    true => collection.put(&key(at, behind).into(), &Arc::new(json!(at))),
                    false => collection.remove(&key(at, behind)),
                }
            }
            let from = from.map(|(at, behind)| key(at, behind));
            for backward in [false, true] {
                let mut all: Vec<Arc<str>> = collection.keys().collect();
                all.sort();
                if backward {
                    all.reverse();
                }
                all.retain(|key| from.as_ref().is_none_or(|from| match backward {
                    false => **key > **from,
                    true => **key < **from,
                }));
                let found = collection.in_key_order(from.as_deref(), backward);
                prop_assert_eq!(found.expect("it ascends").collect::<Vec<_>>(), all);
            }
        }
    }
}
