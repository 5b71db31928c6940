//! Strict JSON (RFC 8259): the reading that a tool's door uses.
//!
//! A name that stands twice in one object is refused instead of the last one winning: which of two
//! amounts was meant is not ours to guess. Nesting is bounded by `serde_json` at 128.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The key under which `serde_json` hands over a number that keeps its text.
const NUMBER_TOKEN: &str = "$serde_json::private::Number";

/// Reads one JSON document.
///
/// # Errors
/// A sentence that says what is wrong and at which line and column.
pub fn parse_strict(bytes: &[u8]) -> Result<Value, String> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict
        .deserialize(&mut deserializer)
        .map_err(|error| error.to_string())?;
    deserializer.end().map_err(|error| error.to_string())?;
    Ok(value)
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(Strict)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if name == NUMBER_TOKEN {
                let text: String = members.next_value()?;
                let number = text.parse::<Number>().map_err(A::Error::custom)?;
                return Ok(Value::Number(number));
            }
            if object.contains_key(&name) {
                return Err(A::Error::custom(format!(
                    "the name \"{name}\" stands twice"
                )));
            }
            object.insert(name, members.next_value_seed(Strict)?);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_json_is_read_as_it_stands() {
        for text in [
            "null",
            "[1,-2,1.50,1e3,12345678901234567890.12]",
            r#"{"a":{"b":[true,false,null,"\u00e9\ud83d\ude00"]},"c":{}}"#,
        ] {
            assert_eq!(
                parse_strict(text.as_bytes()).expect("JSON"),
                serde_json::from_str::<Value>(text).expect("JSON"),
            );
        }
        assert_eq!(parse_strict(b"1.50").expect("JSON").to_string(), "1.50");
    }

    #[test]
    fn what_is_not_is_refused_with_its_place() {
        for (text, part) in [
            (
                r#"{"a":1,"a":2}"#,
                r#"the name "a" stands twice at line 1 column"#,
            ),
            (
                r#"{"x":[{"a":1,"b":2,"a":3}]}"#,
                r#"the name "a" stands twice"#,
            ),
            ("{", "EOF while parsing"),
            ("", "EOF while parsing"),
            ("{} x", "trailing characters at line 1 column 4"),
            ("NaN", "expected"),
            ("01", "invalid number"),
            (&"[".repeat(10_000), "recursion limit exceeded"),
        ] {
            let error = parse_strict(text.as_bytes()).expect_err(text);
            assert!(error.contains(part), "{text:.40}: {error}");
        }
        assert!(parse_strict(b"\"\xff\"").is_err());
    }
}
