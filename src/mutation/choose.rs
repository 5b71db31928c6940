//! Which mutants are worth running: ranked, each once, and not too many.

use std::collections::{BTreeMap, BTreeSet};

use super::Mutant;

/// Which mutants are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many at the most.
    pub max: usize,
    /// Of these modes alone; of all, if none are named.
    pub only: Vec<String>,
    /// Of these targets alone; of all, if none are named.
    pub targets: Vec<String>,
}

/// How many mutants each target has at least, before others may fill what is left.
const FAIR_MIN: usize = 5;

/// Ranks mutants, the likeliest first; drops those that a caller cannot tell from a likelier one; and cuts
/// what is too much, so that no target takes the places of the others. Equals stand in the order of their
/// ids: the same mutants come out in the same order, however they came in.
#[must_use]
pub fn choose(mut mutants: Vec<Mutant>, limits: &Limits) -> Vec<Mutant> {
    let is_named = |names: &[String], name: &str| {
        names.is_empty() || names.iter().any(|wanted| wanted == name)
    };
    mutants.retain(|mutant| is_named(&limits.only, mutant.mode));
    mutants.retain(|mutant| is_named(&limits.targets, &mutant.target));
    mutants.sort_by(|one, other| {
        let ranks = other.rank.cmp(&one.rank);
        ranks.then_with(|| one.id.cmp(&other.id))
    });
    let mut seen = BTreeSet::new();
    mutants.retain(|mutant| seen.insert((mutant.target.clone(), mutant.seen_as.clone())));
    capped(mutants, limits.max)
}

/// The first `max` of ranked mutants; first those within each target's share, then others.
fn capped(mutants: Vec<Mutant>, max: usize) -> Vec<Mutant> {
    if mutants.len() <= max {
        return mutants;
    }
    let targets: BTreeSet<&str> = mutants.iter().map(|mutant| &*mutant.target).collect();
    let share = (max.div_ceil(targets.len().max(1))).max(FAIR_MIN);
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let within: Vec<bool> = mutants
        .iter()
        .map(|mutant| {
            let taken = taken.entry(mutant.target.clone()).or_default();
            *taken += 1;
            *taken <= share
        })
        .collect();
    let inside = within.iter().filter(|within| **within).count().min(max);
    let (mut fair, mut others) = (inside, max - inside);
    let mut kept = mutants;
    let mut within = within.into_iter();
    kept.retain(|_| {
        let left = match within.next() {
            Some(true) => &mut fair,
            _ => &mut others,
        };
        let keep = *left > 0;
        *left -= usize::from(keep);
        keep
    });
    kept
}
