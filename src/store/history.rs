//! A sandbox's latest commits, so that it can be said how it was after each of them.
//!
//! What is kept are the effects of each commit, which are small, and every now and then the state: how
//! it was is folded from the nearest state before. A part of the history goes as a whole, the oldest
//! first, when there are too many commits or they take too much.
//!
//! **As of a call.** Commits stand in the order in which they were made, which is the order of the calls'
//! numbers only while no two calls come at a time.
//!
//! - As of a call that has changed something: right after its commit. A call of a smaller number that was
//!   decided later is not in it, one of a greater number that was decided before is.
//! - As of a call that has changed nothing: right after the last commit of a call of a smaller number. So
//!   of the calls before it none is missing.
//! - What was done to a sandbox without a call (by a tester, by the passing of time, by the end of a call)
//!   belongs to the time after the call that was committed before it, and is in what is as of the next.
//! - Where no commit of a call is kept any more, because so much was done without calls since, nothing
//!   earlier can be told than the first state that is kept: as of a later call it is that one.
//! - That another state was put in the place of the sandbox's own is one such change: it makes nothing
//!   undone, and the calls before it can still be gone back to.

use std::collections::VecDeque;
use std::mem::size_of;
use std::sync::Arc;

use super::Error;
use crate::state::past::{self, Past};
use crate::state::{Effect, SandboxState, size};

/// How much of a history is kept, unless the server is told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// At most so many commits.
    pub commits: usize,
    /// At most about so many bytes of effects.
    pub bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            commits: 10_000,
            bytes: 16 << 20,
        }
    }
}

/// After so many commits the state is kept, at the latest.
const PART: usize = 256;

/// A history is in so many parts at the least when it is full.
const PARTS: usize = 8;

/// What a commit takes beside its effects, about, in bytes.
const COMMIT: usize = size_of::<Commit>() + 2 * size_of::<usize>();

/// The latest commits of one sandbox.
#[derive(Debug)]
pub struct History {
    bounds: Bounds,
    /// There is always one.
    parts: VecDeque<Part>,
    commits: usize,
    bytes: usize,
    /// The highest number of a call whose commit is not kept, or was none of this history's.
    before: u64,
}

/// Some commits, and the state that the first of them was made on.
#[derive(Debug)]
struct Part {
    from: SandboxState,
    /// The call whose commit made `from`, if it was a call's.
    right_after: Option<u64>,
    /// Whether `from` is not what the part before ends with.
    replaced: bool,
    commits: Vec<Commit>,
    bytes: usize,
}

/// What one commit has changed.
#[derive(Debug)]
struct Commit {
    call: Option<u64>,
    /// Whether the state before it can be read by a stale read.
    remembers: bool,
    effects: Arc<[Effect]>,
}

impl History {
    /// The history of a sandbox that is in this state, and of which nobody can say how it was before.
    #[must_use]
    pub fn new(state: &SandboxState, bounds: Bounds) -> Self {
        let first = Part::new(state.clone(), Some(state.calls), true);
        Self {
            bounds,
            bytes: first.bytes,
            parts: VecDeque::from([first]),
            commits: 0,
            before: state.calls,
        }
    }

    /// Adds a commit, and the state after it. What is no longer kept is given back, so that whoever holds
    /// a lock can drop it later.
    pub fn push(&mut self, effects: &Arc<[Effect]>, after: &SandboxState) -> Option<Forgotten> {
        // What changes nothing is no commit: how it was before is how it was after.
        if effects.is_empty() {
            return None;
        }
        let call = effects.iter().find_map(Effect::call);
        let remembers = |effect: &Effect| matches!(effect, Effect::CallBegan { .. });
        let bytes = COMMIT + effects.iter().map(size::effect).sum::<usize>();
        self.commits += 1;
        self.bytes += bytes;
        let full = {
            let part = self.last();
            part.commits.push(Commit {
                call,
                remembers: effects.iter().any(remembers),
                effects: effects.clone(),
            });
            part.bytes += bytes;
            let (commits, bytes) = (part.commits.len(), part.bytes);
            self.is_full(commits, bytes, call.is_some())
        };
        if full {
            let from = without_past(after);
            self.parts.push_back(Part::new(from, call, false));
        }
        self.forget()
    }

    /// Another state was put in the place of the sandbox's own.
    pub fn replace(&mut self, state: &SandboxState) -> Option<Forgotten> {
        let part = Part::new(state.clone(), None, true);
        self.bytes += part.bytes;
        // It is a commit too, and the bound holds however often it is done.
        self.commits += 1;
        self.parts.push_back(part);
        self.forget()
    }

    /// How the sandbox was as of a call.
    ///
    /// # Errors
    /// When nobody can say any more.
    pub fn as_of(&self, call: u64) -> Result<SandboxState, Error> {
        self.way_to(call).map(|way| way.go())
    }

    /// The way from a state that is kept to how the sandbox was as of a call: a lock need not be held
    /// while it is gone.
    ///
    /// # Errors
    /// When nobody can say any more.
    pub fn way_to(&self, call: u64) -> Result<Way, Error> {
        let (part, commits) = self.place(call).ok_or(Error::Forgotten {
            oldest: self.oldest(),
        })?;
        let first = self.whole_past_from(part, commits);
        let parts = self.parts.range(first..=part).enumerate();
        let effects = parts.flat_map(|(at, one)| {
            let wanted = match first + at == part {
                true => commits,
                false => one.commits.len(),
            };
            one.commits[..wanted].iter().map(|it| it.effects.clone())
        });
        Ok(Way {
            from: self.parts[first].from.clone(),
            effects: effects.collect(),
        })
    }

    /// The first call from which on each can be gone back to.
    #[must_use]
    pub fn oldest(&self) -> u64 {
        let first = self.parts.front().and_then(|first| first.right_after);
        if first == Some(self.before) {
            return self.before;
        }
        let later = self.calls().map(|(call, _)| call);
        let later = later.filter(|call| *call > self.before);
        later.min().unwrap_or(self.before + 1)
    }

    /// The calls whose commits are kept, the latest first: in which part each is, and how many commits of
    /// that part lead up to it.
    fn calls(&self) -> impl Iterator<Item = (u64, (usize, usize))> {
        let parts = self.parts.iter().enumerate().rev();
        parts.flat_map(|(part, one)| {
            let commits = one.commits.iter().enumerate().rev();
            commits.filter_map(move |(at, commit)| Some((commit.call?, (part, at + 1))))
        })
    }

    /// Where to go for how it was as of a call.
    fn place(&self, call: u64) -> Option<(usize, usize)> {
        let own = self.calls().find(|(number, _)| *number == call);
        if let Some((_, place)) = own {
            return Some(place);
        }
        let oldest = self.oldest();
        // The first state that is kept is right after it.
        if call == self.before && call == oldest {
            return Some((0, 0));
        }
        if call < oldest {
            return None;
        }
        let before = self.calls().find(|(number, _)| *number < call);
        Some(before.map_or((0, 0), |(_, place)| place))
    }

    /// From which part on all is folded, so that the states that reads may be stale by are whole, too.
    fn whole_past_from(&self, part: usize, commits: usize) -> usize {
        let calls = |commits: &[Commit]| commits.iter().filter(|it| it.remembers).count();
        let mut first = part;
        let mut passed = calls(&self.parts[part].commits[..commits]);
        while first > 0 && passed < past::CALLS_MAX && !self.parts[first].replaced {
            first -= 1;
            passed += calls(&self.parts[first].commits);
        }
        first
    }

    fn last(&mut self) -> &mut Part {
        self.parts.back_mut().expect("there is always a part")
    }

    /// Whether a part is to be the last but one. One that ends with a call's commit is better, because the
    /// next can be gone back to from its beginning on.
    fn is_full(&self, commits: usize, bytes: usize, ends_with_call: bool) -> bool {
        let most = (self.bounds.commits / PARTS).clamp(1, PART);
        let much = self.bounds.bytes / PARTS;
        let factor = if ends_with_call { 1 } else { 2 };
        commits >= most * factor || bytes >= much * factor
    }

    /// Drops the oldest parts while there is too much. The last part stays, for it is what is folded from.
    fn forget(&mut self) -> Option<Forgotten> {
        let mut gone = Vec::new();
        while self.parts.len() > 1
            && (self.commits > self.bounds.commits || self.bytes > self.bounds.bytes)
        {
            let Some(part) = self.parts.pop_front() else {
                break;
            };
            self.commits -= part.commits.len();
            self.bytes -= part.bytes;
            let calls = part.commits.iter().filter_map(|commit| commit.call);
            self.before = calls
                .max()
                .map_or(self.before, |call| call.max(self.before));
            if self.parts.front().is_some_and(|next| next.replaced) {
                self.commits -= 1;
            }
            gone.push(part);
        }
        (!gone.is_empty()).then_some(Forgotten { _parts: gone })
    }
}

impl Part {
    fn new(from: SandboxState, right_after: Option<u64>, replaced: bool) -> Self {
        // Nobody else may hold the states that it remembers any more.
        let bytes = from.past.len() * size_of::<SandboxState>();
        Self {
            from,
            right_after,
            replaced,
            commits: Vec::new(),
            bytes,
        }
    }
}

/// The way to how a sandbox was.
#[derive(Debug)]
pub struct Way {
    from: SandboxState,
    effects: Vec<Arc<[Effect]>>,
}

impl Way {
    /// Goes it.
    #[must_use]
    pub fn go(self) -> SandboxState {
        let mut state = self.from;
        for effect in self.effects.iter().flat_map(|effects| effects.iter()) {
            state.apply(effect);
        }
        state
    }
}

/// What a history keeps no longer: to be dropped where nobody waits for it.
#[derive(Debug)]
pub struct Forgotten {
    _parts: Vec<Part>,
}

/// What is kept every so often must not remember all that was kept before.
fn without_past(state: &SandboxState) -> SandboxState {
    SandboxState {
        past: Past::default(),
        ..state.clone()
    }
}

#[cfg(test)]
mod tests;
