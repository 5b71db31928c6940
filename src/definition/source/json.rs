//! Reads JSON by RFC 8259: to a tree with positions.
//!
//! It is stricter than YAML's idea of JSON (no trailing commas, no comments) and, unlike YAML,
//! takes tabs as indentation. A wrong comma or word does not end the reading: it is reported, and
//! what follows is read as if it were right.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use super::diagnostic::quote;
use super::node::{Excess, Field, Fields, Node};
use super::yaml::duplicate_key;
use super::{DEPTH_MAX, Diagnostic, Source, nearest, scalar};

const BYTE_ORDER_MARK: char = '\u{feff}';

const NO_COMMENTS: &str = "JSON has no comments";

/// Reads one JSON text.
pub(super) fn read(source: &Arc<Source>) -> Result<Node, Vec<Diagnostic>> {
    let mut reader = Reader {
        source,
        // Some editors put a byte order mark first; RFC 8259, section 8.1 lets a reader pass it.
        at: if source.text.starts_with(BYTE_ORDER_MARK) {
            BYTE_ORDER_MARK.len_utf8()
        } else {
            0
        },
        depth: 0,
        diagnostics: Vec::new(),
    };
    let read = reader.read_document();
    let mut diagnostics = reader.diagnostics;
    match read {
        Ok(root) if diagnostics.is_empty() => Ok(root),
        Ok(_) => Err(diagnostics),
        Err(fatal) => {
            diagnostics.push(*fatal);
            Err(diagnostics)
        }
    }
}

/// A mistake after which nothing more can be read.
type Fatal = Box<Diagnostic>;

struct Reader<'a> {
    source: &'a Arc<Source>,
    /// The byte offset of the next character.
    at: usize,
    depth: usize,
    /// Mistakes after which the reading went on.
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn read_document(&mut self) -> Result<Node, Fatal> {
        let root = self.read_value()?;
        if self.peek().is_some() {
            return Err(self.fatal(
                self.next_char(),
                "the JSON text has ended",
                "unexpected text",
            ));
        }
        match root.size.excess() {
            None => Ok(root),
            Some(excess) => Err(self.fatal(root.span, excess.message(), "in this value")),
        }
    }

    fn fatal(&self, span: Range<usize>, message: impl Into<String>, label: &str) -> Fatal {
        Box::new(Diagnostic::new(self.source, span, message, label))
    }

    fn rest(&self) -> &str {
        &self.source.text[self.at..]
    }

    /// The next character that is no white space, which is passed.
    fn peek(&mut self) -> Option<char> {
        let blank = self
            .rest()
            .find(|letter| !matches!(letter, ' ' | '\t' | '\n' | '\r'));
        self.at += blank.unwrap_or(self.rest().len());
        self.rest().chars().next()
    }

    /// The span of the next character; empty at the end.
    fn next_char(&self) -> Range<usize> {
        self.at..self.at + self.rest().chars().next().map_or(0, char::len_utf8)
    }

    fn read_value(&mut self) -> Result<Node, Fatal> {
        match self.peek() {
            Some('{') => self.nested(Self::read_object),
            Some('[') => self.nested(Self::read_list),
            Some('"') => {
                let (span, text) = self.read_string()?;
                Ok(Node::scalar(span, Value::String(text)))
            }
            _ => self.read_word(),
        }
    }

    fn nested(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Node, Fatal>,
    ) -> Result<Node, Fatal> {
        if self.depth == DEPTH_MAX {
            let message = Excess::Depth.message();
            return Err(self.fatal(self.next_char(), message, "the limit is passed here"));
        }
        self.depth += 1;
        let node = read(self)?;
        self.depth -= 1;
        Ok(node)
    }

    fn read_list(&mut self) -> Result<Node, Fatal> {
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        let mut has_more = self.peek() != Some(']');
        while has_more {
            items.push(self.read_value()?);
            has_more = self.read_separator(start, ']')?;
        }
        self.at += 1;
        Ok(Node::list(start..self.at, items))
    }

    fn read_object(&mut self) -> Result<Node, Fatal> {
        let start = self.at;
        self.at += 1;
        let mut fields = Fields::default();
        let mut has_more = self.peek() != Some('}');
        while has_more {
            if self.peek() != Some('"') {
                return Err(self.not_a_key(start));
            }
            let (key_span, key) = self.read_string()?;
            if self.peek() != Some(':') {
                return Err(self.fatal(
                    self.next_char(),
                    format!("expected `:` after the key {}", quote(&key)),
                    "expected `:`",
                ));
            }
            self.at += 1;
            let field = Field {
                key: key.as_str().into(),
                key_span: key_span.clone(),
                node: self.read_value()?,
            };
            if let Err(first) = fields.insert(field) {
                self.diagnostics
                    .push(duplicate_key(self.source, &key, key_span, first));
            }
            has_more = self.read_separator(start, '}')?;
        }
        self.at += 1;
        Ok(Node::object(start..self.at, fields))
    }

    fn not_a_key(&self, object: usize) -> Fatal {
        let diagnostic = *self.fatal(
            self.next_char(),
            "expected a key in double quotes",
            "expected a key",
        );
        Box::new(if self.rest().is_empty() {
            diagnostic.with_secondary(object..object + 1, "opened here")
        } else if self.rest().starts_with('/') {
            diagnostic.with_help(NO_COMMENTS)
        } else {
            diagnostic
        })
    }

    /// Passes what stands after an item: a comma (then true) or nothing, before the end (false).
    fn read_separator(&mut self, opened: usize, end: char) -> Result<bool, Fatal> {
        let item_end = self.at;
        match self.peek() {
            Some(',') => {
                let comma = self.next_char();
                self.at += 1;
                if self.peek() != Some(end) {
                    return Ok(true);
                }
                self.diagnostics.push(Diagnostic::new(
                    self.source,
                    comma,
                    format!("a comma before `{end}` is not JSON"),
                    "remove this comma",
                ));
                Ok(false)
            }
            Some(found) if found == end => Ok(false),
            // Another item follows: the comma is all that is missing.
            Some(found) if found == '"' || (end == ']' && starts_value(found)) => {
                self.diagnostics.push(Diagnostic::new(
                    self.source,
                    item_end..item_end,
                    "a comma is missing",
                    "expected `,`",
                ));
                Ok(true)
            }
            _ => {
                let message = format!("expected `,` or `{end}`");
                let diagnostic = *self.fatal(self.next_char(), message, "expected it before this");
                let opened = opened..opened + 1;
                Err(Box::new(diagnostic.with_secondary(opened, "opened here")))
            }
        }
    }

    /// A number, `true`, `false` or `null`.
    fn read_word(&mut self) -> Result<Node, Fatal> {
        let is_part =
            |letter: char| letter.is_alphanumeric() || matches!(letter, '+' | '-' | '.' | '_');
        let length = self
            .rest()
            .find(|letter| !is_part(letter))
            .unwrap_or(self.rest().len());
        let span = self.at..self.at + length;
        let word = &self.source.text[span.clone()];
        let value = match word {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => match scalar::number(word) {
                Some(number) => Value::Number(number),
                None if word.is_empty() => return Err(Box::new(self.not_a_value(word, span))),
                None => {
                    let diagnostic = self.not_a_value(word, span.clone());
                    self.diagnostics.push(diagnostic);
                    Value::Null
                }
            },
        };
        self.at += length;
        Ok(Node::scalar(span, value))
    }

    fn not_a_value(&self, word: &str, span: Range<usize>) -> Diagnostic {
        let help = match self.rest().chars().next() {
            Some('\'') => Some("JSON texts stand in double quotes".to_owned()),
            Some('/' | '#') => Some(NO_COMMENTS.to_owned()),
            Some(first) if first.is_alphabetic() => {
                Some(match nearest(word, ["true", "false", "null"]) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "put text in double quotes".to_owned(),
                })
            }
            _ => None,
        };
        let (span, message) = if !word.is_empty() {
            (span, format!("{} is not a JSON value", quote(word)))
        } else if let Some(found) = self.rest().chars().next() {
            let found = quote(&found.to_string());
            (self.next_char(), format!("expected a value, found {found}"))
        } else {
            let message = "expected a value, found the end of the file";
            (span, message.to_owned())
        };
        let diagnostic = *self.fatal(span, message, "expected a value");
        match help {
            Some(help) => diagnostic.with_help(help),
            None => diagnostic,
        }
    }

    /// The string that starts here: its span with the quotes, and its text without escapes.
    fn read_string(&mut self) -> Result<(Range<usize>, String), Fatal> {
        let start = self.at;
        let length = self.string_length()?;
        let span = start..start + length;
        // What is left to find wrong are surrogates without their other half.
        let text = serde_json::from_str(&self.source.text[span.clone()]).map_err(|_| {
            self.fatal(
                span.clone(),
                "this text has an escape that is no character",
                "in this text",
            )
        })?;
        self.at += length;
        Ok((span, text))
    }

    /// How many bytes the string that starts here takes, with its quotes.
    fn string_length(&self) -> Result<usize, Fatal> {
        let mut letters = self.rest().char_indices().skip(1);
        while let Some((place, letter)) = letters.next() {
            let at = self.at + place;
            match letter {
                '"' => return Ok(place + 1),
                '\\' => {
                    let escape = letters.next().map_or('\n', |(_, escape)| escape);
                    let is_known = match escape {
                        'u' => self.source.text.as_bytes()[at + 2..]
                            .get(..4)
                            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
                        _ => "\"\\/bfnrt".contains(escape),
                    };
                    if !is_known {
                        let span = at..at + 1 + escape.len_utf8();
                        return Err(Box::new(
                            self.fatal(span, "this escape is not JSON", "unknown escape")
                                .with_help("write `\\\\` for a backslash"),
                        ));
                    }
                }
                '\n' | '\r' => break,
                '\u{0}'..'\u{20}' => {
                    let message = format!(
                        "a control character must be escaped: write `\\u{:04x}`",
                        u32::from(letter)
                    );
                    return Err(self.fatal(at..at + 1, message, "a control character"));
                }
                _ => {}
            }
        }
        let first_line = self.rest().lines().next().unwrap_or_default();
        let span = self.at..self.at + first_line.len();
        Err(self.fatal(span, "this text has no closing quote", "expected `\"`"))
    }
}

fn starts_value(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '"' | '{' | '[' | '-')
}
