//! What counts of a request, in one order and one form.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use super::Normaliser;
use super::paths::{Paths, fold};
use crate::cassette::model::Request;
use crate::cassette::redaction::REDACTED;
use crate::domain::call::{decode, pairs};

/// What a body is, as far as it counts.
pub(super) enum Body {
    Nothing,
    Json(Value),
    /// The fields of a form, in order.
    Form(Vec<(String, String)>),
    Bytes,
}

impl Normaliser {
    /// The text of what counts of a request. Parts are set apart by bytes that none of them holds.
    pub(super) fn normalised(&self, request: &Request) -> Vec<u8> {
        let mut text = format!("{}\n{}\n", request.method, self.path(request)).into_bytes();
        for (name, value) in self.query(request) {
            put(&mut text, &[&name, &value]);
        }
        text.push(b'\n');
        for name in &self.headers {
            for (_, value) in request.headers.iter().filter(|(given, _)| given == name) {
                put(&mut text, &[name, &self.redaction.header(name, value)]);
            }
        }
        text.push(b'\n');
        match self.body(request) {
            Body::Nothing => {}
            Body::Json(value) => {
                let value = self.counting(&value, &mut Vec::new(), &[&self.body]);
                let value = value.unwrap_or(Value::Null);
                text.extend_from_slice(crate::domain::canonical::canonical(&value).as_bytes());
            }
            Body::Form(fields) => {
                for (name, value) in fields {
                    put(&mut text, &[&name, &value]);
                }
            }
            Body::Bytes => {
                let mut copy = request.clone();
                self.redaction.request(&mut copy);
                text.extend_from_slice(&copy.body);
            }
        }
        text
    }

    /// The same for a call of a tool.
    pub(super) fn normalised_tool(&self, tool: &str, input: &Value) -> Vec<u8> {
        let mut text = format!("\0{tool}\n").into_bytes();
        let value = self.counting_input(input);
        text.extend_from_slice(crate::domain::canonical::canonical(&value).as_bytes());
        text
    }

    /// What counts of a tool's input. A path may begin at it, or at the envelope around it.
    pub(super) fn counting_input(&self, input: &Value) -> Value {
        let bare = self.counting(input, &mut Vec::new(), &[&self.body]);
        let bare = bare.unwrap_or(Value::Null);
        let wrapped = self.counting(&bare, &mut vec!["input".to_owned()], &[&self.body]);
        wrapped.unwrap_or(Value::Null)
    }

    /// The path, decoded, so that it makes no difference what a client encodes.
    pub(super) fn path(&self, request: &Request) -> String {
        let path = self.redaction.text(request.path());
        let parts = path
            .split('/')
            .map(|part| decode(part, false).replace('/', "%2F"));
        parts.collect::<Vec<_>>().join("/")
    }

    /// The parameters that count, sorted.
    pub(super) fn query(&self, request: &Request) -> Vec<(String, String)> {
        self.fields(request.query().unwrap_or_default(), &self.query)
    }

    fn fields(&self, text: &str, ignored: &Paths) -> Vec<(String, String)> {
        let pairs = pairs(text).filter(|(name, _)| !ignored.has(&[fold(name)]));
        let pairs = pairs.map(|(name, value)| {
            let value = self.redaction.value(&name, &value).into_owned();
            (name.into_owned(), value)
        });
        let mut fields: Vec<(String, String)> = pairs.collect();
        fields.sort();
        fields
    }

    pub(super) fn body(&self, request: &Request) -> Body {
        if request.body.is_empty() {
            return Body::Nothing;
        }
        let kind = request.header("content-type").unwrap_or_default();
        let kind = kind.to_ascii_lowercase();
        let begins = request.body.trim_ascii_start().first();
        let may_be_json = matches!(begins, Some(b'{' | b'[')) || kind.contains("json");
        if may_be_json && let Ok(value) = serde_json::from_slice(&request.body) {
            return Body::Json(value);
        }
        if kind.contains("x-www-form-urlencoded")
            && let Ok(text) = std::str::from_utf8(&request.body)
        {
            return Body::Form(self.fields(text.trim_end(), &self.body));
        }
        Body::Bytes
    }

    /// What counts of a value: without what is ignored and what is secret, its numbers in one form.
    pub(super) fn counting(
        &self,
        value: &Value,
        path: &mut Vec<String>,
        ignored: &[&Paths],
    ) -> Option<Value> {
        if !path.is_empty() && ignored.iter().any(|paths| paths.has(path)) {
            return None;
        }
        Some(match value {
            Value::Number(number) => Value::Number(plain_number(number)),
            Value::String(text) => match self.redaction.text(text) {
                Cow::Borrowed(_) => value.clone(),
                Cow::Owned(text) => text.into(),
            },
            Value::Null | Value::Bool(_) => value.clone(),
            Value::Array(items) => {
                let mut counting = Vec::with_capacity(items.len());
                for (at, item) in items.iter().enumerate() {
                    path.push(at.to_string());
                    counting.extend(self.counting(item, path, ignored));
                    path.pop();
                }
                Value::Array(counting)
            }
            Value::Object(members) => {
                let mut counting = Map::new();
                let sorted: BTreeMap<&String, &Value> = members.iter().collect();
                for (name, member) in sorted {
                    path.push(fold(name));
                    let member = match self.redaction.is_secret_member(name, member) {
                        true => Some(secret(member)),
                        false => self.counting(member, path, ignored),
                    };
                    path.pop();
                    if let Some(member) = member {
                        counting.insert(name.clone(), member);
                    }
                }
                Value::Object(counting)
            }
        })
    }
}

/// A secret value as redaction leaves it: every text and number of it is gone.
fn secret(value: &Value) -> Value {
    match value {
        Value::Number(_) => REDACTED.into(),
        Value::String(text) if !text.is_empty() => REDACTED.into(),
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
        Value::Array(items) => items.iter().map(secret).collect(),
        Value::Object(members) => {
            let members = members.iter();
            let members = members.map(|(name, member)| (name.clone(), secret(member)));
            Value::Object(members.collect())
        }
    }
}

/// A number in one form: `1.50`, `1.5` and `15e-1` are one number. Nothing is rounded.
fn plain_number(number: &Number) -> Number {
    let text = number.as_str();
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let Ok(exponent) = exponent.parse::<i64>() else {
        return number.clone();
    };
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    let dropped = digits.len() - significant.len();
    let significant = significant.trim_start_matches('0');
    if significant.is_empty() {
        return Number::from(0);
    }
    let shift =
        i64::try_from(dropped).unwrap_or(i64::MAX) - i64::try_from(fraction.len()).unwrap_or(0);
    let Some(exponent) = exponent.checked_add(shift) else {
        return number.clone();
    };
    let plain = match exponent {
        0 => format!("{sign}{significant}"),
        _ => format!("{sign}{significant}e{exponent}"),
    };
    plain.parse().unwrap_or_else(|_| number.clone())
}

/// Adds parts, each with its length, so that no two lists of parts look alike.
fn put(text: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        text.extend_from_slice(format!("{}:", part.len()).as_bytes());
        text.extend_from_slice(part.as_bytes());
    }
}
