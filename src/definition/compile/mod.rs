//! Compiling: every check, once. What leaves here needs no further question.
//!
//! Each file compiles one kind of block. A mistake is noted in the [`Report`] with its place, and
//! compiling goes on, so that an author sees all of them at once.

mod answer;
mod auth;
mod batch;
mod dataset;
mod door;
mod duration;
mod each;
mod expression;
pub mod fault;
mod idempotency;
mod layers;
mod ledger;
mod listener;
mod machine;
mod merged;
mod named;
mod pack;
mod pagination;
mod profiles;
mod proxy;
mod query;
mod rate_limit;
mod record;
mod report;
mod resource;
mod response;
mod routes;
mod schema;
mod shipped;
mod step;
mod stream;
mod stub;
mod tool;
mod webhook;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

pub use dataset::Data;
pub use merged::PackSource;
pub use pack::pack;
pub use profiles::check_shared;
pub use report::{Place, Report};
pub use resource::resources;
pub use routes::{check_routes, definitions};
pub use stub::{Owner, request_pattern, stub};

/// What the blocks of one pack may name.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Collections, with the machine over each.
    pub collections: IndexMap<String, Option<Arc<str>>>,
    /// Machines with their transitions.
    pub machines: IndexMap<String, Vec<String>>,
    /// The collection of each machine.
    pub machine_collections: IndexMap<String, String>,
    /// Causes of refusal, the engine's and the pack's own.
    pub causes: BTreeSet<String>,
    /// The names of the holds that some step places.
    pub holds: BTreeSet<String>,
    /// The names that some `let` gives: a transition's templates see those of the tool that makes it.
    pub bound: BTreeSet<String>,
    /// The member of a record that is its key, by collection.
    pub keys: BTreeMap<String, String>,
    /// The member of a record that holds its state, by collection.
    pub states: BTreeMap<String, String>,
    /// The collections that make a key for a record that brings none.
    pub makers: BTreeSet<String>,
    /// The ledger's currencies.
    pub currencies: Vec<String>,
    /// Whether the pack has a ledger.
    pub ledger: bool,
    /// Whether the pack's ledger has wallets.
    pub wallets: bool,
    /// Whether anybody can be told of the pack's events.
    pub webhooks: bool,
    /// The named schemas, and where each stands.
    pub schemas: IndexMap<String, (Value, Place)>,
    /// The names that the shape of the pack's refusals gives.
    pub said: Vec<String>,
    /// The named steps.
    named: named::NamedSteps,
}
