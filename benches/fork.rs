//! What it costs to fork a sandbox, to go back in it, and to tell what is different, with a hundred
//! thousand records beside ten.
//!
//! `cargo bench --bench fork`

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use serde_json::json;
use sparring::domain::name::Name;
use sparring::engine::Opening;
use sparring::state::diff::diff;
use sparring::state::{Effect, SandboxState};
use sparring::store::History;
use sparring::store::history::Bounds;

const FEW: usize = 10;
const MANY: usize = 100_000;

/// A sandbox with so many records, of which each call has made one, and its history.
fn filled(records: usize) -> (SandboxState, History) {
    let mut state = SandboxState::new(Arc::default(), Timestamp::UNIX_EPOCH);
    let mut history = History::new(&state, Bounds::default());
    for call in 0..records {
        let effects: Arc<[Effect]> = [
            Effect::CallBegan {
                call: call as u64 + 1,
            },
            put(call),
        ]
        .into();
        effects.iter().for_each(|effect| state.apply(effect));
        history.push(&effects, &state);
    }
    (state, history)
}

fn put(at: usize) -> Effect {
    let record = json!({ "id": format!("con_{at:08}"), "name": "Grace", "state": "open", "n": at });
    Effect::RecordPut {
        collection: Name::new(&"crm".into(), "contacts"),
        key: format!("con_{at:08}").into(),
        record: Arc::new(record),
    }
}

/// A fork that goes its own way by one record.
fn forked(state: &SandboxState) -> SandboxState {
    let mut fork = state.fork(Opening::default(), state.calls);
    fork.apply(&put(0));
    fork
}

/// The median of some times.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn median(times: usize, mut what: impl FnMut()) -> Duration {
    let mut took: Vec<Duration> = (0..times)
        .map(|_| {
            let begun = Instant::now();
            what();
            begun.elapsed()
        })
        .collect();
    took.sort();
    took[times / 2]
}

#[expect(
    clippy::print_stdout,
    reason = "a benchmark tells what it has measured"
)]
fn forks(criterion: &mut Criterion) {
    let sizes = [FEW, MANY].map(|records| (records, filled(records)));
    let mut told: Vec<[Duration; 3]> = Vec::new();
    for (records, (state, history)) in &sizes {
        let fork = forked(state);
        let call = *records as u64 - 1;
        criterion.bench_function(&format!("fork/{records}"), |bencher| {
            bencher.iter(|| black_box(forked(state)));
        });
        criterion.bench_function(&format!("as_of/{records}"), |bencher| {
            bencher.iter(|| black_box(history.as_of(call)));
        });
        criterion.bench_function(&format!("diff/{records}"), |bencher| {
            bencher.iter(|| black_box(diff(state, &fork, &[], 100)));
        });
        told.push([
            median(101, || drop(black_box(forked(state)))),
            median(21, || drop(black_box(history.as_of(call)))),
            median(101, || drop(black_box(diff(state, &fork, &[], 100)))),
        ]);
    }
    let [few, many] = [told[0], told[1]];
    for (at, what) in ["fork", "as of a call", "diff"].into_iter().enumerate() {
        let ratio = many[at].as_secs_f64() / few[at].as_secs_f64().max(f64::MIN_POSITIVE);
        println!(
            "{what}: {:?} with {FEW} records, {:?} with {MANY}: {ratio:.1} times",
            few[at], many[at]
        );
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = forks
}
criterion_main!(benches);
