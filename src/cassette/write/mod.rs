//! Writes cassettes.

mod yaml;

use serde_json::{Map, Value};

use crate::cassette::format::{Format, document, entry_value, har, head_value, vcr, wiremock};
use crate::cassette::model::{Cassette, Entry};

/// The start of a cassette in the project's own YAML, to which entries are appended: it is a whole
/// cassette as it stands, and after each [`entry`].
#[must_use]
pub fn head(name: &str, metadata: &Map<String, Value>) -> String {
    let mut text = yaml::block(&head_value(name, metadata), 0);
    text.push_str("entries:\n");
    text
}

/// One entry of the project's own YAML, with an empty line before it.
#[must_use]
pub fn entry(entry: &Entry) -> String {
    let text = yaml::block(&Value::Array(vec![entry_value(entry)]), 0);
    format!("\n{text}")
}

/// A cassette that was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The text of the file.
    pub text: String,
    /// What the format could not carry, a sentence each.
    pub notes: Vec<String>,
}

/// A whole cassette in a format.
#[must_use]
pub fn write(cassette: &Cassette, format: Format) -> Written {
    match format {
        Format::Yaml => Written {
            text: yaml_text(cassette),
            notes: Vec::new(),
        },
        Format::Json => Written {
            text: json_text(cassette),
            notes: Vec::new(),
        },
        Format::Document => document::write(cassette),
        Format::Har => har::write(cassette),
        Format::Vcr => write_vcr(cassette),
        Format::WireMock => wiremock::write(cassette),
    }
}

fn yaml_text(cassette: &Cassette) -> String {
    let mut text = head(&cassette.name, &cassette.metadata);
    for one in &cassette.entries {
        text.push_str(&entry(one));
    }
    text
}

fn json_text(cassette: &Cassette) -> String {
    let mut head = head_value(&cassette.name, &cassette.metadata);
    let entries = cassette.entries.iter().map(|entry| entry_value(entry));
    head["entries"] = entries.collect();
    format!("{head:#}\n")
}

fn write_vcr(cassette: &Cassette) -> Written {
    let mut written = Written::default();
    written.text.push_str("interactions:\n");
    for (number, entry) in (1..).zip(&cassette.entries) {
        match vcr::entry_value(cassette, entry) {
            Ok(value) => {
                let item = yaml::block(&Value::Array(vec![value]), 0);
                written.text.push_str(&item);
            }
            Err(why) => {
                let note = format!("entry {number} is left out: {why}");
                written.notes.push(note);
            }
        }
    }
    written.text.push_str("version: 1\n");
    written
}
