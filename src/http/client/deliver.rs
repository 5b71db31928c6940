//! Deliveries: a connection each, and only the status of the answer counts.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, USER_AGENT};
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::AGENT;
use super::connect::Connector;
use crate::engine::Outgoing;

/// What lists where deliveries may go.
const FLAG: &str = "--webhook-targets";

/// How much of an answer's body is read, for good manners: only its status counts.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// How long an answer's body is read.
const ANSWER_TIME: Duration = Duration::from_secs(1);

/// A connection's task, which ends with its request.
struct Connection(JoinHandle<hyper::Result<()>>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sends a delivery; the status of the answer, or why there is none.
pub(super) async fn send(outgoing: Outgoing, connector: &Connector) -> Result<u16, String> {
    let limit = outgoing.timeout;
    let Ok(answered) = timeout(limit, answered(outgoing, connector)).await else {
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
    connector: &Connector,
) -> Result<(Response<Incoming>, Connection), String> {
    let stream = connector.connect(&outgoing.target, &outgoing.targets, FLAG);
    let stream = stream.await.map_err(|failure| failure.to_string())?;
    let (mut sender, connection) = http1::handshake(stream)
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
