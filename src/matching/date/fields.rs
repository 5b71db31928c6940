//! The fields that a text tells of a date, and the moment that they come to.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Zoned};

use super::Moment;
use crate::domain::time::{DAYS, MONTHS};

/// Years beyond this are taken for it: a moment there is only compared.
const YEAR_MAX: i64 = 9_999;

/// Short names of zones, by the region that has them, which alone decides on summer time.
const ZONES: [(&str, &str); 24] = [
    ("GMT", "UTC"),
    ("UTC", "UTC"),
    ("UT", "UTC"),
    ("EST", "America/New_York"),
    ("EDT", "America/New_York"),
    ("CST", "America/Chicago"),
    ("CDT", "America/Chicago"),
    ("MST", "America/Denver"),
    ("MDT", "America/Denver"),
    ("PST", "America/Los_Angeles"),
    ("PDT", "America/Los_Angeles"),
    ("AKST", "America/Anchorage"),
    ("AKDT", "America/Anchorage"),
    ("HST", "Pacific/Honolulu"),
    ("BST", "Europe/London"),
    ("WET", "Europe/Lisbon"),
    ("WEST", "Europe/Lisbon"),
    ("CET", "Europe/Paris"),
    ("CEST", "Europe/Paris"),
    ("EET", "Europe/Athens"),
    ("EEST", "Europe/Athens"),
    ("MSK", "Europe/Moscow"),
    ("IST", "Asia/Kolkata"),
    ("JST", "Asia/Tokyo"),
];

/// What a part of a text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Year,
    /// Two digits, of this century.
    YearOfCentury,
    Month,
    MonthName,
    Day,
    DayOfYear,
    Weekday,
    /// Before or after Christ.
    Era,
    /// From 0 to 24.
    Hour,
    /// From 1 to 24.
    ClockHour,
    /// From 0 to 11, of a half of the day.
    HourOfHalf,
    /// From 1 to 12, of a half of the day.
    ClockHourOfHalf,
    HalfOfDay,
    Minute,
    Second,
    /// Digits behind a point.
    Fraction,
    Nanosecond,
    /// An offset, or `Z`.
    Offset,
    /// The name of a zone, or an offset.
    Zone,
    /// Nothing that a date depends on.
    Ignored,
}

/// What has been read of a date.
#[derive(Debug, Default)]
pub(super) struct Fields {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    weekday: Option<i8>,
    is_before_christ: bool,
    hour: Option<i64>,
    hour_of_half: Option<i64>,
    is_afternoon: Option<bool>,
    minute: Option<i64>,
    second: Option<i64>,
    nanosecond: Option<i64>,
    offset: Option<Offset>,
    zone: Option<TimeZone>,
}

impl Fields {
    /// Notes what `text` says. None if it cannot say that.
    pub(super) fn note(&mut self, field: Field, text: &str) -> Option<()> {
        let number = || text.trim_start_matches('+').parse::<i64>().ok();
        let within = |least, most| number().filter(|number| (least..=most).contains(number));
        match field {
            Field::Year => self.year = Some(within(-999_999_999, 999_999_999)?),
            Field::YearOfCentury => self.year = Some(2000 + number()?),
            Field::Month => self.month = Some(within(1, 12)?),
            Field::MonthName => self.month = Some(place_in(&MONTHS, text)? + 1),
            Field::Day => self.day = Some(within(1, 31)?),
            Field::DayOfYear => self.day_of_year = Some(within(1, 366)?),
            Field::Weekday => self.weekday = i8::try_from(place_in(&DAYS, text)?).ok(),
            Field::Era => self.is_before_christ = text.starts_with('B'),
            Field::Hour => self.hour = Some(within(0, 24)?),
            Field::ClockHour => self.hour = Some(within(1, 24)? % 24),
            Field::HourOfHalf => self.hour_of_half = Some(within(0, 11)?),
            Field::ClockHourOfHalf => self.hour_of_half = Some(within(1, 12)? % 12),
            Field::HalfOfDay => self.is_afternoon = Some(text.eq_ignore_ascii_case("PM")),
            Field::Minute => self.minute = Some(within(0, 59)?),
            Field::Second => self.second = Some(within(0, 59)?),
            Field::Fraction => self.nanosecond = Some(format!("{text:0<9}")[..9].parse().ok()?),
            Field::Nanosecond => self.nanosecond = Some(within(0, 999_999_999)?),
            Field::Offset => self.offset = Some(offset(text)?),
            Field::Zone => match offset(text) {
                Some(offset) => self.offset = Some(offset),
                None => self.zone = Some(zone(text)?),
            },
            Field::Ignored => {}
        }
        Some(())
    }

    /// Takes it for a time of `zone` if it tells none.
    pub(super) fn assume(&mut self, zone: TimeZone) {
        if self.zone.is_none() && self.offset.is_none() {
            self.zone = Some(zone);
        }
    }

    /// What they come to; none if they contradict each other. If `clamps`, the 31st of a short
    /// month is its last day.
    pub(super) fn moment(self, clamps: bool) -> Option<Moment> {
        let date = self.date(clamps)?;
        let time = self.time(clamps)?;
        let local = match (date, time) {
            (Some(date), Some((time, next_day))) => {
                let days = Span::new().try_days(i64::from(next_day)).ok()?;
                Some(date.checked_add(days).ok()?.to_datetime(time))
            }
            (Some(date), None) => Some(date.at(0, 0, 0, 0)),
            (None, _) => self.beginning(),
        };
        let zoned = match (date, time, local) {
            (Some(_), Some(_), Some(local)) => self.zoned(local),
            _ => None,
        };
        Some(Moment { zoned, local })
    }

    fn zoned(self, local: DateTime) -> Option<Zoned> {
        match (self.offset, self.zone) {
            (Some(offset), zone) => {
                let instant = offset.to_timestamp(local).ok()?;
                Some(instant.to_zoned(zone.unwrap_or_else(|| offset.to_time_zone())))
            }
            (None, Some(zone)) => local.to_zoned(zone).ok(),
            (None, None) => None,
        }
    }

    fn year(&self) -> Option<i16> {
        let year = self.year?;
        let year = if self.is_before_christ {
            1 - year
        } else {
            year
        };
        i16::try_from(year.clamp(-YEAR_MAX, YEAR_MAX)).ok()
    }

    /// The date, if all of it is told. None if it is a wrong one.
    fn date(&self, clamps: bool) -> Option<Option<Date>> {
        let Some(year) = self.year() else {
            return Some(None);
        };
        let date = match (self.month, self.day, self.day_of_year) {
            (Some(month), Some(day), _) => {
                let month = i8::try_from(month).ok()?;
                let last = i64::from(Date::new(year, month, 1).ok()?.days_in_month());
                let day = if clamps { day.min(last) } else { day };
                Date::new(year, month, i8::try_from(day).ok()?).ok()?
            }
            (_, _, Some(day)) => {
                let days = Span::new().try_days(day - 1).ok()?;
                let date = Date::new(year, 1, 1).ok()?.checked_add(days).ok()?;
                (date.year() == year).then_some(date)?
            }
            _ => return Some(None),
        };
        let is_that_day = self.weekday.is_none_or(|weekday| {
            Weekday::from_monday_zero_offset(weekday).is_ok_and(|day| day == date.weekday())
        });
        is_that_day.then_some(Some(date))
    }

    /// The time, if an hour is told, and whether it is one of the next day, as 24:00 is unless the
    /// form is strict. None if it is wrong.
    fn time(&self, is_lenient: bool) -> Option<Option<(Time, bool)>> {
        let hour = match (self.hour, self.hour_of_half, self.is_afternoon) {
            (Some(hour), _, _) => hour,
            (None, Some(hour), Some(is_afternoon)) => hour + if is_afternoon { 12 } else { 0 },
            _ => return Some(None),
        };
        let small = |number: Option<i64>| i8::try_from(number.unwrap_or(0)).ok();
        let (minute, second) = (small(self.minute)?, small(self.second)?);
        let nanosecond = i32::try_from(self.nanosecond.unwrap_or(0)).ok()?;
        let is_end_of_day = hour == 24;
        if is_end_of_day {
            let is_midnight = (minute, second, nanosecond) == (0, 0, 0);
            return (is_midnight && is_lenient).then_some(Some((Time::midnight(), true)));
        }
        let time = Time::new(i8::try_from(hour).ok()?, minute, second, nanosecond).ok()?;
        Some(Some((time, false)))
    }

    /// The beginning of the year or the month, if no more is told.
    fn beginning(&self) -> Option<DateTime> {
        let month = i8::try_from(self.month.unwrap_or(1)).ok()?;
        Some(Date::new(self.year()?, month, 1).ok()?.at(0, 0, 0, 0))
    }
}

/// Where among `names` the one is that `text` is, in full or as its first three letters.
fn place_in(names: &[&str], text: &str) -> Option<i64> {
    let is_it =
        |name: &&str| name.eq_ignore_ascii_case(text) || name[..3].eq_ignore_ascii_case(text);
    let place = names.iter().position(is_it)?;
    i64::try_from(place).ok()
}

/// The offset that `text` is: `Z`, or a sign, hours, and perhaps minutes and seconds.
fn offset(text: &str) -> Option<Offset> {
    let text = text.strip_prefix("GMT").unwrap_or(text);
    if matches!(text, "" | "Z" | "z") {
        return Some(Offset::UTC);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let mut digits = rest.replace(':', "");
    if digits.len() % 2 == 1 {
        digits.insert(0, '0');
    }
    let part = |index: usize| match digits.get(2 * index..2 * index + 2) {
        Some(part) => part.parse::<i32>().ok(),
        None => Some(0),
    };
    let (hours, minutes, seconds) = (part(0)?, part(1)?, part(2)?);
    let is_offset = hours <= 18 && minutes < 60 && seconds < 60;
    let seconds = sign * (hours * 3600 + minutes * 60 + seconds);
    is_offset.then(|| Offset::from_seconds(seconds).ok())?
}

/// The zone called `name`: a region, or a short name.
fn zone(name: &str) -> Option<TimeZone> {
    let short = ZONES
        .iter()
        .find(|(short, _)| short.eq_ignore_ascii_case(name));
    let name = short.map_or(name, |(_, region)| region);
    TimeZone::get(name).ok()
}
