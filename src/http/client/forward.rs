//! Calls that are sent on: through a pool of connections, each made to an address that was checked.

use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HOST, USER_AGENT};
use http::{HeaderValue, Method, Request, Response, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;
use tower::Service;

use super::super::gzip;
use super::AGENT;
use super::connect::{Connector, Failure, denied};
use super::stream::Stream;
use crate::domain::reply::{Body, Reply};
use crate::domain::targets::Targets;
use crate::engine::{Forward, Unreached};

/// What lists where calls may be sent on to.
const FLAG: &str = "--proxy-targets";

/// How long a connection that nobody needs is kept.
const IDLE_TIME: Duration = Duration::from_secs(30);

/// How many connections to one server that nobody needs are kept.
const IDLE_MAX: usize = 128;

/// How calls are sent on.
#[derive(Clone, Debug)]
pub struct Proxying {
    /// Where to.
    pub targets: Arc<Targets>,
    /// How long an answer may take, from the connection to its last byte.
    pub timeout: Duration,
    /// The largest body of an answer that is taken, in bytes.
    pub body_bytes: usize,
    /// Whether the host that the caller named is told, and not the one that the call is sent to.
    pub preserve_host: bool,
    /// Whether the caller's `User-Agent` is told, and not the server's own.
    pub preserve_user_agent: bool,
}

impl Default for Proxying {
    fn default() -> Self {
        Self {
            targets: Arc::default(),
            timeout: Duration::from_secs(30),
            body_bytes: 10 << 20,
            preserve_host: false,
            preserve_user_agent: false,
        }
    }
}

type Pool = Client<Checked, Full<Bytes>>;

/// How many pools there are for sandboxes that may send to less: the oldest goes when there are more.
const NARROW_MAX: usize = 256;

/// Sends calls on.
pub(super) struct Forwarder {
    pool: Pool,
    /// Pools of sandboxes that may send to less than the server may: a connection of one that may send there
    /// must not serve one that may not.
    narrow: Mutex<Vec<(Arc<Targets>, Pool)>>,
    connector: Arc<Connector>,
    proxying: Proxying,
}

/// Connects the pool to what may be connected to.
#[derive(Clone)]
struct Checked {
    connector: Arc<Connector>,
    targets: Arc<Targets>,
}

impl Service<Uri> for Checked {
    type Response = Stream;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self { connector, targets } = self.clone();
        Box::pin(async move {
            let target = targets.check_url(&uri.to_string());
            let target = target.map_err(|error| denied(&error, FLAG))?;
            connector.connect(&target, &targets, FLAG).await
        })
    }
}

impl Forwarder {
    pub(super) fn new(connector: Arc<Connector>, proxying: Proxying) -> Self {
        Self {
            pool: pool(&connector, proxying.targets.clone()),
            narrow: Mutex::default(),
            connector,
            proxying,
        }
    }

    /// Sends a call on, and waits for the whole answer.
    pub(super) async fn forward(&self, forward: Forward) -> Result<Reply, Unreached> {
        let limit = self.proxying.timeout;
        let answered = async {
            let (pool, targets) = self.pool_of(forward.within.as_ref());
            let request = self.request(forward, &targets)?;
            let answer = pool.request(request).await;
            self.reply(answer.map_err(|error| unreached(&error))?).await
        };
        timeout(limit, answered).await.unwrap_or_else(|_| {
            let reason = format!(
                "no answer within {} s: see --proxy-timeout",
                limit.as_secs_f32()
            );
            Err(Unreached::TimedOut(reason))
        })
    }

    /// Whether calls may be sent on to a URL, as far as its text tells; or why not.
    pub(super) fn permits(&self, url: &str) -> Result<(), String> {
        let targets = &self.proxying.targets;
        let target = targets.check_url(url);
        let target = target.map_err(|error| match denied(&error, FLAG) {
            Failure::Denied(why) | Failure::Tls(why) | Failure::Network(why) => why,
        })?;
        match self.connector.names_own(&target, targets) {
            true => Err(format!("{} is the server's own address", target.authority)),
            false => Ok(()),
        }
    }

    /// The pool for what may be sent within these targets, and where it may send.
    fn pool_of(&self, within: Option<&Arc<Targets>>) -> (Pool, Arc<Targets>) {
        let all = &self.proxying.targets;
        let Some(within) = within else {
            return (self.pool.clone(), all.clone());
        };
        let targets = Arc::new(all.within(within));
        let mut narrow = self.narrow.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, pool)) = narrow.iter().find(|(known, _)| *known == targets) {
            return (pool.clone(), targets);
        }
        let pool = pool(&self.connector, targets.clone());
        if narrow.len() == NARROW_MAX {
            narrow.remove(0);
        }
        narrow.push((targets.clone(), pool.clone()));
        (pool, targets)
    }

    fn request(
        &self,
        forward: Forward,
        targets: &Targets,
    ) -> Result<Request<Full<Bytes>>, Unreached> {
        let target = targets.check_url(&forward.url);
        let target = target.map_err(|error| of_failure(&denied(&error, FLAG)))?;
        let broken = |what: &str| Unreached::Network(format!("the URL's {what} is none"));
        // Of a request that usually has a body, an empty one is told (RFC 9110 §8.6).
        let bodiless = forward.body.is_empty()
            && [Method::POST, Method::PUT, Method::PATCH].contains(&forward.method);
        let packed = forward.headers.get(CONTENT_ENCODING);
        let packed =
            packed.is_some_and(|packed| packed.as_bytes().windows(4).any(|word| word == b"gzip"));
        let body = match packed && !forward.body.is_empty() {
            // It was unpacked when it came.
            true => gzip::packed(&forward.body),
            false => forward.body,
        };
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = forward.method;
        *request.uri_mut() = forward.url.parse().map_err(|_| broken("path"))?;
        let headers = request.headers_mut();
        *headers = forward.headers;
        if bodiless {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        if !self.proxying.preserve_user_agent {
            headers.insert(USER_AGENT, AGENT);
        }
        if !headers.contains_key(HOST) {
            let kept = forward.host.filter(|_| self.proxying.preserve_host);
            let named = || HeaderValue::from_str(&target.authority).map_err(|_| broken("host"));
            headers.insert(HOST, kept.map_or_else(named, Ok)?);
        }
        Ok(request)
    }

    async fn reply(&self, answer: Response<Incoming>) -> Result<Reply, Unreached> {
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, self.proxying.body_bytes).collect().await;
        let body = body.map_err(|error| {
            let reason = match error.is::<LengthLimitError>() {
                true => format!(
                    "the answer's body is larger than {} bytes",
                    self.proxying.body_bytes
                ),
                false => format!("the answer broke off: {error}"),
            };
            Unreached::Network(reason)
        })?;
        let mut reply = Reply::empty(head.status);
        let reason = head.extensions.get::<ReasonPhrase>();
        let reason = reason.and_then(|reason| std::str::from_utf8(reason.as_bytes()).ok());
        reply.reason = reason.map(Into::into);
        reply.headers = head.headers;
        reply.body = Body::Bytes(body.to_bytes());
        Ok(reply)
    }
}

fn pool(connector: &Arc<Connector>, targets: Arc<Targets>) -> Pool {
    let checked = Checked {
        connector: connector.clone(),
        targets,
    };
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIME)
        .pool_max_idle_per_host(IDLE_MAX)
        .build(checked)
}

/// Why the pool has no answer: what the connector has said, or else the innermost of its errors.
fn unreached(error: &hyper_util::client::legacy::Error) -> Unreached {
    let mut cause: &(dyn StdError + 'static) = error;
    loop {
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            return of_failure(failure);
        }
        match cause.source() {
            Some(source) => cause = source,
            None => return Unreached::Network(cause.to_string()),
        }
    }
}

fn of_failure(failure: &Failure) -> Unreached {
    match failure.clone() {
        Failure::Denied(why) => Unreached::Denied(why),
        Failure::Tls(why) => Unreached::Tls(why),
        Failure::Network(why) => Unreached::Network(why),
    }
}
