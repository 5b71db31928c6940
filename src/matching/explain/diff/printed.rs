//! Patterns as a diff prints them: out of the definition as it was written.

use serde_json::Value;

use crate::matching::xml;

/// The keys that say what an operator does, before those that only modify one.
const OPERATORS: &[&str] = &[
    "equalTo",
    "binaryEqualTo",
    "equalToJson",
    "matchesJsonPath",
    "matchesJsonSchema",
    "equalToXml",
    "matchesXPath",
    "contains",
    "not",
    "doesNotContain",
    "matches",
    "doesNotMatch",
    "matchesPathTemplate",
    "before",
    "after",
    "equalToDateTime",
    "anything",
    "absent",
    "and",
    "or",
    "includes",
    "hasExactly",
];

/// An operator as it was written: its name, and what it was given.
#[derive(Clone, Copy)]
pub(super) struct Printed<'a> {
    /// Its key.
    pub(super) name: &'a str,
    /// What stands there.
    pub(super) value: &'a Value,
}

impl<'a> Printed<'a> {
    /// The operator in a pattern.
    pub(super) fn of(pattern: &'a Value) -> Option<Self> {
        let members = pattern.as_object()?;
        OPERATORS
            .iter()
            .find_map(|name| members.get(*name).map(|value| Self { name, value }))
    }

    /// What is expected, without the operator's name.
    pub(super) fn expected(&self) -> String {
        match self.name {
            "absent" => "(absent)".into(),
            "and" => self.operands().join(" AND "),
            "or" => self.operands().join(" OR "),
            "includes" | "hasExactly" => String::new(),
            "not" => Self::of(self.value).map_or_else(String::new, |inner| inner.expected()),
            "equalToJson" | "matchesJsonSchema" => match self.value {
                Value::String(text) => indented(text).unwrap_or_else(|| text.clone()),
                value => pretty(value),
            },
            "equalToXml" => pretty_xml(&text_of(self.value)),
            "matchesJsonPath" | "matchesXPath" => match self.value.get("expression") {
                Some(expression) => text_of(expression),
                None => text_of(self.value),
            },
            "before" | "after" | "equalToDateTime" if self.value == "now" => {
                "now +0 seconds".into()
            }
            _ => text_of(self.value),
        }
    }

    /// What is expected of a cookie or a variable of the path: there WireMock prints what the
    /// operator was given.
    pub(super) fn given(&self) -> String {
        match (self.name, self.value) {
            ("absent", _) => "null".into(),
            ("and" | "or", Value::Array(operands)) => {
                let first = operands.first().and_then(Printed::of);
                first.map_or_else(String::new, |first| first.expected())
            }
            ("equalToJson" | "equalToXml", Value::String(text)) => text.clone(),
            _ => self.expected(),
        }
    }

    /// Whether it asks for equality, which is printed without a word.
    fn is_equality(&self) -> bool {
        matches!(
            self.name,
            "equalTo" | "equalToJson" | "equalToXml" | "binaryEqualTo"
        )
    }

    /// What stands between a name and what is expected; `equals`, when it is equality.
    pub(super) fn between(&self, equals: &str) -> String {
        match self.name {
            "includes" => format!(" including [{}]", self.operands().join(" AND ")),
            "hasExactly" => format!(" exactly [{}]", self.operands().join(" AND ")),
            _ if self.is_equality() => equals.to_owned(),
            name => format!(" [{name}] "),
        }
    }

    fn operands(&self) -> Vec<String> {
        let operands = self.value.as_array().map_or(&[][..], Vec::as_slice);
        let operands = operands.iter().filter_map(Printed::of);
        operands
            .map(|operand| format!("{} {}", operand.name, operand.expected()))
            .collect()
    }
}

/// A value without the quotes of a text.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// An XML text, indented; as it is, when it is none.
pub(super) fn pretty_xml(text: &str) -> String {
    xml::format(text, true).unwrap_or_else(|| text.to_owned())
}

/// A JSON text, indented; nothing, when it is none.
pub(super) fn indented(text: &str) -> Option<String> {
    serde_json::from_str(text).ok().map(|value| pretty(&value))
}

/// A JSON value as WireMock indents it: objects over lines, lists on one.
pub(super) fn pretty(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    text
}

fn write(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(members) if members.is_empty() => text.push_str("{ }"),
        Value::Object(members) => {
            for (at, (name, value)) in members.iter().enumerate() {
                text.push_str(if at == 0 { "{\n" } else { ",\n" });
                text.push_str(&"  ".repeat(depth + 1));
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push_str(" : ");
                write(value, depth + 1, text);
            }
            text.push('\n');
            text.push_str(&"  ".repeat(depth));
            text.push('}');
        }
        Value::Array(items) if items.is_empty() => text.push_str("[ ]"),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at == 0 { "[ " } else { ", " });
                write(item, depth, text);
            }
            text.push_str(" ]");
        }
        other => text.push_str(&other.to_string()),
    }
}
