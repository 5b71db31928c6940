//! How near patterns came: what a caller is told whose call no stub claims.
//!
//! The distance is WireMock's ([`RequestPattern::distance`]), and so is the text ([`diff`]). WireMock measures all
//! stubs for each unmatched call; here all are estimated (`estimate`), which costs no memory and
//! compares no bodies, and only the `MEASURED_MAX` best are measured.

pub mod diff;
mod estimate;
mod wrap;

use std::collections::BinaryHeap;

use jiff::Timestamp;

use super::index::Index;
use super::pattern::RequestPattern;
use super::seen::Seen;
use crate::domain::call::Call;

use estimate::estimate;

/// How many near misses are shown.
pub const NEAR_MISSES_MAX: usize = 3;

/// How many candidates are measured exactly.
const MEASURED_MAX: usize = 50;

/// A pattern that a call came near to.
#[derive(Debug)]
pub struct NearMiss<'a, T> {
    /// What the pattern stands for.
    pub target: &'a T,
    /// The pattern.
    pub pattern: &'a RequestPattern,
    /// How far the call is from it: 0 fits, 1 is nothing alike.
    pub distance: f64,
}

/// The patterns that came nearest to a call, the nearest first; among equals those that are asked
/// first.
pub fn nearest<'a, T>(indexes: &[&'a Index<T>], seen: &Seen<'_>) -> Vec<NearMiss<'a, T>> {
    let entries = || indexes.iter().flat_map(|index| index.entries());
    let estimates = entries().map(|entry| estimate(&entry.pattern, seen));
    let candidates = best(estimates);
    let mut candidates = candidates.into_iter().peekable();
    let mut misses = Vec::with_capacity(MEASURED_MAX);
    for (at, entry) in entries().enumerate() {
        if candidates.next_if_eq(&at).is_some() {
            misses.push(NearMiss {
                target: &entry.target,
                pattern: &entry.pattern,
                distance: entry.pattern.distance(seen),
            });
        }
        if candidates.peek().is_none() {
            break;
        }
    }
    misses.sort_by(|one, other| one.distance.total_cmp(&other.distance));
    misses.truncate(NEAR_MISSES_MAX);
    misses
}

/// Which calls, each with its time, came nearest to a pattern: their places, and how near they came;
/// among equals the first.
#[must_use]
pub fn nearest_calls(pattern: &RequestPattern, calls: &[(Call, Timestamp)]) -> Vec<(usize, f64)> {
    let estimates = calls.iter();
    let estimates = estimates.map(|(call, at)| estimate(pattern, &Seen::new(call, *at)));
    let measured = best(estimates).into_iter().map(|place| {
        let (call, at) = &calls[place];
        (place, pattern.distance(&Seen::new(call, *at)))
    });
    let mut misses: Vec<(usize, f64)> = measured.collect();
    misses.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    misses.truncate(NEAR_MISSES_MAX);
    misses
}

/// The places of the lowest estimates, ascending; among equals the first.
fn best(estimates: impl Iterator<Item = u32>) -> Vec<usize> {
    let mut kept: BinaryHeap<(u32, usize)> = BinaryHeap::with_capacity(MEASURED_MAX + 1);
    for (at, estimate) in estimates.enumerate() {
        let is_full = kept.len() == MEASURED_MAX;
        if is_full && kept.peek().is_some_and(|worst| (estimate, at) >= *worst) {
            continue;
        }
        if is_full {
            kept.pop();
        }
        kept.push((estimate, at));
    }
    let mut places: Vec<usize> = kept.into_iter().map(|(_, at)| at).collect();
    places.sort_unstable();
    places
}

#[cfg(test)]
mod tests;
