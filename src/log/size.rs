//! About how many bytes of memory something takes: what the bound of a call log is held against.

use std::io::{self, Write};
use std::mem::size_of;

use serde_json::Value;

use crate::domain::trace::{Trace, TraceLine};
use crate::state::Effect;

/// The lines of a trace.
pub(super) fn trace(trace: &Trace) -> usize {
    let lines = trace.0.iter();
    lines
        .map(|line| size_of::<TraceLine>() + line.step.len() + json(&line.detail))
        .sum()
}

/// A JSON value with all that is in it.
pub(super) fn json(value: &Value) -> usize {
    /// A member's name, its hash, and its place in the index.
    const MEMBER: usize = size_of::<String>() + 3 * size_of::<usize>();
    let content = match value {
        Value::Null | Value::Bool(_) => 0,
        // A number is kept as it was written.
        Value::Number(number) => number.as_str().len(),
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(json).sum(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| MEMBER + name.len() + json(value))
            .sum(),
    };
    size_of::<Value>() + content
}

/// An effect with what it brings into the state: a log can outlive what the state keeps of it.
pub(super) fn effect(effect: &Effect) -> usize {
    let content = match effect {
        Effect::RecordPut { key, record, .. } => key.len() + json(record),
        Effect::StubPut { id, mapping } => id.len() + json(mapping),
        // All others are flat, so they take about as much as their text.
        other => {
            let mut counter = Counter(0);
            // Whatever cannot be written has been counted up to there.
            let _ = serde_json::to_writer(&mut counter, other);
            counter.0
        }
    };
    size_of::<Effect>() + content
}

/// Counts what is written, and keeps nothing of it.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
