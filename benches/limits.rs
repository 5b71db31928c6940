//! What a rate limit costs: to check one call, after a hundred calls and after a million.
//!
//! It has to be the same, for every algorithm: a counter holds what its algorithm needs, and no call of
//! the past. The sliding log alone remembers moments, at most as many as its limit.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion};
use sparring::state::limits::{Algorithm, Align, Counter, Policy, check};

/// The server's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Calls come this far apart, in milliseconds.
const APART_MS: i64 = 7;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(40)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let zone = jiff::tz::TimeZone::UTC;
    for (name, algorithm) in [
        (
            "fixedWindow",
            Algorithm::FixedWindow {
                align: Align::Epoch,
            },
        ),
        ("slidingLog", Algorithm::SlidingLog),
        ("slidingCounter", Algorithm::SlidingCounter),
        ("tokenBucket", Algorithm::TokenBucket { burst: None }),
        ("leakyBucket", Algorithm::LeakyBucket { burst: None }),
        ("gcra", Algorithm::Gcra { burst: None }),
        ("quota", Algorithm::Quota { zone }),
    ] {
        let policy = Policy::new(algorithm, 1_000, 60_000).expect("a limit");
        let mut group = criterion.benchmark_group(format!("limit/{name}"));
        for calls in [100, 1_000_000] {
            let (counter, now_ms) = after(&policy, calls);
            group.bench_function(BenchmarkId::from_parameter(calls), |bench| {
                bench.iter(|| check(black_box(&policy), counter.as_ref(), now_ms, 1));
            });
        }
        group.finish();
    }
    criterion.final_summary();
}

/// A counter that has seen so many calls, and when the next one comes.
fn after(policy: &Policy, calls: i64) -> (Option<Counter>, i64) {
    let mut counter = None;
    for call in 0..calls {
        counter = check(policy, counter.as_ref(), call * APART_MS, 1)
            .counter
            .or(counter);
    }
    (counter, calls * APART_MS)
}
