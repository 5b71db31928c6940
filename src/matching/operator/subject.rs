//! What an operator is asked about.

use std::borrow::Cow;
use std::cell::OnceCell;

use jiff::Timestamp;
use serde_json::Value;

use super::super::seen::latin1;
use crate::domain::call::Call;

/// A value that an operator is asked about: its text, and the same as JSON, read when it is first
/// asked for.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    text: Cow<'a, str>,
    json: OnceCell<Option<Cow<'a, Value>>>,
    /// The call of which it is the body: that keeps the JSON.
    call: Option<&'a Call>,
    /// What the sandbox's clock shows.
    pub now: Timestamp,
}

impl<'a> Subject<'a> {
    /// A text that nobody has read as JSON.
    #[must_use]
    pub fn text(text: impl Into<Cow<'a, str>>, now: Timestamp) -> Self {
        Self {
            text: text.into(),
            json: OnceCell::new(),
            call: None,
            now,
        }
    }

    /// A JSON value, and how it is written.
    #[must_use]
    pub fn json_value(value: &'a Value, text: String, now: Timestamp) -> Self {
        Self {
            text: text.into(),
            json: OnceCell::from(Some(Cow::Borrowed(value))),
            call: None,
            now,
        }
    }

    /// A body, in the encoding that its call names: UTF-8, or ISO 8859-1.
    #[must_use]
    pub fn body(call: &'a Call, now: Timestamp) -> Self {
        let kind = call.header("content-type").map(str::to_ascii_lowercase);
        let single = kind.is_some_and(|kind| kind.contains("charset=iso-8859-1"));
        Self {
            text: match single {
                true => latin1(&call.body),
                false => String::from_utf8_lossy(&call.body),
            },
            json: OnceCell::new(),
            call: Some(call),
            now,
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text as JSON. What stands behind the first value does not count.
    #[must_use]
    pub fn json(&self) -> Option<&Value> {
        let read = || match self.call.and_then(Call::json) {
            Some(json) => Some(Cow::Borrowed(json)),
            None => first_value(&self.text).map(Cow::Owned),
        };
        self.json.get_or_init(read).as_deref()
    }

    /// The text as JSONPath sees it: a text that is neither JSON nor looks as if it should be, nor
    /// like XML, is a JSON string.
    #[must_use]
    pub fn document(&self) -> Option<Cow<'_, Value>> {
        if let Some(json) = self.json() {
            return Some(Cow::Borrowed(json));
        }
        let text = self.text.trim_start();
        let is_plain = !text.starts_with(['{', '[', '<']);
        is_plain.then(|| Cow::Owned(Value::String(text.to_owned())))
    }
}

fn first_value(text: &str) -> Option<Value> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    values.next()?.ok()
}
