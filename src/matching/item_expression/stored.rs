//! Items as they are kept: what is wrong with the values of one, and its numbers in their normal form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::evaluate::Item;
use super::number::Number;
use super::value::{TYPES, member_keys, of_type, typed};

/// How deep values may nest in one another.
const LEVELS_MAX: usize = 32;

/// How large an item may be, in bytes, with the names of its attributes.
const BYTES_MAX: usize = 400 * 1024;

const INVALID: &str = "One or more parameter values were invalid:";

/// What is wrong with the values of an item.
pub(super) fn problem(item: &Item) -> Option<String> {
    let wrong = item
        .values()
        .find_map(|value| problem_of(value, LEVELS_MAX));
    wrong.or_else(|| {
        let too_large = size_of_members(item) > BYTES_MAX;
        too_large.then(|| "Item size has exceeded the maximum allowed size".to_owned())
    })
}

fn problem_of(value: &Value, levels: usize) -> Option<String> {
    let Some(levels) = levels.checked_sub(1) else {
        return Some("Nesting Levels have exceeded supported limits".to_owned());
    };
    let members = value.as_object();
    let known = |name: &String| TYPES.iter().any(|(kind, _)| kind == name);
    if members.is_some_and(|members| members.keys().filter(|name| known(name)).count() > 1) {
        return Some(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of \
             the supported datatypes"
                .to_owned(),
        );
    }
    let empty = || {
        Some(
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
                .to_owned(),
        )
    };
    match typed(value) {
        Some(("S" | "B", Value::String(_)) | ("BOOL", Value::Bool(_))) => None,
        Some(("NULL", Value::Bool(true))) => None,
        Some(("NULL", _)) => Some(format!(
            "{INVALID} Null attribute value types must have the value of true"
        )),
        Some(("N", Value::String(text))) => number_problem(text),
        Some(("L", Value::Array(items))) => items.iter().find_map(|item| problem_of(item, levels)),
        Some(("M", Value::Object(members))) => members
            .values()
            .find_map(|member| problem_of(member, levels)),
        Some((kind @ ("SS" | "NS" | "BS"), Value::Array(set))) => set_problem(kind, set),
        _ => empty(),
    }
}

fn number_problem(text: &str) -> Option<String> {
    let problem = Number::parse(text).err()?;
    Some(match problem {
        super::number::Problem::NotANumber if !text.is_empty() => format!("{problem}: {text}"),
        other => other.to_string(),
    })
}

fn set_problem(kind: &str, set: &[Value]) -> Option<String> {
    if set.is_empty() {
        return Some(match kind {
            "SS" => format!("{INVALID} An string set  may not be empty"),
            "NS" => format!("{INVALID} An number set  may not be empty"),
            _ => format!("{INVALID} Binary sets should not be empty"),
        });
    }
    let texts: Vec<&str> = set.iter().filter_map(Value::as_str).collect();
    if kind == "NS"
        && let Some(problem) = texts.iter().find_map(|text| number_problem(text))
    {
        return Some(problem);
    }
    let doubled = member_keys(kind, set).len() < set.len();
    let all = texts.join(", ");
    doubled.then(|| match kind {
        "NS" => "Input collection contains duplicates".to_owned(),
        "SS" => format!("{INVALID} Input collection [{all}] contains duplicates."),
        _ => format!("{INVALID} Input collection [{all}]of type BS contains duplicates."),
    })
}

/// About how many bytes a value takes. Its depth was checked.
fn size_of(value: &Value) -> usize {
    match typed(value) {
        Some(("S", Value::String(text))) => text.len(),
        Some(("N", Value::String(text))) => text.len().div_ceil(2) + 1,
        Some(("B", Value::String(text))) => STANDARD.decode(text).map_or(0, |bytes| bytes.len()),
        Some(("M", Value::Object(members))) => 3 + members.len() + size_of_members(members),
        Some(("L", Value::Array(items))) => {
            3 + items.len() + items.iter().map(size_of).sum::<usize>()
        }
        Some((_, Value::Array(set))) => {
            set.iter().map(|one| one.as_str().map_or(0, str::len)).sum()
        }
        _ => 1,
    }
}

fn size_of_members(members: &Map<String, Value>) -> usize {
    let sizes = members
        .iter()
        .map(|(name, member)| name.len() + size_of(member));
    sizes.sum()
}

/// An item with its numbers in their normal form.
pub(super) fn stored(item: &Item) -> Item {
    stored_members(item, LEVELS_MAX)
}

/// A value with its numbers in their normal form. What is no value, or nests too deep, stays as it is.
pub(super) fn stored_value(value: &Value) -> Value {
    stored_within(value, LEVELS_MAX)
}

fn stored_within(value: &Value, levels: usize) -> Value {
    let (Some(levels), Some((kind, held))) = (levels.checked_sub(1), typed(value)) else {
        return value.clone();
    };
    let normal = |held: &Value| {
        let number = held.as_str().and_then(|text| Number::parse(text).ok());
        number.map_or_else(|| held.clone(), |number| number.to_string().into())
    };
    let held = match (kind, held) {
        ("N", held) => normal(held),
        ("NS", Value::Array(set)) => set.iter().map(normal).collect(),
        ("L", Value::Array(items)) => items
            .iter()
            .map(|item| stored_within(item, levels))
            .collect(),
        ("M", Value::Object(members)) => Value::Object(stored_members(members, levels)),
        _ => return value.clone(),
    };
    of_type(kind, held)
}

fn stored_members(members: &Map<String, Value>, levels: usize) -> Item {
    let stored = members
        .iter()
        .map(|(name, member)| (name.clone(), stored_within(member, levels)));
    stored.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wrong_with_values_is_told() {
        let long = "9".repeat(39);
        let deep = (0..40).fold(json!({ "S": "x" }), |inner, _| json!({ "L": [inner] }));
        let empty =
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
        for (value, expected) in [
            (json!({ "S": "" }), ""),
            (
                json!({ "M": { "a": { "L": [{ "N": "1" }, { "NULL": true }] } } }),
                "",
            ),
            (json!({}), empty),
            (json!("x"), empty),
            (json!({ "X": "x" }), empty),
            (json!({ "L": [{ "M": { "a": {} } }] }), empty),
            (
                json!({ "S": "a", "N": "1" }),
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
            ),
            (
                json!({ "NULL": false }),
                "One or more parameter values were invalid: Null attribute value types must have the value of true",
            ),
            (
                json!({ "N": "abc" }),
                "The parameter cannot be converted to a numeric value: abc",
            ),
            (
                json!({ "N": "" }),
                "The parameter cannot be converted to a numeric value",
            ),
            (
                json!({ "N": long }),
                "Attempting to store more than 38 significant digits in a Number",
            ),
            (
                json!({ "N": "1e200" }),
                "Number overflow. Attempting to store a number with magnitude larger than supported range",
            ),
            (
                json!({ "N": "1e-200" }),
                "Number underflow. Attempting to store a number with magnitude smaller than supported range",
            ),
            (
                json!({ "SS": [] }),
                "One or more parameter values were invalid: An string set  may not be empty",
            ),
            (
                json!({ "NS": [] }),
                "One or more parameter values were invalid: An number set  may not be empty",
            ),
            (
                json!({ "BS": [] }),
                "One or more parameter values were invalid: Binary sets should not be empty",
            ),
            (
                json!({ "SS": ["a", "a"] }),
                "One or more parameter values were invalid: Input collection [a, a] contains duplicates.",
            ),
            (
                json!({ "NS": ["1", "1.0"] }),
                "Input collection contains duplicates",
            ),
            (
                json!({ "NS": ["b"] }),
                "The parameter cannot be converted to a numeric value: b",
            ),
            (
                json!({ "BS": ["Yg==", "Yg=="] }),
                "One or more parameter values were invalid: Input collection [Yg==, Yg==]of type BS contains duplicates.",
            ),
            (deep, "Nesting Levels have exceeded supported limits"),
            (
                json!({ "S": "x".repeat(BYTES_MAX) }),
                "Item size has exceeded the maximum allowed size",
            ),
        ] {
            let mut item = Map::new();
            item.insert("a".to_owned(), value);
            assert_eq!(
                problem(&item).unwrap_or_default(),
                expected,
                "{:?}",
                item["a"].as_object().map(Map::len)
            );
        }
    }

    #[test]
    fn numbers_are_kept_in_their_normal_form() {
        let item = json!({
            "a": { "N": "1.0" }, "b": { "NS": ["1e2", "+5"] }, "c": { "S": "1.0" }, "d": { "N": "x" },
            "e": { "L": [{ "M": { "f": { "N": "007" } } }] }
        });
        let item = stored(item.as_object().expect("an item"));
        assert_eq!(
            Value::Object(item),
            json!({
                "a": { "N": "1" }, "b": { "NS": ["100", "5"] }, "c": { "S": "1.0" }, "d": { "N": "x" },
                "e": { "L": [{ "M": { "f": { "N": "7" } } }] }
            })
        );
    }
}
