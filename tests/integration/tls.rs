//! TLS towards callers: both versions of HTTP, links, faults on the wire, and certificates that are
//! replaced while the server runs.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};
use serde_json::json;

use crate::launch::{Folder, Launched, eventually, run};

/// A certificate for this machine, and its key.
struct Pair {
    certificate: String,
    key: String,
}

impl Pair {
    fn new() -> Self {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).expect("a pair");
        Self {
            certificate: made.cert.pem(),
            key: made.signing_key.serialize_pem(),
        }
    }

    fn write(&self, folder: &Folder) {
        folder.write("cert.pem", &self.certificate);
        folder.write("key.pem", &self.key);
    }

    /// A connection with a server that shows this certificate.
    fn connect(
        &self,
        server: &Launched,
        versions: &[&'static SupportedProtocolVersion],
        protocol: &str,
    ) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
        let mut roots = RootCertStore::empty();
        let own = CertificateDer::from_pem_slice(self.certificate.as_bytes());
        roots.add(own.expect("a certificate")).expect("a root");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let name = ServerName::try_from("localhost").expect("a name");
        let mut client = ClientConnection::new(Arc::new(config), name).expect("a client");
        let mut socket = TcpStream::connect(&server.address)?;
        socket.set_read_timeout(Some(Duration::from_secs(20)))?;
        while client.is_handshaking() {
            client.complete_io(&mut socket)?;
        }
        Ok(StreamOwned::new(client, socket))
    }

    /// What comes back for a request until the server ends the connection, and how that ends.
    fn ask(&self, server: &Launched, request: &str) -> (String, io::Result<()>) {
        let stream = self.connect(server, &[&TLS13], "http/1.1");
        let mut stream = stream.expect("a connection");
        stream.write_all(request.as_bytes()).expect("it is sent");
        let mut answer = Vec::new();
        let end = stream.read_to_end(&mut answer).map(drop);
        (String::from_utf8_lossy(&answer).into_owned(), end)
    }
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
}

/// A server that shows a pair.
fn start(pair: &Pair, folder: &Folder) -> Launched {
    pair.write(folder);
    let file = |name: &str| folder.path.join(name).to_string_lossy().into_owned();
    let (certificate, key) = (file("cert.pem"), file("key.pem"));
    let environment = [
        ("SPARRING_TLS_CERT", certificate.as_str()),
        ("SPARRING_TLS_KEY", key.as_str()),
    ];
    let arguments = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--stubs",
        "stubs/greenhelix",
    ];
    Launched::with(&arguments, &environment)
}

#[test]
fn calls_come_and_go_and_fail_as_in_the_clear() {
    let (pair, folder) = (Pair::new(), Folder::new("tls"));
    let server = start(&pair, &folder);

    let (answer, end) = pair.ask(&server, &get("/__admin"));
    end.expect("it ends well");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer.contains("\"https://localhost/__admin/docs\""),
        "{answer}"
    );

    for (versions, protocol) in [(&[&TLS12], "http/1.1"), (&[&TLS13], "h2")] {
        let stream = pair
            .connect(&server, versions, protocol)
            .expect("a connection");
        assert_eq!(stream.conn.alpn_protocol(), Some(protocol.as_bytes()));
        assert_eq!(stream.conn.protocol_version(), Some(versions[0].version));
    }

    let fault = |fault: &str| {
        let stub = json!({ "request": { "url": "/fault" }, "response": { "fault": fault } });
        let stub = stub.to_string();
        let length = stub.len();
        let head = "POST /__admin/mappings HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n";
        let (made, _) = pair.ask(
            &server,
            &format!("{head}content-length: {length}\r\n\r\n{stub}"),
        );
        assert!(made.starts_with("HTTP/1.1 201"), "{made}");
        let (answer, end) = pair.ask(&server, &get("/fault"));
        (answer, end.map_err(|error| error.kind()))
    };
    assert_eq!(fault("EMPTY_RESPONSE"), (String::new(), Ok(())));
    let (garbage, end) = fault("RANDOM_DATA_THEN_CLOSE");
    assert_eq!(end, Ok(()));
    assert!(
        garbage.starts_with("lskdu018973t09sylgasjkfg1"),
        "{garbage}"
    );
    let (malformed, end) = fault("MALFORMED_RESPONSE_CHUNK");
    assert_eq!(end, Ok(()));
    assert!(malformed.starts_with("HTTP/1.1 200 OK\r\n") && malformed.ends_with(".sdlv"));
    let (reset, end) = fault("CONNECTION_RESET_BY_PEER");
    assert_eq!(
        (reset.as_str(), end),
        ("", Err(io::ErrorKind::ConnectionReset))
    );

    // Who speaks no TLS is not answered, and keeps nobody.
    let mut plain = TcpStream::connect(&server.address).expect("a connection");
    plain.write_all(get("/").as_bytes()).expect("it is sent");
    let mut nothing = Vec::new();
    let _ = plain.read_to_end(&mut nothing);
    assert!(!nothing.starts_with(b"HTTP"));

    let listen = ("SPARRING_LISTEN", server.address.as_str());
    let said = run(&["health"], &[listen, ("SPARRING_TLS_CERT", "x")]);
    assert!(said.status.success(), "{}", said.stderr);
    let said = run(&["health"], &[listen]);
    assert!(!said.status.success(), "in the clear");
}

#[test]
fn certificates_are_replaced_while_it_runs() {
    let (old, new, folder) = (Pair::new(), Pair::new(), Folder::new("tls-rotated"));
    let server = start(&old, &folder);
    let shows = |pair: &Pair| pair.connect(&server, &[&TLS13], "h2").is_ok();
    assert!(shows(&old) && !shows(&new));

    // One file comes before the other.
    folder.write("cert.pem", &new.certificate);
    eventually("half a pair is refused", || {
        server
            .log()
            .contains("is not that of the first certificate")
    });
    assert!(shows(&old) && !shows(&new));
    folder.write("key.pem", &new.key);
    eventually("the new one is shown", || shows(&new));
    assert!(!shows(&old));
}

#[test]
fn what_is_wrong_with_the_files_is_said_at_the_start() {
    let (pair, folder) = (Pair::new(), Folder::new("tls-wrong"));
    pair.write(&folder);
    let file = |name: &str| folder.path.join(name).to_string_lossy().into_owned();
    let (certificate, key) = (file("cert.pem"), file("key.pem"));
    let check = |files: &[&str], expected: &str| {
        let arguments = [&["serve", "--listen", "127.0.0.1:0"], files].concat();
        let said = run(&arguments, &[]);
        assert!(!said.status.success());
        assert!(said.stderr.contains(expected), "{}", said.stderr);
    };
    check(
        &["--tls-cert", &certificate],
        "--tls-cert needs --tls-key, too",
    );
    check(
        &["--tls-cert", &key, "--tls-key", &certificate],
        "are the two files swapped?",
    );
    check(
        &["--tls-cert", "/nowhere.pem", "--tls-key", &key],
        "/nowhere.pem cannot be read",
    );
}
