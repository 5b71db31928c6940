//! What recorded stubs, their scenarios and their files are called.

use icu_normalizer::DecomposingNormalizer;
use serde_json::{Map, Value};

use crate::domain::call::decode;

/// The longest name of a stub that is made of a path, in characters.
const NAME_MAX: usize = 200;

/// How the names of files of some media types end.
const ENDINGS: [(&str, &str); 12] = [
    ("image/jpeg", "jpeg"),
    ("image/gif", "gif"),
    ("image/tiff", "tiff"),
    ("image/png", "png"),
    ("image/x-icon", "ico"),
    ("image/svg+xml", "svg"),
    ("audio/x-aiff", "aiff"),
    ("video/x-ms-asf", "asf"),
    ("video/mpeg", "mp2"),
    ("audio/mpeg", "mp3"),
    ("video/quicktime", "mov"),
    ("application/pdf", "pdf"),
];

/// What the stub of a call to this path is called: `/a/b%20c` is `a_b-c`.
pub(super) fn stub_name(path: &str) -> String {
    let path = decode(path, false).replace('/', "_");
    let path: String = path
        .chars()
        .map(|c| if c.is_ascii_whitespace() { '-' } else { c })
        .collect();
    // A letter with an accent becomes the letter.
    let path = DecomposingNormalizer::new_nfd().normalize(&path);
    let name = sanitised(&path);
    name.trim_matches('_').chars().take(NAME_MAX).collect()
}

/// The name of the file for the body of a stub.
#[must_use]
pub fn file_name(mapping: &Map<String, Value>, id: &str, ending: &str) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = mapping.get("name").map(text).unwrap_or_default();
    let name = match name.is_empty() {
        false => name,
        true => {
            let request = mapping.get("request").unwrap_or(&Value::Null);
            format!("{}-{}", text(&request["method"]), url(request))
        }
    };
    sanitised(&format!("{name}-{id}.{ending}"))
}

/// The path of a recorded stub as a part of names: `/a/b` is `a-b`.
pub(super) fn path_of(mapping: &Map<String, Value>) -> String {
    let url = url(mapping.get("request").unwrap_or(&Value::Null)).to_owned();
    let path = url.split('?').next().unwrap_or_default();
    let path = decode(path, false);
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    parts.join("-")
}

/// How the name of a file with this body ends.
pub(super) fn file_ending(kind: Option<&str>, path: &str, body: &[u8]) -> String {
    if let Some(kind) = kind {
        for (word, ending) in [("json", "json"), ("xml", "xml"), ("text", "txt")] {
            if kind.contains(word) {
                return ending.to_owned();
            }
        }
        if let Some((_, ending)) = ENDINGS.iter().find(|(known, _)| *known == kind) {
            return (*ending).to_owned();
        }
    }
    let path = decode(path, false);
    let last = path.rsplit('/').next().unwrap_or_default();
    if let Some((_, ending)) = last.rsplit_once('.') {
        return ending.to_owned();
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(_) => "json".to_owned(),
        Err(_) => "txt".to_owned(),
    }
}

fn url(request: &Value) -> &str {
    let url = request.get("url").or_else(|| request.get("urlPath"));
    url.and_then(Value::as_str).unwrap_or_default()
}

/// A text with nothing in it that a file's name should not have.
fn sanitised(text: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let text = text.replace(' ', "-");
    text.chars()
        .filter(plain)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}
