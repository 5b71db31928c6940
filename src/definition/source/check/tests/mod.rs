//! Mistakes of authors against a schema that `schemars` wrote, and what each is told.

mod keywords;
mod lines;
mod shown;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::Value;

use crate::definition::source::{Diagnostic, Source, parse};

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Pack {
    name: String,
    #[serde(default)]
    tools: BTreeMap<String, Tool>,
    #[serde(default)]
    machines: BTreeMap<String, Machine>,
    #[serde(default)]
    statuses: BTreeMap<u16, String>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Tool {
    request: Option<Request>,
    #[serde(default, rename = "do")]
    steps: Vec<Step>,
    limit: Option<Limit>,
    delay_ms: Option<u32>,
    enabled: Option<bool>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Request {
    url_path: String,
    method: Option<Method>,
    #[serde(default)]
    headers: BTreeMap<String, Pattern>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[expect(dead_code, reason = "only its schema is used")]
enum Method {
    /// Read.
    Get,
    /// Write.
    Post,
}

#[derive(JsonSchema)]
#[serde(untagged, rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
enum Pattern {
    #[serde(rename_all = "camelCase")]
    EqualTo {
        equal_to: String,
        case_insensitive: Option<bool>,
    },
    Matches {
        matches: String,
    },
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
enum Step {
    Stop,
    Create(Create),
    Respond { status: u16 },
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Create {
    #[schemars(regex(pattern = "^[a-z_]+$"))]
    collection: String,
    #[schemars(range(min = 1, max = 100))]
    count: Option<u8>,
    #[schemars(length(min = 1))]
    tags: Option<Vec<String>>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
enum Limit {
    #[serde(rename_all = "camelCase")]
    Window {
        per_second: u32,
    },
    Bucket {
        capacity: u32,
        refill: f64,
    },
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Machine {
    initial: State,
    transitions: BTreeMap<String, Transition>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is used")]
enum State {
    Pending,
    Released,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Transition {
    from: OneOrMany,
    to: State,
}

#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

fn pack_schema() -> Value {
    schemars::schema_for!(Pack).to_value()
}

fn compare(text: &str, schema: &Value) -> Vec<Diagnostic> {
    let document = parse(Source::new("p.yaml", text)).expect("the syntax is right");
    super::check(&document, schema)
}

/// What the author of a text is told, one line for each mistake, without the path of the file.
fn told(text: &str, schema: &Value) -> Vec<String> {
    let diagnostics = compare(text, schema);
    let lines = diagnostics.iter().map(ToString::to_string);
    lines.map(|line| line.replacen("p.yaml:", "", 1)).collect()
}

#[test]
fn what_is_right_is_passed() {
    let text = "
name: x
tools:
  t:
    request: {urlPath: /a, method: POST, headers: {A: {equalTo: b}, B: {matches: c}}}
    do: [stop, {respond: {status: 200}}, {create: {collection: a_b, count: 100, tags: [t]}}]
    limit: {kind: bucket, capacity: 1, refill: 0.5}
    delayMs:
    enabled: true
machines:
  parcel: {initial: pending, transitions: {a: {from: pending, to: released}, b: {from: [], to: pending}}}
statuses: {200: ok}
";
    assert_eq!(told(text, &pack_schema()), [""; 0]);
}
