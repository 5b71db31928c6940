//! A compiled state machine.

use std::sync::Arc;

use indexmap::IndexMap;

use super::step::{Amount, Movement, RecordDocument, StepSpec};
use crate::domain::name::Name;
use crate::matching::condition::Expression;

/// A state machine over the records of a collection.
#[derive(Debug)]
pub struct Machine {
    /// Its name, with the pack's.
    pub name: Name,
    /// The collection.
    pub collection: Arc<str>,
    /// The member that holds the state.
    pub field: String,
    /// The state of a new record.
    pub initial: String,
    /// All states.
    pub states: Vec<String>,
    /// What can happen.
    pub transitions: IndexMap<Arc<str>, Transition>,
}

impl Machine {
    /// Whether anything happens by itself.
    #[must_use]
    pub fn has_timers(&self) -> bool {
        let transitions = self.transitions.values();
        let mut alternatives = transitions.flat_map(|transition| &transition.alternatives);
        alternatives.any(|alternative| alternative.at.is_some())
    }
}

/// Something that can happen.
#[derive(Debug)]
pub struct Transition {
    /// Its name.
    pub name: Arc<str>,
    /// The ways in which it can go, the first that fits.
    pub alternatives: Vec<Alternative>,
}

/// One way in which a transition can go.
#[derive(Debug)]
pub struct Alternative {
    /// From which states.
    pub from: Vec<String>,
    /// To which state.
    pub to: String,
    /// Who may.
    pub by: Option<Expression>,
    /// When it is meant.
    pub when: Option<Expression>,
    /// When it happens by itself.
    pub at: Option<Expression>,
    /// What becomes of holds.
    pub holds: Vec<HoldEffect>,
    /// What moves at once.
    pub transfers: Vec<Movement>,
    /// Members that it sets.
    pub set: RecordDocument,
    /// What follows.
    pub then: Vec<StepSpec>,
}

/// What becomes of a hold.
#[derive(Debug)]
pub enum HoldEffect {
    /// It reaches its destination, all of it or an amount.
    Post(String, Option<Amount>),
    /// It goes back.
    Void(String),
}
