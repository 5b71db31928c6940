//! What is different between two collections, found without looking at what they share.

use std::collections::BTreeSet;
use std::sync::Arc;

use imbl::OrdMap;
use imbl::ordmap::DiffItem;

use super::Collection;
use crate::state::dataset::Row;

/// Where two collections differ, by the ages of records.
#[derive(Debug, Default)]
pub struct Difference {
    /// What was put in one of them, and not the same in the other.
    pub ages: BTreeSet<u64>,
    /// Rows that both opened with and that are gone in the second alone, as runs of ages: the first, and
    /// the one behind the last.
    pub dropped: Vec<(u64, u64)>,
    /// Those that are gone in the first alone.
    pub back: Vec<(u64, u64)>,
}

impl Collection {
    /// Where another collection differs from this one; nothing, if they stand on different rows, so that
    /// no age means the same in both.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Difference> {
        let alike = match (&self.base, &other.base) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other) || one == other,
            (one, other) => one.is_none() && other.is_none(),
        };
        // An empty one stands on no rows that could be different ones.
        if !alike && self.base_len() + other.base_len() > 0 {
            return None;
        }
        let mut found = Difference::default();
        for item in self.by_age.diff(&other.by_age) {
            let (DiffItem::Add(age, _)
            | DiffItem::Remove(age, _)
            | DiffItem::Update { new: (age, _), .. }) = item;
            found.ages.insert(*age);
        }
        let (gone, gone_in_other) = changed_runs(&self.gone, &other.gone);
        // What was put over a row and dropped with it is told by its age.
        found.dropped = without(&runs_without(&gone_in_other, &gone), &found.ages);
        found.back = without(&runs_without(&gone, &gone_in_other), &found.ages);
        Some(found)
    }

    /// The record of this age.
    #[must_use]
    pub fn at(&self, age: u64) -> Option<Row> {
        if let Some(row) = self.by_age.get(&age) {
            return Some(row.clone());
        }
        if age >= self.base_len() || self.is_gone(age) {
            return None;
        }
        self.base.as_ref()?.row(age)
    }
}

type Runs = Vec<(u64, u64)>;

/// The runs that are not the same in both, of each.
fn changed_runs(one: &OrdMap<u64, u64>, other: &OrdMap<u64, u64>) -> (Runs, Runs) {
    let (mut ones, mut others) = (Runs::new(), Runs::new());
    for item in one.diff(other) {
        match item {
            DiffItem::Add(first, behind) => others.push((*first, *behind)),
            DiffItem::Remove(first, behind) => ones.push((*first, *behind)),
            DiffItem::Update { old, new } => {
                ones.push((*old.0, *old.1));
                others.push((*new.0, *new.1));
            }
        }
    }
    (ones, others)
}

/// What is in these runs of ages, but for these ages.
#[must_use]
pub fn without(runs: &[(u64, u64)], ages: &BTreeSet<u64>) -> Vec<(u64, u64)> {
    let ages: Runs = ages.iter().map(|age| (*age, age + 1)).collect();
    runs_without(runs, &ages)
}

/// What is in these runs and in none of those; both ascend, and no two of one list overlap.
fn runs_without(runs: &[(u64, u64)], those: &[(u64, u64)]) -> Runs {
    let mut left = Runs::new();
    let mut those = those.iter().copied().peekable();
    for &(mut first, behind) in runs {
        while first < behind {
            // Those that end before it concern nothing that is still to come.
            while those.next_if(|(_, end)| *end <= first).is_some() {}
            match those.peek() {
                Some(&(begin, end)) if begin < behind => {
                    if begin > first {
                        left.push((first, begin));
                    }
                    first = end;
                }
                _ => {
                    left.push((first, behind));
                    break;
                }
            }
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(runs: &[(u64, u64)], those: &[(u64, u64)], left: &[(u64, u64)]) {
        assert_eq!(
            runs_without(runs, those),
            left,
            "{runs:?} without {those:?}"
        );
    }

    #[test]
    fn runs_are_taken_from_runs() {
        check(&[(1, 5)], &[], &[(1, 5)]);
        check(&[(1, 5)], &[(0, 9)], &[]);
        check(&[(1, 5)], &[(2, 3)], &[(1, 2), (3, 5)]);
        check(&[(1, 5), (7, 9)], &[(4, 8)], &[(1, 4), (8, 9)]);
        check(
            &[(1, 5), (7, 9)],
            &[(0, 1), (5, 7), (9, 12)],
            &[(1, 5), (7, 9)],
        );
        check(&[(1, 9)], &[(1, 2), (4, 5), (8, 9)], &[(2, 4), (5, 8)]);
    }
}
