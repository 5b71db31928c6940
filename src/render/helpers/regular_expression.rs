//! Regular expressions. They run in linear time, and know no look-around and no back-references.

use std::borrow::Cow;

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::logic::decide;
use super::{Answer, Fault, Given, Helper, Prepared, VariablePlace, complain};
use crate::render::{Dialect, many};

pub(super) const HELPERS: &[Helper] = &[
    Helper::value("regexExtract", regex_extract)
        .assigning(VariablePlace::Position(2))
        .preparing(|pattern| compile(pattern).map(Prepared::Pattern)),
    Helper::test("matches", matches)
        .preparing(|pattern| compile(&whole(pattern)).map(Prepared::Pattern)),
];

/// The most memory that a compiled pattern may take, in bytes.
const PATTERN_SIZE_MAX: usize = 1 << 18;

/// What it costs to compile a pattern during a render, in units of work.
const PATTERN_WORK: u64 = 1 << 16;

fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern)
        .size_limit(PATTERN_SIZE_MAX)
        .build()
        .ok()
}

/// The pattern that matches a text from end to end where `pattern` matches it.
fn whole(pattern: &str) -> String {
    format!(r"\A(?:{pattern})\z")
}

/// The pattern that was compiled with the template, or `pattern` compiled now, which is paid for:
/// a loop could ask for it without end.
fn regex_of<'g>(given: &mut Given<'g>, pattern: &str) -> Result<Cow<'g, Regex>, Fault> {
    if let Some(Prepared::Pattern(regex)) = given.prepared() {
        return Ok(Cow::Borrowed(regex));
    }
    given.charge(PATTERN_WORK)?;
    match compile(pattern) {
        Some(regex) => Ok(Cow::Owned(regex)),
        None => complain(format!("Invalid regex string {}", given.text(1))),
    }
}

/// `{{regexExtract text pattern}}`: the first match. With the name of a variable after it, the
/// groups of all matches become that variable.
fn regex_extract(given: &mut Given<'_>) -> Answer {
    let pattern = given.text(1);
    let regex = regex_of(given, &pattern)?;
    let text = given.text(0);
    if given.positional.len() < 3
        && let Some(found) = regex.find(&text)
    {
        return Ok(found.as_str().into());
    }
    let mut groups = Vec::new();
    for found in regex.captures_iter(&text) {
        for group in found.iter().skip(1) {
            groups.push(group.map_or(Value::Null, |group| Value::from(group.as_str())));
        }
    }
    if groups.is_empty() {
        return match given.option("default") {
            Some(default) => {
                given.is_kept = given.dialect == Dialect::Pack;
                Ok(default.clone())
            }
            None => complain(format!("Nothing matched {pattern}")),
        };
    }
    Ok(match given.dialect {
        Dialect::Pack => Value::Array(groups),
        Dialect::WireMock => many(groups),
    })
}

/// `{{matches text pattern}}`: whether the pattern matches the whole text.
fn matches(given: &mut Given<'_>) -> Answer {
    if given.positional.len() < 2 {
        return complain("You must specify the string to be matched and the regular expression");
    }
    let pattern = whole(&given.text(1));
    let truth = regex_of(given, &pattern)?.is_match(&given.text(0));
    decide(given, truth)
}
