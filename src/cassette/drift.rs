//! How a live reply differs from the recorded one: by field, and by what it looks like rather than by
//! its values.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::cassette::model::Response;
use crate::cassette::schema::type_of;

/// How many differences of one reply are told.
const DRIFTS_MAX: usize = 100;

/// How many items of a list are compared.
const ITEMS_MAX: usize = 200;

/// One difference of a reply from the recorded one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// Which part: `status`, `headers.content-type`, `body.items[].id`.
    pub at: String,
    /// What has become of it.
    pub change: Change,
    /// What was recorded, if anything was.
    pub recorded: Option<String>,
    /// What came, if anything did.
    pub live: Option<String>,
}

/// What has become of a part of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// It is not there any more.
    Gone,
    /// It was not there.
    New,
    /// Its type is another.
    Type,
    /// Its value is another.
    Value,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
        let (recorded, live) = (said(&self.recorded), said(&self.live));
        match self.change {
            Change::Gone => write!(f, "{}: gone (was {recorded})", self.at),
            Change::New => write!(f, "{}: new ({live})", self.at),
            Change::Type | Change::Value => write!(f, "{}: {recorded} → {live}", self.at),
        }
    }
}

/// Where a live reply differs from the recorded one; with `values`, values are compared too.
#[must_use]
pub fn drift(recorded: &Response, live: &Response, values: bool) -> Vec<Drift> {
    let mut found = Found {
        drifts: Vec::new(),
        values,
    };
    if recorded.lost != live.lost {
        let said = |response: &Response| match response.lost {
            Some(lost) => format!("no reply ({lost:?})"),
            None => format!("status {}", response.status),
        };
        found.put(
            "reply",
            Change::Value,
            Some(said(recorded)),
            Some(said(live)),
        );
        return found.drifts;
    }
    if recorded.status != live.status {
        let said = |response: &Response| Some(response.status.to_string());
        found.put("status", Change::Value, said(recorded), said(live));
    }
    let kinds = (content_type(recorded), content_type(live));
    if kinds.0 != kinds.1 {
        found.put("headers.content-type", Change::Value, kinds.0, kinds.1);
    }
    let json = |response: &Response| serde_json::from_slice::<Value>(&response.body).ok();
    match (json(recorded), json(live)) {
        (Some(recorded), Some(live)) => found.compare("body", Some(&recorded), Some(&live)),
        (None, None) => {
            if values && recorded.body != live.body {
                let said = |response: &Response| Some(format!("{} bytes", response.body.len()));
                found.put("body", Change::Value, said(recorded), said(live));
            }
        }
        (old, new) => {
            let said = |value: Option<Value>, response: &Response| match value {
                Some(value) => type_of(&value).to_owned(),
                None if response.body.is_empty() => "nothing".to_owned(),
                None => "no JSON".to_owned(),
            };
            let (old, new) = (said(old, recorded), said(new, live));
            found.put("body", Change::Type, Some(old), Some(new));
        }
    }
    found.drifts
}

/// The media type, without its parameters.
fn content_type(response: &Response) -> Option<String> {
    let value = response.header("content-type")?;
    let kind = value.split(';').next().unwrap_or_default();
    Some(kind.trim().to_ascii_lowercase())
}

struct Found {
    drifts: Vec<Drift>,
    values: bool,
}

impl Found {
    /// Notes a difference once: the items of a list have the same ones.
    fn put(&mut self, at: &str, change: Change, recorded: Option<String>, live: Option<String>) {
        let is_known = |known: &Drift| known.at == at && known.change == change;
        if self.drifts.len() < DRIFTS_MAX && !self.drifts.iter().any(is_known) {
            self.drifts.push(Drift {
                at: at.to_owned(),
                change,
                recorded,
                live,
            });
        }
    }

    fn compare(&mut self, at: &str, recorded: Option<&Value>, live: Option<&Value>) {
        if self.drifts.len() == DRIFTS_MAX {
            return;
        }
        let said = |value: &Value| Some(type_of(value).to_owned());
        match (recorded, live) {
            (None, None) => {}
            (Some(recorded), None) => self.put(at, Change::Gone, said(recorded), None),
            (None, Some(live)) => self.put(at, Change::New, None, said(live)),
            (Some(Value::Object(recorded)), Some(Value::Object(live))) => {
                for (name, member) in recorded {
                    self.compare(&format!("{at}.{name}"), Some(member), live.get(name));
                }
                for (name, member) in live {
                    if !recorded.contains_key(name) {
                        self.compare(&format!("{at}.{name}"), None, Some(member));
                    }
                }
            }
            (Some(Value::Array(recorded)), Some(Value::Array(live))) => {
                self.compare_lists(at, recorded, live);
            }
            (Some(recorded), Some(live)) => self.compare_scalars(at, recorded, live),
        }
    }

    /// Lists are compared item by item where values count, and else each item of the one with the
    /// first of the other: how many there are is a value.
    fn compare_lists(&mut self, at: &str, recorded: &[Value], live: &[Value]) {
        if self.values {
            for item in 0..recorded.len().max(live.len()).min(ITEMS_MAX) {
                let at = format!("{at}[{item}]");
                self.compare(&at, recorded.get(item), live.get(item));
            }
            return;
        }
        let at = format!("{at}[]");
        let Some(first) = recorded.first() else {
            return;
        };
        for item in live.iter().take(ITEMS_MAX) {
            let pattern = recorded.iter().take(ITEMS_MAX);
            // An item that looks like any of the recorded ones is none that has drifted.
            let mut same = pattern.filter(|pattern| {
                let mut trial = Found {
                    drifts: Vec::new(),
                    values: false,
                };
                trial.compare("", Some(pattern), Some(item));
                trial.drifts.is_empty()
            });
            if same.next().is_none() {
                self.compare(&at, Some(first), Some(item));
            }
        }
    }

    fn compare_scalars(&mut self, at: &str, recorded: &Value, live: &Value) {
        let types = (type_of(recorded), type_of(live));
        let is_number = |name: &str| matches!(name, "integer" | "number");
        if types.0 != types.1 && !(is_number(types.0) && is_number(types.1)) {
            let (recorded, live) = (types.0.to_owned(), types.1.to_owned());
            self.put(at, Change::Type, Some(recorded), Some(live));
        } else if self.values && recorded != live {
            self.put(at, Change::Value, Some(shown(recorded)), Some(shown(live)));
        }
    }
}

/// A value, short enough to be shown.
fn shown(value: &Value) -> String {
    const CHARS_MAX: usize = 80;
    let text = value.to_string();
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
