//! The accept loop: connections, their time-outs, and a graceful end.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Sleep, sleep};

use super::data::{self, Edge};
use super::fault::{Connection, Ending};
use super::limits::Limits;
use crate::service::Service;

/// Serves until `stop` is done; then finishes the calls that are running, for a short while.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    limits: Limits,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let edge = Arc::new(Edge::new(service, limits));
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most often: others may be freed meanwhile.
                    tracing::warn!(%error, "accepting a connection failed");
                    sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        connection(stream, peer, &edge, &graceful);
    }
    drop(listener);
    edge.service.end_streams();
    tokio::select! {
        () = graceful.shutdown() => {}
        () = sleep(limits.grace) => tracing::warn!("some calls were still running at the end"),
    }
    Ok(())
}

fn connection(stream: TcpStream, peer: SocketAddr, edge: &Arc<Edge>, graceful: &GracefulShutdown) {
    // Small replies must not wait for the acknowledgement of the one before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection ended before it began");
        return;
    }
    let limits = edge.limits;
    let from = Connection::new(peer.to_string().into());
    let service = {
        let (edge, from) = (edge.clone(), from.clone());
        service_fn(move |request| {
            let (edge, from) = (edge.clone(), from.clone());
            async move { data::handle(&edge, &from, request).await }
        })
    };
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(limits.head_bytes.max(8192))
        .half_close(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(Some(limits.head_time));
    let stream = FirstBytes::new(Ending::new(stream, from), limits.head_time);
    let stream = TokioIo::new(stream);
    let connection = builder.serve_connection(stream, service).into_owned();
    let watched = graceful.watch(connection);
    let edge = edge.clone();
    tokio::spawn(async move {
        let _inside = edge.service.metrics.connections.enter();
        if let Err(error) = watched.await {
            tracing::debug!(%error, "a connection ended early");
        }
    });
}

/// How an HTTP/2 connection begins.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A stream that gives up when it stays open which version of HTTP it will speak: hyper waits for
/// that without end. Afterwards each version has its own time-outs.
struct FirstBytes<S> {
    stream: S,
    /// Runs as long as all that has arrived could be the beginning of a preface.
    waiting: Option<Pin<Box<Sleep>>>,
    /// How much of the preface has arrived.
    arrived: usize,
}

impl<S> FirstBytes<S> {
    fn new(stream: S, patience: Duration) -> Self {
        Self {
            stream,
            waiting: Some(Box::pin(sleep(patience))),
            arrived: 0,
        }
    }

    /// Takes note of what has just arrived.
    fn arrive(&mut self, bytes: &[u8]) {
        let rest = &PREFACE[self.arrived..];
        if !bytes.is_empty() && bytes.len() < rest.len() && rest.starts_with(bytes) {
            self.arrived += bytes.len();
        } else {
            self.waiting = None;
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FirstBytes<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let Some(waiting) = &mut self.waiting else {
            return read;
        };
        if read.is_ready() {
            self.arrive(&buffer.filled()[before..]);
            return read;
        }
        match waiting.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FirstBytes<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    /// Sends pieces, and then nothing more; whether the silence after them is ended.
    async fn check(pieces: &[&[u8]], ended: bool) {
        let (mut client, server) = duplex(1024);
        let mut server = FirstBytes::new(server, Duration::from_millis(30));
        let mut buffer = [0; 1024];
        for piece in pieces {
            client.write_all(piece).await.expect("it is sent");
            let read = server.read(&mut buffer).await.expect("it arrives");
            assert_eq!(&buffer[..read], *piece);
        }
        let silence = server.read(&mut buffer);
        let found = tokio::time::timeout(Duration::from_millis(120), silence).await;
        let found = found.map(|read| read.expect_err("nothing arrives").kind());
        let expected = ended.then_some(io::ErrorKind::TimedOut);
        assert_eq!(found.ok(), expected, "{pieces:?}");
    }

    #[test]
    fn silence_ends_a_connection_that_has_not_said_what_it_speaks() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        const HALF: &[u8] = PREFACE.split_at(23).0;
        runtime.block_on(async {
            tokio::join!(
                check(&[], true),
                check(&[b"P"], true),
                check(&[b"P", b"R", b"I * HTTP/2.0\r\n"], true),
                check(&[HALF], true),
                // From here on hyper has time-outs of its own.
                check(&[PREFACE], false),
                check(&[HALF, b"\n"], false),
                check(&[b"G"], false),
                check(&[b"PO"], false),
                check(&[b"P", b"OST / HTTP/1.1\r\n"], false),
            );
        });
    }
}
