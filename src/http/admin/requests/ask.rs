//! Which logged calls a client asks for: by parameters, by a request pattern, by metadata.

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::mappings::{CODE_MALFORMED, error, mistakes};
use super::event;
use crate::definition::load;
use crate::domain::call::{Call, pairs};
use crate::domain::json::parse_strict;
use crate::domain::time::parse_instant;
use crate::log::Entry;
use crate::matching::pattern::RequestPattern;

/// WireMock's code for a parameter of the query that is no UUID.
const CODE_NO_UUID: u32 = 15;

/// What the parameters of a list ask for.
pub(super) struct Wanted {
    unmatched: bool,
    stub: Option<String>,
    since: Option<Timestamp>,
    /// How many at the most.
    pub(super) limit: usize,
}

impl Wanted {
    /// Reads a query. Parameters that WireMock does not know are passed over, as it does.
    pub(super) fn read(query: &str) -> Result<Self, Box<Response>> {
        let mut wanted = Self {
            unmatched: false,
            stub: None,
            since: None,
            limit: usize::MAX,
        };
        for (name, value) in pairs(query) {
            match &*name {
                "unmatched" => wanted.unmatched |= value == "true",
                "matchingStub" => wanted.stub = Some(stub(&value)?),
                "since" => wanted.since = Some(since(&value)?),
                "limit" => wanted.limit = limit(&value)?,
                _ => {}
            }
        }
        Ok(wanted)
    }

    /// Whether a call counts towards the total.
    pub(super) fn concerns(&self, entry: &Entry) -> bool {
        let by_stub = |id: &String| entry.matched && *event::mapping_id(entry) == *id;
        !(self.unmatched && entry.matched) && self.stub.as_ref().is_none_or(by_stub)
    }

    /// Whether a call that counts is late enough to be shown.
    pub(super) fn is_after(&self, entry: &Entry) -> bool {
        self.since.is_none_or(|since| entry.at > since)
    }
}

fn stub(text: &str) -> Result<String, Box<Response>> {
    let title = || format!("Query parameter matchingStub value '{text}' is not a valid UUID");
    match Uuid::try_parse(text) {
        Ok(id) => Ok(id.to_string()),
        Err(_) => Err(refused(CODE_NO_UUID, &title(), None)),
    }
}

fn since(text: &str) -> Result<Timestamp, Box<Response>> {
    let title = || format!("{text} is not a valid ISO8601 date");
    parse_instant(text).ok_or_else(|| refused(CODE_MALFORMED, &title(), Some("since")))
}

fn limit(text: &str) -> Result<usize, Box<Response>> {
    let title = || format!("limit must be 0 or greater, not {text}");
    let limit = text.parse();
    limit.map_err(|_| refused(CODE_MALFORMED, &title(), Some("limit")))
}

fn refused(code: u32, title: &str, source: Option<&str>) -> Box<Response> {
    let status = StatusCode::BAD_REQUEST;
    Box::new(error(status, code, title, source, None))
}

/// The request pattern in a body, or all its mistakes.
pub(super) fn request_pattern(body: &Bytes) -> Result<RequestPattern, Box<Response>> {
    compiled(text(body)?)
}

fn text(body: &Bytes) -> Result<&str, Box<Response>> {
    let text = std::str::from_utf8(body).map_err(|_| malformed("the body is not UTF-8"))?;
    match text.trim().is_empty() {
        true => Err(malformed("No content to map due to end-of-input")),
        false => Ok(text),
    }
}

/// A body as JSON.
pub(super) fn parsed(body: &Bytes) -> Result<Value, Box<Response>> {
    parse_strict(text(body)?.as_bytes()).map_err(|error| malformed(&error.to_string()))
}

fn compiled(text: &str) -> Result<RequestPattern, Box<Response>> {
    load::request_pattern(text).map_err(|diagnostics| match diagnostics.is_empty() {
        true => malformed("expected a request pattern"),
        false => Box::new(mistakes(&diagnostics)),
    })
}

pub(super) fn malformed(detail: &str) -> Box<Response> {
    let (status, title) = (StatusCode::UNPROCESSABLE_ENTITY, "Error parsing JSON");
    Box::new(error(
        status,
        CODE_MALFORMED,
        title,
        Some("/"),
        Some(detail),
    ))
}

/// What the metadata of a stub must be like.
pub(in crate::http::admin) struct MetadataPattern(RequestPattern);

/// The pattern for metadata in a body, or all its mistakes.
pub(in crate::http::admin) fn metadata_pattern(
    body: &Bytes,
) -> Result<MetadataPattern, Box<Response>> {
    let operator = parsed(body)?;
    if operator
        .as_object()
        .is_none_or(|members| members.is_empty())
    {
        let detail = format!("{operator} is not a valid match operation");
        return Err(malformed(&detail));
    }
    // Metadata are matched as the body of a request is: as the text of a JSON document.
    compiled(&json!({ "bodyPatterns": [operator] }).to_string()).map(MetadataPattern)
}

impl MetadataPattern {
    /// Whether the metadata of a mapping fit at a time.
    pub(in crate::http::admin) fn fits(&self, mapping: &Value, now: Timestamp) -> bool {
        let metadata = mapping.get("metadata").unwrap_or(&Value::Null);
        let call = Call::new(
            0,
            Method::POST,
            "/".to_owned(),
            HeaderMap::new(),
            metadata.to_string().into(),
            String::new(),
            "".into(),
        );
        self.0.fits(&call, now)
    }
}
