//! Typed attribute values, such as `{"S": "x"}`, `{"N": "1.5"}` and `{"L": […]}`: what they are, and
//! how they compare.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::number::Number;

/// The types of values, with their long names.
pub(super) const TYPES: [(&str, &str); 10] = [
    ("S", "STRING"),
    ("N", "NUMBER"),
    ("B", "BINARY"),
    ("BOOL", "BOOLEAN"),
    ("NULL", "NULL"),
    ("L", "LIST"),
    ("M", "MAP"),
    ("SS", "STRING_SET"),
    ("NS", "NUMBER_SET"),
    ("BS", "BINARY_SET"),
];

/// How deep values may nest to be compared. Deeper ones are equal to nothing.
const DEPTH_MAX: usize = 64;

/// The type of a value and what it holds; nothing, if it is no typed value.
pub(super) fn typed(value: &Value) -> Option<(&'static str, &Value)> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    let (name, held) = members.iter().next()?;
    let (kind, _) = TYPES.iter().find(|(kind, _)| kind == name)?;
    Some((kind, held))
}

/// The type of a value.
pub(super) fn type_of(value: &Value) -> Option<&'static str> {
    typed(value).map(|(kind, _)| kind)
}

/// The value of a type that holds this.
pub(super) fn of_type(kind: &str, held: Value) -> Value {
    let mut members = Map::new();
    members.insert(kind.to_owned(), held);
    Value::Object(members)
}

/// What a value of this type holds.
pub(super) fn held<'v>(value: &'v Value, kind: &str) -> Option<&'v Value> {
    let (found, held) = typed(value)?;
    (found == kind).then_some(held)
}

/// The number that a value is.
pub(super) fn number(value: &Value) -> Option<Number> {
    number_of(held(value, "N")?)
}

/// The number that stands in a value or a set of numbers.
fn number_of(held: &Value) -> Option<Number> {
    let text = match held {
        Value::String(text) => Cow::Borrowed(text.as_str()),
        Value::Number(number) => Cow::Owned(number.to_string()),
        _ => return None,
    };
    Number::parse(&text).ok()
}

fn bytes(held: &Value) -> Option<Vec<u8>> {
    STANDARD.decode(held.as_str()?).ok()
}

/// Whether two values are the same. Numbers are compared as numbers, sets without an order.
pub(super) fn equal(one: &Value, other: &Value) -> bool {
    equal_within(one, other, DEPTH_MAX)
}

fn equal_within(one: &Value, other: &Value, levels: usize) -> bool {
    let (Some((kind, one)), Some((other_kind, other)), Some(levels)) =
        (typed(one), typed(other), levels.checked_sub(1))
    else {
        return false;
    };
    if kind != other_kind {
        return false;
    }
    match (kind, one, other) {
        ("L", Value::Array(ours), Value::Array(theirs)) => {
            let mut pairs = ours.iter().zip(theirs);
            ours.len() == theirs.len() && pairs.all(|(a, b)| equal_within(a, b, levels))
        }
        ("M", Value::Object(ours), Value::Object(theirs)) => {
            let mut ours_in_theirs = ours.iter().map(|(name, a)| (a, theirs.get(name)));
            let same =
                |(a, b): (&Value, Option<&Value>)| b.is_some_and(|b| equal_within(a, b, levels));
            ours.len() == theirs.len() && ours_in_theirs.all(same)
        }
        ("SS" | "NS" | "BS", Value::Array(ours), Value::Array(theirs)) => {
            member_keys(kind, ours) == member_keys(kind, theirs)
        }
        _ => same_scalar(kind, one, other),
    }
}

fn same_scalar(kind: &str, one: &Value, other: &Value) -> bool {
    match kind {
        "N" => matches!((number_of(one), number_of(other)), (Some(a), Some(b)) if a == b),
        "B" => matches!((bytes(one), bytes(other)), (Some(a), Some(b)) if a == b),
        _ => one == other,
    }
}

/// What makes a member of a set of this type the same as another.
pub(super) fn member_key(kind: &str, member: &Value) -> Vec<u8> {
    let key = match kind {
        "NS" => number_of(member).map(|number| number.to_string().into_bytes()),
        "BS" => bytes(member),
        _ => None,
    };
    key.unwrap_or_else(|| match member {
        Value::String(text) => text.clone().into_bytes(),
        other => other.to_string().into_bytes(),
    })
}

/// What makes the members of a set what they are.
pub(super) fn member_keys(kind: &str, set: &[Value]) -> BTreeSet<Vec<u8>> {
    set.iter().map(|member| member_key(kind, member)).collect()
}

/// The order of two values; nothing, where they have none.
pub(super) fn order(one: &Value, other: &Value) -> Option<Ordering> {
    let ((kind, one), (other_kind, other)) = (typed(one)?, typed(other)?);
    match kind {
        _ if kind != other_kind => None,
        "S" => Some(one.as_str()?.as_bytes().cmp(other.as_str()?.as_bytes())),
        "N" => Some(number_of(one)?.cmp(&number_of(other)?)),
        "B" => Some(bytes(one)?.cmp(&bytes(other)?)),
        _ => None,
    }
}

/// Whether a text or bytes begin with others.
pub(super) fn begins_with(whole: &Value, part: &Value) -> bool {
    let (Some((kind, whole)), Some((part_kind, part))) = (typed(whole), typed(part)) else {
        return false;
    };
    match kind {
        _ if kind != part_kind => false,
        "S" => text(whole).starts_with(text(part)),
        "B" => match (bytes(whole), bytes(part)) {
            (Some(whole), Some(part)) => whole.starts_with(&part),
            _ => false,
        },
        _ => false,
    }
}

/// Whether a text has another in it, or a set or a list an element.
pub(super) fn contains(whole: &Value, part: &Value) -> bool {
    let (Some((kind, whole)), Some((part_kind, sought))) = (typed(whole), typed(part)) else {
        return false;
    };
    match (kind, part_kind, whole) {
        ("S", "S", _) => text(whole).contains(text(sought)),
        ("B", "B", _) => match (bytes(whole), bytes(sought)) {
            (Some(_), Some(part)) if part.is_empty() => true,
            (Some(whole), Some(part)) => whole.windows(part.len()).any(|window| window == part),
            _ => false,
        },
        ("SS", "S", Value::Array(set))
        | ("NS", "N", Value::Array(set))
        | ("BS", "B", Value::Array(set)) => {
            let sought = member_key(kind, sought);
            set.iter().any(|one| member_key(kind, one) == sought)
        }
        ("L", _, Value::Array(items)) => items.iter().any(|item| equal(item, part)),
        _ => false,
    }
}

fn text(held: &Value) -> &str {
    held.as_str().unwrap_or_default()
}

/// How long a text is (in characters), or how many bytes, elements or members there are.
pub(super) fn size(value: &Value) -> Option<usize> {
    match typed(value)? {
        ("S", held) => Some(held.as_str()?.chars().count()),
        ("B", held) => Some(bytes(held)?.len()),
        ("L" | "SS" | "NS" | "BS", held) => Some(held.as_array()?.len()),
        ("M", held) => Some(held.as_object()?.len()),
        _ => None,
    }
}
