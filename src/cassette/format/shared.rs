//! What several foreign formats have in common.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};

use super::own::{header_name, header_value};
use crate::cassette::error::Error;
use crate::cassette::model::{Cassette, Entry};
use crate::cassette::read::place::Item;
use crate::definition::source::quote;

/// Where calls go of which nobody knows.
const NOWHERE: &str = "http://localhost";

/// Splits an absolute URL into where it leads, if that is known, and what is asked there.
pub(super) fn split_url(item: &Item<'_>) -> Result<(Option<String>, String), Error> {
    let url = item.text()?;
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    let not_one = || {
        let help = "expected one of http or https".to_owned();
        item.error_with(format!("{} is no absolute URL", quote(url)), Some(help))
    };
    let (scheme, rest) = url.split_once("://").ok_or_else(not_one)?;
    let is_http = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let cut = rest.find(['/', '?']).unwrap_or(rest.len());
    if !is_http || cut == 0 {
        return Err(not_one());
    }
    let (host, target) = rest.split_at(cut);
    let target = match target.starts_with('/') {
        true => target.to_owned(),
        false => format!("/{target}"),
    };
    let origin = format!("{scheme}://{host}");
    Ok(((origin != NOWHERE).then_some(origin), target))
}

/// The absolute URL of an entry.
pub(super) fn url(cassette: &Cassette, entry: &Entry) -> String {
    let origin = entry.request.origin.as_deref();
    let origin = origin.or_else(|| cassette.upstream()).unwrap_or(NOWHERE);
    // What an upstream says beyond scheme and host is no part of where a target is asked.
    let host = origin.find("://").map_or(0, |scheme| scheme + 3);
    let end = origin[host..].find(['/', '?', '#']);
    let end = end.map_or(origin.len(), |end| host + end);
    format!("{}{}", &origin[..end], entry.request.target)
}

/// What a status is called, if nothing else is said.
pub(super) fn usual_reason(status: u16) -> &'static str {
    let status = StatusCode::from_u16(status).ok();
    let reason = status.and_then(|status| status.canonical_reason());
    reason.unwrap_or_default()
}

/// What a reply calls its status, if that is not the usual.
pub(super) fn reason(status: u16, said: Option<&str>) -> Option<String> {
    let said = said.filter(|said| !said.is_empty() && *said != usual_reason(status));
    said.map(str::to_owned)
}

/// Headers of an object from name to value, or to values. `null` is none.
pub(super) fn headers_of_object(item: Option<Item<'_>>) -> Result<Vec<(String, String)>, Error> {
    let mut headers = Vec::new();
    let Some(item) = item else {
        return Ok(headers);
    };
    for (name, texts) in item.members()? {
        let name = header_name(name, &texts)?;
        match texts.value {
            Value::Null => {}
            Value::Array(_) => {
                for text in texts.items()? {
                    headers.push((name.clone(), header_value(&text)?));
                }
            }
            _ => headers.push((name, header_value(&texts)?)),
        }
    }
    Ok(headers)
}

/// Headers as an object from name to the list of values.
pub(super) fn lists(headers: &[(String, String)]) -> Map<String, Value> {
    let mut object: Map<String, Value> = Map::new();
    for (name, value) in headers {
        let values = object
            .entry(name.as_str())
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(values) = values {
            values.push(value.as_str().into());
        }
    }
    object
}

/// Whether a type is that of JSON.
pub(super) fn is_json(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("json"))
}

/// Leaves out what speaks of how a body was packed: formats with plain bodies keep that all the same.
pub(super) fn unpack(headers: &mut Vec<(String, String)>) {
    headers.retain(|(name, _)| name != "content-encoding" && name != "transfer-encoding");
}

/// JSON without white space.
pub(super) fn json_bytes(value: &Value) -> Bytes {
    value.to_string().into()
}
