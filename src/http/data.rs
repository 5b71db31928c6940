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
use super::body::{self, Held, Holding, Outgoing, Unread};
use super::cors::Cors;
use super::fault::{Connection, Reset};
use super::gzip;
use super::limits::Limits;
use super::metrics;
use super::overload::{Over, Overload, Turn, Weight, in_turn};
use super::problem::Problem;
use super::route::{self, Named, Serves};
use crate::domain::name::SandboxId;
use crate::domain::reply::Reply;
use crate::service::{Received, Service, see_through};
use crate::store;

/// What all connections share.
pub(super) struct Edge {
    pub(super) service: Arc<Service>,
    pub(super) limits: Limits,
    pub(super) overload: Arc<Overload>,
    cors: Option<Cors>,
    admin: Router,
    gate: Gate,
}

impl Edge {
    /// Calls are decided about on so many threads.
    pub(super) fn new(
        service: Arc<Service>,
        limits: Limits,
        cors: Option<Cors>,
        threads: usize,
    ) -> Self {
        Self {
            overload: Arc::new(Overload::new(&limits, threads)),
            cors,
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
) -> Result<Response<Held>, Reset> {
    let mut holding = Holding {
        answering: from.begin(),
        admitted: None,
        weight: edge.overload.weigh(),
    };
    let _inside = edge.service.metrics.requests.enter();
    let head = request.method() == Method::HEAD;
    let page = edge.cors.as_ref();
    let page = page.and_then(|cors| cors.of(request.headers()));
    let asked = page.as_ref();
    let asked = asked.and_then(|page| page.preflight(request.method(), request.headers()));
    let answered = match asked {
        Some(told) => Ok(empty(told)),
        None => answer(edge, from, request, &mut holding).await,
    };
    holding.answering.is_answered();
    let mut response = answered?;
    if let Some(page) = page {
        page.may_read(response.headers_mut());
    }
    if head || is_bare(response.status()) {
        response = headless(response);
    } else {
        // How a body is framed is for the connection to say: a length that a stub declares wrongly
        // would break it.
        response.headers_mut().remove(CONTENT_LENGTH);
    }
    Ok(response.map(|body| Held::new(body, holding)))
}

/// An answer that is all headers.
fn empty(headers: HeaderMap) -> Response<Outgoing> {
    let mut response = Response::new(Outgoing::none());
    *response.status_mut() = StatusCode::NO_CONTENT;
    *response.headers_mut() = headers;
    response
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
    holding: &mut Holding,
) -> Result<Response<Outgoing>, Reset> {
    if request.headers().len() > edge.limits.head_count {
        // Over HTTP/1 the connection has said so.
        let most = edge.limits.head_count;
        let detail = format!("the request has more than {most} headers");
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        return Ok(problem(Problem::new(status, detail)));
    }
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
        Err((refused, visitor)) => {
            let response = refused.into_response();
            let status = response.status();
            edge.gate
                .note_refused(&request, &target, &visitor, from, status);
            return Ok(response.map(Outgoing::Axum));
        }
    };
    let limits = edge.limits.with_body(pass.body_bytes);
    if pass.way.admin {
        let noted = edge.gate.noted(&pass, request.method(), &from.peer);
        let response = admin(edge, from, pass, &limits, request, &mut holding.weight).await;
        if let Some(noted) = noted {
            let made = response.extensions().get::<SandboxId>();
            edge.gate.note(noted, made, response.status());
        }
        return Ok(response);
    }
    if from.serves == Serves::Admin {
        let detail = "only the admin API is served on this port: see /__admin/docs";
        return Ok(problem(Problem::not_found(detail)));
    }
    let (way, id, concealed) = (pass.way, &pass.sandbox, pass.concealed);
    let (head, incoming) = request.into_parts();
    let version = head.version;
    let packed = limits.gzip && gzip::is_wanted(&head.method, &head.headers);
    if from.serves == Serves::All
        && way.sandbox.is_none()
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
    if let Some(sandbox) = &sandbox {
        match edge.overload.admit(&sandbox.traffic) {
            Ok(admitted) => holding.admitted = Some(admitted),
            Err(over) => return Ok(edge.overload.refuse(over).await.map(Outgoing::Axum)),
        }
    }
    let body = body::read(&head.headers, incoming, &limits, &mut holding.weight).await;
    let received = |body| Received {
        method: head.method,
        version: head.version,
        base_url: base_url(from, &head.uri, &head.headers, way.sandbox.as_ref()),
        target: way.target,
        headers: head.headers,
        concealed,
        body,
        peer: from.peer.clone(),
    };
    let received = match body {
        Ok(body) => received(body),
        Err(Unread::NoRoom) => {
            return Ok(edge.overload.refuse(Over::Memory).await.map(Outgoing::Axum));
        }
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
    let turn = edge.overload.turn(&sandbox.traffic, false, from).await;
    let service = edge.service.clone();
    let call = async move { service.call(&sandbox, received).await };
    match through(edge, turn, call).await {
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

/// Does something in its turn, and to its end where what is done outlives the process.
async fn through<T: Send + 'static>(
    edge: &Edge,
    turn: Option<Turn>,
    work: impl Future<Output = T> + Send + 'static,
) -> T {
    let work = in_turn(turn, work);
    match edge.service.is_durable() {
        true => see_through(work).await,
        false => work.await,
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
    weight: &mut Weight,
) -> Response<Outgoing> {
    let way = pass.way;
    let by_prefix = matches!(way.sandbox, Some(Named::ByPrefix(_)));
    let base_url = base_url(from, request.uri(), request.headers(), way.sandbox.as_ref());
    let (mut head, incoming) = request.into_parts();
    let body = match body::read(&head.headers, incoming, limits, weight).await {
        Ok(body) => body,
        Err(Unread::NoRoom) => {
            return edge.overload.refuse(Over::Memory).await.map(Outgoing::Axum);
        }
        Err(unread) => return carry_out(refusal(unread, limits), from, head.version).await,
    };
    let Ok(uri) = way.target.parse() else {
        return problem(Problem::new(
            StatusCode::BAD_REQUEST,
            "the path is not valid",
        ));
    };
    head.uri = uri;
    // Who asks how the server is waits for nobody.
    let waits = !head.uri.path().ends_with("/__admin/health");
    let sandbox = edge.service.sandbox(&pass.sandbox).filter(|_| waits);
    head.extensions.insert(Target {
        sandbox: pass.sandbox,
        by_prefix,
        base_url,
        visitor: pass.visitor,
    });
    let request = Request::from_parts(head, axum::body::Body::from(body));
    let answering = edge.admin.clone().oneshot(request);
    let turn = match sandbox {
        Some(sandbox) => edge.overload.turn(&sandbox.traffic, true, from).await,
        None => None,
    };
    let answered = through(edge, turn, answering).await;
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
        Unread::NoRoom => (
            StatusCode::SERVICE_UNAVAILABLE,
            "there is no memory for the body now".to_owned(),
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
