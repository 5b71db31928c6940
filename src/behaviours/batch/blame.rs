//! Blame: which member of what a caller gave is at fault, where an expression over it gives what it
//! should not. The expression itself is the author's, and nothing for the caller to see.

use serde_json::Value;

use super::items::{kind, malformed};
use crate::behaviours::{Refusal, Variables};
use crate::matching::condition::Expression;

/// The expression has no value over what stands for `name`.
pub(super) fn unexpected(expression: &Expression, name: &str, variables: &Variables) -> Refusal {
    match at_fault(expression, name, variables) {
        Some((member, value)) => {
            let message = format!("{member}: {} is not expected here", kind(value));
            told(&message, expression)
        }
        None => told("the batch cannot be read", expression),
    }
}

/// The expression gives no condition.
pub(super) fn no_condition(
    expression: &Expression,
    name: &str,
    variables: &Variables,
    found: &Value,
) -> Refusal {
    let message = format!("expected true or false, found {}", kind(found));
    blamed(expression, name, variables, &message)
}

/// A refusal with this message, of the member that the expression asks for.
pub(super) fn blamed(
    expression: &Expression,
    name: &str,
    variables: &Variables,
    message: &str,
) -> Refusal {
    match at_fault(expression, name, variables) {
        Some((member, _)) => told(&format!("{member}: {message}"), expression),
        None => told(message, expression),
    }
}

/// The expression goes into the trace, for its author.
fn told(message: &str, expression: &Expression) -> Refusal {
    malformed(message).with("expression", expression.source())
}

/// The first member that the expression asks for and that there is, as deep as it asks.
fn at_fault<'v>(
    expression: &Expression,
    name: &str,
    variables: &'v Variables,
) -> Option<(String, &'v Value)> {
    let given = variables.get(name)?;
    let found = |path: &Vec<String>| {
        let value = path.iter().try_fold(given, |value, name| value.get(name));
        value.filter(|value| !value.is_null())
    };
    let asked = expression.paths(name);
    let there: Vec<(&Vec<String>, &Value)> = asked
        .iter()
        .filter_map(|path| Some((path, found(path)?)))
        .collect();
    let first = there.first()?.0.first()?;
    let of_first = there.iter().filter(|(path, _)| path.first() == Some(first));
    let (path, value) = of_first.max_by_key(|(path, _)| path.len())?;
    Some((path.join("."), value))
}
