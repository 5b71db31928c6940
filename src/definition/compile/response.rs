//! Responses: prepared as far as they do not depend on the call.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use indexmap::IndexMap;
use serde_json::Value;

use super::expression::{Scope, document, stub_template, template};
use super::layers::{Layers, Profiled};
use super::report::{Place, Report};
use crate::definition::compiled::{
    BodySpec, CauseSpec, Files, HeaderSpec, RefusalSpec, ResponseSpec,
};
use crate::definition::model::{Cause, OneOrMany, Response};
use crate::render::as_java_reads;

/// WireMock's name for templates in a stub's response.
const RESPONSE_TEMPLATE: &str = "response-template";

/// How the texts of a response are read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind<'a> {
    /// A tool's: all texts are templates over these names, and `jsonBody` keeps types.
    Tool(&'a Scope),
    /// A stub's, as in WireMock: templates only by a transformer, and `jsonBody` as a text.
    Stub,
}

impl<'a> Kind<'a> {
    fn scope(self) -> Option<&'a Scope> {
        match self {
            Self::Tool(scope) => Some(scope),
            Self::Stub => None,
        }
    }
}

/// Compiles a response. None at all is an empty 200.
pub(super) fn response(
    model: Option<&Response>,
    kind: Kind<'_>,
    files: &Files,
    place: &Place,
    report: &mut Report,
) -> Option<ResponseSpec> {
    let nothing = Response::default();
    let model = model.unwrap_or(&nothing);
    let status = status(model.status.unwrap_or(200), &place.at("status"), report);
    for (at, transformer) in model.transformers.iter().enumerate() {
        if transformer != RESPONSE_TEMPLATE {
            let place = place.at("transformers").at(at);
            report.unknown(&place, "transformer", transformer, [RESPONSE_TEMPLATE]);
        }
    }
    let scope = kind.scope();
    let templated = scope.is_some() || !model.transformers.is_empty();
    let headers = headers(
        &model.headers,
        templated,
        scope,
        &place.at("headers"),
        report,
    );
    let body = body(model, kind, templated, files, place, report)?;
    let mut headers = headers?;
    let has_type = headers.iter().any(|header| match header {
        HeaderSpec::Static(name, _) | HeaderSpec::Template(name, _) => name == CONTENT_TYPE,
    });
    // A stub's `jsonBody` brings no type along: WireMock leaves that to the author.
    let brings_type = scope.is_some() && model.json_body.is_some();
    if brings_type && !has_type && !matches!(body, BodySpec::Document(_)) {
        let json = HeaderValue::from_static("application/json");
        headers.push(HeaderSpec::Static(CONTENT_TYPE, json));
    }
    Some(ResponseSpec {
        status: status?,
        headers,
        body,
        delay: Duration::from_millis(model.fixed_delay_milliseconds.unwrap_or(0)),
        parameters: parameters(model),
    })
}

/// What templates see as `parameters`: numbers are what Java makes of them.
fn parameters(model: &Response) -> Value {
    let mut parameters = Value::Object(model.transformer_parameters.clone().unwrap_or_default());
    as_java_reads(&mut parameters);
    parameters
}

/// Compiles a status code.
pub(super) fn status(code: u16, place: &Place, report: &mut Report) -> Option<StatusCode> {
    match StatusCode::from_u16(code) {
        Ok(status) if (200..=599).contains(&code) => Some(status),
        _ => {
            report.error(
                place,
                format!("{code} is not a status of a final response"),
                "expected 200 to 599",
            );
            None
        }
    }
}

/// Compiles how a profile's refusals look. `kind` is what they are causes of, `known` those that there
/// are, and `scope` has the names of the call.
pub(super) fn refusals<T: Profiled>(
    layers: &Layers<'_, T>,
    (kind, known): (&str, &[&str]),
    scope: &Scope,
    report: &mut Report,
) -> Arc<RefusalSpec> {
    let models = layers.refusals();
    for (name, (_, place)) in &models {
        if !known.contains(name) {
            let kind = format!("cause of {kind}");
            report.unknown_key(place, &kind, name, known.iter().copied());
        }
    }
    shaped(&models, scope, report)
}

/// Compiles how refusals of any cause look that the names of a call are there for.
pub(super) fn shaped(
    models: &IndexMap<&str, (&Cause, Place)>,
    scope: &Scope,
    report: &mut Report,
) -> Arc<RefusalSpec> {
    Arc::new(RefusalSpec {
        causes: causes(models, Some(&scope.of_refusal()), report),
        ..RefusalSpec::default()
    })
}

/// Compiles how causes of refusal look. With a scope, the names in their templates are checked.
pub(super) fn causes(
    models: &IndexMap<&str, (&Cause, Place)>,
    scope: Option<&Scope>,
    report: &mut Report,
) -> BTreeMap<Arc<str>, CauseSpec> {
    let mut causes = BTreeMap::new();
    for (name, (model, place)) in models {
        let status = model.status;
        let status = status.and_then(|code| self::status(code, &place.at("status"), report));
        let title = model.title.as_ref();
        let body = model.json_body.as_ref();
        let headers = headers(&model.headers, true, scope, &place.at("headers"), report);
        let cause = CauseSpec {
            status,
            title: title.and_then(|text| template(text, scope, &place.at("title"), report)),
            headers: headers.unwrap_or_default(),
            body: body.and_then(|body| document(body, scope, &place.at("jsonBody"), report)),
        };
        causes.insert(Arc::from(*name), cause);
    }
    causes
}

/// Compiles headers out of layers.
pub(super) fn header_table(
    table: &IndexMap<&str, (&OneOrMany<String>, Place)>,
    scope: &Scope,
    report: &mut Report,
) -> Option<Vec<HeaderSpec>> {
    let mut compiled = Some(Vec::new());
    for (name, (values, place)) in table {
        let one = IndexMap::from([((*name).to_owned(), (*values).clone())]);
        let headers = headers(&one, true, Some(scope), &place.parent(), report);
        compiled = compiled.zip(headers).map(|(mut all, headers)| {
            all.extend(headers);
            all
        });
    }
    compiled
}

/// Compiles headers.
pub(super) fn headers(
    headers: &IndexMap<String, OneOrMany<String>>,
    templated: bool,
    scope: Option<&Scope>,
    place: &Place,
    report: &mut Report,
) -> Option<Vec<HeaderSpec>> {
    let mut compiled = Vec::new();
    let mut whole = true;
    for (name, values) in headers {
        let place = place.at(name);
        let Ok(header) = HeaderName::from_bytes(name.as_bytes()) else {
            report.error_at_key(
                &place,
                format!("`{name}` is not a name of a header"),
                "not a token (RFC 9110 §5.1)",
            );
            whole = false;
            continue;
        };
        for (at, value) in values.items.iter().enumerate() {
            let place = if values.listed {
                place.at(at)
            } else {
                place.clone()
            };
            match one_header(&header, value, templated, scope, &place, report) {
                Some(spec) => compiled.push(spec),
                None => whole = false,
            }
        }
    }
    whole.then_some(compiled)
}

fn one_header(
    name: &HeaderName,
    value: &str,
    templated: bool,
    scope: Option<&Scope>,
    place: &Place,
    report: &mut Report,
) -> Option<HeaderSpec> {
    let mut fixed = value.to_owned();
    if templated {
        let template = match scope {
            Some(_) => template(value, scope, place, report)?,
            None => stub_template(value, place, report)?,
        };
        match template.text() {
            // Comments and escaped tags are no part of what is served.
            Some(text) => text.clone_into(&mut fixed),
            None => return Some(HeaderSpec::Template(name.clone(), template)),
        }
    }
    match HeaderValue::from_str(&fixed) {
        Ok(value) => Some(HeaderSpec::Static(name.clone(), value)),
        Err(_) => {
            report.error(
                place,
                "not a value of a header",
                "it has characters that a header cannot carry",
            );
            None
        }
    }
}

fn body(
    model: &Response,
    kind: Kind<'_>,
    templated: bool,
    files: &Files,
    place: &Place,
    report: &mut Report,
) -> Option<BodySpec> {
    let given = [
        ("body", model.body.is_some()),
        ("jsonBody", model.json_body.is_some()),
        ("bodyFileName", model.body_file_name.is_some()),
    ];
    let given: Vec<&str> = given
        .into_iter()
        .filter_map(|(key, there)| there.then_some(key))
        .collect();
    if let [first, second, ..] = given.as_slice() {
        let message = format!("a response has one body, not `{first}` and `{second}`");
        report.error_at_key(&place.at(second), message, "one too many");
        return None;
    }
    if let Some(json) = &model.json_body {
        return json_body(json, kind, templated, &place.at("jsonBody"), report);
    }
    if let Some(name) = &model.body_file_name {
        let place = place.at("bodyFileName");
        let Some(bytes) = files.get(name) else {
            report.unknown(&place, "file", name, files.keys().map(String::as_str));
            return None;
        };
        return match std::str::from_utf8(bytes) {
            Ok(text) if templated => text_body(text, kind, &place, report),
            _ => Some(BodySpec::Static(bytes.clone())),
        };
    }
    match &model.body {
        Some(text) if templated => text_body(text, kind, &place.at("body"), report),
        Some(text) => Some(BodySpec::Static(Bytes::copy_from_slice(text.as_bytes()))),
        None => Some(BodySpec::Static(Bytes::new())),
    }
}

fn json_body(
    json: &Value,
    kind: Kind<'_>,
    templated: bool,
    place: &Place,
    report: &mut Report,
) -> Option<BodySpec> {
    if let Some(scope) = kind.scope() {
        let document = document(json, Some(scope), place, report)?;
        return Some(match document.as_static() {
            Some(value) => BodySpec::Static(value.to_string().into()),
            None => BodySpec::Document(document),
        });
    }
    let mut json = json.clone();
    as_java_reads(&mut json);
    let text = json.to_string();
    if templated {
        text_body(&text, kind, place, report)
    } else {
        Some(BodySpec::Static(text.into()))
    }
}

fn text_body(text: &str, kind: Kind<'_>, place: &Place, report: &mut Report) -> Option<BodySpec> {
    let template = match kind {
        Kind::Tool(scope) => template(text, Some(scope), place, report)?,
        Kind::Stub => stub_template(text, place, report)?,
    };
    // Comments and escaped tags are no part of what is served.
    let fixed = template
        .text()
        .map(|text| Bytes::copy_from_slice(text.as_bytes()));
    Some(match fixed {
        Some(bytes) => BodySpec::Static(bytes),
        None => BodySpec::Template(template),
    })
}
