//! The client: carries out what a decision hands out. It follows no redirects, and connects only to
//! an address that has been checked, so that a name cannot lead elsewhere between check and use.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, USER_AGENT};
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::turns::Turns;
use crate::domain::name::SandboxId;
use crate::engine::Outgoing;
use crate::service::Deliverer;
use crate::state::webhooks::delivery::Outcome;

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
    turns: Turns,
    own: SocketAddr,
}

impl Client {
    /// A client of the server that listens on `own`, to which it sends nothing unless that very
    /// address and port are listed as a target.
    #[must_use]
    pub fn new(own: SocketAddr) -> Self {
        Self {
            turns: Turns::default(),
            own,
        }
    }
}

impl Deliverer for Client {
    fn deliver<'a>(
        &'a self,
        sandbox: &'a SandboxId,
        outgoing: Outgoing,
    ) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        Box::pin(async move {
            let Some(place) = self.turns.stand(sandbox) else {
                return Outcome::Failed("too many requests of the sandbox wait to be sent".into());
            };
            tokio::time::sleep(outgoing.delay).await;
            let _turn = place.turn().await;
            match send(outgoing, self.own).await {
                Ok(status) => Outcome::Status(status),
                Err(reason) => Outcome::Failed(reason.into()),
            }
        })
    }
}

/// A connection's task, which ends with its request.
struct Connection(JoinHandle<hyper::Result<()>>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn send(outgoing: Outgoing, own: SocketAddr) -> Result<u16, String> {
    let limit = outgoing.timeout;
    let Ok(answered) = timeout(limit, answered(outgoing, own)).await else {
        return Err(format!("no answer within {} s", limit.as_secs_f32()));
    };
    let (answer, _connection) = answered?;
    let status = answer.status().as_u16();
    // It has been answered: what becomes of the rest changes nothing.
    let _ = timeout(ANSWER_TIME, drain(answer.into_body())).await;
    Ok(status)
}

/// Sends a request, and waits for the head of its answer.
async fn answered(
    outgoing: Outgoing,
    own: SocketAddr,
) -> Result<(Response<Incoming>, Connection), String> {
    let stream = connect(&outgoing, own).await?;
    // A small body must not wait for what is never sent after it.
    let _ = stream.set_nodelay(true);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| told(&error))?;
    let connection = Connection(tokio::spawn(connection));
    let answer = sender.send_request(request(outgoing)?).await;
    Ok((answer.map_err(|error| told(&error))?, connection))
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
async fn connect(outgoing: &Outgoing, own: SocketAddr) -> Result<TcpStream, String> {
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
            Ok(stream) if is_own(&stream, own) && !outgoing.targets.lists(target, address.ip()) => {
                refused = format!("{} is the server's own address", target.authority);
            }
            Ok(stream) => return Ok(stream),
            Err(error) => refused = format!("cannot connect to {address}: {error}"),
        }
    }
    Err(refused)
}

/// Whether a connection leads to the server itself. A server that listens on all addresses of its
/// machine is met at each of them, and there both ends of a connection have the same one.
fn is_own(stream: &TcpStream, own: SocketAddr) -> bool {
    let (Ok(there), Ok(here)) = (stream.peer_addr(), stream.local_addr()) else {
        return false;
    };
    let (at, here, own_at) = (
        there.ip().to_canonical(),
        here.ip().to_canonical(),
        own.ip().to_canonical(),
    );
    let everywhere = own_at.is_unspecified() && (at.is_loopback() || at == here);
    there.port() == own.port() && (at == own_at || everywhere)
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
