//! What fault rules cost a call that none of them happens at: with a hundred of them beside none.
//!
//! The same calls are timed in all sandboxes by turns, so that a busy machine slows all alike: the
//! ratios are what counts.

#[path = "decide/ratio.rs"]
#[expect(dead_code, reason = "another benchmark uses the rest")]
mod ratio;
#[path = "decide/sandbox.rs"]
#[expect(dead_code, reason = "another benchmark uses the rest")]
mod sandbox;

use std::hint::black_box;
use std::sync::Arc;

use serde_json::{Value, json};
use sparring::state::Effect;
use sparring::state::faults::Rule;

use ratio::{TOOLS, elapsed, is_wanted, median, stopwatch};
use sandbox::{Asked, Sandbox, shipped};

/// The server's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many rules there are.
const RULES: usize = 100;

/// How often all sandboxes are timed by turns.
const ROUNDS: usize = 201;

/// How many calls are timed at once.
const CALLS: usize = 256;

/// The rules of each kind, none of which happens at the calls that are made: they name other tools, they
/// wait for a call that never comes, they are for somebody else, their condition does not hold.
fn kinds() -> [(&'static str, Value); 4] {
    [
        ("other tools", json!({ "tools": ["greenhelix.withdraw"] })),
        (
            "other calls",
            json!({ "when": { "calls": [4_000_000_000_u64] } }),
        ),
        ("other agents", json!({ "agents": ["nobody"] })),
        (
            "a condition",
            json!({ "when": { "condition": "call < 0" } }),
        ),
    ]
}

fn rule(at: usize, said: &Value) -> Rule {
    let mut written = json!({
        "id": format!("r{at}"), "mode": "null_field", "tools": [], "stubs": [], "agents": [],
        "when": {}, "surface": "reply", "with": {}, "shown": null,
    });
    for (name, value) in said.as_object().into_iter().flatten() {
        written[name] = value.clone();
    }
    serde_json::from_value(written).expect("a rule")
}

fn sandboxes() -> Vec<(&'static str, Sandbox)> {
    let shipped = Arc::new(shipped());
    let mut sandboxes = vec![("none", Sandbox::filled(&shipped, 1_000))];
    for (name, said) in kinds() {
        let mut sandbox = Sandbox::filled(&shipped, 1_000);
        for at in 0..RULES {
            let put = Effect::FaultPut(Arc::new(rule(at, &said)));
            sandbox.state.apply(&put);
        }
        sandboxes.push((name, sandbox));
    }
    sandboxes
}

fn micros_a_call(sandbox: &Sandbox, calls: &[Asked]) -> f64 {
    let started = stopwatch();
    for asked in calls.iter().cycle().take(CALLS) {
        black_box(sandbox.decide(asked));
    }
    elapsed(started).as_secs_f64() * 1e6 / CALLS as f64
}

#[expect(
    clippy::print_stdout,
    reason = "a benchmark's result is what it prints"
)]
fn main() {
    if !is_wanted("ratio") {
        return;
    }
    let sandboxes = sandboxes();
    print!("µs to decide, with {RULES} rules for");
    for (name, _) in &sandboxes {
        print!("{name:>20}");
    }
    println!();
    for tool in TOOLS {
        let calls: Vec<Vec<Asked>> = sandboxes.iter().map(|(_, it)| it.calls(tool)).collect();
        let both = || sandboxes.iter().map(|(_, it)| it).zip(&calls);
        let rounds: Vec<Vec<f64>> = (0..ROUNDS)
            .map(|_| both().map(|(it, calls)| micros_a_call(it, calls)).collect())
            .collect();
        print!("{tool:<34}");
        for at in 0..sandboxes.len() {
            let micros = median(rounds.iter().map(|round| round[at]));
            let ratio = median(rounds.iter().map(|round| round[at] / round[0]));
            print!("{:>20}", format!("{micros:.2} ({ratio:.2})"));
        }
        println!();
    }
}
