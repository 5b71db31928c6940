//! Paths such as `record.items.[0].id`: compiled once, followed without allocating.

use std::borrow::Cow;

use serde_json::Value;

/// One step of a path. A number is kept as both, for it may be a key or a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    name: Box<str>,
    index: Option<usize>,
}

impl Segment {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            index: name.parse().ok(),
        }
    }

    /// What this step leads to from `value`.
    pub(super) fn of<'v>(&self, value: &'v Value) -> Option<Cow<'v, Value>> {
        match value {
            Value::Object(members) => members.get(&*self.name).map(Cow::Borrowed),
            Value::Array(items) => match self.index {
                Some(index) => items.get(index).map(Cow::Borrowed),
                None => self.is_length().then(|| Cow::Owned(items.len().into())),
            },
            Value::String(text) if self.is_length() => {
                Some(Cow::Owned(text.chars().count().into()))
            }
            // A query parameter or a header that was given once is a list of one in WireMock.
            Value::String(_) if self.index == Some(0) => Some(Cow::Borrowed(value)),
            _ => None,
        }
    }

    fn is_length(&self) -> bool {
        matches!(&*self.name, "length" | "size")
    }
}

/// A path from the root of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lookup {
    segments: Box<[Segment]>,
}

impl Lookup {
    pub(super) fn new<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let mut segments: Box<[Segment]> = names.map(Segment::new).collect();
        if let [request, member, part, ..] = &mut *segments
            && &*request.name == "request"
        {
            match &*member.name {
                // In WireMock a path is its text, its segments and its variables in one; in the
                // model each is a member of its own.
                "path" | "pathSegments" if !part.is_length() => {
                    *member = Segment::new(match part.index {
                        Some(_) => "pathSegments",
                        None => "pathVariables",
                    });
                }
                // Names of headers have no case; in the model they are small.
                "headers" => *part = Segment::new(&part.name.to_ascii_lowercase()),
                _ => {}
            }
        }
        Self { segments }
    }

    /// The name in the model at which the path begins; none, for the model as a whole.
    pub(super) fn root(&self) -> Option<&str> {
        self.segments.first().map(|segment| &*segment.name)
    }

    /// What the path names in `model`.
    pub(super) fn follow<'v>(&self, model: &'v Value) -> Option<Cow<'v, Value>> {
        let mut at = model;
        for (position, segment) in self.segments.iter().enumerate() {
            match segment.of(at)? {
                Cow::Borrowed(next) => at = next,
                // Only a length is made up, and nothing lies below a number.
                Cow::Owned(made) => {
                    return (position + 1 == self.segments.len()).then_some(Cow::Owned(made));
                }
            }
        }
        Some(Cow::Borrowed(at))
    }
}
