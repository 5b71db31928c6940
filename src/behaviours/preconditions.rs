//! Preconditions: what a request says about the record that it means (RFC 9110 §13).
//!
//! A record's entity tag is strong, and a function of the record alone: the same in every sandbox and
//! in every run. `If-Match` is compared strongly and `If-None-Match` weakly (§8.8.3.2). What a GET
//! says by `If-None-Match` is no reason to refuse it: its reply is then 304, which is for the engine
//! to make.

use http::header::{IF_MATCH, IF_NONE_MATCH};
use http::{HeaderName, Method};
use serde_json::{Value, json};

use super::Refusal;
use crate::domain::call::Call;
use crate::domain::canonical::canonical;
use crate::domain::chance::Chance;
use crate::domain::signature::{hex, sha256};

/// How much of what a caller sent is repeated to it, in characters.
const SHOWN_CHARS_MAX: usize = 128;

/// The conditions of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// Whether it is a GET or a HEAD.
    reads: bool,
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
}

/// What a condition names: any entity tag at all, or some.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Tags {
    Any,
    Some(Vec<Tag>),
}

/// An entity tag. What is none is kept as it stands, without quotes, and equals nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Tag {
    weak: bool,
    quoted: String,
}

impl Conditions {
    /// The conditions that a call carries.
    #[must_use]
    pub fn of(call: &Call) -> Self {
        Self {
            reads: matches!(call.method, Method::GET | Method::HEAD),
            if_match: tags(call, &IF_MATCH),
            if_none_match: tags(call, &IF_NONE_MATCH),
        }
    }

    /// Checks them against a record, or against there being none, in the order of §13.2.2; gives what
    /// the trace says.
    ///
    /// # Errors
    /// `precondition_failed`, when one does not hold; `precondition_required`, when there is none and
    /// there must be.
    pub fn check(&self, record: Option<&Value>, required: bool) -> Result<Value, Refusal> {
        let current = record.map(entity_tag);
        let has = match &current {
            Some(tag) => format!("the entity tag is {tag}"),
            None => "there is nothing yet".to_owned(),
        };
        let failed = |header: &str, tags: &Tags| {
            let message = format!("{header} is {}, and {has}", tags.shown());
            let refusal = Refusal::new("precondition_failed", message);
            Err(refusal.with("header", header).with("etag", current.clone()))
        };
        if let Some(tags) = &self.if_match
            && !current.as_ref().is_some_and(|tag| tags.has_strongly(tag))
        {
            return failed("If-Match", tags);
        }
        let refuses = self.if_none_match.as_ref().filter(|_| !self.reads);
        if let Some(tags) = refuses
            && current.as_ref().is_some_and(|tag| tags.has_weakly(tag))
        {
            return failed("If-None-Match", tags);
        }
        if required && self.if_match.is_none() && self.if_none_match.is_none() {
            let message = format!("the request has no If-Match, and {has}");
            let refusal = Refusal::new("precondition_required", message);
            return Err(refusal.with("etag", current));
        }
        let shown = |tags: &Option<Tags>| tags.as_ref().map(Tags::shown);
        Ok(json!({
            "etag": current,
            "ifMatch": shown(&self.if_match),
            "ifNoneMatch": shown(&self.if_none_match),
        }))
    }

    /// Whether the caller has what it asks for already: it reads, and names this entity tag in
    /// `If-None-Match`.
    #[must_use]
    pub fn not_modified(&self, tag: &str) -> bool {
        let named = self.if_none_match.as_ref();
        self.reads && named.is_some_and(|tags| tags.has_weakly(tag))
    }
}

/// The entity tag of a record, with its quotes.
#[must_use]
pub fn entity_tag(record: &Value) -> String {
    let hash = Chance::new(0, &canonical(record), 0).draw("etag", 0);
    format!("\"{hash:016x}\"")
}

/// The entity tag of a body, with its quotes: of its bytes, whatever they spell.
#[must_use]
pub fn body_tag(body: &[u8]) -> String {
    let hash = sha256(&[body]);
    format!("\"{}\"", hex(&hash[..8]))
}

impl Tags {
    fn has_strongly(&self, current: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Some(tags) => tags.iter().any(|tag| !tag.weak && tag.quoted == current),
        }
    }

    fn has_weakly(&self, current: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Some(tags) => tags.iter().any(|tag| tag.quoted == current),
        }
    }

    fn shown(&self) -> String {
        let Self::Some(tags) = self else {
            return "*".to_owned();
        };
        let tags = tags.iter().map(|tag| match tag.weak {
            true => format!("W/{}", tag.quoted),
            false => tag.quoted.clone(),
        });
        let all = tags.collect::<Vec<_>>().join(", ");
        match all.char_indices().nth(SHOWN_CHARS_MAX) {
            Some((end, _)) => format!("{}…", &all[..end]),
            None => all,
        }
    }
}

/// What all headers of a name say together; nothing, if there is none.
fn tags(call: &Call, name: &HeaderName) -> Option<Tags> {
    let mut values = call.headers.get_all(name).iter().peekable();
    values.peek()?;
    let mut tags = Vec::new();
    for value in values {
        let mut rest = String::from_utf8_lossy(value.as_bytes()).into_owned();
        if rest.trim() == "*" {
            return Some(Tags::Any);
        }
        while let Some((tag, behind)) = first(&rest) {
            tags.push(tag);
            rest = behind;
        }
    }
    Some(Tags::Some(tags))
}

/// The first entity tag of a list, and what is behind it. A comma within the quotes is part of the
/// tag.
fn first(list: &str) -> Option<(Tag, String)> {
    let list = list.trim_start_matches([' ', '\t', ',']);
    if list.is_empty() {
        return None;
    }
    let (weak, text) = match list.strip_prefix("W/") {
        Some(text) => (true, text),
        None => (false, list),
    };
    let closing = text.strip_prefix('"').and_then(|inner| inner.find('"'));
    let end = match closing {
        Some(at) => at + 2,
        None => text.find(',').unwrap_or(text.len()),
    };
    let (quoted, behind) = text.split_at(end);
    let tag = Tag {
        weak,
        quoted: quoted.trim().to_owned(),
    };
    Some((tag, behind.to_owned()))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;

    use super::*;

    #[test]
    fn bodies_that_are_no_text_have_tags_of_their_own() {
        let [one, other] = [b"\xff", b"\xfe"].map(|body| body_tag(body));
        assert_ne!(one, other);
        assert_eq!(one, body_tag(b"\xff"));
        assert!(one.len() == 18 && one.starts_with('"'), "{one}");
    }

    fn conditions(method: Method, headers: &[(HeaderName, &str)]) -> Conditions {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value.parse().expect("a value"));
        }
        Conditions::of(&Call::new(
            1,
            method,
            "/".into(),
            map,
            Bytes::new(),
            String::new(),
            "".into(),
        ))
    }

    /// Of what is named for a record whose tag is `T`: whether a PUT passes by `If-Match`, whether it
    /// passes by `If-None-Match`, and whether a GET is answered in full.
    fn check(named: &str, if_match: bool, if_none_match: bool) {
        let record = json!({ "id": "a" });
        let tag = entity_tag(&record);
        let value = named.replace('T', &tag);
        let put = conditions(Method::PUT, &[(IF_MATCH, &value)]);
        assert_eq!(put.check(Some(&record), true).is_ok(), if_match, "{named}");
        let put = conditions(Method::PUT, &[(IF_NONE_MATCH, &value)]);
        let passes = put.check(Some(&record), true).is_ok();
        assert_eq!(passes, if_none_match, "{named}");
        assert!(!put.not_modified(&tag));
        for method in [Method::GET, Method::HEAD] {
            let get = conditions(method, &[(IF_NONE_MATCH, &value)]);
            assert!(get.check(Some(&record), true).is_ok(), "{named}");
            assert_eq!(get.not_modified(&tag), !if_none_match, "{named}");
        }
    }

    #[test]
    fn tags_are_compared_as_the_rfc_says() {
        check("T", true, false);
        check("*", true, false);
        check("  *  ", true, false);
        check("W/T", false, false);
        check("\"other\"", false, true);
        check("\"other\", T", true, false);
        check("\"other\",W/T", false, false);
        check("W/\"other\" ,, T ,", true, false);
        check("\"a,b\", T", true, false);
        check("\"a, T", false, true);
        check("\"\"", false, true);
        check("", false, true);
        check(",", false, true);
        check("unquoted", false, true);
        check("w/T", false, true);
        check("\"*\"", false, true);
    }

    #[test]
    fn several_headers_are_one_list() {
        let record = json!({ "id": "a" });
        let tag = entity_tag(&record);
        let both = [(IF_MATCH, "\"other\""), (IF_MATCH, tag.as_str())];
        let put = conditions(Method::PUT, &both);
        assert!(put.check(Some(&record), false).is_ok());
    }

    #[test]
    fn of_what_is_not_there_nothing_matches() {
        let cause = |headers: &[(HeaderName, &str)], required| {
            let checked = conditions(Method::PUT, headers).check(None, required);
            checked.err().map(|refusal| refusal.cause.to_string())
        };
        assert_eq!(cause(&[], false), None);
        assert_eq!(cause(&[(IF_NONE_MATCH, "*")], true), None);
        let failed = Some("precondition_failed".to_owned());
        assert_eq!(cause(&[(IF_MATCH, "*")], false), failed);
        let required = Some("precondition_required".to_owned());
        assert_eq!(cause(&[], true), required);
    }

    #[test]
    fn a_tag_is_a_function_of_the_record() {
        // Recorded once: a client may have kept it over a new version of the server.
        let tag = entity_tag(&json!({ "id": "a", "n": 1 }));
        assert_eq!(tag, entity_tag(&json!({ "n": 1, "id": "a" })));
        assert_ne!(tag, entity_tag(&json!({ "id": "a", "n": 2 })));
        assert_eq!(tag, "\"4627a10f5372520c\"");
    }
}
