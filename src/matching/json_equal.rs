//! Equality of JSON documents as WireMock's `equalToJson` has it (JsonUnit with numbers by value):
//! the first difference for a reader, and a distance for near misses.
//!
//! Numbers are equal by value, the order of keys is irrelevant. Every cost is bounded: recursion by
//! [`DEPTH_MAX`], the pairing of unordered arrays by [`COMPARISONS_MAX`]. Templates, other matchers
//! and the parsing of bodies never live here.

mod number;
mod pairing;
mod placeholder;
#[cfg(test)]
mod tests;
mod visit;

use serde_json::Value;

pub use number::{compare_numbers, compare_texts};
pub use placeholder::PatternError;
use placeholder::Patterns;
use visit::{Mismatch, Visit};

/// Documents nested deeper than this are different: comparing them could exhaust the stack.
pub const DEPTH_MAX: usize = 256;
/// So many pairs of nodes one comparison looks at before it gives up and says that they differ.
pub const COMPARISONS_MAX: u64 = 10_000_000;
/// A value longer than this is cut in a [`Difference`].
const SHOWN_CHARS_MAX: usize = 200;

/// What may differ without making two documents different.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EqualOptions {
    /// Arrays are compared as bags, at every level.
    pub ignore_array_order: bool,
    /// The actual document may have more keys, and its arrays more elements, than expected.
    pub ignore_extra_elements: bool,
    /// Expected strings such as `${json-unit.any-string}` stand for what they name.
    pub placeholders: bool,
}

/// The first place at which the actual document is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where, as a JSON Pointer (RFC 6901) into the actual document; empty for the whole of it.
    pub pointer: String,
    /// The expected JSON, shortened; `absent` where nothing was expected.
    pub expected: String,
    /// The actual JSON, shortened; `absent` where there is nothing.
    pub actual: String,
}

/// An expected document, checked and prepared once for many comparisons.
#[derive(Debug, Clone)]
pub struct EqualTo {
    expected: Value,
    options: EqualOptions,
    patterns: Patterns,
}

impl EqualTo {
    /// Prepares an expected document.
    ///
    /// # Errors
    /// A `${json-unit.regex}` placeholder holds a pattern that cannot be compiled.
    pub fn compile(expected: Value, options: EqualOptions) -> Result<Self, PatternError> {
        let mut patterns = Patterns::default();
        if options.placeholders {
            patterns.compile(&expected, &mut String::new())?;
        }
        Ok(Self {
            expected,
            options,
            patterns,
        })
    }

    /// The expected document as it was given.
    pub fn expected(&self) -> &Value {
        &self.expected
    }

    /// Compares a document with the expected one.
    ///
    /// # Errors
    /// The first difference, in the order of the expected document.
    pub fn compare(&self, actual: &Value) -> Result<(), Difference> {
        first_difference(&self.expected, actual, self.options, &self.patterns)
    }

    /// Whether a document is equal to the expected one: [`compare`](Self::compare) without a word about
    /// what differs, which costs as much as the document is long.
    #[must_use]
    pub fn fits(&self, actual: &Value) -> bool {
        let visit = Visit::new(self.options, &self.patterns);
        visit.is_equal(&self.expected, actual) && !visit.gave_up()
    }

    /// How far a document is from the expected one: 0 is equal, 1 has nothing in common. The share
    /// of nodes that differ, as WireMock counts them.
    pub fn distance(&self, actual: &Value) -> f64 {
        share_of_difference(&self.expected, actual, self.options, &self.patterns)
    }
}

/// Compares two documents once; [`EqualTo`] does the same faster when the expected one stays. A
/// pattern that cannot be compiled matches nothing.
///
/// # Errors
/// The first difference, in the order of the expected document.
pub fn compare(expected: &Value, actual: &Value, options: EqualOptions) -> Result<(), Difference> {
    first_difference(
        expected,
        actual,
        options,
        &lenient_patterns(expected, options),
    )
}

/// How far two documents are apart, from 0 to 1: see [`EqualTo::distance`].
pub fn distance(expected: &Value, actual: &Value, options: EqualOptions) -> f64 {
    share_of_difference(
        expected,
        actual,
        options,
        &lenient_patterns(expected, options),
    )
}

/// Whether two values are the same, by the value of their numbers and whatever the order of keys.
pub fn same_value(left: &Value, right: &Value) -> bool {
    let patterns = Patterns::default();
    Visit::new(EqualOptions::default(), &patterns).is_equal(left, right)
}

fn lenient_patterns(expected: &Value, options: EqualOptions) -> Patterns {
    let mut patterns = Patterns::default();
    if options.placeholders {
        patterns.compile_valid(expected, 0);
    }
    patterns
}

fn first_difference(
    expected: &Value,
    actual: &Value,
    options: EqualOptions,
    patterns: &Patterns,
) -> Result<(), Difference> {
    let visit = Visit::new(options, patterns);
    let mut first = None;
    visit.first(expected, actual, &mut |mismatch| {
        first = Some(describe(mismatch));
    });
    if visit.gave_up() {
        return Err(Difference {
            pointer: String::new(),
            expected: "arrays that can be paired without order".to_owned(),
            actual: format!("arrays that need more than {COMPARISONS_MAX} comparisons"),
        });
    }
    first.map_or(Ok(()), Err)
}

#[expect(clippy::cast_precision_loss, reason = "a share for ranking, no amount")]
fn share_of_difference(
    expected: &Value,
    actual: &Value,
    options: EqualOptions,
    patterns: &Patterns,
) -> f64 {
    let visit = Visit::new(options, patterns);
    let mut different = 0_usize;
    visit.all(expected, actual, &mut |mismatch| {
        different += mismatch
            .expected
            .map_or(0, deep_size)
            .max(mismatch.actual.map_or(0, deep_size));
    });
    if visit.gave_up() {
        return 1.0;
    }
    let size = deep_size(expected).max(deep_size(actual));
    (different as f64 / size as f64).min(1.0)
}

/// WireMock's size of a document: one for it, one for each child, and the size of each child that
/// is a container.
fn deep_size(value: &Value) -> usize {
    fn of_container<'v>(children: impl Iterator<Item = &'v Value>, depth: usize) -> usize {
        let sizes = children.map(|child| 1 + within(child, depth + 1));
        1 + sizes.sum::<usize>()
    }
    fn within(value: &Value, depth: usize) -> usize {
        match value {
            Value::Array(items) if depth < DEPTH_MAX => of_container(items.iter(), depth),
            Value::Object(fields) if depth < DEPTH_MAX => of_container(fields.values(), depth),
            _ => 0,
        }
    }
    within(value, 0).max(1)
}

fn describe(mismatch: &Mismatch<'_>) -> Difference {
    Difference {
        pointer: mismatch.at.pointer(),
        expected: shown(mismatch.expected),
        actual: shown(mismatch.actual),
    }
}

fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else {
        return "absent".to_owned();
    };
    let mut text = match value {
        // A document too deep to walk is too deep to print.
        Value::Array(_) | Value::Object(_) if !visit::is_shallow(value, 0) => "…".to_owned(),
        value => value.to_string(),
    };
    if let Some((cut, _)) = text.char_indices().nth(SHOWN_CHARS_MAX) {
        text.truncate(cut);
        text.push('…');
    }
    text
}
