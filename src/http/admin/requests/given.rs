//! A request that a client describes: as the journal shows one, or less of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::event;
use crate::domain::call::{Call, pairs};

/// The method of a request that names none: no pattern that names one fits it.
const NO_METHOD: &str = "NONE";

/// Reads a request: as a call, and as it is shown again. Members that nobody knows are passed over, as
/// WireMock does.
///
/// # Errors
/// A sentence, when a member is not what it should be.
pub(super) fn read(given: &Map<String, Value>) -> Result<(Call, Value), String> {
    let method = text(given, "method")?.unwrap_or(NO_METHOD);
    let method: Method = method
        .parse()
        .map_err(|_| format!("{method} is no method"))?;
    let body = text(given, "bodyAsBase64")?.map(|text| STANDARD.decode(text));
    let body = body.transpose();
    let body = body.map_err(|error| format!("bodyAsBase64: {error}"))?;
    let url = text(given, "url")?.unwrap_or_default();
    let absolute = text(given, "absoluteUrl")?.unwrap_or_default();
    let headers = headers(given)?;
    let shown = shown(given, absolute, body.as_deref(), &headers);
    let call = Call::new(
        0,
        method,
        url.to_owned(),
        headers,
        body.unwrap_or_default().into(),
        absolute.strip_suffix(url).unwrap_or_default().to_owned(),
        text(given, "clientIp")?.unwrap_or_default().into(),
    );
    Ok((call, shown))
}

fn text<'a>(given: &'a Map<String, Value>, member: &str) -> Result<Option<&'a str>, String> {
    match given.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(format!("{member}: expected a text, found {other}")),
    }
}

/// The headers. Cookies that no header says are put into one.
fn headers(given: &Map<String, Value>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in values(given, "headers") {
        let bad = || format!("headers: {name} is no header");
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
        let value = HeaderValue::from_str(value).map_err(|_| bad())?;
        headers.append(name, value);
    }
    if !headers.contains_key(COOKIE) {
        for (name, value) in values(given, "cookies") {
            let value = HeaderValue::from_str(&format!("{name}={value}"));
            let value = value.map_err(|_| format!("cookies: {name} is no cookie"))?;
            headers.append(COOKIE, value);
        }
    }
    Ok(headers)
}

/// The values of a member such as `headers`: each name has one, or a list of them.
fn values<'a>(
    given: &'a Map<String, Value>,
    member: &str,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let members = given.get(member).and_then(Value::as_object);
    members.into_iter().flatten().flat_map(|(name, value)| {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            other => std::slice::from_ref(other),
        };
        let values = values.iter().filter_map(Value::as_str);
        values.map(move |value| (name.as_str(), value))
    })
}

/// The request as WireMock shows it again: what was given, and what follows from it.
fn shown(
    given: &Map<String, Value>,
    absolute: &str,
    body: Option<&[u8]>,
    headers: &HeaderMap,
) -> Value {
    let mut shown = Map::new();
    let copied = |shown: &mut Map<String, Value>, members: &[&str]| {
        for member in members {
            if let Some(value) = given.get(*member).filter(|value| !value.is_null()) {
                shown.insert((*member).to_owned(), value.clone());
            }
        }
    };
    copied(
        &mut shown,
        &[
            "url",
            "absoluteUrl",
            "method",
            "clientIp",
            "headers",
            "cookies",
        ],
    );
    let proxied = given.get("browserProxyRequest") == Some(&Value::Bool(true));
    shown.insert("browserProxyRequest".into(), proxied.into());
    copied(&mut shown, &["loggedDate", "bodyAsBase64"]);
    if let Some(body) = body {
        shown.insert("body".into(), event::text(headers, body).into());
    }
    copied(&mut shown, &["protocol"]);
    let origin = absolute.parse::<Uri>().unwrap_or_default();
    if let (Some(scheme), Some(host)) = (origin.scheme_str(), origin.host()) {
        shown.insert("scheme".into(), scheme.into());
        shown.insert("host".into(), host.into());
        let usual = if scheme == "https" { 443 } else { 80 };
        shown.insert("port".into(), origin.port_u16().unwrap_or(usual).into());
    } else {
        shown.insert("port".into(), json!(-1));
    }
    let logged = given.get("loggedDate").and_then(Value::as_i64);
    if let Some(time) = logged.and_then(|at| Timestamp::from_millisecond(at).ok()) {
        shown.insert("loggedDateString".into(), time.to_string().into());
    }
    let url = given.get("url").and_then(Value::as_str).unwrap_or_default();
    let query = url.split_once('?').map_or("", |(_, query)| query);
    shown.insert("queryParams".into(), event::parameters(pairs(query)));
    shown.insert("formParams".into(), json!({}));
    Value::Object(shown)
}
