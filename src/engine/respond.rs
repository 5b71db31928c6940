//! Replies: responses and refusals, rendered. Rendering is part of the decision, for it is pure too.

use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use super::{Forward, file, stream};
use crate::behaviours::{Fills, Refusal, Variables, View};
use crate::definition::compiled::{BodySpec, CauseSpec, HeaderSpec, Pack, ResponseSpec, Responses};
use crate::domain::cause::{INJECTED, broader, cause_of_status, known_cause};
use crate::domain::reply::{Body, Reply, header_value};
use crate::domain::trace::Trace;
use crate::matching::condition::Expression;

/// The detail that names the parameter at fault.
const PARAMETER: &str = "parameter";

/// Notes what is answered, or where the call goes for its answer.
pub(super) fn note(reply: &Reply, forward: Option<&Forward>, trace: &mut Trace) {
    match forward {
        None => trace.note("response", "ok", json!({ "status": reply.status.as_u16() })),
        Some(forward) => trace.note("proxy", "sent", json!({ "url": forward.url })),
    }
}

/// The reply that a tool's response makes, and its body as JSON where it was made as JSON: of several, the
/// first that holds.
///
/// # Errors
/// When a condition or a template fails on this call.
pub(super) fn answer(
    responses: &Responses,
    view: &View<'_>,
) -> Result<(Reply, Option<Value>), Refusal> {
    let mut spec = &responses.otherwise;
    for (when, alternative) in &responses.alternatives {
        if view.test(when)? {
            spec = alternative;
            break;
        }
    }
    if spec.names.is_empty() {
        return response(spec, view);
    }
    let mut variables = view.variables.clone();
    for (name, expression) in &spec.names {
        let value = View {
            variables: &variables,
            ..*view
        }
        .eval(expression)?;
        variables.insert(name.to_string(), value);
    }
    let seen = View {
        variables: &variables,
        ..*view
    };
    response(spec, &seen)
}

/// The reply that a response makes, and its body as JSON where it was made as JSON.
///
/// # Errors
/// When a template fails on this call.
pub(super) fn response(
    spec: &ResponseSpec,
    view: &dyn Fills,
) -> Result<(Reply, Option<Value>), Refusal> {
    let mut reply = spec.on_the_wire();
    let delays = spec.delay.or(view.state().settings.delays());
    reply.delay = delays.sample(view.chance());
    if let Some(events) = &spec.stream
        && let Some(body) = stream::body(events, view)?
    {
        headers(&mut reply, &spec.headers, view)?;
        if !events.typed {
            let kind = HeaderValue::from_static("text/event-stream");
            reply.headers.insert(CONTENT_TYPE, kind);
        }
        reply.body = body;
        reply.kept = None;
        return Ok((reply, None));
    }
    let mut document = None;
    let bytes = match &spec.body {
        BodySpec::Static(bytes) => bytes.clone(),
        BodySpec::Template(template) => view.text_of(template)?.into(),
        BodySpec::Document(made) => {
            let value = view.document_of(made)?;
            let bytes = Bytes::from(value.to_string());
            document = Some(value);
            json_type(&mut reply);
            bytes
        }
        BodySpec::File(file) => file::content(file, view)?,
    };
    reply.body = spec.body_of(bytes);
    headers(&mut reply, &spec.headers, view)?;
    Ok((reply, document))
}

/// The reply by which a pack refuses.
///
/// A refusal that cannot be rendered must still be said: then the plain shape says it.
pub(super) fn refusal(refusal: &Refusal, view: &View<'_>, tool: &str) -> Reply {
    refusal_titled(refusal, view, tool).0
}

/// The reply by which a pack refuses, and its title.
pub(super) fn refusal_titled(refusal: &Refusal, view: &View<'_>, tool: &str) -> (Reply, String) {
    rendered(refusal, view, tool, None).unwrap_or_else(|_| {
        let reply = plain(refusal, status_of(view.pack, tool, refusal));
        (reply, default_title(refusal))
    })
}

/// The reply by which a pack refuses, under another status than it would have, if one is given.
pub(super) fn refusal_of_status(
    refusal: &Refusal,
    view: &View<'_>,
    tool: &str,
    status: Option<StatusCode>,
) -> Reply {
    let own = || status_of(view.pack, tool, refusal);
    match rendered(refusal, view, tool, status) {
        Ok((reply, _)) => reply,
        Err(_) => plain(refusal, status.unwrap_or_else(own)),
    }
}

/// A queued error in the pack's own shape: nothing on the wire gives it away.
pub(super) fn queued(status: StatusCode, view: &View<'_>, tool: &str) -> Reply {
    let reason = status.canonical_reason().unwrap_or("Error");
    let refusal = Refusal::new(INJECTED, reason);
    let made = rendered(&refusal, view, tool, Some(status));
    made.map_or_else(|_| plain(&refusal, status), |(reply, _)| reply)
}

/// An error of a stub that belongs to no pack.
pub(super) fn queued_without_pack(status: StatusCode) -> Reply {
    plain(
        &Refusal::new(INJECTED, status.canonical_reason().unwrap_or("Error")),
        status,
    )
}

/// A refusal of a stub that belongs to no pack.
pub(super) fn without_pack(refusal: &Refusal, status: Option<StatusCode>) -> Reply {
    let own = known_cause(&refusal.cause).map(|cause| cause.status);
    plain(refusal, status.or(own).unwrap_or(StatusCode::BAD_REQUEST))
}

fn rendered(
    refusal: &Refusal,
    view: &View<'_>,
    tool: &str,
    forced: Option<StatusCode>,
) -> Result<(Reply, String), Refusal> {
    let spec = &view.pack.refusals;
    let looks = looks_of(view.pack, tool, refusal);
    let said = || looks.iter();
    let status = forced.unwrap_or_else(|| status_of(view.pack, tool, refusal));
    let mut variables = view.variables.clone();
    // A name that a step has given must not be taken for a detail that this refusal does not have.
    for detail in ["errors", "violations"] {
        variables.shift_remove(detail);
    }
    variables.extend(details(refusal, status, tool));
    let own = said().rev().flat_map(|look| &look.names);
    give_names(spec.names.iter().chain(own), &mut variables, view);
    let seen = View {
        variables: &variables,
        ..*view
    };
    let title = match said().find_map(|look| look.title.as_ref()) {
        Some(title) => seen.render(title)?,
        None => default_title(refusal),
    };
    variables.insert("title".into(), title.as_str().into());
    let seen = View {
        variables: &variables,
        ..*view
    };
    let own = said().find_map(|look| look.body.as_ref());
    let body = own.or(spec.body.as_ref());
    let mut reply = match body {
        Some(body) => {
            let body = seen.fill(body)?;
            match refusal.details.get(PARAMETER).and_then(Value::as_str) {
                Some(parameter) => Reply::json(status, &renamed(body, parameter)),
                None => Reply::json(status, &body),
            }
        }
        None => plain(refusal, status),
    };
    told_headers(&mut reply, &spec.headers, &seen)?;
    for look in said().rev() {
        told_headers(&mut reply, &look.headers, &seen)?;
    }
    Ok((reply, title))
}

/// Gives the names of a refusal their values. One that fails on it is left out: it must be said all the
/// same.
fn give_names<'a>(
    names: impl Iterator<Item = &'a (Arc<str>, Expression)>,
    variables: &mut Variables,
    view: &View<'_>,
) {
    for (name, expression) in names {
        let seen = View { variables, ..*view };
        match seen.eval_optional(expression) {
            Ok(Some(value)) => drop(variables.insert(name.to_string(), value)),
            Ok(None) | Err(_) => drop(variables.shift_remove(&**name)),
        }
    }
}

/// A body in which the members called `$parameter` are called as the parameter at fault is: some APIs
/// tell it so.
fn renamed(body: Value, parameter: &str) -> Value {
    match body {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, member)| {
                    let own = name.strip_prefix('$') == Some(PARAMETER);
                    let name = if own { parameter.to_owned() } else { name };
                    (name, renamed(member, parameter))
                })
                .collect(),
        ),
        other => other,
    }
}

/// What templates of a refusal see beside the call's own names.
fn details(refusal: &Refusal, status: StatusCode, tool: &str) -> Variables {
    let mut details = refusal.details.clone();
    // An injected error has no code of its own on the wire: its status is all there is to say.
    let cause = if &*refusal.cause == INJECTED {
        cause_of_status(status)
    } else {
        refusal.cause.to_string()
    };
    details.insert("cause".into(), cause.into());
    details.insert("status".into(), status.as_u16().into());
    details.insert("message".into(), refusal.message.as_str().into());
    details.insert("tool".into(), tool.into());
    details
}

/// How this cause looks, and the broader one of which it is a case: as the tool says, then as the profile
/// does that refuses, or else the pack.
fn looks_of<'a>(pack: &'a Pack, tool: &str, refusal: &'a Refusal) -> Vec<&'a CauseSpec> {
    let causes = [Some(&*refusal.cause), broader(&refusal.cause)];
    let looks = causes.into_iter().flatten().flat_map(|cause| {
        let own = pack
            .tools
            .get(tool)
            .and_then(|tool| tool.refusals.get(cause));
        let shape = refusal.shape.as_ref();
        let shaped = shape.and_then(|shape| shape.causes.get(cause));
        [own, shaped.or_else(|| pack.refusals.causes.get(cause))]
    });
    looks.flatten().collect()
}

fn status_of(pack: &Pack, tool: &str, refusal: &Refusal) -> StatusCode {
    let looks = looks_of(pack, tool, refusal);
    let declared = looks.iter().find_map(|look| look.status);
    let known = || known_cause(&refusal.cause).map(|cause| cause.status);
    declared.or_else(known).unwrap_or(StatusCode::BAD_REQUEST)
}

fn default_title(refusal: &Refusal) -> String {
    known_cause(&refusal.cause)
        .filter(|cause| cause.name != INJECTED)
        .map_or_else(|| refusal.message.clone(), |cause| cause.title.to_owned())
}

/// A refusal where no pack says how: RFC 9457.
fn plain(refusal: &Refusal, status: StatusCode) -> Reply {
    let mut problem = json!({
        "type": "about:blank",
        "title": default_title(refusal),
        "status": status.as_u16(),
        "detail": refusal.message,
    });
    if let Some(errors) = refusal.details.get("errors") {
        problem["errors"] = errors.clone();
    }
    let mut reply = Reply::json(status, &problem);
    reply.set_header("content-type", "application/problem+json");
    reply
}

/// Lays members into a JSON body. Any other body stays as it is.
pub(super) fn lay_into(reply: &mut Reply, members: &Value) {
    let body = serde_json::from_slice(&reply.body.to_bytes());
    if let (Ok(Value::Object(mut body)), Value::Object(members)) = (body, members) {
        merge(&mut body, members);
        reply.body = Body::Bytes(Value::Object(body).to_string().into());
    }
}

/// Lays members over others, objects into objects.
pub(super) fn merge(target: &mut Map<String, Value>, members: &Map<String, Value>) {
    for (name, value) in members {
        match (target.get_mut(name), value) {
            (Some(Value::Object(inner)), Value::Object(value)) => merge(inner, value),
            _ => drop(target.insert(name.clone(), value.clone())),
        }
    }
}

pub(super) fn headers(
    reply: &mut Reply,
    specs: &[HeaderSpec],
    view: &dyn Fills,
) -> Result<(), Refusal> {
    set_headers(reply, made(specs, view)?);
    Ok(())
}

/// Headers of a refusal: where a template has nothing to tell, such as a wait where none helps, there
/// is no header.
fn told_headers(reply: &mut Reply, specs: &[HeaderSpec], view: &View<'_>) -> Result<(), Refusal> {
    let mut told = made(specs, view)?;
    told.retain(|(_, value)| !value.is_empty());
    set_headers(reply, told);
    Ok(())
}

pub(super) fn made(
    specs: &[HeaderSpec],
    view: &dyn Fills,
) -> Result<Vec<(HeaderName, HeaderValue)>, Refusal> {
    specs.iter().map(|spec| header(spec, view)).collect()
}

/// Adds declared headers to a reply but for those that cannot be written, and says why they cannot.
pub(super) fn headers_that_can(
    reply: &mut Reply,
    specs: &[HeaderSpec],
    view: &View<'_>,
) -> Vec<Refusal> {
    let mut written = Vec::with_capacity(specs.len());
    let mut left_out = Vec::new();
    for spec in specs {
        match header(spec, view) {
            Ok(header) => written.push(header),
            Err(refusal) => left_out.push(refusal),
        }
    }
    set_headers(reply, written);
    left_out
}

/// Adds the headers of all of the pack's replies to one that does not have them. What cannot be written
/// is left out, and noted in the trace.
pub(super) fn pack_headers(reply: &mut Reply, view: &View<'_>, trace: &mut Trace) {
    let has = |name: &HeaderName| match reply.headers.get(name) {
        Some(kind) if name == CONTENT_TYPE => kind != "application/json",
        Some(_) => true,
        // Nothing has no type.
        None => name == CONTENT_TYPE,
    };
    let mut written = Vec::new();
    for spec in &view.pack.headers {
        match header(spec, view) {
            Ok((name, _)) if has(&name) => {}
            Ok(header) => written.push(header),
            Err(refusal) => {
                trace.note("headers", "leftOut", json!({ "message": refusal.message }));
            }
        }
    }
    set_headers(reply, written);
}

fn header(spec: &HeaderSpec, view: &dyn Fills) -> Result<(HeaderName, HeaderValue), Refusal> {
    match spec {
        HeaderSpec::Static(name, value) => Ok((name.clone(), value.clone())),
        HeaderSpec::Template(name, template) => {
            let value = header_value(&view.text_of(template)?).ok_or_else(|| {
                Refusal::definition(
                    name.as_str(),
                    "it has characters that a header cannot carry",
                )
            })?;
            Ok((name.clone(), value))
        }
    }
}

/// A header that is declared replaces the one that the body's kind brought along; one that is declared
/// with several values has them all.
fn set_headers(reply: &mut Reply, set: Vec<(HeaderName, HeaderValue)>) {
    for (name, _) in &set {
        reply.headers.remove(name);
    }
    for (name, value) in set {
        reply.headers.append(name, value);
    }
}

fn json_type(reply: &mut Reply) {
    reply
        .headers
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
}
