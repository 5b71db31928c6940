//! The largest numbers there are.

use proptest::prelude::*;

use super::super::{
    Algorithm, Align, Counter, Policy, check, fresh_at_ms, is_fresh, release, standing,
    with_remaining, zone,
};
use super::stored;

fn sizes() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0),
        Just(1),
        Just(u64::MAX),
        Just(u64::MAX - 1),
        0_u64..9,
        any::<u64>(),
    ]
}

fn times() -> impl Strategy<Value = i64> {
    prop_oneof![
        Just(i64::MIN),
        Just(i64::MAX),
        Just(0),
        -9_i64..9,
        // The ends of the calendar.
        253_402_200_000_000_i64..253_402_400_000_000,
        -377_705_200_000_000_i64..-377_705_000_000_000,
        any::<i64>(),
    ]
}

fn policies() -> impl Strategy<Value = Policy> {
    let zones = ["Pacific/Apia", "America/St_Johns", "UTC"];
    let sizes = (sizes(), sizes(), sizes(), any::<bool>());
    (0_usize..11, sizes).prop_map(move |(which, (limit, window_ms, burst, count_refused))| {
        let burst = Some(burst.max(1));
        let algorithm = match which {
            0 => Algorithm::FixedWindow {
                align: Align::Epoch,
            },
            1 => Algorithm::FixedWindow {
                align: Align::FirstCall,
            },
            2 => Algorithm::SlidingLog,
            3 => Algorithm::SlidingCounter,
            4 => Algorithm::TokenBucket { burst },
            5 => Algorithm::LeakyBucket { burst },
            6 => Algorithm::Gcra { burst },
            7 => Algorithm::Concurrency,
            other => Algorithm::Quota {
                zone: zone(zones[other - 8]).expect("a time zone"),
            },
        };
        super::policy(algorithm, limit, window_ms.max(1)).counting_refused(count_refused)
    })
}

/// Counters of any policy, and such as no policy ever makes.
fn counters() -> impl Strategy<Value = Option<Counter>> {
    let made = (policies(), times(), sizes())
        .prop_map(|(policy, at_ms, left)| with_remaining(&policy, at_ms, left));
    let entries = proptest::collection::vec((times(), sizes()), 0..6);
    let log = (sizes(), entries).prop_map(|(before, entries)| {
        let entries = entries
            .into_iter()
            .map(|(at_ms, total)| serde_json::json!({ "atMs": at_ms, "total": total }));
        let entries: Vec<_> = entries.collect();
        let log = serde_json::json!({ "log": { "before": before, "entries": entries } });
        serde_json::from_value(log).expect("a counter")
    });
    let bucket = (times(), any::<u128>());
    let sliding = (times(), sizes(), sizes());
    proptest::option::of(prop_oneof![
        made,
        log,
        bucket.prop_map(|(at_ms, level)| Counter::Bucket { at_ms, level }),
        (times(), sizes()).prop_map(|(at_ms, used)| Counter::Window { at_ms, used }),
        sliding.prop_map(|(at_ms, current, previous)| Counter::Sliding {
            at_ms,
            current,
            previous
        }),
        sizes().prop_map(|in_flight| Counter::Concurrency { in_flight }),
    ])
}

fn is_honest(counter: Option<&Counter>) -> bool {
    !matches!(counter, Some(Counter::Log(_)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn nothing_overflows(
        policy in policies(),
        first in counters(),
        calls in proptest::collection::vec((times(), sizes()), 1..6),
    ) {
        let honest = is_honest(first.as_ref());
        let mut counter = first;
        for (now_ms, weight) in calls {
            let before = standing(&policy, counter.as_ref(), now_ms);
            let verdict = check(&policy, counter.as_ref(), now_ms, weight);
            prop_assert_eq!(verdict.allowed, weight <= before.remaining);
            prop_assert_eq!(before.limit, before.used + before.remaining);
            counter = verdict.counter.as_ref().map(stored).or(counter);
            if let Some(counter) = &counter {
                let fresh_at = fresh_at_ms(&policy, counter, now_ms);
                prop_assert!(fresh_at >= now_ms || !honest);
                let _ = is_fresh(&policy, counter, now_ms);
                let _ = release(counter, weight);
            }
            let then = verdict.wait_ms.and_then(|wait| now_ms.checked_add_unsigned(wait));
            if let Some(then_ms) = then.filter(|_| honest) {
                prop_assert!(check(&policy, counter.as_ref(), then_ms, weight).allowed);
                prop_assert!(!check(&policy, counter.as_ref(), then_ms - 1, weight).allowed);
            }
        }
    }
}

#[test]
fn a_limit_of_all_there_is_lets_it_pass_once() {
    for align in [Align::Epoch, Align::FirstCall] {
        let policy = super::policy(Algorithm::FixedWindow { align }, u64::MAX, u64::MAX);
        let verdict = check(&policy, None, i64::MAX, u64::MAX);
        assert!(verdict.allowed && verdict.standing.remaining == 0);
        assert_eq!(verdict.standing.window_ms, u64::MAX);
        assert!(!check(&policy, verdict.counter.as_ref(), i64::MAX, 1).allowed);
    }
}
