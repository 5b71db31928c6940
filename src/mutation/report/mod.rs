//! What is told of a run: to people, as JSON, and as JUnit XML.

mod json;
mod junit;
mod list;
#[cfg(test)]
mod tests;
mod text;

use std::time::Duration;

use super::Mutant;
use super::verdict::{Fate, Outcome};

pub use json::{listed, report as to_json};
pub use junit::report as to_junit;
pub use list::list;
pub use text::{report as to_text, verdict};

/// A run of a command against mutants.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was mutated.
    pub of: String,
    /// How long the clean run took.
    pub clean: Duration,
    /// The mutants that were to be run, in their order.
    pub outcomes: Vec<Outcome>,
    /// Mutants of what the clean run never calls: they are not run.
    pub uncalled: Vec<Mutant>,
    /// Mutants that a server did not take, each with the reason: they are not run.
    pub refused: Vec<(Mutant, String)>,
    /// The run was broken off.
    pub broken_off: bool,
}

/// How many mutants came to which end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The command failed.
    pub noticed: usize,
    /// The command did not end; it counts as noticed.
    pub timed_out: usize,
    /// The command passed, and everything is as it should be.
    pub coped: usize,
    /// The command passed.
    pub survived: usize,
    /// The fault was not injected.
    pub never_fired: usize,
    /// It was not run.
    pub not_run: usize,
}

impl Report {
    /// How many mutants came to which end.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for outcome in &self.outcomes {
            let count = match outcome.fate {
                Fate::Noticed => &mut counts.noticed,
                Fate::TimedOut => &mut counts.timed_out,
                Fate::Coped => &mut counts.coped,
                Fate::Survived => &mut counts.survived,
                Fate::NeverFired { .. } => &mut counts.never_fired,
                Fate::NotRun => &mut counts.not_run,
            };
            *count += 1;
        }
        counts
    }
}

impl Counts {
    /// The share of mutants that were noticed, in tenths of a percent, out of those that were noticed or
    /// survived; nothing, if there are none of either. It is rounded down: only who notices all has all.
    #[must_use]
    pub fn score_tenths(&self) -> Option<u64> {
        let noticed = self.noticed + self.timed_out;
        let all = noticed + self.survived;
        let of = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        (of(noticed).saturating_mul(1_000)).checked_div(of(all))
    }

    /// The score as people write it: `66.6 %`.
    #[must_use]
    pub fn score(&self) -> String {
        match self.score_tenths() {
            Some(1_000) => "100 %".to_owned(),
            Some(tenths) => format!("{}.{} %", tenths / 10, tenths % 10),
            None => "none".to_owned(),
        }
    }
}

impl Fate {
    /// Its name for machines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Noticed => "noticed",
            Self::TimedOut => "timed_out",
            Self::Coped => "coped",
            Self::Survived => "survived",
            Self::NeverFired { .. } => "never_fired",
            Self::NotRun => "not_run",
        }
    }

    /// What it is called in a report.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Noticed => "noticed",
            Self::TimedOut => "timed out",
            Self::Coped => "coped with",
            Self::Survived => "SURVIVED",
            Self::NeverFired { .. } => "never fired",
            Self::NotRun => "not run",
        }
    }
}
