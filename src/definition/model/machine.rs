//! State machines over records.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::shared::{Cel, OneOrMany};
use super::step::{Step, Transfer};

/// A state machine over the records of a collection.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Machine {
    /// The collection whose records it moves.
    pub collection: String,
    /// The member of a record that holds its state.
    pub field: String,
    /// The state of a new record.
    pub initial: String,
    /// All states, if you want `to` to be checked as well: without it, they are `initial` and
    /// every `to`.
    pub states: Option<Vec<String>>,
    /// What can happen, by name. A list gives alternatives: the first whose `from` and `when` fit.
    pub transitions: IndexMap<String, OneOrMany<Alternative>>,
}

/// One way in which a transition can go.
///
/// What it does happens in this order: `post` and `void`, `transfer`, `set` with the new state, the
/// timers of that state, `then`. When time makes the transition, `input` is empty.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Transition")]
pub struct Alternative {
    /// The states from which it goes.
    pub from: OneOrMany<String>,
    /// The state in which it ends.
    pub to: String,
    /// Who may (a condition, most often of `input` and `record`): otherwise `not_permitted`. Asked
    /// before the state is, and not when time makes the transition.
    pub by: Option<Cel>,
    /// When this alternative is meant.
    pub when: Option<Cel>,
    /// The instant (RFC 3339) at which it happens by itself. Nothing there: it never does.
    pub at: Option<Cel>,
    /// What it does to the books.
    pub ledger: Option<LedgerEffects>,
    /// Members of the record that it sets; strings are templates.
    #[serde(default)]
    pub set: Map<String, Value>,
    /// Steps that follow.
    #[serde(default)]
    pub then: Vec<Step>,
}

/// What a transition does to the books. Holds are named as the step that placed them on this record.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LedgerEffects {
    /// The hold that reaches its destination.
    pub post: Option<String>,
    /// The hold that goes back.
    pub void: Option<String>,
    /// With `post`: how much of the hold; the rest goes back. All of it, if left out.
    pub amount: Option<Cel>,
    /// An amount that moves at once.
    pub transfer: Option<OneOrMany<Transfer>>,
}
