//! The bounds of numbers, compared exactly where decimals can be.

use std::cmp::Ordering;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::{Map, Number, Value};

use super::violation::Problem;

/// What the bounds among the keywords make wrong about a number.
pub(super) fn out_of_bounds<'a>(
    keywords: &'a Map<String, Value>,
    found: &'a Number,
) -> Option<Problem<'a>> {
    const BOUNDS: [(&str, Ordering, bool, &str); 4] = [
        ("minimum", Ordering::Less, false, "at least"),
        ("exclusiveMinimum", Ordering::Less, true, "more than"),
        ("maximum", Ordering::Greater, false, "at most"),
        ("exclusiveMaximum", Ordering::Greater, true, "less than"),
    ];
    for (keyword, forbidden, is_exclusive, words) in BOUNDS {
        let Some(Value::Number(bound)) = keywords.get(keyword) else {
            continue;
        };
        let order = compare(found, bound);
        if order == forbidden || (is_exclusive && order == Ordering::Equal) {
            return Some(Problem::OutOfBounds {
                words,
                bound,
                found,
            });
        }
    }
    None
}

/// Numbers outside the reach of decimals (28 digits) are so far apart from any bound that a schema
/// states that floats tell them apart.
fn compare(left: &Number, right: &Number) -> Ordering {
    match (decimal(left), decimal(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => {
            let float = |number: &Number| f64::from_str(number.as_str()).unwrap_or_default();
            float(left).total_cmp(&float(right))
        }
    }
}

fn decimal(number: &Number) -> Option<Decimal> {
    let text = number.as_str();
    Decimal::from_str(text)
        .or_else(|_| Decimal::from_scientific(text))
        .ok()
}
