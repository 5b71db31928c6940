//! How far a value is from what it must be, as WireMock measures it: what ranks the near misses.

use super::super::json_path::Found;
use super::{Operator, Subject, found, nodes};

/// A text that is longer than this, in bytes, fits or is at distance 1: a call that nothing claims is
/// measured against many patterns, and must not cost more for each the longer its body is.
const MEASURED_BYTES_MAX: usize = 256 << 10;

/// So many characters of two texts are compared where they differ: the cost is their product.
const COMPARED_MAX: usize = 500;

impl Operator {
    /// How far a value, or its absence, is from what it must be: 0 fits, 1 has nothing in common. A
    /// text that must be equal has the share of characters to change, also where case does not count;
    /// JSON the share of differing nodes; and most operators know no distance but 0 and 1.
    #[must_use]
    pub fn distance(&self, subject: Option<&Subject<'_>>) -> f64 {
        match self {
            Self::EqualTo { text, .. } => between_texts(text, subject),
            Self::BasicAuth(encoded) => between_texts(&format!("Basic {encoded}"), subject),
            Self::And(all) => mean(all.iter().map(|operator| operator.distance(subject))),
            Self::Or(any) => {
                let distances = any.iter().map(|operator| operator.distance(subject));
                distances.fold(1.0, f64::min)
            }
            _ if self.test(subject) => 0.0,
            _ if subject.is_some_and(|subject| subject.as_str().len() > MEASURED_BYTES_MAX) => 1.0,
            Self::MatchesPathTemplate(template) => {
                between_texts(&template.without_variables(), subject)
            }
            Self::EqualToJson(expected) => subject
                .and_then(Subject::json)
                .map_or(1.0, |json| expected.distance(json)),
            Self::MatchesJsonPath {
                path,
                inner: Some(inner),
                ..
            } => subject.map_or(1.0, |subject| {
                let document = subject.document();
                let found = document
                    .as_deref()
                    .map_or(Found::Missing, |document| path.find(document));
                found::distance(found, inner, subject.now)
            }),
            Self::MatchesJsonSchema(schema) => {
                subject.map_or(1.0, |subject| schema.distance(subject))
            }
            Self::EqualToXml { pattern, .. } => subject.map_or(1.0, |subject| {
                f64::from(pattern.distance(subject.as_str())) / 1000.0
            }),
            Self::MatchesXPath {
                path,
                inner: Some(inner),
            } => {
                let found = subject.map_or(Vec::new(), |subject| nodes(path, subject));
                let distances = found.iter().map(|text| inner.distance(Some(text)));
                distances.fold(1.0, f64::min)
            }
            _ => 1.0,
        }
    }
}

/// The mean of distances; 0 of none.
#[expect(clippy::cast_precision_loss, reason = "a few operators")]
pub(in super::super) fn mean(distances: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = distances.fold((0.0, 0_usize), |(sum, count), distance| {
        (sum + distance, count + 1)
    });
    if count == 0 { 0.0 } else { sum / count as f64 }
}

fn between_texts(expected: &str, subject: Option<&Subject<'_>>) -> f64 {
    subject.map_or(1.0, |subject| share_of_edits(expected, subject.as_str()))
}

/// The share of characters that must change to make one text of another.
#[expect(clippy::cast_precision_loss, reason = "a share for ranking, no amount")]
pub(in super::super) fn share_of_edits(one: &str, other: &str) -> f64 {
    if one == other {
        return 0.0;
    }
    let (one, other): (Vec<u16>, Vec<u16>) =
        (one.encode_utf16().collect(), other.encode_utf16().collect());
    let longest = one.len().max(other.len());
    let same = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[same..], &other[same..]);
    let backwards = one.iter().rev().zip(other.iter().rev());
    let same = backwards.take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[..one.len() - same], &other[..other.len() - same]);
    let compared = |text: &'_ [u16]| text.len().min(COMPARED_MAX);
    let edits = strsim::generic_levenshtein(
        &one[..compared(one)].to_vec(),
        &other[..compared(other)].to_vec(),
    );
    // What is too long to compare counts as different.
    let rest = one.len().max(other.len()) - compared(one).max(compared(other));
    (edits + rest) as f64 / longest as f64
}
