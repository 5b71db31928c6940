//! The project's own format: one model, as YAML or as JSON.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Map, Number, Value};

use crate::cassette::error::Error;
use crate::cassette::model::{Cassette, Entry, Lost, Request, Response};
use crate::cassette::read::place::Item;
use crate::definition::source::quote;

/// The member that says that a file is a cassette, and of which version.
pub(in crate::cassette) const MARK: &str = "sparring";

/// What it says.
pub(in crate::cassette) const VERSION: &str = "cassette/1";

/// What is said of a reply that never came.
pub(super) const LOST: [(&str, Lost); 3] = [
    ("reset", Lost::Reset),
    ("closed", Lost::Closed),
    ("timedOut", Lost::TimedOut),
];

/// The head of a cassette, without its entries.
pub(in crate::cassette) fn head_value(name: &str, metadata: &Map<String, Value>) -> Value {
    let mut head = Map::new();
    head.insert(MARK.to_owned(), VERSION.into());
    head.insert("name".to_owned(), name.into());
    if !metadata.is_empty() {
        head.insert("metadata".to_owned(), metadata.clone().into());
    }
    Value::Object(head)
}

/// One entry.
pub(in crate::cassette) fn entry_value(entry: &Entry) -> Value {
    let mut value = Map::new();
    let mut put = |name: &str, member: Value| value.insert(name.to_owned(), member);
    if let Some(tool) = &entry.tool {
        put("tool", tool.as_str().into());
    }
    if let Some(at) = entry.at {
        put("at", at.to_string().into());
    }
    put("request", request_value(&entry.request));
    put("response", response_value(&entry.response));
    // It is the last, so that an entry that was cut off has none: see `read_entry`.
    if entry.at.is_some() || !entry.latency.is_zero() {
        put(
            "latencyMilliseconds",
            Value::Number(milliseconds(entry.latency)),
        );
    }
    Value::Object(value)
}

fn request_value(request: &Request) -> Value {
    let mut value = Map::new();
    value.insert("method".to_owned(), request.method.as_str().into());
    if let Some(origin) = &request.origin {
        value.insert("origin".to_owned(), origin.as_str().into());
    }
    value.insert("target".to_owned(), request.target.as_str().into());
    put_headers(&mut value, &request.headers);
    put_body(&mut value, &request.body);
    Value::Object(value)
}

fn response_value(response: &Response) -> Value {
    let mut value = Map::new();
    if let Some(lost) = response.lost {
        value.insert("lost".to_owned(), lost_word(lost).into());
    }
    if response.status != 0 {
        value.insert("status".to_owned(), response.status.into());
    }
    if let Some(reason) = &response.reason {
        value.insert("reason".to_owned(), reason.as_str().into());
    }
    put_headers(&mut value, &response.headers);
    put_body(&mut value, &response.body);
    if let Some(schema) = &response.schema {
        value.insert("schema".to_owned(), schema.clone());
    }
    Value::Object(value)
}

/// The word for why no reply came.
pub(super) fn lost_word(lost: Lost) -> &'static str {
    let word = LOST.iter().find(|(_, meaning)| *meaning == lost);
    let (word, _) = word.expect("every one has a word");
    word
}

fn put_body(value: &mut Map<String, Value>, body: &Bytes) {
    if body.is_empty() {
        return;
    }
    match std::str::from_utf8(body) {
        Ok(text) => value.insert("body".to_owned(), text.into()),
        Err(_) => value.insert("base64Body".to_owned(), STANDARD.encode(body).into()),
    };
}

/// Headers are an object from name to value, or to values where a name has several. Where that
/// would lose their order, they are a list of pairs.
pub(super) fn put_headers(value: &mut Map<String, Value>, headers: &[(String, String)]) {
    if headers.is_empty() {
        return;
    }
    let mut grouped: Map<String, Value> = Map::new();
    for (at, (name, text)) in headers.iter().enumerate() {
        let follows = at > 0 && headers[at - 1].0 == *name;
        match grouped.get_mut(name) {
            None => {
                grouped.insert(name.clone(), text.as_str().into());
            }
            Some(Value::Array(texts)) if follows => texts.push(text.as_str().into()),
            Some(first) if follows => {
                *first = Value::Array(vec![first.take(), text.as_str().into()]);
            }
            Some(_) => {
                let pairs = headers.iter();
                let pairs = pairs.map(|(name, text)| Value::from(vec![name.as_str(), text]));
                value.insert("headers".to_owned(), pairs.collect());
                return;
            }
        }
    }
    value.insert("headers".to_owned(), grouped.into());
}

/// Reads what a file says of the cassette, its entries aside.
pub(super) fn read_head(root: &Item<'_>) -> Result<Cassette, Error> {
    const HELP: &str = "a cassette begins with `sparring: cassette/1`";
    let mark = root.required(MARK).map_err(|mut error| {
        error.help = Some(HELP.to_owned());
        error
    })?;
    match mark.text()? {
        VERSION => {}
        other => {
            let message = format!("{} is no version that can be read here", quote(other));
            return Err(mark.error_with(message, Some(HELP.to_owned())));
        }
    }
    root.only(&[MARK, "name", "metadata", "entries"])?;
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
    item.only(&["tool", "at", "request", "response", "latencyMilliseconds"])?;
    let at = item.member("at").map(|at| timestamp(&at)).transpose()?;
    let request = read_request(&item.required("request")?)?;
    let response = read_response(&item.required("response")?)?;
    let latency = match item.member("latencyMilliseconds") {
        Some(latency) => read_milliseconds(&latency)?,
        // What was recorded has both: the last lines are missing.
        None if at.is_some() => {
            let message = "`latencyMilliseconds` is missing, which ends an entry that has `at`";
            let help = "was the file cut off here?".to_owned();
            return Err(item.error_with(message, Some(help)));
        }
        None => Duration::ZERO,
    };
    Ok(Entry {
        tool: item.text_of("tool")?.map(str::to_owned),
        request,
        response,
        at,
        latency,
    })
}

fn read_request(item: &Item<'_>) -> Result<Request, Error> {
    item.only(&[
        "method",
        "origin",
        "target",
        "headers",
        "body",
        "base64Body",
    ])?;
    Ok(Request {
        method: read_method(&item.required("method")?)?,
        target: read_target(&item.required("target")?)?,
        origin: item.text_of("origin")?.map(str::to_owned),
        headers: read_headers(item)?,
        body: read_body(item)?,
    })
}

fn read_response(item: &Item<'_>) -> Result<Response, Error> {
    item.only(&[
        "lost",
        "status",
        "reason",
        "headers",
        "body",
        "base64Body",
        "schema",
    ])?;
    let lost = item.member("lost");
    let lost = lost.map(|lost| lost.word(&LOST)).transpose()?;
    let status = match item.member("status") {
        Some(status) => status.status()?,
        None if lost.is_some() => 0,
        None => {
            let help = "a response has a `status`, or `lost` where none came".to_owned();
            return Err(item.error_with("`status` is missing", Some(help)));
        }
    };
    let reason = item.text_of("reason")?.map(str::to_owned);
    Ok(Response {
        status,
        reason,
        headers: read_headers(item)?,
        body: read_body(item)?,
        schema: item.member("schema").map(|schema| schema.value.clone()),
        lost,
    })
}

/// A method is a token (RFC 9110 §5.6.2).
pub(super) fn read_method(item: &Item<'_>) -> Result<String, Error> {
    let text = item.text()?;
    match http::Method::from_bytes(text.as_bytes()) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(item.error(format!("{} is no method", quote(text)))),
    }
}

fn read_target(item: &Item<'_>) -> Result<String, Error> {
    let text = item.text()?;
    match text.starts_with('/') || text == "*" {
        true => Ok(text.to_owned()),
        false => {
            let message = format!("{} is no path", quote(text));
            Err(item.error_with(message, Some("a target begins with `/`".to_owned())))
        }
    }
}

/// The headers of a request or a response.
pub(super) fn read_headers(item: &Item<'_>) -> Result<Vec<(String, String)>, Error> {
    let Some(headers) = item.member("headers") else {
        return Ok(Vec::new());
    };
    let mut read = Vec::new();
    if headers.value.is_array() {
        for pair in headers.items()? {
            let [name, text] = pair.items()?.try_into().map_err(|_| {
                let help = "write `[name, value]`".to_owned();
                pair.error_with("a header of a list is a pair", Some(help))
            })?;
            let name = header_name(name.text()?, &name)?;
            read.push((name, header_value(&text)?));
        }
        return Ok(read);
    }
    for (name, texts) in headers.members()? {
        let name = header_name(name, &texts)?;
        match texts.value.is_array() {
            true => {
                for text in texts.items()? {
                    read.push((name.clone(), header_value(&text)?));
                }
            }
            false => read.push((name, header_value(&texts)?)),
        }
    }
    Ok(read)
}

/// A name of a header, in small letters.
pub(super) fn header_name(name: &str, place: &Item<'_>) -> Result<String, Error> {
    match http::HeaderName::from_bytes(name.as_bytes()) {
        Ok(name) => Ok(name.as_str().to_owned()),
        Err(_) => Err(place.error(format!("{} is no name of a header", quote(name)))),
    }
}

/// A value of a header: a text, of which each character is a byte; a number or a truth value that
/// nobody has put in quotes is taken for its text.
pub(super) fn header_value(item: &Item<'_>) -> Result<String, Error> {
    let text = match item.value {
        Value::Number(_) | Value::Bool(_) => item.value.to_string(),
        _ => item.text()?.to_owned(),
    };
    let is_wrong =
        |letter: char| u32::from(letter) > 0xff || (letter.is_ascii_control() && letter != '\t');
    match text.chars().find(|letter| is_wrong(*letter)) {
        None => Ok(text),
        Some(letter) => {
            let letter = letter.escape_unicode();
            Err(item.error(format!("no header holds the character {letter}")))
        }
    }
}

fn read_body(item: &Item<'_>) -> Result<Bytes, Error> {
    let encoded = item.member("base64Body");
    match (item.text_of("body")?, encoded) {
        (Some(_), Some(encoded)) => {
            Err(encoded.error("`body` and `base64Body` exclude each other"))
        }
        (Some(text), None) => Ok(Bytes::copy_from_slice(text.as_bytes())),
        (None, Some(encoded)) => read_base64(&encoded, encoded.text()?),
        (None, None) => Ok(Bytes::new()),
    }
}

/// Bytes that are written as base64, in one line or in several.
pub(super) fn read_base64(place: &Item<'_>, text: &str) -> Result<Bytes, Error> {
    let letters: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let decoded = STANDARD.decode(letters);
    decoded
        .map(Bytes::from)
        .map_err(|error| place.error(format!("this is no base64: {error}")))
}

/// A point in time (RFC 3339).
pub(super) fn timestamp(item: &Item<'_>) -> Result<Timestamp, Error> {
    let text = item.text()?;
    text.parse().map_err(|_| {
        let help = "write it as 2026-01-01T00:00:00Z".to_owned();
        let message = format!("{} is no point in time", quote(text));
        item.error_with(message, Some(help))
    })
}

/// A time as milliseconds, exactly.
pub(super) fn milliseconds(time: Duration) -> Number {
    const NANOSECONDS: u32 = 1_000_000;
    let whole = time.as_millis();
    let rest = time.subsec_nanos() % NANOSECONDS;
    let text = match rest {
        0 => whole.to_string(),
        rest => format!("{whole}.{rest:06}")
            .trim_end_matches('0')
            .to_owned(),
    };
    text.parse().expect("these are digits")
}

/// A time that is written as milliseconds; what is finer than a nanosecond is lost.
pub(super) fn read_milliseconds(item: &Item<'_>) -> Result<Duration, Error> {
    let text = item.number()?;
    let number = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text));
    let nanoseconds = number.ok().and_then(|number| {
        let nanoseconds = number.checked_mul(Decimal::from(1_000_000))?.round();
        u64::try_from(nanoseconds).ok()
    });
    match nanoseconds {
        Some(nanoseconds) => Ok(Duration::from_nanos(nanoseconds)),
        None => Err(item.error(format!("{} is no number of milliseconds", quote(text)))),
    }
}
