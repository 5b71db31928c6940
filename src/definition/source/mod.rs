//! Definition files as their authors wrote them: texts with positions, and every mistake in them
//! told with its line, what was expected and the nearest valid name.
//!
//! Here live the readers of YAML and JSON ([`parse`]), the values that they read together with
//! where each stood ([`Document`]), the comparison of a document with a JSON Schema ([`check()`]) and
//! the way in which mistakes are shown ([`Diagnostic`]). A mistake never hides the next one: all
//! that can be found are reported together.
//!
//! What never lives here: files (texts come in as strings), and the meaning of a definition. This
//! module does not know what a stub is.

mod check;
mod diagnostic;
mod json;
mod nearest;
mod node;
mod scalar;
mod syntax;
#[cfg(test)]
mod tests;
mod yaml;

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

pub use check::check;
pub use diagnostic::{Diagnostic, quote};
pub use nearest::nearest;

use node::{Content, Field, Node};

/// The deepest nesting of lists and objects that a document may have, aliases expanded.
pub const DEPTH_MAX: usize = 100;

/// The most values that a document may hold, aliases expanded.
pub const VALUES_MAX: usize = 1_000_000;

/// The most bytes of text that a document may hold, aliases expanded.
///
/// Without it, a million aliases of one long text would pass the limit on values.
pub const TEXT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// One definition file: where it came from and its whole text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The path as the author knows it. Its extension decides the format.
    pub path: Arc<str>,
    /// The text of the file.
    pub text: Arc<str>,
}

impl Source {
    /// A source that can be shared by a document and its diagnostics.
    pub fn new(path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Arc<Source> {
        Arc::new(Source {
            path: path.into(),
            text: text.into(),
        })
    }

    /// The line and the column, both from 1, of a byte offset. Columns count characters.
    ///
    /// An offset past the end means the end, and one within a character means its start.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(offset)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }

    /// The span moved to where the text can be sliced.
    fn clamp(&self, span: Range<usize>) -> Range<usize> {
        let start = self.text.floor_char_boundary(span.start);
        start..self.text.floor_char_boundary(span.end).max(start)
    }
}

/// What a definition file says, and where it says it.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file that was read.
    pub source: Arc<Source>,
    /// What the file says. Numbers keep the text in which they were written.
    pub value: Value,
    root: Node,
}

impl Document {
    /// The byte span of the value at an RFC 6901 pointer.
    ///
    /// Where the pointer leads to nothing, the span is that of the nearest ancestor. A value that
    /// an alias brought in stands where the alias stands; what is inside it, at its anchor.
    pub fn span(&self, pointer: &str) -> Range<usize> {
        self.walk(pointer).node.span.clone()
    }

    /// The byte span of the key that holds the value at an RFC 6901 pointer.
    ///
    /// For an item of a list, and where the pointer leads to nothing, it is the key of the nearest
    /// ancestor that has one; where none has, the span of the whole document.
    pub fn key_span(&self, pointer: &str) -> Range<usize> {
        self.walk(pointer)
            .key
            .unwrap_or_else(|| self.root.span.clone())
    }

    /// Where to point for a mistake that concerns an object or a list as a whole.
    ///
    /// It is the key that holds it; for an item of a list and for the whole document it is the
    /// first key within, or else the first line.
    pub fn head_span(&self, pointer: &str) -> Range<usize> {
        let Walk {
            node, own_key: key, ..
        } = self.walk(pointer);
        if let Some(key) = key {
            return key;
        }
        if let Content::Object(fields) = &*node.content
            && let Some(first) = fields.iter().next()
            && node.span.contains(&first.key_span.start)
        {
            return first.key_span.clone();
        }
        let text = &self.source.text[node.span.clone()];
        let first_line = text.lines().next().unwrap_or_default();
        node.span.start..node.span.start + first_line.len()
    }

    /// The RFC 6901 pointer to the innermost value that stands at a byte offset, its key included.
    pub fn pointer_at(&self, offset: usize) -> String {
        let mut pointer = String::new();
        let mut node = &self.root;
        loop {
            let inner = match &*node.content {
                Content::Scalar(_) => None,
                Content::List(items) => {
                    let mut items = items.iter().enumerate();
                    let found = items.find(|(_, item)| item.span.contains(&offset));
                    found.map(|(at, item)| (at.to_string(), item))
                }
                Content::Object(fields) => {
                    let holds = |field: &&Field| {
                        field.key_span.contains(&offset) || field.node.span.contains(&offset)
                    };
                    let found = fields.iter().find(holds);
                    found.map(|field| {
                        let key = field.key.replace('~', "~0").replace('/', "~1");
                        (key, &field.node)
                    })
                }
            };
            let Some((token, next)) = inner else {
                return pointer;
            };
            pointer.push('/');
            pointer.push_str(&token);
            node = next;
        }
    }

    fn walk(&self, pointer: &str) -> Walk<'_> {
        let mut walk = Walk {
            node: &self.root,
            key: None,
            own_key: None,
        };
        for token in pointer.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            match &*walk.node.content {
                Content::Scalar(_) => break,
                Content::List(items) => {
                    let Some(item) = token.parse().ok().and_then(|index: usize| items.get(index))
                    else {
                        break;
                    };
                    walk.node = item;
                    walk.own_key = None;
                }
                Content::Object(fields) => {
                    let Some(field) = fields.get(&token) else {
                        break;
                    };
                    walk.node = &field.node;
                    walk.own_key = Some(field.key_span.clone());
                    walk.key.clone_from(&walk.own_key);
                }
            }
        }
        walk
    }
}

/// Where a walk along a pointer ended.
struct Walk<'a> {
    node: &'a Node,
    /// The last key that was passed.
    key: Option<Range<usize>>,
    /// The key that holds the node itself, where a key does.
    own_key: Option<Range<usize>>,
}

/// Reads a definition file: JSON where the path ends in `.json`, else YAML.
///
/// JSON is strict. YAML is version 1.2 with its core schema, except that a number must be one in
/// JSON too: `014`, `0x1F` and `.inf` are texts. A file without content is `null`.
///
/// # Errors
///
/// Every mistake that could be found. After a mistake of syntax the rest of the file is not read.
pub fn parse(source: Arc<Source>) -> Result<Document, Vec<Diagnostic>> {
    let is_json = source
        .path
        .rsplit_once('.')
        .is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("json"));
    parse_as(source, if is_json { Syntax::Json } else { Syntax::Yaml })
}

/// How a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// Strict JSON.
    Json,
    /// YAML 1.2 with its core schema.
    Yaml,
    /// The same, with the tag `!!binary`: such a text becomes an object whose only member is
    /// [`BINARY`].
    YamlWithBinary,
}

/// The member that holds the text of a `!!binary`: base64, with the white space that it was written
/// with.
pub const BINARY: &str = "!!binary";

/// Reads a text whose format is known otherwise than from the name of its file; see [`parse`].
///
/// # Errors
///
/// As [`parse`].
pub fn parse_as(source: Arc<Source>, syntax: Syntax) -> Result<Document, Vec<Diagnostic>> {
    let root = match syntax {
        Syntax::Json => json::read(&source)?,
        Syntax::Yaml => yaml::read(&source, false)?,
        Syntax::YamlWithBinary => yaml::read(&source, true)?,
    };
    Ok(Document {
        value: root.to_value(),
        root,
        source,
    })
}
