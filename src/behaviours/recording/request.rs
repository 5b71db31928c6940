//! What a recorded stub wants of a request.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::{is_text, kind};
use crate::definition::compiled::{BodyPattern, RecordSpec};
use crate::domain::call::Call;

/// The request pattern of a call: the same for equal calls.
pub(super) fn pattern(spec: &RecordSpec, call: &Call) -> Value {
    let mut pattern = Map::new();
    let query = query(call);
    let url = match query.is_empty() {
        true => call.target.trim_end_matches('?'),
        false => call.path(),
    };
    let key = if query.is_empty() { "url" } else { "urlPath" };
    pattern.insert(key.into(), url.into());
    pattern.insert("method".into(), call.method.as_str().into());
    let headers = headers(spec, call);
    if !headers.is_empty() {
        pattern.insert("headers".into(), headers.into());
    }
    if !query.is_empty() {
        pattern.insert("queryParameters".into(), query.into());
    }
    if !call.body.is_empty() {
        pattern.insert("bodyPatterns".into(), json!([body(&spec.body, call)]));
    }
    pattern.into()
}

fn query(call: &Call) -> Map<String, Value> {
    let mut parameters: IndexMap<String, Vec<Value>> = IndexMap::new();
    for (name, value) in call.query() {
        let values = parameters.entry(name.into_owned()).or_default();
        values.push(json!({ "equalTo": value }));
    }
    let exactly = |(name, values)| (name, json!({ "hasExactly": Value::Array(values) }));
    parameters.into_iter().map(exactly).collect()
}

fn headers(spec: &RecordSpec, call: &Call) -> Map<String, Value> {
    let captured = spec.capture.iter().filter_map(|(name, case_insensitive)| {
        let value = call.headers.get(name.as_str())?;
        let mut pattern = json!({ "equalTo": String::from_utf8_lossy(value.as_bytes()) });
        if let Some(insensitive) = case_insensitive {
            pattern["caseInsensitive"] = (*insensitive).into();
        }
        Some((name.clone(), pattern))
    });
    captured.collect()
}

/// What the body must be like. A body that is none of its kind is wanted as text: a stub could not be
/// made of it otherwise, and one call that is odd must not cost a whole recording.
fn body(wanted: &BodyPattern, call: &Call) -> Value {
    let text = String::from_utf8_lossy(&call.body);
    match wanted {
        BodyPattern::Text { case_insensitive } => equal_to(&text, *case_insensitive),
        BodyPattern::Json {
            ignore_array_order,
            ignore_extra_elements,
        } => json_like(&text, *ignore_array_order, *ignore_extra_elements),
        BodyPattern::Xml => json!({ "equalToXml": text }),
        BodyPattern::Auto {
            ignore_array_order,
            ignore_extra_elements,
            case_insensitive,
        } => match kind(&call.headers) {
            Some(kind) if kind.contains("json") && call.json().is_some() => json_like(
                &text,
                Some(*ignore_array_order),
                Some(*ignore_extra_elements),
            ),
            Some(kind) if kind.contains("xml") => json!({ "equalToXml": text }),
            Some("multipart/form-data") => json!({ "anything": "(always)" }),
            Some(kind) if !is_text(kind) => json!({ "binaryEqualTo": STANDARD.encode(&call.body) }),
            _ => equal_to(&text, Some(*case_insensitive)),
        },
    }
}

fn equal_to(text: &str, case_insensitive: Option<bool>) -> Value {
    let mut pattern = json!({ "equalTo": text });
    if let Some(insensitive) = case_insensitive {
        pattern["caseInsensitive"] = insensitive.into();
    }
    pattern
}

fn json_like(text: &str, array_order: Option<bool>, extra_elements: Option<bool>) -> Value {
    let mut pattern = json!({ "equalToJson": text });
    if let Some(ignored) = array_order {
        pattern["ignoreArrayOrder"] = ignored.into();
    }
    if let Some(ignored) = extra_elements {
        pattern["ignoreExtraElements"] = ignored.into();
    }
    pattern
}
