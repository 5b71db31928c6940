//! Faults on the wire: what a connection does instead of answering.
//!
//! The handler says how the connection [ends](Connection::end) and never answers. hyper then flushes,
//! which it does when everything that it had to send is sent: so earlier answers arrive whole, also on
//! a connection with several calls under way. There the stream carries the fault out and fails, and
//! hyper lets it go. HTTP/2 has many streams on one connection: there the handler fails with
//! [`Reset`], which ends one of them.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};

use http::Version;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::overload::Turn;
use super::route::Serves;
use super::wire::Wire;
use crate::domain::reply::Fault;

/// What WireMock sends as garbage; some clients' tests look for it.
macro_rules! garbage {
    () => {
        "lskdu018973t09sylgasjkfg1][]'./.sdlv"
    };
}

/// A good head, of a body in chunks, and no chunk.
const MALFORMED: &str = concat!(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    garbage!()
);

/// The same for HTTP/1.0, which has no chunks.
const MALFORMED_HTTP_10: &str = concat!("HTTP/1.1 200 OK\r\n\r\n", garbage!());

/// How much of what a client has sent on is read before a connection closes: what is left unread
/// would turn the close into a reset.
const DRAINED_BYTES_MAX: usize = 1 << 20;

/// A connection, as those see it that answer its calls.
#[derive(Debug)]
pub(super) struct Connection {
    /// Who called.
    pub(super) peer: Arc<str>,
    /// Whether nobody in between can read it.
    pub(super) secure: bool,
    /// What is served on it.
    pub(super) serves: Serves,
    end: OnceLock<End>,
    /// How many calls are being answered.
    answering: AtomicU32,
    /// How many calls have come.
    begun: AtomicU64,
    /// How many of them were given up by the caller before there was an answer.
    given_up: AtomicU64,
    /// In which line its latest call stood; zero before the first.
    line: AtomicU64,
    /// The turn that it has for what it reads. It is held for one look at the connection at the most.
    turn: Mutex<Option<Turn>>,
    /// Whether there is one: so that nobody takes the lock who is alone.
    has_turn: AtomicBool,
}

/// How many calls of a connection may be given up: beyond that, a caller for whom that is more than
/// half of them only wants to keep the server busy.
const GIVEN_UP_MAX: u64 = 500;

/// A call that is being answered: until the last byte of the answer has been handed over.
#[derive(Debug)]
pub(super) struct Answering {
    connection: Arc<Connection>,
    answered: bool,
}

impl Answering {
    /// There is an answer.
    pub(super) fn is_answered(&mut self) {
        self.answered = true;
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        if !self.answered {
            self.connection.given_up.fetch_add(1, Ordering::Relaxed);
        }
        self.connection.answering.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How a connection ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// It closes after these bytes.
    Close(&'static [u8]),
    /// It is reset.
    Reset,
}

/// A stream of an HTTP/2 connection is reset.
#[derive(Debug)]
pub(super) struct Reset;

impl std::fmt::Display for Reset {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the stub's fault")
    }
}

impl std::error::Error for Reset {}

impl Connection {
    /// A connection with `peer`.
    pub(super) fn new(peer: Arc<str>, secure: bool, serves: Serves) -> Arc<Self> {
        Arc::new(Self {
            peer,
            secure,
            serves,
            end: OnceLock::new(),
            answering: AtomicU32::new(0),
            begun: AtomicU64::new(0),
            given_up: AtomicU64::new(0),
            line: AtomicU64::new(0),
            turn: Mutex::default(),
            has_turn: AtomicBool::new(false),
        })
    }

    /// A call has come; it is being answered until what comes back is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> Answering {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.answering.fetch_add(1, Ordering::Relaxed);
        Answering {
            connection: self.clone(),
            answered: false,
        }
    }

    /// A call on it stands in this line; the turn that it was read in.
    pub(super) fn asks_for(&self, line: u64) -> Option<Turn> {
        if self.line.load(Ordering::Relaxed) != line {
            self.line.store(line, Ordering::Relaxed);
        }
        self.take_turn()
    }

    /// In which line its latest call stood; zero before the first.
    pub(super) fn line(&self) -> u64 {
        self.line.load(Ordering::Relaxed)
    }

    /// It may read in this turn.
    pub(super) fn has_turn(&self, turn: Turn) {
        let before = self.turn().replace(turn);
        self.has_turn.store(true, Ordering::Relaxed);
        // To end a turn is no work for whoever holds a lock.
        drop(before);
    }

    /// Whatever turn it has.
    pub(super) fn take_turn(&self) -> Option<Turn> {
        // Both are done by the connection's own thread, but for the calls of HTTP/2, which have no part in it.
        if !self.has_turn.load(Ordering::Relaxed) {
            return None;
        }
        self.has_turn.store(false, Ordering::Relaxed);
        self.turn().take()
    }

    fn turn(&self) -> MutexGuard<'_, Option<Turn>> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether its caller opens calls only to give them up.
    pub(super) fn is_abused(&self) -> bool {
        let given_up = self.given_up.load(Ordering::Relaxed);
        given_up > GIVEN_UP_MAX && given_up > self.begun() / 2
    }

    /// Whether a call is being answered.
    pub(super) fn is_answering(&self) -> bool {
        self.answering.load(Ordering::Relaxed) > 0
    }

    /// How many calls have come.
    pub(super) fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Carries a fault out. It only returns where the call has a stream of its own, with the reason
    /// why that is reset; a connection that is shared by nobody else goes, and its calls with it.
    pub(super) async fn end(&self, fault: Fault, version: Version) -> Reset {
        if version == Version::HTTP_2 {
            return Reset;
        }
        let end = match fault {
            Fault::EmptyResponse => End::Close(b""),
            Fault::MalformedResponseChunk if version == Version::HTTP_10 => {
                End::Close(MALFORMED_HTTP_10.as_bytes())
            }
            Fault::MalformedResponseChunk => End::Close(MALFORMED.as_bytes()),
            Fault::RandomDataThenClose => End::Close(garbage!().as_bytes()),
            Fault::ConnectionResetByPeer => End::Reset,
        };
        // HTTP/1 answers one call at a time: nobody else has said how this ends.
        let _ = self.end.set(end);
        std::future::pending().await
    }
}

/// A stream that ends as its connection is told to.
pub(super) struct Ending {
    stream: Wire,
    connection: Arc<Connection>,
    /// How much of the last bytes is sent.
    sent: usize,
}

impl Ending {
    /// The stream of a connection.
    pub(super) fn new(stream: Wire, connection: Arc<Connection>) -> Self {
        Self {
            stream,
            connection,
            sent: 0,
        }
    }

    /// Carries the end out; then the stream has failed, and whoever has it drops it.
    fn poll_end(&mut self, end: End, context: &mut Context<'_>) -> Poll<io::Error> {
        let ended = match end {
            End::Reset => self.stream.socket().set_zero_linger(),
            End::Close(bytes) => {
                while self.sent < bytes.len() {
                    let rest = &bytes[self.sent..];
                    match ready!(Pin::new(&mut self.stream).poll_write(context, rest)) {
                        Ok(0) => return Poll::Ready(io::ErrorKind::WriteZero.into()),
                        Ok(sent) => self.sent += sent,
                        Err(error) => return Poll::Ready(error),
                    }
                }
                if self.stream.is_secure() {
                    // A socket that just closes would look like an attack: the end is told first.
                    if let Err(error) = ready!(Pin::new(&mut self.stream).poll_shutdown(context)) {
                        return Poll::Ready(error);
                    }
                }
                self.drain();
                Ok(())
            }
        };
        let done = || io::Error::other("the stub's fault ended the connection");
        Poll::Ready(ended.err().unwrap_or_else(done))
    }

    fn drain(&self) {
        let mut thrown_away = [0; 16 << 10];
        let mut drained = 0;
        while drained < DRAINED_BYTES_MAX
            && let Ok(read @ 1..) = self.stream.socket().try_read(&mut thrown_away)
        {
            drained += read;
        }
    }
}

impl AsyncRead for Ending {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Ending {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.connection.end.get().copied() {
            None => Pin::new(&mut self.stream).poll_flush(context),
            Some(end) => self.poll_end(end, context).map(Err),
        }
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
