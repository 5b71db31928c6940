//! Secrets in bodies: JSON by its members, forms by their fields, other texts by what they look like.

use std::ops::Range;
use std::sync::LazyLock;

use bytes::Bytes;
use regex::Regex;
use serde_json::Value;

use super::{REDACTED, Redaction};
use crate::definition::source::{Document, Source, Syntax, parse_as};

/// A member of JSON within some other text: a line of a stream, or a document that was cut off.
static MEMBER: LazyLock<Regex> = LazyLock::new(|| {
    let member = r#""([^"\\]{1,64})"(\s*:\s*)("(?:[^"\\]|\\.)*"?|[0-9][0-9.eE+-]*)"#;
    Regex::new(member).expect("it is well formed")
});

/// A part of a multipart form.
static PART: LazyLock<Regex> = LazyLock::new(|| {
    let part = r#"(?s)(?:; *name="([^"]{1,100})"[^\r\n]*(?:\r\n[^\r\n]+)*\r\n\r\n)(.*?)\r\n--"#;
    Regex::new(part).expect("it is well formed")
});

impl Redaction {
    /// The body without its secrets, if it has any.
    pub(super) fn body(&self, body: &Bytes, content_type: Option<&str>) -> Option<Bytes> {
        self.rules.as_ref()?;
        if body.is_empty() {
            return None;
        }
        // What is no text is looked through as if each byte were a letter.
        let (text, is_text) = match std::str::from_utf8(body) {
            Ok(text) => (text.to_owned(), true),
            Err(_) => (body.iter().copied().map(char::from).collect(), false),
        };
        let kind = content_type.unwrap_or_default().to_ascii_lowercase();
        let redacted = self.body_text(&text, &kind)?;
        Some(match is_text {
            true => redacted.into(),
            false => {
                let bytes = redacted.chars().map(|letter| letter as u8);
                bytes.collect::<Vec<u8>>().into()
            }
        })
    }

    fn body_text(&self, text: &str, kind: &str) -> Option<String> {
        if text.trim_start().starts_with(['{', '['])
            && let Ok(document) = parse_as(Source::new("body", text), Syntax::Json)
        {
            let mut found = Vec::new();
            let mut pointer = String::new();
            self.find(&document, &document.value, &mut pointer, false, &mut found);
            return replaced(text, found);
        }
        let mut found = Vec::new();
        if kind.contains("x-www-form-urlencoded") {
            let pairs = self.pairs(text);
            return (*pairs != *text).then(|| pairs.into_owned());
        }
        if kind.contains("multipart/") {
            for part in PART.captures_iter(text) {
                if let (Some(name), Some(value)) = (part.get(1), part.get(2))
                    && self.is_secret(name.as_str())
                {
                    found.push((value.range(), REDACTED.to_owned()));
                }
            }
        }
        for member in MEMBER.captures_iter(text) {
            if let (Some(name), Some(value)) = (member.get(1), member.get(3))
                && self.is_secret(name.as_str())
                && found.iter().all(|(span, _)| !span.contains(&value.start()))
            {
                found.push((value.range(), Value::from(REDACTED).to_string()));
            }
        }
        let by_name = replaced(text, found);
        let by_name = by_name.as_deref().unwrap_or(text);
        let all = self.text(by_name);
        (*all != *text).then(|| all.into_owned())
    }

    /// Finds the secrets of a value: what stands where, and what is to stand there.
    fn find(
        &self,
        document: &Document,
        value: &Value,
        pointer: &mut String,
        is_secret: bool,
        found: &mut Vec<(Range<usize>, String)>,
    ) {
        let length = pointer.len();
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(_) if !is_secret => {}
            Value::Number(_) => {
                found.push((document.span(pointer), Value::from(REDACTED).to_string()));
            }
            Value::String(text) => {
                let redacted = match is_secret && !text.is_empty() {
                    true => REDACTED.into(),
                    false => self.text(text),
                };
                if *redacted != **text {
                    let redacted = Value::from(&*redacted).to_string();
                    found.push((document.span(pointer), redacted));
                }
            }
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    pointer.push_str(&format!("/{at}"));
                    self.find(document, item, pointer, is_secret, found);
                    pointer.truncate(length);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    let is_secret = is_secret || self.is_secret_member(name, member);
                    pointer.push('/');
                    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                    self.find(document, member, pointer, is_secret, found);
                    pointer.truncate(length);
                }
            }
        }
    }

    /// Whether a member of JSON is secret. Where tokens are counted, they are none.
    pub(in crate::cassette) fn is_secret_member(&self, name: &str, member: &Value) -> bool {
        let counts = member.is_number() && name.to_ascii_lowercase().contains("token");
        !counts && self.is_secret(name)
    }
}

/// The text with other words at those places, if there are any.
fn replaced(text: &str, mut found: Vec<(Range<usize>, String)>) -> Option<String> {
    if found.is_empty() {
        return None;
    }
    found.sort_by_key(|(span, _)| span.start);
    let mut whole = String::with_capacity(text.len());
    let mut at = 0;
    for (span, word) in found {
        if span.start < at {
            continue;
        }
        whole.push_str(&text[at..span.start]);
        whole.push_str(&word);
        at = span.end;
    }
    whole.push_str(&text[at..]);
    Some(whole)
}
