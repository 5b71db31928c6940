//! Server-sent events (WHATWG HTML §9.2): what a listener is told, as a body that goes on.
//!
//! A task of the stream's own waits for what is to be told and puts it into a channel that holds one
//! piece: it goes on when the connection has taken that. So a reader that is slow keeps nobody waiting,
//! and what it does not take in time is a gap.

use std::convert::Infallible;
use std::fmt::Write;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::service::{End, Item, Kind, Listener, Resume};

/// After how long without an event a comment is sent, so that nobody takes the connection for dead.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The body of a stream.
pub(super) struct Stream(mpsc::Receiver<Bytes>);

impl Stream {
    /// Begins to send what a listener is told of these kinds, after `opening`.
    pub(super) fn start(
        listener: Listener,
        kinds: Vec<Kind>,
        opening: &str,
        keep_alive: Duration,
    ) -> Self {
        let (to, from) = mpsc::channel(1);
        let opening = event("open", Some(listener.at()), opening);
        tokio::spawn(async move {
            // The reader has gone.
            let _ = send(listener, &kinds, opening, keep_alive, &to).await;
        });
        Self(from)
    }
}

impl Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.0.poll_recv(context);
        piece.map(|piece| piece.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// Nobody reads any more.
struct Gone;

async fn send(
    mut listener: Listener,
    kinds: &[Kind],
    opening: String,
    keep_alive: Duration,
    to: &mpsc::Sender<Bytes>,
) -> Result<(), Gone> {
    let mut text = opening;
    loop {
        to.send(text.into()).await.map_err(|_| Gone)?;
        let quiet_until = in_a_while(keep_alive);
        text = loop {
            let item = tokio::select! {
                item = listener.next() => item,
                () = sleep_until(quiet_until) => break quiet(listener.at()),
                () = to.closed() => return Err(Gone),
            };
            match item {
                Item::Told(at, told) if kinds.contains(&told.kind) => {
                    break event(told.kind.name(), Some(at), &told.data);
                }
                Item::Told(..) => {}
                Item::Gap(at, lost) => {
                    break event("gap", Some(at), &json!({ "lost": lost }).to_string());
                }
                Item::End(why) => {
                    let because = match why {
                        End::Deleted => "the sandbox is deleted",
                        End::Stopped => "the server stops",
                    };
                    let data = json!({ "because": because }).to_string();
                    let last = event("end", None, &data);
                    return to.send(last.into()).await.map_err(|_| Gone);
                }
            }
        };
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a connection is quiet is a matter of the wire"
)]
fn in_a_while(after: Duration) -> Instant {
    Instant::now() + after
}

/// One event. What it tells is a JSON document in one line.
fn event(name: &str, at: Option<Resume>, data: &str) -> String {
    let mut text = String::with_capacity(data.len() + 64);
    // A string takes whatever is written.
    let _ = writeln!(text, "event: {name}");
    if let Some(at) = at {
        let _ = writeln!(text, "id: {at}");
    }
    let _ = write!(text, "data: {data}\n\n");
    text
}

/// A sign of life. It tells where the stream is, too: what a reader has not asked for must not be
/// missing when it comes back.
fn quiet(at: Resume) -> String {
    format!(": quiet\nid: {at}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::Events;
    use std::sync::Arc;

    #[test]
    fn a_quiet_stream_shows_that_it_lives_and_where_it_is() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let events = Arc::new(Events::default());
            let listener = events.listen(None).expect("room to listen");
            let at = listener.at();
            let soon = Duration::from_millis(5);
            let mut stream = Stream::start(listener, Vec::new(), "{}", soon);
            let opening = stream.0.recv().await.expect("an opening");
            assert_eq!(opening, format!("event: open\nid: {at}\ndata: {{}}\n\n"));
            let sign = stream.0.recv().await.expect("a sign of life");
            assert_eq!(sign, format!(": quiet\nid: {at}\n\n"));
        });
    }
}
