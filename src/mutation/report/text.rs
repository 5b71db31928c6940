//! A report for people.

use std::fmt::Write;

use super::super::verdict::{Fate, Outcome};
use super::{Counts, Report};

/// How many injections of one mutant are told.
const INJECTIONS_MAX: usize = 3;

/// The report: each survivor with what the caller got, then the counts and the score. What the command said
/// is shown for survivors, if that is wanted.
#[must_use]
pub fn report(report: &Report, verbose: bool) -> String {
    let mut text = String::new();
    // Writing into a string cannot fail.
    let of = |fate: Fate| {
        let outcomes = report.outcomes.iter();
        outcomes.filter(move |outcome| outcome.fate == fate)
    };
    for outcome in of(Fate::Survived) {
        survivor(&mut text, outcome, verbose);
    }
    let flaky = of(Fate::NeverFired { passed: false }).count();
    for outcome in of(Fate::NeverFired { passed: false }) {
        let id = &outcome.mutant.id;
        let _ = writeln!(
            text,
            "never fired, and the command failed all the same: {id}"
        );
    }
    if flaky > 0 {
        let _ = writeln!(
            text,
            "  a command that fails by itself says nothing about mutants\n"
        );
    }
    for (mutant, why) in &report.refused {
        let _ = writeln!(text, "not run: {}: {why}", mutant.id);
    }
    if report.broken_off {
        let _ = writeln!(text, "broken off: what follows is what is known so far\n");
    }
    text.push_str(&summary(report));
    text
}

fn survivor(text: &mut String, outcome: &Outcome, verbose: bool) {
    let mutant = &outcome.mutant;
    let _ = writeln!(text, "SURVIVED {}", mutant.id);
    let _ = writeln!(text, "  what   {}", mutant.title);
    let injections = &outcome.injections;
    for injection in injections.iter().take(INJECTIONS_MAX) {
        let _ = writeln!(text, "  got    {}", injection.described());
    }
    if let Some(more) = injections
        .len()
        .checked_sub(INJECTIONS_MAX)
        .filter(|more| *more > 0)
    {
        let _ = writeln!(text, "         and in {more} more calls");
    }
    for line in &outcome.otherwise {
        let _ = writeln!(text, "  ended  {line}");
    }
    let _ = writeln!(text, "  likely {}", mutant.why);
    let _ = writeln!(text, "  test   {}", mutant.hint);
    if verbose {
        for line in outcome.output.lines() {
            let _ = writeln!(text, "  | {line}");
        }
    }
    text.push('\n');
}

fn summary(report: &Report) -> String {
    let counts = report.counts();
    let Counts {
        noticed,
        timed_out,
        coped,
        survived,
        never_fired,
        not_run,
    } = counts;
    let mut text = format!("{} mutants of {}\n", report.outcomes.len(), report.of);
    let lines = [
        (noticed, "noticed", "the command failed"),
        (
            timed_out,
            "timed out",
            "the command did not end: counted as noticed",
        ),
        (survived, "survived", "the command passed"),
        (
            coped,
            "coped with",
            "the command passed, and all ended as in the clean run: not counted",
        ),
        (
            never_fired,
            "never fired",
            "no call came to where the fault was: not counted",
        ),
        (not_run, "not run", "the run was broken off"),
        (
            report.uncalled.len(),
            "uncalled",
            "of what the clean run never calls: not run",
        ),
        (
            report.refused.len(),
            "refused",
            "the server did not take the rule: not run",
        ),
    ];
    for (count, title, meaning) in lines {
        if count > 0 {
            let _ = writeln!(text, "{count:6} {title:<12} {meaning}");
        }
    }
    if report.outcomes.is_empty() && !report.uncalled.is_empty() && !report.broken_off {
        text.push_str(
            "nothing was called that has mutants: does the command call the API that SPARRING_URL names?\n",
        );
    }
    let _ = writeln!(text, "score {}", counts.score());
    text
}

/// One line on what became of a mutant.
#[must_use]
pub fn verdict(outcome: &Outcome) -> String {
    let seconds = outcome.took.as_secs_f64();
    let title = outcome.fate.title();
    format!("{title:<11} {} ({seconds:.1} s)", outcome.mutant.id)
}
