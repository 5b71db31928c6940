//! The formats of cassettes: what of a file makes which member of an entry, and back.

pub(in crate::cassette) mod document;
pub(in crate::cassette) mod har;
mod own;
mod shared;
pub(in crate::cassette) mod vcr;
pub(in crate::cassette) mod wiremock;

use crate::cassette::error::Error;
use crate::cassette::model::{Cassette, Entry};
use crate::cassette::read::place::Item;
use crate::definition::source::{Syntax, nearest, quote};

pub(in crate::cassette) use own::{entry_value, head_value};

/// A format of cassettes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The project's own, as YAML.
    Yaml,
    /// The project's own, as JSON.
    Json,
    /// That of the document's test harness: `request_tool`, `request_input`, `response_body` …
    Document,
    /// HTTP Archive 1.2.
    Har,
    /// Cassettes of VCR.py, as YAML.
    Vcr,
    /// WireMock's mappings.
    WireMock,
}

impl Format {
    /// Every format, with the name by which it is asked for.
    pub const NAMES: [(&str, Self); 6] = [
        ("yaml", Self::Yaml),
        ("json", Self::Json),
        ("document", Self::Document),
        ("har", Self::Har),
        ("vcr", Self::Vcr),
        ("wiremock", Self::WireMock),
    ];
}

/// Reads one entry of a format.
pub(super) fn read_entry(format: Format, item: &Item<'_>) -> Result<Entry, Error> {
    match format {
        Format::Yaml | Format::Json => own::read_entry(item),
        Format::Document => document::read_entry(item),
        Format::Har => har::read_entry(item),
        Format::Vcr => vcr::read_entry(item),
        Format::WireMock => wiremock::read_entry(item),
    }
}

/// Reads what a file says of the cassette as a whole, its entries aside.
pub(super) fn read_head(format: Format, root: &Item<'_>) -> Result<Cassette, Error> {
    match format {
        Format::Yaml | Format::Json => own::read_head(root),
        Format::Document => document::read_head(root),
        Format::Har => har::read_head(root),
        Format::Vcr => vcr::read_head(root),
        Format::WireMock => Ok(Cassette::default()),
    }
}

/// Finds out the format of a document from its members.
pub(super) fn detect(root: &Item<'_>, syntax: Syntax) -> Result<Format, Error> {
    const EXPECTED: &str = "expected `sparring: cassette/1`, or a HAR (`log`), a cassette of VCR.py \
                            (`interactions`) or WireMock's `mappings`";
    let Some(members) = root.value.as_object() else {
        return Err(root.error_with("this is no cassette", Some(EXPECTED.to_owned())));
    };
    let has = |name: &str| members.contains_key(name);
    if has(own::MARK) {
        return Ok(match syntax {
            Syntax::Json => Format::Json,
            Syntax::Yaml | Syntax::YamlWithBinary => Format::Yaml,
        });
    }
    if has("log") {
        return Ok(Format::Har);
    }
    if has("interactions") {
        return Ok(Format::Vcr);
    }
    if has("mappings") || (has("request") && has("response")) {
        return Ok(Format::WireMock);
    }
    if has("entries") && has("name") {
        return Ok(Format::Document);
    }
    let known = ["sparring", "log", "interactions", "mappings", "entries"];
    let mut meant = members
        .keys()
        .filter_map(|name| nearest(name, known).map(|meant| (name, meant)));
    let help = match meant.next() {
        Some((name, meant)) if name != meant => {
            format!("did you mean {} by {}?", quote(meant), quote(name))
        }
        _ => EXPECTED.to_owned(),
    };
    Err(root.error_with("this is no cassette", Some(help)))
}
