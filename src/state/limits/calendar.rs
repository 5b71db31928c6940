//! The days of a time zone. The zones are compiled in, so that a day is the same on every machine.

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};

use super::policy::Error;
use super::window::Span;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The time zone of this name in the IANA database, in any case of its letters.
///
/// # Errors
/// When there is none.
pub fn zone(name: &str) -> Result<TimeZone, Error> {
    TimeZoneDatabase::bundled()
        .get(name)
        .map_err(|_| Error::UnknownZone(name.into()))
}

/// The day around an instant: from its midnight to the next one. Beyond the calendar, which ends
/// with the year 9999, days have 24 hours and start at midnight of UTC.
pub(super) fn day(zone: &TimeZone, at_ms: i64) -> Span {
    calendar_day(zone, at_ms).unwrap_or_else(|| Span::aligned(at_ms, DAY_MS))
}

fn calendar_day(zone: &TimeZone, at_ms: i64) -> Option<Span> {
    let at = Timestamp::from_millisecond(at_ms).ok()?;
    let today = zone.to_datetime(at).date();
    let tomorrow = today.checked_add(1.day()).ok()?;
    let day = Span {
        start: midnight(zone, today)?,
        end: midnight(zone, tomorrow)?,
    };
    if day.contains(at_ms) {
        return Some(day);
    }
    // Some zones have turned their clocks back shortly after midnight: the last hour of the day
    // came again when tomorrow had begun. A day that has begun stays.
    let after = tomorrow.checked_add(1.day()).ok()?;
    Some(Span {
        start: day.end,
        end: midnight(zone, after)?,
    })
}

/// When a date begins: at its first midnight if there are two, and if there is none, when the
/// clocks have jumped over it.
fn midnight(zone: &TimeZone, date: Date) -> Option<i128> {
    let start = date.to_zoned(zone.clone()).ok()?.start_of_day().ok()?;
    // Offsets of long ago had seconds, but no zone's has milliseconds.
    Some(start.timestamp().as_millisecond().into())
}
