//! Dates in ISO 8601 and in the forms of HTTP (RFC 9110, section 5.6.7), as Java reads them.

use std::sync::LazyLock;

use jiff::tz::TimeZone;
use regex::Regex;

use super::Moment;
use super::fields::{Field, Fields};

/// One form: the groups of a regular expression, and what they say.
struct Shape {
    pattern: Regex,
    fields: &'static [Field],
    /// Whether the 31st of a short month is its last day.
    clamps: bool,
    /// Whether it tells a time in UTC without saying so.
    is_universal: bool,
}

const DAY_AND_TIME: [Field; 7] = [
    Field::Year,
    Field::Month,
    Field::Day,
    Field::Hour,
    Field::Minute,
    Field::Second,
    Field::Fraction,
];

/// With the offset and the zone behind them.
const ZONED: [Field; 9] = [
    Field::Year,
    Field::Month,
    Field::Day,
    Field::Hour,
    Field::Minute,
    Field::Second,
    Field::Fraction,
    Field::Offset,
    Field::Zone,
];

const NAMED_DAY: [Field; 8] = [
    Field::Weekday,
    Field::Day,
    Field::MonthName,
    Field::Year,
    Field::Hour,
    Field::Minute,
    Field::Second,
    Field::Zone,
];

const NAMED_DAY_OF_CENTURY: [Field; 8] = [
    Field::Weekday,
    Field::Day,
    Field::MonthName,
    Field::YearOfCentury,
    Field::Hour,
    Field::Minute,
    Field::Second,
    Field::Zone,
];

const ASCTIME: [Field; 7] = [
    Field::Weekday,
    Field::MonthName,
    Field::Day,
    Field::Hour,
    Field::Minute,
    Field::Second,
    Field::Year,
];

const YEAR: &str = r"([0-9]{4}|\+[0-9]{5,9}|-[0-9]{4,9})";
const CLOCK: &str = r"([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{0,9}))?)?";
const OFFSET: &str = "(Z|[+-][0-9]{2}(?::[0-9]{2}(?::[0-9]{2})?)?)";
const SHORT_DAY: &str = "(Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
const LONG_DAY: &str = "(Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)";
const MONTH: &str = "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
const FULL_CLOCK: &str = "([0-9]{2}):([0-9]{2}):([0-9]{2})";

/// The forms, the first that fits first.
static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    let shape = |pattern: String, fields, clamps, is_universal| {
        Regex::new(&pattern).ok().map(|pattern| Shape {
            pattern,
            fields,
            clamps,
            is_universal,
        })
    };
    let month = r"([0-9]{2})";
    [
        shape(
            format!(r"^(?i){YEAR}-{month}-([0-9]{{2}})T{CLOCK}{OFFSET}(?:\[([^\]]+)\])?$"),
            &ZONED[..],
            false,
            false,
        ),
        shape(
            format!(r"^(?i){YEAR}-{month}-([0-9]{{2}})T{CLOCK}$"),
            &DAY_AND_TIME[..],
            false,
            false,
        ),
        shape(
            format!(r"^{YEAR}-{month}-([0-9]{{2}})$"),
            &DAY_AND_TIME[..3],
            false,
            false,
        ),
        shape(format!(r"^{YEAR}-{month}$"), &DAY_AND_TIME[..2], false, false),
        shape(r"^([+-]?[0-9]{1,10})$".to_owned(), &DAY_AND_TIME[..1], false, false),
        shape(
            format!(
                r"^(?i)(?:{SHORT_DAY}, )?([0-9]{{1,2}}) {MONTH} ([0-9]{{4}}) ([0-9]{{2}}):([0-9]{{2}})(?::([0-9]{{2}}))? (GMT|[+-][0-9]{{2}}:?[0-9]{{2}})$"
            ),
            &NAMED_DAY[..],
            true,
            false,
        ),
        shape(
            format!(r"^{LONG_DAY}, ([0-9]{{2}})-{MONTH}-([0-9]{{2}}) {FULL_CLOCK} (\S+)$"),
            &NAMED_DAY_OF_CENTURY[..],
            true,
            false,
        ),
        shape(
            format!(r"^{SHORT_DAY} {MONTH} ([0-9]{{2}}| [0-9]) {FULL_CLOCK} ([0-9]{{4}})$"),
            &ASCTIME[..],
            true,
            true,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
});

/// The moment that `text` tells in one of these forms.
pub(super) fn read(text: &str) -> Option<Moment> {
    let (shape, found) = SHAPES
        .iter()
        .find_map(|shape| Some((shape, shape.pattern.captures(text)?)))?;
    let mut fields = Fields::default();
    for (index, field) in shape.fields.iter().enumerate() {
        if let Some(part) = found.get(index + 1) {
            fields.note(*field, part.as_str().trim_start())?;
        }
    }
    if shape.is_universal {
        fields.assume(TimeZone::UTC);
    }
    let mut moment = fields.moment(shape.clamps)?;
    if moment.zoned.is_some() {
        moment.local = None;
    }
    Some(moment)
}
