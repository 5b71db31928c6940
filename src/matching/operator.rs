//! Operators: what a header, a query parameter or a body must be like. The words are WireMock's.

use std::borrow::Cow;

use regex::Regex;
use serde_json::Value;

use super::json_equal::EqualTo;
use super::json_path::{self, Found, JsonPath};

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
    /// A regular expression for the whole of it.
    Matches(Regex),
    /// A regular expression that the whole of it does not fit.
    DoesNotMatch(Regex),
    /// Nothing there.
    Absent,
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
}

/// A value that an operator is asked about: its text, and the same as JSON where it is JSON.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The text.
    pub text: &'a str,
    /// The JSON in the text, if the caller has read it already.
    pub json: Option<&'a Value>,
}

impl<'a> Subject<'a> {
    /// A text that nobody has read as JSON.
    #[must_use]
    pub fn text(text: &'a str) -> Self {
        Self { text, json: None }
    }

    fn json(&self) -> Option<Cow<'a, Value>> {
        match self.json {
            Some(json) => Some(Cow::Borrowed(json)),
            None => serde_json::from_str(self.text).ok().map(Cow::Owned),
        }
    }
}

impl Operator {
    /// Whether a value, or its absence, is as it must be.
    #[must_use]
    pub fn test(&self, subject: Option<Subject<'_>>) -> bool {
        let Some(subject) = subject else {
            return matches!(self, Self::Absent);
        };
        match self {
            Self::EqualTo { text, ignore_case } => {
                subject.text == text
                    || (*ignore_case && subject.text.to_lowercase() == text.to_lowercase())
            }
            Self::Contains(part) => subject.text.contains(part),
            Self::Matches(regex) => regex.is_match(subject.text),
            Self::DoesNotMatch(regex) => !regex.is_match(subject.text),
            Self::Absent => false,
            Self::EqualToJson(expected) => subject
                .json()
                .is_some_and(|json| expected.compare(&json).is_ok()),
            Self::MatchesJsonPath { path, inner, .. } => {
                subject.json().is_some_and(|json| match inner {
                    None => json_path::matches(path, &json),
                    Some(inner) => found_fits(&path.find(&json), inner),
                })
            }
        }
    }

    /// The operator in words, for a reader who looks for the difference.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::EqualTo { text, .. } => format!("equalTo {text}"),
            Self::Contains(part) => format!("contains {part}"),
            Self::Matches(regex) => format!("matches {}", inner_text(regex)),
            Self::DoesNotMatch(regex) => format!("doesNotMatch {}", inner_text(regex)),
            Self::Absent => "absent".into(),
            Self::EqualToJson(pattern) => format!("equalToJson {}", pattern.expected()),
            Self::MatchesJsonPath { source, inner, .. } => match inner {
                None => format!("matchesJsonPath {source}"),
                Some(inner) => format!("matchesJsonPath {source} {}", inner.describe()),
            },
        }
    }
}

/// A regular expression that must fit a whole text, as Java's `matches()` has it.
///
/// # Errors
/// When the text is no regular expression of the linear kind (no look-around, no back references).
pub fn whole(pattern: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!("^(?:{pattern})$"))
}

/// The expression that [`whole`] was given.
#[must_use]
pub fn inner_text(regex: &Regex) -> &str {
    let text = regex.as_str();
    text.strip_prefix("^(?:")
        .and_then(|text| text.strip_suffix(")$"))
        .unwrap_or(text)
}

fn found_fits(found: &Found<'_>, inner: &Operator) -> bool {
    let fits = |value: &Value| {
        let text = match value {
            Value::Null => return inner.test(None),
            Value::String(text) => Cow::Borrowed(text.as_str()),
            other => Cow::Owned(other.to_string()),
        };
        let json = (!value.is_string()).then_some(value);
        inner.test(Some(Subject { text: &text, json }))
    };
    match found {
        Found::Missing => inner.test(None),
        Found::One(value) => fits(value),
        Found::Computed(value) => fits(value),
        Found::Many(values) if values.is_empty() => inner.test(None),
        Found::Many(values) => values.iter().any(|value| fits(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::json_equal::EqualOptions;
    use super::*;

    fn json_path(path: &str, inner: Option<Operator>) -> Operator {
        Operator::MatchesJsonPath {
            path: Box::new(JsonPath::compile(path).expect("a path")),
            source: path.into(),
            inner: inner.map(Box::new),
        }
    }

    fn equal_to(text: &str) -> Operator {
        Operator::EqualTo {
            text: text.into(),
            ignore_case: false,
        }
    }

    #[test]
    fn operators_say_yes_and_no() {
        let body = r#"{"a":{"b":"x","n":1.0},"list":[{"id":1},{"id":2}]}"#;
        let equal_json = |text: &str| {
            let expected = serde_json::from_str(text).expect("JSON");
            let options = EqualOptions::default();
            Operator::EqualToJson(Box::new(
                EqualTo::compile(expected, options).expect("a pattern"),
            ))
        };
        let ignore_case = Operator::EqualTo {
            text: "ABC".into(),
            ignore_case: true,
        };
        let matches = |pattern: &str| Operator::Matches(whole(pattern).expect("a pattern"));
        let does_not = |pattern: &str| Operator::DoesNotMatch(whole(pattern).expect("a pattern"));
        for (operator, subject, yes) in [
            (equal_to("abc"), Some("abc"), true),
            (equal_to("abc"), Some("abcd"), false),
            (equal_to("abc"), None, false),
            (ignore_case, Some("aBc"), true),
            (Operator::Contains("b".into()), Some("abc"), true),
            (matches("a.c"), Some("abc"), true),
            (matches("a.c"), Some("abcd"), false),
            (matches("a|b"), Some("ab"), false),
            (does_not("a.c"), Some("abc"), false),
            (does_not("a.c"), None, false),
            (Operator::Absent, None, true),
            (Operator::Absent, Some(""), false),
            (equal_json(body), Some(body), true),
            (equal_json(r#"{"a":1}"#), Some(body), false),
            (equal_json("{}"), Some("not json"), false),
            (json_path("$.a.b", None), Some(body), true),
            (json_path("$.a.c", None), Some(body), false),
            (json_path("$.a.b", Some(equal_to("x"))), Some(body), true),
            (json_path("$.a.b", Some(equal_to("y"))), Some(body), false),
            (
                json_path("$.list[*].id", Some(equal_to("2"))),
                Some(body),
                true,
            ),
            (json_path("$.a.c", Some(Operator::Absent)), Some(body), true),
        ] {
            assert_eq!(
                operator.test(subject.map(Subject::text)),
                yes,
                "{} on {subject:?}",
                operator.describe()
            );
        }
    }
}
