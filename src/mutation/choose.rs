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
    capped(mixed(mutants), limits.max)
}

/// How much less the next mutant of the same mode is worth.
const NEXT_OF_MODE: i32 = 2;

/// How much less the next mutant of the same target is worth.
const NEXT_OF_TARGET: i32 = 1;

/// The same mutants, in an order in which neither a mode nor a target stands in a row for long: the tenth
/// 429 teaches less than the first lost reply.
fn mixed(mutants: Vec<Mutant>) -> Vec<Mutant> {
    let mut of_mode: BTreeMap<&'static str, i32> = BTreeMap::new();
    let mut of_target: BTreeMap<String, i32> = BTreeMap::new();
    let mut worth: Vec<(i32, Mutant)> = Vec::with_capacity(mutants.len());
    for mutant in mutants {
        let (same_mode, same_target) = (
            of_mode.entry(mutant.mode).or_default(),
            of_target.entry(mutant.target.clone()).or_default(),
        );
        let less = NEXT_OF_MODE * *same_mode + NEXT_OF_TARGET * *same_target;
        (*same_mode, *same_target) = (*same_mode + 1, *same_target + 1);
        worth.push((mutant.rank - less, mutant));
    }
    // The sort is stable: equals stay in the order of their ranks and ids.
    worth.sort_by_key(|(worth, _)| -worth);
    worth.into_iter().map(|(_, mutant)| mutant).collect()
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
