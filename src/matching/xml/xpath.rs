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
use super::{VISITS_MAX, number, write};

/// An expression longer than this is refused.
const EXPRESSION_CHARS_MAX: usize = 4_096;
/// The texts that one evaluation puts together come to so many bytes at most.
const BYTES_MAX: usize = 256 << 20;
/// An evaluation that looks at the whole document from each node reads so many bytes at most.
const BYTES_READ_MAX: usize = 4 << 30;

/// A compiled XPath expression.
#[derive(Clone)]
pub struct XPath {
    expression: String,
    /// It compiles the expression once, and is asked many times.
    evaluator: Arc<XPathEvaluator>,
    has_namespaces: bool,
    visits_max: usize,
    looks_around: bool,
}

/// Why an expression finds nothing in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The text is no XML, or more than the bounds allow.
    NotXml,
    /// The expression failed, or did too much work.
    Failed,
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
        let mut evaluator = XPathEvaluator::new().with_max_node_visits(VISITS_MAX);
        for (prefix, uri) in namespaces {
            evaluator.add_namespace(prefix, uri);
        }
        let mut probe = Document::new();
        probe.prepare_xpath();
        evaluator
            .evaluate(&probe, probe.root(), expression)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            expression: expression.to_owned(),
            evaluator: Arc::new(evaluator),
            has_namespaces: !namespaces.is_empty(),
            visits_max: VISITS_MAX,
            looks_around: false,
        })
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
        self.evaluate(text).unwrap_or_default()
    }

    /// The same as [`XPath::find`], for those who tell why nothing is found.
    ///
    /// # Errors
    /// When `text` is no XML, or the expression fails on it.
    pub fn evaluate(&self, text: &str) -> Result<Vec<String>, Error> {
        let mut document = parse(text, self.has_namespaces).map_err(|_| Error::NotXml)?;
        if !self.has_namespaces {
            drop_prefixes(&mut document);
        }
        document.prepare_xpath();
        let value = self
            .evaluator
            .evaluate(&document, document.root(), &self.expression)
            .map_err(|_| Error::Failed)?;
        Ok(match value {
            XPathValue::NodeSet(nodes) => self.nodes(&document, &nodes),
            XPathValue::Number(number) => vec![number::format(number)],
            XPathValue::Boolean(truth) => vec![truth.to_string()],
            XPathValue::String(text) => vec![text],
        })
    }

    fn nodes(&self, document: &Document<'_>, nodes: &[NodeId]) -> Vec<String> {
        nodes
            .iter()
            .filter(|node| !continues_text(document, **node))
            .map(|node| write::found(document, *node, self.has_namespaces))
            .collect()
    }
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

/// Whether the node is a text right behind another: XPath takes both for one node.
fn continues_text(document: &Document<'_>, node: NodeId) -> bool {
    let is_text = |node| {
        let kind = document.node_kind(node);
        matches!(kind, Some(NodeKind::Text(_) | NodeKind::CData(_)))
    };
    is_text(node) && document.previous_sibling(node).is_some_and(is_text)
}
