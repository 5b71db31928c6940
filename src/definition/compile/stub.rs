//! Stubs in WireMock's words.

use std::sync::Arc;

use http::{HeaderName, Method};
use serde_json::Value;

use super::listener::listeners;
use super::merged::PackSource;
use super::report::{Place, Report};
use super::response::{self, Kind};
use super::tool;
use crate::definition::compiled::{Files, LimitSpec, Pack, Stub};
use crate::definition::model::{PackFile, Pattern, RequestPattern as RequestModel, StubMapping};
use crate::matching::json_equal::{EqualOptions, EqualTo};
use crate::matching::json_path::JsonPath;
use crate::matching::operator::{Operator, whole};
use crate::matching::pattern::{PathTemplate, RequestPattern, UrlPattern};

/// WireMock's default: 1 is the highest.
const DEFAULT_PRIORITY: u32 = 5;

/// Compiles a stub. `source` is its definition as it was given; the id stands in it afterwards.
pub fn stub(
    model: &StubMapping,
    source: &Value,
    id: &Arc<str>,
    pack: Option<Owner<'_>>,
    files: &Files,
    place: &Place,
    report: &mut Report,
) -> Option<Stub> {
    let nothing = RequestModel::default();
    let request = model.request.as_ref().unwrap_or(&nothing);
    let prefix = pack.map_or("", |owner| owner.pack.prefix.as_str());
    let pattern = pattern(request, prefix, &place.at("request"), report);
    let tool = match does_more(model) {
        true => Some(tool::of_stub(model, id, pack, files, place, report)?),
        false => None,
    };
    let listeners = listeners(model, place, report);
    let place = place.at("response");
    let response = response::response(model.response.as_ref(), Kind::Stub, files, &place, report);
    Some(Stub {
        id: id.clone(),
        name: model.name.as_deref().map(Into::into),
        pack: pack.map(|owner| owner.pack.clone()),
        pattern: pattern?,
        priority: model.priority.unwrap_or(DEFAULT_PRIORITY),
        response: response?,
        tool: tool.map(Arc::new),
        listeners: listeners?,
        source: Arc::new(with_id(source, id)),
    })
}

/// The pack that a stub belongs to, and what is beside it.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The pack as compiled.
    pub pack: &'a Arc<Pack>,
    /// The pack as written.
    pub source: &'a PackSource,
    /// The profiles that all packs share.
    pub shared: &'a [(PackFile, Place)],
    /// The stubs before, of other packs too.
    pub before: &'a [Arc<Stub>],
}

impl Owner<'_> {
    /// The limits of the pack, of its tools and of its stubs before.
    pub(super) fn limits(&self) -> Vec<Arc<LimitSpec>> {
        let of_pack = |stub: &&Arc<Stub>| {
            stub.pack
                .as_ref()
                .is_some_and(|pack| pack.name == self.pack.name)
        };
        let stubs = self.before.iter().filter(of_pack);
        let stubs = stubs.filter_map(|stub| stub.tool.as_ref());
        let tools = self.pack.tools.values().chain(stubs);
        let limits = tools.flat_map(|tool| &tool.guards.limits);
        limits.chain(&self.pack.limits).cloned().collect()
    }
}

/// Whether a stub does more than answer.
fn does_more(model: &StubMapping) -> bool {
    model.auth.is_some()
        || model.rate_limit.is_some()
        || model.idempotency.is_some()
        || model.pagination.is_some()
        || model.batch.is_some()
}

/// The definition as WireMock lists it: with `id` and `uuid`.
fn with_id(source: &Value, id: &str) -> Value {
    let mut listed = serde_json::Map::new();
    listed.insert("id".into(), id.into());
    if let Value::Object(members) = source {
        let others = members
            .iter()
            .filter(|(name, _)| *name != "id" && *name != "uuid");
        listed.extend(others.map(|(name, value)| (name.clone(), value.clone())));
    }
    listed.insert("uuid".into(), id.into());
    Value::Object(listed)
}

fn pattern(
    model: &RequestModel,
    prefix: &str,
    place: &Place,
    report: &mut Report,
) -> Option<RequestPattern> {
    let method = match model.method.as_deref() {
        None => Some(None),
        Some(any) if any.eq_ignore_ascii_case("any") => Some(None),
        Some(name) => match Method::from_bytes(name.to_ascii_uppercase().as_bytes()) {
            Ok(method) => Some(Some(method)),
            Err(_) => {
                report.error(
                    &place.at("method"),
                    format!("`{name}` is not a method"),
                    "expected GET, POST … or ANY",
                );
                None
            }
        },
    };
    let url = url(model, prefix, place, report);
    let mut whole = true;
    let mut headers = Vec::new();
    for (name, pattern) in &model.headers {
        let place = place.at("headers").at(name);
        let Ok(header) = HeaderName::from_bytes(name.as_bytes()) else {
            report.error_at_key(
                &place,
                format!("`{name}` is not a name of a header"),
                "not a token (RFC 9110 §5.1)",
            );
            whole = false;
            continue;
        };
        match operator(pattern, &place, report) {
            Some(operator) => headers.push((header, operator)),
            None => whole = false,
        }
    }
    let mut query = Vec::new();
    for (name, pattern) in &model.query_parameters {
        match operator(pattern, &place.at("queryParameters").at(name), report) {
            Some(operator) => query.push((name.clone(), operator)),
            None => whole = false,
        }
    }
    let mut body = Vec::new();
    for (at, pattern) in model.body_patterns.iter().enumerate() {
        match operator(pattern, &place.at("bodyPatterns").at(at), report) {
            Some(operator) => body.push(operator),
            None => whole = false,
        }
    }
    let pattern = RequestPattern {
        head: false,
        method: method?,
        url: url?,
        headers,
        query,
        body,
    };
    whole.then_some(pattern)
}

fn url(
    model: &RequestModel,
    prefix: &str,
    place: &Place,
    report: &mut Report,
) -> Option<UrlPattern> {
    let given = [
        ("url", &model.url),
        ("urlPattern", &model.url_pattern),
        ("urlPath", &model.url_path),
        ("urlPathPattern", &model.url_path_pattern),
        ("urlPathTemplate", &model.url_path_template),
    ];
    let given: Vec<(&str, &str)> = given
        .into_iter()
        .filter_map(|(key, value)| Some((key, value.as_deref()?)))
        .collect();
    if let [(first, _), (second, _), ..] = given.as_slice() {
        let message = format!("a request has one URL, not `{first}` and `{second}`");
        report.error_at_key(&place.at(second), message, "one too many");
        return None;
    }
    let Some((key, text)) = given.first().copied() else {
        return Some(below(prefix));
    };
    let place = place.at(key);
    let compiled = match key {
        "url" => Ok(UrlPattern::Url(format!("{prefix}{text}"))),
        "urlPath" => Ok(UrlPattern::Path(format!("{prefix}{text}"))),
        "urlPathTemplate" => {
            PathTemplate::parse(text).map(|template| UrlPattern::Template(template.below(prefix)))
        }
        // What is no pattern by itself must not become one by what is put around it.
        _ => whole(text)
            .and_then(|alone| match prefix {
                "" => Ok(alone),
                _ => whole(&format!("{}(?:{text})", regex::escape(prefix))),
            })
            .map(|regex| match key {
                "urlPattern" => UrlPattern::UrlRegex(regex),
                _ => UrlPattern::PathRegex(regex),
            })
            .map_err(|error| regex_message(&error)),
    };
    match compiled {
        Ok(url) => Some(url),
        Err(message) => {
            report.error(&place, message, "in this URL");
            None
        }
    }
}

/// A stub without a URL claims everything of its pack, and nothing of others.
fn below(prefix: &str) -> UrlPattern {
    match whole(&format!("{}(?:/.*)?", regex::escape(prefix))) {
        Ok(regex) if !prefix.is_empty() => UrlPattern::PathRegex(regex),
        _ => UrlPattern::Any,
    }
}

/// Compiles what a value must be like.
fn operator(model: &Pattern, place: &Place, report: &mut Report) -> Option<Operator> {
    let given = operators(model);
    match given.as_slice() {
        [_] => {}
        [] => {
            report.error(
                place,
                "no operator",
                format!("expected one of {}", OPERATORS.join(", ")),
            );
            return None;
        }
        [first, second, ..] => {
            let message = format!("a pattern has one operator, not `{first}` and `{second}`");
            report.error_at_key(&place.at(second), message, "one too many");
            return None;
        }
    }
    if let Some(text) = &model.equal_to {
        return Some(Operator::EqualTo {
            text: text.clone(),
            ignore_case: model.case_insensitive.unwrap_or(false),
        });
    }
    if let Some(part) = &model.contains {
        return Some(Operator::Contains(part.clone()));
    }
    if let Some(pattern) = &model.matches {
        return regex(pattern, &place.at("matches"), report).map(Operator::Matches);
    }
    if let Some(pattern) = &model.does_not_match {
        return regex(pattern, &place.at("doesNotMatch"), report).map(Operator::DoesNotMatch);
    }
    if let Some(expected) = &model.equal_to_json {
        return equal_to_json(model, expected, &place.at("equalToJson"), report);
    }
    if let Some(path) = &model.matches_json_path {
        return matches_json_path(path, &place.at("matchesJsonPath"), report);
    }
    Some(Operator::Absent)
}

const OPERATORS: [&str; 7] = [
    "equalTo",
    "contains",
    "matches",
    "doesNotMatch",
    "absent",
    "equalToJson",
    "matchesJsonPath",
];

fn operators(model: &Pattern) -> Vec<&'static str> {
    let given = [
        model.equal_to.is_some(),
        model.contains.is_some(),
        model.matches.is_some(),
        model.does_not_match.is_some(),
        model.absent.is_some(),
        model.equal_to_json.is_some(),
        model.matches_json_path.is_some(),
    ];
    OPERATORS
        .into_iter()
        .zip(given)
        .filter_map(|(name, there)| there.then_some(name))
        .collect()
}

fn regex(pattern: &str, place: &Place, report: &mut Report) -> Option<regex::Regex> {
    match whole(pattern) {
        Ok(regex) => Some(regex),
        Err(error) => {
            report.error(place, regex_message(&error), "in this regular expression");
            None
        }
    }
}

fn regex_message(error: &regex::Error) -> String {
    let text = error.to_string();
    let cause = text.lines().last().unwrap_or(&text);
    format!(
        "not a regular expression: {}",
        cause.trim_start_matches("error: ")
    )
}

fn equal_to_json(
    model: &Pattern,
    expected: &Value,
    place: &Place,
    report: &mut Report,
) -> Option<Operator> {
    let expected = match expected {
        Value::String(text) => match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => {
                report.error(
                    place,
                    format!("not JSON: {error}"),
                    "expected a document, or a text that holds one",
                );
                return None;
            }
        },
        value => value.clone(),
    };
    let options = EqualOptions {
        ignore_array_order: model.ignore_array_order.unwrap_or(false),
        ignore_extra_elements: model.ignore_extra_elements.unwrap_or(false),
        placeholders: true,
    };
    match EqualTo::compile(expected, options) {
        Ok(pattern) => Some(Operator::EqualToJson(Box::new(pattern))),
        Err(error) => {
            report.error(
                &place.below(&error.pointer),
                error.message,
                "in this placeholder",
            );
            None
        }
    }
}

fn matches_json_path(value: &Value, place: &Place, report: &mut Report) -> Option<Operator> {
    let (source, path_place, inner) = match value {
        Value::String(source) => (source.clone(), place.clone(), None),
        Value::Object(members) => {
            let mut members = members.clone();
            let path_place = place.at("expression");
            let Some(Value::String(source)) = members.shift_remove("expression") else {
                report.error(
                    place,
                    "no `expression`",
                    "expected a JSONPath as `expression`",
                );
                return None;
            };
            let model: Pattern = match serde_json::from_value(Value::Object(members)) {
                Ok(model) => model,
                Err(error) => {
                    report.error(
                        place,
                        error.to_string(),
                        "expected `expression` and one operator",
                    );
                    return None;
                }
            };
            (source, path_place, Some(operator(&model, place, report)?))
        }
        _ => {
            report.error(
                place,
                "expected a JSONPath, or an object with `expression`",
                "",
            );
            return None;
        }
    };
    match JsonPath::compile(&source) {
        Ok(path) => Some(Operator::MatchesJsonPath {
            path: Box::new(path),
            source,
            inner: inner.map(Box::new),
        }),
        Err(error) => {
            report.error_within(
                &path_place,
                &source,
                error.offset,
                format!("not a JSONPath: {}", error.message),
                "here",
            );
            None
        }
    }
}
