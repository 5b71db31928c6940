//! Asks a server whether it is well.

use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{Request, StatusCode, Uri};
use http_body_util::Empty;
use hyper::client::conn::http1;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::AGENT;
use super::stream::Stream;
use super::tls::Trust;

/// What is asked where a URL has no path.
const PATH: &str = "/__admin/health";

/// Whether what answers at a URL answers 200 in time. On this very machine any certificate will do:
/// who asks knows who is there, and a certificate is made out for another name.
///
/// # Errors
/// With the reason why not.
pub async fn probe(url: &str, patience: Duration) -> Result<(), String> {
    match timeout(patience, ask(url)).await {
        Ok(Ok(StatusCode::OK)) => Ok(()),
        Ok(Ok(status)) => Err(format!("{url} answers {status}")),
        Ok(Err(why)) => Err(format!("{url}: {why}")),
        Err(_) => Err(format!("{url} does not answer within {patience:?}")),
    }
}

async fn ask(url: &str) -> Result<StatusCode, String> {
    let uri: Uri = url.parse().map_err(|error| format!("no URL: {error}"))?;
    let secure = match uri.scheme_str() {
        Some("http") => false,
        Some("https") => true,
        _ => return Err("no URL that begins with http:// or https://".into()),
    };
    let authority = uri.authority().ok_or("no URL with a host")?;
    let port = authority
        .port_u16()
        .unwrap_or(if secure { 443 } else { 80 });
    let host = authority.host().trim_matches(['[', ']']);
    let socket = TcpStream::connect((host, port))
        .await
        .map_err(|error| error.to_string())?;
    let stream = match secure {
        false => Stream::new(socket),
        true => {
            let here = socket.peer_addr().is_ok_and(|peer| peer.ip().is_loopback());
            let trust = match here {
                true => Trust::default().anyone(),
                false => Trust::default(),
            };
            let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
            let stream = trust.connector().connect(name, socket).await;
            Stream::new(stream.map_err(|error| error.to_string())?)
        }
    };
    let (mut sender, connection) = http1::handshake::<_, Empty<Bytes>>(stream)
        .await
        .map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    let asked = match uri.path_and_query().map(|path| path.as_str()) {
        None | Some("" | "/") => PATH,
        Some(path) => path,
    };
    let request = Request::get(asked)
        .header(HOST, authority.as_str())
        .header(http::header::USER_AGENT, AGENT)
        .body(Empty::new())
        .map_err(|error| error.to_string())?;
    let answer = sender.send_request(request).await;
    answer
        .map(|answer| answer.status())
        .map_err(|error| error.to_string())
}
