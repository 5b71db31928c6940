//! Bodies: read with a bound on size and time, and written as one piece, in chunks, cut, or by axum.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::EXPECT;
use http::{HeaderMap, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::task::spawn_blocking;
use tokio::time::{Sleep, sleep, timeout};

use super::fault::{Answering, Connection, Reset};
use super::gzip;
use super::limits::Limits;
use super::overload::{Admitted, Weight};
use crate::domain::reply::{Body, Chunk, Fault};

/// How much of a body that is too large is still read and thrown away, so that its sender gets to
/// read the answer instead of a broken connection.
const DRAINED_BYTES_MAX: usize = 256 << 20;

/// How long the beginning of a body has to leave over HTTP/2.
const SENT_TIME: Duration = Duration::from_millis(50);

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is larger than is taken.
    TooLarge,
    /// It did not arrive in time.
    TooSlow,
    /// The connection broke.
    Broken,
    /// It is said to be packed, and is not.
    NotGzip,
    /// There is no memory for it now.
    NoRoom,
}

/// The longest packed body that is unpacked at once: a longer one would keep other calls waiting.
const UNPACKED_AT_ONCE_BYTES_MAX: usize = 4 << 10;

/// Reads a whole body, and unpacks it; the memory that it takes is added to its weight.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Incoming,
    limits: &Limits,
    weight: &mut Weight,
) -> Result<Bytes, Unread> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    // Reading would tell a sender that asks first to go on, only to refuse what it then sends.
    let too_large = usize::try_from(body.size_hint().lower())
        .map_or(true, |announced| announced > limits.body_bytes);
    if too_large && headers.contains_key(EXPECT) {
        return Err(Unread::TooLarge);
    }
    let max = limits.body_bytes;
    let Ok(read) = timeout(limits.body_time, collect(body, max, weight)).await else {
        return Err(Unread::TooSlow);
    };
    let read = read?;
    let plain = match read.len() > UNPACKED_AT_ONCE_BYTES_MAX && gzip::is_packed(headers, &read) {
        false => gzip::unpacked(headers, read, max)?,
        true => {
            let headers = headers.clone();
            match spawn_blocking(move || gzip::unpacked(&headers, read, max)).await {
                Ok(unpacked) => unpacked?,
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
    };
    match weight.becomes(plain.len()) {
        true => Ok(plain),
        false => Err(Unread::NoRoom),
    }
}

async fn collect(mut body: Incoming, max: usize, weight: &mut Weight) -> Result<Bytes, Unread> {
    let mut first: Option<Bytes> = None;
    let mut rest = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else {
            continue;
        };
        length += data.len();
        if length <= max && !weight.grow(data.len()) {
            return Err(Unread::NoRoom);
        }
        if length > max {
            first = None;
            rest.clear();
            if length > DRAINED_BYTES_MAX {
                break;
            }
        } else if length == data.len() {
            first = Some(data);
        } else {
            if let Some(first) = first.take() {
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&data);
        }
    }
    if length > max {
        return Err(Unread::TooLarge);
    }
    Ok(first.unwrap_or_else(|| rest.freeze()))
}

/// A body on its way out.
pub(super) enum Outgoing {
    /// All at once.
    Whole(Full<Bytes>),
    /// One chunk after the other, each after its pause.
    Timed(Timed),
    /// The beginning, and then the connection breaks.
    Cut(Cut),
    /// What the admin API answers.
    Axum(axum::body::Body),
}

impl Outgoing {
    /// A reply's body, ready to be sent over this connection.
    pub(super) fn of(body: Body, connection: &Arc<Connection>, version: Version) -> Self {
        match body {
            Body::Bytes(bytes) => Self::Whole(Full::new(bytes)),
            Body::Chunks(chunks) => Self::Timed(Timed::new(chunks)),
            Body::Cut { begun, length } => Self::Cut(Cut {
                begun: Timed::new(begun),
                length,
                end: Box::pin(breaks(connection.clone(), version)),
            }),
        }
    }

    /// No body.
    pub(super) fn none() -> Self {
        Self::Whole(Full::new(Bytes::new()))
    }
}

/// What lasts until an answer has been handed over.
pub(super) struct Holding {
    /// The connection knows that it is used.
    pub(super) answering: Answering,
    /// The call counts as under way.
    pub(super) admitted: Option<Admitted>,
    /// The memory of what was asked.
    pub(super) weight: Weight,
}

/// A body, and what lasts until it has been handed over.
pub(super) struct Held {
    body: Outgoing,
    _holding: Holding,
}

impl Held {
    pub(super) fn new(body: Outgoing, holding: Holding) -> Self {
        Self {
            body,
            _holding: holding,
        }
    }
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Chunks that are sent when their time has come.
pub(super) struct Timed {
    chunks: VecDeque<Chunk>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Timed {
    fn new(chunks: Vec<Chunk>) -> Self {
        Self {
            chunks: chunks.into(),
            pause: None,
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let Some(next) = self.chunks.front() else {
            return Poll::Ready(None);
        };
        if next.after > Duration::ZERO {
            let pause = self
                .pause
                .get_or_insert_with(|| Box::pin(sleep(next.after)));
            if pause.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.pause = None;
        }
        Poll::Ready(self.chunks.pop_front().map(|chunk| chunk.bytes))
    }
}

/// A body that breaks off.
pub(super) struct Cut {
    begun: Timed,
    /// How long the whole is said to be.
    length: Option<u64>,
    /// What breaks the connection when all of the beginning has come.
    end: Pin<Box<dyn Future<Output = Reset> + Send>>,
}

impl Cut {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, Reset>> {
        match ready!(self.begun.poll(context)) {
            Some(bytes) => Poll::Ready(Ok(bytes)),
            None => self.end.as_mut().poll(context).map(Err),
        }
    }
}

/// Breaks a connection, or the one stream of it that a call has.
async fn breaks(connection: Arc<Connection>, version: Version) -> Reset {
    if version == Version::HTTP_2 {
        // A stream that is reset forgets what it has not sent.
        sleep(SENT_TIME).await;
    }
    connection.end(Fault::EmptyResponse, version).await
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match &mut *self {
            Self::Whole(body) => Pin::new(body)
                .poll_frame(context)
                .map_err(|never: Infallible| match never {}),
            Self::Timed(body) => body
                .poll(context)
                .map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes)))),
            Self::Cut(body) => body
                .poll(context)
                .map(|bytes| Some(bytes.map(Frame::data).map_err(axum::Error::new))),
            Self::Axum(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Timed(body) => body.chunks.is_empty(),
            Self::Cut(_) => false,
            Self::Axum(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Timed(_) => SizeHint::default(),
            Self::Cut(body) => body.length.map(SizeHint::with_exact).unwrap_or_default(),
            Self::Axum(body) => body.size_hint(),
        }
    }
}
