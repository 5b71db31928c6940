//! Reads YAML: from the parser's events to a tree with positions.
//!
//! YAML here is what JSON can say, with comments, anchors and merge keys: keys are texts, tags are
//! those of the core schema, and a file holds one document.

mod merge;
mod tag;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StructureStyle, Tag};
use serde_json::Value;

use merge::{MERGE_KEY, Merge};

use super::diagnostic::quote;
use super::node::{Content, Excess, Field, Fields, Node};
use super::{BINARY, DEPTH_MAX, Diagnostic, Source, VALUES_MAX, nearest, scalar, syntax};

const QUOTE_HELP: &str = "text that starts with `*` must be in quotes";

/// Reads one YAML document; with `binary`, the tag of that name too.
pub(super) fn read(source: &Arc<Source>, binary: bool) -> Result<Node, Vec<Diagnostic>> {
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        flow_nesting_limit: DEPTH_MAX,
        block_nesting_limit: DEPTH_MAX,
    };
    let mut reader = Reader::new(source, binary);
    for next in Parser::new_from_str_with_options(&source.text, options) {
        match next {
            Ok((event, span)) => {
                if reader.read_event(event, &span).is_break() {
                    break;
                }
            }
            Err(error) => {
                reader.stop(&error);
                break;
            }
        }
    }
    if !reader.diagnostics.is_empty() {
        return Err(reader.diagnostics);
    }
    Ok(reader
        .root
        .unwrap_or_else(|| Node::scalar(0..0, Value::Null)))
}

/// A list or an object whose end has not been read yet.
struct Frame {
    start: Range<usize>,
    is_flow: bool,
    anchor: usize,
    /// Where the content read so far ends: the end event of a block stands on a later line.
    end: usize,
    kind: FrameKind,
}

enum FrameKind {
    List(Vec<Node>),
    Object {
        fields: Fields,
        /// The key that waits for its value.
        key: Option<Key>,
        merge: Option<Merge>,
    },
}

enum Key {
    Name(Arc<str>, Range<usize>),
    Merge(Range<usize>),
    /// A key that was refused: its value is read but not kept.
    Refused,
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    /// Whether `!!binary` means something.
    binary: bool,
    frames: Vec<Frame>,
    /// The nodes of the anchors whose end has been read, by the parser's number.
    anchors: BTreeMap<usize, Node>,
    anchor_names: Vec<String>,
    /// How many fields merge keys have brought in: merges of merges grow with each.
    merged_fields: usize,
    documents: usize,
    root: Option<Node>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    fn new(source: &'a Arc<Source>, binary: bool) -> Reader<'a> {
        Reader {
            source,
            binary,
            frames: Vec::new(),
            anchors: BTreeMap::new(),
            anchor_names: Vec::new(),
            merged_fields: 0,
            documents: 0,
            root: None,
            diagnostics: Vec::new(),
        }
    }

    /// Takes one event; a break means that going on would only lead astray.
    fn read_event(&mut self, event: Event<'_>, span: &Span) -> ControlFlow<()> {
        let place = self.place(span);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.refuse(
                        place,
                        "a file holds one document",
                        "a second one starts here",
                    );
                    return ControlFlow::Break(());
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.map(|tag| (tag, self.tag_place(span)));
                return self.read_scalar(&text, style, anchor, tag, place);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.check_tag(tag.as_deref(), "seq", span);
                return self.open(place, style, anchor, FrameKind::List(Vec::new()));
            }
            Event::MappingStart(style, anchor, tag) => {
                self.check_tag(tag.as_deref(), "map", span);
                let kind = FrameKind::Object {
                    fields: Fields::default(),
                    key: None,
                    merge: None,
                };
                return self.open(place, style, anchor, kind);
            }
            Event::SequenceEnd | Event::MappingEnd => return self.close(&place),
            Event::Anchor(_, name) => self.anchor_names.push(name.into_owned()),
            Event::Alias(anchor) => return self.read_alias(anchor, place),
            Event::UnresolvedAlias(name) => return self.refuse_alias(&name, place),
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            // With the parser's comments switched on by another crate, comments come as events.
            #[allow(unreachable_patterns)]
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn place(&self, span: &Span) -> Range<usize> {
        let end_of_text = self.source.text.len();
        let start = span.start.byte_offset().unwrap_or(end_of_text);
        let end = span.end.byte_offset().unwrap_or(end_of_text);
        self.source.clamp(start..end)
    }

    fn tag_place(&self, span: &Span) -> Range<usize> {
        self.place(&span.tag_span().unwrap_or(*span))
    }

    fn refuse(&mut self, span: Range<usize>, message: impl Into<String>, label: impl Into<String>) {
        self.diagnostics
            .push(Diagnostic::new(self.source, span, message, label));
    }

    /// Tells an error of the parser, unless a mistake on the same line has surely led to it.
    fn stop(&mut self, error: &ScanError) {
        let diagnostic = syntax::explain(self.source, error, self.open_bracket());
        let (line, _) = diagnostic.line_column();
        let is_told = |earlier: &Diagnostic| earlier.line_column().0 == line;
        if !self.diagnostics.last().is_some_and(is_told) {
            self.diagnostics.push(diagnostic);
        }
    }

    fn refuse_excess(&mut self, span: Range<usize>, excess: Excess) -> ControlFlow<()> {
        self.refuse(span, excess.message(), "the limit is passed here");
        ControlFlow::Break(())
    }

    /// The innermost bracket that waits for its end, for an error of the parser.
    fn open_bracket(&self) -> Option<syntax::OpenBracket> {
        let frame = self.frames.last().filter(|frame| frame.is_flow)?;
        Some(syntax::OpenBracket {
            span: frame.start.clone(),
            closing: match frame.kind {
                FrameKind::List(_) => ']',
                FrameKind::Object { .. } => '}',
            },
        })
    }

    fn awaits_key(&self) -> bool {
        self.frames
            .last()
            .is_some_and(|frame| matches!(frame.kind, FrameKind::Object { key: None, .. }))
    }

    fn read_scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<(Cow<'_, Tag>, Range<usize>)>,
        place: Range<usize>,
    ) -> ControlFlow<()> {
        let is_plain = style == ScalarStyle::Plain;
        // The parser says `~` for a value that is not there.
        let text = if is_plain && place.is_empty() {
            ""
        } else {
            text
        };
        let place = place.start..place.start + self.source.text[place].trim_end().len();
        let is_merge = is_plain && tag.is_none() && text == MERGE_KEY;
        let value = match tag {
            Some((tag, _)) if self.binary && tag::is_binary(&tag) => {
                serde_json::json!({ BINARY: text })
            }
            Some((tag, tag_place)) => {
                let read = tag::scalar_value(self.source, text, &tag, tag_place);
                read.unwrap_or_else(|diagnostic| {
                    self.diagnostics.push(diagnostic);
                    Value::Null
                })
            }
            None if is_plain => scalar::plain(text),
            None => Value::String(text.to_owned()),
        };
        if anchor != 0 {
            self.anchors
                .insert(anchor, Node::scalar(place.clone(), value.clone()));
        }
        if self.awaits_key() {
            let key = if is_merge {
                Key::Merge(place.clone())
            } else {
                Key::Name(text.into(), place.clone())
            };
            self.take_key(key, place.end);
            return ControlFlow::Continue(());
        }
        self.deliver(Node::scalar(place, value))
    }

    fn check_tag(&mut self, tag: Option<&Tag>, suffix: &str, span: &Span) {
        if let Some(tag) = tag {
            let checked = tag::check_collection(self.source, tag, suffix, self.tag_place(span));
            self.diagnostics.extend(checked.err());
        }
    }

    fn open(
        &mut self,
        start: Range<usize>,
        style: StructureStyle,
        anchor: usize,
        kind: FrameKind,
    ) -> ControlFlow<()> {
        if self.frames.len() >= DEPTH_MAX {
            return self.refuse_excess(start, Excess::Depth);
        }
        self.frames.push(Frame {
            end: start.end,
            is_flow: style == StructureStyle::Flow,
            start,
            anchor,
            kind,
        });
        ControlFlow::Continue(())
    }

    fn close(&mut self, end: &Range<usize>) -> ControlFlow<()> {
        let Some(frame) = self.frames.pop() else {
            return ControlFlow::Continue(());
        };
        let end = if frame.is_flow { end.end } else { frame.end };
        let span = frame.start.start..end.max(frame.start.end);
        let node = match frame.kind {
            FrameKind::List(items) => Node::list(span, items),
            FrameKind::Object {
                fields,
                merge: None,
                ..
            } => Node::object(span, fields),
            FrameKind::Object {
                fields,
                merge: Some(merge),
                ..
            } => Node::object(span, merge.apply(&fields)),
        };
        if let Some(excess) = node.size.excess() {
            return self.refuse_excess(node.span, excess);
        }
        if frame.anchor != 0 {
            self.anchors.insert(frame.anchor, node.clone());
        }
        self.deliver(node)
    }

    fn read_alias(&mut self, anchor: usize, place: Range<usize>) -> ControlFlow<()> {
        let Some(target) = self.anchors.get(&anchor) else {
            let name = quote(&self.source.text[place.clone()]);
            self.refuse(
                place.clone(),
                format!("the alias {name} stands within the value that it names"),
                "a value cannot hold itself",
            );
            return self.deliver(Node::scalar(place, Value::Null));
        };
        let node = Node {
            span: place,
            ..target.clone()
        };
        self.deliver(node)
    }

    fn refuse_alias(&mut self, name: &str, place: Range<usize>) -> ControlFlow<()> {
        let message = format!("no anchor {} before this alias", quote(&format!("&{name}")));
        let help = match nearest(name, self.anchor_names.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean {}?", quote(&format!("*{meant}"))),
            None => QUOTE_HELP.to_owned(),
        };
        self.diagnostics.push(
            Diagnostic::new(self.source, place.clone(), message, "unknown anchor").with_help(help),
        );
        self.deliver(Node::scalar(place, Value::Null))
    }

    fn take_key(&mut self, new: Key, end: usize) {
        if let Some(frame) = self.frames.last_mut()
            && let FrameKind::Object { key, .. } = &mut frame.kind
        {
            *key = Some(new);
            frame.end = frame.end.max(end);
        }
    }

    /// Puts a finished node where it belongs: into its list, under its key, or as a key.
    fn deliver(&mut self, node: Node) -> ControlFlow<()> {
        let Some(frame) = self.frames.last_mut() else {
            self.root.get_or_insert(node);
            return ControlFlow::Continue(());
        };
        frame.end = frame.end.max(node.span.end);
        match &mut frame.kind {
            FrameKind::List(items) => items.push(node),
            FrameKind::Object { fields, key, merge } => match key.take() {
                None => {
                    let end = node.span.end;
                    let key = self.key_of(&node);
                    self.take_key(key, end);
                }
                Some(Key::Refused) => {}
                Some(Key::Merge(key_span)) => {
                    if let Some(first) = merge {
                        let first = first.key_span.clone();
                        self.refuse_duplicate(MERGE_KEY, key_span, first);
                        return ControlFlow::Continue(());
                    }
                    let before = fields.len();
                    return self.take_merge(key_span, before, &node);
                }
                Some(Key::Name(name, key_span)) => {
                    let field = Field {
                        key: name.clone(),
                        key_span: key_span.clone(),
                        node,
                    };
                    if let Err(first) = fields.insert(field) {
                        self.refuse_duplicate(&name, key_span, first);
                    }
                }
            },
        }
        ControlFlow::Continue(())
    }

    fn refuse_duplicate(&mut self, name: &str, again: Range<usize>, first: Range<usize>) {
        self.diagnostics
            .push(duplicate_key(self.source, name, again, first));
    }

    /// The key that a node makes: an alias of a scalar is its text, a list or an object is refused.
    fn key_of(&mut self, node: &Node) -> Key {
        let found = match &*node.content {
            Content::Scalar(Value::String(text)) => {
                return Key::Name(text.as_str().into(), node.span.clone());
            }
            Content::Scalar(value) => {
                return Key::Name(value.to_string().into(), node.span.clone());
            }
            Content::List(_) => "a list",
            Content::Object(_) => "an object",
        };
        let start = node.span.start;
        let is_template =
            self.source.text[..start].ends_with('{') && self.source.text[start..].starts_with('{');
        let diagnostic = if is_template {
            Diagnostic::new(
                self.source,
                start - 1..node.span.end + 1,
                "a template must be in quotes",
                "YAML reads this as an object",
            )
            .with_help("write `\"{{…}}\"`")
        } else {
            Diagnostic::new(
                self.source,
                node.span.clone(),
                format!("a key must be text, found {found}"),
                "expected text",
            )
        };
        self.diagnostics.push(diagnostic);
        Key::Refused
    }

    fn take_merge(
        &mut self,
        key_span: Range<usize>,
        before: usize,
        node: &Node,
    ) -> ControlFlow<()> {
        let Some(new) = Merge::new(key_span, before, node) else {
            self.refuse(
                node.span.clone(),
                "`<<` merges an object or a list of objects",
                "expected an object or a list of objects",
            );
            return ControlFlow::Continue(());
        };
        self.merged_fields = self.merged_fields.saturating_add(new.fields_len());
        if self.merged_fields > VALUES_MAX {
            return self.refuse_excess(node.span.clone(), Excess::Values);
        }
        if let Some(frame) = self.frames.last_mut()
            && let FrameKind::Object { merge, .. } = &mut frame.kind
        {
            *merge = Some(new);
        }
        ControlFlow::Continue(())
    }
}

/// A key that stands twice in one object.
pub(super) fn duplicate_key(
    source: &Arc<Source>,
    name: &str,
    again: Range<usize>,
    first: Range<usize>,
) -> Diagnostic {
    let message = format!("the key {} stands twice in this object", quote(name));
    Diagnostic::new(source, again, message, "again here").with_secondary(first, "first here")
}
