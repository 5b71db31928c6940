//! Each algorithm against its textbook, and what all of them have in common.

mod clock;
mod examples;
mod extremes;
mod properties;
mod textbook;

use proptest::prelude::*;

use super::{Algorithm, Align, Counter, Policy, zone};

/// A policy of small numbers, so that limits are met all the time.
fn policies() -> impl Strategy<Value = Policy> {
    let burst = || proptest::option::of(1_u64..15);
    let algorithm = prop_oneof![
        Just(Algorithm::FixedWindow {
            align: Align::Epoch
        }),
        Just(Algorithm::FixedWindow {
            align: Align::FirstCall
        }),
        Just(Algorithm::SlidingLog),
        Just(Algorithm::SlidingCounter),
        burst().prop_map(|burst| Algorithm::TokenBucket { burst }),
        burst().prop_map(|burst| Algorithm::LeakyBucket { burst }),
        burst().prop_map(|burst| Algorithm::Gcra { burst }),
        Just(Algorithm::Concurrency),
    ];
    (algorithm, 0_u64..12, 1_u64..40, any::<bool>()).prop_map(
        |(algorithm, limit, window_ms, count_refused)| {
            policy(algorithm, limit, window_ms).counting_refused(count_refused)
        },
    )
}

fn policy(algorithm: Algorithm, limit: u64, window_ms: u64) -> Policy {
    Policy::new(algorithm, limit, window_ms).expect("a policy")
}

fn quota(name: &str, limit: u64) -> Policy {
    let zone = zone(name).expect("a time zone");
    policy(Algorithm::Quota { zone }, limit, 0)
}

/// One policy of each algorithm: 3 per second.
fn one_of_each() -> Vec<Policy> {
    let bucket = Some(3);
    [
        Algorithm::FixedWindow {
            align: Align::Epoch,
        },
        Algorithm::FixedWindow {
            align: Align::FirstCall,
        },
        Algorithm::SlidingLog,
        Algorithm::SlidingCounter,
        Algorithm::TokenBucket { burst: bucket },
        Algorithm::LeakyBucket { burst: bucket },
        Algorithm::Gcra { burst: bucket },
        Algorithm::Concurrency,
    ]
    .into_iter()
    .map(|algorithm| policy(algorithm, 3, 1_000))
    .chain([quota("America/New_York", 3)])
    .collect()
}

/// What is stored is what was there.
fn stored(counter: &Counter) -> Counter {
    let json = serde_json::to_string(counter).expect("a counter is data");
    serde_json::from_str(&json).expect("it can be read again")
}
