//! Mistakes, collected with their places.

use std::ops::Range;
use std::sync::Arc;

use crate::definition::source::{Diagnostic, Document, nearest};

/// A place in a definition file: a document, and a pointer into it.
#[derive(Clone, Debug)]
pub struct Place {
    document: Arc<Document>,
    pointer: String,
    /// Where to look for a member that is not here.
    behind: Option<String>,
}

impl Place {
    /// The root of a document.
    #[must_use]
    pub fn root(document: &Arc<Document>) -> Self {
        Self {
            document: document.clone(),
            pointer: String::new(),
            behind: None,
        }
    }

    /// This place over another of the same file: what is not said here is said there.
    #[must_use]
    pub fn over(&self, behind: &Self) -> Self {
        Self {
            behind: Some(behind.pointer.clone()),
            ..self.clone()
        }
    }

    /// The member of this name, or the item of this number.
    #[must_use]
    pub fn at(&self, name: impl std::fmt::Display) -> Self {
        let name = name.to_string().replace('~', "~0").replace('/', "~1");
        let pointer = format!("{}/{name}", self.pointer);
        let there = self.document.value.pointer(&pointer).is_some();
        let pointer = match &self.behind {
            Some(behind) if !there => format!("{behind}/{name}"),
            _ => pointer,
        };
        Self {
            document: self.document.clone(),
            pointer,
            behind: None,
        }
    }

    /// What this place stands in.
    #[must_use]
    pub fn parent(&self) -> Self {
        let end = self.pointer.rfind('/').unwrap_or(0);
        Self {
            document: self.document.clone(),
            pointer: self.pointer[..end].to_owned(),
            behind: None,
        }
    }

    /// The place of a JSON pointer below this one.
    #[must_use]
    pub fn below(&self, pointer: &str) -> Self {
        Self {
            document: self.document.clone(),
            pointer: format!("{}{pointer}", self.pointer),
            behind: None,
        }
    }

    /// The file's path as its author knows it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.document.source.path
    }

    /// Whether anything stands here.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.document.value.pointer(&self.pointer).is_some()
    }

    /// What stands here.
    #[must_use]
    pub fn json(&self) -> &serde_json::Value {
        let value = self.document.value.pointer(&self.pointer);
        value.unwrap_or(&self.document.value)
    }

    fn value(&self) -> Range<usize> {
        self.document.span(&self.pointer)
    }

    fn key(&self) -> Range<usize> {
        self.document.key_span(&self.pointer)
    }

    /// The text at `offset` of the value here, if the file has it as it was read: an escape or a
    /// folded line would shift it.
    fn within(&self, text: &str, offset: usize) -> Range<usize> {
        let span = self.value();
        let written = &self.document.source.text[span.clone()];
        let shift = match written.find(text) {
            Some(start) if start <= 2 => start,
            _ => return span,
        };
        let start = span.start + shift + offset.min(text.len());
        let end = (start + 1).min(span.end).max(start);
        start..end
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}#{}", self.path(), self.pointer)
    }
}

/// All mistakes that were found.
#[derive(Debug, Default)]
pub struct Report {
    /// The mistakes.
    pub diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// The value at a place is wrong.
    pub fn error(&mut self, place: &Place, message: impl Into<String>, label: impl Into<String>) {
        self.push(place, place.value(), message, label);
    }

    /// The name at a place stands for nothing; the nearest that would is suggested.
    pub fn unknown<'a>(
        &mut self,
        place: &Place,
        kind: &str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) {
        self.nothing_of_this_name(
            place,
            place.value(),
            kind,
            name,
            known.into_iter().collect(),
        );
    }

    /// The same of a name that is the key at a place.
    pub fn unknown_key<'a>(
        &mut self,
        place: &Place,
        kind: &str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) {
        self.nothing_of_this_name(place, place.key(), kind, name, known.into_iter().collect());
    }

    fn nothing_of_this_name(
        &mut self,
        place: &Place,
        span: Range<usize>,
        kind: &str,
        name: &str,
        known: Vec<&str>,
    ) {
        let message = format!("unknown {kind} `{name}`");
        let label = if known.is_empty() {
            format!("there is no {kind} here")
        } else if known.len() <= 12 {
            format!("expected one of {}", known.join(", "))
        } else {
            format!(
                "expected one of {} and {} more",
                known[..12].join(", "),
                known.len() - 12
            )
        };
        self.push(place, span, message, label);
        if let (Some(near), Some(last)) = (nearest(name, known), self.diagnostics.last_mut()) {
            last.help = Some(format!("did you mean `{near}`?"));
        }
    }

    /// The key at a place is wrong.
    pub fn error_at_key(
        &mut self,
        place: &Place,
        message: impl Into<String>,
        label: impl Into<String>,
    ) {
        self.push(place, place.key(), message, label);
    }

    /// Something in the text at a place is wrong, from an offset on.
    pub fn error_within(
        &mut self,
        place: &Place,
        text: &str,
        offset: usize,
        message: impl Into<String>,
        label: impl Into<String>,
    ) {
        self.push(place, place.within(text, offset), message, label);
    }

    /// A name is given twice.
    pub fn twice(&mut self, kind: &str, name: &str, first: &Place, second: &Place) {
        let message = format!("{kind} `{name}` is declared twice");
        let here = Diagnostic::new(
            &second.document.source,
            second.key(),
            message,
            "declared again here",
        );
        let (line, column) = first.document.source.line_column(first.key().start);
        let there = format!("first declared at {}:{line}:{column}", first.path());
        self.diagnostics.push(here.with_help(there));
    }

    fn push(
        &mut self,
        place: &Place,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
    ) {
        let source = &place.document.source;
        self.diagnostics
            .push(Diagnostic::new(source, span, message, label));
    }
}

/// What may be left out: nothing at all, where something was given that has a mistake.
pub(super) fn optional<T>(given: Option<Option<T>>) -> Option<Option<T>> {
    match given {
        None => Some(None),
        Some(compiled) => compiled.map(Some),
    }
}
