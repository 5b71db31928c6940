//! Rows out of a file's text: CSV, NDJSON or JSON.

mod cells;
mod documents;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::super::report::{Place, Report};
use super::told::Told;
use crate::definition::model::Collection;
use crate::definition::source::Source;
use crate::state::dataset::Row;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Ndjson,
    Json,
}

impl Format {
    /// The format that a file's name tells.
    pub(super) fn of(path: &str) -> Option<Self> {
        let extension = Path::new(path).extension()?.to_str()?;
        match extension.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// A row of a file.
#[derive(Debug)]
pub(super) struct FileRow {
    pub(super) key: Arc<str>,
    pub(super) members: Map<String, Value>,
    /// Where it stands in the file, without a byte order mark.
    pub(super) span: Range<usize>,
}

impl FileRow {
    /// The record and its key.
    pub(super) fn into_row(self) -> Row {
        (self.key, Arc::new(Value::Object(self.members)))
    }
}

/// What stood somewhere in a file.
struct Found {
    /// The name under which it stood in an object of objects.
    name: Option<String>,
    members: Map<String, Value>,
    span: Range<usize>,
}

/// The rows of a file, each with a key of its own. Nothing, when there are mistakes.
pub(super) fn rows(
    model: &Collection,
    source: &Arc<Source>,
    place: &Place,
    report: &mut Report,
) -> Option<Vec<FileRow>> {
    let from = place.at("from");
    let Some(format) = Format::of(&source.path) else {
        let message = format!("`{}` is no kind of file that is known", source.path);
        report.error(
            &from,
            message,
            "expected *.csv, *.ndjson, *.jsonl or *.json",
        );
        return None;
    };
    let mut columns = None;
    let mut told = Told::new(source, &from, report);
    let found = match format {
        Format::Csv => {
            let (found, names) = cells::read(model, &source.text, &mut told);
            columns = Some(names);
            found
        }
        Format::Ndjson => documents::read_lines(&source.text, &mut told),
        Format::Json => documents::read_document(&source.text, &mut told),
    };
    let rows = keyed(model, found, &mut told);
    let is_wrong = told.is_any();
    for column in model.types.keys() {
        let Some(names) = columns.as_ref().filter(|names| !names.is_empty()) else {
            break;
        };
        if !names.contains(column) {
            let place = place.at("types").at(column);
            report.unknown(&place, "column", column, names.iter().map(String::as_str));
        }
    }
    (!is_wrong).then_some(rows)
}

/// The rows with their keys; a key that is missing, is no text or stands twice is told of.
fn keyed(model: &Collection, found: Vec<Found>, told: &mut Told<'_>) -> Vec<FileRow> {
    let mut first: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    let mut rows = Vec::with_capacity(found.len());
    for Found {
        name,
        mut members,
        span,
    } in found
    {
        if told.is_enough() {
            break;
        }
        let key: Arc<str> = match (&name, members.get(&model.key)) {
            (None, Some(Value::String(key))) if !key.is_empty() => key.as_str().into(),
            (Some(name), None) => {
                members.shift_insert(0, model.key.clone(), name.as_str().into());
                name.as_str().into()
            }
            (Some(name), Some(Value::String(key))) if key == name => key.as_str().into(),
            (Some(name), Some(other)) => {
                let message = format!("the row `{name}` has the `{}` {other}", model.key);
                told.error(span, message, "expected the name under which it stands");
                continue;
            }
            (None, None) => {
                let message = format!("the row has no `{}`", model.key);
                told.error(span, message, "expected a text as its key");
                continue;
            }
            (None, Some(other)) => {
                let message = format!("the row's `{}` is {other}", model.key);
                told.error(span, message, "expected a text as its key");
                continue;
            }
        };
        if let Some(before) = first.get(&key) {
            let message = format!("the key `{key}` stands twice");
            let label = format!("the key of the row in line {} already", told.line(*before));
            told.error(span.clone(), message, label);
        } else {
            first.insert(key.clone(), span.start);
        }
        rows.push(FileRow { key, members, span });
    }
    rows
}
