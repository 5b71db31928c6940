//! A document as a comparison sees it: without comments, texts trimmed, empty ones left out, and
//! names as the chosen awareness of namespaces has them.

use std::borrow::Cow;

use uppsala::{Document, Element as Parsed, NodeId, NodeKind};

use super::NamespaceAwareness;
use super::document::parse;

/// The namespace of the attributes that speak of schemas.
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A node.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Element(Element),
    Text(String),
    CData(String),
    Instruction { target: String, data: String },
}

/// An element.
#[derive(Debug, Clone)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) children: Vec<Node>,
}

/// An attribute.
#[derive(Debug, Clone)]
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) value: String,
    pub(super) role: Role,
}

/// What an attribute says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Ordinary,
    /// What a prefix stands for.
    Declaration,
    SchemaLocation,
    NoNamespaceSchemaLocation,
    /// The type of the element, as `{namespace}name`.
    Type,
}

impl Node {
    /// The text, if it is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::CData(text) => Some(text),
            _ => None,
        }
    }

    /// The children, if it can have any.
    pub(super) fn children(&self) -> &[Node] {
        match self {
            Self::Element(element) => &element.children,
            _ => &[],
        }
    }
}

impl Element {
    /// The attribute that says `role`.
    pub(super) fn with_role(&self, role: Role) -> Option<&Attribute> {
        self.attributes.iter().find(|found| found.role == role)
    }

    /// The attributes that say nothing of namespaces and schemas.
    pub(super) fn ordinary(&self) -> impl Iterator<Item = &Attribute> {
        let is_ordinary = |found: &&Attribute| found.role == Role::Ordinary;
        self.attributes.iter().filter(is_ordinary)
    }
}

impl Attribute {
    /// Whether it is called as `other` is.
    pub(super) fn is_namesake(&self, other: &Self) -> bool {
        self.name == other.name && self.namespace == other.namespace
    }
}

/// The nodes of the document that `text` is.
pub(super) fn read(text: &str, awareness: NamespaceAwareness) -> Result<Vec<Node>, String> {
    let document = parse(text, awareness == NamespaceAwareness::Strict)?;
    let mut reader = Reader {
        document: &document,
        awareness,
        scope: Vec::new(),
    };
    Ok(reader.children(document.root()))
}

struct Reader<'d> {
    document: &'d Document<'d>,
    awareness: NamespaceAwareness,
    /// The declarations in scope, the nearest last.
    scope: Vec<(&'d str, &'d str)>,
}

impl<'d> Reader<'d> {
    /// The recursion is bounded by the depth of the document, which the parser bounds.
    fn children(&mut self, parent: NodeId) -> Vec<Node> {
        let mut nodes = Vec::new();
        for child in self.document.children_iter(parent) {
            match self.document.node_kind(child) {
                Some(NodeKind::Text(text)) => push_text(&mut nodes, text),
                Some(NodeKind::CData(text)) if self.awareness == NamespaceAwareness::Legacy => {
                    push_text(&mut nodes, trimmed(text));
                }
                Some(NodeKind::CData(text)) => nodes.push(Node::CData(text.to_string())),
                Some(NodeKind::Element(element)) => {
                    nodes.push(Node::Element(self.element(child, element)));
                }
                Some(NodeKind::ProcessingInstruction(instruction)) => {
                    let data = instruction.data.as_deref().unwrap_or_default();
                    nodes.push(Node::Instruction {
                        target: instruction.target.to_string(),
                        data: trimmed(data).to_owned(),
                    });
                }
                _ => {}
            }
        }
        nodes.retain_mut(|node| match node {
            Node::Text(text) | Node::CData(text) => {
                *text = trimmed(text).to_owned();
                !text.is_empty()
            }
            _ => true,
        });
        nodes
    }

    fn element(&mut self, id: NodeId, parsed: &'d Parsed<'d>) -> Element {
        let outer = self.scope.len();
        let declared = parsed.namespace_declarations.iter();
        self.scope
            .extend(declared.map(|(prefix, uri)| (&**prefix, &**uri)));
        let (name, namespace) = self.name_of(parsed);
        let element = Element {
            name,
            namespace,
            attributes: self.attributes(parsed),
            children: self.children(id),
        };
        self.scope.truncate(outer);
        element
    }

    fn name_of(&self, parsed: &Parsed<'_>) -> (String, Option<String>) {
        let written = &*parsed.name.local_name;
        match self.awareness {
            NamespaceAwareness::Strict => {
                let namespace = parsed.name.namespace_uri.as_deref();
                (written.to_owned(), namespace.map(str::to_owned))
            }
            NamespaceAwareness::Legacy => match written.split_once(':') {
                Some((_, local)) => (local.to_owned(), None),
                None => (written.to_owned(), self.stands_for("").map(str::to_owned)),
            },
            NamespaceAwareness::None => (written.to_owned(), None),
        }
    }

    fn attributes(&self, parsed: &Parsed<'_>) -> Vec<Attribute> {
        let declaration_role = match self.awareness {
            NamespaceAwareness::None => Role::Ordinary,
            NamespaceAwareness::Strict | NamespaceAwareness::Legacy => Role::Declaration,
        };
        let declared = parsed.namespace_declarations.iter().map(|(prefix, uri)| {
            let name = match &**prefix {
                "" => "xmlns".to_owned(),
                prefix => format!("xmlns:{prefix}"),
            };
            Attribute {
                name,
                namespace: None,
                value: trimmed(uri).to_owned(),
                role: declaration_role,
            }
        });
        let written = parsed.attributes.iter().map(|attribute| {
            let name = &*attribute.name.local_name;
            let namespace = attribute.name.namespace_uri.as_deref();
            let role = role_of(namespace, name);
            let value = trimmed(&attribute.value);
            Attribute {
                name: name.to_owned(),
                namespace: namespace.map(str::to_owned),
                value: match role {
                    Role::Type => self.qualified(value).into_owned(),
                    _ => value.to_owned(),
                },
                role,
            }
        });
        declared.chain(written).collect()
    }

    /// What `prefix` stands for here. An empty namespace is none.
    fn stands_for(&self, prefix: &str) -> Option<&'d str> {
        let mut nearest = self.scope.iter().rev();
        let found = nearest.find(|(declared, _)| *declared == prefix)?;
        Some(found.1).filter(|uri| !uri.is_empty())
    }

    /// `value`, a name with or without a prefix, with what the prefix stands for.
    fn qualified<'v>(&self, value: &'v str) -> Cow<'v, str> {
        let (prefix, local) = value.split_once(':').unwrap_or(("", value));
        match self.stands_for(prefix) {
            Some(uri) => Cow::Owned(format!("{{{uri}}}{local}")),
            None => Cow::Borrowed(local),
        }
    }
}

/// Texts side by side, which a comment had parted, are one.
fn push_text(nodes: &mut Vec<Node>, text: &str) {
    match nodes.last_mut() {
        Some(Node::Text(last)) => last.push_str(text),
        _ => nodes.push(Node::Text(text.to_owned())),
    }
}

fn role_of(namespace: Option<&str>, name: &str) -> Role {
    match (namespace, name) {
        (Some(SCHEMA_INSTANCE), "schemaLocation") => Role::SchemaLocation,
        (Some(SCHEMA_INSTANCE), "noNamespaceSchemaLocation") => Role::NoNamespaceSchemaLocation,
        (Some(SCHEMA_INSTANCE), "type") => Role::Type,
        _ => Role::Ordinary,
    }
}

/// `text` without the blanks and controls around it, as Java trims.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|character| character <= ' ')
}
