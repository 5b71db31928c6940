//! The format of the document's test harness: calls of tools, with the bodies as JSON.

use bytes::Bytes;
use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Number, Value, json};

use super::own::{milliseconds, read_milliseconds};
use super::shared::{headers_of_object, is_json, json_bytes, unpack};
use crate::cassette::error::Error;
use crate::cassette::matching::tool_call;
use crate::cassette::model::{Cassette, Entry, Request, Response};
use crate::cassette::read::place::Item;
use crate::cassette::write::Written;
use crate::definition::source::quote;

/// Where its calls go.
const DOOR: &str = "/v1";

const NANOSECONDS: i128 = 1_000_000_000;

/// Reads what a file says of the cassette, its entries aside.
pub(super) fn read_head(root: &Item<'_>) -> Result<Cassette, Error> {
    let metadata = root.member("metadata");
    let metadata = metadata.map(|metadata| metadata.object()).transpose()?;
    Ok(Cassette {
        name: root.text_of("name")?.unwrap_or_default().to_owned(),
        metadata: metadata.cloned().unwrap_or_default(),
        entries: Vec::new(),
    })
}

/// Reads one entry.
pub(super) fn read_entry(item: &Item<'_>) -> Result<Entry, Error> {
    item.only(&[
        "request_tool",
        "request_input",
        "response_status",
        "response_body",
        "response_headers",
        "timestamp",
        "latency_ms",
    ])?;
    let tool = item.required("request_tool")?.text()?.to_owned();
    let input = item.required("request_input")?;
    input.object()?;
    let call = json!({"tool": tool, "input": input.value});
    let status = item.required("response_status")?.status()?;
    let mut headers = headers_of_object(item.member("response_headers"))?;
    unpack(&mut headers);
    let kind = headers.iter().find(|(name, _)| name == "content-type");
    let is_json = is_json(kind.map(|(_, kind)| kind.as_str()));
    let body = match item.value.get("response_body") {
        None => Err(item.error("`response_body` is missing"))?,
        Some(Value::Null) if !is_json => Bytes::new(),
        Some(Value::String(text)) if !is_json => Bytes::copy_from_slice(text.as_bytes()),
        Some(body) => {
            if headers.is_empty() {
                headers.push(("content-type".to_owned(), "application/json".to_owned()));
            }
            json_bytes(body)
        }
    };
    let at = item.member("timestamp");
    let latency = item.member("latency_ms");
    Ok(Entry {
        tool: Some(tool),
        request: Request {
            method: "POST".to_owned(),
            target: DOOR.to_owned(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: json_bytes(&call),
            ..Request::default()
        },
        response: Response {
            status,
            headers,
            body,
            ..Response::default()
        },
        at: at.map(|at| read_seconds(&at)).transpose()?,
        latency: latency
            .map(|latency| read_milliseconds(&latency))
            .transpose()?
            .unwrap_or_default(),
    })
}

/// A point in time, in seconds since 1970.
fn read_seconds(item: &Item<'_>) -> Result<Timestamp, Error> {
    let text = item.number()?;
    let number = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text));
    let at = number.ok().and_then(|number| {
        let nanoseconds = number.checked_mul(Decimal::from(NANOSECONDS))?.round();
        Timestamp::from_nanosecond(nanoseconds.to_i128()?).ok()
    });
    at.ok_or_else(|| {
        item.error(format!(
            "{} is no number of seconds since 1970",
            quote(text)
        ))
    })
}

fn seconds(at: Timestamp) -> Number {
    let nanoseconds = at.as_nanosecond();
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let (whole, rest) = (
        nanoseconds.abs() / NANOSECONDS,
        nanoseconds.abs() % NANOSECONDS,
    );
    let text = format!("{sign}{whole}.{rest:09}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.parse().expect("these are digits")
}

/// The cassette in this format. What is no call of a tool is left out, and told.
pub(in crate::cassette) fn write(cassette: &Cassette) -> Written {
    let mut notes = Vec::new();
    let mut entries = Vec::new();
    for (number, entry) in (1..).zip(&cassette.entries) {
        match entry_value(entry) {
            Ok(value) => entries.push(value),
            Err(why) => {
                let Request { method, target, .. } = &entry.request;
                notes.push(format!(
                    "entry {number} ({method} {target}) is left out: {why}"
                ));
            }
        }
    }
    let file = json!({"name": cassette.name, "metadata": cassette.metadata, "entries": entries});
    Written {
        text: format!("{file:#}\n"),
        notes,
    }
}

fn entry_value(entry: &Entry) -> Result<Value, &'static str> {
    let Entry {
        request, response, ..
    } = entry;
    if response.lost.is_some() {
        return Err("it got no reply, which the format cannot say");
    }
    let (tool, input) = match (tool_call(request), &entry.tool) {
        (Some((tool, input)), _) => (tool, input),
        (None, Some(tool)) => (tool.clone(), query(request)),
        (None, None) => return Err("it is no call of a tool"),
    };
    let content_type = response.header("content-type");
    let body = match serde_json::from_slice(&response.body) {
        Ok(body) if content_type.is_none() || is_json(content_type) => body,
        _ if response.body.is_empty() => Value::Null,
        _ => match std::str::from_utf8(&response.body) {
            Ok(text) => text.into(),
            Err(_) => return Err("the reply's body is neither JSON nor a text"),
        },
    };
    let mut headers: Map<String, Value> = Map::new();
    for (name, value) in &response.headers {
        match headers.get_mut(name) {
            Some(Value::String(values)) => {
                values.push_str(", ");
                values.push_str(value);
            }
            _ => {
                headers.insert(name.clone(), value.as_str().into());
            }
        }
    }
    Ok(json!({
        "request_tool": tool,
        "request_input": input,
        "response_status": response.status,
        "response_body": body,
        "response_headers": headers,
        "timestamp": entry.at.map(|at| Value::Number(seconds(at))),
        "latency_ms": Value::Number(milliseconds(entry.latency)),
    }))
}

/// The input of a tool that is asked by its query.
fn query(request: &Request) -> Value {
    let pairs = crate::domain::call::pairs(request.query().unwrap_or_default());
    let pairs = pairs.map(|(name, value)| (name.into_owned(), Value::from(value)));
    Value::Object(pairs.collect())
}
