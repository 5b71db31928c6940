//! XML as Java's serializer prints it: indented by two, but texts as they are.

use uppsala::{Document, Element, NodeId, NodeKind};

use super::document::parse;

/// `text` as XML, in lines or in one; blank texts are left out. None if it is no XML.
#[must_use]
pub fn format(text: &str, in_lines: bool) -> Option<String> {
    let document = parse(text, false).ok()?;
    let mut printer = Printer::new(&document, in_lines);
    printer.leaves_out_blanks = true;
    printer.children(document.root());
    Some(printer.finish())
}

/// A node that XPath has found, as WireMock has it as text.
pub(super) fn found(document: &Document<'_>, node: NodeId, has_namespaces: bool) -> String {
    match document.node_kind(node) {
        Some(NodeKind::Text(text) | NodeKind::Attribute(_, text)) => text.to_string(),
        Some(NodeKind::CData(text)) => format!("[#cdata-section: {text}]"),
        Some(NodeKind::Comment(text)) => format!("[#comment: {text}]"),
        Some(NodeKind::ProcessingInstruction(instruction)) => {
            let data = instruction.data.as_deref().unwrap_or_default();
            format!("[{}: {data}]", instruction.target)
        }
        Some(NodeKind::Document) => {
            let mut printer = Printer::new(document, true);
            printer.has_namespaces = has_namespaces;
            printer.children(node);
            printer.finish()
        }
        Some(NodeKind::Element(_)) => {
            let mut printer = Printer::new(document, true);
            printer.has_namespaces = has_namespaces;
            printer.node(node);
            printer.finish()
        }
        None => String::new(),
    }
}

/// The state of Java's `ToStream`. Texts wait until it is known what comes next.
struct Printer<'d> {
    document: &'d Document<'d>,
    out: String,
    in_lines: bool,
    leaves_out_blanks: bool,
    /// Whether prefixes that are declared outside of what is printed are declared in it.
    has_namespaces: bool,
    depth: usize,
    /// How many children the open element has so far.
    siblings: usize,
    starts_line: bool,
    is_behind_text: bool,
    is_tag_open: bool,
    is_cdata_open: bool,
    waiting: String,
    /// The declarations that are printed and in scope, the nearest last.
    scope: Vec<(&'d str, &'d str)>,
}

impl<'d> Printer<'d> {
    fn new(document: &'d Document<'d>, in_lines: bool) -> Self {
        Self {
            document,
            out: String::new(),
            in_lines,
            leaves_out_blanks: false,
            has_namespaces: false,
            depth: 0,
            siblings: 0,
            starts_line: false,
            is_behind_text: false,
            is_tag_open: false,
            is_cdata_open: false,
            waiting: String::new(),
            scope: vec![("", ""), ("xml", "http://www.w3.org/XML/1998/namespace")],
        }
    }

    fn finish(mut self) -> String {
        if self.in_lines {
            self.flush(false);
            if !self.is_behind_text {
                self.out.push('\n');
            }
        }
        self.out
    }

    /// The recursion is bounded by the depth of the document, which the parser bounds.
    fn children(&mut self, parent: NodeId) {
        for child in self.document.children_iter(parent) {
            self.node(child);
        }
    }

    fn node(&mut self, node: NodeId) {
        match self.document.node_kind(node) {
            Some(NodeKind::Element(element)) => self.element(node, element),
            Some(NodeKind::Text(text)) if !self.is_left_out(text) => self.text(text),
            Some(NodeKind::CData(text)) if !self.is_left_out(text) => self.cdata(text),
            Some(NodeKind::Comment(text)) => {
                self.begin_child();
                self.indent_if_inside();
                self.out.push_str("<!--");
                self.out.push_str(text);
                self.out.push_str("-->");
                self.starts_line = true;
            }
            Some(NodeKind::ProcessingInstruction(instruction)) => {
                self.begin_child();
                self.indent_if_inside();
                self.out.push_str("<?");
                self.out.push_str(&instruction.target);
                let data = instruction.data.as_deref().unwrap_or_default();
                if !data.is_empty() {
                    self.out.push(' ');
                }
                self.out.push_str(data);
                self.out.push_str("?>");
                self.starts_line = true;
            }
            _ => {}
        }
    }

    fn is_left_out(&self, text: &str) -> bool {
        self.leaves_out_blanks && text.chars().all(char::is_whitespace)
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.close_cdata();
        self.close_tag();
        if self.in_lines {
            self.waiting.push_str(text);
        } else {
            escape_text(&mut self.out, text);
            self.is_behind_text = true;
        }
    }

    fn cdata(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.flush(true);
        self.close_tag();
        if self.indents() && self.siblings > 1 && !self.is_cdata_open {
            self.indent(self.depth);
        }
        if !self.is_cdata_open {
            self.out.push_str("<![CDATA[");
            self.is_cdata_open = true;
        }
        self.out.push_str(text);
        self.close_cdata();
        self.is_behind_text = true;
    }

    fn element(&mut self, id: NodeId, element: &'d Element<'d>) {
        self.begin_child();
        if self.indents() && self.starts_line {
            self.indent(self.depth);
        }
        self.starts_line = true;
        let name = element.name.prefixed_name();
        self.out.push('<');
        self.out.push_str(&name);
        let outer = self.scope.len();
        self.declarations(element);
        self.attributes(element);
        let siblings = std::mem::take(&mut self.siblings);
        self.depth += 1;
        self.is_tag_open = true;
        self.is_behind_text = false;
        self.children(id);
        self.flush(false);
        if self.is_tag_open {
            self.out.push_str("/>");
            self.is_tag_open = false;
        } else {
            self.close_cdata();
            if self.indents() && (self.siblings > 1 || !self.is_behind_text) {
                self.indent(self.depth - 1);
            }
            self.out.push_str("</");
            self.out.push_str(&name);
            self.out.push('>');
        }
        self.depth -= 1;
        self.siblings = siblings;
        self.is_behind_text = false;
        self.scope.truncate(outer);
    }

    fn declarations(&mut self, element: &'d Element<'d>) {
        let own = element.namespace_declarations.iter();
        let mut declared: Vec<(&str, &str)> =
            own.map(|(prefix, uri)| (&**prefix, &**uri)).collect();
        declared.sort_unstable();
        if self.has_namespaces {
            let names = element.attributes.iter().map(|attribute| &attribute.name);
            let prefixed = names.filter(|name| name.prefix.is_some());
            declared.extend(prefixed.chain([&element.name]).map(|name| {
                let prefix = name.prefix.as_deref().unwrap_or_default();
                (prefix, name.namespace_uri.as_deref().unwrap_or_default())
            }));
        }
        for (prefix, uri) in declared {
            let mut nearest = self.scope.iter().rev();
            if nearest
                .find(|(known, _)| *known == prefix)
                .map(|known| known.1)
                == Some(uri)
            {
                continue;
            }
            self.scope.push((prefix, uri));
            self.out.push_str(" xmlns");
            if !prefix.is_empty() {
                self.out.push(':');
                self.out.push_str(prefix);
            }
            self.attribute_value(uri);
        }
    }

    fn attributes(&mut self, element: &Element<'_>) {
        let named = element.attributes.iter();
        let mut named: Vec<_> = named
            .map(|attribute| (attribute.name.prefixed_name(), &*attribute.value))
            .collect();
        named.sort_unstable();
        for (name, value) in named {
            self.out.push(' ');
            self.out.push_str(&name);
            self.attribute_value(value);
        }
    }

    fn attribute_value(&mut self, value: &str) {
        self.out.push_str("=\"");
        for character in value.chars() {
            match character {
                '"' => self.out.push_str("&quot;"),
                '\n' => self.out.push_str("&#10;"),
                '\t' => self.out.push_str("&#9;"),
                other => escape(&mut self.out, other),
            }
        }
        self.out.push('"');
    }

    fn begin_child(&mut self) {
        self.siblings += 1;
        self.flush(false);
        self.close_cdata();
        self.close_tag();
    }

    fn close_tag(&mut self) {
        if self.is_tag_open {
            self.out.push('>');
            self.is_tag_open = false;
        }
    }

    fn close_cdata(&mut self) {
        if self.is_cdata_open {
            self.out.push_str("]]>");
            self.is_cdata_open = false;
        }
    }

    /// Prints the text that waits. It is a child of its own unless more text follows.
    fn flush(&mut self, text_follows: bool) {
        if self.waiting.is_empty() {
            return;
        }
        if !text_follows {
            self.siblings += 1;
        }
        let waiting = std::mem::take(&mut self.waiting);
        let mut text = &*waiting;
        if self.indents() && self.siblings > 1 {
            self.indent(self.depth);
            self.starts_line = true;
            text = text.trim_start_matches('\n');
        }
        if !text.is_empty() {
            escape_text(&mut self.out, text);
            self.is_behind_text = true;
        }
    }

    fn indents(&self) -> bool {
        self.in_lines && self.depth > 0
    }

    fn indent_if_inside(&mut self) {
        if self.indents() {
            self.indent(self.depth);
        }
    }

    fn indent(&mut self, depth: usize) {
        if self.starts_line {
            self.out.push('\n');
        }
        self.out.extend(std::iter::repeat_n("  ", depth));
    }
}

fn escape_text(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '\n' | '\t' => out.push(character),
            other => escape(out, other),
        }
    }
}

fn escape(out: &mut String, character: char) {
    match character {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '\0'..='\x1f' | '\x7f'..='\u{9f}' => {
            out.push_str(&format!("&#{};", u32::from(character)));
        }
        other => out.push(other),
    }
}
