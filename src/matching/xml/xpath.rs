//! `matchesXPath`: XPath 1.0, and what WireMock makes of the nodes that it finds.
//!
//! Without namespaces, prefixes in a document are dropped: `/Envelope/Body` finds `soap:Envelope`.
//! With them, names in the document have the namespaces that their prefixes stand for, and a name
//! without a prefix in the expression is in none.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use uppsala::{Document, NodeId, NodeKind, XPathEvaluator, XPathValue};

use super::document::parse;
use super::expression::Choice;
use super::{VISITS_MAX, expression, number, write};

/// An expression longer than this is refused.
const EXPRESSION_CHARS_MAX: usize = 4_096;
/// The texts that one evaluation reads come to about so many bytes at most.
const BYTES_READ_MAX: usize = 4 << 30;
/// The texts that one evaluation makes come to about so many bytes at most.
const BYTES_MADE_MAX: usize = 256 << 20;

/// A compiled XPath expression.
#[derive(Clone)]
pub struct XPath {
    expression: String,
    /// The expression, put so that the library evaluates it as XPath has it.
    evaluated: String,
    namespaces: BTreeMap<String, String>,
    /// It compiles the expression once, and is asked many times.
    evaluator: Arc<XPathEvaluator>,
    weight: usize,
    looks_outward: bool,
    /// What chooses the node from which the rest is evaluated, if that is not the root.
    chosen: Option<(String, Choice)>,
}

/// Why an expression finds nothing in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The text is no XML, or more than the bounds allow.
    NotXml,
    /// The expression failed, or did too much work.
    Failed,
}

/// What an expression finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// It as WireMock gives it to a sub-matcher.
    pub text: String,
    /// The node that it is; none for a number, a text or a truth.
    pub node: Option<Node>,
}

/// A node of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name, as it is written; that of a text is `#text`.
    pub name: String,
    /// All text in it.
    pub text: String,
    /// Its attributes by their names, in the order of these.
    pub attributes: BTreeMap<String, String>,
}

impl Found {
    fn primitive(text: String) -> Vec<Self> {
        vec![Self { text, node: None }]
    }

    fn length(&self) -> usize {
        self.text.len() + self.node.as_ref().map_or(0, |node| node.text.len())
    }
}

impl fmt::Debug for XPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("XPath")
            .field(&self.expression)
            .finish()
    }
}

impl XPath {
    /// Compiles an expression, in which the prefixes of `namespaces` may stand.
    ///
    /// # Errors
    /// When it is no XPath 1.0, or uses a prefix that stands for nothing.
    pub fn compile(
        expression: &str,
        namespaces: &BTreeMap<String, String>,
    ) -> Result<Self, String> {
        if expression.chars().count() > EXPRESSION_CHARS_MAX {
            return Err(format!(
                "an XPath expression has at most {EXPRESSION_CHARS_MAX} characters"
            ));
        }
        let is_known = |prefix: &str| prefix == "xml" || namespaces.contains_key(prefix);
        if let Some(prefix) = expression::unknown_prefix(expression, is_known) {
            return Err(format!("the prefix `{prefix}` stands for no namespace"));
        }
        let (chosen, rest) = match expression::choice(expression) {
            Some((inner, choice, "")) => (Some((inner, choice)), ".".to_owned()),
            Some((inner, choice, rest)) => (Some((inner, choice)), format!(".{rest}")),
            None => (None, expression.to_owned()),
        };
        let prepared = |part: &str| {
            let part = expression::with_words_apart(&expression::asking_each_node(part));
            match namespaces.is_empty() {
                true => expression::searching_whole_names(&part),
                false => part,
            }
        };
        let compiled = Self {
            expression: expression.to_owned(),
            evaluated: prepared(&rest),
            chosen: chosen.map(|(inner, choice)| (prepared(inner), choice)),
            namespaces: namespaces.clone(),
            evaluator: Arc::new(evaluator(namespaces, VISITS_MAX)),
            weight: expression::weight(expression),
            looks_outward: expression::looks_outward(expression),
        };
        let mut probe = Document::new();
        probe.prepare_xpath();
        let chosen = compiled.chosen.as_ref().map(|(inner, _)| inner);
        for part in chosen.into_iter().chain([&compiled.evaluated]) {
            compiled
                .evaluator
                .evaluate(&probe, probe.root(), part)
                .map_err(|error| error.to_string())?;
        }
        Ok(compiled)
    }

    /// The expression.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// What the expression finds in `text`, each as WireMock gives it to a sub-matcher: an element
    /// as indented XML, an attribute or a text as its value, a number as `1,234.5`. Nothing if
    /// `text` is no XML.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<String> {
        let found = self.evaluate(text).unwrap_or_default();
        found.into_iter().map(|found| found.text).collect()
    }

    /// The same as [`XPath::find`], for those who tell why nothing is found.
    ///
    /// # Errors
    /// When `text` is no XML, or the expression fails on it.
    pub fn evaluate(&self, text: &str) -> Result<Vec<Found>, Error> {
        let has_namespaces = !self.namespaces.is_empty();
        let mut document = parse(text, has_namespaces).map_err(|_| Error::NotXml)?;
        if !has_namespaces {
            drop_prefixes(&mut document);
        }
        document.prepare_xpath();
        let value = self.value(&document, text.len())?;
        Ok(match value {
            XPathValue::NodeSet(nodes) => self.nodes(&document, &nodes),
            XPathValue::Number(number) => Found::primitive(number::format(number)),
            XPathValue::Boolean(truth) => Found::primitive(truth.to_string()),
            XPathValue::String(text) => Found::primitive(text),
        })
    }

    /// Evaluates it on a document of `length` bytes, if that is not too much work: the library
    /// counts visits of nodes, but not the texts that it reads at each.
    fn value(&self, document: &Document<'_>, length: usize) -> Result<XPathValue, Error> {
        let length = length.max(1);
        let made = length.saturating_mul(self.weight);
        if made > BYTES_MADE_MAX || made.saturating_mul(depth_of(document)) > BYTES_READ_MAX {
            return Err(Error::Failed);
        }
        let visits_max = BYTES_READ_MAX / made;
        let limited;
        let evaluator = if self.looks_outward && visits_max < VISITS_MAX {
            limited = evaluator(&self.namespaces, visits_max);
            &limited
        } else {
            &*self.evaluator
        };
        let evaluate = |node, part: &str| {
            let value = evaluator.evaluate(document, node, part);
            value.map_err(|_| Error::Failed)
        };
        let Some((inner, choice)) = &self.chosen else {
            return evaluate(document.root(), &self.evaluated);
        };
        let XPathValue::NodeSet(nodes) = evaluate(document.root(), inner)? else {
            return Err(Error::Failed);
        };
        let node = match choice {
            Choice::At(position) => position.checked_sub(1).and_then(|at| nodes.get(at)),
            Choice::Last => nodes.last(),
        };
        match node {
            Some(node) => evaluate(*node, &self.evaluated),
            None => Ok(XPathValue::NodeSet(Vec::new())),
        }
    }

    fn nodes(&self, document: &Document<'_>, nodes: &[NodeId]) -> Vec<Found> {
        let has_namespaces = !self.namespaces.is_empty();
        let mut length = 0;
        nodes
            .iter()
            .filter(|node| !continues_text(document, **node))
            .map(|node| Found {
                text: write::found(document, *node, has_namespaces),
                node: Some(node_of(document, *node)),
            })
            .take_while(|found| {
                length += found.length();
                length <= BYTES_MADE_MAX
            })
            .collect()
    }
}

fn evaluator(namespaces: &BTreeMap<String, String>, visits_max: usize) -> XPathEvaluator {
    let mut evaluator = XPathEvaluator::new().with_max_node_visits(visits_max);
    for (prefix, uri) in namespaces {
        evaluator.add_namespace(prefix, uri);
    }
    evaluator
}

/// How deep the elements of `document` nest.
fn depth_of(document: &Document<'_>) -> usize {
    let mut deepest = 0;
    let mut open = vec![(document.root(), 1)];
    while let Some((node, depth)) = open.pop() {
        deepest = deepest.max(depth);
        open.extend(document.children_iter(node).map(|child| (child, depth + 1)));
    }
    deepest
}

/// Splits names into prefix and local name, and puts all of them into no namespace.
fn drop_prefixes(document: &mut Document<'_>) {
    for node in document.descendants(document.root()) {
        let Some(element) = document.element_mut(node) else {
            continue;
        };
        let attributes = element.attributes.iter_mut();
        let names = attributes.map(|attribute| &mut attribute.name);
        for name in names.chain([&mut element.name]) {
            if let Some((prefix, local)) = name.local_name.split_once(':') {
                let (prefix, local) = (prefix.to_owned(), local.to_owned());
                name.prefix = Some(prefix.into());
                name.local_name = local.into();
            }
        }
    }
}

/// A node as the templates of WireMock see it.
fn node_of(document: &Document<'_>, node: NodeId) -> Node {
    let mut attributes = BTreeMap::new();
    let (name, text) = match document.node_kind(node) {
        Some(NodeKind::Element(element)) => {
            let all = element.attributes.iter();
            attributes.extend(all.map(|attribute| {
                let name = attribute.name.prefixed_name().to_string();
                (name, attribute.value.to_string())
            }));
            (
                element.name.prefixed_name().to_string(),
                document.text_content_deep(node),
            )
        }
        Some(NodeKind::Attribute(name, text)) => {
            (name.prefixed_name().to_string(), text.to_string())
        }
        Some(NodeKind::Text(text)) => ("#text".to_owned(), text.to_string()),
        Some(NodeKind::CData(text)) => ("#cdata-section".to_owned(), text.to_string()),
        Some(NodeKind::Comment(text)) => ("#comment".to_owned(), text.to_string()),
        Some(NodeKind::ProcessingInstruction(instruction)) => (
            instruction.target.to_string(),
            instruction.data.as_deref().unwrap_or_default().to_owned(),
        ),
        // Java has no text of a document.
        Some(NodeKind::Document) | None => ("#document".to_owned(), String::new()),
    };
    Node {
        name,
        text,
        attributes,
    }
}

/// Whether the node is a text right behind another: XPath takes both for one node.
fn continues_text(document: &Document<'_>, node: NodeId) -> bool {
    let is_text = |node| {
        let kind = document.node_kind(node);
        matches!(kind, Some(NodeKind::Text(_) | NodeKind::CData(_)))
    };
    is_text(node) && document.previous_sibling(node).is_some_and(is_text)
}
