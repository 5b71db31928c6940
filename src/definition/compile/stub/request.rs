//! What a request must be like.

use http::{HeaderName, Method, header};
use indexmap::IndexMap;

use super::pattern::{body, multi, operator};
use crate::definition::compile::report::{Place, Report, optional};
use crate::definition::model::{
    MatchingType, MultipartPattern as MultipartModel, Pattern, RequestPattern as RequestModel,
};
use crate::matching::multipart::MultipartPattern;
use crate::matching::operator::{BodyOperator, Multi, Operator, basic};
use crate::matching::pattern::{PathTemplate, RequestPattern, UrlPattern};
use crate::matching::regular_expression::Whole;

/// Patterns by name, as they are written.
type Named = Option<IndexMap<String, Pattern>>;

/// Compiles what a request must be like, below a prefix.
pub(super) fn pattern(
    model: &RequestModel,
    prefix: &str,
    place: &Place,
    report: &mut Report,
) -> Option<RequestPattern> {
    let method = method(model, place, report);
    let url = url(model, prefix, place, report);
    let mut single = |model: &Option<Pattern>, key| {
        optional(
            model
                .as_ref()
                .map(|model| operator(model, &place.at(key), report)),
        )
    };
    let (host, client_ip) = (
        single(&model.host, "host"),
        single(&model.client_ip, "clientIp"),
    );
    let headers = headers(&model.headers, &place.at("headers"), report);
    let path = named(
        &model.path_parameters,
        &place.at("pathParameters"),
        operator,
        report,
    );
    let query = named(
        &model.query_parameters,
        &place.at("queryParameters"),
        multi,
        report,
    );
    let form = named(
        &model.form_parameters,
        &place.at("formParameters"),
        multi,
        report,
    );
    let cookies = named(&model.cookies, &place.at("cookies"), operator, report);
    let bodies = model.body_patterns.as_deref().unwrap_or_default();
    let body = bodies_of(bodies, &place.at("bodyPatterns"), report);
    let multipart = multipart(model, &place.at("multipartPatterns"), report);
    if let Some(custom) = &model.custom_matcher {
        let name = custom.name.as_deref().unwrap_or("");
        let message = format!("unknown matcher `{name}`");
        report.error(
            &place.at("customMatcher"),
            message,
            "there are no matchers but WireMock's own",
        );
        return None;
    }
    let (method, head) = method?;
    Some(RequestPattern {
        method,
        head,
        url: url?,
        scheme: model.scheme.clone(),
        host: host?,
        port: model.port,
        client_ip: client_ip?,
        path: path?,
        headers: with_credentials(model, headers?),
        query: query?,
        form: form?,
        cookies: cookies?,
        body: body?,
        multipart: multipart?,
    })
}

/// The method, nothing for any, and whether HEAD is taken for GET too.
fn method(
    model: &RequestModel,
    place: &Place,
    report: &mut Report,
) -> Option<(Option<Method>, bool)> {
    let Some(name) = model.method.as_deref().map(str::to_ascii_uppercase) else {
        return Some((None, false));
    };
    match name.as_str() {
        "ANY" => return Some((None, false)),
        "GET_OR_HEAD" => return Some((Some(Method::GET), true)),
        _ => {}
    }
    match Method::from_bytes(name.as_bytes()) {
        Ok(method) => Some((Some(method), false)),
        Err(_) => {
            let message = format!("`{name}` is not a method");
            report.error(&place.at("method"), message, "expected GET, POST … or ANY");
            None
        }
    }
}

/// Compiles the patterns of a table, each by `compile`.
fn named<T>(
    models: &Named,
    place: &Place,
    compile: impl Fn(&Pattern, &Place, &mut Report) -> Option<T>,
    report: &mut Report,
) -> Option<Vec<(String, T)>> {
    let compiled: Vec<_> = models
        .iter()
        .flatten()
        .map(|(name, model)| Some((name.clone(), compile(model, &place.at(name), report)?)))
        .collect();
    compiled.into_iter().collect()
}

fn headers(models: &Named, place: &Place, report: &mut Report) -> Option<Vec<(HeaderName, Multi)>> {
    let compiled: Vec<_> = named(models, place, multi, report)?
        .into_iter()
        .map(|(name, multi)| {
            let header = HeaderName::from_bytes(name.as_bytes());
            if header.is_err() {
                let message = format!("`{name}` is not a name of a header");
                report.error_at_key(&place.at(&name), message, "not a token (RFC 9110 §5.1)");
            }
            Some((header.ok()?, multi))
        })
        .collect();
    compiled.into_iter().collect()
}

/// The credentials stand in for a pattern of the header that carries them.
fn with_credentials(
    model: &RequestModel,
    mut headers: Vec<(HeaderName, Multi)>,
) -> Vec<(HeaderName, Multi)> {
    let given = model.basic_auth.as_ref();
    if let Some(given) = given.or(model.basic_auth_credentials.as_ref()) {
        let credentials = Operator::BasicAuth(basic(&given.username, &given.password));
        headers.retain(|(name, _)| name != header::AUTHORIZATION);
        headers.push((header::AUTHORIZATION, Multi::One(credentials)));
    }
    headers
}

fn bodies_of(models: &[Pattern], place: &Place, report: &mut Report) -> Option<Vec<BodyOperator>> {
    let compiled: Vec<_> = models
        .iter()
        .enumerate()
        .map(|(at, model)| body(model, &place.at(at), report))
        .collect();
    compiled.into_iter().collect()
}

fn multipart(
    model: &RequestModel,
    place: &Place,
    report: &mut Report,
) -> Option<Vec<MultipartPattern>> {
    let models = model.multipart_patterns.iter().flatten();
    let compiled: Vec<_> = models
        .enumerate()
        .map(|(at, model)| part(model, &place.at(at), report))
        .collect();
    compiled.into_iter().collect()
}

fn part(model: &MultipartModel, place: &Place, report: &mut Report) -> Option<MultipartPattern> {
    let asked = model.headers.is_some();
    let headers = asked.then(|| headers(&model.headers, &place.at("headers"), report));
    let bodies = model.body_patterns.as_deref();
    let body = bodies.map(|models| bodies_of(models, &place.at("bodyPatterns"), report));
    Some(MultipartPattern {
        name: model.name.clone(),
        all: matches!(model.matching_type, Some(MatchingType::All)),
        file_name: model.file_name.clone(),
        headers: optional(headers)?,
        body: optional(body)?,
    })
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
    let compiled = match key {
        "url" => Ok(UrlPattern::Url(format!("{prefix}{text}"))),
        "urlPath" => Ok(UrlPattern::Path(format!("{prefix}{text}"))),
        "urlPathTemplate" => {
            PathTemplate::loose(text).map(|template| UrlPattern::Template(template.below(prefix)))
        }
        "urlPattern" => Whole::below(prefix, text).map(UrlPattern::UrlRegex),
        _ => Whole::below(prefix, text).map(UrlPattern::PathRegex),
    };
    match compiled {
        Ok(url) => Some(url),
        Err(message) => {
            report.error(&place.at(key), message, "in this URL");
            None
        }
    }
}

/// A stub without a URL claims everything of its pack, and nothing of others.
fn below(prefix: &str) -> UrlPattern {
    match Whole::below(prefix, "(?:/.*)?") {
        Ok(regex) if !prefix.is_empty() => UrlPattern::PathRegex(regex),
        _ => UrlPattern::Any,
    }
}
