//! Misfits: what of a sandbox does not fit the definitions that are served now. They are found elsewhere;
//! here it is noted what was found, so that calls that would touch it can be refused.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Something of a sandbox that does not fit the definitions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Misfit {
    /// The pack.
    pub pack: Arc<str>,
    /// What does not fit.
    pub what: What,
    /// How many there are.
    pub count: u64,
    /// The key of one of them.
    pub example: Arc<str>,
}

/// What does not fit. Names are those within the pack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum What {
    /// Records of a pack that is not served.
    Pack {
        /// The collection that has them.
        collection: Arc<str>,
    },
    /// Records of a collection that the pack has no longer.
    Collection {
        /// The collection.
        collection: Arc<str>,
    },
    /// Records in a state that their machine has no longer.
    State {
        /// The machine.
        machine: Arc<str>,
        /// Its collection.
        collection: Arc<str>,
        /// The state.
        state: Arc<str>,
    },
    /// Timers of a machine that the pack has no longer.
    Machine {
        /// The machine.
        machine: Arc<str>,
    },
    /// Timers of a transition that the machine has no longer, or that does not happen by itself.
    Transition {
        /// The machine.
        machine: Arc<str>,
        /// Its collection.
        collection: Arc<str>,
        /// The transition.
        transition: Arc<str>,
    },
    /// Accounts of a pack that has no ledger, or is not served.
    Ledger,
    /// Accounts in a currency that the pack's ledger has no longer, or has with other units.
    Currency {
        /// The currency's code.
        currency: Arc<str>,
    },
}

impl Misfit {
    /// Whether calls that touch a collection of the pack are refused.
    #[must_use]
    pub fn blocks_collection(&self, name: &str) -> bool {
        match &self.what {
            What::State { collection, .. } | What::Transition { collection, .. } => {
                **collection == *name
            }
            _ => false,
        }
    }

    /// Whether calls that touch the books of the pack are refused.
    #[must_use]
    pub fn blocks_ledger(&self) -> bool {
        matches!(self.what, What::Ledger | What::Currency { .. })
    }

    /// What does not fit, in a sentence without its full stop.
    #[must_use]
    pub fn told(&self) -> String {
        let Self {
            pack,
            what,
            count,
            example,
        } = self;
        match what {
            What::Pack { collection } => format!(
                "{count} records of {pack}.{collection}, such as {example:?}: no pack {pack} is served"
            ),
            What::Collection { collection } => format!(
                "{count} records of {pack}.{collection}, such as {example:?}: the pack has no such collection any more"
            ),
            What::State {
                machine,
                collection,
                state,
            } => format!(
                "{count} records of {pack}.{collection}, such as {example:?}, are in the state {state:?}, which the machine {machine} has no longer"
            ),
            What::Machine { machine } => format!(
                "{count} timers, such as that of {example:?}: the pack {pack} has no machine {machine} any more"
            ),
            What::Transition {
                machine,
                transition,
                ..
            } => format!(
                "{count} timers of {pack}.{machine}, such as that of {example:?}: its transition {transition} is gone, or happens by itself no longer"
            ),
            What::Ledger => format!(
                "{count} accounts of {pack}, such as that of {example:?}: the pack has no ledger any more"
            ),
            What::Currency { currency } => format!(
                "{count} accounts of {pack} in {currency}, such as that of {example:?}: its ledger has no such currency any more, or has it with other decimals"
            ),
        }
    }

    /// What somebody can do about it, in a sentence without its full stop.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self.what {
            What::Pack { .. } => "serve the pack again, or reset the sandbox",
            What::Collection { .. } => {
                "declare the collection again, or reset the sandbox; nothing else reaches these records"
            }
            What::State { .. } => {
                "declare the state again, give the records another with PUT /__admin/collections/{name}/{key} or drop them, or reset the sandbox"
            }
            What::Machine { .. } => {
                "declare the machine again, let the time of the timers pass (nothing happens then), or reset the sandbox"
            }
            What::Transition { .. } => {
                "declare the transition again, let the time of the timers pass (nothing happens then), drop the records, or reset the sandbox"
            }
            What::Ledger | What::Currency { .. } => {
                "declare the currency as it was, or reset the sandbox"
            }
        }
    }

    /// As the admin API shows it.
    #[must_use]
    pub fn shown(&self) -> Value {
        let mut shown = json!({
            "pack": &*self.pack,
            "count": self.count,
            "example": &*self.example,
            "what": self.told(),
            "todo": self.advice(),
        });
        let more = match &self.what {
            What::Pack { collection } | What::Collection { collection } => {
                vec![("collection", collection)]
            }
            What::State {
                machine,
                collection,
                state,
            } => vec![
                ("collection", collection),
                ("machine", machine),
                ("state", state),
            ],
            What::Machine { machine } => vec![("machine", machine)],
            What::Transition {
                machine,
                collection,
                transition,
            } => vec![
                ("collection", collection),
                ("machine", machine),
                ("transition", transition),
            ],
            What::Ledger => Vec::new(),
            What::Currency { currency } => vec![("currency", currency)],
        };
        for (name, value) in more {
            shown[name] = (**value).into();
        }
        shown
    }
}
