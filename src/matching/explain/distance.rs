//! How far a call is from a pattern, as WireMock measures it.
//!
//! Each part of a pattern is between 0 (fits) and 1 away; the whole is their mean by weight. Only
//! when method and URL fit do the other parts count, all with the weight 1. It is a rank, not an
//! amount, so it is a float.

use std::borrow::Cow;

use http::HeaderName;

use super::super::operator::{Operator, Subject};
use super::super::pattern::{PathTemplate, RequestPattern, UrlPattern};
use crate::domain::call::Call;

/// What the parts weigh that are asked first: scheme, host, port, the client's address, URL, method.
const SCHEME: f64 = 3.0;
const HOST: f64 = 10.0;
const PORT: f64 = 10.0;
const CLIENT_IP: f64 = 3.0;
const URL: f64 = 10.0;
const METHOD: f64 = 3.0;

/// The parts that are asked then: path parameters, headers, query, form, cookies, body, multipart.
const OTHERS: f64 = 7.0;

/// So many characters of texts are compared, beside what they begin and end with in common: the cost
/// grows with the square.
const COMPARED_MAX: usize = 250;

/// How one part of a pattern compares with a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Part {
    /// Whether it fits.
    pub(super) fits: bool,
    /// How far it is away.
    pub(super) distance: f64,
}

impl Part {
    fn of(fits: bool) -> Self {
        let distance = if fits { 0.0 } else { 1.0 };
        Self { fits, distance }
    }
}

/// The parts that are asked first.
pub(super) struct First {
    pub(super) url: Part,
    pub(super) method: Part,
}

/// The other parts, each in the order of the pattern.
pub(super) struct Others {
    pub(super) headers: Vec<Part>,
    pub(super) query: Vec<Part>,
    pub(super) body: Vec<Part>,
}

/// How far a call is from a pattern: 0 fits, 1 is nothing alike.
#[must_use]
pub fn distance(pattern: &RequestPattern, call: &Call) -> f64 {
    let first = First::of(pattern, call);
    let sum = first.url.distance * URL + first.method.distance * METHOD;
    let weight = SCHEME + HOST + PORT + CLIENT_IP + URL + METHOD;
    if !first.url.fits || !first.method.fits {
        return sum / weight;
    }
    let others = Others::of(pattern, call);
    let others = [others.headers, others.query, others.body];
    let others: f64 = others.iter().map(|parts| mean(parts)).sum();
    (sum + others) / (weight + OTHERS)
}

#[expect(clippy::cast_precision_loss, reason = "a rank, no amount")]
fn mean(parts: &[Part]) -> f64 {
    let sum: f64 = parts.iter().map(|part| part.distance).sum();
    sum / parts.len().max(1) as f64
}

impl First {
    /// Compares the parts of a pattern that are asked first.
    pub(super) fn of(pattern: &RequestPattern, call: &Call) -> Self {
        Self {
            url: url(&pattern.url, call),
            method: Part::of(pattern.method_fits(call)),
        }
    }
}

impl Others {
    /// Compares the other parts of a pattern.
    pub(super) fn of(pattern: &RequestPattern, call: &Call) -> Self {
        let headers = pattern.headers.iter();
        let headers = headers.map(|(name, operator)| best(operator, header_values(call, name)));
        let query = pattern.query.iter();
        let query = query.map(|(name, operator)| best(operator, query_values(call, name)));
        let body = pattern.body.iter().map(|operator| body(operator, call));
        Self {
            headers: headers.collect(),
            query: query.collect(),
            body: body.collect(),
        }
    }
}

fn url(pattern: &UrlPattern, call: &Call) -> Part {
    match pattern {
        UrlPattern::Url(text) => text_equal(text, &call.target, false),
        UrlPattern::Path(text) => text_equal(text, call.path(), false),
        UrlPattern::Template(template) => match pattern.test(call) {
            Some(_) => Part::of(true),
            None => Part {
                fits: false,
                distance: apart(&without_variables(template), call.path()),
            },
        },
        other => Part::of(other.test(call).is_some()),
    }
}

/// A template's text with `_` for each variable, as WireMock measures it.
fn without_variables(template: &PathTemplate) -> String {
    let segments = template.literals();
    segments.fold(String::new(), |text, literal| {
        text + "/" + literal.unwrap_or("_")
    })
}

/// The nearest of the values that a header or a parameter has, or its absence.
fn best<'a>(operator: &Operator, values: impl Iterator<Item = Cow<'a, str>>) -> Part {
    let parts = values.map(|value| compare(operator, Some(Subject::text(&value))));
    let nearest = parts.reduce(|one, other| Part {
        fits: one.fits || other.fits,
        distance: one.distance.min(other.distance),
    });
    nearest.unwrap_or_else(|| compare(operator, None))
}

fn header_values<'a>(call: &'a Call, name: &HeaderName) -> impl Iterator<Item = Cow<'a, str>> {
    let values = call.headers.get_all(name).into_iter();
    values.map(|value| String::from_utf8_lossy(value.as_bytes()))
}

fn query_values<'a>(call: &'a Call, name: &str) -> impl Iterator<Item = Cow<'a, str>> {
    let pairs = call.query().filter(move |(found, _)| found == name);
    pairs.map(|(_, value)| value)
}

fn body(operator: &Operator, call: &Call) -> Part {
    if call.body.is_empty() {
        return compare(operator, None);
    }
    let text = String::from_utf8_lossy(&call.body);
    let wants_json = matches!(
        operator,
        Operator::EqualToJson(_) | Operator::MatchesJsonPath { .. }
    );
    let json = wants_json.then(|| call.json()).flatten();
    compare(operator, Some(Subject { text: &text, json }))
}

fn compare(operator: &Operator, subject: Option<Subject<'_>>) -> Part {
    let fits = operator.test(subject);
    match (operator, subject) {
        (Operator::EqualTo { text, ignore_case }, Some(subject)) => {
            text_equal(text, subject.text, *ignore_case)
        }
        (Operator::EqualToJson(expected), Some(subject)) if !fits => {
            let distance = subject.json.map_or(1.0, |json| expected.distance(json));
            Part { fits, distance }
        }
        _ => Part::of(fits),
    }
}

fn text_equal(expected: &str, actual: &str, ignore_case: bool) -> Part {
    let fits =
        expected == actual || (ignore_case && expected.to_lowercase() == actual.to_lowercase());
    let distance = apart(expected, actual);
    Part { fits, distance }
}

/// The edit distance of two texts as a share of the longer one.
#[expect(clippy::cast_precision_loss, reason = "a rank, no amount")]
fn apart(one: &str, other: &str) -> f64 {
    if one == other {
        return 0.0;
    }
    let longest = one.chars().count().max(other.chars().count());
    let (one, other) = without_common_ends(one, other);
    let rest = |text: &str| text.chars().count().saturating_sub(COMPARED_MAX);
    let uncompared = rest(one).max(rest(other));
    let head = |text: &str| -> String { text.chars().take(COMPARED_MAX).collect() };
    let edits = strsim::levenshtein(&head(one), &head(other)) + uncompared;
    edits as f64 / longest as f64
}

/// Two texts without what they begin and end with in common, which no edit touches.
fn without_common_ends<'a>(one: &'a str, other: &'a str) -> (&'a str, &'a str) {
    let pairs = one.chars().zip(other.chars());
    let common = pairs.take_while(|(one, other)| one == other);
    let begin: usize = common.map(|(same, _)| same.len_utf8()).sum();
    let (one, other) = (&one[begin..], &other[begin..]);
    let pairs = one.chars().rev().zip(other.chars().rev());
    let common = pairs.take_while(|(one, other)| one == other);
    let end: usize = common.map(|(same, _)| same.len_utf8()).sum();
    (&one[..one.len() - end], &other[..other.len() - end])
}
