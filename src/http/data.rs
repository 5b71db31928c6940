//! The data plane: simulated calls, as a plain hyper service. Only admin paths are passed on.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::IntoResponse;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, Version};
use hyper::body::{Body as _, Incoming};
use hyper::ext::ReasonPhrase;
use tokio::time::sleep;
use tower::ServiceExt;

use super::access::{Gate, Pass, no_such_sandbox};
use super::admin::{self, Target};
use super::body::{self, Held, Outgoing, Unread};
use super::fault::{Answering, Connection, Reset};
use super::gzip;
use super::limits::Limits;
use super::metrics;
use super::problem::Problem;
use super::route::{self, Named, Serves};
use crate::domain::reply::Reply;
use crate::service::{Received, Service, see_through};
use crate::store;

/// What all connections share.
pub(super) struct Edge {
    pub(super) service: Arc<Service>,
    pub(super) limits: Limits,
    admin: Router,
    gate: Gate,
}

impl Edge {
    pub(super) fn new(service: Arc<Service>, limits: Limits) -> Self {
        Self {
            admin: admin::router(service.clone()),
            gate: Gate::new(service.clone()),
            service,
            limits,
        }
    }
}

/// Answers one request. What answers a HEAD has the headers of a GET and no body (RFC 9110 §9.3.2).
///
/// # Errors
/// When the request's stream is to be reset.
pub(super) async fn handle(
    edge: &Edge,
    from: &Arc<Connection>,
    request: Request<Incoming>,
) -> Result<Response<Held<Answering>>, Reset> {
    let answering = from.begin();
    let _inside = edge.service.metrics.requests.enter();
    let head = request.method() == Method::HEAD;
    let mut response = answer(edge, from, request).await?;
    if head || is_bare(response.status()) {
        response = headless(response);
    } else {
        // How a body is framed is for the connection to say: a length that a stub declares wrongly
        // would break it.
        response.headers_mut().remove(CONTENT_LENGTH);
    }
    Ok(response.map(|body| Held::new(body, answering)))
}

/// A response without its body, which it still tells the length of: over HTTP/2 a body would break it.
/// A length that a stub declares may be of a body that only a GET would have.
fn headless(mut response: Response<Outgoing>) -> Response<Outgoing> {
    let bare = is_bare(response.status());
    let length = response.body().size_hint().exact().map(HeaderValue::from);
    let headers = response.headers_mut();
    let told = headers.remove(CONTENT_LENGTH).filter(is_length).or(length);
    if let Some(length) = told.filter(|_| !bare) {
        headers.insert(CONTENT_LENGTH, length);
    }
    response.map(|_| Outgoing::none())
}

/// Whether an answer of this status has neither a body nor a length (RFC 9110 §6.4.1, §8.6).
fn is_bare(status: StatusCode) -> bool {
    [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&status)
}

fn is_length(value: &HeaderValue) -> bool {
    let digits = value.as_bytes();
    (1..=18).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
}

async fn answer(
    edge: &Edge,
    from: &Arc<Connection>,
    mut request: Request<Incoming>,
) -> Result<Response<Outgoing>, Reset> {
    // The absolute form of a request to a proxy is taken as if to us.
    let target = match request.uri().path_and_query() {
        Some(target) => target.to_string(),
        None if request.method() == Method::CONNECT => "/".to_owned(),
        None => {
            return Ok(problem(Problem::new(
                StatusCode::BAD_REQUEST,
                "the target is no path",
            )));
        }
    };
    let entered = edge.gate.enter(
        from.serves,
        &request.method().clone(),
        &target,
        request.headers_mut(),
    );
    let pass = match entered {
        Ok(pass) => pass,
        Err((refused, _)) => return Ok(refused.into_response().map(Outgoing::Axum)),
    };
    let limits = edge.limits.with_body(pass.body_bytes);
    if pass.way.admin {
        return Ok(admin(edge, from, pass, &limits, request).await);
    }
    if from.serves == Serves::Admin {
        let detail = "only the admin API is served on this port: see /__admin/docs";
        return Ok(problem(Problem::not_found(detail)));
    }
    let (way, id) = (pass.way, &pass.sandbox);
    let (head, incoming) = request.into_parts();
    let version = head.version;
    let packed = limits.gzip && gzip::is_wanted(&head.method, &head.headers);
    let body = body::read(&head.headers, incoming, &limits).await;
    if way.sandbox.is_none()
        && pass.visitor.watches()
        && metrics::is_asked_for(&head.method, &way.target)
    {
        let base_url = base_url(from, &head.uri, &head.headers, None);
        let call = metrics::asked(&head, &way.target, base_url, &from.peer);
        let default = edge.service.sandbox(id);
        if default.is_none_or(|default| !edge.service.claims(&default, &call)) {
            return Ok(metrics::answer(&edge.service, &head.headers).map(Outgoing::Axum));
        }
    }
    let sandbox = edge.service.sandbox(id);
    let received = |body| Received {
        method: head.method,
        version: head.version,
        base_url: base_url(from, &head.uri, &head.headers, way.sandbox.as_ref()),
        target: way.target,
        headers: head.headers,
        body,
        peer: from.peer.clone(),
    };
    let received = match body {
        Ok(body) => received(body),
        Err(unread) => {
            let reply = refusal(unread, &limits);
            if let Some(sandbox) = sandbox {
                edge.service
                    .refused(&sandbox, received(Bytes::new()), &reply);
            }
            return Ok(carry_out(reply, from, version).await);
        }
    };
    let Some(sandbox) = sandbox else {
        return Ok(problem(no_such_sandbox(id)));
    };
    match edge.service.call(&sandbox, received).await {
        Ok(mut reply) => {
            if let Some(fault) = reply.fault {
                wait(reply.delay).await;
                return Err(from.end(fault, version).await);
            }
            if packed {
                gzip::pack(&mut reply).await;
            }
            Ok(carry_out(reply, from, version).await)
        }
        Err(store::Error::NoSuchSandbox) => Ok(problem(no_such_sandbox(id))),
        Err(error) => Ok(problem(error.into())),
    }
}

/// Carries out a reply: the delay, the head, the body.
async fn carry_out(reply: Reply, from: &Arc<Connection>, version: Version) -> Response<Outgoing> {
    wait(reply.delay).await;
    let mut response = Response::new(Outgoing::of(reply.body, from, version));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    if let Some(phrase) = phrase(reply.status, reply.reason.as_deref()) {
        response.extensions_mut().insert(phrase);
    }
    response.headers_mut().remove(TRANSFER_ENCODING);
    response
}

async fn wait(delay: Duration) {
    if !delay.is_zero() {
        sleep(delay).await;
    }
}

/// What is said after a status, where it is not the usual: a phrase of the stub's own, or the code
/// again, where that has no phrase.
fn phrase(status: StatusCode, own: Option<&str>) -> Option<ReasonPhrase> {
    let phrase = match own {
        // A phrase has Latin letters, one byte each (RFC 9112 §4).
        Some(own) => own
            .chars()
            .map(|letter| match u8::try_from(letter) {
                Ok(byte) if !letter.is_control() => byte,
                _ => b'?',
            })
            .collect(),
        None if status.canonical_reason().is_none() => status.as_str().as_bytes().to_vec(),
        None => return None,
    };
    ReasonPhrase::try_from(phrase).ok()
}

async fn admin(
    edge: &Edge,
    from: &Arc<Connection>,
    pass: Pass,
    limits: &Limits,
    request: Request<Incoming>,
) -> Response<Outgoing> {
    let way = pass.way;
    let by_prefix = matches!(way.sandbox, Some(Named::ByPrefix(_)));
    let base_url = base_url(from, request.uri(), request.headers(), way.sandbox.as_ref());
    let (mut head, incoming) = request.into_parts();
    let body = match body::read(&head.headers, incoming, limits).await {
        Ok(body) => body,
        Err(unread) => return carry_out(refusal(unread, limits), from, head.version).await,
    };
    let Ok(uri) = way.target.parse() else {
        return problem(Problem::new(
            StatusCode::BAD_REQUEST,
            "the path is not valid",
        ));
    };
    head.uri = uri;
    head.extensions.insert(Target {
        sandbox: pass.sandbox,
        by_prefix,
        base_url,
        visitor: pass.visitor,
    });
    let request = Request::from_parts(head, axum::body::Body::from(body));
    let answering = edge.admin.clone().oneshot(request);
    let answered = match edge.service.is_durable() {
        true => see_through(answering).await,
        false => answering.await,
    };
    match answered {
        Ok(response) => response.map(Outgoing::Axum),
        Err(never) => match never {},
    }
}

fn base_url(from: &Connection, uri: &Uri, headers: &HeaderMap, sandbox: Option<&Named>) -> String {
    route::base_url(from.secure, uri, headers, sandbox)
}

/// What is answered to a request whose body was not read.
fn refusal(unread: Unread, limits: &Limits) -> Reply {
    let (status, detail) = match unread {
        Unread::TooLarge => (
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body is larger than {} bytes", limits.body_bytes),
        ),
        Unread::TooSlow => (
            StatusCode::REQUEST_TIMEOUT,
            format!(
                "the body did not arrive within {} seconds",
                limits.body_time.as_secs()
            ),
        ),
        Unread::Broken => (StatusCode::BAD_REQUEST, "the body broke off".to_owned()),
        Unread::NotGzip => (
            StatusCode::BAD_REQUEST,
            "the body is said to be gzip and is not".to_owned(),
        ),
    };
    let mut reply = Problem::new(status, detail).field("body").into_reply();
    // What is left of the body would be read as the next request.
    reply
        .headers
        .insert(CONNECTION, HeaderValue::from_static("close"));
    reply
}

fn problem(problem: Problem) -> Response<Outgoing> {
    problem.into_response().map(Outgoing::Axum)
}
