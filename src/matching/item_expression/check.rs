//! What is wrong with an expression as it stands, whatever item it meets: functions that there are
//! not, operands of the wrong number or type, and paths that are in one another's way.

use serde_json::Value;

use super::ExpressionKind;
use super::problem::{Fault, Problems};
use super::tree::{Call, Operand, Path, Step};
use super::value::{TYPES, order, type_of, typed};

/// The functions of conditions, and of updates, with how many operands they take.
const CONDITION_FUNCTIONS: [(&str, usize); 6] = [
    ("attribute_exists", 1),
    ("attribute_not_exists", 1),
    ("attribute_type", 2),
    ("begins_with", 2),
    ("contains", 2),
    ("size", 1),
];
const UPDATE_FUNCTIONS: [(&str, usize); 2] = [("if_not_exists", 2), ("list_append", 2)];

/// Checks a function with its operands.
pub(super) fn call(kind: ExpressionKind, call: &Call<'_>, problems: &mut Problems) {
    let Call { name, arguments } = call;
    let functions: &[(&str, usize)] = match kind.is_condition() {
        true => &CONDITION_FUNCTIONS,
        false => &UPDATE_FUNCTIONS,
    };
    let Some((_, count)) = functions.iter().find(|(known, _)| known == name) else {
        problems.note(Fault::Function, || {
            format!("Invalid function name; function: {name}")
        });
        return;
    };
    if arguments.len() != *count {
        problems.note(Fault::Count, || {
            format!(
                "Incorrect number of operands for operator or function; operator or function: \
                 {name}, number of operands: {}",
                arguments.len()
            )
        });
        return;
    }
    if kind.is_condition() {
        no_functions(arguments.iter(), problems);
    }
    if let [one, other] = arguments.as_slice() {
        distinct(name, one, other, problems);
    }
    let first = arguments.first();
    match name.as_str() {
        "attribute_exists" | "attribute_not_exists" | "if_not_exists" => {
            if !matches!(first, Some(Operand::Path(_) | Operand::Undefined)) {
                problems.note(Fault::Operand, || {
                    format!(
                        "Operator or function requires a document path; operator or function: \
                         {name}"
                    )
                });
            }
        }
        "attribute_type" => attribute_type(arguments, problems),
        "begins_with" => each_of(name, arguments, &["S", "B"], problems),
        "list_append" => each_of(name, arguments, &["L"], problems),
        "size" => {
            const SIZED: [&str; 7] = ["S", "B", "L", "M", "SS", "NS", "BS"];
            each_of(name, arguments, &SIZED, problems);
        }
        _ => {}
    }
}

/// A function that stands for a condition.
pub(super) fn test(call: &Call<'_>, problems: &mut Problems) {
    if call.name == "size" {
        misused(&call.name, problems);
    }
}

/// Operands of a condition: of the functions, only `size` gives a value.
pub(super) fn no_functions<'a, 'v: 'a>(
    operands: impl Iterator<Item = &'a Operand<'v>>,
    problems: &mut Problems,
) {
    for operand in operands {
        if let Operand::Call(call) = operand
            && call.name != "size"
        {
            misused(&call.name, problems);
        }
    }
}

fn misused(name: &str, problems: &mut Problems) {
    problems.note(Fault::Misused, || {
        format!(
            "The function is not allowed to be used this way in an expression; function: {name}"
        )
    });
}

/// Two operands that are compared.
pub(super) fn compared(
    mark: &str,
    left: &Operand<'_>,
    right: &Operand<'_>,
    problems: &mut Problems,
) {
    no_functions([left, right].into_iter(), problems);
    distinct(mark, left, right, problems);
    if !matches!(mark, "=" | "<>") {
        const ORDERED: [&str; 3] = ["S", "N", "B"];
        for operand in [left, right] {
            one_of(mark, operand, &ORDERED, problems);
        }
    }
}

/// A path compared with itself is a mistake.
fn distinct(name: &str, one: &Operand<'_>, other: &Operand<'_>, problems: &mut Problems) {
    if let (Operand::Path(path), Operand::Path(same)) = (one, other)
        && path == same
        && !matches!(name, "if_not_exists" | "list_append")
    {
        problems.note(Fault::Distinct, || {
            format!(
                "The first operand must be distinct from the remaining operands for this operator \
                 or function; operator: {name}, first operand: {path}"
            )
        });
    }
}

/// The operands of `BETWEEN`.
pub(super) fn bounds(
    left: &Operand<'_>,
    from: &Operand<'_>,
    to: &Operand<'_>,
    problems: &mut Problems,
) {
    no_functions([left, from, to].into_iter(), problems);
    let (Operand::Value(from), Operand::Value(to)) = (from, to) else {
        return;
    };
    let rule = if type_of(from) != type_of(to) {
        "requires same data type for lower and upper bounds"
    } else if order(from, to).is_some_and(std::cmp::Ordering::is_gt) {
        "requires upper bound to be greater than or equal to lower bound"
    } else {
        return;
    };
    problems.note(Fault::Operand, || {
        format!(
            "The BETWEEN operator {rule}; lower bound operand: AttributeValue: {}, upper bound \
             operand: AttributeValue: {}",
            shown(from),
            shown(to)
        )
    });
}

/// A value as messages show it: `{S:x}`.
fn shown(value: &Value) -> String {
    match typed(value) {
        Some((kind, Value::String(text))) => format!("{{{kind}:{text}}}"),
        Some((kind, held)) => format!("{{{kind}:{held}}}"),
        None => value.to_string(),
    }
}

fn attribute_type(arguments: &[Operand<'_>], problems: &mut Problems) {
    let Some(Operand::Value(named)) = arguments.get(1) else {
        return;
    };
    match typed(named) {
        Some(("S", Value::String(name))) => {
            if !TYPES.iter().any(|(kind, _)| kind == name) {
                problems.note(Fault::Operand, || {
                    format!(
                        "Invalid attribute type name found; type: {name}, valid types: \
                         {{B,NULL,SS,BOOL,L,BS,N,NS,S,M}}"
                    )
                });
            }
        }
        _ => one_of("attribute_type", &Operand::Value(named), &["S"], problems),
    }
}

fn each_of(name: &str, operands: &[Operand<'_>], kinds: &[&str], problems: &mut Problems) {
    for operand in operands {
        one_of(name, operand, kinds, problems);
    }
}

/// A value that came with the expression must be of one of these types.
fn one_of(name: &str, operand: &Operand<'_>, kinds: &[&str], problems: &mut Problems) {
    if let Some(kind) = known_type(operand)
        && !kinds.contains(&kind)
    {
        problems.note(Fault::Operand, || {
            format!(
                "Incorrect operand type for operator or function; operator or function: {name}, \
                 operand type: {kind}"
            )
        });
    }
}

/// The type of an operand, where no item is needed to tell.
fn known_type(operand: &Operand<'_>) -> Option<&'static str> {
    match operand {
        Operand::Value(value) => type_of(value),
        Operand::Sum(..) => Some("N"),
        Operand::Call(call) => match call.name.as_str() {
            "size" => Some("N"),
            "list_append" => Some("L"),
            _ => None,
        },
        Operand::Path(_) | Operand::Undefined => None,
    }
}

/// The operands of a sum or a difference.
pub(super) fn sum(mark: &str, left: &Operand<'_>, right: &Operand<'_>, problems: &mut Problems) {
    for operand in [left, right] {
        one_of(mark, operand, &["N"], problems);
    }
}

/// The value of `ADD` or `DELETE`.
pub(super) fn action(section: &str, value: &Operand<'_>, problems: &mut Problems) {
    let Some(kind) = known_type(value) else {
        return;
    };
    if matches!((section, kind), (_, "SS" | "NS" | "BS") | ("ADD", "N")) {
        return;
    }
    problems.note(Fault::Action, || {
        let long = TYPES.iter().find(|(known, _)| *known == kind);
        let long = long.map_or(kind, |(_, long)| long);
        format!(
            "Incorrect operand type for operator or function; operator: {section}, operand type: \
             {long}"
        )
    });
}

/// Paths that may not be in one another's way.
pub(super) fn paths(paths: &[&Path], problems: &mut Problems) {
    // The longest expressions have a thousand paths: half a million pairs are looked at.
    for (at, path) in paths.iter().enumerate() {
        for before in &paths[..at] {
            if let Some((fault, word)) = relation(before, path) {
                problems.note(fault, || {
                    format!(
                        "Two document paths {word} with each other; must remove or rewrite one of \
                         these paths; path one: {before}, path two: {path}"
                    )
                });
            }
        }
    }
}

/// How two paths are in one another's way, if they are.
fn relation(one: &Path, other: &Path) -> Option<(Fault, &'static str)> {
    for (ours, theirs) in one.0.iter().zip(&other.0) {
        match (ours, theirs) {
            (Step::Name(_), Step::Index(_)) | (Step::Index(_), Step::Name(_)) => {
                return Some((Fault::Conflict, "conflict"));
            }
            _ if ours != theirs => return None,
            _ => {}
        }
    }
    Some((Fault::Overlap, "overlap"))
}
