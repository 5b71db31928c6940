//! What a value must be like.

mod date;
mod given;
mod json;
mod xml;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use crate::definition::compile::report::{Place, Report};
use crate::definition::model::Pattern;
use crate::matching::date::Kind;
use crate::matching::operator::{BodyOperator, Multi, Operator};
use crate::matching::pattern::PathTemplate;
use crate::matching::regular_expression::Whole;
use given::{Given, Where};

/// Compiles what a single value must be like.
pub(super) fn operator(model: &Pattern, place: &Place, report: &mut Report) -> Option<Operator> {
    compiled(
        given::only(model, Where::Single, place, report)?,
        model,
        place,
        report,
    )
}

/// Compiles what the values of one name must be like.
pub(super) fn multi(model: &Pattern, place: &Place, report: &mut Report) -> Option<Multi> {
    match given::only(model, Where::Multi, place, report)? {
        Given::HasExactly(all) => each(all, &place.at("hasExactly"), report).map(Multi::HasExactly),
        Given::Includes(all) => each(all, &place.at("includes"), report).map(Multi::Includes),
        given => compiled(given, model, place, report).map(Multi::One),
    }
}

/// Compiles what a body must be like.
pub(super) fn body(model: &Pattern, place: &Place, report: &mut Report) -> Option<BodyOperator> {
    let given = given::only(model, Where::Body, place, report)?;
    let Given::BinaryEqualTo(text) = given else {
        return compiled(given, model, place, report).map(BodyOperator::Text);
    };
    let decoded = STANDARD
        .decode(text)
        .or_else(|_| STANDARD_NO_PAD.decode(text));
    match decoded {
        Ok(bytes) => Some(BodyOperator::Binary(bytes)),
        Err(error) => {
            let message = format!("not base64: {error}");
            report.error(&place.at("binaryEqualTo"), message, "in this text");
            None
        }
    }
}

/// Compiles the one operator that was given.
fn compiled(
    given: Given<'_>,
    model: &Pattern,
    place: &Place,
    report: &mut Report,
) -> Option<Operator> {
    let at = place.at(given.key());
    Some(match given {
        Given::EqualTo(text) => Operator::EqualTo {
            text: text.to_owned(),
            ignore_case: model.case_insensitive.unwrap_or(false),
        },
        Given::Contains(part) => Operator::Contains(part.to_owned()),
        Given::DoesNotContain(part) => Operator::DoesNotContain(part.to_owned()),
        Given::Matches(pattern) => Operator::Matches(regex(pattern, &at, report)?),
        Given::DoesNotMatch(pattern) => Operator::DoesNotMatch(regex(pattern, &at, report)?),
        Given::Anything => Operator::Anything,
        Given::Absent => Operator::Absent,
        Given::MatchesPathTemplate(text) => match PathTemplate::loose(text) {
            Ok(template) => Operator::MatchesPathTemplate(template),
            Err(message) => {
                report.error(&at, message, "in this template");
                return None;
            }
        },
        Given::EqualToJson(expected) => json::equal_to(model, expected, &at, report)?,
        Given::MatchesJsonPath(value) => json::path(value, &at, report)?,
        Given::MatchesJsonSchema(schema) => json::schema(model, schema, &at, report)?,
        Given::And(all) => Operator::And(two_or_more(all, &at, report)?),
        Given::Or(any) => Operator::Or(two_or_more(any, &at, report)?),
        Given::Not(model) => Operator::Not(Box::new(operator(model, &at, report)?)),
        Given::EqualToXml(expected) => xml::equal_to(model, expected, &at, report)?,
        Given::MatchesXPath(value) => xml::path(model, value, &at, report)?,
        Given::Before(time) => date::date(model, Kind::Before, time, &at, report)?,
        Given::After(time) => date::date(model, Kind::After, time, &at, report)?,
        Given::EqualToDateTime(time) => date::date(model, Kind::Equal, time, &at, report)?,
        // Only where they may stand are they looked for.
        Given::BinaryEqualTo(_) | Given::HasExactly(_) | Given::Includes(_) => return None,
    })
}

fn each(models: &[Pattern], place: &Place, report: &mut Report) -> Option<Vec<Operator>> {
    let compiled: Vec<_> = models
        .iter()
        .enumerate()
        .map(|(at, model)| operator(model, &place.at(at), report))
        .collect();
    compiled.into_iter().collect()
}

fn two_or_more(models: &[Pattern], place: &Place, report: &mut Report) -> Option<Vec<Operator>> {
    if models.len() < 2 {
        report.error(place, "too few operators", "expected two or more");
        return None;
    }
    each(models, place, report)
}

fn regex(pattern: &str, place: &Place, report: &mut Report) -> Option<Whole> {
    match Whole::compile(pattern) {
        Ok(regex) => Some(regex),
        Err(message) => {
            report.error(place, message, "in this regular expression");
            None
        }
    }
}
