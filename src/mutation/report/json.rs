//! Reports for machines.

use serde_json::{Value, json};

use super::super::Mutant;
use super::super::injection::Injection;
use super::super::verdict::Outcome;
use super::Report;

/// A list of mutants.
#[must_use]
pub fn listed(mutants: &[Mutant]) -> Value {
    let shown: Vec<Value> = mutants.iter().map(mutant).collect();
    json!({ "mutants": shown, "total": mutants.len() })
}

/// What became of each mutant, and the score.
#[must_use]
pub fn report(report: &Report) -> Value {
    let counts = report.counts();
    let ids = |mutants: &mut dyn Iterator<Item = &Mutant>| -> Vec<String> {
        mutants.map(|mutant| mutant.id.clone()).collect()
    };
    let refused = report.refused.iter();
    let refused = refused.map(|(mutant, why)| json!({ "id": mutant.id, "reason": why }));
    json!({
        "of": report.of,
        "brokenOff": report.broken_off,
        "cleanMilliseconds": milliseconds(report.clean),
        "scorePercent": counts.score_tenths().map(|tenths| json!(percent(tenths))),
        "counts": {
            "noticed": counts.noticed,
            "timedOut": counts.timed_out,
            "coped": counts.coped,
            "survived": counts.survived,
            "neverFired": counts.never_fired,
            "notRun": counts.not_run,
            "uncalled": report.uncalled.len(),
            "refused": report.refused.len(),
        },
        "mutants": report.outcomes.iter().map(outcome).collect::<Vec<Value>>(),
        "uncalled": ids(&mut report.uncalled.iter()),
        "refused": refused.collect::<Vec<Value>>(),
    })
}

fn outcome(outcome: &Outcome) -> Value {
    let mut shown = mutant(&outcome.mutant);
    shown["fate"] = outcome.fate.name().into();
    shown["milliseconds"] = milliseconds(outcome.took);
    let injections = outcome.injections.iter().map(Injection::to_json);
    shown["injections"] = injections.collect();
    shown["otherwise"] = json!(outcome.otherwise);
    shown
}

fn mutant(mutant: &Mutant) -> Value {
    json!({
        "id": mutant.id,
        "mode": mutant.mode,
        "target": mutant.target,
        "place": mutant.place,
        "title": mutant.title,
        "why": mutant.why,
        "hint": mutant.hint,
        "rank": mutant.rank,
        "rule": mutant.rule,
    })
}

fn milliseconds(time: std::time::Duration) -> Value {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).into()
}

/// Tenths of a percent as a number of JSON.
fn percent(tenths: u64) -> Value {
    let text = format!("{}.{}", tenths / 10, tenths % 10);
    serde_json::from_str(&text).unwrap_or_default()
}
