//! Dates. In a pack they travel between helpers as text in ISO 8601, with a fraction of the second;
//! in WireMock's dialect as values of their own kind. Printed, they have no fraction, unless a format
//! asks for it.

use std::fmt;
use std::sync::Arc;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp};

use super::date_pattern::{Pattern, parse_standard};
use serde_json::Value;

use super::{Answer, Fault, Given, Helper, complain};
use crate::render::Dialect;
use crate::render::kind::{self, Kind};

pub(super) const HELPERS: &[Helper] = &[
    Helper::value("now", |given| {
        let moment = given.env.now;
        shown(given, Date::at(moment))
    }),
    Helper::value("date", date),
    Helper::value("parseDate", parse_date),
    Helper::value("truncateDate", truncate_date),
    Helper::value("dateFormat", date_format),
];

/// A moment and how it is printed.
#[derive(Debug, Clone)]
pub(in crate::render) struct Date {
    pub(in crate::render) instant: Timestamp,
    /// None prints as UTC, and takes a zone from whoever formats it next.
    zone: Option<TimeZone>,
    format: Format,
}

/// How long an ISO date is up to its seconds, in years of four digits.
const ISO_SECONDS_LENGTH: usize = "2000-01-01T00:00:00".len();

#[derive(Debug, Clone)]
enum Format {
    /// ISO 8601 to the second, with `Z` or an offset.
    Iso,
    /// Milliseconds since 1970.
    Epoch,
    /// Seconds since 1970.
    Unix,
    Pattern(Arc<Pattern>),
}

impl Date {
    pub(super) fn at(instant: Timestamp) -> Self {
        Self {
            instant,
            zone: None,
            format: Format::Iso,
        }
    }

    /// The same moment, printed in another zone.
    pub(super) fn in_zone(self, zone: Option<TimeZone>) -> Self {
        Self { zone, ..self }
    }

    /// What it is for others: for another helper, to the millisecond.
    fn into_value(self, given: &Given<'_>) -> Value {
        if given.dialect == Dialect::WireMock {
            let zone = self.zone.as_ref().map(name_of);
            return kind::date(
                self.to_string(),
                self.instant.as_millisecond(),
                zone.as_deref(),
            );
        }
        let milliseconds = self.instant.subsec_millisecond();
        let mut text = self.to_string();
        if matches!(self.format, Format::Iso) && given.is_argument && milliseconds != 0 {
            text.insert_str(ISO_SECONDS_LENGTH, &format!(".{milliseconds:03}"));
        }
        text.into()
    }

    /// What a clock and a calendar show at that moment, in the date's zone.
    fn local(&self) -> DateTime {
        self.offset().to_datetime(self.instant)
    }

    fn offset(&self) -> Offset {
        let zone = self.zone.as_ref();
        zone.map_or(Offset::UTC, |zone| zone.to_offset(self.instant))
    }

    /// What its zone is called at that moment, if it has a name.
    fn zone_name(&self) -> Option<String> {
        let zone = self
            .zone
            .as_ref()
            .filter(|zone| zone.iana_name().is_some())?;
        Some(zone.to_offset_info(self.instant).abbreviation().to_owned())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = self.offset();
        match &self.format {
            Format::Epoch => write!(f, "{}", self.instant.as_millisecond()),
            Format::Unix => write!(f, "{}", self.instant.as_second()),
            Format::Pattern(pattern) => {
                let zone = self.zone_name();
                f.write_str(&pattern.format(self.local(), offset, zone.as_deref()))
            }
            Format::Iso => {
                let local = self.local();
                write!(f, "{}", local.strftime("%Y-%m-%dT%H:%M:%S"))?;
                match offset.seconds() {
                    0 => f.write_str("Z"),
                    seconds => {
                        let minutes = seconds.unsigned_abs() / 60;
                        let sign = if seconds < 0 { '-' } else { '+' };
                        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
                    }
                }
            }
        }
    }
}

/// `{{date moment offset='1 days' format='…'}}`. A text is read as a date; without one, now is
/// meant.
fn date(given: &mut Given<'_>) -> Answer {
    let date = read(given, 0).unwrap_or_else(|| Date::at(given.env.now));
    shown(given, date)
}

/// The date that the argument at `position` is or, in a pack, says.
fn read(given: &Given<'_>, position: usize) -> Option<Date> {
    let value = given.argument(position)?;
    match Kind::of(value) {
        Kind::Date(moment) => {
            let instant = Timestamp::from_millisecond(moment.milliseconds).ok()?;
            let zone = moment.zone.and_then(zone_of);
            Some(Date::at(instant).in_zone(zone))
        }
        _ if given.dialect == Dialect::WireMock => None,
        _ => parse_standard(&given.printed(value)),
    }
}

/// The name by which [`zone_of`] finds the zone again.
fn name_of(zone: &TimeZone) -> String {
    let fixed = || {
        zone.to_fixed_offset()
            .map_or(String::new(), |offset| offset.to_string())
    };
    zone.iana_name().map_or_else(fixed, str::to_owned)
}

/// `date`, with the zone, the offset and the format that the call asks for.
fn shown(given: &mut Given<'_>, mut date: Date) -> Answer {
    // A date that has a zone keeps it, in WireMock, and so does one that has come without.
    let is_told = given.dialect == Dialect::WireMock && read(given, 0).is_some();
    if let (Some(name), false) = (given.option_text("timezone"), is_told) {
        let Some(zone) = zone_of(&name) else {
            return complain(format!("Unknown time-zone ID: {name}"));
        };
        date.zone = Some(zone);
    }
    if let Some(offset) = given.option_text("offset") {
        date.instant = shift(date.instant, &offset)?;
    }
    date.format = match given.option_text("format") {
        Some(format) => format_of(&format)?,
        None => Format::Iso,
    };
    Ok(date.into_value(given))
}

fn format_of(format: &str) -> Result<Format, Fault> {
    Ok(match format {
        "epoch" => Format::Epoch,
        "unix" => Format::Unix,
        _ => Format::Pattern(Arc::new(
            Pattern::compile(format).map_err(Fault::Complaint)?,
        )),
    })
}

/// The zone called `name`: one of the IANA database, UTC, GMT, Z, or an offset such as `+02:00`,
/// `-0330`, `GMT+2`.
fn zone_of(name: &str) -> Option<TimeZone> {
    let bare = ["UTC", "GMT", "Z"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name);
    if bare.is_empty() && !name.is_empty() {
        return Some(TimeZone::UTC);
    }
    match offset_of(bare) {
        Some(offset) => Some(TimeZone::fixed(offset)),
        None => TimeZone::get(name).ok(),
    }
}

/// The offset that a text such as `+02:00`, `+0200`, `+02` or `+2` says.
pub(super) fn offset_of(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits = digits.replace(':', "");
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        1 | 2 => (&*digits, "0"),
        4 => digits.split_at(2),
        _ => return None,
    };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    if hours > 18 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

/// `instant` moved by `3 days`, `-1 months` or `now +2 hours`. Days, months and years are those of
/// UTC, as in WireMock.
fn shift(instant: Timestamp, offset: &str) -> Result<Timestamp, Fault> {
    if offset.eq_ignore_ascii_case("now") {
        return Ok(instant);
    }
    let words: Vec<&str> = offset.split_whitespace().collect();
    let (amount, unit) = match words[..] {
        [amount, unit] => (amount, unit),
        [_, amount, unit] => (amount, unit),
        _ => {
            return complain(
                "Offset can be of the short form <amount> <unit> e.g. 8 seconds or long form now \
                 +/-<amount> <unit> e.g. now +5 years",
            );
        }
    };
    let Ok(amount) = amount.parse::<i64>() else {
        return complain(format!("{amount} is not a whole number"));
    };
    let span = Span::new();
    let unit = unit.to_ascii_lowercase();
    let span = match unit.strip_suffix('s').unwrap_or(&unit) {
        "second" => span.try_seconds(amount),
        "minute" => span.try_minutes(amount),
        "hour" => span.try_hours(amount),
        "day" => span.try_days(amount),
        "week" => span.try_weeks(amount),
        "month" => span.try_months(amount),
        "year" => span.try_years(amount),
        _ => return complain(format!("{unit} is not a unit of time")),
    };
    let moved = span
        .and_then(|span| Offset::UTC.to_datetime(instant).checked_add(span))
        .and_then(|moved| Offset::UTC.to_timestamp(moved));
    match moved {
        Ok(moved) => Ok(moved),
        Err(_) => complain(format!("the offset {offset} leads out of the calendar")),
    }
}

/// `{{parseDate text format='dd/MM/yyyy'}}`: nothing if the text is no such date.
fn parse_date(given: &mut Given<'_>) -> Answer {
    let text = given.text(0);
    let number = || text.trim().parse::<i64>().ok();
    let date = match given.option_text("format").as_deref() {
        None => parse_standard(&text),
        Some("epoch") => number()
            .and_then(|millis| Timestamp::from_millisecond(millis).ok())
            .map(Date::at),
        Some("unix") => number()
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .map(Date::at),
        Some(format) => Pattern::compile(format)
            .map_err(Fault::Complaint)?
            .parse(&text),
    };
    Ok(date.map_or(Value::Null, |date| date.into_value(given)))
}

/// `{{truncateDate date 'first day of month'}}`.
fn truncate_date(given: &mut Given<'_>) -> Answer {
    let Some(step) = given.argument(1) else {
        return complain(
            "Truncation type must be specified as the first parameter to truncateDate",
        );
    };
    let step = given.printed(step).to_ascii_lowercase().replace('_', " ");
    let Some(date) = read(given, 0) else {
        return complain("A date object must be passed to the truncateDate helper");
    };
    let zone = date.zone.clone().unwrap_or(TimeZone::UTC);
    let local = date.local();
    let day = local.date();
    let midnight = |day: jiff::civil::Date| day.at(0, 0, 0, 0);
    let next = |span: Span, of: jiff::civil::Date| of.checked_add(span).unwrap_or(of);
    let truncated = match &*step {
        "first second of minute" => day.at(local.hour(), local.minute(), 0, 0),
        "first minute of hour" => day.at(local.hour(), 0, 0, 0),
        "first hour of day" => midnight(day),
        "first day of month" => midnight(day.first_of_month()),
        "first day of next month" => midnight(next(Span::new().months(1), day.first_of_month())),
        "last day of month" => midnight(day.last_of_month()),
        "first day of year" => midnight(day.first_of_year()),
        "first day of next year" => midnight(next(Span::new().years(1), day.first_of_year())),
        "last day of year" => midnight(day.last_of_year()),
        _ => return complain(format!("{step} is not a way to truncate a date")),
    };
    match zone.to_timestamp(truncated) {
        Ok(instant) => Ok(Date { instant, ..date }.into_value(given)),
        Err(_) => complain("the truncated date is out of the calendar"),
    }
}

/// `{{dateFormat date 'full' tz='Europe/Berlin'}}`: in a style of the language, or in a pattern.
fn date_format(given: &mut Given<'_>) -> Answer {
    let Some(mut date) = read(given, 0) else {
        return complain("A date must be passed to the dateFormat helper");
    };
    if let Some(name) = given.option_text("tz") {
        let Some(zone) = zone_of(&name) else {
            return complain(format!("Unknown time-zone ID: {name}"));
        };
        date.zone = Some(zone);
    }
    let format = given.argument(1).or_else(|| given.option("format"));
    let format = format.map(|format| given.printed(format));
    date.format = match format.as_deref() {
        None if given.dialect == Dialect::Pack => Format::Iso,
        None | Some("medium") => format_of("MMM d, yyyy")?,
        Some("full") => format_of("EEEE, MMMM d, yyyy")?,
        Some("long") => format_of("MMMM d, yyyy")?,
        Some("short") => format_of("M/d/yy")?,
        Some(pattern) => format_of(pattern)?,
    };
    let text = date.to_string();
    Ok(match given.dialect {
        Dialect::Pack => date.into_value(given),
        Dialect::WireMock => text.into(),
    })
}
