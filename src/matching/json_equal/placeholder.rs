//! JsonUnit's placeholders: expected strings that stand for any value of a kind.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use super::DEPTH_MAX;

/// A `${json-unit.regex}` placeholder whose pattern cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// Where the placeholder is, as a JSON Pointer into the expected document.
    pub pointer: String,
    /// Why the pattern is refused.
    pub message: String,
}

/// What an expected string stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placeholder<'t> {
    /// Any value, which must be there.
    Ignore,
    /// Any value, or none.
    IgnoreElement,
    /// Null, or none.
    MissingOrNull,
    AnyString,
    AnyNumber,
    AnyBoolean,
    AnyArray,
    /// A string that matches the pattern as a whole.
    Regex(&'t str),
}

impl<'t> Placeholder<'t> {
    /// Reads an expected value. Both `${…}` and `#{…}` are placeholders, but for `ignore-element`,
    /// which JsonUnit knows with `$` only.
    pub(super) fn read(expected: &'t Value) -> Option<Self> {
        let text = expected.as_str()?;
        let body = text.strip_prefix(['$', '#'])?.strip_prefix("{json-unit.")?;
        if let Some(pattern) = body.strip_prefix("regex}") {
            return Some(Self::Regex(pattern));
        }
        match body {
            "ignore}" => Some(Self::Ignore),
            "ignore-element}" if text.starts_with('$') => Some(Self::IgnoreElement),
            "missing-or-null}" => Some(Self::MissingOrNull),
            "any-string}" => Some(Self::AnyString),
            "any-number}" => Some(Self::AnyNumber),
            "any-boolean}" => Some(Self::AnyBoolean),
            "any-array}" => Some(Self::AnyArray),
            _ => None,
        }
    }

    /// Whether the expected element may be missing from the actual document.
    pub(super) fn allows_absence(self) -> bool {
        matches!(self, Self::IgnoreElement | Self::MissingOrNull)
    }

    pub(super) fn accepts(self, actual: &Value, patterns: &Patterns) -> bool {
        match self {
            Self::Ignore | Self::IgnoreElement => true,
            Self::MissingOrNull => actual.is_null(),
            Self::AnyString => actual.is_string(),
            Self::AnyNumber => actual.is_number(),
            Self::AnyBoolean => actual.is_boolean(),
            Self::AnyArray => actual.is_array(),
            Self::Regex(pattern) => actual
                .as_str()
                .is_some_and(|text| patterns.is_match(pattern, text)),
        }
    }
}

/// The compiled patterns of an expected document, by their text.
#[derive(Debug, Clone, Default)]
pub(super) struct Patterns(BTreeMap<String, Regex>);

impl Patterns {
    /// Compiles all patterns of a document; `pointer` is where it stands.
    pub(super) fn compile(
        &mut self,
        expected: &Value,
        pointer: &mut String,
    ) -> Result<(), PatternError> {
        self.compile_below(expected, pointer, 0)
    }

    fn compile_below(
        &mut self,
        expected: &Value,
        pointer: &mut String,
        depth: usize,
    ) -> Result<(), PatternError> {
        self.add(expected).map_err(|error| PatternError {
            pointer: pointer.clone(),
            message: error.to_string(),
        })?;
        if depth >= DEPTH_MAX {
            return Ok(());
        }
        let length = pointer.len();
        match expected {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    pointer.push_str(&format!("/{index}"));
                    self.compile_below(item, pointer, depth + 1)?;
                    pointer.truncate(length);
                }
            }
            Value::Object(fields) => {
                for (key, field) in fields {
                    pointer.push('/');
                    pointer.push_str(&super::visit::escape(key));
                    self.compile_below(field, pointer, depth + 1)?;
                    pointer.truncate(length);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Compiles the patterns that can be compiled, and leaves out the others.
    pub(super) fn compile_valid(&mut self, expected: &Value, depth: usize) {
        match expected {
            Value::Array(items) if depth < DEPTH_MAX => {
                for item in items {
                    self.compile_valid(item, depth + 1);
                }
            }
            Value::Object(fields) if depth < DEPTH_MAX => {
                for field in fields.values() {
                    self.compile_valid(field, depth + 1);
                }
            }
            // A pattern that is left out matches nothing.
            value => drop(self.add(value)),
        }
    }

    fn add(&mut self, expected: &Value) -> Result<(), regex::Error> {
        if let Some(Placeholder::Regex(pattern)) = Placeholder::read(expected)
            && !self.0.contains_key(pattern)
        {
            // Alone first: `a)|(b` must not become valid by what is put around it.
            Regex::new(pattern)?;
            let regex = Regex::new(&format!(r"\A(?:{pattern})\z"))?;
            self.0.insert(pattern.to_owned(), regex);
        }
        Ok(())
    }

    fn is_match(&self, pattern: &str, text: &str) -> bool {
        self.0
            .get(pattern)
            .is_some_and(|regex| regex.is_match(text))
    }
}
