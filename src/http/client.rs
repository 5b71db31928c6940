//! The client: carries out what a decision hands out. It follows no redirects, and connects only to
//! an address that has been checked, so that a name cannot lead elsewhere between check and use.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, USER_AGENT};
use http::{HeaderValue, Request};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::engine::Outgoing;
use crate::service::Deliverer;
use crate::state::webhooks::delivery::Outcome;

/// How many requests are under way at once; the others wait for their turn.
const REQUESTS_MAX: usize = 256;

/// How long a connection may take to come about.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// How much of an answer's body is read, for good manners: only its status counts.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// How long an answer's body is read.
const ANSWER_TIME: Duration = Duration::from_secs(1);

/// What receivers are told who calls.
const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("Sparring/", env!("CARGO_PKG_VERSION")));

/// Sends requests over plain HTTP/1.1, a connection each.
#[derive(Debug)]
pub struct Client {
    turns: Semaphore,
}

impl Default for Client {
    fn default() -> Self {
        Self {
            turns: Semaphore::new(REQUESTS_MAX),
        }
    }
}

impl Deliverer for Client {
    fn deliver(&self, outgoing: Outgoing) -> Pin<Box<dyn Future<Output = Outcome> + Send + '_>> {
        Box::pin(async move {
            tokio::time::sleep(outgoing.delay).await;
            let _turn = self.turns.acquire().await;
            let limit = outgoing.timeout;
            match timeout(limit, send(outgoing)).await {
                Ok(Ok(status)) => Outcome::Status(status),
                Ok(Err(reason)) => Outcome::Failed(reason.into()),
                Err(_) => {
                    let seconds = limit.as_secs_f32();
                    Outcome::Failed(format!("no answer within {seconds} s").into())
                }
            }
        })
    }
}

async fn send(outgoing: Outgoing) -> Result<u16, String> {
    let stream = connect(&outgoing).await?;
    // A small body must not wait for what is never sent after it.
    let _ = stream.set_nodelay(true);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| told(&error))?;
    let connection = tokio::spawn(connection);
    let answered = match sender.send_request(request(outgoing)?).await {
        Ok(answer) => {
            let status = answer.status().as_u16();
            let _ = timeout(ANSWER_TIME, drain(answer.into_body())).await;
            Ok(status)
        }
        Err(error) => Err(told(&error)),
    };
    connection.abort();
    answered
}

fn request(outgoing: Outgoing) -> Result<Request<Full<Bytes>>, String> {
    let mut request = Request::new(Full::new(outgoing.body));
    *request.method_mut() = outgoing.method;
    let path = outgoing.target.path.parse();
    *request.uri_mut() = path.map_err(|_| "the URL's path is none".to_owned())?;
    let host = HeaderValue::from_str(&outgoing.target.authority);
    let host = host.map_err(|_| "the URL's host is none".to_owned())?;
    let headers = request.headers_mut();
    headers.insert(USER_AGENT, AGENT);
    headers.extend(outgoing.headers);
    headers.insert(HOST, host);
    // The connection knows how long the body is.
    headers.remove(CONTENT_LENGTH);
    headers.remove(TRANSFER_ENCODING);
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    Ok(request)
}

/// Connects to the first address of the target's host that may be connected to.
async fn connect(outgoing: &Outgoing) -> Result<TcpStream, String> {
    let target = &outgoing.target;
    let found = lookup_host((target.host.as_str(), target.port)).await;
    let found = found.map_err(|error| format!("{} is not known: {error}", target.host))?;
    let mut refused = format!("{} has no address", target.host);
    for address in found {
        if let Err(error) = outgoing.targets.check_address(target, address.ip()) {
            refused = error.to_string();
            continue;
        }
        match connected(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => refused = format!("cannot connect to {address}: {error}"),
        }
    }
    Err(refused)
}

async fn connected(address: SocketAddr) -> Result<TcpStream, String> {
    match timeout(CONNECT_TIME, TcpStream::connect(address)).await {
        Ok(connected) => connected.map_err(|error| error.to_string()),
        Err(_) => Err("no connection in time".to_owned()),
    }
}

async fn drain(mut body: Incoming) {
    let mut left = ANSWER_BYTES_MAX;
    while let Some(Ok(frame)) = body.frame().await {
        let read = frame.data_ref().map_or(0, Bytes::len);
        if read >= left {
            return;
        }
        left -= read;
    }
}

fn told(error: &hyper::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
