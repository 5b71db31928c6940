//! What a call costs in a large sandbox, in terms of what it costs in a small one.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::sandbox::{Asked, Sandbox};

/// The tools that are measured.
pub(crate) const TOOLS: [&str; 3] = ["create_escrow", "release_escrow", "get_balance"];

/// How often both sandboxes are timed by turns.
const ROUNDS: usize = 101;

/// How many calls are timed at once.
const CALLS_PER_ROUND: usize = 256;

/// Whether the command line asks for this: it does by naming no benchmark, or this one.
pub(crate) fn is_wanted() -> bool {
    let mut named = std::env::args().skip(1).filter(|arg| !arg.starts_with('-'));
    let measures = std::env::args().any(|arg| arg == "--bench")
        && !std::env::args().any(|arg| matches!(arg.as_str(), "--test" | "--list"));
    measures && named.next().is_none_or(|name| name == "ratio")
}

/// Prints the median cost of a call in both sandboxes, and the median of the rounds' ratios.
#[expect(
    clippy::print_stdout,
    reason = "a benchmark's result is what it prints"
)]
pub(crate) fn print(sandboxes: &[Sandbox; 2]) {
    let [small, large] = sandboxes;
    println!(
        "\n{:<16} {:>9} records {:>9} records   ratio",
        "decide", small.records, large.records
    );
    for tool in TOOLS {
        let (one, other) = (small.calls(tool), large.calls(tool));
        let rounds: Vec<[f64; 2]> = (0..ROUNDS)
            .map(|_| [micros_a_call(small, &one), micros_a_call(large, &other)])
            .collect();
        let cost = |at: usize| median(rounds.iter().map(|round| round[at]));
        println!(
            "{tool:<16} {:>14.2} µs {:>14.2} µs {:>7.2}",
            cost(0),
            cost(1),
            median(rounds.iter().map(|[small, large]| large / small)),
        );
    }
}

fn micros_a_call(sandbox: &Sandbox, calls: &[Asked]) -> f64 {
    let started = stopwatch();
    for asked in calls.iter().cycle().take(CALLS_PER_ROUND) {
        black_box(sandbox.decide(asked));
    }
    elapsed(started).as_secs_f64() * 1e6 / CALLS_PER_ROUND as f64
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn stopwatch() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn elapsed(started: Instant) -> Duration {
    started.elapsed()
}
