//! Paths such as `record.items.[0].id`: compiled once, followed without allocating.

use std::borrow::Cow;
use std::fmt::Debug;

use serde_json::Value;

use super::kind::Kind;

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

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What this step leads to from `value`.
    pub(super) fn of<'v>(&self, value: &'v Value) -> Option<Cow<'v, Value>> {
        let kind = Kind::of(value);
        match kind {
            Kind::Plain(value) => self.of_plain(value),
            Kind::Many(items) => self.of_list(items).map(Cow::Borrowed).or_else(|| {
                let item = match &*self.name {
                    "first" => items.first(),
                    "last" => items.last(),
                    "empty" => return Some(Cow::Owned(items.is_empty().into())),
                    _ => return self.length(items.len()),
                };
                item.map(Cow::Borrowed)
            }),
            Kind::Path(path) => match path.variables.and_then(|named| named.get(&*self.name)) {
                Some(variable) => Some(Cow::Borrowed(variable)),
                None => self
                    .of_list(path.segments)
                    .map(Cow::Borrowed)
                    .or_else(|| self.length(path.segments.len())),
            },
            Kind::Names(members) => {
                let mut members = members.iter();
                let found = members.find(|(name, _)| name.eq_ignore_ascii_case(&self.name));
                found.map(|(_, member)| Cow::Borrowed(member))
            }
            Kind::Node(_, members) => members.get(&*self.name).map(Cow::Borrowed),
            Kind::Date(_) => None,
            Kind::Json(inner) | Kind::Smart(inner) => match self.of_plain(inner)? {
                Cow::Borrowed(part) if part.is_array() || part.is_object() => {
                    Some(Cow::Owned(kind.part(part)))
                }
                other => Some(other),
            },
        }
    }

    fn of_plain<'v>(&self, value: &'v Value) -> Option<Cow<'v, Value>> {
        match value {
            Value::Object(members) => members.get(&*self.name).map(Cow::Borrowed),
            Value::Array(items) => match self.index {
                Some(_) => self.of_list(items).map(Cow::Borrowed),
                None => self.length(items.len()),
            },
            Value::String(text) if self.is_length() => self.length(text.chars().count()),
            // A query parameter or a header that was given once is a list of one in WireMock.
            Value::String(_) if self.index == Some(0) => Some(Cow::Borrowed(value)),
            _ => None,
        }
    }

    fn of_list<'v>(&self, items: &'v [Value]) -> Option<&'v Value> {
        items.get(self.index?)
    }

    fn length<'v>(&self, length: usize) -> Option<Cow<'v, Value>> {
        self.is_length().then(|| Cow::Owned(length.into()))
    }

    fn is_length(&self) -> bool {
        matches!(&*self.name, "length" | "size")
    }
}

/// What `segments` lead to from `value`.
pub(super) fn follow<'v>(segments: &[Segment], value: &'v Value) -> Option<Cow<'v, Value>> {
    match segments {
        [] => Some(Cow::Borrowed(value)),
        [first, rest @ ..] => match first.of(value)? {
            Cow::Borrowed(next) => follow(rest, next),
            Cow::Owned(next) => follow(rest, &next).map(|found| Cow::Owned(found.into_owned())),
        },
    }
}

/// A path from the root of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    segments: Box<[Segment]>,
}

impl Lookup {
    /// The path of these names in WireMock's model.
    pub(super) fn new<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let segments = names.map(Segment::new).collect();
        Self { segments }
    }

    /// The path of these names in the model of packs, where a request is laid out in JSON.
    pub(super) fn in_pack<'n>(names: impl Iterator<Item = &'n str>) -> Self {
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
    #[must_use]
    pub fn root(&self) -> Option<&str> {
        self.name(0)
    }

    /// The name at this place of the path.
    #[must_use]
    pub fn name(&self, place: usize) -> Option<&str> {
        self.segments.get(place).map(Segment::name)
    }

    /// What the path leads to, where its first `known` names have led to `value`.
    #[must_use]
    pub fn beyond<'v>(&self, known: usize, value: &'v Value) -> Option<Cow<'v, Value>> {
        follow(self.segments.get(known..).unwrap_or_default(), value)
    }
}

impl Lookup {
    /// As [`Lookup::beyond`], of a value that was made for this.
    #[must_use]
    pub fn beyond_made(&self, known: usize, value: Value) -> Option<Value> {
        if self.segments.len() <= known {
            return Some(value);
        }
        self.beyond(known, &value).map(Cow::into_owned)
    }
}

/// What templates are rendered for: whatever can tell what their paths name.
pub trait Model: Debug {
    /// What the path names.
    fn find(&self, lookup: &Lookup) -> Option<Cow<'_, Value>>;
}

impl Model for Value {
    fn find(&self, lookup: &Lookup) -> Option<Cow<'_, Value>> {
        lookup.beyond(0, self)
    }
}
