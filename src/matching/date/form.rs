//! The patterns of Java's `DateTimeFormatter`, in English, for reading.

use regex::Regex;

use super::Moment;
use super::fields::{Field, Fields};
use super::lenient::quoted;
use crate::domain::time::{DAYS, MONTHS};

/// A pattern longer than this is refused.
const FORM_CHARS_MAX: usize = 100;
/// More optional parts within each other are refused.
const OPTIONAL_DEPTH_MAX: usize = 8;
/// A name of a zone, or an offset.
const ZONE: &str = "([A-Z][A-Za-z0-9_+/~-]*|[+-][0-9:]+)";

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(super) struct Form {
    pattern: Regex,
    /// What each group of the expression says.
    fields: Vec<Field>,
}

impl Form {
    /// Compiles `form`, or says why it cannot.
    pub(super) fn compile(form: &str) -> Result<Self, String> {
        if form.chars().count() > FORM_CHARS_MAX {
            return Err(format!(
                "the form of a date is longer than {FORM_CHARS_MAX} characters"
            ));
        }
        let mut pattern = "^".to_owned();
        let mut fields = Vec::new();
        let mut depth = 0;
        let mut rest = form;
        while let Some(first) = rest.chars().next() {
            let behind = &rest[first.len_utf8()..];
            rest = match first {
                '\'' => {
                    let (literal, behind) = quoted(behind).map_err(|_| {
                        format!("Pattern ends with an incomplete string literal: {form}")
                    })?;
                    pattern.push_str(&regex::escape(&literal));
                    behind
                }
                '[' if depth == OPTIONAL_DEPTH_MAX => {
                    return Err(format!(
                        "more than {OPTIONAL_DEPTH_MAX} optional parts within each other: {form}"
                    ));
                }
                '[' => {
                    depth += 1;
                    pattern.push_str("(?:");
                    behind
                }
                ']' if depth == 0 => {
                    return Err("Pattern invalid as it contains ] without previous [".to_owned());
                }
                ']' => {
                    depth -= 1;
                    pattern.push_str(")?");
                    behind
                }
                '{' | '}' | '#' => {
                    return Err(format!("Pattern includes reserved character: '{first}'"));
                }
                letter if letter.is_ascii_alphabetic() => {
                    let behind = rest.trim_start_matches(letter);
                    let (part, field) = part(letter, rest.len() - behind.len())?;
                    pattern.push_str(&part);
                    fields.push(field);
                    behind
                }
                literal => {
                    pattern.push_str(&regex::escape(literal.encode_utf8(&mut [0; 4])));
                    behind
                }
            };
        }
        pattern.push_str(&")?".repeat(depth));
        pattern.push('$');
        let pattern = Regex::new(&pattern).map_err(|error| error.to_string())?;
        Ok(Self { pattern, fields })
    }

    /// The moment that `text` tells in this form.
    pub(super) fn read(&self, text: &str) -> Option<Moment> {
        let found = self.pattern.captures(text)?;
        let mut fields = Fields::default();
        for (index, field) in self.fields.iter().enumerate() {
            if let Some(part) = found.get(index + 1) {
                fields.note(*field, part.as_str())?;
            }
        }
        fields.moment(true)
    }
}

/// What `width` times `letter` stands for: a group of a regular expression, and what it says.
fn part(letter: char, width: usize) -> Result<(String, Field), String> {
    let number = |field| {
        let pattern = match width {
            1 => "([0-9]{1,19})".to_owned(),
            _ => format!("([0-9]{{{width}}})"),
        };
        (pattern, field)
    };
    let names = |names: &[&str], field| {
        let names: Vec<&str> = match width {
            3 => names.iter().map(|name| &name[..3]).collect(),
            _ => names.to_vec(),
        };
        (format!("({})", names.join("|")), field)
    };
    let text = |pattern: &str, field| (pattern.to_owned(), field);
    let offset_width = if letter == 'Z' && width == 5 {
        3
    } else {
        width
    };
    Ok(match (letter, width) {
        ('y' | 'u', 2) => text("([0-9]{2})", Field::YearOfCentury),
        ('y' | 'u', 1 | 3) => (format!("(-?[0-9]{{{width},10}})"), Field::Year),
        ('y' | 'u', 4..=9) => {
            let signed = format!(r"\+[0-9]{{{},10}}|-[0-9]{{{width},10}}", width + 1);
            (format!("([0-9]{{{width}}}|{signed})"), Field::Year)
        }
        ('M' | 'L', 1 | 2) => number(Field::Month),
        ('M' | 'L', 3 | 4) => names(&MONTHS, Field::MonthName),
        ('d', 1 | 2) => number(Field::Day),
        ('D', 2) => text("([0-9]{2,3})", Field::DayOfYear),
        ('D', 1 | 3) => number(Field::DayOfYear),
        ('E', 1 | 2) => part(letter, 3)?,
        ('E' | 'e' | 'c', 3 | 4) => names(&DAYS, Field::Weekday),
        ('G', 1..=3) => text("(AD|BC)", Field::Era),
        ('G', 4) => text("(Anno Domini|Before Christ)", Field::Era),
        ('H', 1 | 2) => number(Field::Hour),
        ('k', 1 | 2) => number(Field::ClockHour),
        ('K', 1 | 2) => number(Field::HourOfHalf),
        ('h', 1 | 2) => number(Field::ClockHourOfHalf),
        ('a', 1) => text("(AM|PM)", Field::HalfOfDay),
        ('m', 1 | 2) => number(Field::Minute),
        ('s', 1 | 2) => number(Field::Second),
        ('S', 1..=9) => number(Field::Fraction),
        ('n', 1..=19) => (format!("([0-9]{{{width},19}})"), Field::Nanosecond),
        ('X' | 'x', 1..=5) | ('Z', 5) => {
            let zero = if letter == 'x' { "" } else { "Z|" };
            (
                format!("({zero}{})", offset_pattern(offset_width)),
                Field::Offset,
            )
        }
        ('Z', 1..=3) => text("([+-][0-9]{4})", Field::Offset),
        ('Z' | 'O', 4) => text(
            "(GMT(?:[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?)",
            Field::Offset,
        ),
        ('O', 1) => text("(GMT(?:[+-][0-9]{1,2}(?::[0-9]{2})?)?)", Field::Offset),
        ('V', 2) | ('z' | 'v', 1..=4) => text(ZONE, Field::Zone),
        ('Q' | 'q', 3) => text("(Q[1-4])", Field::Ignored),
        ('e' | 'c' | 'Q' | 'q' | 'w', 1 | 2) | ('W' | 'F', 1) | ('Y' | 'A' | 'N', 1..=19) => {
            text("([0-9]{1,19})", Field::Ignored)
        }
        ('y' | 'u' | 'M' | 'L' | 'd' | 'D' | 'E' | 'G' | 'H' | 'k' | 'K' | 'h' | 'a' | 'm', _)
        | ('s' | 'S' | 'n' | 'X' | 'x' | 'Z' | 'O' | 'z' | 'v', _) => {
            return Err(format!("Too many pattern letters: {letter}"));
        }
        _ => return Err(format!("Unknown pattern letter: {letter}")),
    })
}

/// An offset as so many `X` have it, but for `Z`.
fn offset_pattern(width: usize) -> &'static str {
    match width {
        1 => "[+-][0-9]{2}(?:[0-9]{2})?",
        2 => "[+-][0-9]{4}",
        3 => "[+-][0-9]{2}:[0-9]{2}",
        4 => "[+-][0-9]{4}(?:[0-9]{2})?",
        _ => "[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?",
    }
}
