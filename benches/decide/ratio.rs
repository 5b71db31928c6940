//! What a call costs in sandboxes of several sizes, timed by turns.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::sandbox::{Asked, Sandbox};

/// The tools that are measured.
pub(crate) const TOOLS: [&str; 3] = ["create_escrow", "release_escrow", "get_balance"];

/// How often all sandboxes are timed by turns.
const ROUNDS: usize = 101;

/// How many calls are timed at once.
const CALLS_PER_ROUND: usize = 256;

/// Whether the command line asks for this: it does by naming no benchmark, or this one.
pub(crate) fn is_wanted(what: &str) -> bool {
    let mut named = std::env::args().skip(1).filter(|arg| !arg.starts_with('-'));
    let measures = std::env::args().any(|arg| arg == "--bench")
        && !std::env::args().any(|arg| matches!(arg.as_str(), "--test" | "--list"));
    measures && named.next().is_none_or(|name| name == what)
}

/// Prints the median cost of a call in each sandbox, and in the last in terms of the first.
#[expect(
    clippy::print_stdout,
    reason = "a benchmark's result is what it prints"
)]
pub(crate) fn print(sandboxes: &[Sandbox]) {
    print!("\n{:<34}", "µs to decide, by records");
    for sandbox in sandboxes {
        print!("{:>9}", sandbox.records);
    }
    println!("   ratio");
    for tool in TOOLS {
        // One call again and again finds all that it touches in the processor's caches; calls all
        // over the sandbox do not, and pay for that, too.
        line(&format!("{tool}, one call"), sandboxes, |sandbox| {
            let mut calls = sandbox.calls(tool);
            calls.truncate(1);
            calls
        });
        line(&format!("{tool}, many calls"), sandboxes, |sandbox| {
            sandbox.calls(tool)
        });
    }
}

#[expect(
    clippy::print_stdout,
    reason = "a benchmark's result is what it prints"
)]
fn line(name: &str, sandboxes: &[Sandbox], calls: impl Fn(&Sandbox) -> Vec<Asked>) {
    let calls: Vec<Vec<Asked>> = sandboxes.iter().map(calls).collect();
    let rounds: Vec<Vec<f64>> = (0..ROUNDS)
        .map(|_| {
            let both = sandboxes.iter().zip(&calls);
            both.map(|(sandbox, calls)| micros_a_call(sandbox, calls))
                .collect()
        })
        .collect();
    print!("{name:<34}");
    for at in 0..sandboxes.len() {
        print!("{:>9.2}", median(rounds.iter().map(|round| round[at])));
    }
    let ratio = |round: &Vec<f64>| round[round.len() - 1] / round[0];
    println!("{:>8.2}", median(rounds.iter().map(ratio)));
}

fn micros_a_call(sandbox: &Sandbox, calls: &[Asked]) -> f64 {
    let started = stopwatch();
    for asked in calls.iter().cycle().take(CALLS_PER_ROUND) {
        black_box(sandbox.decide(asked));
    }
    elapsed(started).as_secs_f64() * 1e6 / CALLS_PER_ROUND as f64
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub(crate) fn stopwatch() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub(crate) fn elapsed(started: Instant) -> Duration {
    started.elapsed()
}
