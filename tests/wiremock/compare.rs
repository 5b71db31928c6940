//! Comparing two answers: what is different by accident (ports, ids that were drawn, the time) is
//! made equal first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use regex::{Captures, Regex};
use serde_json::{Map, Value};

use crate::wire::Answer;

/// Headers of the connection, and of the server.
const HEADERS_IGNORED: &[&str] = &[
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "server",
    "transfer-encoding",
];

/// Keys of the journal that tell how long something took.
const DURATIONS: &[&str] = &["processTime", "serveTime", "timeOffsetNanos", "totalTime"];

/// Keys of lists whose order is that of a hash table of Java's.
const SETS: &[&str] = &["possibleStates"];

/// How far from now a time may be to count as now, in seconds.
const NOW_SECONDS: i64 = 3600;

static UUID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").expect("a pattern")
});
static INSTANT: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)";
    Regex::new(pattern).expect("a pattern")
});
static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b\d{4,13}\b").expect("a pattern"));

/// Where Java shows an object by its address, with what pads it.
static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(\[[BC]@|[A-Z]\w+(@|%40))[0-9a-f]+\b *").expect("a pattern"));
/// WireMock's own folder.
static ROOT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"/[^\s"<>]*/wiremock/root-\d+"#).expect("a pattern"));

/// One place where two answers are not the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Which step of the case, from 0.
    pub(crate) step: usize,
    /// `status`, `ending`, `header NAME`, `body` or `body /pointer`.
    pub(crate) place: String,
    /// Both statuses: `200 404`.
    pub(crate) answered: String,
    pub(crate) wiremock: String,
    pub(crate) sparring: String,
}

impl Difference {
    /// Whether it is the same, whichever step it is of.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        (&self.place, &self.wiremock, &self.sparring)
            == (&other.place, &other.wiremock, &other.sparring)
    }
}

/// What is known of one side while it answers a case.
#[derive(Debug)]
pub(crate) struct Side {
    authority: String,
    port: String,
    prefix: String,
    /// What stands behind it: an address and its port.
    upstream: String,
    /// Ids that stand in the case itself.
    said: BTreeSet<String>,
    /// Ids that the server drew, in the order in which they were met.
    drawn: BTreeMap<String, usize>,
}

impl Side {
    pub(crate) fn new(authority: &str, prefix: &str, upstream: &str, case: &str) -> Self {
        let (_, port) = authority.rsplit_once(':').expect("an address and a port");
        Self {
            authority: authority.to_owned(),
            port: port.to_owned(),
            prefix: prefix.to_owned(),
            upstream: upstream.to_owned(),
            said: UUID
                .find_iter(case)
                .map(|id| id.as_str().to_owned())
                .collect(),
            drawn: BTreeMap::new(),
        }
    }

    /// An answer without accidents.
    fn plain(&mut self, answer: &Answer) -> Plain {
        let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in &answer.headers {
            let name = name.to_ascii_lowercase();
            if !HEADERS_IGNORED.contains(&&*name) {
                headers.entry(name).or_default().push(value.clone());
            }
        }
        for value in headers.values_mut().flatten() {
            *value = self.text(value);
        }
        let json = serde_json::from_slice(&answer.body).ok();
        let json = json.filter(|json: &Value| json.is_object() || json.is_array());
        Plain {
            headers,
            json: json.map(|json| self.value("", &json)),
            text: match std::str::from_utf8(&answer.body) {
                Ok(text) => self.text(text),
                Err(_) => answer.body.escape_ascii().to_string(),
            },
        }
    }

    fn text(&mut self, text: &str) -> String {
        let home = format!("{}{}", self.authority, self.prefix);
        let text = text
            .replace(&home, "{home}")
            .replace(&self.authority, "{home}");
        let text = text.replace(&self.upstream, "{upstream}");
        let text = UUID.replace_all(&text, |found: &Captures<'_>| self.id(&found[0]));
        let text = ADDRESS.replace_all(&text, "{address}");
        let text = ROOT.replace_all(&text, "{root}");
        let text = INSTANT.replace_all(&text, |found: &Captures<'_>| {
            let now = found[0]
                .parse::<Timestamp>()
                .is_ok_and(|at| is_now(at.as_second()));
            if now {
                "{now}".into()
            } else {
                found[0].to_owned()
            }
        });
        let text = NUMBER.replace_all(&text, |found: &Captures<'_>| {
            let number: i64 = found[0].parse().unwrap_or_default();
            match found[0].len() {
                4 | 5 if found[0] == self.port => "{port}".into(),
                4 | 5 if self.upstream.ends_with(&format!(":{}", &found[0])) => "{up}".into(),
                10 if is_now(number) => "{now}".into(),
                13 if is_now(number / 1000) => "{now}".into(),
                _ => found[0].to_owned(),
            }
        });
        text.into_owned()
    }

    fn id(&mut self, id: &str) -> String {
        if self.said.contains(id) {
            return id.to_owned();
        }
        let next = self.drawn.len() + 1;
        let number = self.drawn.entry(id.to_owned()).or_insert(next);
        format!("{{id {number}}}")
    }

    fn value(&mut self, key: &str, value: &Value) -> Value {
        match value {
            Value::String(text) if key == "bodyAsBase64" => match STANDARD.decode(text) {
                // It may hold the address of the server.
                Ok(body) => match String::from_utf8(body) {
                    Ok(body) => Value::String(format!("{{base64 of {}}}", self.text(&body))),
                    Err(_) => value.clone(),
                },
                Err(_) => value.clone(),
            },
            Value::String(text) => Value::String(self.text(text)),
            Value::Number(_) if DURATIONS.contains(&key) => Value::String("{duration}".into()),
            Value::Number(number) => {
                let text = number.to_string();
                let plain = self.text(&text);
                if plain == text {
                    value.clone()
                } else {
                    Value::String(plain)
                }
            }
            Value::Array(items) => {
                let mut items: Vec<Value> = items.iter().map(|item| self.value("", item)).collect();
                if SETS.contains(&key) {
                    items.sort_by_key(Value::to_string);
                }
                Value::Array(items)
            }
            Value::Object(fields) => {
                // In the order of the keys: ids are numbered as they are met.
                let mut keys: Vec<&String> = fields.keys().collect();
                keys.sort();
                let mut plain = Map::new();
                for key in keys {
                    let value = self.value(key, &fields[key]);
                    plain.insert(self.text(key), value);
                }
                Value::Object(plain)
            }
            other => other.clone(),
        }
    }
}

/// What of an answer is compared.
struct Plain {
    headers: BTreeMap<String, Vec<String>>,
    json: Option<Value>,
    text: String,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the servers answer by the real clock"
)]
fn is_now(seconds: i64) -> bool {
    (Timestamp::now().as_second() - seconds).abs() < NOW_SECONDS
}

/// Where two answers to one step are not the same.
pub(crate) fn compare(
    step: usize,
    like: Option<&str>,
    (their_side, theirs): (&mut Side, &Answer),
    (our_side, ours): (&mut Side, &Answer),
) -> Vec<Difference> {
    let mut found = Vec::new();
    let answered = format!("{} {}", theirs.status, ours.status);
    let mut differ = |place: String, wiremock: String, sparring: String| {
        if wiremock != sparring {
            found.push(Difference {
                step,
                place,
                answered: answered.clone(),
                wiremock,
                sparring,
            });
        }
    };
    differ(
        "status".into(),
        theirs.status.to_string(),
        ours.status.to_string(),
    );
    differ("reason".into(), theirs.reason.clone(), ours.reason.clone());
    differ("ending".into(), theirs.ending.clone(), ours.ending.clone());
    let same_bytes = theirs.body == ours.body;
    let (theirs, ours) = (their_side.plain(theirs), our_side.plain(ours));
    let names: BTreeSet<&String> = theirs.headers.keys().chain(ours.headers.keys()).collect();
    for name in names {
        let shown = |plain: &Plain| {
            let values = plain.headers.get(name);
            values.map_or("(none)".into(), |values| values.join(" | "))
        };
        differ(format!("header {name}"), shown(&theirs), shown(&ours));
    }
    if same_bytes || like.is_some_and(|like| both_are(like, &theirs.text, &ours.text)) {
        return found;
    }
    match (&theirs.json, &ours.json) {
        (Some(theirs), Some(ours)) => compare_json("", theirs, ours, &mut differ),
        _ => differ("body".into(), theirs.text, ours.text),
    }
    found
}

fn both_are(like: &str, theirs: &str, ours: &str) -> bool {
    let pattern = Regex::new(&format!("(?s)^(?:{like})$"));
    let pattern = pattern.unwrap_or_else(|error| panic!("{like}: {error}"));
    pattern.is_match(theirs) && pattern.is_match(ours)
}

fn compare_json(
    pointer: &str,
    theirs: &Value,
    ours: &Value,
    differ: &mut dyn FnMut(String, String, String),
) {
    match (theirs, ours) {
        (Value::Object(left), Value::Object(right)) => {
            let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for key in keys {
                let pointer = format!("{pointer}/{key}");
                match (left.get(key), right.get(key)) {
                    (Some(left), Some(right)) => compare_json(&pointer, left, right, differ),
                    (left, right) => {
                        let shown = |value: Option<&Value>| {
                            value.map_or("(none)".to_owned(), Value::to_string)
                        };
                        differ(format!("body {pointer}"), shown(left), shown(right));
                    }
                }
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (at, (left, right)) in left.iter().zip(right).enumerate() {
                compare_json(&format!("{pointer}/{at}"), left, right, differ);
            }
        }
        (Value::Number(left), Value::Number(right)) if left.as_f64() == right.as_f64() => {}
        (left, right) => differ(
            format!("body {pointer}"),
            left.to_string(),
            right.to_string(),
        ),
    }
}
