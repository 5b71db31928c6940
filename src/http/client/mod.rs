//! The client: carries out what a decision hands out, and sends calls on. It follows no redirects, and
//! connects only to an address that has been checked.

mod connect;
mod deliver;
mod forward;
mod probe;
mod stream;
mod tls;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use http::HeaderValue;

use super::turns::Turns;
use crate::domain::name::SandboxId;
use crate::domain::reply::Reply;
use crate::engine::{Forward, Outgoing, Unreached};
use crate::service::{Deliverer, Upstream};
use crate::state::webhooks::delivery::Outcome;

pub use forward::Proxying;
pub use probe::probe;
pub use tls::Trust;

/// What receivers are told who calls.
const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("Sparring/", env!("CARGO_PKG_VERSION")));

/// Sends requests over HTTP/1.1: deliveries over a connection each, calls that are sent on through a
/// pool.
pub struct Client {
    /// Deliveries take turns; whoever calls waits already.
    turns: Turns,
    connector: Arc<connect::Connector>,
    forwarder: forward::Forwarder,
}

impl Client {
    /// A client of the server that listens on these addresses, to which it sends nothing unless that
    /// very address and port are listed as a target.
    #[must_use]
    pub fn new(own: &[SocketAddr], proxying: Proxying, trust: &Trust) -> Self {
        let connector = Arc::new(connect::Connector {
            own: own.to_vec(),
            tls: trust.connector(),
        });
        Self {
            turns: Turns::default(),
            forwarder: forward::Forwarder::new(connector.clone(), proxying),
            connector,
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
            match deliver::send(outgoing, &self.connector).await {
                Ok(status) => Outcome::Status(status),
                Err(reason) => Outcome::Failed(reason.into()),
            }
        })
    }
}

impl Upstream for Client {
    fn forward<'a>(
        &'a self,
        _: &'a SandboxId,
        forward: Forward,
    ) -> Pin<Box<dyn Future<Output = Result<Reply, Unreached>> + Send + 'a>> {
        Box::pin(self.forwarder.forward(forward))
    }

    fn permits(&self, url: &str) -> Result<(), String> {
        self.forwarder.permits(url)
    }
}
