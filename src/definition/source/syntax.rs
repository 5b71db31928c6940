//! The words for what the YAML parser refuses.
//!
//! The parser names a rule of the grammar; an author wants to know what to change. Several rules
//! share one sentence where the remedy is the same.

use std::ops::Range;
use std::sync::Arc;

use granit_parser::{ErrorKind, ScanError};

use super::diagnostic::quote;
use super::node::Excess;
use super::{Diagnostic, Source};

/// A bracket that waits for its end.
pub(super) struct OpenBracket {
    pub(super) span: Range<usize>,
    pub(super) closing: char,
}

/// What is wrong, what to write beside it, and what helps (empty for nothing).
type Words = (String, &'static str, &'static str);

/// The diagnostic for an error of the parser, which stopped inside `open` if inside a bracket.
pub(super) fn explain(
    source: &Arc<Source>,
    error: &ScanError,
    open: Option<OpenBracket>,
) -> Diagnostic {
    let span = marked(&source.text, error);
    let start = span.start;
    let open = open.filter(|_| concerns_bracket(error.kind()));
    let (message, label, help) = match &open {
        Some(open) => (
            format!(
                "this list or object is not closed: expected `,` or `{}`",
                open.closing
            ),
            "expected its end before this",
            "",
        ),
        None => words(error.kind()),
    };
    let mut diagnostic = Diagnostic::new(source, span, message, label);
    match open {
        Some(open) if open.span.start == start => "opened here".clone_into(&mut diagnostic.label),
        Some(open) => diagnostic = diagnostic.with_secondary(open.span, "opened here"),
        None => {}
    }
    if has_bare_template(source, start) {
        diagnostic.with_help("a template must be in quotes: write `\"{{…}}\"`")
    } else if help.is_empty() {
        diagnostic
    } else {
        diagnostic.with_help(help)
    }
}

/// The bytes that an error is about; the parser gives only where it stood.
fn marked(text: &str, error: &ScanError) -> Range<usize> {
    let start = error.marker().byte_offset().unwrap_or(text.len());
    let start = text.floor_char_boundary(start);
    let line = text[start..].lines().next().unwrap_or_default();
    match error.kind() {
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            start..start + line.trim_end().len()
        }
        // The parser stands behind the tab.
        ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation => {
            text[..start].trim_end_matches('\t').len()..start
        }
        _ => {
            let letter = line.chars().next().filter(|letter| !letter.is_whitespace());
            start..start + letter.map_or(0, char::len_utf8)
        }
    }
}

/// Whether the line of an error has a value that starts with a template without quotes.
fn has_bare_template(source: &Source, at: usize) -> bool {
    let line_start = source.text[..at]
        .rfind('\n')
        .map_or(0, |newline| newline + 1);
    let line = source.text[line_start..].lines().next().unwrap_or_default();
    line.contains(": {{") || line.contains("- {{")
}

/// Whether the parser stopped because a bracket did not end where it should.
fn concerns_bracket(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnexpectedEof
            | ErrorKind::UnexpectedEofFlowSequence
            | ErrorKind::UnexpectedEofFlowMapping
            | ErrorKind::UnexpectedEofImplicitFlowMapping
            | ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::ExpectedFlowSequenceSeparator
            | ErrorKind::UnclosedFlowCollection { .. }
            | ErrorKind::InvalidColonPlacement
            | ErrorKind::BlockEntryInFlowCollection
    )
}

fn words(kind: &ErrorKind) -> Words {
    match kind {
        ErrorKind::RecursionLimitExceeded => {
            (Excess::Depth.message(), "the limit is passed here", "")
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => (
            format!("`{open}` is closed by `{close}`"),
            "wrong bracket",
            "",
        ),
        ErrorKind::UnexpectedCharacter { character } => (
            format!("text cannot start with {}", quote(&character.to_string())),
            "unexpected character",
            "put the text in quotes",
        ),
        _ => {
            let (message, label, help) = fixed_words(kind);
            (message.to_owned(), label, help)
        }
    }
}

fn fixed_words(kind: &ErrorKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        ErrorKind::MappingValueNotAllowed | ErrorKind::MappingKeyNotAllowed => (
            "a key cannot stand here",
            "unexpected `:`",
            "put text that contains `: ` in quotes, or check the indentation",
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            ("expected `:` after this key", "no `:` follows", "")
        }
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedNodeContent
        | ErrorKind::InvalidIndentation
        | ErrorKind::InvalidFlowScalarIndent
        | ErrorKind::ExpectedBlockSequenceEntry => (
            "this does not fit the indentation of the lines above",
            "expected the next key or item",
            "the keys of an object, and the items of a list, start in the same column",
        ),
        ErrorKind::BlockSequenceEntryNotAllowed | ErrorKind::BlockEntryInFlowCollection => (
            "a list item cannot stand here",
            "unexpected `-`",
            "start the list on a line of its own",
        ),
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => ("YAML is not indented by tabs", "a tab", "use spaces"),
        ErrorKind::UnclosedQuotedScalar
        | ErrorKind::DocumentIndicatorInQuotedScalar
        | ErrorKind::InvalidQuotedScalarIndent => (
            "a quoted text is not closed",
            "a quoted text is open here",
            "a quoted text may go on only on lines that are indented",
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar
        | ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            "text follows a closing quote",
            "expected the end of the line",
            "put the whole text in quotes",
        ),
        ErrorKind::UnknownQuotedScalarEscape => (
            "this text has an unknown escape",
            "in this text",
            "write `\\\\` for a backslash, or use single quotes",
        ),
        ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate
        | ErrorKind::InvalidUnicodeEscape => (
            "this text has an escape that is no character",
            "in this text",
            "",
        ),
        ErrorKind::MisplacedFlowCollectionEnd => {
            ("no bracket is open here", "unexpected bracket", "")
        }
        ErrorKind::MissingAnchorOrAliasName => (
            "`&` and `*` need the name of an anchor",
            "expected a name",
            "put text that starts with `&` or `*` in quotes",
        ),
        ErrorKind::CommentNotSeparated | ErrorKind::CommentInterceptedScalar => (
            "a comment cannot start here",
            "unexpected `#`",
            "put a space before `#`, or put the text in quotes",
        ),
        ErrorKind::ZeroBlockScalarIndent
        | ErrorKind::InvalidBlockScalarHeader
        | ErrorKind::InvalidBlockScalarIndent => (
            "this block of text is not well formed",
            "here",
            "indent every line of the text deeper than its key",
        ),
        ErrorKind::UndeclaredTagHandle
        | ErrorKind::ExpectedTagBang
        | ErrorKind::InvalidGlobalTagCharacter
        | ErrorKind::InvalidTagTerminator
        | ErrorKind::MissingTagUri
        | ErrorKind::UnclosedVerbatimTag
        | ErrorKind::InvalidTagEscape => (
            "this tag is not well formed",
            "here",
            "text that starts with `!` must be in quotes",
        ),
        _ => ("this is not YAML", "the parser stopped here", ""),
    }
}
