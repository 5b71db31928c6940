//! An opening: how a sandbox begins. It is kept, so that a reset can begin again.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::errors::QueuedError;
use super::faults::Rule;
use crate::domain::time::Clock;

/// How a sandbox begins, beside what the packs declare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// What all its chance comes from.
    pub seed: u64,
    /// How its clock runs.
    pub clock: Clock,
    /// Wallets and what is on them, by agent.
    pub wallets: IndexMap<String, OpeningWallet>,
    /// Records, by collection.
    pub collections: IndexMap<String, Vec<Value>>,
    /// Whether credentials are checked, by pack.
    pub auth: IndexMap<String, bool>,
    /// What is to go wrong, beside what the packs declare.
    #[serde(default)]
    pub faults: Vec<Rule>,
    /// Answers in line for calls of any tool.
    #[serde(default)]
    pub errors: Vec<QueuedError>,
    /// The hashes of the keys that choose the sandbox, as `sha256:…`.
    #[serde(default)]
    pub api_keys: Vec<String>,
    /// Until when it lives, by the machine's clock; for ever, if nothing is said.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// What is on a wallet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpeningWallet {
    /// The amount, in major units.
    pub balance: String,
    /// The currency; the ledger's first, if none is given.
    pub currency: Option<String>,
}

impl Default for Opening {
    fn default() -> Self {
        Self {
            seed: 0,
            clock: Clock::System,
            wallets: IndexMap::new(),
            collections: IndexMap::new(),
            auth: IndexMap::new(),
            faults: Vec::new(),
            errors: Vec::new(),
            api_keys: Vec::new(),
            expires_at: None,
        }
    }
}
