//! What an agent has done: its calls by the minute, for metrics over a window of time.

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

/// How many minutes are kept, the latest ones: a week and an hour.
pub const MINUTES_MAX: usize = 7 * 24 * 60 + 60;

/// The calls of one agent. They are bounded, so they are written in one piece.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<(i64, Count)>", into = "Vec<(i64, Count)>")]
pub struct Activity {
    minutes: OrdMap<i64, Count>,
}

/// Calls, and how many of them were refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// All calls.
    pub calls: u64,
    /// Those answered with an error.
    pub refused: u64,
}

impl From<Vec<(i64, Count)>> for Activity {
    fn from(minutes: Vec<(i64, Count)>) -> Self {
        Self {
            minutes: minutes.into_iter().collect(),
        }
    }
}

impl From<Activity> for Vec<(i64, Count)> {
    fn from(activity: Activity) -> Self {
        activity.minutes.into_iter().collect()
    }
}

impl Activity {
    /// Calls since the second `from` (of the Unix epoch), in whole minutes: the minute in which
    /// `from` lies counts.
    #[must_use]
    pub fn since(&self, from: i64) -> Count {
        let first = from.div_euclid(60);
        self.minutes
            .range(first..)
            .fold(Count::default(), |sum, (_, count)| Count {
                calls: sum.calls + count.calls,
                refused: sum.refused + count.refused,
            })
    }

    /// Counts one call in `minute` (of the Unix epoch).
    pub(super) fn count(&mut self, minute: i64, refused: bool) {
        let count = self.minutes.entry(minute).or_default();
        count.calls += 1;
        count.refused += u64::from(refused);
        if self.minutes.len() > MINUTES_MAX {
            self.minutes = self.minutes.without(&first_of(&self.minutes));
        }
    }
}

fn first_of(minutes: &OrdMap<i64, Count>) -> i64 {
    minutes.get_min().map_or(0, |(minute, _)| *minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_counts_its_minutes_and_no_others() {
        let mut activity = Activity::default();
        activity.count(0, false);
        activity.count(5, true);
        activity.count(5, false);
        let count = |from| activity.since(from);
        assert_eq!(
            count(0),
            Count {
                calls: 3,
                refused: 1
            }
        );
        assert_eq!(
            count(60),
            Count {
                calls: 2,
                refused: 1
            }
        );
        assert_eq!(
            count(359),
            Count {
                calls: 2,
                refused: 1
            }
        );
        assert_eq!(count(360), Count::default());
    }

    #[test]
    fn old_minutes_are_forgotten() {
        let mut activity = Activity::default();
        for minute in 0..MINUTES_MAX as i64 + 10 {
            activity.count(minute, false);
        }
        assert_eq!(activity.since(0).calls, MINUTES_MAX as u64);
    }
}
