//! A cassette that runs: how it was started, and what has been used of it.

use std::sync::Arc;
use std::time::Duration;

use imbl::{OrdMap, Vector};
use serde::{Deserialize, Serialize};

use super::loaded::Loaded;
use super::miss::Miss;
use crate::cassette::Group;

/// How many misses are kept. All are counted.
pub const MISSES_MAX: usize = 1_000;

/// Where the calls of a sandbox are answered while a cassette runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// By the simulation.
    Live,
    /// By the upstream, or by the simulation where there is none; and it is written down.
    Record,
    /// By the cassette.
    Playback,
    /// By the upstream.
    Passthrough,
}

impl Mode {
    /// Its name, as it is asked for.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Record => "record",
            Self::Playback => "playback",
            Self::Passthrough => "passthrough",
        }
    }
}

/// How the entry for a call is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Matching {
    /// By what is asked: of entries that are asked alike, the next one.
    #[default]
    Request,
    /// By the order: the next entry, which must be asked so.
    Order,
}

/// How a cassette was started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Started {
    /// Its name.
    pub name: Arc<str>,
    /// Where calls are answered.
    pub mode: Mode,
    /// The server that they are sent on to, without a slash at its end.
    pub upstream: Option<Arc<str>>,
    /// How entries are found.
    pub matching: Matching,
    /// Whether each entry is played only once.
    pub strict: bool,
    /// By how much the recorded latency is multiplied.
    pub latency: f64,
    /// The number of the last call before it.
    pub after: u64,
    /// What is played.
    pub loaded: Option<Arc<Loaded>>,
}

/// The longest delay of a played reply: no latency, however it is multiplied, hangs for ever.
pub const DELAY_MAX: Duration = Duration::from_secs(3_600);

impl Started {
    /// The server that calls are sent on to, if they are.
    #[must_use]
    pub fn sends_to(&self) -> Option<&Arc<str>> {
        let upstream = self.upstream.as_ref();
        upstream.filter(|_| matches!(self.mode, Mode::Record | Mode::Passthrough))
    }

    /// How long a reply is held back that took `latency` when it was recorded.
    #[must_use]
    pub fn delay(&self, latency: Duration) -> Duration {
        let seconds = latency.as_secs_f64() * self.latency;
        Duration::try_from_secs_f64(seconds).map_or(DELAY_MAX, |delay| delay.min(DELAY_MAX))
    }
}

/// A cassette that runs. A copy of it costs nothing, whatever the length of the cassette.
#[derive(Clone, Debug)]
pub struct Running {
    /// How it was started.
    pub started: Arc<Started>,
    /// How many of the entries that are asked alike were asked for.
    asked: OrdMap<Group, usize>,
    /// The entry after the one that was played last, where they go by their order.
    next: usize,
    matched: u64,
    repeated: u64,
    sent_on: u64,
    missed: u64,
    misses: Vector<Arc<Miss>>,
}

/// What was used of a cassette, in an image; its misses stand beside it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::state) struct Played {
    asked: Vec<(u32, usize)>,
    next: usize,
    matched: u64,
    repeated: u64,
    sent_on: u64,
    missed: u64,
}

/// What is found for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// This entry, which nobody has asked for yet.
    Fresh(usize),
    /// This entry again: all that fit were asked for.
    Again(usize),
    /// None: those that fit were asked for, of which this is the last.
    UsedUp(usize),
    /// None: the order wants this one.
    OutOfOrder(usize),
    /// None: the order is at its end.
    AtEnd,
    /// None fits.
    Nothing,
}

impl Running {
    pub(super) fn new(started: Arc<Started>) -> Self {
        Self {
            started,
            asked: OrdMap::new(),
            next: 0,
            matched: 0,
            repeated: 0,
            sent_on: 0,
            missed: 0,
            misses: Vector::new(),
        }
    }

    pub(super) fn played(&self) -> Played {
        let asked = self.asked.iter();
        Played {
            asked: asked.map(|(group, times)| (group.0, *times)).collect(),
            next: self.next,
            matched: self.matched,
            repeated: self.repeated,
            sent_on: self.sent_on,
            missed: self.missed,
        }
    }

    /// A cassette of which this was used.
    pub(super) fn again(started: Arc<Started>, played: Played) -> Self {
        let asked = played.asked.into_iter();
        Self {
            started,
            asked: asked.map(|(group, times)| (Group(group), times)).collect(),
            next: played.next,
            matched: played.matched,
            repeated: played.repeated,
            sent_on: played.sent_on,
            missed: played.missed,
            misses: Vector::new(),
        }
    }

    pub(super) fn restore_miss(&mut self, miss: Arc<Miss>) {
        self.misses.push_back(miss);
    }

    /// What is played for a call that these entries fit.
    #[must_use]
    pub fn find(&self, loaded: &Loaded, fitting: Option<Group>) -> Found {
        let strict = self.started.strict;
        if self.started.matching == Matching::Order {
            let fits = |at: usize| {
                let place = loaded.place(at);
                fitting.is_some() && place.map(|(group, _)| group) == fitting
            };
            return match self.next {
                next if fits(next) => Found::Fresh(next),
                next if !strict && next > 0 && fits(next - 1) => Found::Again(next - 1),
                next if next >= loaded.len() => Found::AtEnd,
                next => Found::OutOfOrder(next),
            };
        }
        let Some(group) = fitting else {
            return Found::Nothing;
        };
        let asked = self.asked.get(&group).copied().unwrap_or(0);
        let entries = loaded.alike(group);
        match (entries.get(asked), entries.last()) {
            (Some(entry), _) => Found::Fresh(*entry as usize),
            (None, Some(last)) if strict => Found::UsedUp(*last as usize),
            (None, Some(last)) => Found::Again(*last as usize),
            (None, None) => Found::Nothing,
        }
    }

    pub(in crate::state) fn play(&mut self, entry: usize, again: bool) {
        self.matched += 1;
        if again {
            self.repeated += 1;
            return;
        }
        self.next = entry + 1;
        let loaded = self.started.loaded.as_ref();
        if let Some((group, _)) = loaded.and_then(|loaded| loaded.place(entry)) {
            *self.asked.entry(group).or_insert(0) += 1;
        }
    }

    pub(in crate::state) fn miss(&mut self, miss: &Arc<Miss>) {
        self.missed += 1;
        if self.misses.len() < MISSES_MAX {
            self.misses.push_back(miss.clone());
        }
    }

    pub(in crate::state) fn send_on(&mut self) {
        self.sent_on += 1;
    }

    /// How many calls were answered with an entry, and with how many of those again.
    #[must_use]
    pub fn matched(&self) -> (u64, u64) {
        (self.matched, self.repeated)
    }

    /// How many calls were sent on.
    #[must_use]
    pub fn sent_on(&self) -> u64 {
        self.sent_on
    }

    /// How many calls fit no entry.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// The first [`MISSES_MAX`] calls that fit no entry.
    pub fn misses(&self) -> impl Iterator<Item = &Arc<Miss>> {
        self.misses.iter()
    }

    /// The entries that nobody has asked for, in their order.
    pub fn never_asked(&self) -> impl Iterator<Item = usize> {
        let loaded = self.started.loaded.clone();
        let entries = 0..loaded.as_ref().map_or(0, |loaded| loaded.len());
        entries.filter(move |entry| {
            let Some(loaded) = &loaded else { return false };
            match self.started.matching {
                Matching::Order => *entry >= self.next,
                Matching::Request => loaded.place(*entry).is_some_and(|(group, nth)| {
                    nth >= self.asked.get(&group).copied().unwrap_or(0)
                }),
            }
        })
    }
}
