//! Too much at once: how many calls are under way, how much memory their bodies take, and whose turn
//! it is while more want to be decided about than there are threads.
//!
//! Calls over a bound are refused before their bodies are read. Below it, calls wait in a line of
//! their sandbox, and the lines take turns, so that a flood in one sandbox waits for itself and for
//! nobody else. A turn is held while a call is decided about, and not while it waits: for a disk, an
//! upstream, or the delay of its reply. As long as only one sandbox is called, nobody stands in line and
//! no lock is taken.
//!
//! A thread that has many connections to read from goes from one to the next, and whoever is last
//! waits for all before. So who gets a turn at once first lets the others come to stand in line, which
//! is quick, and only then goes on.

use std::collections::{BTreeMap, VecDeque};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderName, HeaderValue, StatusCode};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::yield_now;
use tokio::time::sleep;

use super::fault::Connection;
use super::limits::Limits;
use super::problem::Problem;
use crate::service::{InFlight, Traffic};

/// What tells a refusal of the server's own from one that is simulated.
pub(super) const OVERLOAD_HEADER: HeaderName = HeaderName::from_static("sparring-overload");

/// How long a refusal waits, so that who asks again at once does not do so all the time.
const REFUSAL_TIME: Duration = Duration::from_millis(50);

/// How many refusals wait at once; more go out at once.
const REFUSALS_MAX: usize = 512;

/// Set in the line of a sandbox's admin calls, which are none of its flood.
const ADMIN: u64 = 1 << 63;

const SENT_TO: &str = "a line keeps its senders until they are sent to";

/// What is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// Too many calls are under way.
    Calls,
    /// Too many of this sandbox.
    CallsOfOne,
    /// Bodies take too much memory.
    Memory,
}

/// What is under way.
pub(super) struct Overload {
    calls_max: usize,
    calls_of_one_max: usize,
    memory_max: usize,
    calls: Arc<AtomicUsize>,
    memory: Arc<AtomicUsize>,
    refusals: Semaphore,
    refused: AtomicU64,
    lines: Arc<Lines>,
    /// Whose call was the last.
    last: AtomicU64,
    /// Whether another's was the last before, since the last look.
    switched: AtomicBool,
    /// Whether more than one sandbox is called these days.
    mixed: AtomicBool,
}

/// A call that is let in, until this is dropped.
pub(super) struct Admitted {
    calls: Arc<AtomicUsize>,
    _of_one: InFlight,
}

/// The memory that a body takes, until this is dropped.
pub(super) struct Weight {
    max: usize,
    memory: Arc<AtomicUsize>,
    bytes: usize,
}

impl Overload {
    /// With so many threads that decide.
    pub(super) fn new(limits: &Limits, threads: usize) -> Self {
        Self {
            calls_max: limits.calls,
            calls_of_one_max: limits.calls_of_one,
            memory_max: limits.body_memory,
            calls: Arc::default(),
            memory: Arc::default(),
            refusals: Semaphore::new(REFUSALS_MAX),
            refused: AtomicU64::new(0),
            lines: Lines::new(threads),
            last: AtomicU64::new(0),
            switched: AtomicBool::new(false),
            mixed: AtomicBool::new(false),
        }
    }

    /// Lets a call in, or says what is too much.
    pub(super) fn admit(&self, traffic: &Arc<Traffic>) -> Result<Admitted, Over> {
        let before = self.calls.fetch_add(1, Ordering::Relaxed);
        let of_one = traffic.begin(self.calls_of_one_max);
        let over = match of_one {
            None => Over::CallsOfOne,
            Some(_) if before >= self.calls_max => Over::Calls,
            Some(of_one) => {
                return Ok(Admitted {
                    calls: self.calls.clone(),
                    _of_one: of_one,
                });
            }
        };
        self.calls.fetch_sub(1, Ordering::Relaxed);
        Err(over)
    }

    /// The memory of a body that is about to be read.
    pub(super) fn weigh(&self) -> Weight {
        Weight {
            max: self.memory_max,
            memory: self.memory.clone(),
            bytes: 0,
        }
    }

    /// Refuses what is too much. Who asks for more than a share waits for that a little.
    pub(super) async fn refuse(&self, over: Over) -> Response {
        self.refused.fetch_add(1, Ordering::Relaxed);
        if over == Over::CallsOfOne
            && let Ok(_waits) = self.refusals.try_acquire()
        {
            sleep(REFUSAL_TIME).await;
        }
        over.into_response()
    }

    /// Waits until it is the turn of a sandbox; nothing, if there is nobody to take turns with. The
    /// connection that asked may have one already. It is known for this sandbox from now on.
    pub(super) async fn turn(
        &self,
        traffic: &Traffic,
        admin: bool,
        from: &Connection,
    ) -> Option<Turn> {
        let line = match admin {
            true => traffic.line | ADMIN,
            false => traffic.line,
        };
        let had = from.asks_for(line).filter(|turn| turn.line == line);
        if had.is_some() || !self.is_crowded(line) {
            return had;
        }
        Some(match self.lines.stand(line) {
            Ok(turn) => {
                // Whoever has come, too, and was not looked at yet, is to stand in line first.
                yield_now().await;
                turn
            }
            Err(waits) => waits.await.expect(SENT_TO),
        })
    }

    /// What has arrived on a connection waits for a turn, too, where it is known for which sandbox it
    /// will be: to read and understand it is half of the work. Nothing, if there is nobody to take turns
    /// with; else a turn, or what brings one later.
    pub(super) fn before_reading(
        &self,
        from: &Connection,
    ) -> Option<Result<Turn, oneshot::Receiver<Turn>>> {
        let line = from.line();
        (line != 0 && self.is_crowded(line)).then(|| self.lines.stand(line))
    }

    /// Whether there is anybody to take turns with.
    fn is_crowded(&self, line: u64) -> bool {
        if self.last.load(Ordering::Relaxed) != line {
            let before = self.last.swap(line, Ordering::Relaxed);
            if before != 0 && before != line {
                self.switched.store(true, Ordering::Relaxed);
                self.mixed.store(true, Ordering::Relaxed);
            }
        }
        self.mixed.load(Ordering::Relaxed)
    }

    /// Looks, once a second or so, whether more than one sandbox is still called, and tells how much
    /// was refused.
    pub(super) fn look(&self) {
        let switched = self.switched.swap(false, Ordering::Relaxed);
        self.mixed.store(switched, Ordering::Relaxed);
        let refused = self.refused.swap(0, Ordering::Relaxed);
        if refused > 0 {
            tracing::warn!(refused, "calls were refused: too much at once");
        }
    }
}

/// Does something in a turn, which ends when it waits for something else than a thread.
pub(super) async fn in_turn<T>(mut turn: Option<Turn>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    poll_fn(|context| {
        let polled = work.as_mut().poll(context);
        turn = None;
        polled
    })
    .await
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.calls.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Weight {
    /// So many bytes more; whether there is room for them.
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        let before = self.memory.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        before.saturating_add(bytes) <= self.max
    }

    /// It turned out to take so many bytes in all.
    pub(super) fn becomes(&mut self, bytes: usize) -> bool {
        bytes <= self.bytes || self.grow(bytes - self.bytes)
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        self.memory.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Over {
    fn told(self) -> (HeaderValue, &'static str) {
        let (name, detail) = match self {
            Self::Calls => ("calls", "too many calls are under way"),
            Self::CallsOfOne => ("sandbox", "too many calls of this sandbox are under way"),
            Self::Memory => ("memory", "too many large bodies are under way"),
        };
        (HeaderValue::from_static(name), detail)
    }
}

impl IntoResponse for Over {
    fn into_response(self) -> Response {
        let (name, detail) = self.told();
        let mut response = Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response();
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        headers.insert(OVERLOAD_HEADER, name);
        response
    }
}

/// The lines in which calls wait.
#[derive(Debug)]
struct Lines {
    /// How many turns there are at once.
    turns_max: usize,
    /// How many of them one line has: there is always one left for others.
    of_one_max: usize,
    standing: Mutex<Standing>,
}

#[derive(Debug, Default)]
struct Standing {
    turns: usize,
    lines: BTreeMap<u64, Line>,
    /// The lines in which somebody waits, in the order in which they get a turn.
    order: VecDeque<u64>,
}

#[derive(Debug, Default)]
struct Line {
    turns: usize,
    waiting: VecDeque<oneshot::Sender<Turn>>,
}

/// A turn, until this is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    lines: Arc<Lines>,
    line: u64,
}

impl Lines {
    fn new(threads: usize) -> Arc<Self> {
        let turns_max = threads.max(2);
        Arc::new(Self {
            turns_max,
            of_one_max: turns_max - 1,
            standing: Mutex::default(),
        })
    }

    /// A turn, or what brings one later.
    fn stand(self: &Arc<Self>, line: u64) -> Result<Turn, oneshot::Receiver<Turn>> {
        let mut standing = self.standing();
        let Standing {
            lines,
            order,
            turns,
        } = &mut *standing;
        let found = lines.entry(line).or_default();
        if *turns < self.turns_max && found.turns < self.of_one_max {
            *turns += 1;
            found.turns += 1;
            let lines = self.clone();
            return Ok(Turn { lines, line });
        }
        if found.waiting.is_empty() {
            order.push_back(line);
        }
        let (sender, waits) = oneshot::channel();
        found.waiting.push_back(sender);
        Err(waits)
    }

    /// Ends a turn of a line, and hands turns that are free to who has waited longest for one.
    fn end(self: &Arc<Self>, line: u64) {
        let mut handed = Vec::new();
        {
            let mut standing = self.standing();
            standing.turns -= 1;
            let Standing {
                lines,
                order,
                turns,
            } = &mut *standing;
            if let Some(found) = lines.get_mut(&line) {
                found.turns -= 1;
            }
            for _ in 0..order.len() {
                if *turns >= self.turns_max {
                    break;
                }
                let Some(next) = order.pop_front() else {
                    break;
                };
                let Some(found) = lines.get_mut(&next) else {
                    continue;
                };
                while found.turns < self.of_one_max
                    && let Some(sender) = found.waiting.pop_front()
                {
                    // Who has gone away meanwhile is passed over.
                    if !sender.is_closed() {
                        found.turns += 1;
                        *turns += 1;
                        handed.push((sender, next));
                        break;
                    }
                }
                if !found.waiting.is_empty() {
                    order.push_back(next);
                } else if found.turns == 0 {
                    lines.remove(&next);
                }
            }
            if lines.get(&line).is_some_and(Line::is_empty) {
                lines.remove(&line);
            }
        }
        for (sender, line) in handed {
            let lines = self.clone();
            // A turn that nobody takes any more ends as it is dropped, and goes to the next.
            let _ = sender.send(Turn { lines, line });
        }
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn is_empty(&self) -> bool {
        self.turns == 0 && self.waiting.is_empty()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.lines.end(self.line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn turn(lines: &Arc<Lines>, line: u64) -> Turn {
        match lines.stand(line) {
            Ok(turn) => turn,
            Err(waits) => waits.await.expect(SENT_TO),
        }
    }

    /// What is there of a future after one look.
    fn now<T>(mut future: std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(found) => Some(found),
            std::task::Poll::Pending => None,
        }
    }

    #[test]
    fn lines_take_turns_and_none_has_all() {
        let lines = Lines::new(2);
        let mut first = Box::pin(turn(&lines, 1));
        let mut second = Box::pin(turn(&lines, 1));
        let mut third = Box::pin(turn(&lines, 1));
        let mut other = Box::pin(turn(&lines, 2));
        let first = now(first.as_mut()).expect("a turn");
        assert!(now(second.as_mut()).is_none(), "one is left for others");
        assert!(now(third.as_mut()).is_none());
        let others = now(other.as_mut()).expect("it is for others");
        drop(first);
        // A line that comes when all turns are taken waits for one, not for all who came before.
        let second = now(second.as_mut()).expect("a turn");
        let mut fourth = Box::pin(turn(&lines, 3));
        assert!(now(fourth.as_mut()).is_none(), "there are two");
        drop(others);
        let fourth = now(fourth.as_mut()).expect("a turn");
        drop(second);
        assert!(now(third.as_mut()).is_some());
        drop(fourth);
        assert!(lines.standing().lines.is_empty(), "nothing is left");
        assert_eq!(lines.standing().turns, 0);
    }

    #[test]
    fn who_goes_away_is_passed_over() {
        let lines = Lines::new(2);
        let mut first = Box::pin(turn(&lines, 1));
        let mut gone = Box::pin(turn(&lines, 1));
        let mut gone_late = Box::pin(turn(&lines, 1));
        let mut last = Box::pin(turn(&lines, 1));
        let first = now(first.as_mut()).expect("a turn");
        assert!(now(gone.as_mut()).is_none());
        assert!(now(gone_late.as_mut()).is_none());
        assert!(now(last.as_mut()).is_none());
        drop(gone);
        drop(first);
        // It was handed the turn, and never took it.
        drop(gone_late);
        assert!(now(last.as_mut()).is_some());
        assert!(lines.standing().lines.is_empty());
        assert!(lines.standing().order.is_empty());
    }

    #[test]
    fn memory_is_given_back() {
        let limits = Limits {
            body_memory: 100,
            ..Limits::default()
        };
        let overload = Overload::new(&limits, 2);
        let mut one = overload.weigh();
        assert!(one.grow(60));
        let mut two = overload.weigh();
        assert!(two.becomes(40));
        assert!(!two.grow(1));
        drop(two);
        assert!(one.becomes(100));
        drop(one);
        assert_eq!(overload.memory.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn nobody_stands_in_line_alone() {
        let limits = Limits::default();
        let overload = Overload::new(&limits, 2);
        assert!(!overload.is_crowded(1));
        assert!(!overload.is_crowded(1));
        assert!(overload.is_crowded(2));
        assert!(overload.is_crowded(1));
        overload.look();
        assert!(overload.is_crowded(1), "it was called a moment ago");
        overload.look();
        assert!(!overload.is_crowded(1));
        assert!(overload.is_crowded(2));
    }
}
