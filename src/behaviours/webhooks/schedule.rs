//! When a delivery is tried: the profile's waits, each a little off by the sandbox's seed.

use jiff::{SignedDuration, Timestamp};

use crate::definition::compiled::ProfileSpec;
use crate::domain::chance::Chance;
use crate::domain::time::shift;
use crate::state::webhooks::delivery::Delivery;

/// The chance of a delivery: by its event and its endpoint, and not by its number, which others'
/// deliveries change.
pub(super) fn chance_of(seed: u64, delivery: &Delivery) -> Chance {
    Chance::new(seed, &delivery.event.id, 0).named(&delivery.endpoint.id)
}

/// When the attempt after `made` others is due, counted from `from`; nothing, if there is none.
pub(super) fn attempt_at(
    profile: &ProfileSpec,
    made: usize,
    from: Timestamp,
    chance: Chance,
) -> Option<Timestamp> {
    let wait = profile.retries.get(made)?;
    let draw = chance.draw("jitter", u32::try_from(made).unwrap_or(u32::MAX));
    let wait = jittered(*wait, profile.jitter_per_mille, draw);
    Some(shift(from, wait))
}

/// A wait in whole milliseconds, off by at most so many thousandths of itself.
fn jittered(wait: SignedDuration, per_mille: u32, draw: u64) -> i64 {
    let wait = wait.as_millis();
    // From -1000 to 1000, each as likely.
    let off = i128::from(draw % 2_001) - 1_000;
    let by = wait.saturating_mul(off * i128::from(per_mille)) / 1_000_000;
    i64::try_from(wait.saturating_add(by)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn profile(seconds: Vec<i64>, jitter_per_mille: u32) -> ProfileSpec {
        let waits = seconds.into_iter().map(SignedDuration::from_secs);
        ProfileSpec {
            signature: None,
            headers: Vec::new(),
            retries: waits.collect(),
            jitter_per_mille,
            disable_on: Vec::new(),
            timeout: Duration::from_secs(1),
        }
    }

    proptest! {
        #[test]
        fn attempts_follow_each_other_within_the_jitter(
            seconds in prop::collection::vec(0_i64..100_000, 1..12),
            jitter in 0_u32..=1_000,
            seed: u64,
        ) {
            let profile = profile(seconds.clone(), jitter);
            let chance = Chance::new(seed, "delivery", 1);
            let mut last = Timestamp::from_second(1_700_000_000).expect("a time");
            for (made, seconds) in seconds.iter().enumerate() {
                let at = attempt_at(&profile, made, last, chance).expect("an attempt");
                let waited = at.as_millisecond() - last.as_millisecond();
                let off = (waited - seconds * 1_000).abs();
                prop_assert!(waited >= 0, "back in time by {waited}");
                prop_assert!(off <= seconds * i64::from(jitter), "{off} of {seconds} s");
                prop_assert_eq!(attempt_at(&profile, made, last, chance), Some(at));
                last = at;
            }
            prop_assert_eq!(attempt_at(&profile, seconds.len(), last, chance), None);
        }
    }

    #[test]
    fn jitter_reaches_both_ends_and_none_of_it_is_none() {
        let hour = SignedDuration::from_hours(1);
        assert_eq!(jittered(hour, 100, 0), 3_240_000);
        assert_eq!(jittered(hour, 100, 1_000), 3_600_000);
        assert_eq!(jittered(hour, 100, 2_000), 3_960_000);
        assert_eq!(jittered(hour, 0, 2_000), 3_600_000);
        assert_eq!(jittered(SignedDuration::MAX, 1_000, 2_000), i64::MAX);
    }
}
