//! The accept loop: connections, their bounds, and a graceful end.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::sleep;

use super::cors::Cors;
use super::crowd::Crowd;
use super::data::{self, Edge};
use super::fault::{Connection, Ending};
use super::limits::Limits;
use super::pace::Paced;
use super::route::Serves;
use super::tls::Tls;
use super::wire::Wire;
use crate::service::Service;

/// How many streams of one HTTP/2 connection are open at once.
const STREAMS_MAX: u32 = 128;

/// How many streams of one connection may be reset before anybody has looked at them: who opens and
/// resets on and on is told to calm down, and closed.
const RESET_UNSEEN_MAX: usize = 20;

/// How many streams of one connection may go wrong by what its caller does.
const RESET_BY_ERROR_MAX: usize = 256;

/// How many connections the admin API has on a port of its own, whatever becomes of the others.
const ADMIN_CONNECTIONS_MAX: usize = 512;

/// How often it is looked whether there is still too much going on.
const LOOKED_EVERY: Duration = Duration::from_secs(1);

/// Where the server listens.
pub struct Ports {
    /// For calls.
    pub calls: TcpListener,
    /// For the admin API, if it has a port of its own.
    pub admin: Option<TcpListener>,
    /// What makes the connections of both secure, if anything does.
    pub tls: Option<Tls>,
}

impl From<TcpListener> for Ports {
    /// One for everything, in the clear.
    fn from(calls: TcpListener) -> Self {
        Self {
            calls,
            admin: None,
            tls: None,
        }
    }
}

/// What all connections of a port share.
struct Port {
    edge: Arc<Edge>,
    serves: Serves,
    crowd: Arc<Crowd>,
    tls: Option<Arc<Tls>>,
    protocol: auto::Builder<TokioExecutor>,
    /// Turns true when the server is to end. Whoever has it is waited for.
    ending: watch::Receiver<bool>,
}

/// Serves until `stop` is done; then finishes the calls that are running, for a short while.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(
    ports: Ports,
    service: Arc<Service>,
    limits: Limits,
    cors: Option<Cors>,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let threads = Handle::current().metrics().num_workers();
    let edge = Arc::new(Edge::new(service, limits, cors, threads));
    let (end, ending) = watch::channel(false);
    let tls = ports.tls.map(Arc::new);
    if let Some(tls) = &tls {
        tls.keep_fresh();
    }
    let port = |serves, crowd| Port {
        edge: edge.clone(),
        serves,
        crowd,
        tls: tls.clone(),
        protocol: protocol(&limits),
        ending: ending.clone(),
    };
    let crowd = Crowd::new(limits.connections, limits.connections_of_one);
    match ports.admin {
        None => {
            tokio::spawn(accept(ports.calls, port(Serves::All, crowd)));
        }
        Some(admin) => {
            let few = Crowd::new(ADMIN_CONNECTIONS_MAX, ADMIN_CONNECTIONS_MAX);
            tokio::spawn(accept(ports.calls, port(Serves::Calls, crowd)));
            tokio::spawn(accept(admin, port(Serves::Admin, few)));
        }
    }
    drop(ending);
    let look = async {
        loop {
            sleep(LOOKED_EVERY).await;
            edge.overload.look();
        }
    };
    tokio::select! {
        () = stop => {}
        () = look => {}
    }
    edge.service.end_streams();
    // Nobody listens only if everybody has gone.
    let _ = end.send(true);
    tokio::select! {
        () = end.closed() => {}
        () = sleep(limits.grace) => tracing::warn!("some calls were still running at the end"),
    }
    Ok(())
}

/// What is spoken, and its bounds.
fn protocol(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    let mut http1 = builder.http1();
    http1
        .timer(TokioTimer::new())
        // The stream has time-outs for heads and for silence.
        .header_read_timeout(None)
        .max_buf_size(limits.head_bytes.max(8192))
        .half_close(true);
    if limits.head_count != Limits::default().head_count {
        // hyper has room for its default without asking for memory.
        http1.max_headers(limits.head_count);
    }
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_pending_accept_reset_streams(RESET_UNSEEN_MAX)
        .max_local_error_reset_streams(RESET_BY_ERROR_MAX)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        // Who does not answer is gone.
        .keep_alive_interval(Some(limits.head_time))
        .keep_alive_timeout(limits.head_time);
    builder
}

async fn accept(listener: TcpListener, port: Port) {
    let port = Arc::new(port);
    let mut ending = port.ending.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = ending.changed() => return,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most often: others may be freed meanwhile.
                tracing::warn!(%error, "accepting a connection failed");
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        match port.crowd.enter(peer.ip()) {
            Some(place) => {
                let (port, ending) = (port.clone(), ending.clone());
                tokio::spawn(async move {
                    port.connection(stream, peer, ending).await;
                    drop(place);
                });
            }
            // Who speaks TLS would have to be shaken hands with first.
            None if port.tls.is_none() => port.crowd.turn_away(stream),
            None => {}
        }
    }
}

impl Port {
    async fn connection(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        mut ending: watch::Receiver<bool>,
    ) {
        let _inside = self.edge.service.metrics.connections.enter();
        // Small replies must not wait for the acknowledgement of the one before.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection ended before it began");
            return;
        }
        let wire = match &self.tls {
            None => Wire::Plain(stream),
            Some(tls) => {
                let shaken = tokio::select! {
                    shaken = tls.accept(stream) => shaken,
                    _ = ending.changed() => return,
                };
                match shaken {
                    Ok(stream) => Wire::Secure(Box::new(stream)),
                    Err(error) => {
                        tracing::debug!(%error, %peer, "no handshake");
                        return;
                    }
                }
            }
        };
        let from = Connection::new(peer.to_string().into(), wire.is_secure(), self.serves);
        let service = {
            let (edge, from) = (self.edge.clone(), from.clone());
            service_fn(move |request| {
                let (edge, from) = (edge.clone(), from.clone());
                async move { data::handle(&edge, &from, request).await }
            })
        };
        let reading = from.clone();
        let stream = Paced::new(
            Ending::new(wire, from.clone()),
            from,
            &self.edge.limits,
            self.edge.overload.clone(),
        );
        let serving = self
            .protocol
            .serve_connection(TokioIo::new(stream), service);
        let mut serving = std::pin::pin!(serving);
        let mut ending = std::pin::pin!(ending.changed());
        let mut is_ending = false;
        let served = poll_fn(|context| {
            if !is_ending && ending.as_mut().poll(context).is_ready() {
                is_ending = true;
                serving.as_mut().graceful_shutdown();
            }
            let served = serving.as_mut().poll(context);
            // What was read was no call, or not the whole of one.
            drop(reading.take_turn());
            served
        })
        .await;
        if let Err(error) = served {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}
