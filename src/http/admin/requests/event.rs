//! A logged call as WireMock shows one: the `request` of an event, and the event with what answered.
//!
//! `loggedDate` is the time on the sandbox clock: a test that has frozen it looks for calls there.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::domain::call::Call;
use crate::domain::chance::sandbox_seed;
use crate::domain::name::SandboxId;
use crate::domain::reply::header_words;
use crate::domain::request_id::request_id;
use crate::log::Entry;

/// The id that the call is known by in the journal.
pub(super) fn id(entry: &Entry) -> Uuid {
    request_id(&entry.sandbox, entry.number)
}

/// The whole event: the request, what answered it, and how.
pub(super) fn event(entry: &Entry) -> Value {
    let mapping = mapping(entry);
    json!({
        "id": id(entry).to_string(),
        "request": request(entry),
        "responseDefinition": definition(entry, &mapping),
        "response": response(entry),
        "wasMatched": entry.matched,
        "timing": timing(entry),
        "subEvents": sub_events(entry),
        "stubMapping": mapping,
    })
}

/// The request alone: what `find` and near misses show.
pub(super) fn request(entry: &Entry) -> Value {
    let call = entry.to_call();
    let absolute = format!("{}{}", entry.base_url, entry.target);
    json!({
        "url": entry.target,
        "absoluteUrl": absolute,
        "method": entry.method.as_str(),
        "clientIp": call.client_ip(),
        "headers": headers(&entry.headers),
        "cookies": cookies(&call),
        "browserProxyRequest": false,
        "loggedDate": entry.at.as_millisecond(),
        "bodyAsBase64": STANDARD.encode(&entry.body),
        "body": text(&entry.headers, &entry.body),
        "protocol": format!("{:?}", entry.wall.version),
        "scheme": call.scheme(),
        "host": call.host(),
        "port": call.port(),
        "loggedDateString": entry.at.to_string(),
        "queryParams": parameters(call.query()),
        "formParams": parameters(call.form_parameters().into_iter()),
    })
}

/// Headers as WireMock writes them: one value as a text, more as a list.
pub(super) fn headers(headers: &HeaderMap) -> Value {
    let mut shown = Map::new();
    for name in headers.keys() {
        shown.insert(
            header_words(name),
            one_or_list(header(headers, name.as_str())),
        );
    }
    Value::Object(shown)
}

fn header(headers: &HeaderMap, name: &str) -> Vec<Value> {
    let values = headers.get_all(name).iter();
    values
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into())
        .collect()
}

/// A body as text: of the charset that the headers name, where that is of one byte, else UTF-8.
pub(super) fn text(headers: &HeaderMap, body: &[u8]) -> String {
    let kind = headers.get(http::header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or("");
    if kind.to_ascii_lowercase().contains("charset=iso-8859-1") {
        return body.iter().copied().map(char::from).collect();
    }
    String::from_utf8_lossy(body).into_owned()
}

/// Parameters by name, each with its name and all its values.
pub(super) fn parameters<'a>(
    pairs: impl Iterator<Item = (impl Into<String> + 'a, impl Into<String> + 'a)>,
) -> Value {
    let mut shown: Map<String, Value> = Map::new();
    for (name, value) in pairs {
        let (name, value): (String, String) = (name.into(), value.into());
        match shown
            .get_mut(&name)
            .and_then(|shown| shown["values"].as_array_mut())
        {
            Some(values) => values.push(value.into()),
            None => {
                let parameter = json!({ "key": name, "values": [value] });
                shown.insert(name, parameter);
            }
        }
    }
    Value::Object(shown)
}

fn cookies(call: &Call) -> Value {
    let mut found: Map<String, Value> = Map::new();
    for (name, value) in call.cookies() {
        let values = found.entry(name).or_insert_with(|| json!([]));
        if let Value::Array(values) = values {
            values.push(value.into());
        }
    }
    let shown = found.into_iter().map(|(name, values)| match values {
        Value::Array(values) => (name, one_or_list(values)),
        other => (name, other),
    });
    Value::Object(shown.collect())
}

fn one_or_list(mut values: Vec<Value>) -> Value {
    match values.len() {
        1 => values.remove(0),
        _ => Value::Array(values),
    }
}

/// What answered, as a mapping. What no mapping answered has a stand-in, for clients read it without
/// asking: a tool of a pack one that names both, an unmatched call the one that WireMock has for it.
pub(super) fn mapping(entry: &Entry) -> Value {
    if let Some(stub) = &entry.stub {
        return (*stub.source).clone();
    }
    let Some(pack) = entry.pack.as_deref() else {
        let id = mapping_id(entry);
        let response = json!({ "status": entry.reply.status, "fromConfiguredStub": false });
        return json!({ "id": id, "request": { "method": "ANY" }, "response": response, "uuid": id });
    };
    let tool = entry.tool.as_ref().map(|tool| &*tool.name);
    let path = entry.target.split('?').next().unwrap_or_default();
    let request = json!({ "urlPath": path, "method": entry.method.as_str() });
    let response = json!({ "status": entry.reply.status });
    stand_in(&entry.sandbox, pack, tool, &request, &response)
}

/// What stands for a tool of a pack, or for its door, where clients expect a mapping.
pub(super) fn stand_in(
    sandbox: &SandboxId,
    pack: &str,
    tool: Option<&str>,
    request: &Value,
    response: &Value,
) -> Value {
    let name = tool_name(pack, tool);
    let id = stand_in_id(sandbox, &name);
    json!({
        "id": id,
        "name": name,
        "request": request,
        "response": response,
        "uuid": id,
        "metadata": { "pack": pack, "tool": tool },
    })
}

/// The id of the mapping that answered, or of its stand-in.
pub(super) fn mapping_id(entry: &Entry) -> Cow<'_, str> {
    if let Some(stub) = &entry.stub {
        return Cow::Borrowed(&stub.id);
    }
    let tool = entry.tool.as_ref().map(|tool| &*tool.name);
    let name = entry.pack.as_deref().map(|pack| tool_name(pack, tool));
    Cow::Owned(stand_in_id(&entry.sandbox, &name.unwrap_or_default()))
}

/// The id of what stands for something of this name; for nothing, if it is empty.
fn stand_in_id(sandbox: &SandboxId, name: &str) -> String {
    // No call has the number 0, so this is the id of none.
    let nobody = request_id(sandbox, 0).as_u128();
    let name = match name {
        "" => 0,
        name => u128::from(sandbox_seed(0, name) >> 2),
    };
    Uuid::from_u128(nobody ^ name).to_string()
}

/// `pack.tool`, or the pack where its door was given no tool.
fn tool_name(pack: &str, tool: Option<&str>) -> String {
    tool.map_or_else(|| pack.to_owned(), |tool| format!("{pack}.{tool}"))
}

/// The response as the stub defines it, rendered: WireMock shows it after its transformers have run.
fn definition(entry: &Entry, mapping: &Value) -> Value {
    let Some(Value::Object(response)) = mapping.get("response") else {
        return json!({ "status": entry.reply.status });
    };
    let mut definition = response.clone();
    let transformed = response.contains_key("transformers");
    let text = || String::from_utf8_lossy(&entry.reply.body);
    if transformed && let Some(body) = definition.get_mut("body") {
        *body = text().into();
    }
    if transformed && let Some(body) = definition.get_mut("jsonBody") {
        *body = serde_json::from_slice(&entry.reply.body).unwrap_or_else(|_| text().into());
    }
    if transformed && let Some(Value::Object(defined)) = definition.get_mut("headers") {
        for (name, value) in defined {
            let sent = header(&entry.reply.headers, name);
            if !sent.is_empty() {
                *value = one_or_list(sent);
            }
        }
    }
    Value::Object(definition)
}

fn response(entry: &Entry) -> Value {
    let mut shown = Map::new();
    shown.insert("status".into(), entry.reply.status.into());
    // WireMock logs an unmatched call before it knows what it says: the text is in the sub-event.
    let told = report(entry).is_some();
    let body: &[u8] = if told { &[] } else { &entry.reply.body };
    if !told && !entry.reply.headers.is_empty() {
        shown.insert("headers".into(), headers(&entry.reply.headers));
    }
    shown.insert("bodyAsBase64".into(), STANDARD.encode(body).into());
    if let Some(fault) = entry.reply.fault {
        shown.insert("fault".into(), json!(fault));
    }
    shown.insert("body".into(), text(&entry.reply.headers, body).into());
    Value::Object(shown)
}

fn timing(entry: &Entry) -> Value {
    let added = u64::try_from(entry.reply.delay.as_millis()).unwrap_or(u64::MAX);
    let process = entry.wall.duration_micros / 1000;
    json!({
        "addedDelay": added,
        "processTime": process,
        "responseSendTime": 0,
        "serveTime": process,
        "totalTime": process + added,
    })
}

fn sub_events(entry: &Entry) -> Value {
    let Some(report) = report(entry) else {
        return json!([]);
    };
    json!([{
        "type": "REQUEST_NOT_MATCHED",
        "timeOffsetNanos": entry.wall.duration_micros.saturating_mul(1000),
        "data": { "status": 404, "contentType": "text/plain", "report": report },
    }])
}

/// What an unmatched call was told of the nearest stub, as text.
fn report(entry: &Entry) -> Option<String> {
    if entry.matched || entry.reply.status != 404 {
        return None;
    }
    match serde_json::from_slice(&entry.reply.body) {
        Ok(Value::Object(problem)) => problem.get("diff")?.as_str().map(str::to_owned),
        _ => Some(String::from_utf8_lossy(&entry.reply.body).into_owned()),
    }
}
