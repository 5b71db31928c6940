//! The writer: one thread that alone changes the database. What waits in its queue is written as one
//! (a group commit), and whoever waits is told when it is safe.
//!
//! A write that fails ends the database's use: it is opened anew, and asked whether the failed group
//! commit is there after all. It is there as a whole or not at all, and its number tells. Until that can
//! be asked, and for a while after each failure, what comes is refused at once.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use redb::{Database, ReadTransaction, ReadableDatabase};

use super::media::Media;
use super::open::{self, OpenError};
use super::tables::{META_BATCH, Tables, Write};
use crate::store::Error;

/// How many changes are written as one, at most.
const BATCH_MAX: usize = 4096;

/// About how many bytes are written as one, at most.
const BATCH_BYTES_MAX: usize = 8 << 20;

/// Something that waits for the disk.
pub(super) trait Pending: Send {
    /// Whether it was decided on something that has never happened. Then it is not written.
    fn is_stale(&self) -> bool;

    /// It is safe. This may come after [`failed`](Self::failed), where that was told too early.
    fn done(self: Box<Self>);

    /// It has not happened, as far as can be told.
    fn failed(&mut self, error: &Error);
}

/// What the writer is asked for.
pub(super) enum Message {
    /// Write this, as one, and tell.
    Write(Vec<Write>, Box<dyn Pending>),
    /// Give a view of all that is safe now.
    View(tokio::sync::oneshot::Sender<Result<ReadTransaction, Error>>),
    /// Write what is in the queue, and end.
    Close,
}

/// The writer's thread.
pub(super) struct Writer {
    media: Arc<dyn Media>,
    queue: Receiver<Message>,
    database: Option<Database>,
    /// The number of the last group commit that is there.
    written: u64,
    /// The number of the last group commit that was tried.
    tried: u64,
    /// Why nothing can be written, and since when.
    broken: Option<(Arc<str>, Instant)>,
    /// For how long nothing is tried again after a failure.
    patience: Duration,
    /// A group commit of which nobody can tell whether it is there.
    doubtful: Vec<Box<dyn Pending>>,
}

/// Changes that are written as one.
#[derive(Default)]
struct Batch {
    writes: Vec<Write>,
    bytes: usize,
    pending: Vec<Box<dyn Pending>>,
}

/// What ends a round of the writer's loop, beside a batch.
enum Next {
    Nothing,
    View(tokio::sync::oneshot::Sender<Result<ReadTransaction, Error>>),
    Close,
}

impl Writer {
    pub(super) fn new(
        media: Arc<dyn Media>,
        queue: Receiver<Message>,
        database: Database,
        written: u64,
        patience: Duration,
    ) -> Self {
        Self {
            media,
            queue,
            database: Some(database),
            written,
            tried: written,
            broken: None,
            patience,
            doubtful: Vec::new(),
        }
    }

    /// Writes until it is told to end, or nobody can ask for anything any more.
    pub(super) fn run(mut self) {
        while let Ok(first) = self.queue.recv() {
            // Before the queue is looked at: what is found on the disk may make some of it stale.
            let ready = self.ready();
            let (batch, next) = self.gather(first);
            match ready {
                Ok(()) => self.write(batch),
                Err(why) => batch.fail(&Error::Unavailable(why)),
            }
            match next {
                Next::Nothing => {}
                Next::View(to) => drop(to.send(self.view())),
                Next::Close => break,
            }
        }
        if let Some(database) = self.database.take()
            && let Err(error) = database.close()
        {
            tracing::warn!(%error, "the journal was not closed well; it is checked at the next start");
        }
    }

    /// Takes what is in the queue.
    fn gather(&mut self, first: Message) -> (Batch, Next) {
        let mut batch = Batch::default();
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Write(writes, pending) => batch.add(writes, pending),
                Message::View(to) => return (batch, Next::View(to)),
                Message::Close => return (batch, Next::Close),
            }
            if batch.pending.len() >= BATCH_MAX || batch.bytes >= BATCH_BYTES_MAX {
                break;
            }
            next = self.queue.try_recv().ok();
        }
        (batch, Next::Nothing)
    }

    /// Writes a batch, or fails it; tells in either case.
    fn write(&mut self, batch: Batch) {
        if batch.writes.is_empty() {
            return batch.finish();
        }
        let Err(error) = self.commit(&batch.writes) else {
            return batch.finish();
        };
        let why = reason(&error);
        tracing::error!(error = %why, "the journal cannot be written");
        self.broken = Some((why.clone(), now()));
        self.close_broken();
        match self.reopen() {
            Ok(true) => batch.finish(),
            Ok(false) => batch.fail(&Error::Unavailable(why)),
            Err(_) => {
                self.doubtful = batch.refuse(&Error::Unavailable(why));
            }
        }
    }

    /// Whether something can be tried: the database is open, and the last failure is some time ago.
    fn ready(&mut self) -> Result<(), Arc<str>> {
        let Some((why, since)) = &self.broken else {
            return Ok(());
        };
        if now().duration_since(*since) < self.patience {
            return Err(why.clone());
        }
        if self.database.is_none() {
            self.broken = Some((why.clone(), now()));
            match self.reopen() {
                Err(why) => {
                    self.broken = Some((why.clone(), now()));
                    return Err(why);
                }
                Ok(there) => {
                    let doubtful = std::mem::take(&mut self.doubtful);
                    if there {
                        doubtful.into_iter().for_each(Pending::done);
                    }
                }
            }
        }
        Ok(())
    }

    fn commit(&mut self, writes: &[Write]) -> Result<(), redb::Error> {
        let database = self.database.as_ref().ok_or(redb::Error::DatabaseClosed)?;
        self.tried = self.written + 1;
        let transaction = database.begin_write()?;
        {
            let mut tables = Tables::of(&transaction)?;
            for write in writes {
                tables.write(write)?;
            }
            tables.set_number(META_BATCH, self.tried)?;
        }
        transaction.commit()?;
        self.written = self.tried;
        if self.broken.take().is_some() {
            tracing::info!("the journal can be written again");
        }
        Ok(())
    }

    /// After a fault the database refuses everything, and its file is locked until it is dropped.
    fn close_broken(&mut self) {
        if let Some(database) = self.database.take() {
            let _ = database.close();
        }
    }

    /// Opens the database anew; whether the last group commit that was tried is in it.
    fn reopen(&mut self) -> Result<bool, Arc<str>> {
        let opened = open::open(&*self.media, &open::quick());
        let (database, found) = opened.map_err(|error: OpenError| Arc::from(error.to_string()))?;
        if ![self.written, self.tried].contains(&found) {
            return Err("another journal stands in the place of this server's".into());
        }
        self.database = Some(database);
        self.written = found;
        Ok(found == self.tried)
    }

    fn view(&self) -> Result<ReadTransaction, Error> {
        let unavailable = |why: String| Error::Unavailable(why.into());
        let Some(database) = &self.database else {
            let why = self.broken.as_ref().map(|(why, _)| why.to_string());
            return Err(unavailable(why.unwrap_or_default()));
        };
        database
            .begin_read()
            .map_err(|error| unavailable(error.to_string()))
    }
}

impl Batch {
    fn add(&mut self, mut writes: Vec<Write>, mut pending: Box<dyn Pending>) {
        if pending.is_stale() {
            let why = "what it was decided on could not be kept";
            return pending.failed(&Error::Unavailable(why.into()));
        }
        self.bytes += writes.iter().map(Write::bytes).sum::<usize>();
        self.writes.append(&mut writes);
        self.pending.push(pending);
    }

    fn finish(self) {
        self.pending.into_iter().for_each(Pending::done);
    }

    fn fail(self, error: &Error) {
        drop(self.refuse(error));
    }

    /// Fails it, and gives what may have happened all the same.
    fn refuse(mut self, error: &Error) -> Vec<Box<dyn Pending>> {
        for pending in &mut self.pending {
            pending.failed(error);
        }
        self.pending
    }
}

/// Why something failed, in the words of the machine.
fn reason(error: &redb::Error) -> Arc<str> {
    match error {
        redb::Error::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => {
            "no space left on the device".into()
        }
        redb::Error::Io(error) => error.to_string().into(),
        other => other.to_string().into(),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a disk is left alone after a fault is no matter of a sandbox"
)]
fn now() -> Instant {
    Instant::now()
}
