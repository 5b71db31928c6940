//! The tree that the readers build: values with the places where they stood.
//!
//! What an alias refers to is shared and not copied, so that a tree is never larger than its file,
//! and its expanded size is known before anything is expanded.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{DEPTH_MAX, TEXT_BYTES_MAX, VALUES_MAX};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) content: Arc<Content>,
    pub(super) size: Size,
}

#[derive(Debug)]
pub(super) enum Content {
    /// Anything but a list or an object.
    Scalar(Value),
    List(Vec<Node>),
    Object(Fields),
}

/// How large a value is when every alias in it is expanded.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    pub(super) depth: usize,
    values: usize,
    text_bytes: usize,
}

/// Why a document is refused although its syntax is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Excess {
    Depth,
    Values,
    TextBytes,
}

impl Excess {
    pub(super) fn message(self) -> String {
        match self {
            Excess::Depth => format!("this is nested more than {DEPTH_MAX} levels deep"),
            Excess::Values => format!("this expands to more than {VALUES_MAX} values"),
            Excess::TextBytes => format!("this expands to more than {TEXT_BYTES_MAX} bytes"),
        }
    }
}

impl Size {
    /// Which limit a value of this size breaks.
    pub(super) fn excess(self) -> Option<Excess> {
        if self.depth > DEPTH_MAX {
            Some(Excess::Depth)
        } else if self.values > VALUES_MAX {
            Some(Excess::Values)
        } else if self.text_bytes > TEXT_BYTES_MAX {
            Some(Excess::TextBytes)
        } else {
            None
        }
    }

    fn hold(&mut self, inner: Size) {
        self.depth = self.depth.max(inner.depth.saturating_add(1));
        self.values = self.values.saturating_add(inner.values);
        self.text_bytes = self.text_bytes.saturating_add(inner.text_bytes);
    }
}

impl Node {
    /// A node for anything but a list or an object.
    pub(super) fn scalar(span: Range<usize>, value: Value) -> Node {
        let text_bytes = match &value {
            Value::String(text) => text.len(),
            Value::Number(number) => number.as_str().len(),
            _ => 0,
        };
        Node {
            size: Size {
                depth: 0,
                values: 1,
                text_bytes,
            },
            span,
            content: Arc::new(Content::Scalar(value)),
        }
    }

    pub(super) fn list(span: Range<usize>, items: Vec<Node>) -> Node {
        let mut size = Size {
            depth: 1,
            values: 1,
            text_bytes: 0,
        };
        for item in &items {
            size.hold(item.size);
        }
        Node {
            size,
            span,
            content: Arc::new(Content::List(items)),
        }
    }

    pub(super) fn object(span: Range<usize>, fields: Fields) -> Node {
        let mut size = Size {
            depth: 1,
            values: 1,
            text_bytes: 0,
        };
        for field in fields.iter() {
            size.hold(field.node.size);
            size.text_bytes = size.text_bytes.saturating_add(field.key.len());
        }
        Node {
            size,
            span,
            content: Arc::new(Content::Object(fields)),
        }
    }

    /// What the node says, aliases expanded. Its size must be within the limits.
    pub(super) fn to_value(&self) -> Value {
        match &*self.content {
            Content::Scalar(value) => value.clone(),
            Content::List(items) => Value::Array(items.iter().map(Node::to_value).collect()),
            Content::Object(fields) => Value::Object(
                fields
                    .iter()
                    .map(|field| (field.key.to_string(), field.node.to_value()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }
}

/// One key of an object and what it holds.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) key: Arc<str>,
    pub(super) key_span: Range<usize>,
    pub(super) node: Node,
}

/// The fields of an object, in the order in which they were written.
#[derive(Debug, Default)]
pub(super) struct Fields {
    list: Vec<Field>,
    by_key: BTreeMap<Arc<str>, usize>,
}

impl Fields {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Field> {
        self.list.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn get(&self, key: &str) -> Option<&Field> {
        self.by_key.get(key).map(|place| &self.list[*place])
    }

    /// Adds a field, or gives the span of the same key where it is already taken.
    pub(super) fn insert(&mut self, field: Field) -> Result<(), Range<usize>> {
        if let Some(first) = self.get(&field.key) {
            return Err(first.key_span.clone());
        }
        self.by_key.insert(field.key.clone(), self.list.len());
        self.list.push(field);
        Ok(())
    }
}
