//! Reading fault rules: what they name is looked for in what is served, and in a sandbox's own stubs.

use std::sync::Arc;

use super::{Sandbox, Service};
use crate::definition::compile::fault::Recorded;
use crate::definition::compiled::Stub;
use crate::definition::load::{self, FaultsError, PostedFaults};
use crate::state::faults::Rule;
use crate::store::Store;

impl Service {
    /// Reads a rule, a list of rules, or a plan; of a sandbox that is yet to be made, without its stubs.
    ///
    /// # Errors
    /// When something is wrong with any of them.
    pub fn fault_rules(
        &self,
        sandbox: Option<&Sandbox>,
        text: &str,
    ) -> Result<PostedFaults, FaultsError> {
        let definitions = self.definitions();
        let stubs = self.stubs_of(sandbox);
        let recorded = self.recorded(sandbox);
        let read = || load::fault_rules(text, &definitions, &stubs, &recorded);
        // Expressions take a while: other calls of this worker must not wait for them.
        tokio::task::block_in_place(read)
    }

    /// The rules of a plan that ships.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn preset(&self, sandbox: Option<&Sandbox>, name: &str) -> Result<Vec<Rule>, FaultsError> {
        let definitions = self.definitions();
        let stubs = self.stubs_of(sandbox);
        let recorded = self.recorded(sandbox);
        tokio::task::block_in_place(|| load::preset(name, &definitions, &stubs, &recorded))
    }

    /// What the cassette has that runs in a sandbox; nothing, if none does.
    fn recorded(&self, sandbox: Option<&Sandbox>) -> Recorded {
        let state = sandbox.and_then(|sandbox| self.store.read(&sandbox.key).ok());
        let running = state.as_ref().and_then(|state| state.cassettes.running());
        let loaded = running.and_then(|running| running.started.loaded.as_ref());
        loaded.map_or_else(Recorded::default, |loaded| Recorded {
            tools: loaded.tools().values().cloned().collect(),
            endpoints: loaded.endpoints().into_iter().collect(),
        })
    }

    /// All stubs that a call in a sandbox may meet.
    fn stubs_of(&self, sandbox: Option<&Sandbox>) -> Vec<Arc<Stub>> {
        let definitions = self.definitions();
        let of_packs = definitions.stubs();
        let own = sandbox.map_or_else(|| definitions.mappings.clone(), Sandbox::stubs);
        of_packs.chain(own).collect()
    }
}
