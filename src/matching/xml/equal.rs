//! `equalToXml`: XMLUnit's comparison with WireMock's settings.
//!
//! Children are compared in the order of their names, so that elements of different names may stand
//! in any order. Comments, white space around texts, the XML declaration and the DOCTYPE do not
//! count. What is expected counts, and what is there beyond it only by its number.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::placeholder::{Grammar, Placeholder};
use super::tree::{self, Attribute, Element, Node, Role};
use super::{Comparison, NamespaceAwareness, Options};

/// An expected document, prepared once for many comparisons.
#[derive(Debug, Clone)]
pub struct EqualToXml {
    expected: Vec<Node>,
    options: Options,
    /// What expected texts stand for.
    placeholders: BTreeMap<String, Placeholder>,
}

impl EqualToXml {
    /// Prepares an expected document.
    ///
    /// # Errors
    /// When it is no XML, or a regular expression in it or in the options is refused.
    pub fn compile(expected: &str, options: Options) -> Result<Self, String> {
        let expected = tree::read(expected, options.namespace_awareness)?;
        let mut placeholders = BTreeMap::new();
        if options.enable_placeholders {
            let grammar = Grammar::compile(options.opening.as_deref(), options.closing.as_deref())?;
            collect_placeholders(&expected, &grammar, &mut placeholders)?;
        }
        Ok(Self {
            expected,
            options,
            placeholders,
        })
    }

    /// Whether `text` is the same document.
    #[must_use]
    pub fn test(&self, text: &str) -> bool {
        let Some(actual) = self.read(text) else {
            return false;
        };
        let mut visit = Visit::new(self, Mode::Test);
        visit.documents(&self.expected, &actual).is_continue() && visit.different == 0
    }

    /// How far `text` is from the same document, from 0 to 1000: the share of the comparisons that
    /// find a difference. Children count in the order in which they stand.
    #[must_use]
    pub fn distance(&self, text: &str) -> u32 {
        const FARTHEST: u32 = 1000;
        let Some(actual) = self.read(text) else {
            return FARTHEST;
        };
        let mut visit = Visit::new(self, Mode::Measure);
        _ = visit.documents(&self.expected, &actual);
        let (different, total) = (visit.different, visit.total.max(1));
        u32::try_from((different * u64::from(FARTHEST) + total / 2) / total).unwrap_or(FARTHEST)
    }

    fn read(&self, text: &str) -> Option<Vec<Node>> {
        tree::read(text, self.options.namespace_awareness).ok()
    }

    /// Whether `text` is expected to be something that `actual`, or its absence, is.
    fn stands_for(&self, text: &str, actual: Option<&str>) -> bool {
        let placeholder = self.placeholders.get(text);
        placeholder.is_some_and(|placeholder| placeholder.accepts(actual))
    }
}

/// The recursion is bounded by the depth of the document, which the parser bounds.
fn collect_placeholders(
    nodes: &[Node],
    grammar: &Grammar,
    found: &mut BTreeMap<String, Placeholder>,
) -> Result<(), String> {
    let mut collect = |text: &str| {
        if let Some(placeholder) = grammar.read(text)? {
            found.insert(text.to_owned(), placeholder);
        }
        Ok::<_, String>(())
    };
    for node in nodes {
        match node {
            Node::Text(text) | Node::CData(text) => collect(text)?,
            Node::Element(element) => {
                for attribute in &element.attributes {
                    collect(&attribute.value)?;
                }
            }
            Node::Instruction { .. } => {}
        }
    }
    nodes
        .iter()
        .try_for_each(|node| collect_placeholders(node.children(), grammar, found))
}

/// What a comparison is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// A yes or no: it ends at the first difference.
    Test,
    /// A distance.
    Measure,
}

/// It breaks when the answer is no.
type Step = ControlFlow<()>;

struct Visit<'e> {
    pattern: &'e EqualToXml,
    mode: Mode,
    total: u64,
    different: u64,
}

impl<'e> Visit<'e> {
    fn new(pattern: &'e EqualToXml, mode: Mode) -> Self {
        Self {
            pattern,
            mode,
            total: 0,
            different: 0,
        }
    }

    /// Counts one comparison.
    fn check(&mut self, comparison: Comparison, is_equal: bool) -> Step {
        if self.pattern.options.exempted.contains(&comparison) {
            return Step::Continue(());
        }
        self.total += 1;
        if is_equal {
            return Step::Continue(());
        }
        self.different += 1;
        match self.mode {
            Mode::Test => Step::Break(()),
            Mode::Measure => Step::Continue(()),
        }
    }

    fn documents(&mut self, expected: &[Node], actual: &[Node]) -> Step {
        self.check(Comparison::NodeType, true)?;
        self.check(
            Comparison::ChildNodelistLength,
            expected.len() == actual.len(),
        )?;
        self.children(expected, actual)
    }

    /// The recursion is bounded by the depth of the documents, which the parser bounds.
    fn nodes(&mut self, expected: &Node, actual: &Node) -> Step {
        let is_same_kind = std::mem::discriminant(expected) == std::mem::discriminant(actual);
        let texts = (expected.as_text(), actual.as_text());
        self.check(
            Comparison::NodeType,
            is_same_kind
                || matches!(texts, (Some(text), actual @ Some(_)) if self.pattern.stands_for(text, actual)),
        )?;
        if let (Node::Element(expected), Node::Element(actual)) = (expected, actual)
            && expected.namespace.is_some()
        {
            let is_equal = expected.namespace == actual.namespace;
            self.check(Comparison::NamespaceUri, is_equal)?;
        }
        self.child_counts(expected.children(), actual.children())?;
        match (expected, actual) {
            (Node::Element(expected), Node::Element(actual)) => self.elements(expected, actual)?,
            (
                Node::Instruction { target, data },
                Node::Instruction {
                    target: actual_target,
                    data: actual_data,
                },
            ) => {
                self.check(
                    Comparison::ProcessingInstructionTarget,
                    target == actual_target,
                )?;
                self.check(Comparison::ProcessingInstructionData, data == actual_data)?;
            }
            _ => {
                if let (Some(expected), Some(actual)) = texts {
                    self.texts(Comparison::TextValue, expected, actual)?;
                }
            }
        }
        self.children(expected.children(), actual.children())
    }

    fn texts(&mut self, comparison: Comparison, expected: &str, actual: &str) -> Step {
        let is_equal = expected == actual || self.pattern.stands_for(expected, Some(actual));
        self.check(comparison, is_equal)
    }

    fn child_counts(&mut self, expected: &[Node], actual: &[Node]) -> Step {
        let is_equal = expected.len() == actual.len()
            || match (expected, actual) {
                ([only], []) => only
                    .as_text()
                    .is_some_and(|text| self.pattern.stands_for(text, None)),
                _ => false,
            };
        self.check(Comparison::ChildNodelistLength, is_equal)
    }

    fn elements(&mut self, expected: &Element, actual: &Element) -> Step {
        self.check(Comparison::ElementTagName, expected.name == actual.name)?;
        let is_equal = expected.ordinary().count() == actual.ordinary().count()
            || self.attributes_are_as_placeholders(expected, actual);
        self.check(Comparison::ElementNumAttributes, is_equal)?;
        self.types(expected, actual)?;
        for (comparison, role) in [
            (Comparison::SchemaLocation, Role::SchemaLocation),
            (
                Comparison::NoNamespaceSchemaLocation,
                Role::NoNamespaceSchemaLocation,
            ),
        ] {
            if let Some(expected) = expected.with_role(role) {
                let found = actual.with_role(role);
                let is_equal = found.is_some_and(|found| found.value == expected.value);
                self.check(comparison, is_equal)?;
            }
        }
        for attribute in expected.ordinary() {
            self.attribute(attribute, actual)?;
        }
        Step::Continue(())
    }

    /// Whether the expected attributes that are not there are placeholders for nothing, and no
    /// others are there.
    fn attributes_are_as_placeholders(&self, expected: &Element, actual: &Element) -> bool {
        let mut matched = 0;
        let is_explained = expected.attributes.iter().all(|attribute| {
            let mut candidates = actual.attributes.iter();
            if candidates.any(|other| other.is_namesake(attribute)) {
                matched += 1;
                return true;
            }
            self.pattern.stands_for(&attribute.value, None)
        });
        is_explained && matched == actual.attributes.len()
    }

    fn types(&mut self, expected: &Element, actual: &Element) -> Step {
        let Some(expected) = expected.with_role(Role::Type) else {
            return Step::Continue(());
        };
        let found = actual.with_role(Role::Type);
        self.check(Comparison::AttrNameLookup, found.is_some())?;
        match found {
            Some(found) => self.texts(Comparison::AttrValue, &expected.value, &found.value),
            None => Step::Continue(()),
        }
    }

    fn attribute(&mut self, expected: &Attribute, actual: &Element) -> Step {
        let mut ordinary = actual.ordinary();
        let found = ordinary.find(|other| other.is_namesake(expected));
        self.check(
            Comparison::AttrNameLookup,
            found.is_some() || self.pattern.stands_for(&expected.value, None),
        )?;
        let Some(found) = found else {
            return Step::Continue(());
        };
        self.check(Comparison::NodeType, true)?;
        if expected.namespace.is_some() {
            self.check(Comparison::NamespaceUri, true)?;
        }
        self.texts(Comparison::AttrValue, &expected.value, &found.value)
    }

    /// Compares children pairwise: each expected one with the next of its kind.
    fn children(&mut self, expected: &[Node], actual: &[Node]) -> Step {
        let (expected, actual) = match self.mode {
            Mode::Measure => (expected.iter().collect(), actual.iter().collect()),
            Mode::Test => match (self.in_order(expected), self.in_order(actual)) {
                (Some(expected), Some(actual)) => (expected, actual),
                _ => return Step::Break(()),
            },
        };
        let (pairs, lost) = pair(&expected, &actual);
        for (expected, actual) in pairs {
            self.nodes(expected, actual)?;
        }
        for node in lost {
            let text = node.as_text();
            let is_equal = text.is_some_and(|text| self.pattern.stands_for(text, None));
            self.check(Comparison::ChildLookup, is_equal)?;
        }
        Step::Continue(())
    }

    /// The nodes in the order of their local names, and of their texts if that is asked for. None
    /// if one of several has no local name: WireMock fails at that, and nothing matches.
    fn in_order<'n>(&self, nodes: &'n [Node]) -> Option<Vec<&'n Node>> {
        let mut sorted: Vec<&Node> = nodes.iter().collect();
        if sorted.len() < 2 {
            return Some(sorted);
        }
        if self.pattern.options.namespace_awareness == NamespaceAwareness::None {
            return None;
        }
        let mut keyed = Vec::with_capacity(sorted.len());
        for node in sorted.drain(..) {
            let Node::Element(element) = node else {
                return None;
            };
            let mut text = String::new();
            if self.pattern.options.ignore_order_of_same_node {
                collect_text(node, &mut text);
            }
            keyed.push((&*element.name, text, node));
        }
        keyed.sort_by(|(name, text, _), (other, other_text, _)| {
            (name, text).cmp(&(other, other_text))
        });
        Some(keyed.into_iter().map(|(_, _, node)| node).collect())
    }
}

fn collect_text(node: &Node, text: &mut String) {
    match node.as_text() {
        Some(part) => text.push_str(part),
        None => {
            for child in node.children() {
                collect_text(child, text);
            }
        }
    }
}

/// Pairs each expected node with the next actual one that can be compared with it, after the last
/// that was taken, else before it; and tells which found none.
fn pair<'n>(
    expected: &[&'n Node],
    actual: &[&'n Node],
) -> (Vec<(&'n Node, &'n Node)>, Vec<&'n Node>) {
    let mut free: BTreeMap<Kind, std::collections::VecDeque<&'n Node>> = BTreeMap::new();
    for node in actual {
        free.entry(Kind::of(node)).or_default().push_back(node);
    }
    let mut pairs = Vec::new();
    let mut lost = Vec::new();
    for node in expected {
        // XMLUnit never moves its mark, so that the search always begins at the first node.
        match free
            .get_mut(&Kind::of(node))
            .and_then(std::collections::VecDeque::pop_front)
        {
            Some(found) => pairs.push((*node, found)),
            None => lost.push(*node),
        }
    }
    (pairs, lost)
}

/// Nodes of one kind can be compared.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Element,
    Text,
    Instruction,
}

impl Kind {
    fn of(node: &Node) -> Self {
        match node {
            Node::Element(_) => Self::Element,
            Node::Text(_) | Node::CData(_) => Self::Text,
            Node::Instruction { .. } => Self::Instruction,
        }
    }
}
