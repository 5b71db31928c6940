//! What became of a mutant, by what its run left behind, against what the clean run did.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::Mutant;
use super::injection::Injection;
use super::likely::Coping;
use crate::state::SandboxState;
use crate::state::ledger::{AccountId, OUTSIDE};

/// How many records a collection may have for their states to be counted.
const COUNTED_MAX: usize = 1_000;

/// What became of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The command failed: it noticed.
    Noticed,
    /// The command did not end in time, which somebody would notice.
    TimedOut,
    /// The command passed, and nothing is wrong in the end: what was called coped with the fault.
    Coped,
    /// The command passed, as if nothing had happened.
    Survived,
    /// The fault was not injected: nothing can be said. The command should then have passed.
    NeverFired {
        /// Whether it passed.
        passed: bool,
    },
    /// There was no time left to run it.
    NotRun,
}

/// A mutant, and what became of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The mutant.
    pub mutant: Mutant,
    /// What became of it.
    pub fate: Fate,
    /// How long its run took.
    pub took: Duration,
    /// The faults that were injected.
    pub injections: Vec<Injection>,
    /// What is otherwise in the end than after the clean run, in words.
    pub otherwise: Vec<String>,
    /// What the command has said.
    pub output: String,
}

/// What a run left behind.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Whether the command passed; nothing, if it did not end.
    pub passed: Option<bool>,
    /// How many calls were made.
    pub calls: u64,
    /// How many faults were injected.
    pub injected: usize,
    /// What the sandbox held whenever it was reset, and in the end.
    pub ends: Vec<End>,
}

/// What a sandbox holds, as far as one run can be compared with another: how many records, by collection
/// and status, and what is on the accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// How many records, by what they are.
    pub records: BTreeMap<String, usize>,
    /// What is available, by account.
    pub accounts: BTreeMap<String, String>,
}

/// What became of a mutant in a run, where this is what the clean run left behind.
#[must_use]
pub fn judge(mutant: &Mutant, run: &Run, clean: &Run) -> Fate {
    match run.passed {
        passed if run.injected == 0 => Fate::NeverFired {
            passed: passed == Some(true),
        },
        None => Fate::TimedOut,
        Some(false) => Fate::Noticed,
        Some(true) if !alike(&run.ends, &clean.ends) => Fate::Survived,
        Some(true) => match mutant.coping {
            Coping::GoingOn if run.calls >= clean.calls => Fate::Coped,
            Coping::AskingAgain if run.calls > clean.calls => Fate::Coped,
            _ => Fate::Survived,
        },
    }
}

/// Whether two runs ended alike. What accounts are called may differ from run to run.
fn alike(run: &[End], clean: &[End]) -> bool {
    let amounts = |end: &End| {
        let mut amounts: Vec<String> = end.accounts.values().cloned().collect();
        amounts.sort();
        amounts
    };
    let same =
        |(one, other): (&End, &End)| one.records == other.records && amounts(one) == amounts(other);
    run.len() == clean.len() && run.iter().zip(clean).all(same)
}

/// What is otherwise in the end of a run than in that of the clean one, in words.
#[must_use]
pub fn otherwise(run: &[End], clean: &[End]) -> Vec<String> {
    if alike(run, clean) {
        return Vec::new();
    }
    if run.len() != clean.len() {
        let times = |ends: &[End]| ends.len().saturating_sub(1);
        return vec![format!(
            "the sandbox was reset {} times instead of {}",
            times(run),
            times(clean)
        )];
    }
    let mut found = Vec::new();
    for (run, clean) in run.iter().zip(clean) {
        let count = |of: &End, what: &str| of.records.get(what).copied().unwrap_or(0);
        let kinds = clean.records.keys().chain(run.records.keys());
        for what in kinds {
            let (now, before) = (count(run, what), count(clean, what));
            let line = format!("{what}: {now} instead of {before}");
            if now != before && !found.contains(&line) {
                found.push(line);
            }
        }
        for (account, before) in &clean.accounts {
            match run.accounts.get(account) {
                Some(now) if now != before => {
                    found.push(format!("{account}: {now} instead of {before}"));
                }
                _ => {}
            }
        }
    }
    found
}

impl End {
    /// What a sandbox holds.
    #[must_use]
    pub fn of(state: &SandboxState) -> Self {
        let mut end = Self::default();
        for (name, records) in &state.collections {
            if records.is_empty() {
                continue;
            }
            end.records.insert(name.to_string(), records.len());
            if records.len() > COUNTED_MAX {
                continue;
            }
            for (_, record) in records.iter() {
                let member = |name: &str| record.get(name).and_then(Value::as_str);
                if let Some(status) = member("status").or_else(|| member("state")) {
                    *end.records.entry(format!("{name} ({status})")).or_default() += 1;
                }
            }
        }
        // What comes from outside, or goes there, is the other side of what the others have.
        let own = |id: &AccountId| &*id.name != OUTSIDE;
        for (id, account) in state.ledger.accounts().filter(|(id, _)| own(id)) {
            let available = account.available().to_string();
            end.accounts.insert(id.to_string(), available);
        }
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutation::{Target, make};

    fn mutant(mode: &str) -> Mutant {
        let target = Target {
            name: "pay".into(),
            writes: true,
            ..Target::default()
        };
        let mut made = make(&target).into_iter();
        made.find(|mutant| mutant.mode == mode).expect("a mutant")
    }

    fn end(orders: usize, balance: &str) -> End {
        End {
            records: [("shop.orders".to_owned(), orders)].into(),
            accounts: [("shop/ada/USD".to_owned(), balance.to_owned())].into(),
        }
    }

    fn run(passed: Option<bool>, injected: usize, calls: u64, ends: Vec<End>) -> Run {
        Run {
            passed,
            calls,
            injected,
            ends,
        }
    }

    /// What becomes of a mutant whose run passed or not, with so many injections and calls, and ended so.
    #[track_caller]
    fn check(
        mode: &str,
        passed: Option<bool>,
        injected: usize,
        calls: u64,
        ends: Vec<End>,
        fate: Fate,
    ) {
        let clean = run(Some(true), 0, 3, vec![end(1, "475.00")]);
        let found = judge(&mutant(mode), &run(passed, injected, calls, ends), &clean);
        assert_eq!(found, fate, "{mode}");
    }

    #[test]
    fn who_fails_has_noticed_and_who_passes_has_not() {
        let same = || vec![end(1, "475.00")];
        let twice = || vec![end(2, "450.00")];
        check("wrong_status", Some(false), 1, 3, same(), Fate::Noticed);
        check("wrong_status", None, 1, 3, same(), Fate::TimedOut);
        check("wrong_status", Some(true), 1, 3, same(), Fate::Survived);
        check("silent_no_op", Some(true), 1, 3, same(), Fate::Survived);
        // Asked again, and everything is as it should be.
        check("lost_reply", Some(true), 1, 4, same(), Fate::Coped);
        // Asked again, and paid twice.
        check("lost_reply", Some(true), 1, 4, twice(), Fate::Survived);
        check(
            "duplicate_delivery",
            Some(true),
            1,
            4,
            same(),
            Fate::Survived,
        );
        check("latency", Some(true), 1, 3, same(), Fate::Coped);
        check("latency", Some(true), 1, 4, twice(), Fate::Survived);
        check("latency", Some(true), 1, 2, same(), Fate::Survived);
        for passed in [Some(true), Some(false), None] {
            let fate = Fate::NeverFired {
                passed: passed == Some(true),
            };
            check("lost_reply", passed, 0, 3, same(), fate);
        }
    }

    #[test]
    fn accounts_may_be_called_otherwise() {
        let mut other = end(1, "475.00");
        other.accounts = [("shop/eve/USD".to_owned(), "475.00".to_owned())].into();
        assert!(otherwise(&[other.clone()], &[end(1, "475.00")]).is_empty());
        check("lost_reply", Some(true), 1, 4, vec![other], Fate::Coped);
    }

    #[test]
    fn a_difference_is_told_with_both_sides() {
        let found = otherwise(&[end(2, "450.00")], &[end(1, "475.00")]);
        let expected = [
            "shop.orders: 2 instead of 1",
            "shop/ada/USD: 450.00 instead of 475.00",
        ];
        assert_eq!(found, expected);
        let resets = otherwise(&[end(1, "475.00"), end(0, "0")], &[end(1, "475.00")]);
        assert_eq!(resets, ["the sandbox was reset 1 times instead of 0"]);
    }
}
