//! What can be said only when every entry was read: their order, and where they went.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cassette::format::Format;
use crate::cassette::format::wiremock::Step;
use crate::cassette::model::{Cassette, Entry};

/// The entries with those of one scenario in the order of its states: WireMock lists the newest first.
/// Scenarios, and what is of none, keep their places.
pub(super) fn in_order(entries: &[Arc<Entry>], steps: &[Option<Step>]) -> Vec<Arc<Entry>> {
    let mut scenarios: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate() {
        if let Some(step) = step {
            scenarios.entry(&step.scenario).or_default().push(at);
        }
    }
    let mut ordered = entries.to_vec();
    for places in scenarios.values() {
        let chain = chain(places, steps);
        for (place, entry) in places.iter().zip(chain) {
            ordered[*place] = entries[entry].clone();
        }
    }
    ordered
}

/// The steps of one scenario, each after the one that leads to it; what nothing leads to comes last.
fn chain(places: &[usize], steps: &[Option<Step>]) -> Vec<usize> {
    let step = |place: usize| steps[place].as_ref().expect("these are of a scenario");
    let mut by_state: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for place in places.iter().rev() {
        by_state.entry(&step(*place).from).or_default().push(*place);
    }
    let mut chain: Vec<usize> = Vec::new();
    let mut state = "Started";
    while let Some(place) = by_state.get_mut(state).and_then(Vec::pop) {
        chain.push(place);
        state = step(place).to.as_deref().unwrap_or(state);
    }
    let mut left: Vec<usize> = by_state.into_values().flatten().collect();
    left.sort_unstable();
    chain.extend(left);
    chain
}

/// Says once where the calls of a foreign file went: where the first one did, unless the file says it.
pub(super) fn name_upstream(cassette: &mut Cassette, format: Format) {
    if !matches!(format, Format::Har | Format::Vcr) {
        return;
    }
    let mut entries = cassette.entries.iter();
    // Of an entry without an origin nobody knows where it went.
    let all_are_known = entries.all(|entry| entry.request.origin.is_some());
    if all_are_known
        && cassette.upstream().is_none()
        && let Some(first) = cassette.entries.first()
        && let Some(origin) = first.request.origin.clone()
    {
        let name = Cassette::UPSTREAM.to_owned();
        cassette.metadata.insert(name, origin.into());
    }
    let upstream = cassette.upstream().map(str::to_owned);
    for entry in &mut cassette.entries {
        if entry.request.origin == upstream {
            Arc::make_mut(entry).request.origin = None;
        }
    }
}
