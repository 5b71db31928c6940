//! Operators: what a header, a query parameter or a body must be like. The words are WireMock's.

mod distance;
mod found;
mod multi;
mod schema;
mod subject;
#[cfg(test)]
mod tests;

use super::date::{DateMatch, Kind};
use super::json_equal::EqualTo;
use super::json_path::{self, JsonPath};
use super::pattern::PathTemplate;
use super::regular_expression::Whole;
use super::xml::{EqualToXml, XPath};

pub(super) use distance::{mean, share_of_edits};
pub use multi::Multi;
pub use schema::{Schema, SchemaVersion};
pub use subject::Subject;

/// One compiled operator.
#[derive(Clone, Debug)]
pub enum Operator {
    /// The same text.
    EqualTo {
        /// The text.
        text: String,
        /// Whether case does not count.
        ignore_case: bool,
    },
    /// A text that is in it.
    Contains(String),
    /// A text that is not in it.
    DoesNotContain(String),
    /// A regular expression for the whole of it.
    Matches(Whole),
    /// A regular expression that the whole of it does not fit.
    DoesNotMatch(Whole),
    /// Whatever it is, also nothing.
    Anything,
    /// Nothing there.
    Absent,
    /// A path, or a URL with one, that fits a template.
    MatchesPathTemplate(PathTemplate),
    /// The credentials of the scheme Basic, encoded (RFC 7617).
    BasicAuth(String),
    /// The same JSON.
    EqualToJson(Box<EqualTo>),
    /// Something at a JSONPath.
    MatchesJsonPath {
        /// The path.
        path: Box<JsonPath>,
        /// Its text.
        source: String,
        /// What is found there must be like this.
        inner: Option<Box<Operator>>,
    },
    /// JSON that a schema takes.
    MatchesJsonSchema(Box<Schema>),
    /// The same XML.
    EqualToXml {
        /// The document as it was given.
        source: String,
        /// The document.
        pattern: Box<EqualToXml>,
    },
    /// Something at an XPath.
    MatchesXPath {
        /// The path.
        path: Box<XPath>,
        /// What is found there must be like this.
        inner: Option<Box<Operator>>,
    },
    /// A time before or after another, or the same.
    Date {
        /// How it stands to the other.
        kind: Kind,
        /// The other time as it was given.
        source: String,
        /// The comparison.
        date: Box<DateMatch>,
    },
    /// All of these.
    And(Vec<Operator>),
    /// One of these.
    Or(Vec<Operator>),
    /// Not this.
    Not(Box<Operator>),
}

/// What a body must be like.
#[derive(Clone, Debug)]
pub enum BodyOperator {
    /// These bytes.
    Binary(Vec<u8>),
    /// A text like this.
    Text(Operator),
}

impl Operator {
    /// Whether a value, or its absence, is as it must be.
    #[must_use]
    pub fn test(&self, subject: Option<&Subject<'_>>) -> bool {
        match (self, subject) {
            (Self::And(all), _) => all.iter().all(|operator| operator.test(subject)),
            (Self::Or(any), _) => any.iter().any(|operator| operator.test(subject)),
            (Self::Not(operator), _) => !operator.test(subject),
            (Self::Anything, _) => true,
            (Self::Absent, subject) => subject.is_none(),
            (Self::DoesNotContain(part), subject) => {
                !subject.is_some_and(|subject| subject.as_str().contains(part))
            }
            (Self::DoesNotMatch(regex), subject) => {
                !subject.is_some_and(|subject| regex.is_match(subject.as_str()))
            }
            // Nothing found is nothing there.
            (Self::MatchesJsonPath { inner, .. }, None) => {
                matches!(inner.as_deref(), Some(Self::Absent))
            }
            (_, None) => false,
            (_, Some(subject)) => self.fits(subject),
        }
    }

    /// The same for the operators that want a value.
    fn fits(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::EqualTo { text, ignore_case } => {
                subject.as_str() == text || (*ignore_case && same_letters(subject.as_str(), text))
            }
            Self::Contains(part) => subject.as_str().contains(part),
            Self::Matches(regex) => regex.is_match(subject.as_str()),
            Self::MatchesPathTemplate(template) => {
                let url = subject.as_str();
                let path = url.split_once('?').map_or(url, |(path, _)| path);
                template.captures(path).is_some()
            }
            Self::BasicAuth(encoded) => {
                subject
                    .as_str()
                    .split_once(' ')
                    .is_some_and(|(scheme, rest)| {
                        scheme.eq_ignore_ascii_case("basic") && rest == encoded
                    })
            }
            Self::EqualToJson(expected) => subject.json().is_some_and(|json| expected.fits(json)),
            Self::MatchesJsonPath { path, inner, .. } => {
                subject.document().is_some_and(|json| match inner {
                    None => json_path::matches(path, &json),
                    Some(inner) => found::fits(path.find(&json), inner, subject.now),
                })
            }
            Self::MatchesJsonSchema(schema) => schema.takes(subject),
            Self::EqualToXml { pattern, .. } => pattern.test(subject.as_str()),
            Self::MatchesXPath { path, inner } => {
                let mut found = nodes(path, subject).into_iter();
                match inner {
                    None => found.next().is_some(),
                    Some(inner) => found.any(|text| inner.test(Some(&text))),
                }
            }
            Self::Date { date, .. } => date.test(subject.as_str(), subject.now),
            // What takes nothing too has been asked already.
            _ => self.test(Some(subject)),
        }
    }

    /// The operator in words, for a reader who looks for the difference.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::EqualTo {
                text,
                ignore_case: false,
            } => format!("equalTo {text}"),
            Self::EqualTo {
                text,
                ignore_case: true,
            } => format!("equalTo {text} (in any case)"),
            Self::Contains(part) => format!("contains {part}"),
            Self::DoesNotContain(part) => format!("doesNotContain {part}"),
            Self::Matches(regex) => format!("matches {}", regex.source()),
            Self::DoesNotMatch(regex) => format!("doesNotMatch {}", regex.source()),
            Self::Anything => "anything".into(),
            Self::Absent => "absent".into(),
            Self::MatchesPathTemplate(template) => format!("matchesPathTemplate {template}"),
            Self::BasicAuth(encoded) => format!("equalTo Basic {encoded}"),
            Self::EqualToJson(pattern) => format!("equalToJson {}", pattern.expected()),
            Self::MatchesJsonPath { source, inner, .. } => match inner {
                None => format!("matchesJsonPath {source}"),
                Some(inner) => format!("matchesJsonPath {source} {}", inner.describe()),
            },
            Self::MatchesJsonSchema(schema) => format!("matchesJsonSchema {}", schema.source()),
            Self::EqualToXml { source, .. } => format!("equalToXml {source}"),
            Self::MatchesXPath { path, inner } => match inner {
                None => format!("matchesXPath {}", path.expression()),
                Some(inner) => format!("matchesXPath {} {}", path.expression(), inner.describe()),
            },
            Self::Date { kind, source, .. } => match kind {
                Kind::Before => format!("before {source}"),
                Kind::After => format!("after {source}"),
                Kind::Equal => format!("equalToDateTime {source}"),
            },
            Self::And(all) => joined(all, " AND "),
            Self::Or(any) => joined(any, " OR "),
            Self::Not(operator) => format!("not {}", operator.describe()),
        }
    }
}

impl BodyOperator {
    /// The operator in words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Binary(bytes) => format!("binaryEqualTo {} bytes", bytes.len()),
            Self::Text(operator) => operator.describe(),
        }
    }
}

/// What the header of the scheme Basic has behind its scheme.
#[must_use]
pub fn basic(username: &str, password: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"))
}

fn joined(operators: &[Operator], word: &str) -> String {
    let words: Vec<String> = operators.iter().map(Operator::describe).collect();
    words.join(word)
}

/// What an XPath finds, each as text; nothing, where there is no XML.
fn nodes<'s>(path: &XPath, subject: &Subject<'_>) -> Vec<Subject<'s>> {
    if !subject.as_str().trim_start().starts_with('<') {
        return Vec::new();
    }
    let found = path.find(subject.as_str()).into_iter();
    found.map(|text| Subject::text(text, subject.now)).collect()
}

fn same_letters(one: &str, other: &str) -> bool {
    let lower = |text: &str| {
        text.chars()
            .flat_map(char::to_lowercase)
            .collect::<Vec<_>>()
    };
    one.eq_ignore_ascii_case(other) || (!one.is_ascii() && lower(one) == lower(other))
}
