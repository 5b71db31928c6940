//! A call as the matchers see it: each of its parts is read once, when the first matcher asks for it,
//! however many patterns the call is held against.

use std::borrow::Cow;
use std::cell::OnceCell;

use http::HeaderName;
use jiff::Timestamp;

use super::multipart::{self, Part};
use super::operator::Subject;
use crate::domain::call::Call;

/// Names and values in their order, decoded.
type Pairs<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// A call, and the time at which it came.
#[derive(Debug)]
pub struct Seen<'a> {
    /// The call.
    pub call: &'a Call,
    /// What the sandbox's clock shows: relative dates count from it.
    pub now: Timestamp,
    query: OnceCell<Pairs<'a>>,
    form: OnceCell<Pairs<'a>>,
    cookies: OnceCell<Pairs<'a>>,
    parts: OnceCell<Option<Vec<Part<'a>>>>,
    body: OnceCell<Option<Subject<'a>>>,
}

impl<'a> Seen<'a> {
    /// A call of which nothing has been read.
    #[must_use]
    pub fn new(call: &'a Call, now: Timestamp) -> Self {
        Self {
            call,
            now,
            query: OnceCell::new(),
            form: OnceCell::new(),
            cookies: OnceCell::new(),
            parts: OnceCell::new(),
            body: OnceCell::new(),
        }
    }

    /// Path and query as received; an empty query is none.
    #[must_use]
    pub fn url(&self) -> &'a str {
        let target = self.call.target.as_str();
        match target.split_once('?') {
            Some((path, "")) => path,
            _ => target,
        }
    }

    /// A text that stands somewhere in the call.
    #[must_use]
    pub fn subject<'s>(&self, text: impl Into<Cow<'s, str>>) -> Subject<'s> {
        Subject::text(text, self.now)
    }

    /// The values of a header. What is not ASCII is read as ISO 8859-1 (RFC 9110 §5.5).
    pub fn header<'s>(&'s self, name: &'s HeaderName) -> impl Iterator<Item = Cow<'s, str>> {
        let values = self.call.headers.get_all(name).iter();
        values.map(|value| latin1(value.as_bytes()))
    }

    /// The values of a query parameter.
    pub fn query<'s>(&'s self, name: &'s str) -> impl Iterator<Item = Cow<'s, str>> {
        named(self.query.get_or_init(|| self.call.query().collect()), name)
    }

    /// The values of a member of a form.
    pub fn form<'s>(&'s self, name: &'s str) -> impl Iterator<Item = Cow<'s, str>> {
        named(self.form.get_or_init(|| self.call.form_parameters()), name)
    }

    /// The values of a cookie.
    pub fn cookie<'s>(&'s self, name: &'s str) -> impl Iterator<Item = Cow<'s, str>> {
        named(self.cookies.get_or_init(|| self.call.cookies()), name)
    }

    /// The parts of a multipart body; nothing, when it is none.
    pub fn parts(&self) -> Option<&[Part<'a>]> {
        let parts = self.parts.get_or_init(|| multipart::parts(self.call));
        parts.as_deref()
    }

    /// The body, in the encoding that the call names; nothing, when it is empty.
    pub fn body(&self) -> Option<&Subject<'a>> {
        let read = || (!self.call.body.is_empty()).then(|| Subject::body(self.call, self.now));
        self.body.get_or_init(read).as_ref()
    }
}

fn named<'s>(
    pairs: &'s [(Cow<'_, str>, Cow<'_, str>)],
    name: &'s str,
) -> impl Iterator<Item = Cow<'s, str>> {
    let pairs = pairs.iter().filter(move |(found, _)| found == name);
    pairs.map(|(_, value)| Cow::Borrowed(&**value))
}

/// A text in ISO 8859-1.
pub(super) fn latin1(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => bytes.iter().copied().map(char::from).collect(),
    }
}
