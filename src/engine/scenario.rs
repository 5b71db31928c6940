//! Scenarios: which stubs may answer in the state that a story is in, and how it goes on.
//!
//! A scenario is known as long as a stub names it: one of the overlay's, or one of a pack's, whose
//! scenarios are named with their pack.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::definition::compiled::{Definitions, Stub, Target};
use crate::state::overlay::Overlay;
use crate::state::scenarios::STARTED;
use crate::state::{Effect, SandboxState};

/// A scenario that there is.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The states that its stubs speak of, and the one in which it begins.
    pub states: BTreeSet<Arc<str>>,
    /// The definitions of its stubs.
    pub stubs: Vec<Arc<Value>>,
}

/// Whether what a call may be for does so in the state that its scenario is in.
pub(super) fn holds(state: &SandboxState, target: &Target) -> bool {
    let Target::Stub(stub) = target else {
        return true;
    };
    stub.scenario.as_ref().is_none_or(|scenario| {
        let required = scenario.required.as_deref();
        required.is_none_or(|required| required == state.scenarios.state(&scenario.name))
    })
}

/// How a stub that has answered takes its scenario on.
pub(super) fn goes_on(state: &SandboxState, stub: &Stub) -> Option<Effect> {
    let scenario = stub.scenario.as_ref()?;
    let next = scenario.next.as_ref()?;
    let moves = **next != *state.scenarios.state(&scenario.name);
    moves.then(|| Effect::ScenarioMoved {
        scenario: scenario.name.clone(),
        to: next.clone(),
    })
}

/// All scenarios that there are, by name.
#[must_use]
pub fn known(definitions: &Definitions, state: &SandboxState) -> BTreeMap<Arc<str>, Known> {
    let mut known: BTreeMap<Arc<str>, Known> = BTreeMap::new();
    let of_packs = definitions.index.entries().into_iter();
    let of_packs = of_packs.filter_map(|entry| match &entry.target {
        Target::Stub(stub) => Some((stub.scenario.as_ref()?.name.clone(), stub.source.clone())),
        Target::Door(..) | Target::Route(..) => None,
    });
    let overlay = state.overlay.iter();
    let of_overlay =
        overlay.filter_map(|(_, mapping)| Some((name(mapping)?.into(), mapping.clone())));
    for (name, mapping) in of_overlay.chain(of_packs) {
        let scenario = known.entry(name).or_default();
        scenario.states.insert(STARTED.into());
        let said = ["requiredScenarioState", "newScenarioState"];
        let said = said.iter().filter_map(|key| mapping.get(*key)?.as_str());
        scenario.states.extend(said.map(Arc::from));
        scenario.stubs.push(mapping);
    }
    known
}

/// What becomes of the scenarios of stubs that are gone: with its last stub one is forgotten, so that it
/// begins again, should one come back.
pub(super) fn left(overlay: &Overlay, gone: &[Arc<Value>]) -> Vec<Effect> {
    let mut names: BTreeSet<&str> = gone.iter().filter_map(|mapping| name(mapping)).collect();
    if !names.is_empty() {
        for (_, mapping) in overlay.iter() {
            name(mapping).map(|name| names.remove(name));
        }
    }
    let names = names.into_iter().map(Arc::from);
    names
        .map(|scenario| Effect::ScenarioForgotten { scenario })
        .collect()
}

/// All scenarios of an overlay are forgotten.
pub(super) fn all_of(overlay: &Overlay) -> Vec<Effect> {
    let names: BTreeSet<&str> = overlay.iter().filter_map(|(_, it)| name(it)).collect();
    let names = names.into_iter().map(Arc::from);
    names
        .map(|scenario| Effect::ScenarioForgotten { scenario })
        .collect()
}

fn name(mapping: &Value) -> Option<&str> {
    mapping.get("scenarioName")?.as_str()
}
