//! Shifting a moment, and cutting it to the beginning of something.

use jiff::civil::{Date, Time};
use jiff::{Span, Timestamp, ToSpan as _, Zoned};

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
    /// Days, as the calendar has them.
    Days,
    /// Months, as the calendar has them.
    Months,
    /// Years, as the calendar has them.
    Years,
}

impl Unit {
    /// All of them, by WireMock's names.
    pub const NAMES: [(&'static str, Self); 6] = [
        ("seconds", Self::Seconds),
        ("minutes", Self::Minutes),
        ("hours", Self::Hours),
        ("days", Self::Days),
        ("months", Self::Months),
        ("years", Self::Years),
    ];

    /// The unit that WireMock calls `name`, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let mut known = Self::NAMES.iter();
        let found = known.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(found.1)
    }
}

/// What a moment is cut to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truncation {
    /// `first second of minute`
    FirstSecondOfMinute,
    /// `first minute of hour`
    FirstMinuteOfHour,
    /// `first hour of day`
    FirstHourOfDay,
    /// `first day of month`
    FirstDayOfMonth,
    /// `first day of next month`
    FirstDayOfNextMonth,
    /// `last day of month`
    LastDayOfMonth,
    /// `first day of year`
    FirstDayOfYear,
    /// `first day of next year`
    FirstDayOfNextYear,
    /// `last day of year`
    LastDayOfYear,
}

impl Truncation {
    /// All of them, by WireMock's names.
    pub const NAMES: [(&'static str, Self); 9] = [
        ("first second of minute", Self::FirstSecondOfMinute),
        ("first minute of hour", Self::FirstMinuteOfHour),
        ("first hour of day", Self::FirstHourOfDay),
        ("first day of month", Self::FirstDayOfMonth),
        ("first day of next month", Self::FirstDayOfNextMonth),
        ("last day of month", Self::LastDayOfMonth),
        ("first day of year", Self::FirstDayOfYear),
        ("first day of next year", Self::FirstDayOfNextYear),
        ("last day of year", Self::LastDayOfYear),
    ];

    /// The one that WireMock calls `name`, in any case, with blanks or underscores.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.replace('_', " ");
        let mut known = Self::NAMES.iter();
        let found = known.find(|(known, _)| known.eq_ignore_ascii_case(&name))?;
        Some(found.1)
    }

    /// `moment`, cut in its own zone. None at the end of time.
    pub(super) fn cut(self, moment: &Zoned) -> Option<Zoned> {
        let (date, time) = (moment.date(), moment.time());
        let month = date.first_of_month();
        let year = date.first_of_year();
        let midnight = |date: Date| Some(date.at(0, 0, 0, 0));
        let clock = |minute, second| {
            Some(date.to_datetime(Time::new(time.hour(), minute, second, 0).ok()?))
        };
        let cut = match self {
            Self::FirstSecondOfMinute => clock(time.minute(), 0),
            Self::FirstMinuteOfHour => clock(0, 0),
            Self::FirstHourOfDay => midnight(date),
            Self::FirstDayOfMonth => midnight(month),
            Self::FirstDayOfNextMonth => midnight(month.checked_add(1.month()).ok()?),
            Self::LastDayOfMonth => midnight(date.last_of_month()),
            Self::FirstDayOfYear => midnight(year),
            Self::FirstDayOfNextYear => midnight(year.checked_add(1.year()).ok()?),
            Self::LastDayOfYear => midnight(date.last_of_year()),
        };
        cut?.to_zoned(moment.time_zone().clone()).ok()
    }
}

/// A distance from the present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offset {
    pub(super) amount: i64,
    pub(super) unit: Unit,
}

impl Offset {
    /// The offset that `text` tells, such as `now`, `now -5 minutes` and `3 days`; none if it is
    /// not of that shape. Says why if it is, and yet tells none.
    pub(super) fn read(text: &str) -> Result<Option<Self>, String> {
        let is_now = text.eq_ignore_ascii_case("now");
        if is_now {
            let unit = Unit::Seconds;
            return Ok(Some(Self { amount: 0, unit }));
        }
        let distance = match text.split_at_checked(4) {
            Some((now, distance)) if now.eq_ignore_ascii_case("now ") => distance,
            _ => text,
        };
        let Some((amount, unit)) = distance.split_once(' ') else {
            return Ok(None);
        };
        let digits = amount.strip_prefix(['+', '-']).unwrap_or(amount);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_word = !unit.is_empty() && unit.bytes().all(|byte| byte.is_ascii_alphabetic());
        if !is_number || !is_word {
            return Ok(None);
        }
        let unit = Unit::named(unit).ok_or_else(|| {
            let known = Unit::NAMES.map(|(name, _)| name).join(", ");
            format!("`{unit}` is no unit of time; known are {known}")
        })?;
        let amount: i32 = amount
            .parse()
            .map_err(|_| format!("`{amount}` is too far from now"))?;
        Ok(Some(Self {
            amount: i64::from(amount),
            unit,
        }))
    }

    /// `moment`, so much later, or the end of time.
    pub(super) fn shift(self, moment: &Zoned) -> Zoned {
        let (span, amount) = (Span::new(), self.amount);
        let span = match self.unit {
            Unit::Seconds => span.try_seconds(amount),
            Unit::Minutes => span.try_minutes(amount),
            Unit::Hours => span.try_hours(amount),
            Unit::Days => span.try_days(amount),
            Unit::Months => span.try_months(amount),
            Unit::Years => span.try_years(amount),
        };
        let end = if amount < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        };
        span.and_then(|span| moment.checked_add(span))
            .unwrap_or_else(|_| end.to_zoned(moment.time_zone().clone()))
    }
}
