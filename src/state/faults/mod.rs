//! The faults that are to happen in a sandbox, and those that have happened.

mod event;
pub(super) mod image;
mod rule;

use std::sync::Arc;

use imbl::{OrdMap, Vector};
use serde::{Deserialize, Serialize};

use crate::domain::name::Name;

pub use event::Event;
pub use rule::{RULE_NAMES, Rule};

/// How many events are kept.
pub const EVENTS_MAX: usize = 10_000;

/// The rules of a sandbox, in the order in which they were made, and what has come of them.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    rules: Vector<Arc<Planned>>,
    /// How often each has happened, by its id.
    fired: OrdMap<Arc<str>, u64>,
    /// To how many replies that are still to come each may happen, by its id.
    awaited: OrdMap<Arc<str>, u64>,
    /// Whether no rule does anything for the time being.
    paused: bool,
    last_id: u64,
    concerned: Arc<Concerned>,
    stub_calls: OrdMap<Arc<str>, Calls>,
    events: Vector<Arc<Event>>,
    /// How many events there have been.
    happened: u64,
}

/// A rule that is in force.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The rule.
    pub rule: Arc<Rule>,
    /// How often tools had been called and refused when it was made.
    before: Before,
}

/// What had been counted when a rule was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Before {
    tool_calls: OrdMap<Name, u64>,
    tool_refusals: OrdMap<Name, u64>,
    stub_calls: OrdMap<Arc<str>, Calls>,
}

/// How often something was called, and how often that was refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calls {
    /// All calls.
    pub all: u64,
    /// Those that were answered with an error.
    pub refused: u64,
}

/// Which rules concern what, by their places: made whenever rules change, so that a call looks only at
/// those that are for it.
#[derive(Debug, Default)]
struct Concerned {
    tools: OrdMap<Name, Vec<Placed>>,
    stubs: OrdMap<Arc<str>, Vec<Placed>>,
    /// Those that name neither tools nor stubs.
    any: Vec<Placed>,
}

/// A rule, and its place among all.
type Placed = (usize, Arc<Planned>);

/// What a call is for, as rules name it.
#[derive(Clone, Copy, Debug)]
pub enum Site<'a> {
    /// A tool.
    Tool(&'a Name),
    /// A stub that is no tool, by its id.
    Stub(&'a Arc<str>),
}

impl Faults {
    /// All rules, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Planned>> {
        self.rules.iter()
    }

    /// The rule of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<Planned>> {
        self.rules.iter().find(|planned| &*planned.rule.id == id)
    }

    /// How often the rule of this id has happened.
    #[must_use]
    pub fn fired(&self, id: &str) -> u64 {
        self.fired.get(id).copied().unwrap_or(0)
    }

    /// Whether a rule may happen once more.
    #[must_use]
    pub fn has_times_left(&self, rule: &Rule) -> bool {
        let awaited = || self.awaited.get(&rule.id).copied().unwrap_or(0);
        let times = rule.times;
        times.is_none_or(|times| self.fired(&rule.id) + awaited() < times)
    }

    /// The rules that may happen to replies that are still to come, and to how many.
    pub fn awaited(&self) -> impl Iterator<Item = (Arc<str>, u64)> {
        let awaited = self.awaited.iter();
        awaited.map(|(id, replies)| (id.clone(), *replies))
    }

    /// Whether no rule does anything for the time being.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// The number of the next rule that brings no id: it is called `r1`, `r2` …
    #[must_use]
    pub fn next_id(&self) -> u64 {
        let taken = |id: &u64| self.get(&format!("r{id}")).is_some();
        let mut id = self.last_id + 1;
        while taken(&id) {
            id += 1;
        }
        id
    }

    /// What has happened, the oldest first: the newest [`EVENTS_MAX`].
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &Arc<Event>> {
        self.events.iter()
    }

    /// How many events there have been: the next one has the number that follows.
    #[must_use]
    pub fn happened(&self) -> u64 {
        self.happened
    }

    /// The rules that may concern a call, in their order; none, while they are paused.
    pub fn concerning(&self, site: Site<'_>) -> impl Iterator<Item = &Arc<Planned>> {
        let own = match site {
            Site::Tool(tool) => self.concerned.tools.get(tool),
            Site::Stub(stub) => self.concerned.stubs.get(stub),
        };
        let (mut own, mut any) = (
            own.map_or(&[][..], Vec::as_slice),
            self.concerned.any.as_slice(),
        );
        if self.paused {
            (own, any) = (&[], &[]);
        }
        // Both are sorted: the smaller of the two that come next is the older rule.
        std::iter::from_fn(move || {
            let next = match (own.first(), any.first()) {
                (Some((one, _)), Some((other, _))) if other < one => &mut any,
                (Some(_), _) => &mut own,
                (None, _) => &mut any,
            };
            let ((_, planned), rest) = next.split_first()?;
            *next = rest;
            Some(planned)
        })
    }

    /// Whether any rule may concern calls of a stub: then they take the sandbox's lock, and are counted,
    /// even while the rules are paused.
    #[must_use]
    pub fn concern_stub(&self, stub: &str) -> bool {
        !self.concerned.any.is_empty()
            || (!self.concerned.stubs.is_empty() && self.concerned.stubs.contains_key(stub))
    }

    /// Whether the same stubs are concerned as by these.
    #[must_use]
    pub fn concern_the_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.concerned, &other.concerned)
    }

    /// How often a stub was called that rules are for.
    #[must_use]
    pub fn stub_calls(&self, stub: &str) -> Calls {
        self.stub_calls.get(stub).copied().unwrap_or_default()
    }

    pub(super) fn put(&mut self, rule: &Arc<Rule>, before: Before) {
        if let Some(number) = rule
            .id
            .strip_prefix('r')
            .and_then(|number| number.parse::<u32>().ok())
        {
            // A number that somebody has made up beyond these is none that is counted on from.
            self.last_id = self.last_id.max(number.into());
        }
        let before = Before {
            stub_calls: self.stub_calls.clone(),
            ..before
        };
        let planned = Arc::new(Planned {
            rule: rule.clone(),
            before,
        });
        self.fired.remove(&rule.id);
        self.awaited.remove(&rule.id);
        match self.rules.iter().position(|there| there.rule.id == rule.id) {
            Some(at) => drop(self.rules.set(at, planned)),
            None => self.rules.push_back(planned),
        }
        self.sort();
    }

    pub(super) fn remove(&mut self, id: &str) {
        self.rules.retain(|planned| &*planned.rule.id != id);
        self.fired.remove(id);
        self.awaited.remove(id);
        self.sort();
    }

    pub(super) fn clear(&mut self) {
        self.rules.clear();
        self.fired.clear();
        self.awaited.clear();
        self.sort();
    }

    pub(super) fn pause(&mut self, paused: bool) {
        self.paused = paused;
    }

    pub(super) fn count_stub(&mut self, stub: &Arc<str>, refused: bool) {
        let calls = self.stub_calls.entry(stub.clone()).or_default();
        calls.all += 1;
        calls.refused += u64::from(refused);
    }

    /// A reply to which the rule may happen is still to come, or has come.
    pub(super) fn wait(&mut self, id: &Arc<str>, begins: bool) {
        let awaited = self.awaited.entry(id.clone()).or_insert(0);
        *awaited = match begins {
            true => *awaited + 1,
            // The rule may have been replaced meanwhile.
            false => awaited.saturating_sub(1),
        };
    }

    /// Of the replies that are still to come, only those come that others wait for, too.
    pub(super) fn await_at_most(&mut self, others: &Self) {
        let awaited = self.awaited.iter().map(|(id, awaited)| {
            let others = others.awaited.get(id).copied().unwrap_or(0);
            (id.clone(), others.min(*awaited))
        });
        self.awaited = awaited.collect();
    }

    /// No reply is still to come.
    pub(super) fn await_nothing(&mut self) {
        self.awaited.clear();
    }

    pub(super) fn happen(&mut self, event: &Arc<Event>) {
        self.happened += 1;
        *self.fired.entry(event.rule.clone()).or_insert(0) += 1;
        self.events.push_back(event.clone());
        if self.events.len() > EVENTS_MAX {
            self.events.pop_front();
        }
    }

    pub(super) fn forget_events(&mut self) {
        self.events.clear();
    }

    fn sort(&mut self) {
        let mut concerned = Concerned::default();
        for (at, planned) in self.rules.iter().enumerate() {
            let rule = &planned.rule;
            if rule.idle {
                continue;
            }
            if rule.tools.is_empty() && rule.stubs.is_empty() {
                concerned.any.push((at, planned.clone()));
            }
            for tool in &rule.tools {
                concerned
                    .tools
                    .entry(tool.clone())
                    .or_default()
                    .push((at, planned.clone()));
            }
            for stub in &rule.stubs {
                concerned
                    .stubs
                    .entry(stub.clone())
                    .or_default()
                    .push((at, planned.clone()));
            }
        }
        self.concerned = Arc::new(concerned);
    }
}

impl Before {
    /// What has been counted of tools.
    pub(super) fn of(tool_calls: &OrdMap<Name, u64>, tool_refusals: &OrdMap<Name, u64>) -> Self {
        Self {
            tool_calls: tool_calls.clone(),
            tool_refusals: tool_refusals.clone(),
            stub_calls: OrdMap::new(),
        }
    }
}

impl Planned {
    /// Whether as much had been counted when this rule was made as when another was, which is seen by
    /// their sharing it: then what is counted since is the same.
    #[must_use]
    pub fn counts_like(&self, other: &Self) -> bool {
        self.before.tool_calls.ptr_eq(&other.before.tool_calls)
            && self
                .before
                .tool_refusals
                .ptr_eq(&other.before.tool_refusals)
            && self.before.stub_calls.ptr_eq(&other.before.stub_calls)
    }

    /// How often the site has been called since the rule is there, out of how often it has been called
    /// at all.
    #[must_use]
    pub fn since(&self, site: Site<'_>, now: Calls) -> Calls {
        let before = match site {
            Site::Tool(tool) => Calls {
                all: self.before.tool_calls.get(tool).copied().unwrap_or(0),
                refused: self.before.tool_refusals.get(tool).copied().unwrap_or(0),
            },
            Site::Stub(stub) => self
                .before
                .stub_calls
                .get(stub)
                .copied()
                .unwrap_or_default(),
        };
        Calls {
            all: now.all.saturating_sub(before.all),
            refused: now.refused.saturating_sub(before.refused),
        }
    }
}
