//! The patterns of Java's `SimpleDateFormat`, in English, and the standard forms of a date.

use std::fmt::Write as _;

use jiff::civil::{Date as Day, DateTime};
use jiff::tz::{Offset, TimeZone};

use super::date::{Date, offset_of};
use crate::domain::time::{DAYS, MONTHS};

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Field {
    Literal(String),
    /// A letter, and how often it stands there.
    Letter(char, usize),
}

/// The letters that have a meaning.
const LETTERS: &str = "GyuMLdDEaHhKkmsSZzXxwWF";

/// A field wider than this is a mistake.
const WIDTH_MAX: usize = 20;

impl Pattern {
    /// Compiles `pattern`, or says in a sentence's end why it cannot.
    pub(super) fn compile(pattern: &str) -> Result<Self, String> {
        let mut fields: Vec<Field> = Vec::new();
        let mut rest = pattern;
        while let Some(character) = rest.chars().next() {
            if character == '\'' {
                let (text, behind) = quoted(&rest[1..])?;
                fields.push(Field::Literal(text));
                rest = behind;
            } else if character.is_ascii_alphabetic() {
                let behind = rest.trim_start_matches(character);
                let width = rest.len() - behind.len();
                if !LETTERS.contains(character) {
                    return Err(format!("Illegal pattern character '{character}'"));
                }
                if width > WIDTH_MAX {
                    return Err(format!("the pattern repeats '{character}' too often"));
                }
                fields.push(Field::Letter(character, width));
                rest = behind;
            } else {
                fields.push(Field::Literal(character.to_string()));
                rest = &rest[character.len_utf8()..];
            }
        }
        Ok(Self { fields })
    }

    /// The text of `local`, which is what clocks show at `offset` in a zone that is called `zone`
    /// then, if it has a name.
    pub(super) fn format(&self, local: DateTime, offset: Offset, zone: Option<&str>) -> String {
        let mut out = String::new();
        for field in &self.fields {
            match field {
                Field::Literal(text) => out.push_str(text),
                Field::Letter(letter, width) => {
                    write_field(&mut out, (*letter, *width), local, (offset, zone));
                }
            }
        }
        out
    }

    /// The date that `text` is in this pattern. Without a zone it is taken for UTC.
    pub(super) fn parse(&self, text: &str) -> Option<Date> {
        let mut read = Reading::default();
        let mut rest = text;
        for (position, field) in self.fields.iter().enumerate() {
            let is_packed = matches!(self.fields.get(position + 1), Some(Field::Letter(..)));
            rest = match field {
                Field::Literal(literal) => rest.strip_prefix(&**literal)?,
                Field::Letter(letter, width) => read.field(*letter, *width, is_packed, rest)?,
            };
        }
        rest.is_empty().then(|| read.date())?
    }
}

/// The text up to the closing quote, and what follows it. Two quotes are one.
fn quoted(rest: &str) -> Result<(String, &str), String> {
    if let Some(behind) = rest.strip_prefix('\'') {
        return Ok(("'".to_owned(), behind));
    }
    let mut text = String::new();
    let mut rest = rest;
    loop {
        let Some((part, behind)) = rest.split_once('\'') else {
            return Err("Unterminated quote".to_owned());
        };
        text.push_str(part);
        match behind.strip_prefix('\'') {
            Some(next) => {
                text.push('\'');
                rest = next;
            }
            None => return Ok((text, behind)),
        }
    }
}

fn write_field(
    out: &mut String,
    (letter, width): (char, usize),
    local: DateTime,
    (offset, zone): (Offset, Option<&str>),
) {
    let weekday = local.weekday();
    let hour = i32::from(local.hour());
    let padded = match letter {
        'y' if width == 2 => i32::from(local.year()).rem_euclid(100),
        'y' => i32::from(local.year()),
        'M' | 'L' if width >= 3 => {
            let name = MONTHS[usize::from(local.month().unsigned_abs()) - 1];
            return out.push_str(if width == 3 { &name[..3] } else { name });
        }
        'M' | 'L' => i32::from(local.month()),
        'E' => {
            let name = DAYS[usize::from(weekday.to_monday_zero_offset().unsigned_abs())];
            return out.push_str(if width <= 3 { &name[..3] } else { name });
        }
        'a' => return out.push_str(if hour < 12 { "AM" } else { "PM" }),
        'G' => return out.push_str("AD"),
        'd' => i32::from(local.day()),
        'D' => i32::from(local.day_of_year()),
        'u' => i32::from(weekday.to_monday_one_offset()),
        'w' => i32::from(local.date().iso_week_date().week()),
        'H' => hour,
        'k' => (hour + 23) % 24 + 1,
        'K' => hour % 12,
        'h' => (hour + 11) % 12 + 1,
        'm' => i32::from(local.minute()),
        's' => i32::from(local.second()),
        'S' => local.subsec_nanosecond() / 1_000_000,
        'W' => {
            let first = local.date().first_of_month().weekday();
            let before = i32::from(first.to_sunday_zero_offset());
            (i32::from(local.day()) + before - 1) / 7 + 1
        }
        'F' => (i32::from(local.day()) - 1) / 7 + 1,
        'z' => match zone {
            Some(zone) => return out.push_str(zone),
            None => return write_zone(out, letter, width, offset),
        },
        _ => return write_zone(out, letter, width, offset),
    };
    // Writing to a String cannot fail.
    _ = write!(out, "{padded:0width$}");
}

fn write_zone(out: &mut String, letter: char, width: usize, offset: Offset) {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    let (hours, minutes) = (minutes / 60, minutes % 60);
    // Writing to a String cannot fail.
    _ = match letter {
        'z' if seconds == 0 => write!(out, "UTC"),
        'z' => write!(out, "GMT{sign}{hours:02}:{minutes:02}"),
        'X' if seconds == 0 => write!(out, "Z"),
        'X' | 'x' if width == 1 => write!(out, "{sign}{hours:02}"),
        'X' | 'x' if width >= 3 => write!(out, "{sign}{hours:02}:{minutes:02}"),
        _ => write!(out, "{sign}{hours:02}{minutes:02}"),
    };
}

/// What has been read of a date.
#[derive(Default)]
struct Reading {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    day_of_year: Option<i16>,
    hour: Option<i8>,
    is_afternoon: Option<bool>,
    minute: i8,
    second: i8,
    nanosecond: i32,
    offset: Option<Offset>,
}

impl Reading {
    /// Reads one field off `text` and returns what follows. A field that another one follows
    /// without anything between is as wide as the pattern says.
    fn field<'t>(
        &mut self,
        letter: char,
        width: usize,
        is_packed: bool,
        text: &'t str,
    ) -> Option<&'t str> {
        let text = if is_packed {
            text
        } else {
            text.trim_start_matches(' ')
        };
        match letter {
            'M' | 'L' if width >= 3 => {
                let (index, rest) = name_in(&MONTHS, text)?;
                self.month = i8::try_from(index + 1).ok();
                return Some(rest);
            }
            'E' => return name_in(&DAYS, text).map(|(_, rest)| rest),
            'G' => return text.strip_prefix("AD"),
            'a' => {
                let (half, rest) = text.split_at_checked(2)?;
                self.is_afternoon = Some(half.eq_ignore_ascii_case("PM"));
                let is_half = half.eq_ignore_ascii_case("AM") || self.is_afternoon == Some(true);
                return is_half.then_some(rest);
            }
            'z' | 'Z' | 'X' | 'x' => return self.zone(text),
            _ => {}
        }
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let length = if is_packed { digits.min(width) } else { digits };
        let (digits, rest) = text.split_at(length);
        let number: i32 = digits.parse().ok()?;
        let small = i8::try_from(number);
        match letter {
            'y' if width == 2 && digits.len() == 2 => {
                self.year = Some(2000 + i16::try_from(number).ok()?)
            }
            'y' => self.year = Some(i16::try_from(number).ok()?),
            'M' | 'L' => self.month = Some(small.ok()?),
            'd' => self.day = Some(small.ok()?),
            'D' => self.day_of_year = Some(i16::try_from(number).ok()?),
            'H' | 'K' => self.hour = Some(small.ok()?),
            'k' => self.hour = Some(small.ok()? % 24),
            'h' => self.hour = Some(small.ok()? % 12),
            'm' => self.minute = small.ok()?,
            's' => self.second = small.ok()?,
            'S' => self.nanosecond = number.checked_mul(1_000_000)?,
            _ => {}
        }
        Some(rest)
    }

    fn zone<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        for name in ["UTC", "GMT", "Z"] {
            if let Some(rest) = text.strip_prefix(name) {
                self.offset = Some(Offset::UTC);
                return Some(rest);
            }
        }
        let length = text
            .find(|c: char| !matches!(c, '+' | '-' | ':' | '0'..='9'))
            .unwrap_or(text.len());
        self.offset = Some(offset_of(&text[..length])?);
        Some(&text[length..])
    }

    fn date(self) -> Option<Date> {
        let year = self.year.unwrap_or(1970);
        let day = match self.day_of_year {
            Some(number) => Day::new(year, 1, 1)
                .ok()?
                .checked_add(jiff::Span::new().try_days(i64::from(number) - 1).ok()?)
                .ok()?,
            None => Day::new(year, self.month.unwrap_or(1), self.day.unwrap_or(1)).ok()?,
        };
        let hour = match self.is_afternoon {
            Some(true) => self.hour.unwrap_or(0) % 12 + 12,
            Some(false) => self.hour.unwrap_or(0) % 12,
            None => self.hour.unwrap_or(0),
        };
        let time = jiff::civil::Time::new(hour, self.minute, self.second, self.nanosecond).ok()?;
        let offset = self.offset.unwrap_or(Offset::UTC);
        let instant = offset.to_timestamp(day.to_datetime(time)).ok()?;
        Some(Date::at(instant).in_zone(self.offset.map(TimeZone::fixed)))
    }
}

/// Which of `names`, in full or as its first three letters, `text` starts with, and what follows.
fn name_in<'t>(names: &[&str], text: &'t str) -> Option<(usize, &'t str)> {
    let starts = |name: &str| {
        let (start, rest) = text.split_at_checked(name.len())?;
        start.eq_ignore_ascii_case(name).then_some(rest)
    };
    names
        .iter()
        .enumerate()
        .find_map(|(index, name)| Some((index, starts(name).or_else(|| starts(&name[..3]))?)))
}

/// The date that `text` is in ISO 8601, or in one of the forms of HTTP (RFC 9110 section 5.6.7).
pub(super) fn parse_standard(text: &str) -> Option<Date> {
    let text = text.trim();
    parse_iso(text).or_else(|| {
        [
            "EEE, d MMM yyyy HH:mm:ss z",
            "EEE, dd-MMM-yy HH:mm:ss z",
            "EEE MMM d HH:mm:ss yyyy",
        ]
        .iter()
        .find_map(|pattern| Pattern::compile(pattern).ok()?.parse(text))
    })
}

/// ISO 8601. A date alone is its first moment, and what has no offset is in UTC. The plus of an
/// offset may have become a blank on its way through a query.
fn parse_iso(text: &str) -> Option<Date> {
    let (day, time) = match text.split_once(['T', 't']) {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let day: Day = day.parse().ok()?;
    let Some(time) = time else {
        let instant = Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()?;
        return Some(Date::at(instant));
    };
    let zone_at = time.find(['Z', 'z', '+', '-', ' ']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(zone_at);
    let offset = match zone {
        "" => None,
        "Z" | "z" => Some(Offset::UTC),
        _ => Some(offset_of(&zone.replace(' ', "+"))?),
    };
    let clock: jiff::civil::Time = clock.parse().ok()?;
    let local = day.to_datetime(clock);
    let instant = offset.unwrap_or(Offset::UTC).to_timestamp(local).ok()?;
    Some(Date::at(instant).in_zone(offset.map(TimeZone::fixed)))
}
