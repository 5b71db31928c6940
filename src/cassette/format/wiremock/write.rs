//! Writes mappings.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::super::own::{lost_word, milliseconds, put_headers};
use super::super::shared::lists;
use super::{OWN, STARTED};
use crate::cassette::matching::{Key, MatchingSettings, Normaliser};
use crate::cassette::model::{Cassette, Entry, Lost, Request};
use crate::cassette::redaction::Redaction;
use crate::cassette::write::Written;

/// The cassette in this format.
pub(in crate::cassette) fn write(cassette: &Cassette) -> Written {
    let settings = MatchingSettings {
        volatile: true,
        ..MatchingSettings::default()
    };
    let normaliser = Normaliser::new(&settings, Redaction::none());
    let normaliser = normaliser.expect("the settings name no path");
    let keys: Vec<Key> = cassette
        .entries
        .iter()
        .map(|entry| normaliser.key(&entry.request))
        .collect();
    let mut counts: BTreeMap<Key, usize> = BTreeMap::new();
    for key in &keys {
        *counts.entry(*key).or_default() += 1;
    }
    // The scenario of a call that comes several times, and how many of it were written.
    let mut scenarios: BTreeMap<Key, (usize, usize)> = BTreeMap::new();
    let mut mappings = Vec::new();
    let mut notes = Vec::new();
    for ((number, entry), key) in (1..).zip(&cassette.entries).zip(&keys) {
        let mut mapping = mapping(entry);
        let count = counts[key];
        if count > 1 {
            let (first, written) = scenarios.entry(*key).or_insert((number, 0));
            *written += 1;
            mapping["scenarioName"] = format!("{}-{first}", name(cassette)).into();
            mapping["requiredScenarioState"] = match *written {
                1 => STARTED.into(),
                nth => nth.to_string().into(),
            };
            if *written < count {
                mapping["newScenarioState"] = (*written + 1).to_string().into();
            }
        }
        let mut own = own(entry);
        if number == 1 {
            let said = json!({"name": cassette.name, "metadata": cassette.metadata});
            own.insert("cassette".to_owned(), said);
        }
        mapping["metadata"] = json!({ OWN: own });
        if entry.response.lost == Some(Lost::TimedOut) {
            notes.push(format!(
                "entry {number} got no reply in time; WireMock will answer it with an empty one"
            ));
        }
        mappings.push(mapping);
    }
    Written {
        text: format!("{:#}\n", json!({"mappings": mappings})),
        notes,
    }
}

fn name(cassette: &Cassette) -> &str {
    match cassette.name.as_str() {
        "" => "cassette",
        name => name,
    }
}

fn mapping(entry: &Entry) -> Value {
    let mut mapping = Map::new();
    if let Some(tool) = &entry.tool {
        mapping.insert("name".to_owned(), tool.as_str().into());
    }
    mapping.insert("request".to_owned(), request(&entry.request));
    mapping.insert("response".to_owned(), response(entry));
    Value::Object(mapping)
}

fn request(request: &Request) -> Value {
    let mut value = json!({"method": request.method, "url": request.target});
    let body = &request.body;
    // A mapping without a pattern takes any body; those methods have none by themselves.
    let is_bodiless = ["GET", "HEAD", "DELETE", "OPTIONS"].contains(&request.method.as_str());
    if body.is_empty() {
        if !is_bodiless {
            value["bodyPatterns"] = json!([{"absent": true}]);
        }
        return value;
    }
    let is_json = || serde_json::from_slice::<Value>(body).is_ok_and(|body| !body.is_string());
    value["bodyPatterns"] = match std::str::from_utf8(body) {
        Ok(text) if is_json() => json!([{"equalToJson": text}]),
        Ok(text) => json!([{"equalTo": text}]),
        Err(_) => json!([{"binaryEqualTo": STANDARD.encode(body)}]),
    };
    value
}

fn response(entry: &Entry) -> Value {
    let response = &entry.response;
    let mut value = Map::new();
    match response.lost {
        Some(Lost::Reset) => {
            value.insert("fault".to_owned(), "CONNECTION_RESET_BY_PEER".into());
        }
        Some(Lost::Closed) => {
            value.insert("fault".to_owned(), "EMPTY_RESPONSE".into());
        }
        Some(Lost::TimedOut) => {}
        None => {
            value.insert("status".to_owned(), response.status.into());
        }
    }
    if let Some(reason) = &response.reason {
        value.insert("statusMessage".to_owned(), reason.as_str().into());
    }
    if !response.headers.is_empty() {
        let mut headers = lists(&response.headers);
        for (_, values) in &mut headers {
            if let Some([one]) = values.as_array().map(Vec::as_slice) {
                *values = one.clone();
            }
        }
        value.insert("headers".to_owned(), headers.into());
    }
    if !response.body.is_empty() {
        match std::str::from_utf8(&response.body) {
            Ok(text) => value.insert("body".to_owned(), text.into()),
            Err(_) => {
                let encoded = STANDARD.encode(&response.body);
                value.insert("base64Body".to_owned(), encoded.into())
            }
        };
    }
    let delay = entry.latency.as_millis();
    if delay > 0 {
        let delay = u64::try_from(delay).unwrap_or(u64::MAX);
        value.insert("fixedDelayMilliseconds".to_owned(), delay.into());
    }
    Value::Object(value)
}

/// What a mapping has no member for.
fn own(entry: &Entry) -> Map<String, Value> {
    let Entry {
        request, response, ..
    } = entry;
    let mut own = Map::new();
    let mut put = |name: &str, value: Value| own.insert(name.to_owned(), value);
    if let Some(tool) = &entry.tool {
        put("tool", tool.as_str().into());
    }
    if let Some(at) = entry.at {
        put("at", at.to_string().into());
    }
    if !entry.latency.subsec_nanos().is_multiple_of(1_000_000) {
        let latency = Value::Number(milliseconds(entry.latency));
        put("latencyMilliseconds", latency);
    }
    if let Some(origin) = &request.origin {
        put("origin", origin.as_str().into());
    }
    if !request.headers.is_empty() {
        let mut recorded = Map::new();
        put_headers(&mut recorded, &request.headers);
        put("request", recorded.into());
    }
    if let Some(lost) = response.lost {
        put("lost", lost_word(lost).into());
        if response.status != 0 {
            put("status", response.status.into());
        }
    }
    if let Some(schema) = &response.schema {
        put("schema", schema.clone());
    }
    own
}
