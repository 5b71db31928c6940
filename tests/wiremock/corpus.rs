//! The corpus: what both servers are asked, written by hand. Tables of operators and templates are
//! spread out into cases here.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::case::{Case, Step, read_yaml, stub_for};

/// Files of cases as they are asked.
const CASES: &[(&str, &str)] = &[
    ("requests", include_str!("corpus/requests.yaml")),
    ("responses", include_str!("corpus/responses.yaml")),
    ("choice", include_str!("corpus/choice.yaml")),
    ("scenarios", include_str!("corpus/scenarios.yaml")),
    ("mappings", include_str!("corpus/mappings.yaml")),
    ("files", include_str!("corpus/files.yaml")),
    ("settings", include_str!("corpus/settings.yaml")),
    ("journal", include_str!("corpus/journal.yaml")),
    ("near-misses", include_str!("corpus/near-misses.yaml")),
    ("proxies", include_str!("corpus/proxies.yaml")),
    ("recordings", include_str!("corpus/recordings.yaml")),
    ("webhooks", include_str!("corpus/webhooks.yaml")),
    ("faults", include_str!("corpus/faults.yaml")),
];

/// Tables of operators: a pattern, and the texts that it is held against in all places.
const OPERATORS: &[(&str, &str)] = &[
    ("operators", include_str!("corpus/operators.yaml")),
    ("operators-json", include_str!("corpus/operators-json.yaml")),
    ("operators-xml", include_str!("corpus/operators-xml.yaml")),
    (
        "operators-dates",
        include_str!("corpus/operators-dates.yaml"),
    ),
];

/// Tables of templates, each rendered for the same call.
const TEMPLATES: &[(&str, &str)] = &[
    ("templates", include_str!("corpus/templates.yaml")),
    ("templates-data", include_str!("corpus/templates-data.yaml")),
];

/// Mappings that are refused, or taken against expectation.
const MALFORMED: &str = include_str!("corpus/malformed.yaml");

/// Every case of the corpus.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (group, text) in CASES {
        for written in list(group, text) {
            cases.push(Case::read(group, &written));
        }
    }
    for (group, text) in OPERATORS {
        for written in list(group, text) {
            spread_operator(group, &written, &mut cases);
        }
    }
    for (group, text) in TEMPLATES {
        for (at, written) in list(group, text).iter().enumerate() {
            cases.push(template(group, at, written));
        }
    }
    for (at, written) in list("malformed", MALFORMED).iter().enumerate() {
        cases.push(malformed(at, written));
    }
    cases
}

fn list(name: &str, text: &str) -> Vec<Value> {
    match read_yaml(name, text) {
        Value::Array(items) => items,
        Value::Null => Vec::new(),
        other => panic!("{name}: {other}"),
    }
}

/// Where an operator may stand: its name, the request pattern, and the call that brings a text there
/// (`None` brings nothing).
type Place = (
    &'static str,
    fn(&Value) -> Value,
    fn(Option<&str>) -> Option<Step>,
);

const PLACES: &[Place] = &[
    (
        "body",
        |pattern| json!({"method": "POST", "urlPath": "/t", "bodyPatterns": [pattern]}),
        |text| Some(Step::send("POST", "/t", text.unwrap_or_default())),
    ),
    (
        "not body",
        |pattern| json!({"method": "POST", "urlPath": "/t", "bodyPatterns": [{"not": pattern}]}),
        |text| Some(Step::send("POST", "/t", text.unwrap_or_default())),
    ),
    (
        "query",
        |pattern| json!({"urlPath": "/t", "queryParameters": {"q": pattern}}),
        query,
    ),
    (
        "not query",
        |pattern| json!({"urlPath": "/t", "queryParameters": {"q": {"not": pattern}}}),
        query,
    ),
    (
        "query or",
        |pattern| json!({"urlPath": "/t", "queryParameters": {"q": {"or": [pattern, {"equalTo": "never"}]}}}),
        query,
    ),
    (
        "query and",
        |pattern| json!({"urlPath": "/t", "queryParameters": {"q": {"and": [pattern, {"matches": ".*"}]}}}),
        query,
    ),
    (
        "query includes",
        |pattern| json!({"urlPath": "/t", "queryParameters": {"q": {"includes": [pattern]}}}),
        query,
    ),
    (
        "query has exactly",
        |pattern| json!({"urlPath": "/t", "queryParameters": {"q": {"hasExactly": [pattern]}}}),
        query,
    ),
    (
        "header",
        |pattern| json!({"urlPath": "/t", "headers": {"X-Text": pattern}}),
        header,
    ),
    (
        "cookie",
        |pattern| json!({"urlPath": "/t", "cookies": {"text": pattern}}),
        cookie,
    ),
    (
        "form",
        |pattern| json!({"method": "POST", "urlPath": "/t", "formParameters": {"text": pattern}}),
        form,
    ),
    (
        "path parameter",
        |pattern| json!({"urlPathTemplate": "/{text}/end", "pathParameters": {"text": pattern}}),
        |text| Some(Step::send("GET", &format!("/{}/end", encoded(text?)), "")),
    ),
    (
        "part",
        |pattern| {
            json!({"method": "POST", "urlPath": "/t",
                   "multipartPatterns": [{"matchingType": "ANY", "bodyPatterns": [pattern]}]})
        },
        part,
    ),
    (
        "in JSON",
        |pattern| {
            let mut inner = pattern.clone();
            inner["expression"] = "$.text".into();
            json!({"method": "POST", "urlPath": "/t", "bodyPatterns": [{"matchesJsonPath": inner}]})
        },
        |text| {
            let body = text.map_or(json!({"other": 1}), |text| json!({"text": text}));
            Some(Step::send("POST", "/t", &body.to_string()))
        },
    ),
];

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn query(text: Option<&str>) -> Option<Step> {
    let target = text.map_or("/t".into(), |text| format!("/t?q={}", encoded(text)));
    Some(Step::send("GET", &target, ""))
}

fn with_header(name: &str, value: Option<String>) -> Option<Step> {
    let mut step = Step::send("GET", "/t", "");
    if let Some(value) = value {
        if value.contains(|mark: char| mark.is_control() || !mark.is_ascii()) {
            return None;
        }
        step.request.headers.push((name.into(), value));
    }
    Some(step)
}

fn header(text: Option<&str>) -> Option<Step> {
    with_header("X-Text", text.map(str::to_owned))
}

fn cookie(text: Option<&str>) -> Option<Step> {
    let plain = |mark: char| mark.is_ascii_alphanumeric() || "-_.:/+".contains(mark);
    if !text.unwrap_or_default().chars().all(plain) {
        return None;
    }
    with_header("Cookie", text.map(|text| format!("text={text}; other=1")))
}

fn form(text: Option<&str>) -> Option<Step> {
    let body = text.map_or("other=1".into(), |text| {
        format!("other=1&text={}", encoded(text))
    });
    let mut step = Step::send("POST", "/t", &body);
    let kind = "application/x-www-form-urlencoded".to_owned();
    step.request.headers.push(("Content-Type".into(), kind));
    Some(step)
}

fn part(text: Option<&str>) -> Option<Step> {
    let text = text.unwrap_or_default();
    let body = format!(
        "--cut\r\nContent-Disposition: form-data; name=\"one\"\r\n\r\n{text}\r\n--cut--\r\n"
    );
    let mut step = Step::send("POST", "/t", &body);
    let kind = "multipart/form-data; boundary=cut".to_owned();
    step.request.headers.push(("Content-Type".into(), kind));
    Some(step)
}

fn spread_operator(group: &str, written: &Value, cases: &mut Vec<Case>) {
    let pattern = &written["pattern"];
    let texts = written["texts"].as_array().expect("texts");
    let places = written["places"].as_array();
    for (place, request, call) in PLACES {
        if places.is_some_and(|places| !places.iter().any(|wanted| wanted == place)) {
            continue;
        }
        let mut steps = vec![Step::stub(&stub_for(&request(pattern)))];
        steps.extend(call(None));
        for text in texts {
            let text = text.as_str().unwrap_or_else(|| panic!("{group}: {text}"));
            steps.extend(call(Some(text)));
        }
        cases.push(Case {
            group: group.to_owned(),
            name: format!("{place}: {pattern}"),
            in_sandbox: true,
            steps,
        });
    }
}

/// The call that templates are rendered for, if their table names no other.
fn called(written: &Value) -> Step {
    let body = match &written["body"] {
        Value::String(text) => text.clone(),
        _ => {
            json!({"name": "Ann", "nick": null, "age": 41, "price": 12.50, "tags": ["a", "b", "c"],
                    "home": {"city": "Oslo", "zip": "0150"}, "yes": true, "empty": [],
                    "items": [{"id": 1, "name": "one"}, {"id": 2, "name": "two"}]})
            .to_string()
        }
    };
    let target = "/things/7/parts?one=1&many=a&many=b&blank=&text=a%20b%26c";
    let mut step = Step::send("POST", written["target"].as_str().unwrap_or(target), &body);
    let kind = written["type"].as_str().unwrap_or("application/json");
    let headers = [
        ("Content-Type", kind),
        ("X-One", "alpha"),
        ("X-Many", "first"),
        ("X-Many", "second"),
        ("x-lower-case", "low"),
        ("Cookie", "session=abc; theme=dark"),
        ("Authorization", "Basic dXNlcjpwYXNz"),
    ];
    for (name, value) in headers {
        step.request.headers.push((name.into(), value.into()));
    }
    step.like = written["like"].as_str().map(str::to_owned);
    step
}

fn template(group: &str, at: usize, written: &Value) -> Case {
    let text = written.as_str().or(written["template"].as_str());
    let text = text.unwrap_or_else(|| panic!("{group}: no template: {written}"));
    let mut stub = json!({
        "request": {"method": "ANY", "urlPattern": ".*"},
        "response": {"status": 200, "body": text, "transformers": ["response-template"]},
    });
    if !written["parameters"].is_null() {
        stub["response"]["transformerParameters"] = written["parameters"].clone();
    }
    if let Some(path) = written["path"].as_str() {
        stub["request"] = json!({"method": "ANY", "urlPathTemplate": path});
    }
    Case {
        group: group.to_owned(),
        name: format!("{}: {text}", at + 1),
        in_sandbox: true,
        steps: vec![Step::stub(&stub), called(written)],
    }
}

/// A mapping that is posted, and put in the place of a good one; then a call, for the case that it
/// was taken.
fn malformed(at: usize, written: &Value) -> Case {
    let text = written.as_str().map_or(written.to_string(), str::to_owned);
    let good = json!({"id": "76ada7b0-55ae-4229-91c4-396a36f18347",
                      "request": {"url": "/good"}, "response": {"status": 204}});
    let steps = vec![
        Step::send("POST", "/__admin/mappings", &text),
        Step::send("GET", "/thing", ""),
        Step::stub(&good),
        Step::send(
            "PUT",
            "/__admin/mappings/76ada7b0-55ae-4229-91c4-396a36f18347",
            &text,
        ),
        Step::send("GET", "/good", ""),
    ];
    Case {
        group: "malformed".into(),
        name: format!("{}: {text}", at + 1),
        in_sandbox: true,
        steps,
    }
}
