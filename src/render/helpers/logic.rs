//! Conditions. Comparing follows handlebars.java: numbers by value, everything else as it is.

use std::cmp::Ordering;

use serde_json::Value;

use super::given::decimal;
use super::{Answer, Given, Helper, Role, Scope, holds};
use crate::render::java::{INVERSE, SECTION};

pub(super) const HELPERS: &[Helper] = &[
    Helper::new("if", Role::Condition, |given| {
        let truth = given.argument(0).is_some_and(holds);
        Ok(truth.into())
    }),
    Helper::new("unless", Role::Condition, |given| {
        let truth = given.argument(0).is_some_and(holds);
        Ok((!truth).into())
    }),
    Helper::new(INVERSE, Role::Condition, |given| {
        let truth = given.argument(0).is_some_and(holds);
        Ok((!truth).into())
    }),
    Helper::scope("each", Scope::Each),
    Helper::scope("with", Scope::With),
    Helper::scope(SECTION, Scope::Section),
    Helper::test("eq", |given| {
        compared(given, |o| o == Some(Ordering::Equal))
    }),
    Helper::test("neq", |given| {
        compared(given, |o| o != Some(Ordering::Equal))
    }),
    Helper::test("gt", |given| {
        compared(given, |o| o == Some(Ordering::Greater))
    }),
    Helper::test("gte", |given| {
        compared(given, |o| o.is_some_and(Ordering::is_ge))
    }),
    Helper::test("lt", |given| compared(given, |o| o == Some(Ordering::Less))),
    Helper::test("lte", |given| {
        compared(given, |o| o.is_some_and(Ordering::is_le))
    }),
    Helper::test("and", |given| {
        let truth = given.positional.iter().all(|value| holds(value));
        decide(given, truth)
    }),
    Helper::test("or", |given| {
        let truth = given.positional.iter().any(|value| holds(value));
        decide(given, truth)
    }),
    Helper::test("not", |given| {
        let truth = !given.argument(0).is_some_and(holds);
        decide(given, truth)
    }),
];

/// The answer of a test: what `yes=` or `no=` says, else the truth itself.
pub(super) fn decide(given: &mut Given<'_>, truth: bool) -> Answer {
    let chosen = given.option(if truth { "yes" } else { "no" });
    Ok(chosen.cloned().unwrap_or_else(|| truth.into()))
}

fn compared(given: &mut Given<'_>, is_met: fn(Option<Ordering>) -> bool) -> Answer {
    let left = given.argument(0).unwrap_or(&Value::Null);
    let right = given.argument(1).unwrap_or(&Value::Null);
    let truth = is_met(order(left, right));
    decide(given, truth)
}

/// How two values of one kind compare; values of two kinds do not, and only compare unequal.
fn order(left: &Value, right: &Value) -> Option<Ordering> {
    use serde_json::Value::{Array, Bool, Null, Number, Object, String};
    match (left, right) {
        (Number(_), Number(_)) => match (decimal(left), decimal(right)) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            // Numbers that no decimal holds are the same if they are written the same.
            _ => (left == right).then_some(Ordering::Equal),
        },
        (String(left), String(right)) => Some(left.cmp(right)),
        (Bool(left), Bool(right)) => Some(left.cmp(right)),
        (Null, Null) => Some(Ordering::Equal),
        (Array(left), Array(right)) => (left == right).then_some(Ordering::Equal),
        (Object(left), Object(right)) => (left == right).then_some(Ordering::Equal),
        _ => None,
    }
}
