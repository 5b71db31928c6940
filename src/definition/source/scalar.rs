//! What a plain YAML scalar means: the core schema of YAML 1.2.2, section 10.3.2, with the numbers
//! of JSON only.

use serde_json::{Number, Value};

/// The value of a plain scalar.
///
/// Numbers keep their text (`1.50` stays `1.50`). A form of the core schema that JSON cannot write
/// (`014`, `0x1F`, `+1`, `.5`, `.inf`) is a text, as is everything of YAML 1.1 (`yes`, `1_000`).
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

/// The number that a text writes by the grammar of JSON, RFC 8259 section 6, with all its digits.
///
/// Only the exponent is not kept as it was written: `serde_json` makes `1E3` an `1e+3`.
pub(super) fn number(text: &str) -> Option<Number> {
    let first = *text.as_bytes().first()?;
    if first != b'-' && !first.is_ascii_digit() {
        return None;
    }
    serde_json::from_str(text).ok()
}
