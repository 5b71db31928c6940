//! Cassettes of VCR.py, version 1, as it writes them itself: YAML, or JSON with the same members.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::own::{read_base64, read_method};
use super::shared::{headers_of_object, lists, reason, split_url, url, usual_reason};
use crate::cassette::error::Error;
use crate::cassette::model::{Cassette, Entry, Request, Response};
use crate::cassette::read::place::Item;
use crate::definition::source::BINARY;

/// Reads what a file says of the cassette, its entries aside.
pub(super) fn read_head(root: &Item<'_>) -> Result<Cassette, Error> {
    if let Some(version) = root.member("version")
        && version.value.as_u64() != Some(1)
    {
        return Err(version.error("only version 1 of VCR.py's cassettes can be read"));
    }
    Ok(Cassette::default())
}

/// Reads one entry.
pub(super) fn read_entry(item: &Item<'_>) -> Result<Entry, Error> {
    let request = item.required("request")?;
    let (origin, target) = split_url(&request.required("uri")?)?;
    let body = request.member("body");
    let response = item.required("response")?;
    // What it once recorded of httpx has other names.
    let (status, said) = match response.member("status_code") {
        Some(code) => (code.status()?, None),
        None => {
            let status = response.required("status")?;
            (
                status.required("code")?.status()?,
                status.text_of("message")?,
            )
        }
    };
    let content = match response.member("content") {
        Some(content) => Some(content),
        None => response.member("body"),
    };
    Ok(Entry {
        tool: None,
        request: Request {
            method: read_method(&request.required("method")?)?,
            target,
            origin,
            headers: headers_of_object(request.member("headers"))?,
            body: body.map_or(Ok(Bytes::new()), |body| read_body(&body))?,
        },
        response: Response {
            status,
            reason: reason(status, said),
            headers: headers_of_object(response.member("headers"))?,
            body: content.map_or(Ok(Bytes::new()), |body| read_body(&body))?,
            ..Response::default()
        },
        at: None,
        latency: std::time::Duration::ZERO,
    })
}

/// A body: a text, bytes, or an object that holds one of them.
fn read_body(item: &Item<'_>) -> Result<Bytes, Error> {
    if let Some(encoded) = item.value.get(BINARY) {
        return read_base64(item, encoded.as_str().unwrap_or_default());
    }
    if item.value.is_object() {
        return match (item.member("string"), item.member("base64_string")) {
            (Some(text), _) => read_body(&text),
            (None, Some(encoded)) => read_base64(&encoded, encoded.text()?),
            (None, None) => Ok(Bytes::new()),
        };
    }
    Ok(Bytes::copy_from_slice(item.text()?.as_bytes()))
}

/// One entry, and what the format cannot carry of it.
pub(in crate::cassette) fn entry_value(
    cassette: &Cassette,
    entry: &Entry,
) -> Result<Value, &'static str> {
    let Entry {
        request, response, ..
    } = entry;
    if response.lost.is_some() {
        return Err("it got no reply, which the format cannot say");
    }
    let sent = match request.body.is_empty() {
        true => Value::Null,
        false => body(&request.body),
    };
    let usual = || usual_reason(response.status).to_owned();
    Ok(json!({
        "request": {
            "body": sent,
            "headers": lists(&request.headers),
            "method": request.method,
            "uri": url(cassette, entry),
        },
        "response": {
            "body": {"string": body(&response.body)},
            "headers": lists(&response.headers),
            "status": {
                "code": response.status,
                "message": response.reason.clone().unwrap_or_else(usual),
            },
        },
    }))
}

fn body(bytes: &Bytes) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => json!({ BINARY: STANDARD.encode(bytes) }),
    }
}
