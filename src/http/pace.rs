//! Patience: how long a caller may say nothing, dawdle over a head, or leave an answer unread, and how
//! often it may ask and not wait for an answer.
//!
//! hyper has a time-out for heads, which ends idle connections, too, and none before it knows which
//! version of HTTP it will speak, nor for idle connections of HTTP/2. So the stream itself keeps
//! watch, with one timer a connection. The timer is set late: it goes off, finds that there is time
//! left, and is set again, so that a connection with much to do hardly ever touches it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;
use tokio::time::{Instant, Sleep, sleep_until};

use super::fault::Connection;
use super::limits::Limits;
use super::overload::{Overload, Turn};

/// How an HTTP/2 connection begins, and nothing else.
const PREFACE: &[u8] = b"PRI * HTTP/2.0";

/// A stream that gives up on a caller who is too slow.
pub(super) struct Paced<S> {
    stream: S,
    connection: Arc<Connection>,
    head_time: Duration,
    idle_time: Duration,
    timer: Pin<Box<Sleep>>,
    awaited: Awaited,
    /// How many calls had begun when this was last looked at.
    begun: u64,
    /// How much of the preface has arrived, unless it was something else.
    preface: Option<usize>,
    /// Since when nothing that is to be sent was taken.
    stuck: Option<Instant>,
    overload: Arc<Overload>,
    /// What has arrived and waits for its turn.
    waiting: Option<Waiting>,
}

/// What has arrived and waits for its turn.
struct Waiting {
    bytes: Vec<u8>,
    /// The turn, or what brings it; nothing, once the connection has it.
    turn: Option<Result<Turn, oneshot::Receiver<Turn>>>,
}

/// What the caller is to do next.
#[derive(Clone, Copy, Debug)]
enum Awaited {
    /// Send a head, or the rest of it.
    Head { since: Instant },
    /// Whatever it likes: nothing is going on.
    Anything { since: Instant },
    /// Nothing: a call is being answered, which has bounds of its own.
    Nothing,
}

impl<S> Paced<S> {
    /// A new connection, which has as long for its first head as for any.
    pub(super) fn new(
        stream: S,
        connection: Arc<Connection>,
        limits: &Limits,
        overload: Arc<Overload>,
    ) -> Self {
        let since = now();
        Self {
            stream,
            connection,
            head_time: limits.head_time,
            idle_time: limits.idle_time,
            timer: Box::pin(sleep_until(since + limits.head_time)),
            awaited: Awaited::Head { since },
            begun: 0,
            preface: Some(0),
            stuck: None,
            overload,
            waiting: None,
        }
    }

    /// Whether the connection speaks HTTP/2, of which frames arrive at any time.
    fn has_frames(&self) -> bool {
        self.preface == Some(PREFACE.len())
    }

    /// Takes note of what has arrived.
    fn arrived(&mut self, bytes: &[u8]) {
        if self.has_frames() {
            return;
        }
        if let Some(before) = self.preface {
            let rest = &PREFACE[before..];
            let length = rest.len().min(bytes.len());
            self.preface = (bytes[..length] == rest[..length]).then_some(before + length);
            if self.has_frames() {
                // Some connect before they have anything to ask.
                self.awaited = Awaited::Anything { since: now() };
                return;
            }
        }
        if self.connection.is_answering() {
            return;
        }
        if self.has_answered() || !matches!(self.awaited, Awaited::Head { .. }) {
            self.awaited = Awaited::Head { since: now() };
        }
    }

    /// Whether a call has begun since the last look.
    fn has_answered(&mut self) -> bool {
        let before = std::mem::replace(&mut self.begun, self.connection.begun());
        before != self.begun
    }

    /// Whether the caller has been waited for long enough, and is not answered.
    fn poll_patience(&mut self, context: &mut Context<'_>) -> Poll<Awaited> {
        if self.connection.is_answering() {
            self.awaited = Awaited::Nothing;
            return Poll::Pending;
        }
        if self.has_answered() || matches!(self.awaited, Awaited::Nothing) {
            self.awaited = Awaited::Anything { since: now() };
        }
        let deadline = match self.awaited {
            Awaited::Head { since } => since + self.head_time,
            Awaited::Anything { since } => since + self.idle_time,
            Awaited::Nothing => return Poll::Pending,
        };
        self.poll_deadline(deadline, context).map(|()| self.awaited)
    }

    fn poll_deadline(&mut self, deadline: Instant, context: &mut Context<'_>) -> Poll<()> {
        if self.timer.deadline() > deadline {
            self.timer.as_mut().reset(deadline);
        }
        while self.timer.as_mut().poll(context).is_ready() {
            if self.timer.deadline() >= deadline {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }

    /// Hands over what has waited, as far as there is room for it.
    fn hand_over(&mut self, buffer: &mut ReadBuf<'_>) -> io::Result<()> {
        if let Some(waiting) = &mut self.waiting {
            let rest = waiting
                .bytes
                .split_off(waiting.bytes.len().min(buffer.remaining()));
            buffer.put_slice(&waiting.bytes);
            waiting.bytes = rest;
            if waiting.bytes.is_empty() {
                self.waiting = None;
            }
        }
        Ok(())
    }

    /// Bounds how long nothing is taken of what is to be sent.
    fn patiently<T>(
        &mut self,
        sent: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if sent.is_ready() {
            self.stuck = None;
            return sent;
        }
        let since = *self.stuck.get_or_insert_with(now);
        self.poll_deadline(since + self.idle_time, context)
            .map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.connection.is_abused() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        if let Some(waiting) = &mut self.waiting {
            if let Some(Err(turn)) = &mut waiting.turn {
                waiting.turn = ready!(Pin::new(turn).poll(context)).ok().map(Ok);
            }
            if let Some(Ok(turn)) = waiting.turn.take() {
                self.connection.has_turn(turn);
            }
            return Poll::Ready(self.hand_over(buffer));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.arrived(&buffer.filled()[before..]);
            // Of HTTP/2, frames are read while others wait to be written: nobody knows when the next look is.
            let is_call = buffer.filled().len() > before && !self.connection.is_answering();
            if !is_call || self.has_frames() {
                return read;
            }
            let turn = self.overload.before_reading(&self.connection);
            if turn.is_none() {
                return read;
            }
            let bytes = buffer.filled()[before..].to_vec();
            buffer.set_filled(before);
            self.waiting = Some(Waiting { bytes, turn });
            // Whoever has come, too, and was not looked at yet, is to stand in line first.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        match self.poll_patience(context) {
            Poll::Pending => Poll::Pending,
            // As if the caller had closed it: nobody is in the middle of anything.
            Poll::Ready(Awaited::Anything { .. }) => Poll::Ready(Ok(())),
            Poll::Ready(_) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.patiently(sent, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sent = Pin::new(&mut self.stream).poll_flush(context);
        self.patiently(sent, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sent = Pin::new(&mut self.stream).poll_shutdown(context);
        self.patiently(sent, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.patiently(sent, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a caller takes is no part of any answer"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::super::route::Serves;
    use super::*;

    const HEAD_TIME: Duration = Duration::from_millis(40);
    const IDLE_TIME: Duration = Duration::from_millis(150);

    /// How a silence ends.
    #[derive(Debug, PartialEq)]
    enum End {
        /// The head took too long.
        Head,
        /// Nothing went on for too long.
        Idle,
        /// Not at all.
        Never,
    }

    /// What happens on a connection before the silence.
    enum Step {
        Bytes(&'static [u8]),
        /// A call that is answered.
        Call,
        /// A call that is not.
        Unanswered,
    }

    async fn check(steps: &[Step], expected: End) {
        let limits = Limits {
            head_time: HEAD_TIME,
            idle_time: IDLE_TIME,
            ..Limits::default()
        };
        let connection = Connection::new("peer".into(), false, Serves::All);
        let (mut client, server) = duplex(1024);
        let overload = Arc::new(Overload::new(&limits, 2));
        let mut server = Paced::new(server, connection.clone(), &limits, overload);
        let mut buffer = [0; 1024];
        let mut unanswered = Vec::new();
        for step in steps {
            match step {
                Step::Bytes(bytes) => {
                    client.write_all(bytes).await.expect("it is sent");
                    let read = server.read(&mut buffer).await.expect("it arrives");
                    assert_eq!(&buffer[..read], *bytes);
                }
                Step::Call => drop(connection.begin()),
                Step::Unanswered => unanswered.push(connection.begin()),
            }
        }
        let started = now();
        let silence = server.read(&mut buffer);
        let found = match tokio::time::timeout(IDLE_TIME * 2, silence).await {
            Ok(Err(_)) => End::Head,
            Ok(Ok(_)) => End::Idle,
            Err(_) => End::Never,
        };
        assert_eq!(found, expected);
        let took = now() - started;
        match expected {
            End::Idle => assert!(took >= IDLE_TIME, "{took:?}"),
            End::Head => assert!(took < IDLE_TIME, "{took:?}"),
            End::Never => {}
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn silence_ends_a_connection() {
        use Step::{Bytes, Call, Unanswered};
        const HEAD: &[u8] = b"GET / HTTP/1.1\r\n\r\n";
        tokio::join!(
            check(&[], End::Head),
            check(&[Bytes(b"P")], End::Head),
            check(&[Bytes(b"P"), Bytes(b"RI * HT")], End::Head),
            check(&[Bytes(b"GET / HT")], End::Head),
            check(&[Bytes(HEAD), Unanswered], End::Never),
            check(&[Bytes(HEAD), Call], End::Idle),
            check(&[Bytes(HEAD), Call, Bytes(b"GET")], End::Head),
            check(&[Bytes(HEAD), Call, Bytes(HEAD), Call], End::Idle),
            check(&[Bytes(HEAD), Call, Bytes(b"PRI * HTTP/2.0")], End::Head),
            // Frames that are no call keep a connection no longer than silence.
            check(&[Bytes(PREFACE), Bytes(b"frame")], End::Idle),
            check(&[Bytes(PREFACE), Call, Bytes(b"frame")], End::Idle),
            check(&[Bytes(PREFACE), Call, Unanswered], End::Never),
        );
    }

    #[tokio::test(flavor = "current_thread")]
    async fn an_answer_that_is_not_read_ends_a_connection() {
        let limits = Limits {
            idle_time: HEAD_TIME,
            ..Limits::default()
        };
        let stream = || {
            let connection = Connection::new("peer".into(), false, Serves::All);
            let (client, server) = duplex(16);
            let overload = Arc::new(Overload::new(&limits, 2));
            (client, Paced::new(server, connection, &limits, overload))
        };
        let long = [0; 64];
        let (_client, mut server) = stream();
        let failed = server.write_all(&long).await.expect_err("nobody reads");
        assert_eq!(failed.kind(), io::ErrorKind::TimedOut);
        // Who reads on, however slowly, gets all of it.
        let (mut client, mut server) = stream();
        let read = async {
            for _ in 0..64 {
                tokio::time::sleep(HEAD_TIME / 8).await;
                client.read_u8().await.expect("a byte");
            }
        };
        let write = async { server.write_all(&long).await.expect("it is taken") };
        tokio::join!(write, read);
    }
}
