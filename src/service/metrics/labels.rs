//! Which sandboxes and tools are told apart by name, so that the number of series stays bounded.
//!
//! The first sandboxes have a label of their own. It stays theirs when they are deleted, so that a
//! monitor sees the end of what it has seen the beginning of, until another sandbox needs the place:
//! then the label that was given up first goes. All sandboxes without a label are counted together,
//! and what a deleted one of them has counted stays in that count: a counter never runs back.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, PoisonError, RwLock};

use super::Meter;
use super::meter::OTHER;
use super::reading::Reading;
use crate::domain::name::{Name, SandboxId};

/// How many are told apart by name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) sandboxes: usize,
    pub(super) tools: usize,
}

/// How many sandboxes and tools are told apart by name, unless a test says otherwise.
pub(super) const LABELLED: Bounds = Bounds {
    sandboxes: 200,
    tools: 500,
};

/// The meters of all sandboxes.
#[derive(Debug)]
pub(super) struct Labels {
    bounds: Bounds,
    tools: Arc<ToolNames>,
    labelled: BTreeMap<SandboxId, Arc<Meter>>,
    /// Those of them that are deleted, in that order.
    gone: VecDeque<SandboxId>,
    others: BTreeMap<SandboxId, Arc<Meter>>,
    /// What others had counted that are deleted.
    rest: Option<Box<Reading>>,
}

/// The tools that are told apart by name: the first that are called.
#[derive(Debug, Default)]
pub(super) struct ToolNames {
    max: usize,
    taken: RwLock<BTreeSet<Name>>,
}

impl Labels {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            tools: Arc::new(ToolNames {
                max: bounds.tools,
                taken: RwLock::default(),
            }),
            labelled: BTreeMap::new(),
            gone: VecDeque::new(),
            others: BTreeMap::new(),
            rest: None,
        }
    }

    /// A sandbox begins: what it counts in.
    pub(super) fn open(&mut self, id: &SandboxId) -> Arc<Meter> {
        if let Some(meter) = self.labelled.get(id) {
            self.gone.retain(|gone| gone != id);
            return meter.clone();
        }
        let meter = Arc::new(Meter::new(self.tools.clone()));
        if self.labelled.len() >= self.bounds.sandboxes
            && let Some(first) = self.gone.pop_front()
        {
            self.labelled.remove(&first);
        }
        match self.labelled.len() < self.bounds.sandboxes {
            true => self.labelled.insert(id.clone(), meter.clone()),
            false => self.others.insert(id.clone(), meter.clone()),
        };
        meter
    }

    /// A sandbox is deleted.
    pub(super) fn close(&mut self, id: &SandboxId) {
        if let Some(meter) = self.others.remove(id) {
            self.rest.get_or_insert_default().add(&meter.read());
        } else if self.labelled.contains_key(id) {
            self.gone.push_back(id.clone());
        }
    }

    /// The label of a sandbox.
    pub(super) fn label<'a>(&self, id: &'a SandboxId) -> &'a str {
        match self.labelled.contains_key(id) {
            true => id.as_str(),
            false => OTHER,
        }
    }

    /// What has been counted, by label.
    pub(super) fn read(&self) -> Vec<(Arc<str>, Reading)> {
        let labelled = self.labelled.iter();
        let mut all: Vec<(Arc<str>, Reading)> = labelled
            .map(|(id, meter)| (id.as_str().into(), meter.read()))
            .collect();
        if !self.others.is_empty() || self.rest.is_some() {
            let mut other = self.rest.as_deref().cloned().unwrap_or_default();
            for meter in self.others.values() {
                other.add(&meter.read());
            }
            match all.iter_mut().find(|(label, _)| **label == *OTHER) {
                // A sandbox may be called so.
                Some((_, reading)) => reading.add(&other),
                None => all.push((OTHER.into(), other)),
            }
        }
        all
    }
}

impl ToolNames {
    /// Whether a tool is told apart by its name: it is, or there is a place left for it.
    pub(super) fn takes(&self, name: &Name) -> bool {
        let taken = self.taken.read().unwrap_or_else(PoisonError::into_inner);
        if taken.contains(name) || taken.len() >= self.max {
            return taken.contains(name);
        }
        drop(taken);
        let mut taken = self.taken.write().unwrap_or_else(PoisonError::into_inner);
        if taken.len() < self.max {
            taken.insert(name.clone());
        }
        taken.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Effect;
    use crate::state::webhooks::WebhookEffect;
    use crate::state::webhooks::delivery::{Outcome, Status};

    fn id(text: &str) -> SandboxId {
        SandboxId::parse(text).expect("an id")
    }

    fn count(meter: &Meter) {
        meter.happened(&[Effect::Webhook(WebhookEffect::DeliveryAttempted {
            id: 1,
            outcome: Outcome::Status(200),
            status: Status::Delivered,
            next_attempt_at: None,
        })]);
    }

    /// Sandboxes that open (`+a`), count once (`a`) and close (`-a`), and what is told then.
    #[track_caller]
    fn check(steps: &str, expected: &[(&str, u64)]) {
        let mut labels = Labels::new(Bounds {
            sandboxes: 2,
            tools: 1,
        });
        let mut open = BTreeMap::new();
        for step in steps.split(' ') {
            match step.split_at(1) {
                ("+", name) => drop(open.insert(name, labels.open(&id(name)))),
                ("-", name) => labels.close(&id(name)),
                _ => count(&open[step]),
            }
        }
        let told = labels.read();
        let told: Vec<(&str, u64)> = told
            .iter()
            .map(|(label, reading)| (&**label, reading.webhooks[0]))
            .collect();
        assert_eq!(told, expected, "{steps}");
    }

    #[test]
    fn who_finds_no_place_is_counted_with_the_others() {
        check("+a a a +b b", &[("a", 2), ("b", 1)]);
        check("+a a +b b +c c c +d d", &[("a", 1), ("b", 1), ("other", 3)]);
        check(
            "+a +b b +c c c -c +d d -d",
            &[("a", 0), ("b", 1), ("other", 3)],
        );
        check("+other other +b b +c c", &[("b", 1), ("other", 2)]);
    }

    #[test]
    fn a_label_stays_until_another_needs_its_place() {
        check("+a a +b b -a", &[("a", 1), ("b", 1)]);
        check("+a a +b b -a +a a", &[("a", 2), ("b", 1)]);
        check("+a a +b b -b -a +c c", &[("a", 1), ("c", 1)]);
        check("+a a +b b -b +c c -c +d d", &[("a", 1), ("d", 1)]);
    }

    #[test]
    fn only_the_first_tools_have_a_name() {
        let labels = Labels::new(Bounds {
            sandboxes: 1,
            tools: 1,
        });
        let name = |text| Name::new(&"pack".into(), text);
        assert!(labels.tools.takes(&name("one")));
        assert!(!labels.tools.takes(&name("two")));
        assert!(labels.tools.takes(&name("one")));
    }
}
