//! Values that are more than JSON: what WireMock's own types are to a template.
//!
//! Between the library and helpers there is only JSON. A value of another kind is an object with a
//! single member whose name starts with [`MARK`]; whoever prints or follows it looks through that.
//! A body can spell such an object too: it is then only printed in another way.

use serde_json::{Map, Value};

/// What the names begin with that tell kinds apart.
const MARK: char = '\0';
const MANY: &str = "\0many";
const PATH: &str = "\0path";
const JSON: &str = "\0json";
const SMART: &str = "\0smart";
const NAMES: &str = "\0names";
const NODE: &str = "\0node";
const DATE: &str = "\0date";

/// What a value is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind<'v> {
    /// JSON as it stands.
    Plain(&'v Value),
    /// The values of a query parameter, a header or a cookie: a list that prints as its first item.
    Many(&'v [Value]),
    /// The path of a request: prints as its text.
    Path(Path<'v>),
    /// What a JSON path has found: an object prints as indented JSON, a list as compact JSON.
    Json(&'v Value),
    /// What lies in something that a JSON path has found: lists print as compact JSON.
    Smart(&'v Value),
    /// An object whose names have no case: headers.
    Names(&'v Map<String, Value>),
    /// A node of XML: prints as its text, and has members.
    Node(&'v str, &'v Map<String, Value>),
    /// A date.
    Date(Moment<'v>),
}

/// A date: how it prints, and what helpers go on with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment<'v> {
    pub(super) text: &'v Value,
    pub(super) milliseconds: i64,
    /// The zone it is told in, if it has one.
    pub(super) zone: Option<&'v str>,
}

/// A path, its segments, and the variables that its template names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path<'v> {
    pub(super) text: &'v Value,
    pub(super) segments: &'v [Value],
    pub(super) variables: Option<&'v Map<String, Value>>,
}

impl<'v> Kind<'v> {
    pub(super) fn of(value: &'v Value) -> Self {
        Self::marked(value).unwrap_or(Self::Plain(value))
    }

    fn marked(value: &'v Value) -> Option<Self> {
        let members = value.as_object().filter(|members| members.len() == 1)?;
        let (name, inner) = members.iter().next()?;
        if !name.starts_with(MARK) {
            return None;
        }
        match (name.as_str(), inner) {
            (MANY, Value::Array(items)) => Some(Self::Many(items)),
            (PATH, Value::Array(parts)) => match &parts[..] {
                [text, Value::Array(segments), variables] => Some(Self::Path(Path {
                    text,
                    segments,
                    variables: variables.as_object(),
                })),
                _ => None,
            },
            (NAMES, Value::Object(members)) => Some(Self::Names(members)),
            (NODE, Value::Array(parts)) => match &parts[..] {
                [Value::String(text), Value::Object(members)] => Some(Self::Node(text, members)),
                _ => None,
            },
            (DATE, Value::Array(parts)) => match &parts[..] {
                [text, milliseconds, zone] => Some(Self::Date(Moment {
                    text,
                    milliseconds: milliseconds.as_i64()?,
                    zone: zone.as_str(),
                })),
                _ => None,
            },
            (JSON, inner) => Some(Self::Json(inner)),
            (SMART, inner) => Some(Self::Smart(inner)),
            _ => None,
        }
    }

    /// The list that it is to whoever counts or repeats.
    pub(super) fn list(self) -> Option<&'v [Value]> {
        match self {
            Self::Many(items) => Some(items),
            Self::Path(path) => Some(path.segments),
            Self::Plain(value) | Self::Json(value) | Self::Smart(value) => {
                value.as_array().map(Vec::as_slice)
            }
            Self::Names(_) | Self::Node(..) | Self::Date(_) => None,
        }
    }

    /// The object that it is.
    pub(super) fn object(self) -> Option<&'v Map<String, Value>> {
        match self {
            Self::Plain(value) | Self::Json(value) | Self::Smart(value) => value.as_object(),
            Self::Names(members) | Self::Node(_, members) => Some(members),
            Self::Many(_) | Self::Path(_) | Self::Date(_) => None,
        }
    }

    /// A copy of something that lies in it.
    pub(super) fn part(self, part: &Value) -> Value {
        match self {
            Self::Json(_) | Self::Smart(_) if part.is_array() || part.is_object() => {
                marked(SMART, part.clone())
            }
            _ => part.clone(),
        }
    }
}

fn marked(mark: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(mark.to_owned(), value)]))
}

/// The values of a query parameter, a header or a cookie.
#[must_use]
pub fn many(values: Vec<Value>) -> Value {
    marked(MANY, Value::Array(values))
}

/// The path of a request, with the variables that its template names, if it has one.
#[must_use]
pub fn path(text: &str, segments: Vec<Value>, variables: Option<Map<String, Value>>) -> Value {
    let variables = variables.map_or(Value::Null, Value::Object);
    let parts = vec![text.into(), Value::Array(segments), variables];
    marked(PATH, Value::Array(parts))
}

/// Values by names that have no case.
#[must_use]
pub fn names(members: Map<String, Value>) -> Value {
    marked(NAMES, Value::Object(members))
}

/// A node of XML, which prints as `text`, and has `members`.
pub(super) fn node(text: String, members: Value) -> Value {
    marked(NODE, Value::Array(vec![text.into(), members]))
}

/// A date, which prints as `text`.
pub(super) fn date(text: String, milliseconds: i64, zone: Option<&str>) -> Value {
    let parts = vec![text.into(), milliseconds.into(), zone.into()];
    marked(DATE, Value::Array(parts))
}

/// What a JSON path has found.
pub(super) fn found(value: Value) -> Value {
    match value {
        Value::Object(_) => marked(JSON, value),
        Value::Array(_) => marked(SMART, value),
        other => other,
    }
}

/// The JSON that `value` is, all kinds gone. The recursion is bounded by the depth of values, which
/// is checked where they are made.
pub(super) fn bare(value: &Value) -> Value {
    match Kind::of(value) {
        Kind::Many([single]) => bare(single),
        Kind::Many(items) => items.iter().map(bare).collect(),
        Kind::Path(path) => path.segments.iter().map(bare).collect(),
        Kind::Json(inner) | Kind::Smart(inner) => inner.clone(),
        Kind::Date(date) => date.text.clone(),
        Kind::Node(text, _) => text.into(),
        Kind::Names(members) => bare_members(members),
        Kind::Plain(Value::Array(items)) => items.iter().map(bare).collect(),
        Kind::Plain(Value::Object(members)) => bare_members(members),
        Kind::Plain(other) => other.clone(),
    }
}

fn bare_members(members: &Map<String, Value>) -> Value {
    let members = members.iter();
    members
        .map(|(name, member)| (name.clone(), bare(member)))
        .collect()
}
