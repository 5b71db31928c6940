//! Other values in the place of values: of the same type, and of another.

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Number, Value, json};

use crate::domain::chance::Chance;
use crate::domain::fault::Kind;

/// Words that stand for one another in APIs: another of the same line is wrong and plausible.
const WORDS: &[&[&str]] = &[
    &["active", "inactive", "suspended"],
    &["pending", "completed", "failed", "cancelled", "expired"],
    &["open", "closed"],
    &["success", "failure"],
    &["succeeded", "declined"],
    &["ok", "error"],
    &["enabled", "disabled"],
    &["approved", "rejected"],
    &["paid", "unpaid", "refunded"],
    &["held", "released", "disputed"],
    &["queued", "running", "done"],
    &["draft", "published", "archived"],
    &["true", "false"],
    &["yes", "no"],
    &["low", "medium", "high"],
    &["public", "private"],
    &["credit", "debit"],
    &["usd", "eur", "gbp"],
];

/// Seconds from 2000 to 2100: a whole number between them that is called like a time is one.
const SECONDS: std::ops::Range<i64> = 946_684_800..4_102_444_800;

/// The seconds of a day.
const DAY: i64 = 86_400;

/// Another value of the same type for the member `name`; nothing for null, and for what is empty.
pub(super) fn other(name: &str, value: &Value, chance: &Chance) -> Option<Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(truth) => Value::Bool(!truth),
        Value::Number(number) => Value::Number(other_number(name, number)?),
        Value::String(text) => Value::String(other_text(text, chance)),
        Value::Array(items) if items.is_empty() => return None,
        Value::Object(members) if members.is_empty() => return None,
        Value::Array(_) => json!([]),
        Value::Object(_) => json!({}),
    })
}

fn other_number(name: &str, number: &Number) -> Option<Number> {
    if let Some(shifted) = number.as_i64().and_then(|at| later(name, at)) {
        return Some(shifted.into());
    }
    let text = number.to_string();
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let mantissa = digits.split(['e', 'E']).next().unwrap_or_default();
    let changed = if mantissa.bytes().all(|byte| matches!(byte, b'0' | b'.')) {
        digits.replacen('0', "1", 1)
    } else if digits.len() < text.len() {
        digits.to_owned()
    } else {
        format!("-{digits}")
    };
    changed.parse().ok()
}

/// A day later, if it is a time in seconds or milliseconds.
fn later(name: &str, at: i64) -> Option<i64> {
    let lower = name.to_ascii_lowercase();
    let is_time = ["time", "date", "created", "expir", "_at"]
        .iter()
        .any(|part| lower.contains(part))
        || name.ends_with("At");
    if !is_time {
        return None;
    }
    if SECONDS.contains(&at) {
        return Some(at + DAY);
    }
    SECONDS.contains(&(at / 1000)).then(|| at + DAY * 1000)
}

fn other_text(text: &str, chance: &Chance) -> String {
    if text.is_empty() {
        return "null".to_owned();
    }
    if is_numeric(text) {
        return other_amount(text, chance);
    }
    if let Some(shifted) = other_date(text, chance) {
        return shifted;
    }
    if let Some(word) = other_word(text, chance) {
        return word;
    }
    let reversed: String = text.chars().rev().collect();
    if reversed != text {
        return reversed;
    }
    let mut letters: Vec<char> = text.chars().collect();
    if let Some(last) = letters.last_mut() {
        *last = if *last == 'x' { 'y' } else { 'x' };
    }
    letters.into_iter().collect()
}

/// Whether a text is digits, with a sign and decimals or without.
pub(super) fn is_numeric(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) = match digits.split_once('.') {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (digits, None),
    };
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(whole) && decimals.is_none_or(is_digits)
}

/// An amount with the same number of decimals: its sign is another, or one of its digits.
fn other_amount(text: &str, chance: &Chance) -> String {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_zero = digits.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    // What begins with zeros, and has no decimals, is no amount: it has no sign.
    let is_code = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if !is_zero && !is_code && chance.draw("sign", 0) & 1 == 0 {
        return match digits.len() < text.len() {
            true => digits.to_owned(),
            false => format!("-{digits}"),
        };
    }
    let mut bytes = text.as_bytes().to_vec();
    let at: Vec<usize> = (0..bytes.len())
        .filter(|at| bytes[*at].is_ascii_digit())
        .collect();
    let drawn = at[below(chance, "position", at.len())];
    let first = Some(&drawn) == at.first();
    let digit = usize::from(bytes[drawn] - b'0');
    let mut other = (digit + 1 + below(chance, "digit", 9)) % 10;
    if other == 0 && (first || is_all_zero_without(&bytes, drawn)) {
        // Neither a zero before other digits nor less than nothing of nothing.
        other = if digit == 9 { 8 } else { 9 };
    }
    bytes[drawn] = b'0' + u8::try_from(other).unwrap_or(1);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn is_all_zero_without(bytes: &[u8], at: usize) -> bool {
    let mut others = bytes.iter().enumerate().filter(|(other, _)| *other != at);
    others.all(|(_, byte)| !matches!(byte, b'1'..=b'9'))
}

/// A date, with a time or without, a day earlier or later.
fn other_date(text: &str, chance: &Chance) -> Option<String> {
    let (date, rest) = text.split_at_checked(10)?;
    if !(rest.is_empty() || rest.starts_with(['T', 't', ' '])) {
        return None;
    }
    let date: Date = date.parse().ok()?;
    let (one, other) = match chance.draw("day", 0) & 1 {
        0 => (1, -1),
        _ => (-1, 1),
    };
    let shifted = |days: i32| date.checked_add(days.days()).ok();
    let date = shifted(one).or_else(|| shifted(other))?;
    Some(format!("{date}{rest}"))
}

fn other_word(text: &str, chance: &Chance) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let (line, at) = WORDS
        .iter()
        .find_map(|line| Some((line, line.iter().position(|word| *word == lower)?)))?;
    let on = 1 + below(chance, "word", line.len() - 1);
    let word = line[(at + on) % line.len()];
    let is_upper = |letter: char| letter.is_ascii_uppercase();
    let mut letters = word.chars();
    Some(match text.chars().all(is_upper) {
        true => word.to_ascii_uppercase(),
        false if text.starts_with(is_upper) => letters.next().map_or_else(String::new, |first| {
            first.to_ascii_uppercase().to_string() + letters.as_str()
        }),
        false => word.to_owned(),
    })
}

/// A number below `count`, which is not 0.
pub(super) fn below(chance: &Chance, label: &str, count: usize) -> usize {
    let count = u64::try_from(count).unwrap_or(u64::MAX).max(1);
    usize::try_from(chance.draw(label, 0) % count).unwrap_or(0)
}

/// A value as another type; as its own opposite, where none is named. Nothing, if it has the type already.
pub(super) fn retyped(value: &Value, to: Option<Kind>) -> Option<Value> {
    let to = to.unwrap_or_else(|| opposite(value));
    if kind(value) == to {
        return None;
    }
    Some(match to {
        Kind::Null => Value::Null,
        Kind::String => match value {
            Value::Null => json!(""),
            other => Value::String(other.to_string()),
        },
        Kind::Number => Value::Number(number(value)),
        Kind::Boolean => Value::Bool(truth(value)),
        Kind::Array if value.is_null() => json!([]),
        Kind::Array => json!([value]),
        Kind::Object => json!({ "value": value }),
    })
}

fn kind(value: &Value) -> Kind {
    match value {
        Value::Null => Kind::Null,
        Value::Bool(_) => Kind::Boolean,
        Value::Number(_) => Kind::Number,
        Value::String(_) => Kind::String,
        Value::Array(_) => Kind::Array,
        Value::Object(_) => Kind::Object,
    }
}

fn opposite(value: &Value) -> Kind {
    match value {
        Value::String(text) if written_number(text).is_some() => Kind::Number,
        Value::String(_) | Value::Object(_) => Kind::Array,
        Value::Array(_) => Kind::Object,
        Value::Number(_) | Value::Bool(_) | Value::Null => Kind::String,
    }
}

/// A number with the very digits of a text.
fn written_number(text: &str) -> Option<Number> {
    let number: Number = is_numeric(text).then(|| text.parse().ok())??;
    (number.to_string() == text).then_some(number)
}

fn number(value: &Value) -> Number {
    match value {
        Value::String(text) => written_number(text).unwrap_or_else(|| 0.into()),
        Value::Bool(truth) => u8::from(*truth).into(),
        Value::Array(items) => items.len().into(),
        Value::Object(members) => members.len().into(),
        Value::Number(number) => number.clone(),
        Value::Null => 0.into(),
    }
}

fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number
            .to_string()
            .bytes()
            .any(|byte| byte.is_ascii_digit() && byte != b'0'),
        Value::String(text) => !["", "0", "false", "no"].contains(&&**text),
        Value::Array(_) | Value::Object(_) => true,
    }
}
