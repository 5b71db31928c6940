//! Recording: from calls and what they were answered with to stubs that answer so again.
//!
//! What WireMock makes of the same calls is the measure: names, the order, which headers are left out,
//! and how equal calls become a scenario.

mod names;
mod request;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use serde_json::{Map, Value, json};

use crate::definition::compiled::{Extract, RecordSpec};
use crate::domain::call::Call;
use crate::domain::reply::header_words;

pub use names::file_name;

/// The state in which every scenario begins.
const STARTED: &str = "Started";

/// A call that was answered.
#[derive(Debug)]
pub struct Seen {
    /// The call.
    pub call: Call,
    /// Whether anything claimed it: of a call that nothing claims, only the status is recorded.
    pub matched: bool,
    /// The status of the answer.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, unpacked.
    pub body: Bytes,
}

/// A stub that was made of a call, without an id.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// The mapping. If its body is to stand in a file, it has none.
    pub mapping: Map<String, Value>,
    /// What is to stand in a file, and how its name ends.
    pub file: Option<(String, Bytes)>,
}

/// The stubs of these calls, the last call first. Of equal calls, all become stubs of a scenario, or
/// the last one alone becomes a stub.
#[must_use]
pub fn stubs(spec: &RecordSpec, seen: &[Seen]) -> Vec<Made> {
    let mut made = Vec::with_capacity(seen.len());
    let mut alike: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut order = Vec::new();
    for seen in seen.iter().rev() {
        let request = request::pattern(spec, &seen.call);
        let places = alike.entry(request.to_string()).or_insert_with(|| {
            order.push(request.to_string());
            Vec::new()
        });
        if !spec.scenarios && !places.is_empty() {
            continue;
        }
        places.push(made.len());
        made.push(one(spec, seen, request));
    }
    let repeated = order.iter().filter_map(|request| alike.get(request));
    let repeated = repeated.filter(|places| places.len() > 1);
    for (places, nth) in repeated.zip(1usize..) {
        scenario(&mut made, places, nth);
    }
    made
}

fn one(spec: &RecordSpec, seen: &Seen, request: Value) -> Made {
    let mut response = Map::from_iter([("status".to_owned(), seen.status.into())]);
    let mut file = None;
    if seen.matched {
        file = body(spec.extract, seen, &mut response);
        let headers = headers(&seen.headers);
        if !headers.is_empty() {
            response.insert("headers".into(), headers.into());
        }
    }
    let mut mapping = Map::new();
    mapping.insert("name".into(), names::stub_name(seen.call.path()).into());
    mapping.insert("request".into(), request);
    mapping.insert("response".into(), response.into());
    if spec.persist {
        mapping.insert("persistent".into(), true.into());
    }
    Made { mapping, file }
}

/// Writes a body into a response, or gives it back with the end of its file's name.
fn body(
    extract: Option<Extract>,
    seen: &Seen,
    response: &mut Map<String, Value>,
) -> Option<(String, Bytes)> {
    if seen.body.is_empty() {
        return None;
    }
    let kind = kind(&seen.headers);
    let text = std::str::from_utf8(&seen.body).ok();
    let text = text.filter(|_| kind.is_some_and(is_text));
    let too_large = extract.is_some_and(|extract| match text {
        Some(text) => text.encode_utf16().count() as u64 > extract.text,
        None => seen.body.len() as u64 > extract.binary,
    });
    if too_large {
        let ending = names::file_ending(kind, seen.call.path(), &seen.body);
        return Some((ending, seen.body.clone()));
    }
    match text {
        Some(text) => response.insert("body".into(), text.into()),
        None => response.insert("base64Body".into(), STANDARD.encode(&seen.body).into()),
    };
    None
}

/// The headers of an answer, but for those that say how its body was sent.
fn headers(headers: &HeaderMap) -> Map<String, Value> {
    let kept = headers.keys().filter(|name| {
        ![CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING]
            .iter()
            .any(|left_out| left_out == *name)
    });
    let shown = kept.map(|name| {
        let values = headers.get_all(name).iter();
        let mut values: Vec<Value> = values
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into())
            .collect();
        let value = match values.len() {
            1 => values.remove(0),
            _ => values.into(),
        };
        (header_words(name), value)
    });
    shown.collect()
}

/// Makes a scenario of stubs for equal calls. `places` has the last call first.
fn scenario(made: &mut [Made], places: &[usize], nth: usize) {
    let Some(path) = places.first().map(|at| names::path_of(&made[*at].mapping)) else {
        return;
    };
    let name = format!("scenario-{nth}-{path}");
    let state = |number: usize| match number {
        1 => STARTED.to_owned(),
        _ => format!("{name}-{number}"),
    };
    for (number, at) in (1..).zip(places.iter().rev()) {
        let mapping = &mut made[*at].mapping;
        mapping.insert("scenarioName".into(), name.as_str().into());
        mapping.insert("requiredScenarioState".into(), state(number).into());
        if number < places.len() {
            mapping.insert("newScenarioState".into(), state(number + 1).into());
        }
    }
}

/// The media type of a message, in small letters and without its parameters.
fn kind(headers: &HeaderMap) -> Option<&str> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(kind.split(';').next().unwrap_or(kind).trim())
}

/// Whether a media type is of text, as WireMock sees it.
fn is_text(kind: &str) -> bool {
    [
        "text",
        "json",
        "xml",
        "html",
        "yaml",
        "csv",
        "x-www-form-urlencoded",
    ]
    .iter()
    .any(|word| kind.contains(word))
}

/// The stub that sends everything on while it is recorded.
#[must_use]
pub fn proxy_all(target: &str) -> Value {
    json!({
        "request": { "method": "ANY" },
        "response": { "status": 200, "proxyBaseUrl": target },
    })
}

#[cfg(test)]
mod tests;
