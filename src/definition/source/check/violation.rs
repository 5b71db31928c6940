//! What can be wrong with a value, and the words for it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::Range;

use serde_json::{Number, Value};

use super::schema::Kind;
use crate::definition::source::diagnostic::{one_line, quote};
use crate::definition::source::{Diagnostic, Document, nearest, scalar};

/// A message names at most so many valid names.
const NAMES_SHOWN_MAX: usize = 12;

/// One step from a value to one that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    Key(&'a str),
    /// To the key itself, not to what it holds.
    Name(&'a str),
    Index(usize),
}

/// What is wrong, and with which value.
#[derive(Clone, Debug)]
pub(super) struct Violation<'a> {
    /// From the document's root to the value; for a wrong or missing key, to its object.
    pub(super) path: Vec<Step<'a>>,
    pub(super) problem: Problem<'a>,
}

#[derive(Clone, Debug)]
pub(super) enum Problem<'a> {
    UnknownKey {
        key: &'a str,
        valid: Vec<&'a str>,
        /// What other keys have to match.
        patterns: Vec<&'a str>,
    },
    /// The key is valid by itself, but not with the others that are there.
    UnfitKey {
        key: &'a str,
        valid: Vec<&'a str>,
    },
    /// One of the keys is needed, and none is there.
    MissingKey {
        any_of: Vec<&'a str>,
    },
    WrongKind {
        expected: Vec<Kind>,
        found: &'a Value,
    },
    NotAllowed {
        allowed: Vec<&'a Value>,
        /// What else is allowed: anything of these kinds.
        or_kinds: Vec<Kind>,
        found: &'a Value,
    },
    NoMatch {
        pattern: &'a str,
        found: &'a str,
    },
    OutOfBounds {
        /// How the number should stand to the bound.
        words: &'static str,
        bound: &'a Number,
        found: &'a Number,
    },
    TooFew {
        unit: Unit,
        least: u64,
        found: usize,
    },
    TooMany {
        unit: Unit,
        most: u64,
        found: usize,
    },
    /// The item equals the one at this index.
    Repeated {
        first: usize,
    },
    /// The schema allows nothing here.
    Forbidden,
}

impl Problem<'_> {
    /// Whether the keys of an object are wrong rather than a value.
    fn concerns_keys(&self) -> bool {
        matches!(
            self,
            Problem::UnknownKey { .. } | Problem::UnfitKey { .. } | Problem::MissingKey { .. }
        )
    }
}

/// What the length of a value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Characters,
    Items,
    Keys,
}

/// What a diagnostic says, apart from where.
struct Words {
    message: String,
    label: String,
    help: Option<String>,
}

/// The violations as diagnostics, in the order of the text and each mistake once.
pub(super) fn diagnostics(document: &Document, violations: &[Violation<'_>]) -> Vec<Diagnostic> {
    let mut told = BTreeSet::new();
    let mut diagnostics = Vec::new();
    for violation in violations {
        let pointer = pointer(&violation.path);
        let span = place(document, &pointer, violation);
        let words = words(&violation.problem);
        // Aliases lead to the same bytes by several paths. That an object misses a key is told at
        // its head, which is also the head of an object that starts with it.
        let whole = match violation.problem {
            Problem::MissingKey { .. } => document.span(&pointer).start,
            _ => span.start,
        };
        if !told.insert((span.start, span.end, whole, words.message.clone())) {
            continue;
        }
        let path = path_words(&violation.path);
        let message = match (&violation.problem, path.as_str()) {
            (_, "") => format!("{} at the top level", words.message),
            (problem, _) if problem.concerns_keys() => {
                format!("{} in {path}", words.message)
            }
            _ => format!("{} at {path}", words.message),
        };
        let mut diagnostic = Diagnostic::new(&document.source, span, message, words.label);
        diagnostic.help = words.help;
        diagnostics.push(diagnostic);
    }
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));
    diagnostics
}

/// The bytes to mark.
fn place(document: &Document, pointer: &str, violation: &Violation<'_>) -> Range<usize> {
    match &violation.problem {
        Problem::UnknownKey { key, .. } | Problem::UnfitKey { key, .. } => {
            document.key_span(&format!("{pointer}/{}", escaped(key)))
        }
        Problem::MissingKey { .. } => document.head_span(pointer),
        _ if matches!(violation.path.last(), Some(Step::Name(_))) => document.key_span(pointer),
        _ => {
            let span = document.span(pointer);
            // A value that is not there has no bytes: its key has.
            if span.is_empty() {
                document.head_span(pointer)
            } else {
                span
            }
        }
    }
}

fn words(problem: &Problem<'_>) -> Words {
    match problem {
        Problem::UnknownKey {
            key,
            valid,
            patterns,
        } => Words {
            message: format!("unknown key {}", quote(key)),
            label: unknown_key_label(valid, patterns),
            help: nearest(key, valid.iter().copied()).map(did_you_mean),
        },
        Problem::UnfitKey { key, valid } => Words {
            message: format!("the key {} does not go with the others", quote(key)),
            label: unknown_key_label(valid, &[]),
            help: None,
        },
        Problem::MissingKey { any_of } => missing_key(any_of),
        Problem::WrongKind { expected, found } => wrong_kind(expected, found),
        Problem::NotAllowed {
            allowed,
            or_kinds,
            found,
        } => not_allowed(allowed, or_kinds, found),
        Problem::NoMatch { pattern, found } => Words {
            message: format!("expected a match of `{pattern}`, found {}", quote(found)),
            label: format!("does not match `{pattern}`"),
            help: None,
        },
        Problem::OutOfBounds {
            words,
            bound,
            found,
        } => expected(&format!("{words} {bound}"), &one_line(found.as_str())),
        Problem::TooFew { unit, least, found } => expected(
            &format!("at least {}", unit.count(*least)),
            &found.to_string(),
        ),
        Problem::TooMany { unit, most, found } => expected(
            &format!("at most {}", unit.count(*most)),
            &found.to_string(),
        ),
        Problem::Repeated { first } => Words {
            message: "this item stands twice in its list".to_owned(),
            label: format!("the same as item {first}"),
            help: None,
        },
        Problem::Forbidden => Words {
            message: "this is not allowed".to_owned(),
            label: "not allowed".to_owned(),
            help: None,
        },
    }
}

impl Unit {
    fn count(self, count: u64) -> String {
        let name = match self {
            Unit::Characters => "character",
            Unit::Items => "item",
            Unit::Keys => "key",
        };
        format!("{count} {name}{}", if count == 1 { "" } else { "s" })
    }
}

fn expected(what: &str, found: &str) -> Words {
    Words {
        message: format!("expected {what}, found {found}"),
        label: format!("expected {what}"),
        help: None,
    }
}

fn unknown_key_label(valid: &[&str], patterns: &[&str]) -> String {
    match (valid.len(), patterns) {
        (0, []) => "no keys are valid here".to_owned(),
        (0, [pattern, ..]) => format!("a key here must match `{pattern}`"),
        (1..=NAMES_SHOWN_MAX, _) => format!("valid keys: {}", joined(valid.iter().copied())),
        _ => "unknown key".to_owned(),
    }
}

fn missing_key(any_of: &[&str]) -> Words {
    let names: Vec<_> = any_of.iter().map(|name| quote(name)).collect();
    let names = names.join(", ");
    if any_of.len() == 1 {
        Words {
            message: format!("missing key {names}"),
            label: format!("needs {names}"),
            help: None,
        }
    } else {
        Words {
            message: format!("missing one of the keys {names}"),
            label: "needs one of them".to_owned(),
            help: None,
        }
    }
}

fn wrong_kind(kinds: &[Kind], found: &Value) -> Words {
    let what = kinds_words(kinds);
    let is_fraction = kinds.contains(&Kind::Integer) && Kind::of(found) == Kind::Number;
    let found_words = match found {
        Value::Number(number) if is_fraction => one_line(number.as_str()),
        Value::Number(_) => kind_words(Kind::Number).to_owned(),
        Value::Bool(found) => found.to_string(),
        _ => kind_words(Kind::of(found)).to_owned(),
    };
    Words {
        help: wrong_kind_help(kinds, found),
        ..expected(&what, &found_words)
    }
}

fn kinds_words(kinds: &[Kind]) -> String {
    // That a value may be left out is no news to an author who wrote one.
    let told = kinds.iter().filter(|kind| **kind != Kind::Null);
    let names: Vec<_> = told.map(|kind| kind_words(*kind)).collect();
    if names.is_empty() {
        kind_words(Kind::Null).to_owned()
    } else {
        names.join(" or ")
    }
}

/// What an author most likely overlooked who wrote a value of another kind.
fn wrong_kind_help(kinds: &[Kind], found: &Value) -> Option<String> {
    let takes = |kind| kinds.contains(&kind);
    match found {
        Value::Number(_) | Value::Bool(_) if takes(Kind::String) => Some(format!(
            "put it in quotes: `\"{}\"`",
            one_line(&found.to_string())
        )),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "yes" | "on" | "true" if takes(Kind::Boolean) => Some("write `true`".to_owned()),
            "no" | "off" | "false" if takes(Kind::Boolean) => Some("write `false`".to_owned()),
            _ => {
                let number = Value::Number(scalar::number(text)?);
                let takes_number = kinds.iter().any(|kind| kind.admits(&number));
                takes_number.then(|| "remove the quotes".to_owned())
            }
        },
        _ => None,
    }
}

fn not_allowed(allowed: &[&Value], or_kinds: &[Kind], found: &Value) -> Words {
    let texts: Vec<String> = allowed.iter().map(|value| literal(value)).collect();
    let found_words = match found {
        Value::Array(_) | Value::Object(_) => kind_words(Kind::of(found)).to_owned(),
        scalar => quote(&literal(scalar)),
    };
    let names = joined(texts.iter().map(String::as_str));
    let mut what = if texts.len() == 1 {
        names
    } else {
        format!("one of {names}")
    };
    if !or_kinds.is_empty() {
        what = format!("{what} or {}", kinds_words(or_kinds));
    }
    Words {
        message: format!("expected {what}; found {found_words}"),
        label: match texts.len() {
            1..=NAMES_SHOWN_MAX => format!("expected {what}"),
            _ => "not one of the valid values".to_owned(),
        },
        help: found
            .as_str()
            .and_then(|found| nearest(found, texts.iter().map(String::as_str)))
            .map(did_you_mean),
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => one_line(text),
        other => one_line(&other.to_string()),
    }
}

fn did_you_mean(name: &str) -> String {
    format!("did you mean {}?", quote(name))
}

/// The first names, with commas, and how many more there are.
fn joined<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(NAMES_SHOWN_MAX);
    let shown: Vec<_> = names.take(NAMES_SHOWN_MAX).map(one_line).collect();
    let mut text = shown.join(", ");
    if more > 0 {
        // Writing to a string cannot fail.
        let _ = write!(text, " and {more} more");
    }
    text
}

fn kind_words(kind: Kind) -> &'static str {
    match kind {
        Kind::String => "a string",
        Kind::Integer => "a whole number",
        Kind::Number => "a number",
        Kind::Boolean => "true or false",
        Kind::List => "a list",
        Kind::Object => "an object",
        Kind::Null => "nothing",
    }
}

/// The way to a value as an author would say it: `tools.ship.do[2]`.
fn path_words(path: &[Step<'_>]) -> String {
    let mut words = String::new();
    for step in path {
        // Writing to a string cannot fail.
        let _ = match step {
            Step::Index(index) => write!(words, "[{index}]"),
            Step::Key(key) | Step::Name(key) if is_plain_name(key) && words.is_empty() => {
                write!(words, "{key}")
            }
            Step::Key(key) | Step::Name(key) if is_plain_name(key) => write!(words, ".{key}"),
            Step::Key(key) | Step::Name(key) => write!(words, "[\"{}\"]", one_line(key)),
        };
    }
    words
}

fn is_plain_name(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 60
        && key
            .chars()
            .all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '$'))
}

fn pointer(path: &[Step<'_>]) -> String {
    let mut pointer = String::new();
    for step in path {
        // Writing to a string cannot fail.
        let _ = match step {
            Step::Index(index) => write!(pointer, "/{index}"),
            Step::Key(key) | Step::Name(key) => write!(pointer, "/{}", escaped(key)),
        };
    }
    pointer
}

/// A key as a token of an RFC 6901 pointer.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
