//! Connecting: only to an address that has been checked, so that a name cannot lead elsewhere between
//! check and use.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::stream::Stream;
use crate::domain::targets::{Target, TargetError, Targets};

/// How long a connection may take to come about.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// Makes connections.
#[derive(Clone)]
pub(super) struct Connector {
    /// The addresses that the server itself listens on, to which it connects only if that very
    /// address and port are listed as a target.
    pub(super) own: Vec<SocketAddr>,
    pub(super) tls: TlsConnector,
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It may not be.
    Denied(String),
    /// The other side is not who it should be, or speaks no TLS.
    Tls(String),
    /// Nobody is there.
    Network(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Denied(why) | Self::Tls(why) | Self::Network(why)) = self;
        f.write_str(why)
    }
}

impl std::error::Error for Failure {}

impl Connector {
    /// Connects to the first address of the target's host that may be connected to. `flag` is what
    /// lists the `targets`.
    ///
    /// # Errors
    /// When there is none.
    pub(super) async fn connect(
        &self,
        target: &Target,
        targets: &Targets,
        flag: &str,
    ) -> Result<Stream, Failure> {
        let stream = self.open(target, targets, flag).await?;
        // A small body must not wait for what is never sent after it.
        let _ = stream.set_nodelay(true);
        if !target.secure {
            return Ok(Stream::new(stream));
        }
        let name = ServerName::try_from(target.host.clone())
            .map_err(|_| Failure::Tls(format!("{} is no name of a server", target.host)))?;
        match timeout(CONNECT_TIME, self.tls.connect(name, stream)).await {
            Ok(Ok(stream)) => Ok(Stream::new(stream)),
            Ok(Err(error)) => Err(Failure::Tls(error.to_string())),
            Err(_) => Err(Failure::Tls("no handshake in time".into())),
        }
    }

    async fn open(
        &self,
        target: &Target,
        targets: &Targets,
        flag: &str,
    ) -> Result<TcpStream, Failure> {
        let found = lookup_host((target.host.as_str(), target.port)).await;
        let found = found
            .map_err(|error| Failure::Network(format!("{} is not known: {error}", target.host)))?;
        let mut refused = Failure::Network(format!("{} has no address", target.host));
        for address in found {
            if let Err(error) = targets.check_address(target, address.ip()) {
                refused = denied(&error, flag);
                continue;
            }
            match connected(address).await {
                Ok(stream) if self.is_own(&stream) && !targets.lists(target, address.ip()) => {
                    let why = format!("{} is the server's own address", target.authority);
                    refused = Failure::Denied(why);
                }
                Ok(stream) => return Ok(stream),
                Err(error) => {
                    refused = Failure::Network(format!("cannot connect to {address}: {error}"));
                }
            }
        }
        Err(refused)
    }

    /// Whether a URL names the server itself, so that this is known before anything is connected to. A
    /// name other than `localhost` is known only then.
    pub(super) fn names_own(&self, target: &Target, targets: &Targets) -> bool {
        self.own.iter().any(|own| {
            let own_at = own.ip().to_canonical();
            let at = match target.host.as_str() {
                "localhost" => Some(own_at),
                host => host.parse::<IpAddr>().ok().map(|at| at.to_canonical()),
            };
            let is_own =
                |at: &IpAddr| *at == own_at || (own_at.is_unspecified() && at.is_loopback());
            target.port == own.port()
                && at
                    .filter(is_own)
                    .is_some_and(|at| !targets.lists(target, at))
        })
    }

    /// Whether a connection leads to the server itself. A server that listens on all addresses of its
    /// machine is met at each of them, and there both ends of a connection have the same one.
    fn is_own(&self, stream: &TcpStream) -> bool {
        let (Ok(there), Ok(here)) = (stream.peer_addr(), stream.local_addr()) else {
            return false;
        };
        let (at, here) = (there.ip().to_canonical(), here.ip().to_canonical());
        self.own.iter().any(|own| {
            let own_at = own.ip().to_canonical();
            let everywhere = own_at.is_unspecified() && (at.is_loopback() || at == here);
            there.port() == own.port() && (at == own_at || everywhere)
        })
    }
}

/// A target that may not be connected to, and which flag would let it be.
pub(super) fn denied(error: &TargetError, flag: &str) -> Failure {
    match error {
        TargetError::NoUrl(_) => Failure::Network(error.to_string()),
        TargetError::NotAllowed(host) => {
            Failure::Denied(format!("{host} is not an allowed target: see {flag}"))
        }
    }
}

async fn connected(address: SocketAddr) -> Result<TcpStream, String> {
    match timeout(CONNECT_TIME, TcpStream::connect(address)).await {
        Ok(connected) => connected.map_err(|error| error.to_string()),
        Err(_) => Err("no connection in time".to_owned()),
    }
}
