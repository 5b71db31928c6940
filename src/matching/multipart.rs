//! Multipart bodies (RFC 7578): their parts, and what these must be like.
//!
//! As in WireMock, a part counts if it says that it is form data and has a name, a pattern's `name`
//! is for people only, and its file name is looked at only beside headers or bodies.

use std::borrow::Cow;

use http::{HeaderName, header};
use percent_encoding::percent_decode_str;

use super::operator::{BodyOperator, Multi};
use super::seen::{Seen, latin1};
use crate::domain::call::Call;

/// So many parts of a body are read.
pub const PARTS_MAX: usize = 1_000;
/// So many headers a part has at most.
const HEADERS_MAX: usize = 32;

/// One part of a multipart body.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// Its name.
    pub name: String,
    /// The name of the file in it.
    pub file_name: Option<String>,
    /// Its headers in their order.
    pub headers: Vec<(&'a str, Cow<'a, str>)>,
    /// What is in it.
    pub body: &'a [u8],
}

/// What one part, or each, must be like.
#[derive(Clone, Debug, Default)]
pub struct MultipartPattern {
    /// A name for people.
    pub name: Option<String>,
    /// Whether all parts must be like this, and not only one.
    pub all: bool,
    /// The name of the file.
    pub file_name: Option<String>,
    /// Headers, where any are asked for.
    pub headers: Option<Vec<(HeaderName, Multi)>>,
    /// Its body must fit all of these, where any are asked for.
    pub body: Option<Vec<BodyOperator>>,
}

impl MultipartPattern {
    /// Whether the parts of a call are as they must be. A body without parts is not.
    #[must_use]
    pub fn test(&self, seen: &Seen<'_>) -> bool {
        let Some(parts) = seen.parts().filter(|parts| !parts.is_empty()) else {
            return false;
        };
        match self.all {
            true => parts.iter().all(|part| self.fits(part, seen)),
            false => parts.iter().any(|part| self.fits(part, seen)),
        }
    }

    /// Whether one part is as it must be.
    #[must_use]
    pub fn fits(&self, part: &Part<'_>, seen: &Seen<'_>) -> bool {
        if self.headers.is_none() && self.body.is_none() {
            return true;
        }
        let named = self.file_name.as_deref().filter(|name| !name.is_empty());
        if named.is_some() && named != part.file_name.as_deref() {
            return false;
        }
        let headers = self.headers.iter().flatten();
        let mut headers = headers.map(|(name, multi)| multi.test(|| part.header(name), seen.now));
        if !headers.all(|fits| fits) {
            return false;
        }
        let subject = seen.subject(part.text());
        self.body.iter().flatten().all(|operator| match operator {
            BodyOperator::Binary(bytes) => part.body == bytes,
            BodyOperator::Text(operator) => operator.test(Some(&subject)),
        })
    }

    /// The pattern in words.
    #[must_use]
    pub fn describe(&self) -> String {
        let which = if self.all { "all parts" } else { "a part" };
        let mut wanted = Vec::new();
        if let Some(name) = &self.file_name {
            wanted.push(format!("fileName {name}"));
        }
        for (name, multi) in self.headers.iter().flatten() {
            wanted.push(format!("{name} {}", multi.describe()));
        }
        wanted.extend(self.body.iter().flatten().map(BodyOperator::describe));
        format!("{which}: {}", wanted.join(", "))
    }
}

impl Part<'_> {
    fn header<'s>(&'s self, name: &'s HeaderName) -> impl Iterator<Item = Cow<'s, str>> {
        let same = move |(found, _): &&(&str, _)| found.eq_ignore_ascii_case(name.as_str());
        let values = self.headers.iter().filter(same);
        values.map(|(_, value)| Cow::Borrowed(&**value))
    }

    /// What is in it, as text.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.body)
    }
}

/// The parts of a call's body that are form data with a name; nothing, when it is not multipart. A
/// body that breaks off has the parts before.
#[must_use]
pub fn parts(call: &Call) -> Option<Vec<Part<'_>>> {
    let kind = call.header("content-type")?.trim_start();
    let head = kind.get(.."multipart/".len())?;
    if !head.eq_ignore_ascii_case("multipart/") {
        return None;
    }
    let boundary = parameter(kind, "boundary")?;
    Some(read(&call.body, &boundary))
}

fn read<'a>(body: &'a [u8], boundary: &str) -> Vec<Part<'a>> {
    let first = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let mut parts = Vec::new();
    let start = match body.starts_with(first.as_bytes()) {
        true => Some(first.len()),
        false => find(body, between.as_bytes()).map(|at| at + between.len()),
    };
    let mut rest = start.map_or(&[][..], |start| &body[start..]);
    for _ in 0..PARTS_MAX {
        // Two hyphens end the body, a line end begins a part.
        let Some(content) = rest.strip_prefix(b"\r\n") else {
            break;
        };
        let Some(end) = find(content, between.as_bytes()) else {
            break;
        };
        parts.extend(part(&content[..end]));
        rest = &content[end + between.len()..];
    }
    parts
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, part)
}

/// A part with its headers; nothing, when it is not form data or has no name.
fn part(content: &[u8]) -> Option<Part<'_>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let parsed = httparse::parse_headers(content, &mut headers).ok()?;
    let httparse::Status::Complete((start, headers)) = parsed else {
        return None;
    };
    let headers: Vec<_> = headers
        .iter()
        .map(|header| (header.name, text(header.value)))
        .collect();
    let disposition = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(header::CONTENT_DISPOSITION.as_str()));
    let disposition: &str = &disposition?.1;
    if !disposition
        .get(.."form-data".len())?
        .eq_ignore_ascii_case("form-data")
    {
        return None;
    }
    Some(Part {
        name: parameter(disposition, "name")?,
        file_name: extended(disposition).or_else(|| parameter(disposition, "filename")),
        headers: headers.clone(),
        body: &content[start..],
    })
}

/// A header of a part: browsers write it in UTF-8.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => latin1(bytes),
    }
}

/// A parameter of a header such as `form-data; name="a"`.
fn parameter(header: &str, name: &str) -> Option<String> {
    let mut rest = header;
    while let Some((_, parameters)) = rest.split_once(';') {
        let (found, value) = parameters.split_once('=')?;
        let value = value.trim_start();
        let (value, behind) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => {
                let end = value.find(';').unwrap_or(value.len());
                (value[..end].trim_end(), &value[end..])
            }
        };
        // Between two parameters without a value the name holds the first of them.
        let found = found.rsplit(';').next().unwrap_or(found).trim();
        if found.eq_ignore_ascii_case(name) {
            return Some(value.to_owned());
        }
        rest = behind;
    }
    None
}

/// A file name in the extended notation (RFC 8187): `filename*=UTF-8''%C3%A9.txt`.
fn extended(header: &str) -> Option<String> {
    let value = parameter(header, "filename*")?;
    let (encoding, rest) = value.split_once('\'')?;
    let (_, encoded) = rest.split_once('\'')?;
    let decoded = percent_decode_str(encoded);
    encoding
        .eq_ignore_ascii_case("utf-8")
        .then(|| decoded.decode_utf8_lossy().into_owned())
}
