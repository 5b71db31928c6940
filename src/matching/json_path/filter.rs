//! Filters: what `[?(…)]` holds, and whether it accepts an item.

use std::borrow::Cow;
use std::cmp::Ordering;

use regex::Regex;
use serde_json::Value;

use super::eval::Scope;
use super::{Found, JsonPath};
use crate::matching::json_equal::{compare_numbers, compare_texts, same_value};

/// A condition over the current item.
#[derive(Debug, Clone)]
pub(super) enum Filter {
    Any(Vec<Filter>),
    All(Vec<Filter>),
    Not(Box<Filter>),
    Exists(JsonPath),
    Compare(Operand, Operator, Operand),
}

/// One side of a comparison.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    Path(JsonPath),
    Literal(Value),
    Pattern(Regex),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    SameTypeEqual,
    NotSameTypeEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    In,
    NotIn,
    SubsetOf,
    AnyOf,
    NoneOf,
    AllOf,
    Size,
    Empty,
    Contains,
}

impl Operator {
    /// Reads an operator; words in any case.
    pub(super) fn read(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "==" => Self::Equal,
            "!=" => Self::NotEqual,
            "===" => Self::SameTypeEqual,
            "!==" => Self::NotSameTypeEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            "=~" => Self::Matches,
            "in" => Self::In,
            "nin" => Self::NotIn,
            "subsetof" => Self::SubsetOf,
            "anyof" => Self::AnyOf,
            "noneof" => Self::NoneOf,
            "all" => Self::AllOf,
            "size" => Self::Size,
            "empty" => Self::Empty,
            "contains" => Self::Contains,
            _ => return None,
        })
    }
}

impl Filter {
    /// Whether the filter accepts an item. Where an operator cannot be asked at all (`in` with
    /// something that is no list) the whole filter refuses, whatever `!` stands before it.
    pub(super) fn accepts<'a>(&self, item: &'a Value, scope: Scope<'a, '_>) -> bool {
        self.test(item, scope).unwrap_or(false)
    }

    fn test<'a>(&self, item: &'a Value, scope: Scope<'a, '_>) -> Option<bool> {
        match self {
            Self::Any(filters) => {
                for filter in filters {
                    if filter.test(item, scope)? {
                        return Some(true);
                    }
                }
                Some(false)
            }
            Self::All(filters) => {
                for filter in filters {
                    if !filter.test(item, scope)? {
                        return Some(false);
                    }
                }
                Some(true)
            }
            Self::Not(filter) => filter.test(item, scope).map(|accepted| !accepted),
            Self::Exists(path) => Some(scope.exists(path, item)),
            Self::Compare(left, operator, right) => {
                let left = left.evaluate(item, scope);
                let right = right.evaluate(item, scope);
                compare(&left, *operator, &right)
            }
        }
    }
}

/// What an operand is for one item.
enum Term<'t> {
    Value(Cow<'t, Value>),
    /// What an indefinite path finds. Compared as an array is.
    List(Vec<Cow<'t, Value>>),
    Pattern(&'t Regex),
    /// A path that leads nowhere; equals nothing, not even itself.
    Undefined,
}

impl Operand {
    fn evaluate<'t, 'a: 't>(&'t self, item: &'a Value, scope: Scope<'a, '_>) -> Term<'t> {
        match self {
            Self::Literal(value) => Term::Value(Cow::Borrowed(value)),
            Self::Pattern(regex) => Term::Pattern(regex),
            Self::Path(path) => match scope.find(path, item) {
                Found::Missing => Term::Undefined,
                Found::One(value) => Term::Value(Cow::Borrowed(value)),
                Found::Many(values) => Term::List(values),
                Found::Computed(value) => Term::Value(Cow::Owned(value)),
            },
        }
    }
}

impl Term<'_> {
    fn value(&self) -> Option<&Value> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }

    fn elements(&self) -> Option<Vec<&Value>> {
        match self {
            Self::List(values) => Some(values.iter().map(AsRef::as_ref).collect()),
            Self::Value(value) => value.as_array().map(|items| items.iter().collect()),
            Self::Pattern(_) | Self::Undefined => None,
        }
    }

    fn is_object(&self) -> bool {
        self.value().is_some_and(Value::is_object)
    }
}

fn compare(left: &Term<'_>, operator: Operator, right: &Term<'_>) -> Option<bool> {
    Some(match operator {
        Operator::Equal => is_equal(left, right),
        Operator::NotEqual => !is_equal(left, right),
        Operator::SameTypeEqual => is_same_type(left, right) && is_equal(left, right),
        Operator::NotSameTypeEqual => !(is_same_type(left, right) && is_equal(left, right)),
        Operator::Less => order(left, right).is_some_and(Ordering::is_lt),
        Operator::LessOrEqual => order(left, right).is_some_and(Ordering::is_le),
        Operator::Greater => order(left, right).is_some_and(Ordering::is_gt),
        Operator::GreaterOrEqual => order(left, right).is_some_and(Ordering::is_ge),
        Operator::Matches => matches_pattern(left, right),
        Operator::In => is_in(left, right)?,
        Operator::NotIn => !is_in(left, right)?,
        Operator::SubsetOf => both_lists(left, right)?.is_some_and(|(left, right)| {
            let mut left = left.into_iter();
            left.all(|value| has(&right, value))
        }),
        Operator::AnyOf => both_lists(left, right)?.is_some_and(|(left, right)| {
            let mut left = left.into_iter();
            left.any(|value| has(&right, value))
        }),
        Operator::NoneOf => both_lists(left, right)?.is_some_and(|(left, right)| {
            let mut left = left.into_iter();
            !left.any(|value| has(&right, value))
        }),
        Operator::AllOf => both_lists(left, right)?.is_some_and(|(left, right)| {
            let mut right = right.into_iter();
            right.all(|value| has(&left, value))
        }),
        Operator::Size => has_size(left, right),
        Operator::Empty => is_empty(left).is_some_and(|empty| is_bool(right, empty)),
        Operator::Contains => contains(left, right),
    })
}

fn is_equal(left: &Term<'_>, right: &Term<'_>) -> bool {
    if let (Some(left), Some(right)) = (left.value(), right.value()) {
        return is_equal_value(left, right);
    }
    // One side at least is the list of an indefinite path.
    match (left.elements(), right.elements()) {
        (Some(left), Some(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(&right)
                    .all(|(left, right)| same_value(left, right))
        }
        _ => false,
    }
}

/// Jayway's equality, which is not symmetric: a number on the left equals a text that reads as this
/// number, a text on the left equals a number that is written like it.
fn is_equal_value(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::String(right)) => {
            compare_texts(left.as_str(), right).is_some_and(Ordering::is_eq)
        }
        (Value::String(left), Value::Number(right)) => left == right.as_str(),
        (left, right) => same_value(left, right),
    }
}

fn is_same_type(left: &Term<'_>, right: &Term<'_>) -> bool {
    let is_container = |value: &Value| value.is_array() || value.is_object();
    match (left, right) {
        (Term::Value(left), Term::Value(right)) => {
            std::mem::discriminant(left.as_ref()) == std::mem::discriminant(right.as_ref())
                || (is_container(left) && is_container(right))
        }
        (left, right) => left.elements().is_some() && right.elements().is_some(),
    }
}

fn order(left: &Term<'_>, right: &Term<'_>) -> Option<Ordering> {
    match (left.value()?, right.value()?) {
        (Value::Number(left), Value::Number(right)) => Some(compare_numbers(left, right)),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// Whether a pattern on one side matches the whole of the other, or of any element of it.
fn matches_pattern(left: &Term<'_>, right: &Term<'_>) -> bool {
    let (pattern, subject) = match (left, right) {
        (Term::Pattern(_), Term::Pattern(_)) => return false,
        (Term::Pattern(pattern), subject) | (subject, Term::Pattern(pattern)) => (pattern, subject),
        _ => return false,
    };
    // What is no text, nothing included, is matched as an empty one.
    let is_match = |value: Option<&Value>| match value {
        Some(Value::String(text)) => pattern.is_match(text),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => pattern.is_match(&value.to_string()),
        _ => pattern.is_match(""),
    };
    match subject.elements() {
        Some(elements) => elements.into_iter().any(|element| is_match(Some(element))),
        None => is_match(subject.value()),
    }
}

fn has(list: &[&Value], value: &Value) -> bool {
    list.iter().any(|element| is_equal_value(value, element))
}

/// The elements of a side that has to be a list: `Some(None)` for an object, which has none, and
/// `None` for anything else, which cannot be asked.
fn list<'t>(term: &'t Term<'_>) -> Option<Option<Vec<&'t Value>>> {
    if term.is_object() {
        return Some(None);
    }
    term.elements().map(Some)
}

type Lists<'t> = (Vec<&'t Value>, Vec<&'t Value>);

fn both_lists<'t>(left: &'t Term<'_>, right: &'t Term<'_>) -> Option<Option<Lists<'t>>> {
    let right = list(right)?;
    let left = list(left)?;
    Some(left.zip(right))
}

fn is_in(left: &Term<'_>, right: &Term<'_>) -> Option<bool> {
    let Some(candidates) = list(right)? else {
        return Some(false);
    };
    Some(match left {
        Term::Value(value) => has(&candidates, value),
        Term::List(_) => candidates.iter().any(|candidate| {
            let candidate = Term::Value(Cow::Borrowed(*candidate));
            is_equal(left, &candidate)
        }),
        Term::Pattern(_) | Term::Undefined => false,
    })
}

fn has_size(left: &Term<'_>, right: &Term<'_>) -> bool {
    let length = match left.value() {
        Some(Value::String(text)) => Some(text.chars().count()),
        _ => left.elements().map(|elements| elements.len()),
    };
    let expected = right.value().filter(|value| value.is_number());
    match (length, expected) {
        (Some(length), Some(expected)) => same_value(&Value::from(length), expected),
        _ => false,
    }
}

fn is_empty(left: &Term<'_>) -> Option<bool> {
    match left.value() {
        Some(Value::String(text)) => Some(text.is_empty()),
        Some(Value::Object(fields)) => Some(fields.is_empty()),
        _ => left.elements().map(|elements| elements.is_empty()),
    }
}

fn is_bool(term: &Term<'_>, expected: bool) -> bool {
    term.value().and_then(Value::as_bool) == Some(expected)
}

fn contains(left: &Term<'_>, right: &Term<'_>) -> bool {
    match (left.value(), right.value()) {
        (Some(Value::String(left)), Some(Value::String(right))) => left.contains(right.as_str()),
        (_, Some(right)) => left
            .elements()
            .is_some_and(|elements| has(&elements, right)),
        _ => false,
    }
}
