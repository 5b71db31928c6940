//! A disk in memory, with which everything can be wrong that can be with a disk.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{Builder, Database, DatabaseError, StorageBackend};

use super::super::Media;

/// How a disk counts what it has room for.
const PAGE: u64 = 4096;

/// A disk; its clones are the same disk.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    /// What reads see.
    seen: Vec<u8>,
    /// What a crash leaves.
    safe: Vec<u8>,
    /// What a crash may or may not leave, in the order in which it came.
    unsafe_: Vec<Change>,
    /// How often it has crashed: who had it open before has it no longer.
    crashes: u64,
    /// How many pages it has room for.
    room: Option<u64>,
    /// The next operations of these kinds fail: after how many, and how many.
    writes_fail: Failing,
    syncs_fail: Failing,
    reads_fail: Failing,
}

#[derive(Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Failing {
    pub(super) after: u64,
    pub(super) times: u64,
}

impl Failing {
    fn now(&mut self) -> bool {
        match (self.after, self.times) {
            (_, 0) => false,
            (0, _) => {
                self.times -= 1;
                true
            }
            _ => {
                self.after -= 1;
                false
            }
        }
    }
}

impl Disk {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The power goes. Of what was not synced, each write stays, is lost, or is torn, as `chance` says.
    pub(super) fn crash(&self, mut chance: u64) {
        let mut inner = self.inner();
        let mut left = inner.safe.clone();
        for change in std::mem::take(&mut inner.unsafe_) {
            // A linear congruence, by Knuth: any will do.
            chance = chance
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let luck = chance >> 33;
            match (luck % 3, &change) {
                (0, _) => {}
                (1, _) => change.apply(&mut left, usize::MAX),
                (_, Change::Write(_, bytes)) => {
                    let torn = usize::try_from(luck / 3).unwrap_or(0) % (bytes.len() + 1);
                    change.apply(&mut left, torn);
                }
                (_, Change::Length(_)) => {}
            }
        }
        inner.safe.clone_from(&left);
        inner.seen = left;
        inner.crashes += 1;
        inner.writes_fail = Failing::default();
        inner.syncs_fail = Failing::default();
        inner.reads_fail = Failing::default();
    }

    pub(super) fn fail_writes(&self, failing: Failing) {
        self.inner().writes_fail = failing;
    }

    pub(super) fn fail_syncs(&self, failing: Failing) {
        self.inner().syncs_fail = failing;
    }

    pub(super) fn fail_reads(&self, failing: Failing) {
        self.inner().reads_fail = failing;
    }

    /// It has room for so many pages beyond those that it has.
    pub(super) fn room_for(&self, pages: Option<u64>) {
        let mut inner = self.inner();
        let has = inner.seen.len() as u64 / PAGE;
        inner.room = pages.map(|pages| has + pages);
    }

    /// Changes a byte behind everybody's back.
    pub(super) fn rot(&self, at: usize) {
        let mut inner = self.inner();
        let inner = &mut *inner;
        for bytes in [&mut inner.seen, &mut inner.safe] {
            let at = at % bytes.len();
            bytes[at] ^= 0x55;
        }
    }

    /// A disk with this on it.
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        let disk = Self::default();
        {
            let mut inner = disk.inner();
            inner.safe.clone_from(&bytes);
            inner.seen = bytes;
        }
        disk
    }

    /// What is on it.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.inner().seen.clone()
    }

    /// How many bytes are on it.
    pub(super) fn len(&self) -> usize {
        self.inner().seen.len()
    }
}

impl Change {
    /// Makes the change, but for what comes after so many bytes.
    fn apply(&self, bytes: &mut Vec<u8>, upto: usize) {
        match self {
            Self::Write(at, data) => {
                let data = &data[..data.len().min(upto)];
                let end = at + data.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*at..end].copy_from_slice(data);
            }
            Self::Length(length) => bytes.resize(*length, 0),
        }
    }
}

impl Media for Disk {
    fn open(&self, builder: &Builder) -> Result<Database, DatabaseError> {
        let handle = Handle {
            crashes: self.inner().crashes,
            disk: self.clone(),
        };
        builder.create_with_backend(handle)
    }
}

/// A disk that is in use.
#[derive(Debug)]
struct Handle {
    disk: Disk,
    crashes: u64,
}

impl Handle {
    fn inner(&self) -> io::Result<MutexGuard<'_, Inner>> {
        let inner = self.disk.inner();
        match inner.crashes == self.crashes {
            true => Ok(inner),
            false => Err(io::Error::other("the power is gone")),
        }
    }
}

fn place(at: u64) -> usize {
    usize::try_from(at).expect("a place in memory")
}

impl StorageBackend for Handle {
    fn len(&self) -> io::Result<u64> {
        Ok(self.inner()?.seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut inner = self.inner()?;
        if inner.reads_fail.now() {
            return Err(io::Error::other("this sector cannot be read"));
        }
        let at = place(offset);
        let bytes = inner.seen.get(at..at + out.len());
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut inner = self.inner()?;
        let has = inner.seen.len() as u64;
        if length > has && inner.room.is_some_and(|room| length > room * PAGE) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let length = place(length);
        inner.seen.resize(length, 0);
        inner.unsafe_.push(Change::Length(length));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut inner = self.inner()?;
        if inner.syncs_fail.now() {
            return Err(io::Error::other("the disk has gone away"));
        }
        let inner = &mut *inner;
        inner.safe.clone_from(&inner.seen);
        inner.unsafe_.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut inner = self.inner()?;
        let change = Change::Write(place(offset), data.to_vec());
        if inner.writes_fail.now() {
            // What had arrived before stays.
            change.apply(&mut inner.seen, data.len() / 2);
            inner.unsafe_.push(Change::Write(
                place(offset),
                data[..data.len() / 2].to_vec(),
            ));
            return Err(io::ErrorKind::StorageFull.into());
        }
        change.apply(&mut inner.seen, usize::MAX);
        inner.unsafe_.push(change);
        Ok(())
    }
}
