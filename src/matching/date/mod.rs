//! Dates and times as WireMock matches them: `before`, `after` and `equalToDateTime`.
//!
//! Both sides may have a zone or none. What has none is compared with what has one by the clock
//! that the expected side shows, or by UTC, which is the zone that this server is in. The present
//! comes in as an argument. Where values come from, and how dates are printed, never lives here.

mod fields;
mod form;
pub(in crate::matching) mod lenient;
mod shift;
mod standard;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use form::Form;
use shift::Offset;
pub use shift::{Truncation, Unit};

/// How the date that is there must stand to the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Earlier.
    Before,
    /// Later.
    After,
    /// At the same time.
    Equal,
}

/// How a date is read and shifted before it is compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The form of the date that is there: a pattern of Java's `DateTimeFormatter`, or `unix` for
    /// seconds, or `epoch` for milliseconds. Without it, ISO 8601 and the dates of HTTP are read.
    pub actual_format: Option<String>,
    /// What the present is cut to, where the expected date is told from it.
    pub truncate_expected: Option<Truncation>,
    /// What the date that is there is cut to, if it has a zone.
    pub truncate_actual: Option<Truncation>,
    /// How far from the present the expected date is, where it is told from it.
    pub expected_offset: Option<i64>,
    /// The unit of that.
    pub expected_offset_unit: Option<Unit>,
    /// Whether the present is cut after it is shifted, not before.
    pub apply_truncation_last: bool,
}

/// A comparison with an expected date, prepared once for many.
#[derive(Debug, Clone)]
pub struct DateMatch {
    kind: Kind,
    expected: Expected,
    options: Options,
    reading: Reading,
}

/// What is expected.
#[derive(Debug, Clone)]
enum Expected {
    /// So far from the present.
    Shifted(Offset),
    At(Moment),
}

/// How the date that is there is read.
#[derive(Debug, Clone)]
enum Reading {
    Standard,
    /// A number of so many milliseconds.
    Count(i64),
    Form(Box<Form>),
}

/// A date as a text tells it: with a zone, by the clock, or both.
#[derive(Debug, Clone, Default)]
struct Moment {
    zoned: Option<Zoned>,
    local: Option<DateTime>,
}

impl DateMatch {
    /// Prepares a comparison with `expected`: a date in ISO 8601 or in a form of HTTP, or `now`, or
    /// the like of `now +3 days` and `-2 hours`.
    ///
    /// # Errors
    /// When `expected` or the form in the options cannot be read.
    pub fn compile(kind: Kind, expected: &str, options: Options) -> Result<Self, String> {
        let reading = match options.actual_format.as_deref() {
            None => Reading::Standard,
            Some(form) if form.eq_ignore_ascii_case("unix") => Reading::Count(1_000),
            Some(form) if form.eq_ignore_ascii_case("epoch") => Reading::Count(1),
            Some(form) => Reading::Form(Box::new(Form::compile(form)?)),
        };
        let told = match (options.expected_offset, options.expected_offset_unit) {
            (Some(amount), Some(unit)) => Some(Offset { amount, unit }),
            _ => None,
        };
        let expected = match Offset::read(expected)? {
            Some(offset) => Expected::Shifted(told.unwrap_or(offset)),
            None => match standard::read(expected) {
                Some(moment) => Expected::At(moment),
                None => return Err(format!("`{expected}` is no date")),
            },
        };
        Ok(Self {
            kind,
            expected,
            options,
            reading,
        })
    }

    /// Whether the date in `text` stands to the expected one as it must; `now` is the present.
    #[must_use]
    pub fn test(&self, text: &str, now: Timestamp) -> bool {
        let actual = self.actual(text);
        let expected = self.expected(now);
        let ordering = match (&expected.zoned, expected.local, &actual.zoned, actual.local) {
            (Some(expected), _, Some(actual), _) => actual.timestamp().cmp(&expected.timestamp()),
            (_, Some(expected), _, Some(actual)) => actual.cmp(&expected),
            (_, Some(expected), Some(actual), _) => actual.datetime().cmp(&expected),
            (Some(expected), _, _, Some(actual)) => match actual.to_zoned(TimeZone::UTC) {
                Ok(actual) => actual.timestamp().cmp(&expected.timestamp()),
                Err(_) => return false,
            },
            _ => return false,
        };
        match self.kind {
            Kind::Before => ordering == Ordering::Less,
            Kind::After => ordering == Ordering::Greater,
            Kind::Equal => ordering == Ordering::Equal,
        }
    }

    fn actual(&self, text: &str) -> Moment {
        let mut moment = match &self.reading {
            Reading::Standard => standard::read(text),
            Reading::Count(milliseconds) => counted(text, *milliseconds),
            Reading::Form(form) => form.read(text),
        }
        .unwrap_or_default();
        if let Some(truncation) = self.options.truncate_actual {
            moment.zoned = moment.zoned.and_then(|zoned| truncation.cut(&zoned));
        }
        moment
    }

    fn expected(&self, now: Timestamp) -> Moment {
        let offset = match &self.expected {
            Expected::At(moment) => return moment.clone(),
            Expected::Shifted(offset) => offset,
        };
        let cut = |zoned: Zoned| match self.options.truncate_expected {
            Some(truncation) => truncation.cut(&zoned),
            None => Some(zoned),
        };
        let now = now.to_zoned(TimeZone::UTC);
        let zoned = if self.options.apply_truncation_last {
            cut(offset.shift(&now))
        } else {
            cut(now).map(|cut| offset.shift(&cut))
        };
        Moment { zoned, local: None }
    }
}

/// The moment that is so many times `milliseconds` after the first of 1970.
fn counted(text: &str, milliseconds: i64) -> Option<Moment> {
    let count: i64 = text.parse().ok()?;
    let instant = Timestamp::from_millisecond(count.saturating_mul(milliseconds)).unwrap_or(
        // Moments that cannot be told are as far as one can.
        if count < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        },
    );
    let zoned = instant.to_zoned(TimeZone::UTC);
    Some(Moment {
        local: Some(zoned.datetime()),
        zoned: Some(zoned),
    })
}
