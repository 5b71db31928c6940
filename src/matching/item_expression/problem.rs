//! What can be wrong with an expression that can be read. Of several things, one is told: that which
//! stands first in [`Fault`].

use std::collections::BTreeMap;

/// The kinds of mistakes, in the order in which they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// Too long, or too much.
    Bounds,
    /// Parentheses around parentheses.
    Parentheses,
    /// A reserved word, in an update or a projection.
    ReservedEarly,
    /// A function that there is not.
    Function,
    /// A function where it may not stand.
    Misused,
    /// A reserved word, in a condition.
    Reserved,
    /// A section of an update that is there twice.
    Section,
    /// A placeholder of a name that stands for nothing.
    Name,
    /// A placeholder of a value that stands for nothing.
    Value,
    /// Paths of an update or a projection of which one is within the other.
    Overlap,
    /// Paths of which one takes for a list what the other takes for a map.
    Conflict,
    /// The wrong number of operands.
    Count,
    /// Operands that may not be the same.
    Distinct,
    /// An operand of the wrong type for an action.
    Action,
    /// An operand of the wrong type for a function.
    Operand,
}

/// The first mistake of each kind.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: BTreeMap<Fault, String>,
}

impl Problems {
    /// Notes a mistake, unless there is one of its kind already.
    pub(super) fn note(&mut self, fault: Fault, message: impl FnOnce() -> String) {
        self.found.entry(fault).or_insert_with(message);
    }

    /// The mistake that is told.
    pub(super) fn into_first(self) -> Option<String> {
        self.found.into_values().next()
    }
}
