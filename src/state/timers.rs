//! Timers: what happens by itself when the sandbox clock gets there.

pub(super) mod image;

use std::sync::Arc;

use imbl::OrdMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::name::Name;

/// A transition that a machine makes by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Timer {
    /// The machine.
    pub machine: Name,
    /// The key of the record that it moves.
    pub key: Arc<str>,
    /// The transition.
    pub transition: Arc<str>,
    /// Which of its alternatives.
    pub alternative: usize,
}

/// When a timer is due, and the how-manieth it was to be set.
type Slot = (Timestamp, u64);

/// All timers, in the order in which they are due; those of one moment in the order in which
/// they were set.
#[derive(Clone, Debug, Default)]
pub struct Timers {
    due: OrdMap<Slot, Timer>,
    of_record: OrdMap<(Name, Arc<str>), Vec<Slot>>,
    next: u64,
}

impl Timers {
    /// The timer that is due first.
    #[must_use]
    pub fn next(&self) -> Option<(Timestamp, &Timer)> {
        self.due.get_min().map(|((at, _), timer)| (*at, timer))
    }

    /// Whether a record has timers of this machine.
    #[must_use]
    pub fn has(&self, machine: &Name, key: &Arc<str>) -> bool {
        self.of_record.contains_key(&(machine.clone(), key.clone()))
    }

    /// All timers, in the order in which they are due.
    pub fn iter(&self) -> impl Iterator<Item = &Timer> {
        self.due.values()
    }

    /// How many timers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.due.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.due.is_empty()
    }

    pub(super) fn set(&mut self, timer: &Timer, at: Timestamp) {
        let slot = (at, self.next);
        self.next += 1;
        self.due.insert(slot, timer.clone());
        self.of_record
            .entry((timer.machine.clone(), timer.key.clone()))
            .or_default()
            .push(slot);
    }

    /// Takes out one timer that was due; the record's others stay.
    pub(super) fn take(&mut self, timer: &Timer, at: Timestamp) {
        let owner = (timer.machine.clone(), timer.key.clone());
        let Some(slots) = self.of_record.get(&owner) else {
            return;
        };
        let is_it = |slot: &&Slot| slot.0 == at && self.due.get(*slot) == Some(timer);
        let Some(taken) = slots.iter().find(is_it).copied() else {
            return;
        };
        let rest: Vec<Slot> = slots
            .iter()
            .filter(|slot| **slot != taken)
            .copied()
            .collect();
        self.due.remove(&taken);
        if rest.is_empty() {
            self.of_record.remove(&owner);
        } else {
            self.of_record.insert(owner, rest);
        }
    }

    pub(super) fn clear(&mut self, machine: &Name, key: &Arc<str>) {
        let slots = self.of_record.remove(&(machine.clone(), key.clone()));
        for slot in slots.into_iter().flatten() {
            self.due.remove(&slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_are_due_in_order_and_cleared_by_record() {
        let machine = Name::new(&"pack".into(), "order");
        let timer = |key: &str| Timer {
            machine: machine.clone(),
            key: key.into(),
            transition: "expire".into(),
            alternative: 0,
        };
        let second = |n| Timestamp::from_second(n).expect("a second");
        let mut timers = Timers::default();
        timers.set(&timer("late"), second(9));
        timers.set(&timer("a"), second(5));
        timers.set(&timer("b"), second(5));
        assert_eq!(timers.next(), Some((second(5), &timer("a"))));
        timers.clear(&machine, &"a".into());
        assert_eq!(timers.next(), Some((second(5), &timer("b"))));
        assert!(!timers.has(&machine, &"a".into()) && timers.has(&machine, &"b".into()));
        timers.set(&timer("b"), second(7));
        timers.take(&timer("b"), second(5));
        timers.take(&timer("b"), second(6));
        assert_eq!(timers.next(), Some((second(7), &timer("b"))));
        timers.clear(&machine, &"b".into());
        timers.clear(&machine, &"late".into());
        assert!(timers.is_empty());
    }
}
