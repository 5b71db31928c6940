//! Whether a record is what a search text asks for, in the way in which most services read one.

use std::cmp::Ordering;

use serde_json::Value;

use crate::domain::order::decimal;

/// Whether a record is what terms, as [`super::terms`] gives them, ask for: all of them, or one.
///
/// `:` and `=` are equal, without regard to case, to a text, a number or a flag, or to an element of a
/// list; `~` is within a text. `<` and its like compare numbers as such, all else as text. `null` is
/// what is null or not there. A word alone is within one of the record's texts. What was not understood
/// asks for nothing that there is.
#[must_use]
pub fn matches(terms: &Value, record: &Value) -> bool {
    let all = terms["terms"].as_array().map_or(&[][..], Vec::as_slice);
    if terms["problem"]
        .as_str()
        .is_some_and(|problem| !problem.is_empty())
    {
        return false;
    }
    let is_met = |term: &Value| is_met(term, record) != (term["negated"] == true);
    match terms["any"] == true {
        true => all.iter().any(is_met),
        false => all.iter().all(is_met),
    }
}

fn is_met(term: &Value, record: &Value) -> bool {
    let text = |name: &str| term[name].as_str();
    let field = text("field").unwrap_or_default();
    let Some(value) = text("value") else {
        return at(record, field).is_none_or(Value::is_null);
    };
    if field.is_empty() {
        return has_word(record, &value.to_lowercase());
    }
    let Some(found) = at(record, field) else {
        return false;
    };
    let candidates = found
        .as_array()
        .map_or(std::slice::from_ref(found), Vec::as_slice);
    let operator = text("operator").unwrap_or_default();
    candidates.iter().any(|candidate| match operator {
        ".." => {
            let from = text("from").filter(|end| !end.is_empty());
            let to = text("to").filter(|end| !end.is_empty());
            from.is_none_or(|from| order(candidate, from).is_some_and(Ordering::is_ge))
                && to.is_none_or(|to| order(candidate, to).is_some_and(Ordering::is_le))
        }
        _ => compared(candidate, operator, value),
    })
}

fn compared(candidate: &Value, operator: &str, value: &str) -> bool {
    let order = || order(candidate, value);
    match operator {
        "<" => order().is_some_and(Ordering::is_lt),
        "<=" => order().is_some_and(Ordering::is_le),
        ">" => order().is_some_and(Ordering::is_gt),
        ">=" => order().is_some_and(Ordering::is_ge),
        "~" => words(candidate).is_some_and(|found| found.contains(&value.to_lowercase())),
        _ => {
            words(candidate).is_some_and(|found| found == value.to_lowercase())
                || candidate.is_number() && order() == Some(Ordering::Equal)
        }
    }
}

/// What stands at a dotted path: a key may have dots of its own.
fn at<'r>(value: &'r Value, path: &str) -> Option<&'r Value> {
    if let Some(found) = value.get(path) {
        return Some(found);
    }
    let (first, rest) = path.split_once('.')?;
    at(value.get(first)?, rest)
}

/// A plain value as text, without regard to case.
fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.to_lowercase()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn order(candidate: &Value, value: &str) -> Option<Ordering> {
    match (decimal(candidate), decimal(&Value::from(value))) {
        (Some(ours), Some(theirs)) => Some(ours.cmp(&theirs)),
        _ => Some(candidate.as_str()?.cmp(value)),
    }
}

fn has_word(record: &Value, word: &str) -> bool {
    let members = record.as_object().into_iter().flatten();
    members
        .flat_map(|(_, member)| {
            member
                .as_array()
                .map_or(std::slice::from_ref(member), Vec::as_slice)
        })
        .filter_map(Value::as_str)
        .any(|text| text.to_lowercase().contains(word))
}
