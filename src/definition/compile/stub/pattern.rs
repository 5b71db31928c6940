//! What a value must be like.

use serde_json::Value;

use crate::definition::compile::report::{Place, Report};
use crate::definition::model::Pattern;
use crate::matching::json_equal::{EqualOptions, EqualTo};
use crate::matching::json_path::JsonPath;
use crate::matching::operator::{Operator, whole};

/// Compiles what a value must be like.
pub(super) fn operator(model: &Pattern, place: &Place, report: &mut Report) -> Option<Operator> {
    let given = operators(model);
    match given.as_slice() {
        [_] => {}
        [] => {
            report.error(
                place,
                "no operator",
                format!("expected one of {}", OPERATORS.join(", ")),
            );
            return None;
        }
        [first, second, ..] => {
            let message = format!("a pattern has one operator, not `{first}` and `{second}`");
            report.error_at_key(&place.at(second), message, "one too many");
            return None;
        }
    }
    if let Some(text) = &model.equal_to {
        return Some(Operator::EqualTo {
            text: text.clone(),
            ignore_case: model.case_insensitive.unwrap_or(false),
        });
    }
    if let Some(part) = &model.contains {
        return Some(Operator::Contains(part.clone()));
    }
    if let Some(pattern) = &model.matches {
        return regex(pattern, &place.at("matches"), report).map(Operator::Matches);
    }
    if let Some(pattern) = &model.does_not_match {
        return regex(pattern, &place.at("doesNotMatch"), report).map(Operator::DoesNotMatch);
    }
    if let Some(expected) = &model.equal_to_json {
        return equal_to_json(model, expected, &place.at("equalToJson"), report);
    }
    if let Some(path) = &model.matches_json_path {
        return matches_json_path(path, &place.at("matchesJsonPath"), report);
    }
    Some(Operator::Absent)
}

const OPERATORS: [&str; 7] = [
    "equalTo",
    "contains",
    "matches",
    "doesNotMatch",
    "absent",
    "equalToJson",
    "matchesJsonPath",
];

fn operators(model: &Pattern) -> Vec<&'static str> {
    let given = [
        model.equal_to.is_some(),
        model.contains.is_some(),
        model.matches.is_some(),
        model.does_not_match.is_some(),
        model.absent.is_some(),
        model.equal_to_json.is_some(),
        model.matches_json_path.is_some(),
    ];
    OPERATORS
        .into_iter()
        .zip(given)
        .filter_map(|(name, there)| there.then_some(name))
        .collect()
}

fn regex(pattern: &str, place: &Place, report: &mut Report) -> Option<regex::Regex> {
    match whole(pattern) {
        Ok(regex) => Some(regex),
        Err(error) => {
            report.error(place, regex_message(&error), "in this regular expression");
            None
        }
    }
}

pub(super) fn regex_message(error: &regex::Error) -> String {
    let text = error.to_string();
    let cause = text.lines().last().unwrap_or(&text);
    format!(
        "not a regular expression: {}",
        cause.trim_start_matches("error: ")
    )
}

fn equal_to_json(
    model: &Pattern,
    expected: &Value,
    place: &Place,
    report: &mut Report,
) -> Option<Operator> {
    let expected = match expected {
        Value::String(text) => match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => {
                report.error(
                    place,
                    format!("not JSON: {error}"),
                    "expected a document, or a text that holds one",
                );
                return None;
            }
        },
        value => value.clone(),
    };
    let options = EqualOptions {
        ignore_array_order: model.ignore_array_order.unwrap_or(false),
        ignore_extra_elements: model.ignore_extra_elements.unwrap_or(false),
        placeholders: true,
    };
    match EqualTo::compile(expected, options) {
        Ok(pattern) => Some(Operator::EqualToJson(Box::new(pattern))),
        Err(error) => {
            report.error(
                &place.below(&error.pointer),
                error.message,
                "in this placeholder",
            );
            None
        }
    }
}

fn matches_json_path(value: &Value, place: &Place, report: &mut Report) -> Option<Operator> {
    let (source, path_place, inner) = match value {
        Value::String(source) => (source.clone(), place.clone(), None),
        Value::Object(members) => {
            let mut members = members.clone();
            let path_place = place.at("expression");
            let Some(Value::String(source)) = members.shift_remove("expression") else {
                report.error(
                    place,
                    "no `expression`",
                    "expected a JSONPath as `expression`",
                );
                return None;
            };
            let model: Pattern = match serde_json::from_value(Value::Object(members)) {
                Ok(model) => model,
                Err(error) => {
                    report.error(
                        place,
                        error.to_string(),
                        "expected `expression` and one operator",
                    );
                    return None;
                }
            };
            (source, path_place, Some(operator(&model, place, report)?))
        }
        _ => {
            report.error(
                place,
                "expected a JSONPath, or an object with `expression`",
                "",
            );
            return None;
        }
    };
    match JsonPath::compile(&source) {
        Ok(path) => Some(Operator::MatchesJsonPath {
            path: Box::new(path),
            source,
            inner: inner.map(Box::new),
        }),
        Err(error) => {
            report.error_within(
                &path_place,
                &source,
                error.offset,
                format!("not a JSONPath: {}", error.message),
                "here",
            );
            None
        }
    }
}
