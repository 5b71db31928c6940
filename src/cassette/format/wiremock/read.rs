//! Reads mappings.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::super::own::{
    LOST, header_name, header_value, read_base64, read_headers, read_method, read_milliseconds,
    timestamp,
};
use super::super::shared::{headers_of_object, json_bytes, reason};
use super::{OWN, STARTED};
use crate::cassette::error::Error;
use crate::cassette::model::{Cassette, Entry, Lost, Request, Response};
use crate::cassette::read::place::Item;
use crate::definition::source::quote;

/// Where a mapping stands in its scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cassette) struct Step {
    pub(in crate::cassette) scenario: String,
    /// The state in which it answers.
    pub(in crate::cassette) from: String,
    /// The state that follows.
    pub(in crate::cassette) to: Option<String>,
}

/// Reads what the first mapping says of the cassette: a file of mappings has no other place for it.
pub(in crate::cassette) fn read_head(first: &Item<'_>) -> Result<Option<Cassette>, Error> {
    let said = first
        .member("metadata")
        .and_then(|metadata| metadata.member(OWN))
        .and_then(|own| own.member("cassette"));
    let Some(said) = said else {
        return Ok(None);
    };
    let metadata = said.member("metadata");
    let metadata = metadata.map(|metadata| metadata.object()).transpose()?;
    Ok(Some(Cassette {
        name: said.text_of("name")?.unwrap_or_default().to_owned(),
        metadata: metadata.cloned().unwrap_or_default(),
        entries: Vec::new(),
    }))
}

/// Where a mapping stands in its scenario, if it is of one.
pub(in crate::cassette) fn read_step(item: &Item<'_>) -> Result<Option<Step>, Error> {
    let Some(scenario) = item.text_of("scenarioName")? else {
        return Ok(None);
    };
    let from = item.text_of("requiredScenarioState")?;
    Ok(Some(Step {
        scenario: scenario.to_owned(),
        from: from.unwrap_or(STARTED).to_owned(),
        to: item.text_of("newScenarioState")?.map(str::to_owned),
    }))
}

/// Reads one mapping.
pub(in crate::cassette) fn read_entry(item: &Item<'_>) -> Result<Entry, Error> {
    let own = item
        .member("metadata")
        .and_then(|metadata| metadata.member(OWN));
    let own = |name: &str| own.as_ref().and_then(|own| own.member(name));
    let mut request = read_request(&item.required("request")?)?;
    if let Some(recorded) = own("request") {
        request.headers = read_headers(&recorded)?;
    }
    request.origin = own("origin")
        .map(|origin| origin.text().map(str::to_owned))
        .transpose()?;
    let (mut response, delay) = match item.member("response") {
        Some(response) => read_response(&response)?,
        None => (read_nothing(), Duration::ZERO),
    };
    if let Some(lost) = own("lost") {
        response.lost = Some(lost.word(&LOST)?);
    }
    if response.lost.is_some() {
        response.status = match own("status") {
            Some(status) => status.status()?,
            None => 0,
        };
    }
    response.schema = own("schema").map(|schema| schema.value.clone());
    let latency = own("latencyMilliseconds");
    let latency = latency
        .map(|latency| read_milliseconds(&latency))
        .transpose()?;
    Ok(Entry {
        tool: own("tool")
            .map(|tool| tool.text().map(str::to_owned))
            .transpose()?,
        request,
        response,
        at: own("at").map(|at| timestamp(&at)).transpose()?,
        latency: latency.unwrap_or(delay),
    })
}

/// What answers where a mapping says nothing.
fn read_nothing() -> Response {
    Response {
        status: 200,
        ..Response::default()
    }
}

/// A mistake of what may be right in a mapping, but is no single call.
fn no_call(item: &Item<'_>, name: &str) -> Error {
    let help = "a cassette has calls, each with its URL and body, and no patterns".to_owned();
    item.error_with(format!("{} fits many calls", quote(name)), Some(help))
}

fn read_request(item: &Item<'_>) -> Result<Request, Error> {
    let method = item.member("method").ok_or_else(|| no_call(item, "ANY"))?;
    if method.text()? == "ANY" {
        return Err(no_call(&method, "ANY"));
    }
    for (name, member) in item.members()? {
        let known = [
            "method",
            "url",
            "urlPath",
            "queryParameters",
            "headers",
            "bodyPatterns",
        ];
        if !known.contains(&name) && !member.value.is_null() {
            return Err(no_call(&member, name));
        }
    }
    let mut target = match (item.member("url"), item.member("urlPath")) {
        (Some(url), _) => url.text()?.to_owned(),
        (None, Some(path)) => path.text()?.to_owned(),
        (None, None) => return Err(item.error("`url` is missing")),
    };
    if !target.starts_with('/') {
        return Err(item.error(format!("{} is no path", quote(&target))));
    }
    for (name, pattern) in members(item, "queryParameters")? {
        let value = only(&pattern, "equalTo")?.text()?;
        let sign = if target.contains('?') { '&' } else { '?' };
        target.push_str(&format!("{sign}{}={}", encode(name), encode(value)));
    }
    let mut headers = Vec::new();
    for (name, pattern) in members(item, "headers")? {
        let value = header_value(&only(&pattern, "equalTo")?)?;
        headers.push((header_name(name, &pattern)?, value));
    }
    Ok(Request {
        method: read_method(&method)?,
        target,
        origin: None,
        headers,
        body: read_sent(item)?,
    })
}

fn members<'a>(item: &Item<'a>, name: &str) -> Result<Vec<(&'a str, Item<'a>)>, Error> {
    let member = item.member(name);
    member.map_or_else(|| Ok(Vec::new()), |member| member.members())
}

/// The operand of a pattern that must be of one kind.
fn only<'a>(pattern: &Item<'a>, operator: &str) -> Result<Item<'a>, Error> {
    let found = pattern.member(operator);
    let name = pattern.object()?.keys().next().cloned().unwrap_or_default();
    found.ok_or_else(|| no_call(pattern, &name))
}

fn encode(text: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The body that a mapping is for.
fn read_sent(item: &Item<'_>) -> Result<Bytes, Error> {
    let Some(patterns) = item.member("bodyPatterns") else {
        return Ok(Bytes::new());
    };
    let mut body = Bytes::new();
    for (at, pattern) in patterns.items()?.iter().enumerate() {
        if at > 0 {
            return Err(no_call(pattern, "bodyPatterns"));
        }
        body = if let Some(json) = pattern.member("equalToJson") {
            match json.value {
                Value::String(text) => Bytes::copy_from_slice(text.as_bytes()),
                value => json_bytes(value),
            }
        } else if let Some(encoded) = pattern.member("binaryEqualTo") {
            read_base64(&encoded, encoded.text()?)?
        } else if pattern.member("absent").is_some() {
            Bytes::new()
        } else {
            Bytes::copy_from_slice(only(pattern, "equalTo")?.text()?.as_bytes())
        };
    }
    Ok(body)
}

fn read_response(item: &Item<'_>) -> Result<(Response, Duration), Error> {
    const NOT_CARRIED: [&str; 3] = ["bodyFileName", "proxyBaseUrl", "transformers"];
    for name in NOT_CARRIED {
        if let Some(member) = item.member(name)
            && member.value.as_array().is_none_or(|list| !list.is_empty())
        {
            let message = format!("a cassette has whole replies: {} has none", quote(name));
            return Err(member.error(message));
        }
    }
    let status = item.member("status");
    let status = status.map_or(Ok(200), |status| status.status())?;
    let body = if let Some(text) = item.text_of("body")? {
        Bytes::copy_from_slice(text.as_bytes())
    } else if let Some(encoded) = item.member("base64Body") {
        read_base64(&encoded, encoded.text()?)?
    } else {
        let json = item.member("jsonBody");
        json.map(|json| json_bytes(json.value)).unwrap_or_default()
    };
    let lost = item.member("fault").map(|fault| {
        fault.word(&[
            ("CONNECTION_RESET_BY_PEER", Lost::Reset),
            ("EMPTY_RESPONSE", Lost::Closed),
        ])
    });
    let delay = item.member("fixedDelayMilliseconds");
    let delay = delay.map(|delay| read_milliseconds(&delay)).transpose()?;
    let response = Response {
        status,
        reason: reason(status, item.text_of("statusMessage")?),
        headers: headers_of_object(item.member("headers"))?,
        body,
        schema: None,
        lost: lost.transpose()?,
    };
    Ok((response, delay.unwrap_or_default()))
}
