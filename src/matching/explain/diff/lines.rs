//! What is compared, line by line, in WireMock's order.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::super::distance::{First, Others, Part};
use super::printed::{Printed, indented, text_of};
use super::{Expected, Line};
use crate::domain::call::Call;
use crate::domain::reply::header_words;
use crate::matching::json_path::Found;
use crate::matching::operator::Operator;

/// All lines of a diff.
pub(super) fn lines(expected: &Expected<'_>, call: &Call) -> Vec<Line> {
    let first = First::of(expected.pattern, call);
    let others = Others::of(expected.pattern, call);
    let mut lines = vec![method(expected, call, first.method)];
    lines.push(url(expected.request, call, first.url));
    lines.push(Line::blank());
    headers(expected.request, call, &others.headers, &mut lines);
    query(expected.request, call, &others.query, &mut lines);
    bodies(expected, call, &others.body, &mut lines);
    lines.extend(expected.scenario.map(|scenario| {
        let state = |state: &str| format!("[Scenario '{}' state: {state}]", scenario.name);
        // WireMock compares the state with the line that names it, so it complains always.
        Line::new(
            "Scenario",
            state(scenario.required),
            state(scenario.actual),
            false,
        )
    }));
    lines
}

impl Line {
    fn blank() -> Self {
        Self {
            wanted: String::new(),
            found: String::new(),
            complaint: None,
        }
    }

    /// A line about `what`. WireMock complains of everything that is not there, wanted or not.
    fn new(what: &str, wanted: String, found: String, fits: bool) -> Self {
        let complaint = match found.is_empty() {
            true => Some(format!("{what} is not present")),
            false if fits => None,
            false => Some(format!("{what} does not match")),
        };
        Self {
            wanted,
            found,
            complaint,
        }
    }
}

fn method(expected: &Expected<'_>, call: &Call, part: Part) -> Line {
    let wanted = expected.request.get("method").and_then(Value::as_str);
    let wanted = wanted.unwrap_or("ANY").to_owned();
    Line::new("HTTP method", wanted, call.method.to_string(), part.fits)
}

fn url(request: &Value, call: &Call, part: Part) -> Line {
    const KEYS: [(&str, &str); 5] = [
        ("url", ""),
        ("urlPattern", "[regex] "),
        ("urlPath", "[path] "),
        ("urlPathPattern", "[path regex] "),
        ("urlPathTemplate", "[path template] "),
    ];
    let found = call.target.clone();
    let wanted = KEYS.iter().find_map(|(key, prefix)| {
        let wanted = request.get(key)?.as_str()?;
        Some((*key, *prefix, wanted))
    });
    let Some((key, prefix, wanted)) = wanted else {
        return Line::new("URL", "(always)".into(), found, part.fits);
    };
    let mut line = Line::new("URL", format!("{prefix}{wanted}"), found, part.fits);
    if let Some(complaint) = &mut line.complaint {
        if matches!(key, "urlPattern" | "urlPathPattern") && has_bare_question_mark(wanted) {
            complaint.push_str(". When using a regex, \"?\" should be \"\\?\"");
        }
        if !wanted.starts_with('/') {
            complaint.push_str(". URLs must start with a /");
        }
    }
    line
}

fn has_bare_question_mark(pattern: &str) -> bool {
    pattern
        .find('?')
        .is_some_and(|at| at < 2 || !pattern[..at].ends_with('\\'))
}

/// The members of an object in a definition, each with the operator that it holds.
fn operators<'a>(request: &'a Value, key: &str) -> Vec<(&'a str, Printed<'a>)> {
    let members = request.get(key).and_then(Value::as_object);
    let members = members.into_iter().flatten();
    members
        .filter_map(|(name, pattern)| Some((name.as_str(), Printed::of(pattern)?)))
        .collect()
}

fn fits(parts: &[Part], at: usize) -> bool {
    parts.get(at).is_none_or(|part| part.fits)
}

fn headers(request: &Value, call: &Call, parts: &[Part], lines: &mut Vec<Line>) {
    let wanted = operators(request, "headers");
    for (at, (name, operator)) in wanted.iter().enumerate() {
        let values = call.headers.get_all(*name).iter();
        let values: Vec<String> = values
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        // A header that is there is called as the caller called it.
        let called = match name.parse() {
            Ok(known) if !values.is_empty() => header_words(&known),
            _ => (*name).to_owned(),
        };
        let text = match operator.expected() {
            text if text.is_empty() => text,
            text => format!(": {text}"),
        };
        let wanted = format!("{called}{}{text}", operator.between(""));
        let line = Line::new("Header", wanted, named(&called, &values), fits(parts, at));
        lines.push(line);
    }
    if !wanted.is_empty() {
        lines.push(Line::blank());
    }
}

fn query(request: &Value, call: &Call, parts: &[Part], lines: &mut Vec<Line>) {
    let wanted = operators(request, "queryParameters");
    for (at, (name, operator)) in wanted.iter().enumerate() {
        let pairs = call.query().filter(|(found, _)| found == name);
        let values: Vec<String> = pairs.map(|(_, value)| value.into_owned()).collect();
        let (between, text) = (operator.between(" = "), operator.expected());
        let wanted = format!("Query: {name}{between}{text}");
        let line = Line::new("Query", wanted, named(name, &values), fits(parts, at));
        lines.push(line);
    }
    if !wanted.is_empty() {
        lines.push(Line::blank());
    }
}

/// Values with their name, a line each.
fn named(name: &str, values: &[String]) -> String {
    let lines = values.iter().map(|value| format!("{name}: {value}"));
    lines.collect::<Vec<_>>().join("\n")
}

fn bodies(expected: &Expected<'_>, call: &Call, parts: &[Part], lines: &mut Vec<Line>) {
    let patterns = expected.request.get("bodyPatterns");
    let patterns = patterns.and_then(Value::as_array).into_iter().flatten();
    for (at, pattern) in patterns.enumerate() {
        let Some(operator) = Printed::of(pattern).filter(|_| !fits(parts, at)) else {
            continue;
        };
        let compiled = expected.pattern.body.get(at);
        let (wanted, found) = body(&operator, compiled, call);
        lines.push(Line::new("Body", wanted, found, false));
    }
}

/// What a pattern wants of the body, and what the body is.
fn body(operator: &Printed<'_>, compiled: Option<&Operator>, call: &Call) -> (String, String) {
    let text = || String::from_utf8_lossy(&call.body).into_owned();
    match operator.name {
        "matchesJsonPath" | "matchesXPath" => path(operator, compiled, call),
        "binaryEqualTo" => (operator.expected(), STANDARD.encode(&call.body)),
        name => {
            let found = match name {
                "equalToJson" => indented(&text()).unwrap_or_else(text),
                _ => text(),
            };
            let wanted = format!("[{name}]\n{}", operator.expected());
            (wanted, format!("\n{found}"))
        }
    }
}

/// The same of a pattern for what is found at a path.
fn path(operator: &Printed<'_>, compiled: Option<&Operator>, call: &Call) -> (String, String) {
    let text = || String::from_utf8_lossy(&call.body).into_owned();
    let Some(expression) = operator.value.get("expression").and_then(Value::as_str) else {
        return (operator.expected(), text());
    };
    let Some(inner) = Printed::of(operator.value) else {
        return (expression.to_owned(), text());
    };
    let wanted = format!("{expression} [{}] {}", inner.name, inner.expected());
    let Some(Operator::MatchesJsonPath { path, .. }) = compiled else {
        return (wanted, text());
    };
    let found = call.json().and_then(|json| match path.find(json) {
        Found::Missing => None,
        Found::One(value) => Some(text_of(value)),
        Found::Computed(value) => Some(text_of(&value)),
        Found::Many(values) if values.is_empty() => None,
        Found::Many(values) => {
            let values: Vec<String> = values.iter().map(|value| text_of(value)).collect();
            Some(format!("[{}]", values.join(", ")))
        }
    });
    (wanted, found.unwrap_or_else(text))
}
