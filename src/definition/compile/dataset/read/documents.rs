//! JSON: a list of objects, an object of objects by key, or a line an object.

use std::fmt;
use std::ops::Range;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::told::Told;
use super::Found;
use crate::domain::json::parse_strict;

/// The rows of a text with an object in each line that is not blank.
pub(super) fn read_lines(text: &str, told: &mut Told<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut start = mark(text);
    for line in text[start..].split_inclusive('\n') {
        if told.is_enough() {
            break;
        }
        let written = line.trim();
        if !written.is_empty() {
            let from = start + (line.len() - line.trim_start().len());
            let span = from..from + written.len();
            found.extend(row(None, written, span, told));
        }
        start += line.len();
    }
    found
}

/// The rows of a text that is one list or object.
pub(super) fn read_document(text: &str, told: &mut Told<'_>) -> Vec<Found> {
    let written = &text[mark(text)..];
    let rows = if written.trim_start().starts_with('{') {
        serde_json::from_str::<Named<'_>>(written).map(|named| named.rows)
    } else {
        let listed = serde_json::from_str::<Vec<&RawValue>>(written);
        listed.map(|rows| rows.into_iter().map(|row| (None, row)).collect())
    };
    let rows = match rows {
        Ok(rows) => rows,
        Err(error) => {
            let at = mark(text) + offset(written, error.line(), error.column());
            let message = without_place(&error.to_string());
            told.error(
                at..at + 1,
                message,
                "expected a list of objects, or an object of them",
            );
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    for (name, raw) in rows {
        if told.is_enough() {
            break;
        }
        // The raw text is a part of the whole one.
        let start = raw.get().as_ptr().addr() - text.as_ptr().addr();
        found.extend(row(name, raw.get(), start..start + raw.get().len(), told));
    }
    found
}

/// How many bytes a byte order mark takes.
fn mark(text: &str) -> usize {
    text.len() - text.trim_start_matches('\u{feff}').len()
}

/// The byte at a line and a column of bytes, both from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before = text.split_inclusive('\n').take(line.saturating_sub(1));
    before.map(str::len).sum::<usize>() + column.saturating_sub(1)
}

/// What is wrong, without where: that is told by the mark.
fn without_place(message: &str) -> String {
    let what = message.rsplit_once(" at line ");
    what.map_or(message, |(what, _)| what).to_owned()
}

fn row(name: Option<String>, text: &str, span: Range<usize>, told: &mut Told<'_>) -> Option<Found> {
    match parse_strict(text.as_bytes()) {
        Ok(Value::Object(members)) => {
            return Some(Found {
                name,
                members,
                span,
            });
        }
        Ok(other) => {
            let message = format!("the row is {}", kind(&other));
            told.error(span, message, "expected an object");
        }
        Err(error) => told.error(span, without_place(&error), "in this row"),
    }
    None
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The members of an object as they are written, a name that stands twice included.
struct Named<'a> {
    rows: Vec<(Option<String>, &'a RawValue)>,
}

impl<'de> Deserialize<'de> for Named<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NamedVisitor)
    }
}

struct NamedVisitor;

impl<'de> Visitor<'de> for NamedVisitor {
    type Value = Named<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Named<'de>, A::Error> {
        let mut rows = Vec::new();
        while let Some((name, row)) = members.next_entry::<String, &RawValue>()? {
            rows.push((Some(name), row));
        }
        Ok(Named { rows })
    }
}
