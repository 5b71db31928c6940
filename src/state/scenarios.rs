//! Scenarios: how far a tester's stories have come. The words are WireMock's.

use std::sync::Arc;

use imbl::OrdMap;

use super::diff::each;

/// The state in which every scenario begins.
pub const STARTED: &str = "Started";

/// The states of scenarios, by name.
#[derive(Clone, Debug, Default)]
pub struct Scenarios {
    moved: OrdMap<Arc<str>, Arc<str>>,
}

impl Scenarios {
    /// The state of a scenario. One that nothing has moved yet is in [`STARTED`].
    #[must_use]
    pub fn state(&self, name: &str) -> &str {
        self.moved.get(name).map_or(STARTED, |state| state)
    }

    /// The scenarios that something has moved, and their states.
    pub(super) fn moved(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        self.moved.iter()
    }

    /// Tells each scenario that is in another state here than there.
    pub(super) fn compare(
        &self,
        other: &Self,
        tell: impl FnMut(&Arc<str>, Option<&Arc<str>>, Option<&Arc<str>>),
    ) {
        each(&self.moved, &other.moved, tell);
    }

    pub(super) fn set(&mut self, name: &Arc<str>, state: &Arc<str>) {
        self.moved.insert(name.clone(), state.clone());
    }

    pub(super) fn forget(&mut self, name: &str) {
        self.moved.remove(name);
    }

    pub(super) fn clear(&mut self) {
        self.moved.clear();
    }
}
