//! A clock that a tester sets back.

use proptest::prelude::*;

use super::super::{Algorithm, Align, Counter, Policy, check, with_remaining};
use super::properties::waits_exactly;
use super::{one_of_each, policies};

/// 2024-07-01T14:00:00 in New York, and the start of a second.
const NOON_MS: i64 = 1_719_856_800_000;
const DAY_MS: i64 = 86_400_000;

fn is_timeless(policy: &Policy) -> bool {
    *policy.algorithm() == Algorithm::Concurrency
}

#[test]
fn nobody_is_locked_out_by_what_was_counted_after_now() {
    for policy in one_of_each() {
        let full = with_remaining(&policy, NOON_MS, 0);
        assert!(!check(&policy, Some(&full), NOON_MS, 1).allowed);
        let verdict = check(&policy, Some(&full), NOON_MS - 3 * DAY_MS, 3);
        assert_eq!(verdict.allowed, !is_timeless(&policy), "{policy:?}");
        let Some(counter) = verdict.counter else {
            continue;
        };
        let again = check(&policy, Some(&counter), NOON_MS - 3 * DAY_MS, 1);
        assert!(!again.allowed, "{policy:?}");
    }
}

#[test]
fn a_window_that_holds_both_times_keeps_its_count() {
    for policy in one_of_each() {
        let full = with_remaining(&policy, NOON_MS + 500, 0);
        let earlier = check(&policy, Some(&full), NOON_MS + 400, 1);
        let keeps = matches!(
            policy.algorithm(),
            Algorithm::Quota { .. }
                | Algorithm::Concurrency
                | Algorithm::FixedWindow {
                    align: Align::Epoch
                }
        );
        assert_eq!(earlier.allowed, !keeps, "{policy:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn waits_are_exact_and_short_whatever_the_clock_does(
        policy in policies(),
        steps in proptest::collection::vec((-200_i64..200, 1_u64..5), 1..40),
    ) {
        let mut counter: Option<Counter> = None;
        let mut now_ms = 0;
        for (advance_ms, weight) in steps {
            now_ms += advance_ms;
            let verdict = check(&policy, counter.as_ref(), now_ms, weight);
            counter = verdict.counter.clone().or(counter);
            waits_exactly(&policy, counter.as_ref(), now_ms, weight, &verdict)?;
            let longest = (policy.capacity() + 2) * policy.window_ms();
            prop_assert!(verdict.wait_ms.is_none_or(|wait_ms| wait_ms <= longest));
        }
    }
}
