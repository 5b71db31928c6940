//! XML as WireMock matches it: `equalToXml` (XMLUnit's comparison) and `matchesXPath` (XPath 1.0).
//!
//! Every cost is bounded: nesting by [`DEPTH_MAX`], attributes by [`ATTRIBUTES_MAX`], entities by
//! [`ENTITY_BYTES_MAX`], XPath by [`VISITS_MAX`] and by the bytes that it may read. Nothing outside
//! the text is ever read: what names an external entity is no XML here. Where values come from, and
//! the other operators, never live here.

mod document;
mod equal;
mod expression;
mod number;
mod placeholder;
#[cfg(test)]
mod tests;
mod tree;
mod write;
mod xpath;

pub use equal::EqualToXml;
pub use write::format;
pub use xpath::{Error, Found, Node, XPath};

/// Documents nested deeper than this are refused: walking them could exhaust the stack.
pub const DEPTH_MAX: u32 = 256;
/// An element with about so many attributes is refused: the parser compares each with each.
pub const ATTRIBUTES_MAX: usize = 1_000;
/// So many bytes may the entities of a document come to.
pub const ENTITY_BYTES_MAX: usize = 64 * 1024;
/// So many nodes may one XPath expression visit.
pub const VISITS_MAX: usize = 1_000_000;

/// How two documents are compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether `${xmlunit.ignore}` and the like stand for what they name.
    pub enable_placeholders: bool,
    /// A regular expression for what opens a placeholder, instead of `${`.
    pub opening: Option<String>,
    /// A regular expression for what closes a placeholder, instead of `}`.
    pub closing: Option<String>,
    /// What may differ.
    pub exempted: Vec<Comparison>,
    /// Whether elements of one name may stand in any order. Those of different names always may.
    pub ignore_order_of_same_node: bool,
    /// What namespaces count for.
    pub namespace_awareness: NamespaceAwareness,
}

/// What namespaces count for in a comparison.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NamespaceAwareness {
    /// Prefixes must be declared; what they stand for counts, and they themselves do not.
    #[default]
    Strict,
    /// Prefixes of elements do not count, those of attributes do; of namespaces, only the default
    /// one of elements without a prefix counts.
    Legacy,
    /// Names are compared as they are written, and declarations are attributes.
    None,
}

impl NamespaceAwareness {
    /// The one that WireMock calls `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "STRICT" => Some(Self::Strict),
            "LEGACY" => Some(Self::Legacy),
            "NONE" => Some(Self::None),
            _ => None,
        }
    }
}

/// One thing in which two documents can differ: XMLUnit's `ComparisonType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// The version in the XML declaration. Never counts.
    XmlVersion,
    /// `standalone` in the XML declaration. Never counts.
    XmlStandalone,
    /// The encoding in the XML declaration. Never counts.
    XmlEncoding,
    /// Whether there is a DOCTYPE. Never counts.
    HasDoctypeDeclaration,
    /// The name in the DOCTYPE. Never counts.
    DoctypeName,
    /// The public id in the DOCTYPE. Never counts.
    DoctypePublicId,
    /// The system id in the DOCTYPE. Never counts.
    DoctypeSystemId,
    /// The value of `xsi:schemaLocation`.
    SchemaLocation,
    /// The value of `xsi:noNamespaceSchemaLocation`.
    NoNamespaceSchemaLocation,
    /// What kind of node it is.
    NodeType,
    /// The prefix of a name. Never counts.
    NamespacePrefix,
    /// The namespace of a name.
    NamespaceUri,
    /// A text.
    TextValue,
    /// The target of a processing instruction.
    ProcessingInstructionTarget,
    /// The data of a processing instruction.
    ProcessingInstructionData,
    /// The name of an element.
    ElementTagName,
    /// Whether an attribute was written or is a default. Never counts.
    AttrValueExplicitlySpecified,
    /// The number of attributes.
    ElementNumAttributes,
    /// The value of an attribute.
    AttrValue,
    /// The number of children.
    ChildNodelistLength,
    /// The position of a child. Never counts.
    ChildNodelistSequence,
    /// Whether an expected child is there.
    ChildLookup,
    /// Whether an expected attribute is there.
    AttrNameLookup,
}

impl Comparison {
    /// All of them, by XMLUnit's names.
    pub const NAMES: [(&'static str, Self); 23] = [
        ("XML_VERSION", Self::XmlVersion),
        ("XML_STANDALONE", Self::XmlStandalone),
        ("XML_ENCODING", Self::XmlEncoding),
        ("HAS_DOCTYPE_DECLARATION", Self::HasDoctypeDeclaration),
        ("DOCTYPE_NAME", Self::DoctypeName),
        ("DOCTYPE_PUBLIC_ID", Self::DoctypePublicId),
        ("DOCTYPE_SYSTEM_ID", Self::DoctypeSystemId),
        ("SCHEMA_LOCATION", Self::SchemaLocation),
        (
            "NO_NAMESPACE_SCHEMA_LOCATION",
            Self::NoNamespaceSchemaLocation,
        ),
        ("NODE_TYPE", Self::NodeType),
        ("NAMESPACE_PREFIX", Self::NamespacePrefix),
        ("NAMESPACE_URI", Self::NamespaceUri),
        ("TEXT_VALUE", Self::TextValue),
        (
            "PROCESSING_INSTRUCTION_TARGET",
            Self::ProcessingInstructionTarget,
        ),
        (
            "PROCESSING_INSTRUCTION_DATA",
            Self::ProcessingInstructionData,
        ),
        ("ELEMENT_TAG_NAME", Self::ElementTagName),
        (
            "ATTR_VALUE_EXPLICITLY_SPECIFIED",
            Self::AttrValueExplicitlySpecified,
        ),
        ("ELEMENT_NUM_ATTRIBUTES", Self::ElementNumAttributes),
        ("ATTR_VALUE", Self::AttrValue),
        ("CHILD_NODELIST_LENGTH", Self::ChildNodelistLength),
        ("CHILD_NODELIST_SEQUENCE", Self::ChildNodelistSequence),
        ("CHILD_LOOKUP", Self::ChildLookup),
        ("ATTR_NAME_LOOKUP", Self::AttrNameLookup),
    ];

    /// The one that XMLUnit calls `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, comparison)| *comparison)
    }
}
