//! Functions that make lists, maps and texts: their arguments are JSON, and so is what they give.

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use super::money;

/// The functions of this file.
pub(super) const FUNCTIONS: [&str; 9] = [
    "flatten",
    "join",
    "object",
    "pieces",
    "replace",
    "split",
    "substring",
    "sum",
    "toJson",
];

/// The longest text that is made, in bytes.
const TEXT_BYTES_MAX: usize = 10 * 1024 * 1024;

/// What a function gives.
#[derive(Debug, PartialEq)]
pub(super) enum Made {
    /// A value.
    Json(Json),
    /// An amount.
    Money(Decimal),
}

/// What one of [`FUNCTIONS`] gives; nothing, if the arguments are not such as it takes.
pub(super) fn call(function: &str, arguments: &[Json]) -> Option<Result<Made, String>> {
    let made = match (function, arguments) {
        ("sum", [list]) => return Some(sum(list.as_array()?)),
        ("flatten", [list]) => flatten(list.as_array()?),
        ("object", [pairs]) => object(pairs.as_array()?),
        ("toJson", [value]) => Ok(value.to_string().into()),
        ("split", [text, separator]) => Ok(split(text.as_str()?, separator.as_str()?).into()),
        ("pieces", [text]) => Ok(pieces(text.as_str()?).into()),
        ("join", [list, separator]) => join(list.as_array()?, separator.as_str()?),
        ("replace", [text, from, to]) => replace(text.as_str()?, from.as_str()?, to.as_str()?),
        ("substring", [text, from]) => {
            Ok(substring(text.as_str()?, from.as_i64()?, i64::MAX).into())
        }
        ("substring", [text, from, to]) => {
            Ok(substring(text.as_str()?, from.as_i64()?, to.as_i64()?).into())
        }
        _ => return None,
    };
    Some(made.map(Made::Json))
}

/// The elements of the lists that are in a list, as one.
fn flatten(lists: &[Json]) -> Result<Json, String> {
    let mut all = Vec::new();
    for list in lists {
        match list {
            Json::Array(items) => all.extend(items.iter().cloned()),
            _ => return Err("expected a list of lists".to_owned()),
        }
    }
    Ok(all.into())
}

/// A map of keys and values; of a key that is there twice, the later value.
fn object(pairs: &[Json]) -> Result<Json, String> {
    let mut members = Map::new();
    for pair in pairs {
        let (key, value) = match pair.as_array().map(Vec::as_slice) {
            Some([Json::String(key), value]) => (key.clone(), value),
            Some([Json::Number(key), value]) => (key.to_string(), value),
            _ => return Err("expected a list of `[key, value]`".to_owned()),
        };
        members.insert(key, value.clone());
    }
    Ok(members.into())
}

/// The sum of numbers; of amounts, if there are texts among them.
fn sum(list: &[Json]) -> Result<Made, String> {
    let (mut sum, mut is_money) = (Decimal::ZERO, false);
    for value in list {
        is_money |= value.is_string();
        let exact = match value {
            Json::Number(number) => money::parse(number.as_str()),
            Json::String(text) => money::parse(text),
            _ => None,
        };
        let added = exact.and_then(|exact| money::add(sum, exact));
        sum = added.ok_or_else(|| format!("{value} cannot be added up exactly"))?;
    }
    if is_money {
        return Ok(Made::Money(sum));
    }
    let number = serde_json::from_str(&sum.normalize().to_string());
    Ok(Made::Json(number.unwrap_or(Json::Null)))
}

/// The parts between separators; the characters, where there is none.
fn split(text: &str, separator: &str) -> Vec<String> {
    match separator {
        "" => text.chars().map(String::from).collect(),
        separator => text.split(separator).map(str::to_owned).collect(),
    }
}

/// The words of a text, each with the blanks before it: together they are the text again.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest
            .find(|c: char| !c.is_whitespace())
            .unwrap_or(rest.len());
        let behind = rest[word..].find(char::is_whitespace);
        let (piece, others) = rest.split_at(behind.map_or(rest.len(), |length| word + length));
        pieces.push(piece.to_owned());
        rest = others;
    }
    pieces
}

fn join(list: &[Json], separator: &str) -> Result<Json, String> {
    let mut joined = String::new();
    for (at, value) in list.iter().enumerate() {
        if at > 0 {
            joined.push_str(separator);
        }
        match value {
            Json::String(text) => joined.push_str(text),
            Json::Null => {}
            other => joined.push_str(&other.to_string()),
        }
        check_length(joined.len())?;
    }
    Ok(joined.into())
}

fn replace(text: &str, from: &str, to: &str) -> Result<Json, String> {
    if from.is_empty() {
        return Ok(text.into());
    }
    let found = text.matches(from).count();
    check_length(text.len().saturating_add(found.saturating_mul(to.len())))?;
    Ok(text.replace(from, to).into())
}

fn check_length(bytes: usize) -> Result<(), String> {
    match bytes > TEXT_BYTES_MAX {
        true => Err(format!("a text has at most {TEXT_BYTES_MAX} bytes")),
        false => Ok(()),
    }
}

/// The characters from one position to before another. Where a text is shorter, so is what is given.
fn substring(text: &str, from: i64, to: i64) -> String {
    let position = |at: i64| usize::try_from(at.max(0)).unwrap_or(usize::MAX);
    let (from, to) = (position(from), position(to));
    let count = to.saturating_sub(from);
    text.chars().skip(from).take(count).collect()
}
