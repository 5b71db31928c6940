//! Rounds: steps for each of several records or values, and the names that they leave alone.

use std::sync::Arc;

use serde_json::{Value, json};

use super::draft::Draft;
use super::steps::Run;
use crate::behaviours::Refusal;
use crate::behaviours::query::selection::{Selected, select};
use crate::definition::compiled::{EachSpec, Verb};
use crate::domain::name::Name;
use crate::domain::trace::Trace;

/// How many rounds all `each` of one call may do, one in another included.
const ROUNDS_MAX: usize = 10_000;

/// How many values, down to the members of objects, all rounds of one call may collect.
const COLLECTED_MAX: usize = 1_000_000;

/// What the rounds of a run need to remember.
#[derive(Clone, Debug, Default)]
pub(super) struct Rounds {
    /// How many there have been.
    done: usize,
    /// How many values have been collected.
    collected: usize,
    /// For each round, or run of steps with a name, that is under way, the innermost last: the names that
    /// it has given or taken away, and what they were before.
    hidden: Vec<Vec<(String, Option<Value>)>>,
}

impl Run<'_> {
    /// Gives a name to a value, for as long as the round takes that is under way, if there is one.
    pub(super) fn call_it(&mut self, name: &str, value: Value) {
        let before = self.variables.insert(name.to_owned(), value);
        self.hide(name, before);
    }

    /// Takes a name away, as [`Run::call_it`] gives one.
    pub(super) fn forget(&mut self, name: &str) {
        let before = self.variables.shift_remove(name);
        self.hide(name, before);
    }

    fn hide(&mut self, name: &str, before: Option<Value>) {
        if let Some(hidden) = self.rounds.hidden.last_mut()
            && !hidden.iter().any(|(known, _)| known == name)
        {
            hidden.push((name.to_owned(), before));
        }
    }

    /// What a step leaves that was passed over: the lists of rounds are empty.
    pub(super) fn passed_over(&mut self, verb: &Verb) {
        if let Verb::Each(each) = verb {
            for (name, _) in &each.collect {
                self.call_it(name, json!([]));
            }
        }
    }

    /// Runs steps for each record or value that is meant, one after the other.
    pub(super) fn each(
        &mut self,
        draft: &mut Draft,
        trace: &mut Trace,
        spec: &EachSpec,
        nesting: usize,
    ) -> Result<Value, Refusal> {
        let selected = select(&self.view(draft.state()), &spec.over)?;
        let mut collected = vec![Vec::new(); spec.collect.len()];
        let detail = match selected {
            Selected::Records(collection, keys) => {
                self.count(keys.len())?;
                let name = Name::new(&self.pack.name, &collection);
                let mut number = 0;
                for key in &keys {
                    // Read at its turn: the turns before may have changed or dropped it.
                    let Some(record) = draft.state().record(&name, key) else {
                        continue;
                    };
                    let at_hand = Some((collection.clone(), key.clone()));
                    let element = Element {
                        value: (*record).clone(),
                        at_hand,
                        number,
                    };
                    self.round(draft, trace, spec, element, &mut collected, nesting)?;
                    number += 1;
                }
                json!({ "records": keys.len() })
            }
            Selected::Values(values) => {
                let count = values.len();
                self.count(count)?;
                for (number, value) in values.into_iter().enumerate() {
                    let element = Element {
                        value,
                        at_hand: None,
                        number,
                    };
                    self.round(draft, trace, spec, element, &mut collected, nesting)?;
                }
                json!({ "values": count })
            }
        };
        for ((name, _), list) in spec.collect.iter().zip(collected) {
            self.call_it(name, list.into());
        }
        Ok(detail)
    }

    fn count(&mut self, rounds: usize) -> Result<(), Refusal> {
        self.rounds.done = self.rounds.done.saturating_add(rounds);
        if self.rounds.done > ROUNDS_MAX {
            let message = format!("a call does at most {ROUNDS_MAX} rounds");
            return Err(Refusal::definition("each", message));
        }
        Ok(())
    }

    /// Does the steps once, and puts names and record back to what they were.
    fn round(
        &mut self,
        draft: &mut Draft,
        trace: &mut Trace,
        spec: &EachSpec,
        element: Element,
        collected: &mut [Vec<Value>],
        nesting: usize,
    ) -> Result<(), Refusal> {
        self.apart(draft, |run, draft| {
            if let Some(index) = &spec.index {
                run.call_it(index, element.number.into());
            }
            if let Some(name) = &spec.name {
                run.call_it(name, element.value.clone());
            }
            if element.at_hand.is_some() {
                run.at_hand = element.at_hand;
                run.call_it("record", element.value);
            }
            run.all(draft, trace, &spec.steps, nesting + 1)?;
            for ((_, expression), list) in spec.collect.iter().zip(collected) {
                let value = run.view(draft.state()).eval(expression)?;
                run.keep(list, value)?;
            }
            Ok(())
        })
    }

    /// Does something after which names and the record at hand are what they were before. That record
    /// is read again: it may have been changed, or dropped.
    pub(super) fn apart(
        &mut self,
        draft: &mut Draft,
        inner: impl FnOnce(&mut Self, &mut Draft) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let at_hand = self.at_hand.clone();
        self.rounds.hidden.push(Vec::new());
        inner(self, draft)?;
        let hidden = self.rounds.hidden.pop().unwrap_or_default();
        for (name, before) in hidden {
            match before {
                Some(value) => self.variables.insert(name, value),
                None => self.variables.shift_remove(&name),
            };
        }
        self.at_hand = at_hand;
        self.read_again(draft);
        Ok(())
    }

    fn keep(&mut self, list: &mut Vec<Value>, value: Value) -> Result<(), Refusal> {
        self.rounds.collected += size_of(&value);
        if self.rounds.collected > COLLECTED_MAX {
            let message = format!("a call collects at most {COLLECTED_MAX} values");
            return Err(Refusal::definition("collect", message));
        }
        list.push(value);
        Ok(())
    }
}

/// What a round is about.
struct Element {
    value: Value,
    /// Collection and key, if it is a record.
    at_hand: Option<(Arc<str>, Arc<str>)>,
    number: usize,
}

/// How many values there are in a value, itself included. What an expression gives is nested no deeper
/// than an expression may.
fn size_of(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size_of).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(size_of).sum::<usize>(),
        _ => 1,
    }
}
