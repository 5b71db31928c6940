//! What is compared, line by line, in WireMock's order.

use serde_json::Value;

use super::body;
use super::printed::{Printed, text_of};
use super::{Expected, Line};
use crate::domain::reply::header_words;
use crate::matching::multipart::{MultipartPattern, Part};
use crate::matching::operator::{Multi, Operator, basic};
use crate::matching::pattern::{RequestPattern, UrlPattern};
use crate::matching::seen::Seen;

/// All lines of a diff.
pub(super) fn lines(expected: &Expected<'_>, seen: &Seen<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    let (pattern, request) = (expected.pattern, expected.request);
    origin(pattern, request, seen, &mut lines);
    lines.push(method(pattern, request, seen));
    lines.push(url(pattern, request, seen));
    lines.push(Line::blank());
    request_headers(pattern, request, seen, &mut lines);
    path(pattern, request, seen, &mut lines);
    let query = |name: &str| seen.query(name).map(Into::into).collect();
    let members = ("Query", "Query", "queryParameters");
    parameters(members, &pattern.query, request, query, seen, &mut lines);
    let form = |name: &str| seen.form(name).map(Into::into).collect();
    let members = ("Form data", "Form", "formParameters");
    parameters(members, &pattern.form, request, form, seen, &mut lines);
    cookies(pattern, request, seen, &mut lines);
    let text = body::Text::of(seen.call, seen.body().map_or("", |body| body.as_str()));
    lines.extend(body::lines(
        &pattern.body,
        request.get("bodyPatterns"),
        &text,
        seen,
    ));
    multipart(pattern, request, seen, &mut lines);
    lines.extend(expected.scenario.map(|scenario| {
        let state = |state: &str| format!("[Scenario '{}' state: {state}]", scenario.name);
        // WireMock compares the state with the line that names it, so it complains always.
        let (wanted, found) = (state(scenario.required), state(scenario.actual));
        Line::new("Scenario", wanted, found, false)
    }));
    lines
}

impl Line {
    /// A line that only divides.
    pub(super) fn blank() -> Self {
        Self::bare(String::new(), String::new())
    }

    fn bare(wanted: String, found: String) -> Self {
        Self {
            wanted,
            found,
            complaint: None,
        }
    }

    /// A line about `what`. WireMock complains of everything that is not there, wanted or not.
    pub(super) fn new(what: &str, wanted: String, found: String, fits: bool) -> Self {
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

/// Host, port, address and scheme, where the pattern asks for them.
fn origin(pattern: &RequestPattern, request: &Value, seen: &Seen<'_>, lines: &mut Vec<Line>) {
    let call = seen.call;
    let text_fits = |operator: &Operator, text: &str| operator.test(Some(&seen.subject(text)));
    let written = |key: &str| request.get(key).and_then(Printed::of);
    if let Some((operator, host)) = pattern.host.as_ref().zip(written("host")) {
        let wanted = format!("{}{}", host.between(""), host.expected());
        let fits = text_fits(operator, call.host());
        lines.push(Line::new(
            "Host",
            wanted.trim().into(),
            call.host().into(),
            fits,
        ));
    }
    if let Some(port) = pattern.port {
        let fits = port == call.port();
        lines.push(Line::new(
            "Port",
            port.to_string(),
            call.port().to_string(),
            fits,
        ));
    }
    if let Some((operator, address)) = pattern.client_ip.as_ref().zip(written("clientIp")) {
        let wanted = format!("{} {}", address.name, address.expected());
        let fits = text_fits(operator, call.client_ip());
        lines.push(Line::new("ClientIp", wanted, call.client_ip().into(), fits));
    }
    if let Some(scheme) = &pattern.scheme {
        let fits = scheme == call.scheme();
        lines.push(Line::new(
            "Scheme",
            scheme.clone(),
            call.scheme().into(),
            fits,
        ));
    }
}

fn method(pattern: &RequestPattern, request: &Value, seen: &Seen<'_>) -> Line {
    let wanted = request.get("method").and_then(Value::as_str);
    let wanted = wanted.unwrap_or("ANY").to_owned();
    let found = seen.call.method.to_string();
    Line::new("HTTP method", wanted, found, pattern.method_fits(seen))
}

fn url(pattern: &RequestPattern, request: &Value, seen: &Seen<'_>) -> Line {
    const KEYS: [(&str, &str); 5] = [
        ("url", ""),
        ("urlPattern", "[regex] "),
        ("urlPath", "[path] "),
        ("urlPathPattern", "[path regex] "),
        ("urlPathTemplate", "[path template] "),
    ];
    let fits = pattern.url.test(seen).is_some();
    let found = seen.call.target.clone();
    let wanted = KEYS.iter().find_map(|(key, prefix)| {
        let wanted = request.get(key)?.as_str()?;
        Some((*key, *prefix, wanted))
    });
    let Some((key, prefix, wanted)) = wanted else {
        return Line::new("URL", "(always)".into(), found, fits);
    };
    let mut line = Line::new("URL", format!("{prefix}{wanted}"), found, fits);
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

fn request_headers(
    pattern: &RequestPattern,
    request: &Value,
    seen: &Seen<'_>,
    lines: &mut Vec<Line>,
) {
    let before = lines.len();
    let credentials = ["basicAuthCredentials", "basicAuth"]
        .iter()
        .find_map(|key| request.get(*key));
    if let Some(given) = credentials {
        let text = |key: &str| given.get(key).map(text_of).unwrap_or_default();
        let encoded = basic(&text("username"), &text("password"));
        let name = http::header::AUTHORIZATION;
        let values: Vec<String> = seen.header(&name).map(Into::into).collect();
        let compiled = pattern.headers.iter().find(|(found, _)| *found == name);
        let fits = compiled.is_none_or(|(_, multi)| multi.test(|| seen.header(&name), seen.now));
        let wanted = format!("Authorization [prefix] : Basic {encoded}");
        let found = named("Authorization", &values);
        lines.push(Line::new("Header", wanted, found, fits));
    }
    let replaced = |name: &str| credentials.is_some() && name.eq_ignore_ascii_case("authorization");
    let wanted = operators(request, "headers").into_iter();
    for (name, operator) in wanted.filter(|(name, _)| !replaced(name)) {
        let compiled = pattern.headers.iter();
        let mut compiled = compiled.filter(|(found, _)| found.as_str().eq_ignore_ascii_case(name));
        let Some((known, multi)) = compiled.next() else {
            continue;
        };
        let values: Vec<String> = seen.header(known).map(Into::into).collect();
        let fits = multi.test(|| seen.header(known), seen.now);
        lines.push(header(name, &header_words(known), operator, &values, fits));
    }
    if lines.len() > before {
        lines.push(Line::blank());
    }
}

/// A header that is there is called as the caller called it, one that is not as the pattern does.
fn header(name: &str, called: &str, operator: Printed<'_>, values: &[String], fits: bool) -> Line {
    let called = if values.is_empty() { name } else { called };
    let text = match operator.expected() {
        text if text.is_empty() => text,
        text => format!(": {text}"),
    };
    let wanted = format!("{called}{}{text}", operator.between(""));
    Line::new("Header", wanted, named(called, values), fits)
}

fn path(pattern: &RequestPattern, request: &Value, seen: &Seen<'_>, lines: &mut Vec<Line>) {
    let UrlPattern::Template(template) = &pattern.url else {
        return;
    };
    let wanted = operators(request, "pathParameters");
    let Some(captures) = template
        .captures(seen.call.path())
        .filter(|_| !wanted.is_empty())
    else {
        return;
    };
    for (name, value) in captures {
        let compiled = pattern.path.iter().find(|(found, _)| found == name);
        let written = wanted.iter().find(|(found, _)| *found == name);
        if let Some(((_, operator), (_, written))) = compiled.zip(written) {
            let fits = operator.test(Some(&seen.subject(value)));
            let (between, text) = (written.between(" = "), written.given());
            let wanted = format!("Path parameter: {name}{between}{text}");
            lines.push(Line::new("Path parameter", wanted, value.to_owned(), fits));
        }
    }
    lines.push(Line::blank());
}

/// Parameters of the query or of a form: what they are called in a complaint, in a line, and in the
/// definition.
fn parameters(
    (what, label, key): (&str, &str, &str),
    compiled: &[(String, Multi)],
    request: &Value,
    values: impl Fn(&str) -> Vec<String>,
    seen: &Seen<'_>,
    lines: &mut Vec<Line>,
) {
    let wanted = operators(request, key);
    for (name, operator) in &wanted {
        let Some((_, multi)) = compiled.iter().find(|(found, _)| found == name) else {
            continue;
        };
        let values = values(name);
        let fits = multi.test(
            || values.iter().map(|value| value.as_str().into()),
            seen.now,
        );
        let (between, text) = (operator.between(" = "), operator.expected());
        let wanted = format!("{label}: {name}{between}{text}");
        lines.push(Line::new(what, wanted, named(name, &values), fits));
    }
    if !wanted.is_empty() {
        lines.push(Line::blank());
    }
}

fn cookies(pattern: &RequestPattern, request: &Value, seen: &Seen<'_>, lines: &mut Vec<Line>) {
    let wanted = operators(request, "cookies");
    for (name, written) in &wanted {
        let Some((_, operator)) = pattern.cookies.iter().find(|(found, _)| found == name) else {
            continue;
        };
        let mut values = seen.cookie(name).peekable();
        let value = values
            .peek()
            .map(|value| value.to_string())
            .unwrap_or_default();
        let fits = values.any(|value| operator.test(Some(&seen.subject(value))));
        let (between, text) = (written.between("="), written.given());
        let wanted = format!("Cookie: {name}{between}{text}");
        lines.push(Line::new("Cookie", wanted, value, fits));
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

fn multipart(pattern: &RequestPattern, request: &Value, seen: &Seen<'_>, lines: &mut Vec<Line>) {
    let written = request.get("multipartPatterns").and_then(Value::as_array);
    let written = written.into_iter().flatten();
    for (pattern, written) in pattern.multipart.iter().zip(written) {
        let Some(parts) = seen.parts().filter(|parts| !parts.is_empty()) else {
            let what = "[Multipart request body]";
            lines.push(Line::new(what, what.into(), String::new(), false));
            continue;
        };
        if pattern.test(seen) {
            continue;
        }
        for part in parts {
            one_part(pattern, written, part, seen, lines);
        }
    }
}

/// A part beside the pattern that it does not fit.
fn one_part(
    pattern: &MultipartPattern,
    written: &Value,
    part: &Part<'_>,
    seen: &Seen<'_>,
    lines: &mut Vec<Line>,
) {
    let wanted = written.get("name").and_then(Value::as_str);
    let wanted = wanted.map(|name| format!(": {name}")).unwrap_or_default();
    lines.push(Line::blank());
    lines.push(Line::bare(
        format!("[Multipart{wanted}]"),
        format!("[{}]", part.name),
    ));
    lines.push(Line::blank());
    let wanted = operators(written, "headers");
    for (name, operator) in &wanted {
        let same = |found: &str| found.eq_ignore_ascii_case(name);
        let found: Vec<_> = part
            .headers
            .iter()
            .filter(|(found, _)| same(found))
            .collect();
        let values: Vec<String> = found.iter().map(|(_, value)| value.to_string()).collect();
        let called = found.first().map_or(*name, |(called, _)| *called);
        let mut compiled = pattern.headers.iter().flatten();
        let compiled = compiled.find(|(found, _)| same(found.as_str()));
        let given = || values.iter().map(|value| value.as_str().into());
        let fits = compiled.is_none_or(|(_, multi)| multi.test(given, seen.now));
        lines.push(header(name, called, *operator, &values, fits));
    }
    if !wanted.is_empty() {
        lines.push(Line::blank());
    }
    let text = part.text();
    let text = body::Text {
        text: &text,
        bytes: part.body,
        json: None,
    };
    let compiled = pattern.body.as_deref().unwrap_or_default();
    lines.extend(body::lines(
        compiled,
        written.get("bodyPatterns"),
        &text,
        seen,
    ));
    lines.push(Line::blank());
    lines.push(Line::bare(
        "[/Multipart]".into(),
        format!("[/{}]", part.name),
    ));
    lines.push(Line::blank());
}
