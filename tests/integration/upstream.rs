//! A server that others proxy to, on a free loopback port, with TLS or without. It keeps connections
//! open, counts them, and tells in its answers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

/// A running server.
pub(crate) struct Upstream {
    /// `http://127.0.0.1:PORT` or `https://localhost:PORT`.
    pub(crate) url: String,
    accepted: Arc<AtomicUsize>,
    /// Its authority's certificate, if it has TLS.
    pub(crate) authority: Option<String>,
}

impl Upstream {
    /// A server without TLS.
    pub(crate) fn start() -> Self {
        let (listener, port) = listener();
        let accepted = accept(listener, |stream| answer(&mut BufReader::new(stream)));
        Self {
            url: format!("http://127.0.0.1:{port}"),
            accepted,
            authority: None,
        }
    }

    /// A server with a certificate for `localhost`, of an authority of its own.
    pub(crate) fn secure() -> Self {
        let (config, authority) = certified();
        let (listener, port) = listener();
        let accepted = accept(listener, move |stream| {
            let session = ServerConnection::new(config.clone()).expect("a session");
            answer(&mut BufReader::new(StreamOwned::new(session, stream)));
        });
        Self {
            url: format!("https://localhost:{port}"),
            accepted,
            authority: Some(authority),
        }
    }

    /// How many connections it has accepted.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

/// A port on which nobody listens: at the address of a server that has ended.
pub(crate) fn nobody() -> String {
    let (_, port) = listener();
    format!("http://127.0.0.1:{port}")
}

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

fn accept(
    listener: TcpListener,
    serve: impl Fn(TcpStream) + Clone + Send + 'static,
) -> Arc<AtomicUsize> {
    let accepted = Arc::new(AtomicUsize::new(0));
    let counter = accepted.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counter.fetch_add(1, Ordering::SeqCst);
            let (stream, serve) = (stream.expect("a connection"), serve.clone());
            std::thread::spawn(move || serve(stream));
        }
    });
    accepted
}

/// A certificate for `localhost`, and the PEM text of the authority that gave it.
fn certified() -> (Arc<ServerConfig>, String) {
    let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let authority = CertifiedIssuer::self_signed(authority, key).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, &authority).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .expect("a config");
    (Arc::new(config), authority.pem())
}

/// Answers requests until the other side closes, or the path says otherwise.
fn answer<S: Read + Write>(stream: &mut BufReader<S>) {
    while let Some((asked, path)) = read(stream) {
        let of_path = |word: &str| path.contains(word);
        let body = match &path {
            path if path.contains("/text") => b"hello".to_vec(),
            path if path.contains("/binary") => b"\x00\xff\x01".to_vec(),
            path if path.contains("/large") => vec![b'x'; 3000],
            path if path.contains("/packed") => packed(),
            _ => asked.to_string().into_bytes(),
        };
        let kind = match &path {
            path if path.contains("/text") => "text/plain",
            path if path.contains("/binary") => "application/octet-stream",
            _ => "application/json",
        };
        let status = match &path {
            path if path.contains("/gone") => "410 Quite gone",
            path if path.contains("/elsewhere") => "302 Found",
            _ => "200 OK",
        };
        if of_path("/broken") {
            return;
        }
        if of_path("/chunked") {
            let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
            let _ = stream.get_mut().write_all(chunked.as_bytes());
            continue;
        }
        let mut head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nx-upstream: yes\r\n",
            body.len()
        );
        if of_path("/packed") {
            head.push_str("content-encoding: gzip\r\n");
        }
        if of_path("/elsewhere") {
            head.push_str("location: /text\r\n");
        }
        head.push_str("\r\n");
        let mut whole = head.into_bytes();
        if asked["method"] != "HEAD" {
            whole.extend(body);
        }
        if stream.get_mut().write_all(&whole).is_err() || stream.get_mut().flush().is_err() {
            return;
        }
    }
}

/// `{"packed":true}` with gzip.
fn packed() -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(br#"{"packed":true}"#).expect("packed");
    packer.finish().expect("packed")
}

/// What is asked: method, path with query, headers as `name: value` in their order, and body.
fn read(stream: &mut impl BufRead) -> Option<(Value, String)> {
    let mut line = String::new();
    stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut headers, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(told) = line.strip_prefix("content-length: ") {
            length = told.parse().ok()?;
        }
        headers.push(line.to_owned());
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let asked = json!({
        "method": method, "path": path, "headers": headers,
        "body": String::from_utf8_lossy(&body),
    });
    Some((asked, path))
}
