//! Responses: prepared as far as they do not depend on the call.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue};
use indexmap::IndexMap;
use serde_json::Value;

use super::expression::{Scope, document, stub_template, template};
use super::layers::{Layers, Profiled};
use super::report::{Place, Report, optional};
use super::wire;
use super::{answer, stream};
use crate::definition::compiled::{
    BodySpec, CauseSpec, FileName, FileSpec, FileTemplate, Files, HeaderSpec, RefusalSpec,
    ResponseSpec,
};
use crate::definition::model::{Cause, OneOrMany, RESPONSE_TEMPLATE, Response};
use crate::domain::reply::{Kept, header_value};
use crate::render::{Template, as_java_reads};

/// Base64 as Java reads it: padding may be left out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// How the texts of a response are read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind<'a> {
    /// A tool's: all texts are templates over these names, and `jsonBody` keeps types.
    Tool(&'a Scope),
    /// A stub's, as in WireMock: templates only by a transformer, and `jsonBody` as a text.
    Stub,
}

impl<'a> Kind<'a> {
    /// The names of a tool's call.
    pub(super) fn scope(self) -> Option<&'a Scope> {
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
    let mut scope = kind.scope().cloned();
    let names = answer::names(&model.names, scope.as_mut(), &place.at("let"), report);
    let kind = scope.as_ref().map_or(Kind::Stub, Kind::Tool);
    let status = wire::response_status(model.status, kind, &place.at("status"), report);
    let scope = kind.scope();
    for (at, transformer) in model.transformers.iter().enumerate() {
        // To WireMock the name of a transformer that it does not have means nothing.
        if transformer != RESPONSE_TEMPLATE && scope.is_some() {
            let place = place.at("transformers").at(at);
            report.unknown(&place, "transformer", transformer, [RESPONSE_TEMPLATE]);
        }
    }
    let templated = scope.is_some()
        || model
            .transformers
            .iter()
            .any(|name| name == RESPONSE_TEMPLATE);
    let headers = headers(
        &model.headers,
        templated,
        scope,
        &place.at("headers"),
        report,
    );
    let proxy = super::proxy::proxy(model, kind, templated, place, report);
    let body = match &model.proxy_base_url {
        // It is never served.
        Some(_) => Some(BodySpec::Static(Bytes::new())),
        None => body(model, kind, templated, files, place, report),
    };
    if let (Some(_), Some(_)) = (&model.event_stream, model.chunked_dribble_delay) {
        let message = "a stream of events comes in pieces of its own";
        let label = "leave it out, and give the events a `pause`";
        report.error_at_key(&place.at("chunkedDribbleDelay"), message, label);
    }
    if let (Some(_), Kind::Stub) = (&model.when, kind) {
        stream::report_no_names("when", &place.at("when"), report);
    }
    let typed = model
        .headers
        .keys()
        .any(|name| name.eq_ignore_ascii_case(CONTENT_TYPE.as_str()));
    let place_of_stream = place.at("eventStream");
    let stream = model.event_stream.as_ref();
    let stream =
        optional(stream.map(|events| {
            stream::stream(events, kind, (templated, typed), &place_of_stream, report)
        }));
    let (body, proxy, mut headers) = (body?, proxy?, headers?);
    let has_type = headers.iter().any(|header| match header {
        HeaderSpec::Static(name, _) | HeaderSpec::Template(name, _) => name == CONTENT_TYPE,
    });
    // A stub's `jsonBody` brings no type along: WireMock leaves that to the author.
    let brings_type = scope.is_some() && model.json_body.is_some();
    if brings_type && !has_type && !matches!(body, BodySpec::Document(_)) {
        let json = HeaderValue::from_static("application/json");
        headers.push(HeaderSpec::Static(CONTENT_TYPE, json));
    }
    let kept = match &body {
        BodySpec::Static(bytes) if !bytes.is_empty() => Some(Kept::new(bytes.clone())),
        _ => None,
    };
    Some(ResponseSpec {
        names: names?,
        status: status?,
        headers,
        body,
        stream: stream?.map(Box::new),
        reason: model.status_message.as_deref().map(Into::into),
        delay: wire::delays(model),
        dribble: model.chunked_dribble_delay.as_ref().map(wire::dribble),
        fault: model.fault,
        proxy,
        kept,
        parameters: parameters(model),
    })
}

/// What templates see as `parameters`: numbers are what Java makes of them.
fn parameters(model: &Response) -> Value {
    let mut parameters = Value::Object(model.transformer_parameters.clone().unwrap_or_default());
    as_java_reads(&mut parameters);
    parameters
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
        causes: causes(models, &scope.of_refusal(), true, report),
        ..RefusalSpec::default()
    })
}

/// Compiles how causes of refusal look. The names in their templates are checked, if that is wanted.
pub(super) fn causes(
    models: &IndexMap<&str, (&Cause, Place)>,
    scope: &Scope,
    checked: bool,
    report: &mut Report,
) -> BTreeMap<Arc<str>, CauseSpec> {
    let mut causes = BTreeMap::new();
    for (name, (model, place)) in models {
        let mut scope = scope.clone();
        let names = answer::names(&model.names, Some(&mut scope), &place.at("let"), report);
        let scope = Some(&scope).filter(|_| checked);
        let status = model.status;
        let status = status.and_then(|code| wire::status(code, &place.at("status"), report));
        let title = model.title.as_ref();
        let body = model.json_body.as_ref();
        let headers = headers(&model.headers, true, scope, &place.at("headers"), report);
        let cause = CauseSpec {
            names: names.unwrap_or_default(),
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
    match header_value(&fixed) {
        Some(value) => Some(HeaderSpec::Static(name.clone(), value)),
        None => {
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
    // In WireMock's order: of several bodies the first counts.
    let stream = model.event_stream.as_ref();
    let given = [
        (
            "eventStream",
            stream.is_some_and(|events| events.when.is_none()),
        ),
        ("body", model.body.is_some()),
        ("jsonBody", model.json_body.is_some()),
        ("base64Body", model.base64_body.is_some()),
        ("bodyFileName", model.body_file_name.is_some()),
    ];
    let mut given = given.into_iter().filter(|(_, there)| *there);
    let first = given.next();
    if let (Some((first, _)), Some((second, _)), Kind::Tool(_)) = (first, given.next(), kind) {
        let message = format!("a response has one body, not `{first}` and `{second}`");
        report.error_at_key(&place.at(second), message, "one too many");
        return None;
    }
    if let Some(text) = &model.body {
        return match templated {
            true => text_body(text, kind, &place.at("body"), report),
            false => Some(BodySpec::Static(Bytes::copy_from_slice(text.as_bytes()))),
        };
    }
    if let Some(json) = &model.json_body {
        return json_body(json, kind, templated, &place.at("jsonBody"), report);
    }
    if let Some(text) = &model.base64_body {
        return base64_body(text, &place.at("base64Body"), report);
    }
    match &model.body_file_name {
        Some(name) => {
            let place = place.at("bodyFileName");
            file_body(name, kind, templated, files, &place, report)
        }
        None => Some(BodySpec::Static(Bytes::new())),
    }
}

fn file_body(
    name: &str,
    kind: Kind<'_>,
    templated: bool,
    files: &Files,
    place: &Place,
    report: &mut Report,
) -> Option<BodySpec> {
    let name = match templated {
        true => FileName::of(template_of(name, kind, place, report)?),
        false => FileName::Static(name.into()),
    };
    let found = match &name {
        FileName::Static(name) if files.is_open() => files.get(name),
        FileName::Static(name) => match files.get(name) {
            None => {
                report.unknown(place, "file", name, files.names());
                return None;
            }
            Some(bytes) => {
                return match std::str::from_utf8(bytes) {
                    Ok(text) if templated => text_body(text, kind, place, report),
                    _ => Some(BodySpec::Static(bytes.clone())),
                };
            }
        },
        FileName::Template(_) => None,
    };
    let of_stub = matches!(kind, Kind::Stub);
    let template = templated.then(|| FileTemplate::new(of_stub, found));
    Some(BodySpec::File(Box::new(FileSpec {
        name,
        template,
        beside: files.clone(),
    })))
}

/// Bytes are no template, whatever they look like.
fn base64_body(text: &str, place: &Place, report: &mut Report) -> Option<BodySpec> {
    match BASE64.decode(text) {
        Ok(bytes) => Some(BodySpec::Static(bytes.into())),
        Err(error) => {
            report.error(place, "not Base64 (RFC 4648 §4)", error.to_string());
            None
        }
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
    let text = json.to_string();
    if templated {
        text_body(&text, kind, place, report)
    } else {
        Some(BodySpec::Static(text.into()))
    }
}

fn template_of(text: &str, kind: Kind<'_>, place: &Place, report: &mut Report) -> Option<Template> {
    match kind {
        Kind::Tool(scope) => template(text, Some(scope), place, report),
        Kind::Stub => stub_template(text, place, report),
    }
}

fn text_body(text: &str, kind: Kind<'_>, place: &Place, report: &mut Report) -> Option<BodySpec> {
    let template = template_of(text, kind, place, report)?;
    // Comments and escaped tags are no part of what is served.
    let fixed = template
        .text()
        .map(|text| Bytes::copy_from_slice(text.as_bytes()));
    Some(match fixed {
        Some(bytes) => BodySpec::Static(bytes),
        None => BodySpec::Template(template),
    })
}
