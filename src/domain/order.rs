//! The one order of JSON values, for sorting.

use std::cmp::Reverse;

use rust_decimal::Decimal;
use serde_json::Value;

/// A value to sort by. What reads as a number is compared as one, and stands before text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortValue {
    /// Null, or nothing.
    Nothing,
    /// `false` before `true`.
    Flag(bool),
    /// A number, or a text that spells one.
    Number(Decimal),
    /// Any other text; of a list or an object, its JSON.
    Text(String),
    /// The greatest first.
    Reversed(Reverse<Box<SortValue>>),
}

impl SortValue {
    /// The value to sort by of a JSON value.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Nothing,
            Value::Bool(flag) => Self::Flag(*flag),
            other => match decimal(other) {
                Some(number) => Self::Number(number),
                None => Self::Text(
                    other
                        .as_str()
                        .map_or_else(|| other.to_string(), str::to_owned),
                ),
            },
        }
    }

    /// The same value, for the other direction.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self::Reversed(Reverse(Box::new(self)))
    }
}

/// A number, or a text that spells one, exactly.
#[must_use]
pub fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => {
            let text = number.to_string();
            text.parse()
                .ok()
                .or_else(|| Decimal::from_scientific(&text).ok())
        }
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_have_one_order() {
        let sorted = |values: &[Value], descending: bool| -> Vec<String> {
            let mut keys: Vec<_> = values
                .iter()
                .map(|value| {
                    let key = SortValue::of(value);
                    (
                        if descending { key.reversed() } else { key },
                        value.to_string(),
                    )
                })
                .collect();
            keys.sort_by(|(one, _), (other, _)| one.cmp(other));
            keys.into_iter().map(|(_, text)| text).collect()
        };
        let values = [
            json!("9.50"),
            json!("10.00"),
            json!("b"),
            json!("a"),
            json!(null),
            json!(9),
        ];
        assert_eq!(
            sorted(&values, false),
            ["null", "9", "\"9.50\"", "\"10.00\"", "\"a\"", "\"b\""]
        );
        assert_eq!(sorted(&values[..2], true), ["\"10.00\"", "\"9.50\""]);
    }
}
