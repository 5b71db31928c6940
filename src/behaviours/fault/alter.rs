//! What a fault makes of a reply that is there.

use super::Injected;
use crate::domain::chance::Chance;
use crate::domain::reply::Reply;
use crate::state::faults::Rule;

/// What a rule of the phases `Alter` and `Wire` makes of a reply; nothing, if there is nothing in this one
/// that it could change.
#[must_use]
pub fn alter(rule: &Rule, reply: &Reply, chance: &Chance) -> Option<Injected> {
    let _ = (rule, reply, chance);
    None
}
