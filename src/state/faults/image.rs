//! Fault rules in an image: what had been counted when they were made, the rules, and what has happened.

use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use super::{Before, Calls, Event, Faults, Planned, Rule};
use crate::domain::name::Name;
use crate::state::image::Writer;

/// What stands beside rules and events.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::state) struct Numbers {
    paused: bool,
    last_id: u64,
    happened: u64,
}

/// A rule, and the place of what had been counted when it was made.
pub(in crate::state) type RuleRow = (Arc<Rule>, usize);

impl Faults {
    pub(in crate::state) fn write(&self, out: &mut Writer<'_>) {
        let numbers = Numbers {
            paused: self.paused,
            last_id: self.last_id,
            happened: self.happened,
        };
        out.row("faults", &numbers);
        // Rules that were made together have counted the same.
        let mut befores: Vec<&Before> = Vec::new();
        let mut rules: Vec<(&Arc<Rule>, usize)> = Vec::new();
        for planned in &self.rules {
            let before = &planned.before;
            if befores.last().is_none_or(|last| *last != before) {
                befores.push(before);
            }
            rules.push((&planned.rule, befores.len() - 1));
        }
        out.rows("befores", befores);
        out.rows("rules", rules);
        out.rows("fired", self.fired.iter());
        out.rows("awaited", self.awaited.iter());
        out.rows("stubCalls", self.stub_calls.iter());
        out.rows("events", self.events.iter());
    }

    pub(in crate::state) fn restore_numbers(&mut self, numbers: &Numbers) {
        self.paused = numbers.paused;
        self.last_id = numbers.last_id;
        self.happened = numbers.happened;
    }

    pub(in crate::state) fn restore_rule(&mut self, rule: Arc<Rule>, before: Before) {
        self.rules.push_back(Arc::new(Planned { rule, before }));
    }

    pub(in crate::state) fn restore_fired(&mut self, rule: Arc<str>, times: u64) {
        self.fired.insert(rule, times);
    }

    pub(in crate::state) fn restore_awaited(&mut self, rule: Arc<str>, times: u64) {
        self.awaited.insert(rule, times);
    }

    pub(in crate::state) fn restore_stub_calls(&mut self, stub: Arc<str>, calls: Calls) {
        self.stub_calls.insert(stub, calls);
    }

    pub(in crate::state) fn restore_event(&mut self, event: Arc<Event>) {
        self.events.push_back(event);
    }

    /// All is there: rules are found by what they are for again, and what is equal is one again, by which
    /// it is told that rules [count alike](Planned::counts_like).
    pub(in crate::state) fn restored(
        &mut self,
        calls: &OrdMap<Name, u64>,
        refusals: &OrdMap<Name, u64>,
    ) {
        let stub_calls = self.stub_calls.clone();
        for planned in self.rules.iter_mut() {
            let before = &mut Arc::make_mut(planned).before;
            same(&mut before.tool_calls, calls);
            same(&mut before.tool_refusals, refusals);
            same(&mut before.stub_calls, &stub_calls);
        }
        self.sort();
    }
}

fn same<K: Ord, V: Eq>(map: &mut OrdMap<K, V>, as_is: &OrdMap<K, V>) {
    if map == as_is {
        *map = as_is.clone();
    }
}
