//! What authors write, what is read from it and what they are told.

mod mistakes;
mod properties;
mod values;

use super::{Document, Source, parse};

/// Reads a text that has no mistakes.
fn read(path: &str, text: &str) -> Document {
    parse(Source::new(path, text)).unwrap_or_else(|told| panic!("{text:?}: {told:#?}"))
}

/// What the author of a text with mistakes is told, one line for each.
fn told(path: &str, text: &str) -> Vec<String> {
    match parse(Source::new(path, text)) {
        Ok(document) => panic!("{text:?} was read as {}", document.value),
        Err(diagnostics) => diagnostics.iter().map(ToString::to_string).collect(),
    }
}
