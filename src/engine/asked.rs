//! What the templates of a stub may ask about a call, in WireMock's words. Nothing is made before it
//! is asked for.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_TYPE, COOKIE};
use serde_json::{Map, Value, json};

use super::Matched;
use crate::domain::call::{Call, decode};
use crate::domain::java_order;
use crate::matching::multipart::{Part, parts};
use crate::render::{Lookup, Model, many, names, path};

/// The members of a request. Each can be asked for by itself.
const MEMBERS: [&str; 18] = [
    "id",
    "method",
    "url",
    "path",
    "pathSegments",
    "query",
    "scheme",
    "host",
    "port",
    "baseUrl",
    "clientIp",
    "headers",
    "cookies",
    "body",
    "bodyAsBase64",
    "binary",
    "multipart",
    "parts",
];

/// A call that a stub answers, and the parameters of the stub.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    call: &'a Call,
    matched: &'a Matched<'a>,
    parameters: &'a Value,
}

impl<'a> Asked<'a> {
    /// What there is to ask about this call, for a stub with these parameters.
    pub(super) fn new(call: &'a Call, matched: &'a Matched<'a>, parameters: &'a Value) -> Self {
        Self {
            call,
            matched,
            parameters,
        }
    }

    /// What the path names whose first `known` names lead to the request.
    fn of_request(&self, lookup: &Lookup, known: usize) -> Option<Value> {
        let Some(member) = lookup.name(known) else {
            let members = MEMBERS
                .iter()
                .filter_map(|name| self.member(name).map(|value| (*name, value)));
            return Some(
                members
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect(),
            );
        };
        let known = known + 1;
        let values = match (member, lookup.name(known)) {
            ("requestLine", _) => return self.of_request(lookup, known),
            ("query", Some(name)) => self.query(name),
            ("headers", Some(name)) => self.header(name),
            ("cookies", Some(name)) => self.cookie(name),
            _ => return lookup.beyond_made(known, self.member(member)?),
        };
        match values.is_empty() {
            // There may be something else of that name: how many there are.
            true => lookup.beyond_made(known, self.member(member)?),
            false => lookup.beyond_made(known + 1, many(values)),
        }
    }

    fn member(&self, name: &str) -> Option<Value> {
        let call = self.call;
        Some(match name {
            "id" => call.id().to_string().into(),
            // No text in WireMock: it equals none.
            "method" => many(vec![call.method.as_str().into()]),
            "url" => call.target.as_str().into(),
            "path" | "pathSegments" => self.path(),
            "query" => in_java_order(grouped(call.query())).into(),
            "scheme" => self.base().0.into(),
            "host" => self.base().1.into(),
            "port" => self.base().2.into(),
            "baseUrl" => call.base_url.as_str().into(),
            "clientIp" => (*call.peer).into(),
            "headers" => {
                let texts = call.headers.iter().filter_map(|(name, value)| {
                    Some((name.as_str().into(), value.to_str().ok()?.into()))
                });
                names(grouped(texts))
            }
            "cookies" => {
                let cookies = self.cookies();
                grouped(cookies.map(|(name, value)| (name.into(), value.into()))).into()
            }
            "body" => String::from_utf8_lossy(&call.body).into(),
            "bodyAsBase64" => STANDARD.encode(&call.body).into(),
            "parts" => in_java_order(self.parts()).into(),
            "binary" | "isBinary" => is_binary(call).into(),
            "multipart" | "isMultipart" => is_multipart(call).into(),
            _ => return None,
        })
    }

    fn query(&self, wanted: &str) -> Vec<Value> {
        let pairs = self.call.query().filter(|(name, _)| name == wanted);
        pairs.map(|(_, value)| value.into()).collect()
    }

    fn header(&self, name: &str) -> Vec<Value> {
        let values = self.call.headers.get_all(name).iter();
        values
            .filter_map(|value| value.to_str().ok().map(Value::from))
            .collect()
    }

    fn cookie(&self, wanted: &str) -> Vec<Value> {
        let cookies = self.cookies().filter(|(name, _)| *name == wanted);
        cookies.map(|(_, value)| value.into()).collect()
    }

    fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        let headers = self.call.headers.get_all(COOKIE).iter();
        let texts = headers.filter_map(|value| value.to_str().ok());
        let pairs = texts.flat_map(|text| text.split(';'));
        pairs.filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            Some((name.trim(), value.trim().trim_matches('"')))
        })
    }

    fn path(&self) -> Value {
        let text = decode(self.call.path(), false);
        let segments = text.split('/').filter(|segment| !segment.is_empty());
        let segments = segments.map(Value::from).collect();
        let named = self.matched.variables.iter();
        let named: Map<String, Value> = named
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect();
        path(&text, segments, (!named.is_empty()).then_some(named))
    }

    fn parts(&self) -> Map<String, Value> {
        let parts = parts(self.call).unwrap_or_default().into_iter();
        let part = |part: Part<'_>| {
            let headers = part.headers.iter();
            let headers = headers.map(|(name, value)| (Cow::Borrowed(*name), value.clone()));
            let made = json!({
                "name": part.name,
                "headers": names(grouped(headers)),
                "body": String::from_utf8_lossy(part.body),
                "bodyAsBase64": STANDARD.encode(part.body),
                "binary": kind_of(&part).is_none_or(is_kind_of_bytes),
            });
            (part.name, made)
        };
        parts.map(part).collect()
    }

    /// The scheme, the host and the port that the call came to.
    fn base(&self) -> (&str, &str, u16) {
        let url = &self.call.base_url;
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let authority = rest.split('/').next().unwrap_or(rest);
        let standard = if scheme == "https" { 443 } else { 80 };
        match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (scheme, host, port.parse().unwrap_or(standard))
            }
            _ => (scheme, authority, standard),
        }
    }
}

impl Model for Asked<'_> {
    fn find(&self, lookup: &Lookup) -> Option<Cow<'_, Value>> {
        match lookup.name(0) {
            Some("request" | "originalRequest") => self.of_request(lookup, 1).map(Cow::Owned),
            Some("parameters") => lookup.beyond(1, self.parameters),
            Some(_) => None,
            None => Some(Cow::Owned(json!({ "parameters": self.parameters }))),
        }
    }
}

/// Values by name, in their order.
fn grouped<'v>(pairs: impl Iterator<Item = (Cow<'v, str>, Cow<'v, str>)>) -> Map<String, Value> {
    let mut groups: indexmap::IndexMap<Cow<'v, str>, Vec<Value>> = indexmap::IndexMap::new();
    for (name, value) in pairs {
        groups.entry(name).or_default().push(value.into());
    }
    let groups = groups.into_iter();
    groups
        .map(|(name, values)| (name.into_owned(), many(values)))
        .collect()
}

/// Members in the order in which a `HashMap` of Java goes through them.
fn in_java_order(members: Map<String, Value>) -> Map<String, Value> {
    let members = members.into_iter().collect();
    let ordered = java_order::in_java_order(members, |(name, _): &(String, Value)| name.as_str());
    ordered.into_iter().collect()
}

fn is_multipart(call: &Call) -> bool {
    content_type(call).is_some_and(|kind| kind.starts_with("multipart/"))
}

/// Whether WireMock takes the body for bytes: it goes by the content type alone.
fn is_binary(call: &Call) -> bool {
    content_type(call).is_some_and(is_kind_of_bytes)
}

/// The content type of a part. WireMock takes one without for bytes.
fn kind_of<'p>(part: &'p Part<'_>) -> Option<&'p str> {
    let mut headers = part.headers.iter();
    let found = headers.find(|(name, _)| name.eq_ignore_ascii_case(CONTENT_TYPE.as_str()));
    found.map(|(_, value)| &**value)
}

fn is_kind_of_bytes(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or("").trim();
    ![
        "text",
        "json",
        "xml",
        "html",
        "urlencoded",
        "yaml",
        "csv",
        "javascript",
    ]
    .iter()
    .any(|word| kind.contains(word))
}

fn content_type(call: &Call) -> Option<&str> {
    call.header(CONTENT_TYPE.as_str())
}
