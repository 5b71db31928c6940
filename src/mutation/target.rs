//! What can go wrong: a tool or an endpoint, and what is known of its answers.

use serde_json::Value;

use super::fields;

/// Something that is called, and what is known of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Target {
    /// What people call it.
    pub name: String,
    /// How a fault rule finds it.
    pub aim: Aim,
    /// It changes something.
    pub writes: bool,
    /// It moves money, or reserves some.
    pub moves_money: bool,
    /// It shows what other calls change.
    pub reads: bool,
    /// A limit refuses it when it is called too often.
    pub limited: bool,
    /// Callers show who they are.
    pub checked: bool,
    /// A request that is sent again is recognised.
    pub keyed: bool,
    /// Endpoints are told of it.
    pub tells: bool,
    /// It answers in pages.
    pub paged: Option<Paged>,
    /// It does many things in one call.
    pub batch: bool,
    /// The members of its answers, in their order.
    pub fields: Vec<Field>,
    /// The members of its answers that are lists; the empty path is the answer itself.
    pub lists: Vec<String>,
    /// How often it is called in one life of a sandbox, if that is known.
    pub calls: Option<u64>,
    /// What it answers was recorded: no state is behind it that could be old, or changed twice.
    pub recorded: bool,
}

/// How a fault rule finds a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aim {
    /// By the name of a tool.
    Tool(String),
    /// By the id of a stub.
    Stub(String),
    /// By the name that a cassette has for a tool.
    RecordedTool(String),
    /// By method and path.
    Endpoint {
        /// The method.
        method: String,
        /// The path, without a query.
        path: String,
    },
}

impl Default for Aim {
    fn default() -> Self {
        Self::Tool(String::new())
    }
}

/// How a target leads from page to page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paged {
    /// By something that its answers name: a token, a key, a link.
    pub by_cursor: bool,
}

/// A member of answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Where it is: names, separated by dots.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Whether it is always there, as far as is known.
    pub required: bool,
    /// Whether the caller has said it itself: then it rarely looks at it again.
    pub echoed: bool,
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// Something that has members of its own.
    Object,
    /// It is not known.
    Unknown,
}

/// A call that was made, and what it got.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// The method.
    pub method: &'a str,
    /// The status.
    pub status: u16,
    /// The body, if it is JSON.
    pub body: Option<&'a Value>,
}

/// Names that lead on, where an answer has them.
const CURSORS: &[&str] = &[
    "next",
    "next_cursor",
    "nextCursor",
    "next_page",
    "nextPageToken",
    "next_page_token",
    "nextToken",
    "NextToken",
    "cursor",
    "continuation",
    "has_more",
    "hasMore",
    "paging",
    "after",
    "starting_after",
];

/// Methods that change nothing.
const SAFE: &[&str] = &["GET", "HEAD", "OPTIONS"];

impl Target {
    /// Takes in a call that was made: what its answer is made of, and whether it leads on.
    pub fn observe(&mut self, sample: Sample<'_>) {
        if let Aim::Endpoint { .. } = self.aim {
            self.writes |= !SAFE.contains(&sample.method);
            self.reads |= SAFE.contains(&sample.method);
        }
        if !(200..300).contains(&sample.status) {
            self.limited |= sample.status == 429;
            self.checked |= sample.status == 401;
            return;
        }
        let Some(body) = sample.body else {
            return;
        };
        let (found, lists) = fields::of_sample(body);
        for field in found {
            match self
                .fields
                .iter_mut()
                .find(|known| known.path == field.path)
            {
                Some(known) if known.kind == Kind::Unknown => known.kind = field.kind,
                Some(_) => {}
                None => self.fields.push(field),
            }
        }
        if !lists.is_empty() && self.lists == [""] && !lists.contains(&String::new()) {
            // It was known that there is a list, and not where.
            self.lists.clear();
        }
        for list in lists {
            if !self.lists.contains(&list) {
                self.lists.push(list);
            }
        }
        let names_next = |field: &Field| {
            let mut names = field.path.split('.');
            names.any(|name| CURSORS.contains(&name))
        };
        if self.paged.is_none() && !self.lists.is_empty() && self.fields.iter().any(names_next) {
            self.paged = Some(Paged { by_cursor: true });
        }
    }
}
