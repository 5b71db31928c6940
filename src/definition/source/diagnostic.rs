//! How a mistake in a definition file is told to its author.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet, normalize_untrusted_str};

use super::Source;

/// Longer names are cut when they are quoted in a message.
const QUOTED_CHARS_MAX: usize = 60;

/// One mistake: where it is, what is wrong and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file that has the mistake.
    pub source: Arc<Source>,
    /// The bytes of the file that are wrong.
    pub span: Range<usize>,
    /// What is wrong, in one line without a full stop.
    pub message: String,
    /// What to write beside the marked bytes; may be empty.
    pub label: String,
    /// What the author can do about it, in one line.
    pub help: Option<String>,
    /// Other places that belong to the mistake, and what to write beside each.
    pub secondary: Vec<(Range<usize>, String)>,
}

impl Diagnostic {
    /// A diagnostic without help and without other places.
    ///
    /// A span that does not fit the text is moved to the nearest one that does.
    pub fn new(
        source: &Arc<Source>,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic {
            span: source.clamp(span),
            source: source.clone(),
            message: message.into(),
            label: label.into(),
            help: None,
            secondary: Vec::new(),
        }
    }

    /// The same diagnostic with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// The same diagnostic with one more place that belongs to it.
    #[must_use]
    pub fn with_secondary(mut self, span: Range<usize>, label: impl Into<String>) -> Diagnostic {
        self.secondary.push((self.source.clamp(span), label.into()));
        self
    }

    /// The line and the column, both from 1, at which the mistake begins. Columns count characters.
    pub fn line_column(&self) -> (usize, usize) {
        self.source.line_column(self.span.start)
    }

    /// The mistake in the look of rustc: the message, the source line with its mark, the help.
    ///
    /// With `color` the text holds ANSI escapes; no control character of the file is among them.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let text = &*self.source.text;
        let lines = self.shown_lines();
        let (first_line, _) = self.source.line_column(lines.start);
        let mark = |kind: AnnotationKind, span: &Range<usize>, label: &str| {
            let shown = self.first_line_of(span);
            let annotation = kind.span(shown.start - lines.start..shown.end - lines.start);
            annotation.label((!label.is_empty()).then(|| normalize_untrusted_str(label)))
        };
        let snippet = Snippet::source(without_c1(&text[lines.clone()]))
            .path(without_c1(&self.source.path))
            .line_start(first_line)
            .annotation(mark(AnnotationKind::Primary, &self.span, &self.label))
            .annotations(
                self.secondary
                    .iter()
                    .map(|(span, label)| mark(AnnotationKind::Context, span, label)),
            );
        let mut group = Level::ERROR
            .primary_title(self.message.as_str())
            .element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(normalize_untrusted_str(help)));
        }
        renderer.render(&[group])
    }

    /// The bytes of the lines from the first to the last mark: a renderer need not see the rest.
    fn shown_lines(&self) -> Range<usize> {
        let text = &*self.source.text;
        let spans =
            || std::iter::once(&self.span).chain(self.secondary.iter().map(|(span, _)| span));
        let first = spans().map(|span| span.start).min().unwrap_or_default();
        let last = spans().map(|span| span.start).max().unwrap_or_default();
        let Range {
            start: first,
            end: last,
        } = self.source.clamp(first..last);
        let start = text[..first].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[last..]
            .find('\n')
            .map_or(text.len(), |newline| last + newline);
        start..end
    }

    /// The part of a span on its first line: a mark over many lines shows nothing.
    fn first_line_of(&self, span: &Range<usize>) -> Range<usize> {
        let span = self.source.clamp(span.clone());
        let line = self.source.text[span.clone()].lines().next();
        span.start..span.start + line.unwrap_or_default().len()
    }
}

/// The text without the control characters U+0080 to U+009F, which some terminals obey and which
/// the renderer lets pass. What replaces them is as long, so that spans stay right.
fn without_c1(text: &str) -> Cow<'_, str> {
    let is_c1 = |letter: char| ('\u{80}'..='\u{9f}').contains(&letter);
    if text.contains(is_c1) {
        Cow::Owned(text.replace(is_c1, "·"))
    } else {
        Cow::Borrowed(text)
    }
}

/// One line: `path:line:column: message; help`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_column();
        write!(f, "{}:{line}:{column}: {}", self.source.path, self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Diagnostic {}

/// A name from a file, in backticks, safe to stand in a line: short and without control characters.
pub fn quote(name: &str) -> String {
    format!("`{}`", one_line(name))
}

/// A text from a file, cut and with its control characters escaped.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::new();
    for (count, letter) in text.chars().enumerate() {
        if count == QUOTED_CHARS_MAX {
            line.push('…');
            break;
        }
        if letter.is_control() {
            line.extend(letter.escape_default());
        } else {
            line.push(letter);
        }
    }
    line
}
