//! Bodies: read with a bound on size and time, and written as one piece, in chunks, or by axum.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::EXPECT;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep, timeout};

use super::gzip;
use super::limits::Limits;
use crate::domain::reply::{Body, Chunk};

/// How much of a body that is too large is still read and thrown away, so that its sender gets to
/// read the answer instead of a broken connection.
const DRAINED_BYTES_MAX: usize = 256 << 20;

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
}

/// Reads a whole body, and unpacks it.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Incoming,
    limits: &Limits,
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
    match timeout(limits.body_time, collect(body, limits.body_bytes)).await {
        Ok(read) => gzip::unpacked(headers, read?, limits.body_bytes),
        Err(_) => Err(Unread::TooSlow),
    }
}

async fn collect(mut body: Incoming, max: usize) -> Result<Bytes, Unread> {
    let mut first: Option<Bytes> = None;
    let mut rest = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else {
            continue;
        };
        length += data.len();
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
    /// What the admin API answers.
    Axum(axum::body::Body),
}

impl Outgoing {
    /// A reply's body, ready to be sent.
    pub(super) fn of(body: Body) -> Self {
        match body {
            Body::Bytes(bytes) => Self::Whole(Full::new(bytes)),
            Body::Chunks(chunks) => Self::Timed(Timed {
                chunks: chunks.into(),
                pause: None,
            }),
        }
    }
}

/// Chunks that are sent when their time has come.
pub(super) struct Timed {
    chunks: VecDeque<Chunk>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Timed {
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
            Self::Axum(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Timed(body) => body.chunks.is_empty(),
            Self::Axum(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Timed(_) => SizeHint::default(),
            Self::Axum(body) => body.size_hint(),
        }
    }
}
