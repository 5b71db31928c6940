//! CSV (RFC 4180): a line of names, then rows of cells.

use std::ops::Range;

use csv::{ErrorKind, ReaderBuilder, StringRecord};
use serde_json::{Map, Number, Value};

use super::super::told::Told;
use super::Found;
use crate::definition::model::{CellType, Collection};

/// The rows of a CSV text, and the names of its columns.
pub(super) fn read(
    model: &Collection,
    text: &str,
    told: &mut Told<'_>,
) -> (Vec<Found>, Vec<String>) {
    let mark = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut reader = ReaderBuilder::new().from_reader(&text.as_bytes()[mark..]);
    // A text is no stream: it has a first line, if only an empty one.
    let names = reader.headers().cloned().unwrap_or_default();
    let names: Vec<String> = names.iter().map(str::to_owned).collect();
    let first_line = mark..mark + text[mark..].lines().next().unwrap_or_default().len();
    check_names(model, &names, first_line, told);
    let mut found = Vec::new();
    if told.is_any() {
        return (found, names);
    }
    for record in reader.records() {
        if told.is_enough() {
            break;
        }
        match record {
            Ok(record) => {
                let start = record.position().map_or(0, csv::Position::byte);
                let span = line_at(text, mark + start as usize);
                if let Some(members) = members(model, &names, &record, &span, told) {
                    found.push(Found {
                        name: None,
                        members,
                        span,
                    });
                }
            }
            Err(error) => {
                let start = error.position().map_or(0, csv::Position::byte);
                let span = line_at(text, mark + start as usize);
                let (message, label) = match error.kind() {
                    ErrorKind::UnequalLengths {
                        expected_len, len, ..
                    } => (
                        format!("found {len} cells"),
                        format!("expected {expected_len}, as in the first line"),
                    ),
                    other => (format!("this is no CSV: {other:?}"), String::new()),
                };
                told.error(span, message, label);
            }
        }
    }
    (found, names)
}

fn check_names(model: &Collection, names: &[String], line: Range<usize>, told: &mut Told<'_>) {
    for (at, name) in names.iter().enumerate() {
        if names[..at].contains(name) {
            let message = format!("the column `{name}` stands twice");
            told.error(line.clone(), message, "expected a name for each column");
        }
    }
    if !names.contains(&model.key) {
        let message = format!("no column has the key, `{}`", model.key);
        told.error(line, message, "expected it in the line of names");
    }
}

/// The line at a byte; what the reader calls the start of a row may be the end of the line before.
fn line_at(text: &str, start: usize) -> Range<usize> {
    let start = text.floor_char_boundary(start);
    let rest = &text[start..];
    let blank = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
    let line = rest[blank..].lines().next().unwrap_or_default();
    start + blank..start + blank + line.len()
}

fn members(
    model: &Collection,
    names: &[String],
    record: &StringRecord,
    span: &Range<usize>,
    told: &mut Told<'_>,
) -> Option<Map<String, Value>> {
    let mut members = Map::with_capacity(names.len());
    let mut is_right = true;
    for (name, cell) in names.iter().zip(record) {
        let kind = model.types.get(name);
        if cell.is_empty() && kind != Some(&CellType::Text) {
            continue;
        }
        match value(kind.copied().unwrap_or(CellType::Text), cell) {
            Ok(value) => drop(members.insert(name.clone(), value)),
            Err(expected) => {
                is_right = false;
                let message = format!("`{cell}` in the column `{name}` is wrong");
                told.error(span.clone(), message, format!("expected {expected}"));
            }
        }
    }
    is_right.then_some(members)
}

/// The value of a cell, or what was expected.
fn value(kind: CellType, cell: &str) -> Result<Value, &'static str> {
    let json = || serde_json::from_str::<Value>(cell).ok();
    match kind {
        CellType::Text => Some(cell.into()).ok_or("text"),
        CellType::Integer => {
            let is_whole = |number: &Number| !number.as_str().contains(['.', 'e', 'E']);
            match json() {
                Some(Value::Number(number)) if is_whole(&number) => Ok(Value::Number(number)),
                _ => Err("a whole number, such as 12"),
            }
        }
        CellType::Number => match json() {
            Some(Value::Number(number)) => Ok(Value::Number(number)),
            _ => Err("a number, such as 1.50"),
        },
        CellType::Boolean => match json() {
            Some(Value::Bool(flag)) => Ok(flag.into()),
            _ => Err("true or false"),
        },
        CellType::Json => json().ok_or("JSON"),
    }
}
