//! `sparring health`: for whoever starts the server and wants to know when it is there, and has
//! nothing else in its image that speaks HTTP.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use sparring::http::probe;

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Args)]
pub(super) struct Health {
    /// What is asked; left out, the server that the same environment starts on this machine
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[arg(
        long,
        env = "SPARRING_LISTEN",
        hide = true,
        default_value = "127.0.0.1:8080"
    )]
    listen: SocketAddr,
    #[arg(long, env = "SPARRING_ADMIN_LISTEN", hide = true)]
    admin_listen: Option<SocketAddr>,
    #[arg(long, env = "SPARRING_TLS_CERT", hide = true)]
    tls_cert: Option<PathBuf>,
}

/// Asks once.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "its answer")]
pub(super) fn run(arguments: &Health) -> ExitCode {
    let url = arguments.url();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let asked = match runtime {
        Ok(runtime) => runtime.block_on(probe(&url, PATIENCE)),
        Err(error) => Err(error.to_string()),
    };
    match asked {
        Ok(()) => {
            println!("healthy");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

impl Health {
    fn url(&self) -> String {
        if let Some(url) = &self.url {
            return url.clone();
        }
        let listens = self.admin_listen.unwrap_or(self.listen);
        let host = match listens.ip() {
            IpAddr::V4(at) if at.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(at) if at.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            at => at,
        };
        let scheme = match self.tls_cert {
            Some(_) => "https",
            None => "http",
        };
        format!(
            "{scheme}://{}/__admin/health",
            SocketAddr::new(host, listens.port())
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_of_the_same_environment_is_asked() {
        let check = |listen: &str, admin: Option<&str>, tls: bool, expected: &str| {
            let health = Health {
                url: None,
                listen: listen.parse().expect("an address"),
                admin_listen: admin.map(|at| at.parse().expect("an address")),
                tls_cert: tls.then(PathBuf::new),
            };
            assert_eq!(health.url(), format!("{expected}/__admin/health"));
        };
        check("127.0.0.1:80", None, false, "http://127.0.0.1:80");
        check("0.0.0.0:8080", None, false, "http://127.0.0.1:8080");
        check("[::]:8080", None, true, "https://[::1]:8080");
        check("10.1.2.3:8080", None, false, "http://10.1.2.3:8080");
        check(
            "0.0.0.0:8080",
            Some("0.0.0.0:9090"),
            true,
            "https://127.0.0.1:9090",
        );
    }
}
