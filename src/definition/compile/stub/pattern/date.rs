//! Operators that compare times.

use crate::definition::compile::report::{Place, Report};
use crate::definition::model::Pattern;
use crate::matching::date::{DateMatch, Kind, Options, Truncation, Unit};
use crate::matching::operator::Operator;

pub(super) fn date(
    model: &Pattern,
    kind: Kind,
    expected: &str,
    place: &Place,
    report: &mut Report,
) -> Option<Operator> {
    let beside = place.parent();
    let mut truncation = |name: &Option<String>, key: &str| match name {
        None => Some(None),
        Some(name) => {
            let found = Truncation::named(name);
            known(
                found,
                "truncation",
                name,
                &Truncation::NAMES,
                &beside.at(key),
                report,
            )
            .map(Some)
        }
    };
    let truncate_expected = truncation(&model.truncate_expected, "truncateExpected");
    let truncate_actual = truncation(&model.truncate_actual, "truncateActual");
    let unit = match &model.expected_offset_unit {
        None => Some(None),
        Some(name) => {
            let place = beside.at("expectedOffsetUnit");
            known(
                Unit::named(name),
                "unit",
                name,
                &Unit::NAMES,
                &place,
                report,
            )
            .map(Some)
        }
    };
    let options = Options {
        actual_format: model.actual_format.clone(),
        truncate_expected: truncate_expected?,
        truncate_actual: truncate_actual?,
        expected_offset: model.expected_offset,
        expected_offset_unit: unit?,
        apply_truncation_last: model.apply_truncation_last.unwrap_or(false),
    };
    match DateMatch::compile(kind, expected, options) {
        Ok(date) => Some(Operator::Date {
            kind,
            source: expected.to_owned(),
            date: Box::new(date),
        }),
        Err(message) => {
            report.error(place, message, "in this time, or its format");
            None
        }
    }
}

/// What a name stands for; else that it stands for nothing.
fn known<T>(
    found: Option<T>,
    kind: &str,
    name: &str,
    all: &[(&'static str, T)],
    place: &Place,
    report: &mut Report,
) -> Option<T> {
    if found.is_none() {
        report.unknown(place, kind, name, all.iter().map(|(name, _)| *name));
    }
    found
}
