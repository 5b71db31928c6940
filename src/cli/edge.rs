//! Arguments on where the server listens, how securely, and what it bears.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use sparring::http::{Cors, Limits, Tls};

/// How many files are kept for what is no connection of a caller: the admin API's own, webhooks,
/// upstreams, cassettes, the store.
const FILES_KEPT: u64 = 1024;

#[derive(Args, Clone)]
pub(super) struct Edge {
    /// The address of the admin API, if it is to have one of its own; then /__admin is an ordinary path elsewhere
    #[arg(long, value_name = "ADDR", env = "SPARRING_ADMIN_LISTEN")]
    pub(super) admin_listen: Option<SocketAddr>,
    /// A PEM file with the server's certificate, and those that lead to its authority; read again when it changes
    #[arg(long, value_name = "FILE", env = "SPARRING_TLS_CERT")]
    tls_cert: Option<PathBuf>,
    /// A PEM file with the certificate's key, without a pass phrase
    #[arg(long, value_name = "FILE", env = "SPARRING_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// The origins whose web pages may call from a browser, with commas between them; * is any
    #[arg(long, value_name = "ORIGINS", env = "SPARRING_CORS_ORIGINS")]
    pub(super) cors_origins: Option<Cors>,
    /// The largest head of a request that is taken, in bytes
    #[arg(long, value_name = "N", env = "SPARRING_HEADER_BYTES", default_value_t = 64 << 10, value_parser = at_least(8192))]
    header_bytes: usize,
    /// How many headers a request may have
    #[arg(long, value_name = "N", env = "SPARRING_HEADER_COUNT", default_value_t = 100, value_parser = at_least(1))]
    header_count: usize,
    /// How long the head of a request may take to arrive, in seconds
    #[arg(long, value_name = "SECONDS", env = "SPARRING_HEADER_SECONDS", default_value_t = 10, value_parser = seconds())]
    header_seconds: u64,
    /// How long a connection may be idle, or leave an answer unread, in seconds
    #[arg(long, value_name = "SECONDS", env = "SPARRING_IDLE_SECONDS", default_value_t = 75, value_parser = seconds())]
    idle_seconds: u64,
    /// How many connections there may be; fewer, where the system lets the process have fewer files
    #[arg(long, value_name = "N", env = "SPARRING_CONNECTIONS", default_value_t = 10_000, value_parser = at_least(1))]
    connections: usize,
    /// How many connections one address may have; half of all, if left out
    #[arg(long, value_name = "N", env = "SPARRING_CONNECTIONS_PER_ADDRESS", value_parser = at_least(1))]
    connections_per_address: Option<usize>,
    /// How many calls may be under way
    #[arg(long, value_name = "N", env = "SPARRING_CALLS_IN_FLIGHT", default_value_t = 10_000, value_parser = at_least(1))]
    calls_in_flight: usize,
    /// How many calls of one sandbox may be under way; half of all, if left out
    #[arg(long, value_name = "N", env = "SPARRING_CALLS_IN_FLIGHT_PER_SANDBOX", value_parser = at_least(1))]
    calls_in_flight_per_sandbox: Option<usize>,
    /// How many bytes the bodies of all calls under way may take
    #[arg(long, value_name = "N", env = "SPARRING_BODY_MEMORY", default_value_t = 256 << 20, value_parser = at_least(1))]
    body_memory: usize,
}

fn at_least(least: u64) -> clap::builder::RangedU64ValueParser<usize> {
    clap::builder::RangedU64ValueParser::new().range(least..=1 << 32)
}

fn seconds() -> clap::builder::RangedU64ValueParser<u64> {
    clap::builder::RangedU64ValueParser::new().range(1..=86_400)
}

impl Edge {
    /// What makes connections secure, if anything is to.
    pub(super) fn tls(&self) -> io::Result<Option<Tls>> {
        let missing = |which: &str, there: &str| {
            let message = format!("{there} needs {which}, too: a certificate and its key");
            Err(io::Error::new(io::ErrorKind::InvalidInput, message))
        };
        match (&self.tls_cert, &self.tls_key) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Tls::load(certificate, key).map(Some),
            (Some(_), None) => missing("--tls-key", "--tls-cert"),
            (None, Some(_)) => missing("--tls-cert", "--tls-key"),
        }
    }

    /// What the server bears, on this machine. Lets the process have as many files as it may.
    pub(super) fn limits(&self) -> Limits {
        let wanted = u64::try_from(self.connections).unwrap_or(u64::MAX);
        let connections = match rlimit::increase_nofile_limit(wanted.saturating_add(FILES_KEPT)) {
            Ok(files) => fitting(self.connections, files),
            Err(error) => {
                tracing::warn!(%error, "it is not known how many files may be open");
                self.connections
            }
        };
        let half = |all: usize| all.div_ceil(2);
        Limits {
            head_bytes: self.header_bytes,
            head_count: self.header_count,
            head_time: Duration::from_secs(self.header_seconds),
            idle_time: Duration::from_secs(self.idle_seconds),
            connections,
            connections_of_one: self.connections_per_address.unwrap_or(half(connections)),
            calls: self.calls_in_flight,
            calls_of_one: self
                .calls_in_flight_per_sandbox
                .unwrap_or(half(self.calls_in_flight)),
            body_memory: self.body_memory,
            ..Limits::default()
        }
    }
}

/// How many of the connections that are wanted fit into so many files: of few files, half.
fn fitting(wanted: usize, files: u64) -> usize {
    let room = files.saturating_sub(FILES_KEPT).max(files / 2);
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    if room < wanted {
        tracing::warn!(
            files,
            connections = room,
            "fewer connections than asked for: too few files may be open"
        );
    }
    wanted.min(room)
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn connections_leave_files_for_others() {
        assert_eq!(fitting(10_000, 20_000), 10_000);
        assert_eq!(fitting(10_000, 11_024), 10_000);
        assert_eq!(fitting(10_000, 11_023), 9_999);
        assert_eq!(fitting(10_000, 1024), 512);
        assert_eq!(fitting(100, 1024), 100);
    }
}
