//! Evaluating: what stands at a path of an item, what an operand gives, and whether a condition holds.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::number::Number;
use super::tree::{Call, Comparison, Condition, Operand, Path, Step};
use super::value::{begins_with, contains, equal, held, of_type, order, size, type_of};

/// An item: its attributes by name.
pub(super) type Item = Map<String, Value>;

/// The value at a path of an item.
pub(super) fn at<'i>(item: &'i Item, path: &Path) -> Option<&'i Value> {
    let (first, rest) = path.0.split_first()?;
    let Step::Name(name) = first else {
        return None;
    };
    rest.iter()
        .try_fold(item.get(name)?, |value, step| match step {
            Step::Name(name) => held(value, "M")?.get(name),
            Step::Index(index) => held(value, "L")?.get(index),
        })
}

/// Whether a condition holds of an item.
pub(super) fn holds(condition: &Condition<'_>, item: &Item) -> bool {
    match condition {
        Condition::All(all) => all.iter().all(|one| holds(one, item)),
        Condition::Any(all) => all.iter().any(|one| holds(one, item)),
        Condition::Not(one) => !holds(one, item),
        Condition::Compare(comparison, sides) => {
            let (left, right) = &**sides;
            compare(*comparison, value(left, item), value(right, item))
        }
        Condition::Between(operands) => {
            let [middle, from, to] = operands.each_ref().map(|operand| value(operand, item));
            compare(Comparison::GreaterOrEqual, middle.clone(), from)
                && compare(Comparison::LessOrEqual, middle, to)
        }
        Condition::In(operand, list) => {
            let sought = value(operand, item);
            list.iter()
                .any(|one| compare(Comparison::Equal, sought.clone(), value(one, item)))
        }
        Condition::Test(call) => test(call, item),
    }
}

/// Where one of two values is missing, they are different, and in no order.
fn compare(
    comparison: Comparison,
    left: Option<Cow<'_, Value>>,
    right: Option<Cow<'_, Value>>,
) -> bool {
    let (Some(left), Some(right)) = (left, right) else {
        return comparison == Comparison::NotEqual;
    };
    let ordered = |wanted: fn(Ordering) -> bool| order(&left, &right).is_some_and(wanted);
    match comparison {
        Comparison::Equal => equal(&left, &right),
        Comparison::NotEqual => !equal(&left, &right),
        Comparison::Less => ordered(Ordering::is_lt),
        Comparison::LessOrEqual => ordered(Ordering::is_le),
        Comparison::Greater => ordered(Ordering::is_gt),
        Comparison::GreaterOrEqual => ordered(Ordering::is_ge),
    }
}

/// What an operand of a condition gives: a path, a value, or a size.
fn value<'i>(operand: &'i Operand<'_>, item: &'i Item) -> Option<Cow<'i, Value>> {
    match operand {
        Operand::Path(path) => at(item, path).map(Cow::Borrowed),
        Operand::Value(value) => Some(Cow::Borrowed(*value)),
        Operand::Call(call) if call.name == "size" => {
            let sized = value(call.arguments.first()?, item)?;
            let number = Number::of_count(size(&sized)?);
            Some(Cow::Owned(of_type("N", number.to_string().into())))
        }
        Operand::Call(_) | Operand::Sum(..) | Operand::Undefined => None,
    }
}

fn test(call: &Call<'_>, item: &Item) -> bool {
    let mut arguments = call.arguments.iter().map(|operand| value(operand, item));
    let mut next = || arguments.next().flatten();
    match (call.name.as_str(), next(), next()) {
        ("attribute_exists", found, _) => found.is_some(),
        ("attribute_not_exists", found, _) => found.is_none(),
        ("attribute_type", Some(found), Some(named)) => {
            let named = held(&named, "S").and_then(Value::as_str);
            named.is_some() && type_of(&found) == named
        }
        ("begins_with", Some(whole), Some(part)) => begins_with(&whole, &part),
        ("contains", Some(whole), Some(part)) => contains(&whole, &part),
        _ => false,
    }
}
