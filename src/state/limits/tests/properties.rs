//! What holds for every algorithm, whatever is called and when.

use proptest::prelude::*;

use super::super::{
    Algorithm, Change, Counter, check, fresh_at_ms, is_fresh, standing, with_remaining,
};
use super::super::{Policy, Verdict};
use super::textbook::Textbook;
use super::{policies, quota, stored};

const HOUR_MS: i64 = 3_600_000;

/// Time that passes, and the weight of the call that follows.
type Step = (i64, u64);

fn steps(advance_max: i64) -> impl Strategy<Value = Vec<Step>> {
    let advance = prop_oneof![2 => Just(0), 4 => 0..=advance_max / 4, 1 => 0..=advance_max];
    let weight = prop_oneof![4 => 1_u64..3, 1 => 1_u64..16];
    proptest::collection::vec((advance, weight), 1..50)
}

/// Days on which clocks go forward (2024-03-10), back (2024-11-03), and neither.
fn quotas() -> impl Strategy<Value = (Policy, i64)> {
    let name = prop_oneof![
        Just("America/New_York"),
        Just("America/Havana"),
        Just("Asia/Kolkata"),
        Just("UTC"),
    ];
    let start = prop_oneof![Just(1_709_900_000_000), Just(1_730_500_000_000), Just(-9)];
    (name, 0_u64..9, any::<bool>(), start).prop_map(|(name, limit, count_refused, start)| {
        let policy = quota(name, limit).counting_refused(count_refused);
        (policy, start)
    })
}

fn counts(policy: &Policy, verdict: &Verdict) -> bool {
    verdict.allowed || policy.counts_refused()
}

fn run(policy: &Policy, start_ms: i64, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut textbook = Textbook::new(policy);
    let mut counter: Option<Counter> = None;
    let mut now_ms = start_ms;
    for (advance_ms, weight) in steps {
        now_ms += advance_ms;
        let before = standing(policy, counter.as_ref(), now_ms);
        prop_assert_eq!(before.remaining, textbook.remaining(now_ms));
        prop_assert_eq!(before.limit, policy.capacity());
        let verdict = check(policy, counter.as_ref(), now_ms, *weight);
        prop_assert_eq!(verdict.allowed, textbook.allows(now_ms, *weight));
        if counts(policy, &verdict) {
            textbook.count(now_ms, *weight);
        } else {
            prop_assert_eq!(&verdict.counter, &None);
        }
        prop_assert!(verdict.counter.is_none() || verdict.counter != counter);
        if let Some(after) = &verdict.counter {
            changes_little(counter.as_ref(), after)?;
        }
        counter = verdict.counter.as_ref().map(stored).or(counter);
        prop_assert_eq!(verdict.standing, standing(policy, counter.as_ref(), now_ms));
        waits_exactly(policy, counter.as_ref(), now_ms, *weight, &verdict)?;
        if let Some(counter) = &counter {
            freshens_exactly(policy, counter, now_ms)?;
            if let Counter::Log(log) = counter {
                prop_assert!(log.len() as u64 <= policy.limit());
            }
        }
    }
    Ok(())
}

/// What a call does to a counter makes the one out of the other, and holds no more than one entry.
fn changes_little(before: Option<&Counter>, after: &Counter) -> Result<(), TestCaseError> {
    let change = Change::of(before, after);
    let json = serde_json::to_string(&change).expect("a change is data");
    prop_assert_eq!(json.matches("total").count() <= 1, true, "{}", json);
    let change: Change = serde_json::from_str(&json).expect("it can be read again");
    prop_assert_eq!(&change.after(before), after);
    Ok(())
}

/// After the wait the same call is served, and not a millisecond before.
pub(super) fn waits_exactly(
    policy: &Policy,
    counter: Option<&Counter>,
    now_ms: i64,
    weight: u64,
    verdict: &Verdict,
) -> Result<(), TestCaseError> {
    let Some(wait_ms) = verdict.wait_ms else {
        let knowable = *policy.algorithm() != Algorithm::Concurrency;
        prop_assert!(verdict.allowed || weight > policy.capacity() || !knowable);
        return Ok(());
    };
    prop_assert!(!verdict.allowed && wait_ms > 0);
    let after = |ms: u64| {
        let then_ms = now_ms + i64::try_from(ms).expect("a short wait");
        check(policy, counter, then_ms, weight).allowed
    };
    prop_assert!(after(wait_ms), "not after {wait_ms}");
    prop_assert!(!after(wait_ms - 1), "before {wait_ms}");
    Ok(())
}

/// From the instant told on, and not before, the counter makes no difference.
fn freshens_exactly(policy: &Policy, counter: &Counter, now_ms: i64) -> Result<(), TestCaseError> {
    let fresh_at = fresh_at_ms(policy, counter, now_ms);
    prop_assert!(fresh_at >= now_ms);
    prop_assert_eq!(is_fresh(policy, counter, now_ms), fresh_at == now_ms);
    if fresh_at > now_ms {
        prop_assert!(!is_fresh(policy, counter, fresh_at - 1));
        prop_assert!(standing(policy, Some(counter), fresh_at - 1).used > 0);
    }
    if fresh_at < i64::MAX {
        prop_assert!(is_fresh(policy, counter, fresh_at));
        for weight in 0..=policy.capacity() + 1 {
            prop_assert_eq!(
                check(policy, Some(counter), fresh_at, weight),
                check(policy, None, fresh_at, weight)
            );
        }
    }
    Ok(())
}

fn leaves(policy: &Policy, now_ms: i64, remaining: u64) -> Result<(), TestCaseError> {
    let mut counter = with_remaining(policy, now_ms, remaining);
    let remaining = remaining.min(policy.capacity());
    prop_assert_eq!(
        standing(policy, Some(&counter), now_ms).remaining,
        remaining
    );
    for _ in 0..remaining {
        let verdict = check(policy, Some(&counter), now_ms, 1);
        prop_assert!(verdict.allowed);
        counter = verdict.counter.expect("it was counted");
    }
    prop_assert!(!check(policy, Some(&counter), now_ms, 1).allowed);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn an_algorithm_is_its_textbook(
        policy in policies(), start_ms in -100_i64..100, steps in steps(100),
    ) {
        run(&policy, start_ms, &steps)?;
    }

    #[test]
    fn what_remains_is_what_a_tester_says(
        policy in policies(), now_ms in -100_i64..100, remaining in 0_u64..20,
    ) {
        leaves(&policy, now_ms, remaining)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_quota_is_its_textbook((policy, start_ms) in quotas(), steps in steps(30 * HOUR_MS)) {
        run(&policy, start_ms, &steps)?;
    }

    #[test]
    fn what_remains_of_a_quota_is_what_a_tester_says(
        (policy, start_ms) in quotas(), remaining in 0_u64..20,
    ) {
        leaves(&policy, start_ms, remaining)?;
    }
}
