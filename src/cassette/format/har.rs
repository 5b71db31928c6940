//! HTTP Archive 1.2. What it has no member for stands in `_sparring`: whoever reads the format passes
//! over names that begin so.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::own::{
    self, LOST, header_name, header_value, milliseconds, read_base64, read_method,
    read_milliseconds, timestamp,
};
use super::shared::{reason, split_url, unpack, url, usual_reason};
use crate::cassette::error::Error;
use crate::cassette::model::{Cassette, Entry, Lost, Request, Response};
use crate::cassette::read::place::Item;
use crate::cassette::write::Written;
use crate::domain::call::pairs;

/// The member that carries what the format has no member for.
const OWN: &str = "_sparring";

/// When it was, if nobody knows: the format must have a time.
const LONG_AGO: &str = "1970-01-01T00:00:00Z";

/// Reads what a file says of the cassette, its entries aside.
pub(super) fn read_head(root: &Item<'_>) -> Result<Cassette, Error> {
    let log = root.required("log")?;
    log.object()?;
    let own = log.member(OWN);
    let metadata = own.as_ref().and_then(|own| own.member("metadata"));
    let metadata = metadata.map(|metadata| metadata.object()).transpose()?;
    let name = own.map(|own| own.text_of("name")).transpose()?.flatten();
    Ok(Cassette {
        name: name.unwrap_or_default().to_owned(),
        metadata: metadata.cloned().unwrap_or_default(),
        entries: Vec::new(),
    })
}

/// Reads one entry.
pub(super) fn read_entry(item: &Item<'_>) -> Result<Entry, Error> {
    let own = item.member(OWN);
    let own = |name: &str| own.as_ref().and_then(|own| own.member(name));
    let started = item.required("startedDateTime")?;
    let at = match own("undated") {
        Some(_) => None,
        None => Some(timestamp(&started)?),
    };
    let time = item.member("time");
    // Some programs write a negative time where they know none.
    let time = time.filter(|time| time.number().is_ok_and(|text| !text.starts_with('-')));
    let is_packed = own("packed").is_some();
    let mut response = read_response(&item.required("response")?, item, is_packed)?;
    if let Some(lost) = own("lost") {
        response.lost = Some(lost.word(&LOST)?);
    }
    response.schema = own("schema").map(|schema| schema.value.clone());
    let tool = own("tool").map(|tool| tool.text().map(str::to_owned));
    Ok(Entry {
        tool: tool.transpose()?,
        request: read_request(&item.required("request")?, own("base64Body"))?,
        response,
        at,
        latency: time
            .map(|time| read_milliseconds(&time))
            .transpose()?
            .unwrap_or_default(),
    })
}

fn read_request(item: &Item<'_>, encoded: Option<Item<'_>>) -> Result<Request, Error> {
    let (origin, target) = split_url(&item.required("url")?)?;
    let body = match (encoded, item.member("postData")) {
        (Some(encoded), _) => read_base64(&encoded, encoded.text()?)?,
        (None, Some(posted)) => read_posted(&posted)?,
        (None, None) => Bytes::new(),
    };
    Ok(Request {
        method: read_method(&item.required("method")?)?,
        target,
        origin,
        headers: read_headers(item)?,
        body,
    })
}

/// What was posted: its text, or else the fields of a form.
fn read_posted(item: &Item<'_>) -> Result<Bytes, Error> {
    if let Some(text) = item.text_of("text")? {
        return Ok(Bytes::copy_from_slice(text.as_bytes()));
    }
    let Some(fields) = item.member("params") else {
        return Ok(Bytes::new());
    };
    let mut pairs = Vec::new();
    for field in fields.items()? {
        let name = field.required("name")?.text()?;
        let value = field.text_of("value")?.unwrap_or_default();
        pairs.push(format!("{}={}", encode(name), encode(value)));
    }
    Ok(pairs.join("&").into())
}

fn encode(text: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn read_response(item: &Item<'_>, entry: &Item<'_>, is_packed: bool) -> Result<Response, Error> {
    let mut headers = read_headers(item)?;
    if !is_packed {
        unpack(&mut headers);
    }
    let status = item.required("status")?;
    let no_reply = status.value.as_u64() == Some(0);
    let status = if no_reply { 0 } else { status.status()? };
    let content = item.member("content");
    let content = content.map(|content| read_content(&content)).transpose()?;
    // What browsers say of a call that got no reply.
    let error = item.text_of("_error")?.or(entry.text_of("_error")?);
    let lost = no_reply.then(|| match error.unwrap_or_default() {
        error if error.contains("TIMED_OUT") => Lost::TimedOut,
        error if error.contains("RESET") => Lost::Reset,
        _ => Lost::Closed,
    });
    Ok(Response {
        status,
        reason: reason(status, item.text_of("statusText")?),
        headers,
        body: content.unwrap_or_default(),
        schema: None,
        lost,
    })
}

fn read_content(item: &Item<'_>) -> Result<Bytes, Error> {
    let Some(text) = item.member("text") else {
        return Ok(Bytes::new());
    };
    match item.text_of("encoding")? {
        Some("base64") => read_base64(&text, text.text()?),
        Some("") | None => Ok(Bytes::copy_from_slice(text.text()?.as_bytes())),
        Some(_) => Err(item
            .required("encoding")?
            .error("a body is a text, or `base64`")),
    }
}

fn read_headers(item: &Item<'_>) -> Result<Vec<(String, String)>, Error> {
    let mut headers = Vec::new();
    let Some(listed) = item.member("headers") else {
        return Ok(headers);
    };
    for header in listed.items()? {
        let name = header.required("name")?;
        // HTTP/2 sends method, path and status as if they were headers.
        if name.text()?.starts_with(':') {
            continue;
        }
        let value = header_value(&header.required("value")?)?;
        headers.push((header_name(name.text()?, &name)?, value));
    }
    Ok(headers)
}

/// The cassette in this format.
pub(in crate::cassette) fn write(cassette: &Cassette) -> Written {
    let entries = cassette.entries.iter();
    let entries: Vec<Value> = entries.map(|entry| entry_value(cassette, entry)).collect();
    let file = json!({"log": {
        "version": "1.2",
        "creator": {"name": "Sparring", "version": env!("CARGO_PKG_VERSION")},
        OWN: {"name": cassette.name, "metadata": cassette.metadata},
        "entries": entries,
    }});
    Written {
        text: format!("{file:#}\n"),
        notes: Vec::new(),
    }
}

fn entry_value(cassette: &Cassette, entry: &Entry) -> Value {
    let Entry {
        request, response, ..
    } = entry;
    let mut own = Map::new();
    if let Some(tool) = &entry.tool {
        own.insert("tool".to_owned(), tool.as_str().into());
    }
    if entry.at.is_none() {
        own.insert("undated".to_owned(), true.into());
    }
    if let Some(lost) = response.lost {
        own.insert("lost".to_owned(), own::lost_word(lost).into());
    }
    if let Some(schema) = &response.schema {
        own.insert("schema".to_owned(), schema.clone());
    }
    let packed = ["content-encoding", "transfer-encoding"];
    if packed.iter().any(|name| response.header(name).is_some()) {
        own.insert("packed".to_owned(), true.into());
    }
    if !request.body.is_empty() && std::str::from_utf8(&request.body).is_err() {
        let encoded = STANDARD.encode(&request.body);
        own.insert("base64Body".to_owned(), encoded.into());
    }
    let time = Value::Number(milliseconds(entry.latency));
    let started = entry
        .at
        .map_or_else(|| LONG_AGO.to_owned(), |at| at.to_string());
    let mut value = json!({
        "startedDateTime": started,
        "time": time,
        "request": request_value(cassette, entry),
        "response": response_value(response),
        "cache": {},
        "timings": {"send": 0, "wait": time, "receive": 0},
    });
    if !own.is_empty() {
        value[OWN] = own.into();
    }
    value
}

fn request_value(cassette: &Cassette, entry: &Entry) -> Value {
    let request = &entry.request;
    let query = pairs(request.query().unwrap_or_default());
    let query = query.map(|(name, value)| json!({"name": name, "value": value}));
    let mut value = json!({
        "method": request.method,
        "url": url(cassette, entry),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&request.headers),
        "queryString": query.collect::<Vec<Value>>(),
        "headersSize": -1,
        "bodySize": request.body.len(),
    });
    if !request.body.is_empty() {
        value["postData"] = json!({
            "mimeType": request.header("content-type").unwrap_or_default(),
            "text": String::from_utf8_lossy(&request.body),
        });
    }
    value
}

fn response_value(response: &Response) -> Value {
    let mut content = json!({
        "size": response.body.len(),
        "mimeType": response.header("content-type").unwrap_or_default(),
    });
    if !response.body.is_empty() {
        match std::str::from_utf8(&response.body) {
            Ok(text) => content["text"] = text.into(),
            Err(_) => {
                content["text"] = STANDARD.encode(&response.body).into();
                content["encoding"] = "base64".into();
            }
        }
    }
    let usual = || usual_reason(response.status).to_owned();
    json!({
        "status": response.status,
        "statusText": response.reason.clone().unwrap_or_else(usual),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&response.headers),
        "content": content,
        "redirectURL": response.header("location").unwrap_or_default(),
        "headersSize": -1,
        "bodySize": response.body.len(),
    })
}

fn headers(headers: &[(String, String)]) -> Vec<Value> {
    let headers = headers.iter();
    headers
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect()
}
