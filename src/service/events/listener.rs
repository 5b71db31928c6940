//! One who listens: at its own pace, and maybe with gaps.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use tokio::sync::watch;

use super::{End, Events, Told};

/// How many events a listener takes out of the ring at once.
const BATCH_MAX: usize = 64;

/// Where a listener was: what it gives to go on from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resume {
    began: i64,
    number: u64,
}

/// What a listener is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// Something has happened.
    Told(Resume, Told),
    /// So much has happened that is told to nobody any more, if that can be said.
    Gap(Resume, Option<u64>),
    /// There is nothing more.
    End(End),
}

/// One who listens, until it is dropped.
#[derive(Debug)]
pub struct Listener {
    events: Arc<Events>,
    at: Resume,
    /// What is to be told next.
    ready: VecDeque<Item>,
    changed: watch::Receiver<()>,
}

impl Listener {
    pub(super) fn new(events: Arc<Events>, resume: Option<Resume>) -> Self {
        let mut changed = events.changed.subscribe();
        changed.mark_unchanged();
        let ring = events.ring();
        let (began, number) = (ring.began, ring.last);
        let oldest = ring.before_oldest();
        drop(ring);
        let mut ready = VecDeque::new();
        let number = match resume {
            None => number,
            Some(resume) if resume.began == began && resume.number <= number => resume.number,
            // Those numbers are of another time: what is kept may all be news.
            Some(_) => {
                let number = oldest;
                ready.push_back(Item::Gap(Resume { began, number }, None));
                oldest
            }
        };
        Self {
            events,
            at: Resume { began, number },
            ready,
            changed,
        }
    }

    /// Where the listener is.
    #[must_use]
    pub fn at(&self) -> Resume {
        self.at
    }

    /// What is told next; it waits until there is something. After [`Item::End`] nothing comes.
    pub async fn next(&mut self) -> Item {
        loop {
            if let Some(item) = self.ready.pop_front() {
                if let Item::Told(at, _) | Item::Gap(at, _) = &item {
                    self.at = *at;
                }
                return item;
            }
            self.changed.mark_unchanged();
            if self.fill() {
                continue;
            }
            // The sender lives as long as the events, which are held here.
            let _ = self.changed.changed().await;
        }
    }

    /// Takes out of the ring what is new; whether there was anything.
    fn fill(&mut self) -> bool {
        let ring = self.events.ring();
        let Resume { began, number } = self.at;
        let oldest = ring.before_oldest();
        let from = number.max(oldest);
        if from > number {
            let at = Resume {
                began,
                number: oldest,
            };
            self.ready.push_back(Item::Gap(at, Some(from - number)));
        }
        for (number, told) in ring.after(from, BATCH_MAX) {
            self.ready
                .push_back(Item::Told(Resume { began, number }, told));
        }
        if let (true, Some(end)) = (self.ready.is_empty(), ring.ended) {
            self.ready.push_back(Item::End(end));
        }
        !self.ready.is_empty()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.events.leave();
    }
}

impl fmt::Display for Resume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{}", self.began, self.number)
    }
}

impl FromStr for Resume {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (began, number) = text.split_once('-')?;
            Some(Self {
                began: i64::from_str_radix(began, 16).ok()?,
                number: number.parse().ok()?,
            })
        };
        read().ok_or_else(|| format!("expected the id of an event, found {text:?}"))
    }
}
