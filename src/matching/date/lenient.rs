//! Whether a text begins with a date in some form, by the rules of Java's lenient
//! `SimpleDateFormat`: fields may be out of their ranges, and what follows does not matter.

use regex::Regex;

/// A form longer than this is refused.
const FORM_CHARS_MAX: usize = 100;

/// A number, as a field.
const NUMBER: &str = r"[ \t]*-?[0-9]+";
/// The names of months, in full or short.
const MONTH: &str = "(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*";
/// The names of days, in full or short.
const DAY: &str = "(?i:mon|tue|wed|thu|fri|sat|sun)[a-z]*";
/// A time zone.
const ZONE: &str = r"(?:Z|[A-Z]{3,4}|(?:GMT|UTC)?[-+][0-9]{1,2}:?(?:[0-9]{2})?)";

/// What a text begins with that is a date in the `form` of a `SimpleDateFormat`.
///
/// # Errors
/// When the form has letters without a meaning, or is too long.
pub(in crate::matching) fn compile(form: &str) -> Result<Regex, String> {
    if form.chars().count() > FORM_CHARS_MAX {
        return Err(format!(
            "the form of a date is longer than {FORM_CHARS_MAX} characters"
        ));
    }
    let mut pattern = "^".to_owned();
    let mut rest = form;
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let (literal, behind) = quoted(&rest[1..])?;
            pattern.push_str(&regex::escape(&literal));
            rest = behind;
        } else if first.is_ascii_alphabetic() {
            let behind = rest.trim_start_matches(first);
            let width = rest.len() - behind.len();
            let is_packed = behind.starts_with(|next: char| next.is_ascii_alphabetic());
            pattern.push_str(&field(first, width, is_packed)?);
            rest = behind;
        } else {
            pattern.push_str(&regex::escape(first.encode_utf8(&mut [0; 4])));
            rest = &rest[first.len_utf8()..];
        }
    }
    Regex::new(&pattern).map_err(|error| error.to_string())
}

/// The forms that XMLUnit tries: ISO 8601, and the short one of the United States.
pub(in crate::matching) fn usual() -> Vec<Regex> {
    ["yyyy-MM-dd", "M/d/yy"]
        .iter()
        .filter_map(|form| compile(form).ok())
        .collect()
}

fn field(letter: char, width: usize, is_packed: bool) -> Result<String, String> {
    Ok(match letter {
        'M' | 'L' if width >= 3 => MONTH.to_owned(),
        'E' => DAY.to_owned(),
        'G' => "(?i:AD|BC)".to_owned(),
        'a' => r"[ \t]*(?i:am|pm)".to_owned(),
        'z' | 'Z' | 'X' => format!(r"[ \t]*{ZONE}"),
        _ if !"GyYMLwWDdFEuaHkKhmsSzZX".contains(letter) => {
            return Err(format!("Illegal pattern character '{letter}'"));
        }
        _ if is_packed => format!(r"[ \t]*[0-9]{{{width}}}"),
        _ => NUMBER.to_owned(),
    })
}

/// The text up to the closing quote, and what follows it. Two quotes are one.
pub(super) fn quoted(rest: &str) -> Result<(String, &str), String> {
    if let Some(behind) = rest.strip_prefix('\'') {
        return Ok(("'".to_owned(), behind));
    }
    let mut text = String::new();
    let mut rest = rest;
    while let Some((part, behind)) = rest.split_once('\'') {
        text.push_str(part);
        match behind.strip_prefix('\'') {
            Some(next) => {
                text.push('\'');
                rest = next;
            }
            None => return Ok((text, behind)),
        }
    }
    Err("Unterminated quote".to_owned())
}
