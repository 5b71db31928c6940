//! What a request must be like.

use http::{HeaderName, Method};

use super::pattern::{operator, regex_message};
use crate::definition::compile::report::{Place, Report};
use crate::definition::model::RequestPattern as RequestModel;
use crate::matching::operator::whole;
use crate::matching::pattern::{PathTemplate, RequestPattern, UrlPattern};

/// Compiles what a request must be like, below a prefix.
pub(super) fn pattern(
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
