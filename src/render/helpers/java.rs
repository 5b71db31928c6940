//! Numbers as Java writes them.

use serde_json::{Number, Value};

/// Rewrites the numbers in `value` that have a point or an exponent, as Java's `Double.toString`
/// would. The recursion is bounded by the depth of what was read from JSON.
pub fn as_java_reads(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(double) = double_of(number.as_str()) {
                *number = Number::from_string_unchecked(double_text(double));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(as_java_reads),
        Value::Object(members) => members.values_mut().for_each(as_java_reads),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

fn double_of(text: &str) -> Option<f64> {
    let is_whole = !text.contains(['.', 'e', 'E']);
    let double = text.parse::<f64>().ok()?;
    (!is_whole && double.is_finite()).then_some(double)
}

/// The shortest text that gives the double again, with an exponent where Java writes one.
pub(super) fn double_text(double: f64) -> String {
    let size = double.abs();
    if size != 0.0 && !(1e-3..1e7).contains(&size) {
        let text = format!("{double:e}");
        return match text.split_once('e') {
            Some((mantissa, exponent)) if mantissa.contains('.') => {
                format!("{mantissa}E{exponent}")
            }
            Some((mantissa, exponent)) => format!("{mantissa}.0E{exponent}"),
            None => text,
        };
    }
    format!("{double:?}")
}
