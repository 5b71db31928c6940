//! Where in a file a piece of it stands, and the values within it.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::cassette::error::{Error, Kind};
use crate::definition::source::{Diagnostic, Document, nearest, quote};

/// Where a piece of a file begins.
#[derive(Clone, Debug)]
pub(in crate::cassette) struct Place {
    pub(in crate::cassette) path: Arc<str>,
    /// From 1.
    pub(in crate::cassette) line: usize,
    /// From 1, in characters.
    pub(in crate::cassette) column: usize,
    /// From which line and column of the piece on something was cut out, and where it goes on.
    pub(in crate::cassette) resumes: Option<((usize, usize), (usize, usize))>,
}

impl Place {
    /// A mistake at a line and a column of the piece, both from 1.
    pub(in crate::cassette) fn error_at(
        &self,
        at: (usize, usize),
        kind: Kind,
        message: impl Into<String>,
        help: Option<String>,
    ) -> Error {
        let (from, to) = match self.resumes {
            Some((from, to)) if at >= from => (from, to),
            _ => ((1, 1), (self.line, self.column)),
        };
        Error {
            kind,
            path: self.path.clone(),
            line: to.0 + at.0 - from.0,
            column: match at.0 == from.0 {
                true => to.1 + at.1 - from.1,
                false => at.1,
            },
            message: message.into(),
            help,
        }
    }

    /// What the reader of the syntax says, at its place in the whole file.
    pub(in crate::cassette) fn of_diagnostics(&self, diagnostics: &[Diagnostic]) -> Error {
        let Some(first) = diagnostics.first() else {
            return self.error_at((1, 1), Kind::Malformed, "this cannot be read", None);
        };
        let help = first.help.clone();
        let message = first.message.clone();
        self.error_at(first.line_column(), Kind::Malformed, message, help)
    }
}

/// A value of a document, which knows where it stands.
#[derive(Clone)]
pub(in crate::cassette) struct Item<'a> {
    pub(in crate::cassette) document: &'a Document,
    pub(in crate::cassette) place: &'a Place,
    pub(in crate::cassette) pointer: String,
    pub(in crate::cassette) value: &'a Value,
}

impl<'a> Item<'a> {
    /// The whole of a document.
    pub(in crate::cassette) fn root(document: &'a Document, place: &'a Place) -> Self {
        Self {
            document,
            place,
            pointer: String::new(),
            value: &document.value,
        }
    }

    /// A mistake in this value.
    pub(in crate::cassette) fn error(&self, message: impl Into<String>) -> Error {
        self.error_with(message, None)
    }

    /// A mistake in this value, and what can be done about it.
    pub(in crate::cassette) fn error_with(
        &self,
        message: impl Into<String>,
        help: Option<String>,
    ) -> Error {
        let span = match self.value {
            Value::Object(_) | Value::Array(_) => self.document.head_span(&self.pointer),
            _ => self.document.span(&self.pointer),
        };
        let at = self.document.source.line_column(span.start);
        self.place.error_at(at, Kind::Malformed, message, help)
    }

    fn expected(&self, what: &str) -> Error {
        let found = match self.value {
            Value::Null => "null".to_owned(),
            Value::Bool(_) | Value::Number(_) => quote(&self.value.to_string()),
            Value::String(text) => format!("the text {}", quote(text)),
            Value::Array(_) => "a list".to_owned(),
            Value::Object(_) => "an object".to_owned(),
        };
        let name = self.pointer.rsplit('/').next().unwrap_or_default();
        match name.is_empty() || name.bytes().all(|byte| byte.is_ascii_digit()) {
            true => self.error(format!("expected {what}, found {found}")),
            false => self.error(format!("{} must be {what}, found {found}", quote(name))),
        }
    }

    fn within(&self, token: &str, value: &'a Value) -> Self {
        let token = token.replace('~', "~0").replace('/', "~1");
        Self {
            pointer: format!("{}/{token}", self.pointer),
            value,
            ..self.clone()
        }
    }

    /// A member that is there and not null.
    pub(in crate::cassette) fn member(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name)?;
        (!value.is_null()).then(|| self.within(name, value))
    }

    /// A member that must be there.
    pub(in crate::cassette) fn required(&self, name: &str) -> Result<Self, Error> {
        self.object()?;
        let missing = || self.error(format!("{} is missing", quote(name)));
        self.member(name).ok_or_else(missing)
    }

    /// Refuses members of other names than these.
    pub(in crate::cassette) fn only(&self, names: &[&str]) -> Result<(), Error> {
        for name in self.object()?.keys() {
            if names.contains(&name.as_str()) {
                continue;
            }
            let pointer = self.within(name, &Value::Null).pointer;
            let span = self.document.key_span(&pointer);
            let at = self.document.source.line_column(span.start);
            let help = match nearest(name, names.iter().copied()) {
                Some(meant) => format!("did you mean {}?", quote(meant)),
                None => format!("expected one of {}", names.join(", ")),
            };
            let message = format!("there is no member {} here", quote(name));
            return Err(self
                .place
                .error_at(at, Kind::Malformed, message, Some(help)));
        }
        Ok(())
    }

    /// The members of an object.
    pub(in crate::cassette) fn object(&self) -> Result<&'a Map<String, Value>, Error> {
        let object = self.value.as_object();
        object.ok_or_else(|| self.expected("an object"))
    }

    /// The members of an object, each with its place.
    pub(in crate::cassette) fn members(&self) -> Result<Vec<(&'a str, Self)>, Error> {
        let members = self.object()?.iter();
        let members = members.map(|(name, value)| (name.as_str(), self.within(name, value)));
        Ok(members.collect())
    }

    /// The items of a list.
    pub(in crate::cassette) fn items(&self) -> Result<Vec<Self>, Error> {
        let items = self.value.as_array();
        let items = items.ok_or_else(|| self.expected("a list"))?;
        let items = items.iter().enumerate();
        Ok(items
            .map(|(at, value)| self.within(&at.to_string(), value))
            .collect())
    }

    /// A text.
    pub(in crate::cassette) fn text(&self) -> Result<&'a str, Error> {
        self.value.as_str().ok_or_else(|| self.expected("a text"))
    }

    /// The text of a member, if it is there.
    pub(in crate::cassette) fn text_of(&self, name: &str) -> Result<Option<&'a str>, Error> {
        self.member(name).map(|member| member.text()).transpose()
    }

    /// The text of a number.
    pub(in crate::cassette) fn number(&self) -> Result<&'a str, Error> {
        match self.value {
            Value::Number(number) => Ok(number.as_str()),
            _ => Err(self.expected("a number")),
        }
    }

    /// A status of HTTP.
    pub(in crate::cassette) fn status(&self) -> Result<u16, Error> {
        let status = self.number()?.parse().ok();
        let status = status.filter(|status| (100..=999).contains(status));
        status.ok_or_else(|| self.expected("a status from 100 to 999"))
    }

    /// One of several words.
    pub(in crate::cassette) fn word<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, Error> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let help = nearest(text, names.iter().copied())
                .map(|meant| format!("did you mean {}?", quote(meant)));
            let message = format!(
                "expected one of {}, found {}",
                names.join(", "),
                quote(text)
            );
            self.error_with(message, help)
        })
    }
}
