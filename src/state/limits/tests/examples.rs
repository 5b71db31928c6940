//! What a reader can follow by hand.

use super::super::{
    Algorithm, Align, Counter, Error, Policy, Standing, check, release, standing, with_remaining,
    zone,
};
use super::{one_of_each, policy, quota};

/// Calls at instants, with what is expected: `at weight ok remaining` or `at weight wait <ms>`.
fn script(policy: &Policy, script: &str) {
    let mut counter: Option<Counter> = None;
    for line in script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [at, weight, outcome, number] = words[..] else {
            panic!("four words: {line}");
        };
        let at_ms = at.parse().expect("an instant");
        let verdict = check(
            policy,
            counter.as_ref(),
            at_ms,
            weight.parse().expect("a weight"),
        );
        let found = match verdict.allowed {
            true => format!("ok {}", verdict.standing.remaining),
            false => format!("wait {:?}", verdict.wait_ms),
        };
        let expected = match (outcome, number) {
            ("ok", remaining) => format!("ok {remaining}"),
            (_, "never") => "wait None".into(),
            (_, wait_ms) => format!("wait Some({wait_ms})"),
        };
        assert_eq!(found, expected, "{line}");
        counter = verdict.counter.or(counter);
    }
}

#[test]
fn a_fixed_window_lets_twice_the_limit_pass_at_its_edge() {
    let epoch = Algorithm::FixedWindow {
        align: Align::Epoch,
    };
    script(
        &policy(epoch, 2, 1_000),
        "999 2 ok 0
         999 1 wait 1
         1000 2 ok 0
         1000 1 wait 1000
         1000 3 wait never",
    );
}

#[test]
fn a_window_may_start_at_the_first_call() {
    let first = Algorithm::FixedWindow {
        align: Align::FirstCall,
    };
    let policy = policy(first, 2, 1_000);
    script(
        &policy,
        "700 1 ok 1
         1699 1 ok 0
         1699 1 wait 1
         1900 2 ok 0
         2100 1 wait 800",
    );
    assert_eq!(standing(&policy, None, 700).reset_ms, 1_700);
}

#[test]
fn a_sliding_log_frees_what_is_a_window_old() {
    script(
        &policy(Algorithm::SlidingLog, 3, 1_000),
        "100 2 ok 1
         400 1 ok 0
         500 1 wait 600
         500 3 wait 900
         1100 2 ok 0",
    );
}

#[test]
fn a_sliding_counter_sees_a_part_of_the_window_before() {
    script(
        &policy(Algorithm::SlidingCounter, 10, 1_000),
        "500 8 ok 2
         1000 2 ok 0
         1000 1 wait 125
         1500 4 ok 0
         1500 7 wait 1000",
    );
}

#[test]
fn buckets_give_back_evenly() {
    for algorithm in [
        Algorithm::TokenBucket { burst: Some(4) },
        Algorithm::LeakyBucket { burst: Some(4) },
        Algorithm::Gcra { burst: Some(4) },
    ] {
        let policy = policy(algorithm, 3, 1_000);
        script(
            &policy,
            "0 4 ok 0
             0 1 wait 334
             333 1 wait 1
             334 1 ok 0
             334 1 wait 333
             334 5 wait never
             9999 1 ok 3",
        );
        let full = Standing {
            limit: 4,
            remaining: 0,
            used: 4,
            reset_ms: 1_334,
            window_ms: 1_000,
        };
        assert_eq!(check(&policy, None, 0, 4).standing, full);
    }
}

#[test]
fn refused_calls_count_if_they_are_to() {
    script(
        &policy(Algorithm::SlidingLog, 2, 1_000).counting_refused(true),
        "0 2 ok 0
         900 1 wait 100
         1000 2 wait 1000
         1800 1 wait 200
         2000 1 ok 0",
    );
    script(
        &policy(Algorithm::SlidingCounter, 2, 1_000).counting_refused(true),
        "0 2 ok 0
         0 2 wait 2000
         2000 1 ok 1",
    );
}

#[test]
fn a_refused_call_that_changes_nothing_gives_no_counter() {
    for policy in one_of_each() {
        let full = with_remaining(&policy, 0, 0);
        assert_eq!(check(&policy, Some(&full), 0, 1).counter, None);
        assert_eq!(check(&policy, Some(&full), 0, 4).counter, None);
    }
    let epoch = Algorithm::FixedWindow {
        align: Align::Epoch,
    };
    let counting = policy(epoch.clone(), 3, 1_000).counting_refused(true);
    let full = with_remaining(&counting, 0, 0);
    assert_eq!(check(&counting, Some(&full), 0, 1).counter, None);
    let closed = policy(epoch, 0, 1_000).counting_refused(true);
    assert_eq!(check(&closed, None, 0, 1).counter, None);
}

#[test]
fn weight_0_passes_and_is_not_counted() {
    for policy in one_of_each() {
        let full = with_remaining(&policy, 0, 0);
        let verdict = check(&policy, Some(&full), 0, 0);
        assert_eq!((verdict.allowed, verdict.counter), (true, None));
    }
}

#[test]
fn slots_are_given_back() {
    let policy = policy(Algorithm::Concurrency, 3, 0);
    let taken = check(&policy, None, 0, 2).counter.expect("it was counted");
    let refused = check(&policy, Some(&taken), 0, 2);
    assert_eq!((refused.allowed, refused.wait_ms), (false, None));
    let one = release(&taken, 1).expect("one is in flight");
    assert!(check(&policy, Some(&one), 0, 2).allowed);
    assert_eq!(release(&one, 1), None);
    assert_eq!(release(&one, 9), None);
}

const HOUR_MS: u64 = 3_600_000;

/// The day that a quota counts at an instant: when it ends, and how long it is.
fn day(zone: &str, at: &str, ends: &str, minutes: u64) {
    let ms = |text: &str| {
        let at: jiff::Timestamp = text.parse().expect("an instant");
        at.as_millisecond()
    };
    let standing = standing(&quota(zone, 5), None, ms(at));
    assert_eq!(standing.reset_ms, ms(ends), "{zone} at {at}");
    assert_eq!(standing.window_ms, minutes * 60_000, "{zone} at {at}");
}

#[test]
fn a_quota_ends_at_the_next_midnight() {
    let new_york = "America/New_York";
    day("UTC", "2024-03-10T00:00:00Z", "2024-03-11T00:00:00Z", 1440);
    day(
        new_york,
        "2024-03-09T12:00:00Z",
        "2024-03-10T05:00:00Z",
        1440,
    );
    day(
        new_york,
        "2024-03-10T05:00:00Z",
        "2024-03-11T04:00:00Z",
        23 * 60,
    );
    day(
        new_york,
        "2024-11-03T12:00:00Z",
        "2024-11-04T05:00:00Z",
        25 * 60,
    );
    // Midnight is skipped: the day starts at 01:00.
    day(
        "America/Santiago",
        "2024-09-08T12:00:00Z",
        "2024-09-09T03:00:00Z",
        23 * 60,
    );
    // Midnight comes twice: 01:00 is 00:00 again.
    day(
        "America/Havana",
        "2024-11-03T12:00:00Z",
        "2024-11-04T05:00:00Z",
        25 * 60,
    );
    // A whole day is skipped.
    day(
        "Pacific/Apia",
        "2011-12-30T09:00:00Z",
        "2011-12-30T10:00:00Z",
        1440,
    );
    day(
        "Pacific/Apia",
        "2011-12-30T10:00:00Z",
        "2011-12-31T10:00:00Z",
        1440,
    );
    // At 00:01 it is 23:01 of the day before again: the day that has begun stays, 25 hours long.
    let st_johns = "America/St_Johns";
    day(
        st_johns,
        "2006-10-29T02:29:00Z",
        "2006-10-29T02:30:00Z",
        1440,
    );
    day(
        st_johns,
        "2006-10-29T02:30:30Z",
        "2006-10-30T03:30:00Z",
        25 * 60,
    );
    day(
        st_johns,
        "2006-10-29T03:00:00Z",
        "2006-10-30T03:30:00Z",
        25 * 60,
    );
    day(
        st_johns,
        "2006-10-29T04:00:00Z",
        "2006-10-30T03:30:00Z",
        25 * 60,
    );
}

#[test]
fn a_quota_tells_a_wait_of_hours() {
    let policy = quota("UTC", 1);
    let used = check(&policy, None, 1_000, 1);
    let refused = check(&policy, used.counter.as_ref(), 2_000, 1);
    assert_eq!(refused.wait_ms, Some(24 * HOUR_MS - 2_000));
}

#[test]
fn nonsense_is_refused() {
    let epoch = Algorithm::FixedWindow {
        align: Align::Epoch,
    };
    assert_eq!(Policy::new(epoch, 1, 0), Err(Error::WindowIsZero));
    let gcra = Algorithm::Gcra { burst: Some(0) };
    assert_eq!(Policy::new(gcra, 1, 1), Err(Error::BurstIsZero));
    assert!(Policy::new(Algorithm::Concurrency, 1, 0).is_ok());
    let nowhere = zone("Mars/Olympus");
    assert_eq!(nowhere, Err(Error::UnknownZone("Mars/Olympus".into())));
    assert!(zone("europe/paris").is_ok());
}
