//! What a batch costs against its items one by one.

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use criterion::{BenchmarkGroup, Criterion, measurement::WallTime};
use serde_json::{Value, json};
use sparring::definition::compiled::Definitions;
use sparring::definition::load::{self, Sources};
use sparring::domain::call::Call;
use sparring::engine::{self, Decision, Input, Matched};
use sparring::matching::seen::Seen;
use sparring::state::SandboxState;

use super::ratio::{elapsed, median, stopwatch};
use super::sandbox::{call, empty, tick};

/// How many items the batch has.
const ITEMS: usize = 1_000;

/// How often both are timed by turns.
const ROUNDS: usize = 21;

/// A batch, and the calls that its items are one by one.
struct Both {
    definitions: Definitions,
    batch: Call,
    singles: Vec<Call>,
}

impl Both {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packs/batch");
        let sources = Sources {
            folders: vec![folder],
            ..Sources::default()
        };
        let contact = |at: usize| json!({ "email": format!("c{at}@example.com"), "name": "Ada" });
        let items: Vec<Value> = (0..ITEMS).map(contact).collect();
        let single = |(at, item): (usize, &Value)| call(at as u64 + 1, "POST", "/contacts", item);
        Self {
            definitions: load::load(&sources).unwrap_or_else(|error| panic!("{error}")),
            singles: items.iter().enumerate().map(single).collect(),
            batch: call(1, "POST", "/counted", &json!({ "items": items })),
        }
    }

    fn decide(&self, state: &SandboxState, call: &Call) -> Decision {
        let seen = Seen::new(call, tick().now);
        let (entry, variables) = self.definitions.index.find(&seen).expect("a route");
        let matched = Matched {
            target: &entry.target,
            variables,
        };
        let decision = engine::decide(
            &self.definitions,
            state,
            &Input::Call(call, std::slice::from_ref(&matched)),
            tick(),
        );
        let reply = decision.reply.as_ref().expect("a reply");
        assert!(reply.status.is_success(), "{reply:?}");
        decision
    }

    /// Makes all contacts; how many there are.
    fn make(&self, calls: &[Call]) -> usize {
        let mut state = empty();
        for call in calls {
            let decision = self.decide(&state, black_box(call));
            for effect in decision.effects.iter() {
                state.apply(effect);
            }
        }
        state
            .collections
            .values()
            .map(|contacts| contacts.len())
            .sum()
    }
}

/// Times both, each for itself.
pub(crate) fn bench(criterion: &mut Criterion) {
    let both = Both::new();
    let mut group: BenchmarkGroup<'_, WallTime> = criterion.benchmark_group("batch");
    group.sample_size(20);
    group.measurement_time(Duration::from_secs(3));
    group.bench_function("of 1,000", |bencher| {
        bencher.iter(|| both.make(std::slice::from_ref(&both.batch)));
    });
    group.bench_function("1,000 single calls", |bencher| {
        bencher.iter(|| both.make(&both.singles));
    });
    group.finish();
}

/// Prints what both cost, timed by turns, and the one in terms of the other.
#[expect(
    clippy::print_stdout,
    reason = "a benchmark's result is what it prints"
)]
pub(crate) fn print() {
    let both = Both::new();
    let micros = |calls: &[Call]| {
        let started = stopwatch();
        assert_eq!(both.make(calls), ITEMS);
        elapsed(started).as_secs_f64() * 1e6 / ITEMS as f64
    };
    let rounds: Vec<[f64; 2]> = (0..ROUNDS)
        .map(|_| {
            [
                micros(&both.singles),
                micros(std::slice::from_ref(&both.batch)),
            ]
        })
        .collect();
    println!("\nµs an item, of {ITEMS:<18}  single    batch   ratio");
    println!(
        "{:<34}{:>9.2}{:>9.2}{:>8.2}",
        "create_contact",
        median(rounds.iter().map(|round| round[0])),
        median(rounds.iter().map(|round| round[1])),
        median(rounds.iter().map(|round| round[1] / round[0])),
    );
}
