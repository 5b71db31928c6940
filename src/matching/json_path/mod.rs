//! JSONPath as Jayway's JsonPath reads it, which is what WireMock's `matchesJsonPath` and its
//! template helper `jsonPath` speak. RFC 9535 knows neither `=~` nor `.length()` nor `$.store-name`
//! nor a path without `$`.
//!
//! A path is *definite* if it can lead to one place only; then its result is the value there.
//! An indefinite path (`..`, `*`, a filter, a slice, several indices) always has a list as its
//! result, perhaps an empty one. Where Jayway computes in doubles this module computes in exact
//! decimals. Paths are checked once, by [`JsonPath::compile`]; evaluation cannot fail, only find
//! nothing. The parsing of documents never lives here.
//!
//! Where this differs from Jayway on purpose: a step in a slice, an unknown function or operator and
//! `!@.a == 1` (whose `!` Jayway drops) are refused when compiled; a function stands last, but for
//! `first()`, `last()` and `index()`; `&&` and `||` need no spaces around them; `last()` of a single
//! element is that element.

mod eval;
mod filter;
mod function;
#[cfg(test)]
mod hostile_tests;
mod literal;
mod parse;
mod parse_filter;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use filter::Filter;
use function::Call;

/// The longest path, in bytes.
pub const PATH_BYTES_MAX: usize = 8_192;
/// The most steps of a path, those of the paths in its filters included.
pub const STEPS_MAX: usize = 256;
/// How deep parentheses, filters, arguments and literals may stand in one another.
pub const NESTING_MAX: usize = 16;
/// What lies deeper in a document is not reached by `..`.
pub const DOCUMENT_DEPTH_MAX: usize = 128;
/// After so many visited nodes an evaluation ends and finds nothing: filters in filters over a
/// large document would otherwise have no bound.
pub const VISITS_MAX: u32 = 5_000_000;

/// A path that has been checked.
#[derive(Debug, Clone)]
pub struct JsonPath {
    text: String,
    /// Starts with `@`: at the current item of a filter.
    is_relative: bool,
    steps: Vec<Step>,
    call: Option<Box<Call>>,
}

/// Why a text is no path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathError {
    /// Where in the text, in bytes from its start.
    pub offset: usize,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at offset {})", self.message, self.offset)
    }
}

impl std::error::Error for PathError {}

/// What a path finds in a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Found<'a> {
    /// The path leads nowhere: Jayway's `PathNotFoundException`.
    Missing,
    /// The value to which a definite path leads. May be null.
    One(&'a Value),
    /// The values to which an indefinite path leads, in the order of the document. May be empty.
    Many(Vec<Cow<'a, Value>>),
    /// What a function returns, or the object that several names in one bracket make.
    Computed(Value),
}

impl Found<'_> {
    /// The result as one JSON value: a list for an indefinite path; `None` if the path is missing.
    pub fn into_value(self) -> Option<Value> {
        match self {
            Found::Missing => None,
            Found::One(value) => Some(value.clone()),
            Found::Many(values) => Some(values.into_iter().map(Cow::into_owned).collect()),
            Found::Computed(value) => Some(value),
        }
    }
}

/// What stands for a property that an object lacks, at the end of a path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MissingLeaf {
    /// Nothing. Jayway's default, and how WireMock matches.
    #[default]
    Absent,
    /// Null: Jayway's `DEFAULT_PATH_LEAF_TO_NULL`, and how WireMock's template helper reads. A
    /// list then has a null for each object that lacks the property.
    Null,
}

impl JsonPath {
    /// Checks a path. Without `$` at its start it is read as if `$.` stood there.
    ///
    /// # Errors
    /// The first mistake and where it is.
    pub fn compile(text: &str) -> Result<Self, PathError> {
        parse::compile(text)
    }

    /// Whether the path leads to one place at most.
    pub fn is_definite(&self) -> bool {
        eval::is_definite(&self.steps, self.call.is_none())
    }

    /// Finds what WireMock's matchers find.
    pub fn find<'a>(&self, document: &'a Value) -> Found<'a> {
        self.find_with(document, MissingLeaf::Absent)
    }

    /// Finds, with a choice for missing properties: templates read with [`MissingLeaf::Null`].
    pub fn find_with<'a>(&self, document: &'a Value, missing_leaf: MissingLeaf) -> Found<'a> {
        eval::find(self, document, missing_leaf)
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether WireMock 3.13 matches a document with a bare `matchesJsonPath: <path>`: the path is there
/// and its result is neither null nor an empty list or object. That holds for definite paths too:
/// `$.items` does not match `{"items": []}` (WireMock 4 does match it).
pub fn matches(path: &JsonPath, document: &Value) -> bool {
    let has_content = |value: &Value| match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    };
    match path.find(document) {
        Found::Missing => false,
        Found::One(value) => has_content(value),
        Found::Many(values) => !values.is_empty(),
        Found::Computed(value) => has_content(&value),
    }
}

/// One part of a path.
#[derive(Debug, Clone)]
enum Step {
    /// `.name`, `['name']`, `['a', 'b']`; never empty.
    Names(Vec<String>),
    /// `[0]`, `[-1]`, `[0, 2]`; never empty.
    Indices(Vec<i32>),
    /// `[1:]`, `[:2]`, `[1:2]`; one bound at least.
    Slice(Option<i32>, Option<i32>),
    /// `*`, `[*]`
    Wildcard,
    /// `..`; another step follows.
    Scan,
    /// `[?(…)]`
    Filter(Filter),
}
