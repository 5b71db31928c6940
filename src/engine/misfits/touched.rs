//! What a tool reads or changes, as far as its definition says it: its collections, and whether the books
//! are among it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::definition::compiled::{Among, Pack, Produce, QuerySpec, StepSpec, Tool, Verb};

/// What a tool reads or changes of its pack.
#[derive(Debug, Default)]
pub(super) struct Touched {
    pub(super) collections: BTreeSet<Arc<str>>,
    pub(super) ledger: bool,
    /// The transitions that were looked at: one may lead to another, and back.
    transitions: BTreeSet<(Arc<str>, Arc<str>)>,
}

pub(super) fn by(pack: &Pack, tool: &Tool) -> Touched {
    let mut touched = Touched {
        ledger: !tool.opens.is_empty(),
        ..Touched::default()
    };
    touched.steps(pack, &tool.steps);
    if let Produce::Page(page) = &tool.produce {
        touched.collections.insert(page.collection.clone());
    }
    touched
}

impl Touched {
    fn steps(&mut self, pack: &Pack, steps: &[StepSpec]) {
        for step in steps {
            self.step(pack, &step.verb);
        }
    }

    fn step(&mut self, pack: &Pack, verb: &Verb) {
        match verb {
            Verb::Find { collection, .. }
            | Verb::Precondition {
                of: Some((collection, _)),
                ..
            }
            | Verb::Create { collection, .. }
            | Verb::Delete { collection, .. }
            | Verb::Increment { collection, .. } => self.collection(collection),
            Verb::Each(each) => {
                if let Among::Records(collection) = &each.over.among {
                    self.collection(collection);
                }
                self.steps(pack, &each.steps);
            }
            Verb::Named { steps, .. } => self.steps(pack, steps),
            Verb::Query(_, QuerySpec::List(list)) => self.collection(&list.collection),
            Verb::Query(_, QuerySpec::Transfers { .. } | QuerySpec::Account { .. })
            | Verb::Transfer(_)
            | Verb::Hold(..)
            | Verb::Post(..)
            | Verb::Void(_)
            | Verb::Limits(_) => self.ledger = true,
            Verb::Transition {
                machine,
                transition,
            } => self.transition(pack, machine, transition),
            Verb::Query(_, QuerySpec::Pick { .. } | QuerySpec::Document { .. })
            | Verb::Precondition { of: None, .. }
            | Verb::Let(..)
            | Verb::Require { .. }
            // The record at hand was found before.
            | Verb::Update(_)
            | Verb::Emit(_) => {}
        }
    }

    fn collection(&mut self, name: &Arc<str>) {
        self.collections.insert(name.clone());
    }

    fn transition(&mut self, pack: &Pack, machine: &Arc<str>, transition: &Arc<str>) {
        let Some(machine) = pack.machines.get(machine) else {
            return;
        };
        self.collection(&machine.collection);
        let which = (machine.name.name.clone(), transition.clone());
        if !self.transitions.insert(which) {
            return;
        }
        let transition = machine.transitions.get(transition);
        for alternative in transition.into_iter().flat_map(|it| &it.alternatives) {
            self.ledger |= !alternative.holds.is_empty() || !alternative.transfers.is_empty();
            self.steps(pack, &alternative.then);
        }
    }
}
