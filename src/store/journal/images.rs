//! Images of states, written beside what sandboxes do: made on a thread of their own, part by part, so
//! that a large one keeps nobody waiting.
//!
//! Parts that are on the disk mean nothing until a row refers to their image, which comes with the last
//! of them. An image to which none came, because the server was killed, is dropped at the next start.

use std::sync::mpsc::{Receiver, Sender, sync_channel};

use super::tables::Write;
use super::writer::{Message, Pending};
use crate::state::SandboxState;
use crate::state::image;
use crate::store::Error;

/// The stack of threads that write images: JSON may be deep.
pub(super) const STACK_BYTES: usize = image::STACK_BYTES;

/// Something to be done on the thread.
pub(super) enum Job {
    /// Do this.
    Do(Box<dyn FnOnce() + Send>),
    /// Do no more.
    Close,
}

/// Does what it is asked, one after the other.
pub(super) fn run(jobs: &Receiver<Job>) {
    while let Ok(Job::Do(job)) = jobs.recv() {
        job();
    }
}

/// What is still to be written of an image.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// The last parts: they are to be written with what refers to the image.
    pub(super) writes: Vec<Write>,
    /// How many bytes the whole image has.
    pub(super) bytes: u64,
}

/// Writes an image but for its last part.
///
/// # Errors
/// When it cannot be written; nothing is left of it.
pub(super) fn write(
    queue: &Sender<Message>,
    number: u64,
    state: &SandboxState,
) -> Result<Rest, Error> {
    let mut rest = Rest::default();
    let mut failed = None;
    let mut part = 0;
    image::write(state, &mut |bytes| {
        rest.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if failed.is_none() && !rest.writes.is_empty() {
            failed = write_now(queue, std::mem::take(&mut rest.writes)).err();
        }
        rest.writes.push(Write::Part {
            image: number,
            part,
            bytes,
        });
        part += 1;
    });
    match failed {
        None => Ok(rest),
        Some(error) => {
            // It is dropped at the next start, if not now.
            let _ = write_now(queue, vec![Write::NoImage { image: number }]);
            Err(error)
        }
    }
}

/// Writes, and waits for it. Never on a thread that answers calls.
fn write_now(queue: &Sender<Message>, writes: Vec<Write>) -> Result<(), Error> {
    let (told, outcome) = sync_channel(1);
    let message = Message::Write(writes, Box::new(Told(told)));
    queue.send(message).map_err(|_| closed())?;
    outcome.recv().unwrap_or_else(|_| Err(closed()))
}

/// Tells a thread that waits.
struct Told(std::sync::mpsc::SyncSender<Result<(), Error>>);

impl Pending for Told {
    fn is_stale(&self) -> bool {
        false
    }

    fn done(self: Box<Self>) {
        let _ = self.0.try_send(Ok(()));
    }

    fn failed(&mut self, error: &Error) {
        let _ = self.0.try_send(Err(error.clone()));
    }
}

/// The writer is not there any more.
pub(super) fn closed() -> Error {
    Error::Unavailable("the journal is closed".into())
}
