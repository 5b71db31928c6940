//! Mistakes in a data file, told with its lines.

use std::ops::Range;
use std::sync::Arc;

use super::super::report::{Place, Report};
use crate::definition::source::{Diagnostic, Source};

/// How many mistakes of one file are told: a file with a wrong column is wrong in every line.
const MISTAKES_MAX: usize = 20;

/// The longest line that is shown, in bytes: a JSON file may be one of millions.
const SHOWN_BYTES_MAX: usize = 2_000;

/// What tells the mistakes of one data file.
pub(super) struct Told<'a> {
    source: &'a Arc<Source>,
    /// Where the file is named.
    from: &'a Place,
    report: &'a mut Report,
    left: usize,
}

impl<'a> Told<'a> {
    /// Nothing has been told of the file.
    pub(super) fn new(source: &'a Arc<Source>, from: &'a Place, report: &'a mut Report) -> Self {
        Self {
            source,
            from,
            report,
            left: MISTAKES_MAX,
        }
    }

    /// Whether so many mistakes have been told that no more are looked for.
    pub(super) fn is_enough(&self) -> bool {
        self.left == 0
    }

    /// Whether any mistake has been told.
    pub(super) fn is_any(&self) -> bool {
        self.left < MISTAKES_MAX
    }

    /// Tells of a mistake at some bytes of the file.
    pub(super) fn error(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
    ) {
        if self.is_enough() {
            return;
        }
        self.left -= 1;
        let (message, label) = (message.into(), label.into());
        let text = &*self.source.text;
        let start = text.floor_char_boundary(span.start);
        let line = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        if end - line > SHOWN_BYTES_MAX {
            let (line, column) = self.source.line_column(start);
            let message = format!("{}:{line}:{column}: {message}", self.source.path);
            self.report.error(self.from, message, label);
        } else {
            let mistake = Diagnostic::new(self.source, start..span.end.min(end), message, label);
            self.report.diagnostics.push(mistake);
        }
    }

    /// The line and the column, both from 1, of a byte of the file.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.source.line_column(offset).0
    }
}
