//! What is different between two states.
//!
//! Two states of one sandbox share what has not changed, and what is shared is passed over: the work goes
//! with what is different, not with how much there is. What is told is bounded, and what is left out is
//! counted.

mod members;
mod records;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::OrdMap;
use imbl::ordmap::DiffItem;
use jiff::Timestamp;
use serde::Serialize;

use super::SandboxState;
use super::ledger::{Account, AccountId};
use super::limits::Counter;
use super::scenarios::STARTED;
use crate::domain::money::format_amount;
use crate::domain::name::Name;
use crate::domain::time::Clock;

pub use members::Change;
pub use records::{ChangedRecord, MovedRecord, Record, Refilled};

/// A state machine, as far as one must know it to tell states apart.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its name.
    pub name: Name,
    /// The collection that it is over.
    pub collection: Name,
    /// The member that holds the state.
    pub field: String,
}

/// What is different.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    /// The clock, if it shows or runs otherwise.
    pub clock: Option<Pair<ShownClock>>,
    /// How often tools were called.
    pub calls: Listed<Counted>,
    /// Records that are there later only.
    pub added: Listed<Record>,
    /// Records that are there earlier only.
    pub removed: Listed<Record>,
    /// Records that are there both times, and are not the same.
    pub changed: Listed<ChangedRecord>,
    /// Collections that hold the rows of something else.
    pub refilled: Listed<Refilled>,
    /// The states of machines, of records that are there both times.
    pub machines: Listed<MovedRecord>,
    /// What accounts have.
    pub wallets: Listed<Wallet>,
    /// The states of scenarios.
    pub scenarios: Listed<Scenario>,
    /// What rate limits have counted.
    pub limits: Listed<Limit>,
    /// How many there are of what is counted only.
    pub counts: BTreeMap<&'static str, Pair<usize>>,
}

/// Something earlier and later.
#[derive(Debug, PartialEq, Serialize)]
pub struct Pair<T> {
    /// Earlier.
    pub from: T,
    /// Later.
    pub to: T,
}

/// The first of many, and how many there are.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed<T> {
    /// The first.
    pub items: Vec<T>,
    /// How many there are in all.
    pub total: u64,
    /// How many are not among the items.
    pub left_out: u64,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            total: 0,
            left_out: 0,
        }
    }
}

impl<T> Listed<T> {
    fn add(&mut self, most: usize, item: impl FnOnce() -> T) {
        self.total += 1;
        match self.items.len() < most {
            true => self.items.push(item()),
            false => self.left_out += 1,
        }
    }

    fn leave_out(&mut self, more: u64) {
        self.total += more;
        self.left_out += more;
    }
}

/// A clock.
#[derive(Debug, PartialEq, Serialize)]
pub struct ShownClock {
    /// How it runs.
    #[serde(flatten)]
    pub mode: Mode,
    /// What the sandbox has seen on it.
    pub now: Timestamp,
}

/// How a clock runs.
#[derive(Debug, PartialEq, Serialize)]
pub struct Mode {
    /// `system`, `frozen` or `offset`.
    pub mode: &'static str,
}

/// How often a tool was called.
#[derive(Debug, PartialEq, Serialize)]
pub struct Counted {
    /// The tool.
    pub tool: String,
    /// How often.
    #[serde(flatten)]
    pub calls: Pair<u64>,
    /// How often that was answered with an error.
    pub refused: Pair<u64>,
}

/// What an account has.
#[derive(Debug, PartialEq, Serialize)]
pub struct Wallet {
    /// The pack.
    pub pack: Arc<str>,
    /// Whose it is.
    pub account: Arc<str>,
    /// Its currency.
    pub currency: Arc<str>,
    /// What it had, and has; nothing where it is not open.
    #[serde(flatten)]
    pub has: Pair<Option<Balance>>,
}

/// What there is in an account, in major units.
#[derive(Debug, PartialEq, Serialize)]
pub struct Balance {
    /// What can be spent.
    pub available: String,
    /// What is held.
    pub pending: String,
}

/// The state of a scenario.
#[derive(Debug, PartialEq, Serialize)]
pub struct Scenario {
    /// Its name.
    pub scenario: Arc<str>,
    /// Its state.
    #[serde(flatten)]
    pub state: Pair<Arc<str>>,
}

/// What a rate limit has counted.
#[derive(Debug, PartialEq, Serialize)]
pub struct Limit {
    /// The limit, with its pack.
    pub limit: String,
    /// By which key.
    pub key: Arc<str>,
    /// The counter; nothing where it is fresh.
    #[serde(flatten)]
    pub counted: Pair<Option<Counter>>,
}

/// What is different in the state `to`, compared with `from`: at most so many of each kind are told.
#[must_use]
pub fn diff(from: &SandboxState, to: &SandboxState, machines: &[Machine], most: usize) -> Diff {
    let mut diff = Diff {
        clock: clocks(from, to),
        counts: counts(from, to),
        ..Diff::default()
    };
    records::compare(from, to, machines, most, &mut diff);
    each(&from.tool_calls, &to.tool_calls, |tool, before, after| {
        diff.calls.add(most, || Counted {
            tool: tool.to_string(),
            calls: Pair {
                from: before.copied().unwrap_or(0),
                to: after.copied().unwrap_or(0),
            },
            refused: Pair {
                from: from.tool_refusals.get(tool).copied().unwrap_or(0),
                to: to.tool_refusals.get(tool).copied().unwrap_or(0),
            },
        });
    });
    from.ledger.compare(&to.ledger, |id, before, after| {
        diff.wallets.add(most, || wallet(id, before, after));
    });
    from.scenarios
        .compare(&to.scenarios, |name, before, after| {
            let started = || Arc::from(STARTED);
            diff.scenarios.add(most, || Scenario {
                scenario: name.clone(),
                state: Pair {
                    from: before.cloned().unwrap_or_else(started),
                    to: after.cloned().unwrap_or_else(started),
                },
            });
        });
    from.limits.compare(&to.limits, |id, before, after| {
        diff.limits.add(most, || Limit {
            limit: format!("{}.{}", id.pack, id.limit),
            key: id.key.clone(),
            counted: Pair {
                from: before.map(|held| held.counter.clone()),
                to: after.map(|held| held.counter.clone()),
            },
        });
    });
    diff
}

/// Tells each key whose value differs, with both values.
pub(super) fn each<K: Ord + Clone, V: PartialEq + Clone>(
    from: &OrdMap<K, V>,
    to: &OrdMap<K, V>,
    mut tell: impl FnMut(&K, Option<&V>, Option<&V>),
) {
    for item in from.diff(to) {
        match item {
            DiffItem::Add(key, value) => tell(key, None, Some(value)),
            DiffItem::Remove(key, value) => tell(key, Some(value), None),
            DiffItem::Update { old, new } => tell(old.0, Some(old.1), Some(new.1)),
        }
    }
}

fn clocks(from: &SandboxState, to: &SandboxState) -> Option<Pair<ShownClock>> {
    let [from, to] = [from, to].map(|state| ShownClock {
        mode: Mode {
            mode: match state.clock {
                Clock::System => "system",
                Clock::Frozen { .. } => "frozen",
                Clock::Offset { .. } => "offset",
            },
        },
        now: state.now,
    });
    (from != to).then_some(Pair { from, to })
}

fn wallet(id: &AccountId, from: Option<&Account>, to: Option<&Account>) -> Wallet {
    let balance = |account: &Account| Balance {
        available: format_amount(account.available(), account.minor_units),
        pending: format_amount(account.debits_pending, account.minor_units),
    };
    Wallet {
        pack: id.pack.clone(),
        account: id.name.clone(),
        currency: id.currency.clone(),
        has: Pair {
            from: from.map(balance),
            to: to.map(balance),
        },
    }
}

/// Of these it is told only how many there are, and only where that differs.
fn counts(from: &SandboxState, to: &SandboxState) -> BTreeMap<&'static str, Pair<usize>> {
    type Count = (&'static str, fn(&SandboxState) -> usize);
    const COUNTS: [Count; 7] = [
        ("queuedErrors", |state| state.errors.iter().count()),
        ("queuedQuirks", |state| state.quirks.iter().count()),
        ("faultRules", |state| state.faults.iter().count()),
        ("faultsHappened", |state| {
            usize::try_from(state.faults.happened()).unwrap_or(usize::MAX)
        }),
        ("stubs", |state| state.overlay.len()),
        ("files", |state| state.files.iter().count()),
        ("deliveries", |state| state.webhooks.deliveries().count()),
    ];
    let pairs = COUNTS.iter().map(|(name, count)| {
        let (from, to) = (count(from), count(to));
        (*name, Pair { from, to })
    });
    pairs.filter(|(_, pair)| pair.from != pair.to).collect()
}
