//! Where a call stands in its caller's trace (W3C Trace Context, `traceparent`), read strictly: a
//! header that is not to the letter is as if it were not there.

use std::fmt;

use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::chance::Chance;

/// The header.
pub const TRACEPARENT: &str = "traceparent";

/// How long version 00 is; later versions begin with as much.
const LENGTH: usize = 55;

/// The flags that are passed on: that the caller records, and that its trace id is random. What others
/// mean nobody here can know.
const KNOWN_FLAGS: u8 = 0b11;

/// A place in a trace: the trace, and one span of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceParent {
    trace: u128,
    span: u64,
    flags: u8,
}

/// What is no `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoTraceParent;

impl fmt::Display for NoTraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a traceparent of W3C Trace Context")
    }
}

impl TraceParent {
    /// Reads the value of a header; nothing, if it is not valid.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (known, rest) = text.split_at_checked(LENGTH)?;
        let mut fields = known.split('-');
        let version = number(fields.next()?, 2)?;
        let trace = number(fields.next()?, 32).filter(|id| *id != 0)?;
        let span = number(fields.next()?, 16).filter(|id| *id != 0)?;
        let flags = number(fields.next()?, 2)?;
        let fits = match version {
            0 => rest.is_empty(),
            // Never a version (§3.2.2.1).
            0xff => false,
            _ => rest.is_empty() || rest.starts_with('-'),
        };
        let whole = fits && fields.next().is_none();
        whole.then_some(Self {
            trace,
            span: u64::try_from(span).ok()?,
            flags: u8::try_from(flags).ok()? & KNOWN_FLAGS,
        })
    }

    /// What a caller says with its headers: nothing, if it says it twice.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(TRACEPARENT).iter();
        let only = values.next()?;
        match values.next() {
            None => Self::parse(only.to_str().ok()?),
            Some(_) => None,
        }
    }

    /// The span below this one that is the `nth` of `what` with this seed: the same arguments always
    /// give the same span.
    #[must_use]
    pub fn child(&self, seed: u64, what: &str, nth: u64) -> Self {
        let drawn = Chance::new(seed ^ self.span, what, nth).draw("span", 0);
        Self {
            // No span has the id 0.
            span: drawn.max(1),
            ..*self
        }
    }

    /// The trace, as 32 digits.
    #[must_use]
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace)
    }

    /// The span, as 16 digits.
    #[must_use]
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span)
    }

    /// Whether it is of this trace, which is told as 32 digits.
    #[must_use]
    pub fn is_of(&self, trace_id: &str) -> bool {
        number(trace_id, 32) == Some(self.trace)
    }
}

/// Whether a text could be the id of a trace.
#[must_use]
pub fn is_trace_id(text: &str) -> bool {
    number(text, 32).is_some_and(|id| id != 0)
}

/// So many digits, as a number. Only small letters are digits here.
fn number(text: &str, digits: usize) -> Option<u128> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let fits = text.len() == digits && text.bytes().all(is_digit);
    fits.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trace, span, flags } = self;
        write!(f, "00-{trace:032x}-{span:016x}-{flags:02x}")
    }
}

impl TryFrom<String> for TraceParent {
    type Error = NoTraceParent;

    fn try_from(text: String) -> Result<Self, NoTraceParent> {
        Self::parse(&text).ok_or(NoTraceParent)
    }
}

impl From<TraceParent> for String {
    fn from(parent: TraceParent) -> Self {
        parent.to_string()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let read = TraceParent::parse(text).map(|read| read.to_string());
        assert_eq!(read.as_deref(), expected, "{text:?}");
    }

    #[test]
    fn a_header_is_read_to_the_letter() {
        check(GOOD, Some(GOOD));
        let later = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        check(later, Some(GOOD));
        check(&format!("{later}-what-comes-later"), Some(GOOD));
        check(
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff",
            Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03"),
        );
        for wrong in [
            "",
            "00",
            &format!("{GOOD}-"),
            &format!("{GOOD} "),
            &format!(" {GOOD}"),
            &format!("{later}x"),
            &GOOD.replace("00-", "ff-"),
            &GOOD.replace("0af7", "0AF7"),
            &GOOD.replace("0af7", "0ag7"),
            &GOOD.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
            &GOOD.replace("b7ad6b7169203331", &"0".repeat(16)),
            &GOOD.replace("-01", "-0g"),
            &GOOD.replace("-01", "-+1"),
            "00-0af7651916cd43dd8448eb211c80319cb-7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333-101",
            "00-0af7651916cd43dd8448eb211c8031é-b7ad6b7169203331-01",
            &"é".repeat(40),
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn what_is_said_twice_is_not_said() {
        let mut headers = HeaderMap::new();
        assert_eq!(TraceParent::of(&headers), None);
        headers.append(TRACEPARENT, HeaderValue::from_static(GOOD));
        assert_eq!(TraceParent::of(&headers), TraceParent::parse(GOOD));
        headers.append(TRACEPARENT, HeaderValue::from_static(GOOD));
        assert_eq!(TraceParent::of(&headers), None);
    }

    #[test]
    fn a_child_is_of_the_same_trace_and_a_function_of_its_arguments() {
        let parent = TraceParent::parse(GOOD).expect("a place");
        let child = parent.child(1, "call", 7);
        assert_eq!(child, parent.child(1, "call", 7));
        assert_eq!(child.trace_id(), "0af7651916cd43dd8448eb211c80319c");
        assert!(child.is_of(&child.trace_id()) && !child.is_of("0af7"));
        let others = [
            parent,
            parent.child(2, "call", 7),
            parent.child(1, "other", 7),
            parent.child(1, "call", 8),
            child.child(1, "call", 7),
        ];
        assert!(!others.contains(&child));
        assert_eq!(TraceParent::parse(&child.to_string()), Some(child));
    }
}
