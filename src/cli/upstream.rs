//! Arguments on calls that are sent on, and on whom the server trusts.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap::builder::FalseyValueParser;
use sparring::domain::targets::Targets;
use sparring::http::{Proxying, Trust};

#[derive(Args, Clone)]
pub(super) struct Upstream {
    /// Where calls may be sent on to by stubs and recordings, as in --webhook-targets
    #[arg(
        long,
        value_name = "HOSTS",
        env = "SPARRING_PROXY_TARGETS",
        default_value = "localhost,127.0.0.0/8,::1"
    )]
    proxy_targets: Targets,
    /// How long the answer to a call that is sent on may take, in milliseconds
    #[arg(
        long,
        value_name = "MILLISECONDS",
        env = "SPARRING_PROXY_TIMEOUT",
        default_value_t = 30_000
    )]
    proxy_timeout: u64,
    /// Tells the host that the caller has named, and not the one that the call is sent on to
    #[arg(long, env = "SPARRING_PRESERVE_HOST_HEADER", value_parser = FalseyValueParser::new())]
    preserve_host_header: bool,
    /// Tells the caller's User-Agent, and not the server's own
    #[arg(long, env = "SPARRING_PRESERVE_USER_AGENT_PROXY_HEADER", value_parser = FalseyValueParser::new())]
    preserve_user_agent_proxy_header: bool,
    /// A PEM file of authorities that are trusted beside those of the open internet, by webhooks too
    #[arg(long, value_name = "FILE", env = "SPARRING_UPSTREAM_CA")]
    upstream_ca: Option<PathBuf>,
    /// Trusts whatever certificate another server shows
    #[arg(long, env = "SPARRING_UPSTREAM_INSECURE", value_parser = FalseyValueParser::new())]
    upstream_insecure: bool,
}

impl Upstream {
    /// How calls are sent on. An answer may be as large as a request.
    pub(super) fn proxying(&self, body_bytes: usize) -> Proxying {
        Proxying {
            targets: Arc::new(self.proxy_targets.clone()),
            timeout: Duration::from_millis(self.proxy_timeout),
            body_bytes,
            preserve_host: self.preserve_host_header,
            preserve_user_agent: self.preserve_user_agent_proxy_header,
        }
    }

    /// Whom the server trusts.
    pub(super) fn trust(&self) -> io::Result<Trust> {
        let mut trust = Trust::default();
        if let Some(file) = &self.upstream_ca {
            trust = trust.and(file)?;
        }
        Ok(match self.upstream_insecure {
            true => trust.anyone(),
            false => trust,
        })
    }
}
