//! Time as decisions see it: a tick is handed in, and nothing else tells the time.

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// The time that one decision may use: its only time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// The sandbox clock when the input arrived, in whole milliseconds.
    pub now: Timestamp,
    /// The machine's clock at the same moment: what a sandbox clock is set against, and nothing else.
    pub wall: Timestamp,
}

/// How a sandbox's clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "mode", rename_all = "camelCase")]
pub enum Clock {
    /// With the machine's clock.
    System,
    /// Not at all: it stands at `now` until it is set or advanced.
    Frozen {
        /// Where it stands.
        now: Timestamp,
    },
    /// With the machine's clock, so many milliseconds ahead of it (or behind).
    Offset {
        /// Milliseconds ahead of the machine's clock.
        ahead_ms: i64,
    },
}

// By hand: what serde makes of a tagged enum loses the text of numbers.
impl<'de> Deserialize<'de> for Clock {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        enum Mode {
            System,
            Frozen,
            Offset,
        }
        #[derive(Deserialize)]
        struct Written {
            mode: Mode,
            now: Option<Timestamp>,
            ahead_ms: Option<i64>,
        }
        let written = Written::deserialize(deserializer)?;
        match (written.mode, written.now, written.ahead_ms) {
            (Mode::System, _, _) => Ok(Self::System),
            (Mode::Frozen, Some(now), _) => Ok(Self::Frozen { now }),
            (Mode::Offset, _, Some(ahead_ms)) => Ok(Self::Offset { ahead_ms }),
            (Mode::Frozen, None, _) => Err(D::Error::missing_field("now")),
            (Mode::Offset, _, None) => Err(D::Error::missing_field("ahead_ms")),
        }
    }
}

impl Clock {
    /// What this clock shows while the machine's clock shows `wall`.
    #[must_use]
    pub fn read(&self, wall: Timestamp) -> Timestamp {
        match self {
            Self::System => whole_millis(wall),
            Self::Frozen { now } => *now,
            Self::Offset { ahead_ms } => shift(whole_millis(wall), *ahead_ms),
        }
    }

    /// The machine's time at which this clock shows `due`; never, when it stands still.
    #[must_use]
    pub fn wall_time_of(&self, due: Timestamp) -> Option<Timestamp> {
        match self {
            Self::System => Some(due),
            Self::Frozen { .. } => None,
            Self::Offset { ahead_ms } => Some(shift(due, ahead_ms.saturating_neg())),
        }
    }
}

/// `time` without what is finer than a millisecond. Rounds toward the past.
#[must_use]
pub fn whole_millis(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_nanosecond().div_euclid(1_000_000) as i64).unwrap_or(time)
}

/// `time` moved by `millis`, held within the years that a timestamp can name.
#[must_use]
pub fn shift(time: Timestamp, millis: i64) -> Timestamp {
    time.checked_add(SignedDuration::from_millis(millis))
        .unwrap_or(if millis < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
}

/// Reads an RFC 3339 date-time; a finer fraction than milliseconds is cut off.
#[must_use]
pub fn parse_instant(text: &str) -> Option<Timestamp> {
    match text.parse() {
        Ok(instant) => Some(whole_millis(instant)),
        // RFC 3339 goes on for a day and two hours where the library's calendar ends, and "the end of
        // 9999" is a deadline that people write.
        Err(_) => {
            let earlier: Timestamp = format!("9998{}", text.strip_prefix("9999")?).parse().ok()?;
            (earlier > LATEST_LESS_A_YEAR).then_some(whole_millis(Timestamp::MAX))
        }
    }
}

/// Reads a length of time such as `500ms`, `15m`, `1h 30m` or `P3D`, in milliseconds. A day has 24 hours.
#[must_use]
pub fn parse_length_ms(text: &str) -> Option<i64> {
    let span = text.parse::<Span>().ok()?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    i64::try_from(length.as_millis()).ok()
}

/// A year before the last instant that the library knows: 9998-12-30T22:00:00Z.
const LATEST_LESS_A_YEAR: Timestamp = Timestamp::constant(253_370_671_200, 0);

/// The months in English, as texts of dates have them.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The days of the week in English, Monday first.
pub const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        parse_instant(text).expect("a date-time")
    }

    #[test]
    fn clocks_read_and_know_when_something_is_due() {
        let wall = at("2026-01-01T00:00:00.0019Z");
        assert_eq!(wall, at("2026-01-01T00:00:00.001Z"));
        let ahead = Clock::Offset {
            ahead_ms: 3_600_000,
        };
        assert_eq!(ahead.read(wall), at("2026-01-01T01:00:00.001Z"));
        assert_eq!(
            ahead.wall_time_of(at("2026-01-01T01:00:00Z")),
            Some(at("2026-01-01T00:00:00Z"))
        );
        let frozen = Clock::Frozen { now: wall };
        assert_eq!(frozen.read(at("2030-01-01T00:00:00Z")), wall);
        assert_eq!(frozen.wall_time_of(wall), None);
    }

    #[test]
    fn the_end_of_the_calendar_can_be_written() {
        for text in ["9999-12-31T23:59:59Z", "9999-12-31T00:00:00.5Z"] {
            assert_eq!(
                parse_instant(text),
                Some(whole_millis(Timestamp::MAX)),
                "{text}"
            );
        }
        assert_eq!(
            at("9999-12-01T00:00:00Z").to_string(),
            "9999-12-01T00:00:00Z"
        );
        for text in [
            "9999-13-01T00:00:00Z",
            "9999",
            "soon",
            "10000-01-01T00:00:00Z",
        ] {
            assert_eq!(parse_instant(text), None, "{text}");
        }
    }

    #[test]
    fn a_length_of_time_is_read_in_either_way_of_writing() {
        for (text, expected) in [
            ("500ms", Some(500)),
            ("1h 30m", Some(5_400_000)),
            ("PT1H30M", Some(5_400_000)),
            ("2d", Some(172_800_000)),
            ("-1s", Some(-1_000)),
            ("1 month", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(parse_length_ms(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_shift_stays_within_the_calendar() {
        assert_eq!(shift(Timestamp::MAX, i64::MAX), Timestamp::MAX);
        assert_eq!(shift(Timestamp::MIN, i64::MIN), Timestamp::MIN);
    }
}
