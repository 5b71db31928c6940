//! What of a request is other than what was recorded.

use std::fmt;

use serde_json::Value;

use super::normalised::Body;
use super::{Normaliser, tool_call};
use crate::cassette::model::{Entry, Request};

/// How many differences are told of one entry.
pub(super) const DIFFERENCES_MAX: usize = 20;

/// Longer values are cut.
const SHOWN_CHARS_MAX: usize = 80;

/// Larger bodies are compared by their size alone.
pub(super) const BODY_BYTES_MAX: usize = 256 * 1024;

/// One part that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which part: `method`, `path`, `query.limit`, `body.amount`, `input.amount`.
    pub at: String,
    /// What was recorded, if it was.
    pub recorded: Option<String>,
    /// What is asked, if it is.
    pub asked: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = &self.at;
        match (&self.recorded, &self.asked) {
            (Some(recorded), Some(asked)) => {
                write!(f, "{at}: recorded {recorded}, asked {asked}")
            }
            (Some(recorded), None) => write!(f, "{at}: recorded {recorded}, not asked"),
            (None, Some(asked)) => write!(f, "{at}: not recorded, asked {asked}"),
            (None, None) => write!(f, "{at} differs"),
        }
    }
}

/// A text, short enough to be shown.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Collects differences, up to a bound.
pub(super) struct Differences(pub(super) Vec<Difference>);

impl Differences {
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= DIFFERENCES_MAX
    }

    pub(super) fn put(&mut self, at: &str, recorded: Option<&str>, asked: Option<&str>) {
        if recorded != asked && !self.is_full() {
            self.0.push(Difference {
                at: at.to_owned(),
                recorded: recorded.map(shown),
                asked: asked.map(shown),
            });
        }
    }

    /// Every place at which two values differ.
    pub(super) fn values(&mut self, at: &str, recorded: Option<&Value>, asked: Option<&Value>) {
        if self.is_full() || recorded == asked {
            return;
        }
        match (recorded, asked) {
            (Some(Value::Object(recorded)), Some(Value::Object(asked))) => {
                for (name, member) in recorded {
                    self.values(&format!("{at}.{name}"), Some(member), asked.get(name));
                }
                for (name, member) in asked {
                    if !recorded.contains_key(name) {
                        self.values(&format!("{at}.{name}"), None, Some(member));
                    }
                }
            }
            (Some(Value::Array(recorded)), Some(Value::Array(asked))) => {
                for item in 0..recorded.len().max(asked.len()) {
                    let at = format!("{at}[{item}]");
                    self.values(&at, recorded.get(item), asked.get(item));
                }
            }
            (recorded, asked) => {
                let text = |value: &Value| value.to_string();
                let (recorded, asked) = (recorded.map(text), asked.map(text));
                self.put(at, recorded.as_deref(), asked.as_deref());
            }
        }
    }

    /// The fields of two queries or forms, which are sorted.
    fn fields(&mut self, at: &str, recorded: &[(String, String)], asked: &[(String, String)]) {
        let of = |fields: &[(String, String)], name: &str| {
            let values = fields.iter().filter(|(given, _)| given == name);
            let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
            (!values.is_empty()).then(|| values.join(", "))
        };
        let mut names: Vec<&String> = recorded.iter().chain(asked).map(|(name, _)| name).collect();
        names.sort();
        names.dedup();
        for name in names {
            let (recorded, asked) = (of(recorded, name), of(asked, name));
            self.put(
                &format!("{at}.{name}"),
                recorded.as_deref(),
                asked.as_deref(),
            );
        }
    }
}

impl Normaliser {
    /// In what a request differs from an entry, as far as it counts.
    pub(in crate::cassette) fn differences(
        &self,
        entry: &Entry,
        asked: &Request,
    ) -> Vec<Difference> {
        let mut found = Differences(Vec::new());
        let recorded = &entry.request;
        if let Some(tool) = &entry.tool
            && let (Some((of, old)), Some((by, new))) = (tool_call(recorded), tool_call(asked))
            && of == *tool
        {
            found.put("tool", Some(&of), Some(&by));
            let (old, new) = (self.counting_input(&old), self.counting_input(&new));
            found.values("input", Some(&old), Some(&new));
            return found.0;
        }
        found.put("method", Some(&recorded.method), Some(&asked.method));
        found.put("path", Some(&self.path(recorded)), Some(&self.path(asked)));
        found.fields("query", &self.query(recorded), &self.query(asked));
        for name in &self.headers {
            let of = |request: &Request| {
                let value = request.header(name)?;
                Some(self.redaction.header(name, value).into_owned())
            };
            let at = format!("headers.{name}");
            found.put(&at, of(recorded).as_deref(), of(asked).as_deref());
        }
        self.body_differences(recorded, asked, &mut found);
        found.0
    }

    fn body_differences(&self, recorded: &Request, asked: &Request, found: &mut Differences) {
        let sizes = [recorded.body.len(), asked.body.len()];
        let bytes = |size: usize| format!("{size} bytes");
        if sizes.iter().any(|size| *size > BODY_BYTES_MAX) {
            if recorded.body != asked.body {
                found.put("body", Some(&bytes(sizes[0])), Some(&bytes(sizes[1])));
            }
            return;
        }
        let counting = |value: &Value| self.counting(value, &mut Vec::new(), &[&self.body]);
        match (self.body(recorded), self.body(asked)) {
            (Body::Nothing, Body::Nothing) => {}
            (Body::Json(old), Body::Json(new)) => {
                found.values("body", counting(&old).as_ref(), counting(&new).as_ref());
            }
            (Body::Form(old), Body::Form(new)) => found.fields("body", &old, &new),
            _ => {
                let text = |request: &Request| {
                    let mut request = request.clone();
                    self.redaction.request(&mut request);
                    match request.body.is_empty() {
                        true => None,
                        false => Some(String::from_utf8_lossy(&request.body).into_owned()),
                    }
                };
                found.put("body", text(recorded).as_deref(), text(asked).as_deref());
            }
        }
    }
}
