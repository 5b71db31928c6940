//! A call beside the stub that it came nearest to, as the text that WireMock answers with.
//!
//! What the stub wants is printed from its definition as it was written; whether a part of it fits
//! is asked of the compiled pattern, part by part in the same order.

mod body;
mod lines;
mod printed;
mod table;

use serde_json::Value;

use super::super::pattern::RequestPattern;
use super::super::seen::Seen;

pub use table::WIDTH_DEFAULT;

/// What a call is held against.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The stub's name, if it has one.
    pub name: Option<&'a str>,
    /// What the request must be like, as written: the `request` of a mapping.
    pub request: &'a Value,
    /// The same, compiled.
    pub pattern: &'a RequestPattern,
    /// The scenario that must have come somewhere, if the stub asks for that.
    pub scenario: Option<Scenario<'a>>,
}

/// How far a scenario must have come, and how far it has.
#[derive(Clone, Copy, Debug)]
pub struct Scenario<'a> {
    /// Its name.
    pub name: &'a str,
    /// The state that the stub wants.
    pub required: &'a str,
    /// The state that it is in.
    pub actual: &'a str,
}

/// One row: what is wanted, what there is, and what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    wanted: String,
    found: String,
    complaint: Option<String>,
}

/// The text, in a table of so many characters across; widths that make no table are corrected.
#[must_use]
pub fn text(expected: &Expected<'_>, seen: &Seen<'_>, width: usize) -> String {
    table::text(expected.name, &lines::lines(expected, seen), width)
}
